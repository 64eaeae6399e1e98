"""path.sh makes, repairs and recognises the environment; programs that take minutes are played by small scripts."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = [
    "bash",
    "cat",
    "cut",
    "dirname",
    "env",
    "flock",
    "grep",
    "mkdir",
    "mv",
    "nproc",
    "rm",
    "sed",
    "sha256sum",
    "touch",
    "cp",
    "chmod",
    "tr",
    "sort",
    "ls",
    "readlink",
]
# A Python that says it is 3.12 and whose venv holds itself and a uv that writes down what it was asked.
PYTHON = """#!/usr/bin/env bash
case "$*" in
  *sys.version_info*|*ensurepip*) exit 0 ;;
  "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; echo home > "$3/pyvenv.cfg"
    cp "$(dirname "$0")/fake-uv" "$3/bin/uv" ;;
  *) exit 1 ;;
esac
"""
UV = """#!/usr/bin/env bash
[[ $1 == --version ]] && exit 0
echo "$*" >> "$MYNA_CALLS"
[[ -z ${MYNA_UV_FAILS:-} ]]
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with path.sh, a small PATH and no environment."""
    clone = tmp_path / "a clone"
    programs = clone / "programs"
    programs.mkdir(parents=True)
    shutil.copy(ROOT / "path.sh", clone)
    (clone / "pyproject.toml").write_text("[project]\n")
    (clone / "constraints.txt").write_text("uv==0.1\n")
    (clone / "overrides.txt").write_text("")
    for name in NEEDED:
        (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    for name, text in {"python3.12": PYTHON, "fake-uv": UV}.items() | {(t, "#!/bin/sh\n") for t in TOOLS}:
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return clone


TOOLS = ("sox", "ffmpeg", "espeak-ng", "flite")


def source(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": str(clone / "programs"), "HOME": str(clone), "MYNA_CALLS": str(clone / "calls")}
    return subprocess.run(
        ["bash", "-c", 'set -euo pipefail; . "$1/path.sh"; echo "$MYNA_PYTHON"', "bash", str(clone)],
        env=variables | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def calls(clone: Path) -> int:
    file = clone / "calls"
    return len(file.read_text().splitlines()) if file.exists() else 0


def test_makes_the_environment_once(clone: Path):
    done = source(clone)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{clone}/.venv/bin/python\n"
    assert (
        f"-c {clone}/constraints.txt --overrides {clone}/overrides.txt -e {clone}[train,dev]"
        in (clone / "calls").read_text()
    )
    assert source(clone).stderr == ""
    assert calls(clone) == 1


def test_changed_constraints_set_up_again(clone: Path):
    source(clone)
    (clone / "constraints.txt").write_text("uv==0.2\n")
    assert source(clone).returncode == 0
    assert calls(clone) == 2


def test_failed_installation_is_taken_up_again(clone: Path):
    failed = source(clone, MYNA_UV_FAILS="1")
    assert failed.returncode != 0
    assert "could not be installed" in failed.stderr
    assert not (clone / ".venv/.complete").exists()
    assert source(clone).returncode == 0
    assert calls(clone) == 2


def test_half_made_environment_is_repaired(clone: Path):
    source(clone)
    (clone / ".venv/bin/python").write_text("#!/bin/sh\nexit 127\n")
    (clone / ".venv/.complete").unlink()
    (clone / ".venv/leftover").touch()
    done = source(clone)
    assert done.returncode == 0, done.stderr
    assert "making .venv" in done.stderr
    assert not (clone / ".venv/leftover").exists()


def test_without_python_says_what_to_do(clone: Path):
    (clone / "programs/python3.12").unlink()
    done = source(clone)
    assert done.returncode != 0
    assert "no Python 3.12 found" in done.stderr


def test_pyenv_is_searched_and_a_dead_shim_passed_over(clone: Path):
    kept = clone / ".pyenv/versions/3.12.9/bin"
    kept.mkdir(parents=True)
    for name in ("python3.12", "fake-uv"):
        (clone / "programs" / name).rename(kept / name)
    (clone / "programs/python3.12").write_text("#!/bin/sh\nexit 127\n")
    (clone / "programs/python3.12").chmod(0o755)
    done = source(clone)
    assert done.returncode == 0, done.stderr
    assert f"with {kept}/python3.12" in done.stderr


def test_missing_system_tool_is_named_with_its_command(clone: Path):
    (clone / "programs/sox").unlink()
    done = source(clone)
    assert done.returncode != 0
    assert done.stderr.splitlines() == [
        "path.sh: missing system tools: sox. Install them, for example: sudo apt-get install -y sox"
    ]
    assert not (clone / ".venv").exists()


def test_without_a_download_the_last_line_says_what_to_do(clone: Path):
    (clone / "programs/python3.12").unlink()
    (clone / "programs/uv").write_text("#!/bin/sh\necho 'error: No interpreter found for Python 3.12' >&2\nexit 2\n")
    (clone / "programs/uv").chmod(0o755)
    done = source(clone)
    assert done.returncode != 0
    assert "uv could not fetch one" in done.stderr.splitlines()[-1] and "Install it" in done.stderr.splitlines()[-1]


def test_through_a_linked_folder_it_is_the_same_environment(clone: Path, tmp_path: Path):
    source(clone)
    link = tmp_path / "link"
    link.symlink_to(clone)
    done = source(link)
    assert (done.returncode, done.stderr, calls(clone)) == (0, "", 1)
    assert done.stdout == f"{clone}/.venv/bin/python\n"
    assert (clone / ".venv/.complete").exists()


@pytest.mark.parametrize("script", ["run.sh", "recipes/custom/run.sh"])
def test_a_link_to_run_sh_knows_its_recipes(tmp_path: Path, script: str):
    link = tmp_path / "elsewhere.sh"
    link.symlink_to(ROOT / script)
    done = subprocess.run([link, "--recipe", "nothing"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "choose one of: " in done.stderr and "custom" in done.stderr
    assert len(done.stderr.splitlines()) == 1
