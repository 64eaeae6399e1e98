"""Estimate F0 of the packed pool at the frames of its mels.

    python recipes/base/local/prepare_pitch.py POOL [--jobs 2]

Writes `f0.f16`: Hz, 0 where unvoiced, in the order of `mels.f16`.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from myna.audio.pitch import fundamental
from myna.files import atomic_path
from pool import Pool, Utterance

_pools: dict[Path, Pool] = {}


def estimate(job: tuple[Path, Utterance]) -> bytes:
    """Return the F0 of one utterance as 16-bit floats."""
    folder, utterance = job
    pool = _pools.setdefault(folder, Pool(folder))
    return fundamental(pool.wave(utterance), 22_050).astype(np.float16).tobytes()


def main() -> None:
    """Go through the pool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    jobs = [(args.pool, u) for u in Pool(args.pool).utterances]
    with (
        atomic_path(args.pool / "f0.f16") as temporary,
        open(temporary, "wb") as stream,
        ProcessPoolExecutor(args.jobs) as workers,
    ):
        for found in tqdm(workers.map(estimate, jobs, chunksize=32), total=len(jobs)):
            stream.write(found)


if __name__ == "__main__":
    main()
