"""Fresh environments with the package installed as a wheel, next to `.venv` so that uv links files and copies none."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Through path.sh, for its way of passing pip's mirrors on to uv.
_UV = '. "$0/path.sh" && myna_uv_mirrors && exec uv "$@"'


def uv(*arguments: str | Path, cwd: Path = ROOT) -> None:
    command = ["bash", "-c", _UV, str(ROOT), *map(str, arguments), "--quiet"]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@lru_cache(maxsize=1)
def wheel() -> Path:
    """Build the wheel from a copy, for a build leaves folders in its source; about ten seconds."""
    folder = Path(tempfile.mkdtemp(prefix="myna-wheel-"))
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "TERMS.md", "TERMS.zh-CN.md"):
        shutil.copy(ROOT / name, source)
    left_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("conf", "plugins"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=left_out)
    uv("build", "--wheel", "--python", sys.executable, "--out-dir", folder, source)
    shutil.rmtree(source)
    return next(folder.glob("*.whl"))


@contextmanager
def environment(*arguments: str | Path) -> Iterator[Path]:
    """Give an environment after `uv pip install ARGUMENTS` for each list in turn; it goes when the block ends."""
    with tempfile.TemporaryDirectory(prefix=".venv.test-", dir=ROOT) as folder:
        uv("venv", "--python", sys.executable, folder)
        python = Path(folder) / "bin" / "python"
        uv("pip", "install", "--python", python, "-c", ROOT / "constraints.txt", *arguments)
        yield Path(folder)


def packages(folder: Path) -> dict[str, int]:
    """Return the installed distributions of an environment, and the bytes of each as its RECORD says."""
    site = next(folder.glob("lib/python3.*/site-packages"))
    return {
        found.metadata["Name"].lower().replace("_", "-"): sum(file.size or 0 for file in found.files or ())
        for found in distributions(path=[str(site)])
    }


def myna(folder: Path, *arguments: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run the command `myna` of an environment, away from the clone."""
    outside = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    command = [str(folder / "bin" / "myna"), *map(str, arguments)]
    return subprocess.run(command, cwd=home, env=outside, capture_output=True, text=True, check=False)
