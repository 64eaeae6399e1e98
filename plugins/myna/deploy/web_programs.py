"""The programs of others that the page of a voice needs: fetched once from npm, pinned by hash, not in this project.

ONNX Runtime Web (Microsoft, MIT licence) runs the graphs. espeak-ng (GPL-3.0-or-later, compiled for the web by Ian
Armour) reads text; it stays a program of its own, in a folder and a worker of its own, and comes only when asked for.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from myna.corpora import archives, fetch
from myna.errors import MynaError
from myna.files import sha256


@dataclass(frozen=True)
class Program:
    """A program that stands in a folder of the page.

    Attributes:
        folder: Of the page.
        package: Name and version of the npm package.
        archive: SHA-256 of the package's archive.
        files: Path in the package to SHA-256.
        option: Of the command, by which a person names a folder that has it.
    """

    folder: str
    package: str
    archive: str
    files: dict[str, str]
    option: str


RUNTIME = Program(
    "ort",
    "onnxruntime-web@1.30.0",
    "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71",
    {
        "dist/ort.wasm.min.mjs": "219e6a1fc8a9938268d18efca3c91d310bd2f4a59bbd13744df5b2b7fc6cee3b",
        "dist/ort-wasm-simd-threaded.mjs": "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b",
        "dist/ort-wasm-simd-threaded.wasm": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
    },
    "--runtime",
)
ESPEAK = Program(
    "espeak",
    "espeak-ng@1.0.2",
    "01ba93df87f0e8deefd01803a64f299a42b8ded400a5b6673b1ae226b90abc05",
    {
        "LICENSE": "3972dc9744f6499f0f9b2dbf76696f2ae7ad8af9b23dde66d6af86c9dfb36986",
        "dist/espeak-ng.js": "406c6655a6cacf34d84fc69dc4478c81b71518809080ce2d05df1b706d76429d",
        "dist/espeak-ng.wasm": "10d24bb7e4124e983aa9cd8cd96c52c8ea4b607d81956ec70846684e2827d532",
    },
    "--espeak",
)
ESPEAK_BYTES = 18_485_010  # of the wasm: the page tells how much it loads, whether the program is there yet or not


def bring(program: Program, given: Path | None, target: Path) -> None:
    """Copy the files of a program into a folder.

    Args:
        program: Which.
        given: A folder that has it unpacked, the package's or its `dist`; None fetches it with npm, once.
        target: Folder to make.

    Raises:
        MynaError: A file is missing or not the pinned one, or the package cannot be fetched.
    """
    source = given if given is not None else _unpacked(program)
    target.mkdir(parents=True)
    for name, digest in program.files.items():
        path = next((p for p in (source / name, source / Path(name).name) if p.is_file()), None)
        if path is None and Path(name).parent == Path("."):
            path = source.parent / name  # a licence lies beside `dist`
        if path is None or not path.is_file() or sha256(path) != digest:
            raise MynaError(
                f"{source} holds no {name} of {program.package}: name the unpacked npm package with {program.option}"
            )
        shutil.copyfile(path, target / path.name)


def _unpacked(program: Program) -> Path:
    """Return the folder of the unpacked package, fetched with npm from the registry that npm is set to."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "myna" / "web"
    name, _, version = program.package.rpartition("@")
    source = fetch.Source(f"{name}-{version}.tgz", program.archive, f"the npm package {program.package}")
    wanted = {f"package/{file}" for file in program.files}

    def unpack(folder: Path) -> None:
        archives.extract_tar(fetch.obtain(source, cache, fetch.bring_npm(program.package)), folder, wanted.__contains__)

    try:
        return archives.unpack_once(cache / name, program.archive, unpack) / "package"
    except MynaError as error:
        raise MynaError(f"{error}, or name a folder that has it unpacked with {program.option} FOLDER") from error
