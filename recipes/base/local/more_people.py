"""Make people whom nobody recorded: speech of the pool played slower and quicker, a new speaker at each pace.

    python recipes/base/local/more_people.py POOL OUT [--of-speaker 60]

A base tells people apart as finely as the people whom it heard are dense: of speechocean762, known speakers had .82 of
the similarity scale and unseen ones .61 (step 27028). Resampling moves pitch, formants and pace together, as a larger
or smaller person would. POOL went through prepare_pool, prepare_text and align; OUT is as prepared, ready for
`join_pools.py`. Speakers that are held out have no part.

Source: Cooper et al., Can Speaker Augmentation Improve Multi-Speaker End-to-End TTS? (2020).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr
import torch
from tqdm import tqdm

from myna.files import atomic_path, atomic_text
from pool import Pool, Utterance, is_held_out
from prepare_pool import RATE
from prepare_text import write_embeddings, write_mels

CORPUS = "resampled"
SLOWER, QUICKER = (0.84, 0.94), (1.07, 1.2)
LONE_COPIES = 4  # of each kind, where a speaker has speech for several people
PLENTY = 200


def paces(count: int, random: np.random.Generator) -> list[float]:
    """Return `count` slower paces and as many quicker ones, as new people have them."""
    return [round(float(random.uniform(*span)), 3) for _ in range(count) for span in (SLOWER, QUICKER)]


def stretched(durations: np.ndarray, frames: int) -> np.ndarray:
    """Return durations `(L,)` that add up to `frames`, each at least one, in the proportions of those given."""
    ends = np.round(np.cumsum(durations) * frames / durations.sum()).astype(int)
    found = np.diff(ends, prepend=0)
    missing = np.maximum(1 - found, 0)
    found += missing
    for _ in range(int(missing.sum())):
        found[found.argmax()] -= 1
    return found


def people(pool: Pool, named: set[str], most: int, random: np.random.Generator) -> Iterator[tuple[Utterance, float]]:
    """Yield utterances with the pace at which each is played."""
    by_speaker: dict[tuple[str, str], list[Utterance]] = {}
    for u in pool.utterances:
        if u.name in named and not is_held_out(u):
            by_speaker.setdefault((u.corpus, u.speaker), []).append(u)
    for spoken in by_speaker.values():
        for pace in paces(LONE_COPIES if len(spoken) > PLENTY else 1, random):
            chosen = random.permutation(len(spoken))[:most]
            yield from ((spoken[i], pace) for i in sorted(chosen))


def rows_of(path: Path) -> dict[str, list[str]]:
    """Return the rows of a table by their first column."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {fields[0]: fields[1:] for fields in (line.split("\t") for line in lines)}


def write_samples(pool: Pool, out: Path, chosen: list[tuple[Utterance, float]]) -> None:
    """Write `samples.i16` and `index.tsv` of what is played at another pace."""
    rows, position = [], 0
    with atomic_path(out / "samples.i16") as temporary, open(temporary, "wb") as stream:
        for u, pace in tqdm(chosen, desc="resampled", mininterval=5):
            wave = soxr.resample(pool.wave(u), RATE * pace, RATE)
            wave = (wave.clip(-1, 1) * 32767).astype(np.int16)
            stream.write(wave.tobytes())
            band = min(RATE / 2, u.band * pace)
            of = (CORPUS, _name(u, pace), f"{u.speaker}*{pace}", u.language, band, position, len(wave), u.text)
            rows.append("\t".join(map(str, of)))
            position += len(wave)
    atomic_text(out / "index.tsv", "\n".join(rows) + "\n")


def _name(u: Utterance, pace: float) -> str:
    return f"{u.name}*{pace}"


def main() -> None:
    """Make a pool."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pool", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--of-speaker", type=int, default=60, help="utterances of each new person at most")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    pool, phones = Pool(args.pool), rows_of(args.pool / "phones.tsv")
    durations, unfit = rows_of(args.pool / "durations.tsv"), args.pool / "unfit.tsv"
    named = (set(phones) & set(durations)) - (set(rows_of(unfit)) if unfit.exists() else set())
    chosen = list(people(pool, named, args.of_speaker, np.random.default_rng(0)))
    write_samples(pool, args.out, chosen)
    made = Pool(args.out)
    write_mels(made, args.out)
    frames = {name: int(fields[1]) for name, fields in rows_of(args.out / "mels.tsv").items()}
    timed = [
        f"{_name(u, p)}\t{' '.join(map(str, stretched(_counts(durations[u.name]), frames[_name(u, p)])))}"
        for u, p in chosen
    ]
    atomic_text(args.out / "durations.tsv", "\n".join(timed) + "\n")
    texts = ["\t".join((_name(u, p), *phones[u.name])) for u, p in chosen]
    atomic_text(args.out / "phones.tsv", "\n".join(texts) + "\n")
    write_embeddings(made, args.out / "embeds.f32")


def _counts(fields: list[str]) -> np.ndarray:
    return np.array([int(n) for n in fields[0].split(" ")])


if __name__ == "__main__":
    main()
