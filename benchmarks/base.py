"""Measure a base on people whom it never heard, from one utterance each and no training step, in every language.

Usage: python benchmarks/base.py WEIGHTS SPEECH [--quick] [--kaldi DIR …] [--output exp/base_scores]
       python benchmarks/base.py WEIGHTS SPEECH --leak [--kaldi DIR …]

WEIGHTS is a folder like plugins/myna/pretrained; SPEECH holds `metadata.tsv` and the held-out speakers of LibriSpeech,
speechocean762, LJ Speech and AISHELL-3 (`recipes/base/local/pool.py` says who they are). Every clip is scored once for
the same weights and kept, so a second call is quick; --quick takes few sentences, for checkpoints. Recordings of each
language, and Kaldi directories such as a teacher's (--kaldi), are scored beside. Similarity is by a d-vector, which no
base is conditioned by, and stands on the scale of `myna.measure.similarity.on_scale` beside the cosine.
Writes `base.md` and `base.json` in a folder named after the weights.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import base_leak
import numpy as np
from base_clips import Base, Clip, Task, clips, recordings
from base_speakers import RATE, Person, Recording, held_out, person, prints, read_metadata
from program import program
from tqdm import tqdm

from myna.adapt.unseen import own_sentences
from myna.files import atomic_text
from myna.measure import similarity, wer
from myna.text.languages import canonical

CORPORA = ("librispeech_train100_1utt_en_untranscribed", "speechocean762_en", "ljspeech32_en", "aishell3_zh")
OTHERS = ("de", "fr-fr", "es", "it", "ru", "ja", "pt")
# How many, of people and of sentences: in full, and for a checkpoint.
FULL = {"librispeech": 7, "speechocean": 4, "sentences": 8, "abroad": 6, "others": 4, "others_sentences": 5, "real": 8}
QUICK = {"librispeech": 3, "speechocean": 1, "sentences": 3, "abroad": 3, "others": 2, "others_sentences": 1, "real": 3}

Row = dict[str, Any]


def texts(language: str, count: int) -> list[str]:
    """Return the first test sentences of a language."""
    return own_sentences(language)[:count]


def cast(rows: Sequence[Recording], size: dict[str, int]) -> dict[str, list[Person]]:
    """Return the people: `en`, of several corpora, and `cmn`."""
    libri, ocean, lj, aishell = held_out(rows, CORPORA).values()
    # Of LibriSpeech's single utterances the long ones, for a half of each is compared with.
    libri = sorted(libri, key=lambda of: -of[0].seconds)
    english = [*libri[: size["librispeech"]], *ocean[: size["speechocean"]], *lj[:1]]
    return {"en": [person(of) for of in english], "cmn": [person(of) for of in aishell]}


def plan(people: dict[str, list[Person]], size: dict[str, int]) -> list[tuple[str, Task]]:
    """Return what is spoken, each with the line of the table to which it belongs."""
    english = people["en"]
    own = [("English, unseen English speakers", Task(p, "en-us", texts("en-us", size["sentences"]))) for p in english]
    mandarin = texts("cmn", size["sentences"])
    own += [("Mandarin, unseen Mandarin speakers", Task(p, "cmn", mandarin)) for p in people["cmn"]]
    # Readers of LibriSpeech: those of speechocean762 speak Mandarin at home.
    natives = [p for p in english if "speechocean" not in p.corpus]
    own += [("Mandarin, English speakers", Task(p, "cmn", mandarin)) for p in natives[: size["abroad"]]]
    own += [("English, Mandarin speakers", Task(p, "en-us", texts("en-us", size["sentences"]))) for p in people["cmn"]]
    for language in OTHERS:
        said = texts(language, size["others_sentences"])
        own += [(f"{language}, English speakers", Task(p, language, said)) for p in natives[: size["others"]]]
    return own


def errors(found: Sequence[Clip], language: str) -> dict[str, float]:
    """Return `wer` (in the language's unit) and `cer` of what was heard; empty where nothing could be."""
    heard = [c for c in found if c["heard"] is not None and c["text"]]
    if not heard:
        return {}
    pair = [c["text"] for c in heard], [c["heard"] for c in heard]
    return {"wer": wer.wer(*pair, language), "cer": wer.cer(*pair, language)}


class Closeness:
    """Similarity to each person, with the floor and the ceiling of the same run.

    Args:
        people: Those of the test; those without other recordings are left out.
    """

    def __init__(self, people: Sequence[Person]) -> None:
        """Embed the recordings."""
        self.prints = prints(people)
        given = {p.name: similarity.embed_dvector(p.given, RATE) for p in people if p.name in self.prints}
        self.second = {name: similarity.cosine(given[name], own) for name, own in self.prints.items()}
        self.stranger = {
            name: float(np.mean([similarity.cosine(other, own) for n, other in given.items() if n != name]))
            for name, own in self.prints.items()
        }

    def of(self, name: str, found: Sequence[Clip]) -> dict[str, float]:
        """Return `cosine`, `scale` and `nearest` (part of the clips whose nearest person is the right one)."""
        vectors = [np.asarray(c["dvector"]) for c in found if c["dvector"]]
        if name not in self.prints or not vectors:
            return {}
        value = float(np.mean([similarity.cosine(v, self.prints[name]) for v in vectors]))
        nearest = [max(self.prints, key=lambda n: similarity.cosine(v, self.prints[n])) == name for v in vectors]
        return {
            "cosine": value,
            "scale": similarity.on_scale(value, self.stranger[name], self.second[name]),
            "nearest": float(np.mean(nearest)),
            "second": self.second[name],
            "stranger": self.stranger[name],
        }


def measure(base: Base, people: dict[str, list[Person]], size: dict[str, int], seed: int) -> list[Row]:
    """Speak and score everything; returns a row for each person and language."""
    from myna.networks.speaker.ge2e import Ge2eEncoder

    everyone = [p for of in people.values() for p in of]
    vectors = Ge2eEncoder().embed_waves([p.given for p in everyone])
    embedding = {p.name: v for p, v in zip(everyone, vectors, strict=True)}
    close, rows = Closeness(everyone), []
    for line, task in tqdm(plan(people, size), desc="people and languages", mininterval=5):
        found = clips(base, task, embedding[task.person.name], seed)
        row: Row = {"line": line, "speaker": task.person.name, "corpus": task.person.corpus, "language": task.language}
        row |= {"clips": len(found), "mos": float(np.mean([c["mos"] for c in found]))}
        row["rtf"] = sum(c["cpu"] for c in found) / sum(c["seconds"] for c in found)
        rows.append(row | errors(found, task.language) | close.of(task.person.name, found))
    return rows


def real(rows: Sequence[Recording], people: dict[str, list[Person]], size: dict[str, int], output: Path) -> list[Row]:
    """Score recordings: those of the people, and where a language has other transcribed ones, those."""
    found = []
    for p in [p for of in people.values() for p in of]:
        scored = recordings(p, output, 1 if len(p.recordings) == 1 else size["real"] // 2 + 1)
        line = "English" if p.language.startswith("en") else "Mandarin"
        row: Row = {"line": f"{line}: recordings of the same people", "speaker": p.name, "language": p.language}
        found.append(row | {"mos": float(np.mean([c["mos"] for c in scored]))} | errors(scored, p.language))
    by_set: dict[tuple[str, str], list[Recording]] = {}
    for r in rows:
        if r.text and r.seconds >= 2.0 and not r.corpus.startswith(("librispeech", "speechocean", "an4", "audio_cmn")):
            by_set.setdefault((canonical(r.language), r.corpus), []).append(r)
    for (language, corpus), of in sorted(by_set.items()):
        picked = of[:: max(1, len(of) // (2 * size["real"]))][: 2 * size["real"]]
        scored = recordings(Person(f"{corpus}_{language}", corpus, language, np.zeros(0), [], picked), output, len(of))
        row = {"line": f"{language}: {corpus}", "speaker": corpus, "language": language}
        found.append(row | {"mos": float(np.mean([c["mos"] for c in scored]))} | errors(scored, language))
    return found


COLUMNS = {"wer": "{:.3f}", "cer": "{:.3f}", "mos": "{:.2f}", "cosine": "{:.3f}", "second": "{:.3f}",
           "stranger": "{:.3f}", "scale": "{:.2f}", "nearest": "{:.2f}", "rtf": "{:.3f}"}  # fmt: skip
HEAD = ("errors", "characters wrong", "MOS estimate", "similarity", "of a second recording", "of strangers",
        "0-to-1 scale", "own person nearest", "RTF (processor)")  # fmt: skip


def summary(rows: Sequence[Row]) -> list[Row]:
    """Return the mean over people of each line."""
    lines = []
    for line in dict.fromkeys(row["line"] for row in rows):
        of = [row for row in rows if row["line"] == line]
        mean: Row = {"line": line, "people": len({row["speaker"] for row in of}), "unit": wer.unit(of[0]["language"])}
        for name in COLUMNS:
            values = [row[name] for row in of if name in row and np.isfinite(row[name])]
            if values:
                mean[name] = float(np.mean(values))
        lines.append(mean)
    return lines


def table(lines: Sequence[Row]) -> str:
    """Write lines as Markdown."""
    out = ["| | people | counted | " + " | ".join(HEAD) + " |", "|---" * (len(HEAD) + 3) + "|"]
    for row in lines:
        cells = [form.format(row[name]) if name in row else "–" for name, form in COLUMNS.items()]
        out.append(f"| {row['line']} | {row['people']} | {row['unit']} | " + " | ".join(cells) + " |")
    return "\n".join(out) + "\n"


def leak(base: Base, rows: Sequence[Recording], output: Path) -> str:
    """Return how well a linear probe reads the language, from the embedding and from what the weights make of it."""
    picked = base_leak.chosen(rows)
    vectors = base_leak.embeddings(picked, output)
    found = {"GE2E embedding": vectors, "condition within the weights": base_leak.conditions(base, vectors)}
    probes = {name: base_leak.probe(of, picked) for name, of in found.items()}
    atomic_text(
        output / base.hash / "leak.json", json.dumps({k: asdict(v) for k, v in probes.items()}, indent=1) + "\n"
    )
    lines = ["| | languages told right | chance | voices | by language |", "|---" * 5 + "|"]
    for name, p in probes.items():
        each = ", ".join(f"{language} {part:.2f}" for language, part in p.by_language.items())
        lines.append(f"| {name} | {p.accuracy:.3f} | {p.chance:.3f} | {p.speakers} | {each} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    parser = program(__doc__, "weights", "speech")
    parser.add_argument("--output", type=Path, default=Path("exp/base_scores"))
    parser.add_argument("--kaldi", type=Path, nargs="*", default=[], help="Kaldi directories to score beside, or probe")
    parser.add_argument("--quick", action="store_true", help="few people and sentences")
    parser.add_argument("--leak", action="store_true", help="probe the embeddings for the language instead")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    base, rows = Base(args.weights, args.output), read_metadata(args.speech)
    more = [row for folder in args.kaldi for row in base_leak.from_kaldi(folder)]
    if args.leak:
        print(leak(base, [*rows, *more], args.output))
        return
    size = QUICK if args.quick else FULL
    people = cast(rows, size)
    spoken = measure(base, people, size, args.seed)
    beside = real([*rows, *more], people, size, args.output)
    lines = [summary(spoken), summary(beside)]
    folder = args.output / base.hash
    result = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"), "weights": str(args.weights), "hash": base.hash,
        "quick": args.quick, "seed": args.seed, "spoken": spoken, "recordings": beside, "lines": lines,
    }  # fmt: skip
    name = "quick" if args.quick else "base"
    atomic_text(folder / f"{name}.json", json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    atomic_text(folder / f"{name}.md", "\n".join(map(table, lines)))
    print("\n".join(map(table, lines)), folder / f"{name}.md")


if __name__ == "__main__":
    main()
