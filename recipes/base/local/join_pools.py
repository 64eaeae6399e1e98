"""Put prepared pools behind one another, so that speech can be added without preparing all of it again.

    python recipes/base/local/join_pools.py OUT POOL POOL…

Each pool went through prepare_pool, prepare_text, prepare_pitch and align; OUT is new. Without the pitch of every pool
it serves for the acoustic model only.
"""

import argparse
import shutil
from collections import Counter
from pathlib import Path

from myna.files import atomic_path, atomic_text

PITCH, UNFIT = "f0.f16", "unfit.tsv"
PLAIN = ("samples.i16", "mels.f16", "embeds.f32", "phones.tsv", "durations.tsv")
POSITION = {"index.tsv": 5, "mels.tsv": 1}  # column that counts from the pool's beginning; the next one is a length


def shifted(tables: list[Path], column: int) -> list[str]:
    """Return the rows of all tables, counted from the beginning of the first."""
    rows, before = [], 0
    for table in tables:
        fields = [row.split("\t") for row in table.read_text(encoding="utf-8").splitlines()]
        rows += ["\t".join((*f[:column], str(int(f[column]) + before), *f[column + 1 :])) for f in fields]
        before += sum(int(f[column + 1]) for f in fields)
    return rows


def main() -> None:
    """Join."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("pools", type=Path, nargs="+")
    args = parser.parse_args()
    names = Counter(row.split("\t")[1] for p in args.pools for row in (p / "index.tsv").read_text("utf-8").splitlines())
    if twice := [name for name, count in names.items() if count > 1]:
        parser.error(f"utterance {twice[0]} is in two pools (of {len(twice)} such); give them names of their own")
    args.out.mkdir(parents=True, exist_ok=True)
    pitch = [PITCH] if all((pool / PITCH).is_file() for pool in args.pools) else []
    for name in (*PLAIN, *pitch):
        with atomic_path(args.out / name) as temporary, open(temporary, "wb") as joined:
            for pool in args.pools:
                with open(pool / name, "rb") as stream:
                    shutil.copyfileobj(stream, joined)
    unfit = [pool / UNFIT for pool in args.pools if (pool / UNFIT).is_file()]
    if unfit:
        atomic_text(args.out / UNFIT, "".join(table.read_text(encoding="utf-8") for table in unfit))
    for name, column in POSITION.items():
        rows = shifted([pool / name for pool in args.pools], column)
        atomic_text(args.out / name, "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
