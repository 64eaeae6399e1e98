"""Let people of nine languages speak each of the others: errors, accent and likeness in every direction.

Usage: python benchmarks/languages.py WEIGHTS SPEECH OUT --prompts DOWNLOADS [--kaldi DIR …] [--sentences 3]

Voices are taken from one utterance, as `benchmarks/base.py` does, and its clips are kept in the same way. English,
Mandarin and Spanish speakers are those whom the base has not heard. Of German, French, Italian and Russian the
registries have one person each, whom it has; of Japanese and Portuguese none, so voices of a teacher's Kaldi directory
(--kaldi) stand in, which are synthetic and heard. `HEARD` says so in the table. Errors are in the unit of the language
that is spoken; accent is the part of the clips that Whisper takes for another language; likeness is by d-vector, as a
part of what the same person has in the own language.
Writes OUT/languages.jsonl, OUT/languages.md and OUT/languages.png.
"""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from adapt import prompts
from base import CORPORA, texts
from base_clips import Base, Task, clips
from base_leak import from_kaldi
from base_speakers import Person, Recording, held_out, person, prints, read_metadata
from program import program
from tqdm import tqdm

from myna.corpora import asterisk
from myna.files import atomic_text
from myna.measure import similarity, wer
from myna.networks.speaker.ge2e import Ge2eEncoder
from myna.text.languages import canonical, whisper_language

LANGUAGES = ("en-us", "cmn", "de", "fr-fr", "es", "it", "ru", "ja", "pt")
HEARD = ("de", "fr-fr", "it", "ru", "ja", "pt")  # whose people the base has learned from
SHORT, MOST = 5.0, 3
Row = dict[str, Any]


def cast(rows: Sequence[Recording], taught: Sequence[Recording], downloads: Path) -> list[Person]:
    """Return up to three people of each language."""
    of_corpus = held_out(rows, CORPORA)
    libri = sorted(of_corpus[CORPORA[0]], key=lambda of: -of[0].seconds)
    by_language = {"en-us": [*libri[: MOST - 1], *of_corpus["ljspeech32_en"][:1]], "cmn": of_corpus["aishell3_zh"]}
    by_language["de"] = [[r for r in rows if r.corpus == "kerstin_de" and r.seconds > SHORT]]
    for of in prompts(downloads, tuple(asterisk.LANGUAGE)):
        by_language.setdefault(canonical(of[0].language), []).append(of)
    for language in ("ja", "pt"):
        native = [r for r in taught if canonical(r.language) == language and r.speaker.startswith(language[0])]
        speakers = sorted({r.speaker for r in native})
        by_language[language] = [[r for r in native if r.speaker == name] for name in speakers]
    people = []
    for language in LANGUAGES:
        usable = [p for p in map(person, by_language.get(language, [])) if p.others]
        people += sorted(usable, key=lambda p: -len(p.given))[:MOST]
    return people


def spoken(base: Base, people: Sequence[Person], count: int, log: Path) -> list[Row]:
    """Let everyone speak every language; a row for each clip."""
    vectors = Ge2eEncoder().embed_waves([p.given for p in people])
    own = prints(people)
    rows = []
    for p, vector in tqdm(list(zip(people, vectors, strict=True)), desc="people", mininterval=5):
        for language in LANGUAGES:
            for clip in clips(base, Task(p, language, texts(language, count)), vector, 1, accents=True):
                near = {name: similarity.cosine(clip["dvector"], v) for name, v in own.items() if clip["dvector"]}
                row = {"from": canonical(p.language), "speaker": p.name, "to": language, "text": clip["text"]}
                row |= {"heard": clip["heard"], "mos": clip["mos"], "taken_for": clip["language"]}
                row |= {"cosine": near.get(p.name), "nearest": max(near, key=near.__getitem__) if near else None}
                rows.append(row)
    atomic_text(log, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return rows


def errors(of: Sequence[Row]) -> float:
    """Return the share of words, syllables or kana that are heard otherwise."""
    return wer.wer([r["text"] for r in of], [r["heard"] for r in of], of[0]["to"])


def accent(of: Sequence[Row]) -> float:
    """Return the part of clips that the recogniser takes for another language."""
    return float(np.mean([r["taken_for"] != whisper_language(r["to"]) for r in of]))


def cosine(of: Sequence[Row]) -> float:
    """Return the mean similarity."""
    return float(np.mean([r["cosine"] for r in of if r["cosine"] is not None]))


def matrix(rows: Sequence[Row], of: Callable[[Sequence[Row]], float]) -> np.ndarray:
    """Return `(from, to)` of a figure."""
    cells = [[[r for r in rows if (r["from"], r["to"]) == (a, b)] for b in LANGUAGES] for a in LANGUAGES]
    return np.array([[of(cell) if cell else np.nan for cell in line] for line in cells])


def table(title: str, values: np.ndarray) -> str:
    """Write a matrix as Markdown."""
    lines = [f"| {title}: from, to | {' | '.join(LANGUAGES)} |", "|---" * (len(LANGUAGES) + 1) + "|"]
    for language, line in zip(LANGUAGES, values, strict=True):
        name = f"{language} (heard)" if language in HEARD else language
        lines.append(f"| {name} | {' | '.join(f'{v:.2f}' for v in line)} |")
    return "\n".join(lines) + "\n"


def plot(found: dict[str, np.ndarray], path: Path) -> None:
    """Draw the matrices beside each other."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(found), figsize=(5.2 * len(found), 5), layout="constrained")
    for axis, (title, values) in zip(axes, found.items(), strict=True):
        axis.imshow(values, cmap="Blues", vmin=0, vmax=1)
        for (row, column), value in np.ndenumerate(values):
            color = "white" if value > 0.6 else "black"
            axis.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7, color=color)
        axis.set_xticks(range(len(LANGUAGES)), LANGUAGES, rotation=45)
        axis.set_yticks(range(len(LANGUAGES)), LANGUAGES)
        axis.set(title=title, xlabel="language spoken", ylabel="language of the person")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def main() -> None:
    """Speak, score, draw."""
    parser = program(__doc__, "weights", "speech", "output")
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--kaldi", type=Path, nargs="*", default=[])
    parser.add_argument("--sentences", type=int, default=3)
    args = parser.parse_args()
    taught = [row for folder in args.kaldi for row in from_kaldi(folder)]
    people = cast(read_metadata(args.speech), taught, args.prompts)
    print("people:", *(f"{p.name} ({canonical(p.language)})" for p in people), flush=True)
    rows = spoken(Base(args.weights, args.output), people, args.sentences, args.output / "languages.jsonl")
    similar = matrix(rows, cosine)
    found = {
        "errors": matrix(rows, errors),
        "taken for another language": matrix(rows, accent),
        "likeness, part of that in the own language": similar / np.diag(similar)[:, None],
    }
    nearest = float(np.mean([r["nearest"] == r["speaker"] for r in rows if r["nearest"]]))
    told = [f"{len(people)} people; own person nearest of all in {nearest:.2f} of the clips\n"]
    atomic_text(args.output / "languages.md", "\n".join([*told, *(table(*item) for item in found.items())]))
    plot(found, args.output / "languages.png")
    print(*told, *(table(*item) for item in found.items()), sep="\n")


if __name__ == "__main__":
    main()
