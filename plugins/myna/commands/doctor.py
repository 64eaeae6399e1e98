"""`myna doctor`: what this machine has, and what is missing, as a table."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from myna.arguments import Parser
from myna.recipe.folders import project_root

TOOLS = {"sox": "augmentation", "ffmpeg": "audio formats", "espeak-ng": "phonemes", "flite": "recipe pool"}
VOICES = ("en-us", "fr-fr", "it", "ru", "es", "de", "cmn")
ELSEWHERE = "in the group"  # the note of a pin that no set-up of path.sh installs
DISK_GB = 8.0
MEMORY_GB = 6.0


@dataclass(frozen=True)
class Check:
    """One line of the table.

    Attributes:
        what: What was looked at.
        found: What is there.
        state: `ok`, `note` (worth knowing, nothing breaks) or `missing` (something will not work).
        remedy: What to do, empty for `ok`.
    """

    what: str
    found: str
    state: str = "ok"
    remedy: str = ""


def main(argv: Sequence[str] = ()) -> int:
    """Print the table; returns 1 when something needed is missing, or with `--audit` when a fault is known."""
    parser = Parser(prog="myna doctor", description="Check this machine.")
    parser.add_argument(
        "--audit", action="store_true", help="instead: known faults of the pinned packages (asks pypi.org)"
    )
    if parser.parse_args(argv).audit:
        from myna.commands.advisories import audit

        return audit(project_root() / "constraints.txt")
    checks = list(all_checks(project_root()))
    print(table(checks))
    missing = sum(check.state == "missing" for check in checks)
    print(f"\n{missing} needed thing{'s are' if missing != 1 else ' is'} missing" if missing else "\nall is there")
    return 1 if missing else 0


def table(checks: Sequence[Check]) -> str:
    """Lay checks out in columns."""
    wide = max(len(check.what) for check in checks)
    middle = max(len(check.found) for check in checks)
    lines = [f"{c.state:<8} {c.what:<{wide}}  {c.found:<{middle}}  {c.remedy}".rstrip() for c in checks]
    return "\n".join(lines)


def all_checks(root: Path) -> Iterator[Check]:
    """Look at everything, quick things first.

    Args:
        root: The project's folder, which holds constraints.txt where Myna runs from a clone.
    """
    yield python_check()
    yield from tool_checks()
    yield voices_check()
    yield disk_check(root)
    yield memory_check()
    yield Check("processors", str(len(os.sched_getaffinity(0))))
    yield gpu_check()
    yield from package_checks(root / "constraints.txt")
    yield torch_check()


def python_check() -> Check:
    """Python must be 3.12: the toolkits' common version."""
    found = platform.python_version()
    good = found.startswith("3.12.")
    return Check(
        "python", found, "ok" if good else "missing", "" if good else "run ./run.sh: it finds or fetches Python 3.12"
    )


def trains() -> bool:
    """Tell a whole install from a light one, which speaks and needs no programs."""
    return find_spec("espnet2") is not None


def tool_checks() -> Iterator[Check]:
    """The programs that stages call."""
    for tool, use in TOOLS.items():
        path = shutil.which(tool)
        remedy = "" if path else f"sudo apt-get install -y {tool}  (for {use})"
        yield Check(tool, path or "not found", "ok" if path else "missing" if trains() else "note", remedy)


def voices_check() -> Check:
    """The languages that espeak-ng must know."""
    if shutil.which("espeak-ng") is None:
        return Check("espeak-ng voices", "unknown", "missing" if trains() else "note", "install espeak-ng first")
    listing = subprocess.run(["espeak-ng", "--voices"], capture_output=True, text=True, timeout=30).stdout
    known = {word for line in listing.splitlines()[1:] for word in line.replace("(", " ").replace(")", " ").split()}
    absent = [voice for voice in VOICES if voice not in known]
    if absent:
        return Check("espeak-ng voices", f"without {' '.join(absent)}", "missing", "install package espeak-ng-data")
    return Check("espeak-ng voices", " ".join(VOICES))


def disk_check(root: Path) -> Check:
    """Free room for recordings, features and checkpoints."""
    free = shutil.disk_usage(root).free / 1e9
    good = free >= DISK_GB
    return Check("disk", f"{free:.0f} GB free", "ok" if good else "missing", "" if good else f"free {DISK_GB:.0f} GB")


def memory_check() -> Check:
    """Memory that a default run may take."""
    import psutil

    free = psutil.virtual_memory().available / 2**30
    good = free >= MEMORY_GB
    remedy = "" if good else f"a default run takes up to {MEMORY_GB:.0f} GB: end other programs"
    return Check("memory", f"{free:.1f} GB available", "ok" if good else "note", remedy)


def gpu_check() -> Check:
    """A GPU is welcome, never needed."""
    if shutil.which("nvidia-smi"):
        query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
        names = subprocess.run(query, capture_output=True, text=True, timeout=60).stdout.strip().splitlines()
        if names:
            return Check("gpu", "; ".join(names), "note", "use it with: -- trainer=gpu")
    return Check("gpu", "none", "note", "not needed: the defaults are made for two processor cores")


def package_checks(constraints: Path) -> Iterator[Check]:
    """Installed versions against the pinned ones; one line when all agree."""
    if not constraints.is_file():
        yield Check("packages", "installed without constraints.txt", "note", "versions are not checked")
        return
    agree = 0
    for line in constraints.read_text(encoding="utf-8").splitlines():
        pin, _, note = line.partition("#")
        name, _, pinned = pin.partition("==")
        if not pinned:
            continue
        try:
            found = version(name.strip())
        except PackageNotFoundError:
            if ELSEWHERE in note:
                continue
            yield Check(name, "not installed", "missing", "remove .venv/.complete and run ./run.sh: it sets up again")
            continue
        if found == pinned.strip():
            agree += 1
        else:
            yield Check(name, found, "note", f"pinned to {pinned.strip()}")
    yield Check("packages", f"{agree} as pinned in constraints.txt")


def torch_check() -> Check:
    """Import torch and see what it can use: the one slow check, so it comes last."""
    try:
        import torch
    except ModuleNotFoundError:
        return Check("torch", "not installed", "note", "exports speak without it; for voices: pip install myna")
    except (ImportError, OSError) as error:
        return Check("torch", str(error).splitlines()[0], "missing", "remove .venv and run ./run.sh: it sets up again")
    return Check("torch", f"{torch.__version__}, CUDA {'yes' if torch.cuda.is_available() else 'no'}")
