"""`myna doctor --audit`: known faults of the pinned packages, as PyPI's advisories tell them, asked by pip-audit.

pip-audit says "no known vulnerabilities" too where a mirror answered in place of the advisories and knows none of the
packages. Here a package that was not audited does not count as a good one. Where pypi.org is out of reach,
`MYNA_OSV_URL` names a server that answers as https://google.github.io/osv.dev/post-v1-query says.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from myna.errors import MynaError

PIP_AUDIT = "pip-audit==2.10.1"
OSV_URL = "MYNA_OSV_URL"  # such as https://api.osv.dev/v1/query
_SECONDS = 600
_ELSEWHERE = f"run `myna doctor --audit` on a machine, or in a CI job, that reaches pypi.org, or set {OSV_URL}"


class Advisory(NamedTuple):
    """One known fault.

    Attributes:
        package: Name and version.
        name: Of the advisory.
        mended_in: Versions, may be empty.
    """

    package: str
    name: str
    mended_in: list[str]


def audit(constraints: Path) -> int:
    """Ask for the faults of every pinned package and print them.

    Returns:
        0: none is known; 1: some are.

    Raises:
        MynaError: There are no pins, or the advisories cannot be asked from here.
    """
    if not constraints.is_file():
        raise MynaError(f"{constraints} is missing: --audit compares the pins of a clone of Myna; run it in one")
    found, left_out = parse(*_ask(constraints))
    for advisory in found:
        mended = f"mended in {', '.join(advisory.mended_in)}" if advisory.mended_in else "not mended yet"
        print(f"{advisory.package}  {advisory.name}  {mended}")
    if left_out:
        print(f"not audited, for the advisories do not know them: {', '.join(left_out)}", file=sys.stderr)
    print(f"{len(found)} known faults in the pinned packages")
    return int(bool(found))


def parse(report: str, told: str) -> tuple[list[Advisory], list[str]]:
    """Read pip-audit's report in JSON.

    Args:
        report: Its standard output.
        told: Its standard error, for the message where there is no report.

    Returns:
        The faults, and the packages that were not audited.

    Raises:
        MynaError: No report, or not one package was audited.
    """
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError) as error:
        lines = [line for line in told.splitlines() if line.strip()] or ["no answer"]
        raise MynaError(f"the advisories cannot be asked ({lines[-1].strip()[:200]}); {_ELSEWHERE}") from error
    left_out = [package["name"] for package in packages if "skip_reason" in package]
    if len(left_out) == len(packages):
        raise MynaError(f"the advisories know none of the {len(packages)} pinned packages here; {_ELSEWHERE}")
    found = [
        Advisory(f"{package['name']} {package['version']}", fault["id"], fault.get("fix_versions", []))
        for package in packages
        for fault in package.get("vulns", [])
    ]
    return found, left_out


def _ask(constraints: Path) -> tuple[str, str]:
    """Run pip-audit in an environment of its own, made by uv; returns what it printed."""
    try:
        done = subprocess.run(
            _command(constraints), capture_output=True, text=True, timeout=_SECONDS, env=os.environ, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MynaError(f"the advisories cannot be asked ({error}); {_ELSEWHERE}") from error
    return done.stdout, done.stderr


def _command(constraints: Path) -> list[str]:
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    command = [uv, "tool", "run", "--quiet", "--from", PIP_AUDIT, "pip-audit", "--requirement", str(constraints)]
    command += ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    if address := os.environ.get(OSV_URL):
        command += ["--vulnerability-service", "osv", "--osv-url", address]
    return command
