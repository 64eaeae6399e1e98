"""A small arm64 system in a folder, and qemu to run its Python. Nothing is installed on the machine, nor root needed.

From Debian's packages come qemu, Python and a C library, by an apt of its own that asks the mirrors of this machine;
what Myna needs comes as wheels by uv, and with it zig, which compiles C++ for arm64 as the makers of apps do (clang,
libc++). What is there already is not fetched again.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from myna.errors import MynaError
from myna.files import atomic_text

ROOT = Path(__file__).resolve().parents[1]
# Debian 13: its qemu tells programs what the processor has, earlier ones do not. Python 3.12 is in no Debian.
SUITE, PYTHON = "trixie", "3.13"
DEBIAN = ("base-files", f"python{PYTHON}", "libstdc++6", "libgomp1", "libonnxruntime-dev")
RUNTIMES = ("MNN", "ai-edge-litert", "pytest")
SOURCES = ("gruut-lang-en",)  # there is no wheel of it, and it is Python alone: it may be built here
APT = """
Dir "{apt}";
Dir::State "{apt}";
Dir::State::status "{apt}/status";
Dir::Cache "{apt}";
Dir::Etc "{apt}";
Dir::Etc::main "/etc/apt/apt.conf";
Dir::Etc::parts "/etc/apt/apt.conf.d";
Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d";
Dir::Etc::netrc "/etc/apt/auth.conf";
Dir::Etc::netrcparts "/etc/apt/auth.conf.d";
APT::Architecture "arm64";
APT::Architectures {{ "arm64"; "{native}"; }};
APT::Sandbox::User "root";
"""


@dataclass(frozen=True)
class System:
    """An arm64 system below a folder, see `system`."""

    folder: Path

    @property
    def root(self) -> Path:
        """Its files."""
        return self.folder / "root"

    @property
    def site(self) -> Path:
        """Its Python packages."""
        return self.folder / "site"

    def run(self, cpu: str, *command: Path | str, **variables: Path | str) -> str:
        """Run a program of arm64 on a processor that qemu knows; returns what it prints.

        Raises:
            MynaError: It fails.
        """
        qemu = [self.folder / "qemu/usr/bin/qemu-aarch64", "-cpu", cpu, "-L", self.root]
        return ran([*qemu, *command], {"OMP_NUM_THREADS": "1", **variables})

    def python(self, cpu: str, *words: Path | str) -> str:
        """Run a Python program with Myna of this checkout."""
        paths = f"{ROOT / 'plugins'}:{self.site}"
        interpreter = self.root / f"usr/bin/python{PYTHON}"
        return self.run(cpu, interpreter, *words, PYTHONPATH=paths, PYTHONDONTWRITEBYTECODE="1")

    def compiled(self, out: Path, *words: Path | str) -> Path:
        """Compile C++ for arm64; `words` are sources and options."""
        command = [sys.executable, "-m", "ziglang", "c++", "-target", "aarch64-linux-gnu", "-std=c++17", "-O2"]
        cache = self.folder / "zig"
        variables = {name: cache for name in ("ZIG_LOCAL_CACHE_DIR", "ZIG_GLOBAL_CACHE_DIR")}
        ran([*command, *words, "-o", out], {"PYTHONPATH": self.folder / "tools", **variables})
        return out


def ran(command: Sequence[Path | str], variables: dict[str, Path | str] | None = None) -> str:
    """Run a program; returns what it prints.

    Raises:
        MynaError: It fails, or is not there.
    """
    words = [str(word) for word in command]
    environment = {**os.environ, **{name: str(value) for name, value in (variables or {}).items()}}
    try:
        done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise MynaError(f"{words[0]} is not here; this takes a Debian machine") from error
    if done.returncode:
        raise MynaError(f"{' '.join(words)}: status {done.returncode}\n{done.stderr[-4000:]}")
    return done.stdout


def system(folder: Path) -> System:
    """Make the system, or go on where it was left.

    Raises:
        MynaError: A package cannot be had; the message is what apt or uv say.
    """
    folder = folder.resolve()
    for name, make in {"root": _root, "qemu": _qemu, "site": _site, "tools": _tools}.items():
        if not (folder / name).is_dir():
            print(f"{folder / name}: fetched", file=sys.stderr)
            unfinished = folder / f"{name}.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            make(folder, unfinished)
            unfinished.rename(folder / name)
    return System(folder)


def _root(folder: Path, out: Path) -> None:
    apt = _apt(folder)
    ran(["apt-get", "install", "-y", "--no-install-recommends", "--download-only", *DEBIAN], apt)
    for package in sorted((folder / "apt/archives").glob("*.deb")):
        ran(["dpkg-deb", "-x", package, out])


def _qemu(folder: Path, out: Path) -> None:
    # It is linked statically, so that of a newer Debian runs on an older one.
    apt = _apt(folder)
    asked = ran(["apt-get", "install", "-y", "--print-uris", "--no-install-recommends", f"qemu-user:{_native()}"], apt)
    name = next(word for word in asked.split() if word.startswith("qemu-user_"))
    ran(["apt-get", "install", "-y", "--no-install-recommends", "--download-only", f"qemu-user:{_native()}"], apt)
    ran(["dpkg-deb", "-x", folder / "apt/archives" / name, out])


def _apt(folder: Path) -> dict[str, Path | str]:
    """Write an apt of its own, with this machine's mirrors for another suite; returns what makes apt-get use it."""
    apt = folder / "apt"
    for name in ("lists/partial", "archives/partial", "sources.list.d", "preferences.d"):
        (apt / name).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    own = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    listed = Path("/etc/apt")
    for path in (
        listed / "sources.list",
        *listed.glob("sources.list.d/*.list"),
        *listed.glob("sources.list.d/*.sources"),
    ):
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if re.search(rf"\b{own}\b", text):
            atomic_text(apt / path.relative_to(listed), re.sub(rf"\b{own}\b", SUITE, text))
    atomic_text(apt / "apt.conf", APT.format(apt=apt, native=_native()))
    variables: dict[str, Path | str] = {"APT_CONFIG": apt / "apt.conf"}
    ran(["apt-get", "update", "-qq"], variables)
    return variables


def _native() -> str:
    return ran(["dpkg", "--print-architecture"]).strip()


def _site(_folder: Path, out: Path) -> None:
    foreign = ["--python-platform", "aarch64-manylinux_2_28", "--python-version", PYTHON, "--only-binary", ":all:"]
    built = [word for name in SOURCES for word in ("--no-binary", name)]
    _install(out, *foreign, *built, "-c", ROOT / "constraints.txt", "--group", "onnx", *RUNTIMES)


def _tools(_folder: Path, out: Path) -> None:
    _install(out, "ziglang")


def _install(out: Path, *words: Path | str) -> None:
    uv = shutil.which("uv") or Path(sys.executable).parent / "uv"
    ran([uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", out, *words])
