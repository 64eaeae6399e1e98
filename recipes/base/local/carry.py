"""Carry the pool to a machine with a GPU in pieces, and checkpoints back in smaller ones.

    python recipes/base/local/carry.py pack POOL PIECES [--megabytes 56]
    python recipes/base/local/carry.py unpack PIECES POOL
    python recipes/base/local/carry.py split FILE FOLDER [--megabytes 15]
    python recipes/base/local/carry.py join FOLDER FILE

A piece is a tar with some of the recordings as Ogg Vorbis beside their rows of every table, a pool in itself: training
can begin with the first. `unpack` puts together what is there and takes the mels again. `join` checks what it joins.
"""

import argparse
import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import soundfile
import torch
from tqdm import tqdm

from myna.files import atomic_path, atomic_text
from pool import Pool
from prepare_text import write_mels

RATE = 22_050
TABLES = ("phones.tsv", "durations.tsv")  # rows of some recordings, by name
SUMS = "sha256.tsv"


def encoded(wave: np.ndarray) -> bytes:
    """Return Ogg Vorbis of good quality."""
    stream = io.BytesIO()
    soundfile.write(stream, wave, RATE, format="OGG", subtype="VORBIS", compression_level=0.4)
    return stream.getvalue()


def pack(folder: Path, out: Path, limit: int) -> list[Path]:
    """Write pieces of at most `limit` bytes; return them."""
    pool, made = Pool(folder), []
    tables = {name: _rows(folder / name) for name in TABLES}
    index = (folder / "index.tsv").read_text(encoding="utf-8").splitlines()
    spans = [tuple(map(int, row.split("\t")[1:])) for row in (folder / "mels.tsv").read_text().splitlines()]
    embeds = np.fromfile(folder / "embeds.f32", np.float32).reshape(-1, 256)
    pitch = np.memmap(folder / "f0.f16", np.float16, "r")
    # Spread evenly, so that every piece has something of every speaker.
    order = np.random.default_rng(0).permutation(len(pool.utterances))
    waiting: list[tuple[int, bytes]] = []
    size = 0

    def write() -> None:
        rows = [i for i, _ in waiting]
        names = {pool.utterances[i].name for i in rows}
        parts = {
            "index.tsv": "\n".join(index[i] for i in rows).encode(),
            "embeds.f32": embeds[rows].tobytes(),
            "f0.f16": np.concatenate([pitch[f : f + n] for f, n in (spans[i] for i in rows)]).tobytes(),
        }
        parts |= {name: "\n".join(r for n, r in table.items() if n in names).encode() for name, table in tables.items()}
        parts |= {f"{place}.ogg": data for place, (_, data) in enumerate(waiting)}
        made.append(out / f"piece{len(made):02d}.tar")
        with atomic_path(made[-1]) as temporary, tarfile.open(temporary, "w") as tar:
            for name, data in parts.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        waiting.clear()

    for i in tqdm(order, desc="pack", mininterval=5):
        data = encoded(pool.wave(pool.utterances[i]))
        weight = len(data) + 4 * 1024 + len(index[i])  # tar's blocks, embedding, pitch and rows
        if waiting and size + weight > limit:
            write()
            size = 0
        waiting.append((int(i), data))
        size += weight
    write()
    return made


def _rows(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.split("\t", 1)[0]: line for line in lines}


def unpack(pieces: Path, folder: Path) -> int:
    """Put the pieces of a folder together to a pool; return its number of recordings."""
    found = sorted(pieces.glob("piece*.tar"))
    if not found:
        raise SystemExit(f"{pieces}: no piece*.tar here; make them with carry.py pack")
    folder.mkdir(parents=True, exist_ok=True)
    index, position = [], 0
    tables: dict[str, list[bytes]] = {name: [] for name in (*TABLES, "embeds.f32", "f0.f16")}
    with atomic_path(folder / "samples.i16") as temporary, open(temporary, "wb") as samples:
        for piece in tqdm(found, desc="unpack"):
            with tarfile.open(piece) as tar:
                for place, row in enumerate(_member(tar, "index.tsv").decode().splitlines()):
                    wave, _ = soundfile.read(io.BytesIO(_member(tar, f"{place}.ogg")), dtype="int16")
                    samples.write(wave.tobytes())
                    fields = row.split("\t")
                    index.append("\t".join((*fields[:5], str(position), str(len(wave)), *fields[7:])))
                    position += len(wave)
                for name, parts in tables.items():
                    parts.append(_member(tar, name))
    for name, parts in tables.items():
        with atomic_path(folder / name) as temporary:
            temporary.write_bytes((b"\n" if name.endswith("tsv") else b"").join(p for p in parts if p))
    atomic_text(folder / "index.tsv", "\n".join(index) + "\n")
    torch.set_num_threads(1)
    write_mels(Pool(folder), folder)
    return len(index)


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    # Read from memory: nothing of an archive is written under a name of its own.
    stream = tar.extractfile(name)
    assert stream is not None
    return stream.read()


def split(path: Path, folder: Path, limit: int) -> None:
    """Cut a file into parts of at most `limit` bytes, with their hashes."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{path.name}.*"):
        old.unlink()
    rows = []
    with open(path, "rb") as stream:
        while data := stream.read(limit):
            name = f"{path.name}.{len(rows):03d}"
            (folder / name).write_bytes(data)
            rows.append(f"{name}\t{hashlib.sha256(data).hexdigest()}")
    atomic_text(folder / f"{path.name}.{SUMS}", "\n".join(rows) + "\n")


def join(folder: Path, path: Path) -> None:
    """Put the parts of `path.name` in a folder together again.

    Raises:
        SystemExit: A part is missing or damaged.
    """
    sums = folder / f"{path.name}.{SUMS}"
    if not sums.is_file():
        raise SystemExit(f"{sums} is missing: there is nothing to join")
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        for name, wanted in (line.split("\t") for line in sums.read_text(encoding="utf-8").splitlines()):
            part = folder / name
            data = part.read_bytes() if part.is_file() else b""
            if hashlib.sha256(data).hexdigest() != wanted:
                raise SystemExit(f"{part} is missing or damaged: fetch it again")
            stream.write(data)


def main() -> None:
    """Do one of the four."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("pack", "unpack", "split", "join"))
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--megabytes", type=float)
    args = parser.parse_args()
    limit = int(1e6 * (args.megabytes or {"pack": 56, "split": 15}.get(args.action, 0)))
    if args.action == "pack":
        for piece in pack(args.source, args.target, limit):
            print(piece, piece.stat().st_size)
    elif args.action == "unpack":
        print(unpack(args.source, args.target), "recordings")
    elif args.action == "split":
        split(args.source, args.target, limit)
    else:
        join(args.source, args.target)


if __name__ == "__main__":
    main()
