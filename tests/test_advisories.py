"""`myna doctor --audit`: what pip-audit says, and one line where it cannot ask."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from myna.commands import advisories
from myna.errors import MynaError

# As pip-audit 2.10.1 writes it.
REPORT = {
    "dependencies": [
        {"name": "flask", "version": "0.5", "vulns": [
            {"id": "PYSEC-2019-179", "fix_versions": ["1.0"], "aliases": ["CVE-2019-1010083"], "description": "DoS"},
            {"id": "PYSEC-2018-66", "fix_versions": [], "aliases": [], "description": "DoS"},
        ]},
        {"name": "jinja2", "version": "3.1.6", "vulns": []},
        {"name": "own", "skip_reason": "Dependency not found on PyPI and could not be audited: own (1.0)"},
    ],
    "fixes": [],
}  # fmt: skip


def test_faults_and_what_was_not_audited() -> None:
    found, left_out = advisories.parse(json.dumps(REPORT), "")
    assert [(a.package, a.name, a.mended_in) for a in found] == [
        ("flask 0.5", "PYSEC-2019-179", ["1.0"]),
        ("flask 0.5", "PYSEC-2018-66", []),
    ]
    assert left_out == ["own"]


def test_a_mirror_that_knows_no_package_is_no_clean_bill() -> None:
    """pip-audit itself calls this "no known vulnerabilities", with status 0."""
    nothing = {"dependencies": [{"name": "own", "skip_reason": "not found"}], "fixes": []}
    with pytest.raises(MynaError, match=r"know none of the 1 pinned packages here; run .* that reaches pypi\.org"):
        advisories.parse(json.dumps(nothing), "")


@pytest.mark.parametrize("report", ["", "[]", "{}", "null", "\0"])
def test_no_report_is_one_error(report: str) -> None:
    with pytest.raises(MynaError, match=r"cannot be asked \(connection refused\); run .* pypi\.org"):
        advisories.parse(report, "Traceback\n\nconnection refused\n")


def test_where_nothing_is_reached_the_command_is_one_line(tmp_path: Path) -> None:
    offline = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "myna.cli", "doctor", "--audit"],
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 2 and len(lines) == 1 and not done.stdout
    assert "the advisories cannot be asked" in lines[0] and "pypi.org" in lines[0]


def test_another_server_of_advisories_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the real pip-audit makes of four servers is measured by benchmarks/advisories.py."""
    monkeypatch.delenv(advisories.OSV_URL, raising=False)
    assert "osv" not in advisories._command(Path("constraints.txt"))
    monkeypatch.setenv(advisories.OSV_URL, "http://127.0.0.1:9/v1/query")
    end = ["--vulnerability-service", "osv", "--osv-url", "http://127.0.0.1:9/v1/query"]
    assert advisories._command(Path("constraints.txt"))[-4:] == end


def test_without_pins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from myna.cli import main

    monkeypatch.setattr("myna.commands.doctor.project_root", lambda: tmp_path)
    assert main(["doctor", "--audit"]) == 2
    assert "constraints.txt is missing" in capsys.readouterr().err
