"""Teach the base a language that it has never heard, from some minutes of one speaker, beside a network from scratch.

Usage: python benchmarks/new_language.py OUTPUT --kaldi DIR … [--minutes 5 10 30] [--starts base scratch] [--steps N]

Each DIR is a Kaldi data directory of one speaker and language, such as `teach.py` of recipes/base writes; its first
recordings are kept back as the ceiling. Stages 0 to 5 of the recipe `new_language` run for each length and start, the
same steps for both. Sentences of `conf/sentences` are then spoken, or those of the recordings kept back where that has
none of the language, and heard by Whisper in it: errors in the language's unit and in characters. Every result is a
line of OUTPUT/new_language.jsonl and is not computed twice; OUTPUT/new_language.md is the table.
"""

import json
import os
import time
from itertools import product
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from adapt import STAGES, Person, divided
from base import texts
from base_leak import from_kaldi
from base_speakers import RATE
from program import program

from myna.adapt.unseen import sentences_file
from myna.errors import MynaError
from myna.files import atomic_text
from myna.measure import mos, wer
from myna.networks.voice import Voice
from myna.recipe.compose import compose_recipe, find_recipe, project_root
from myna.recipe.run import Recipe
from myna.workspace import Workspace

# A network that knows nothing takes larger steps.
STARTS = {"base": [], "scratch": ["tts.init=scratch", "tts.adapt.learning_rate=1e-3", "tts.adapt.patience=null"]}
SENTENCES, KEPT_S = 12, 80.0
Row = dict[str, Any]


def taught(person: Person, minutes: float, start: str, steps: int | None, output: Path) -> tuple[Voice, Row]:
    """Run the recipe; returns the voice, and what stage 5 said of it."""
    from myna.espnet.system import stage_runner

    given = output / person.language / f"{minutes:g}" / "given"
    if not given.is_dir():
        person.write(given, 60 * minutes)
    values: dict[str, object] = {
        "create_dataset.name": person.name,
        "create_dataset.language": person.language,
        "create_dataset.target": str(given),
        "voice_dir": str(given.parent / start),
    }
    words = ["create_dataset.consent=own_voice", "create_dataset.check_texts=false", *STARTS[start]]
    words += [f"tts.adapt.max_steps={steps}"] if steps else []
    config = compose_recipe(find_recipe("new_language", project_root()), words, values)
    begun = time.perf_counter()
    stages = [*STAGES, "fine_tune"]
    Recipe(config, stage_runner, {name: str(n) for n, name in enumerate(stages)}).run(stages)
    workspace = Workspace.of(config)
    report = json.loads((workspace.clone / "fine_tune.json").read_text(encoding="utf-8"))
    row = {"seconds": round(time.perf_counter() - begun), "step": report["chosen_step"], "steps": report["steps"]}
    return Voice.load(workspace.voice), row


def scores(said: list[str], waves: list[np.ndarray], rate: int, language: str) -> Row:
    """Score sounds of known text."""
    heard = [wer.transcribe(wave, rate, language) for wave in waves]
    return {
        "errors": round(wer.wer(said, heard, language), 3),
        "characters": round(wer.cer(said, heard, language), 3),
        "mos": round(float(np.mean([mos.estimate(wave, rate) for wave in waves])), 2),
    }


def result(person: Person, key: Row, steps: int | None, output: Path) -> Row:
    """Teach and score, or score the recordings."""
    if key["start"] == "recordings":
        return key | scores(person.texts, person.held, RATE, person.language)
    voice, told = taught(person, key["minutes"], key["start"], steps, output)
    said = unseen(person)
    waves = [voice.speak(text, language=person.language, seed=number) for number, text in enumerate(said)]
    return key | told | scores(said, waves, voice.sample_rate, person.language)


def unseen(person: Person) -> list[str]:
    """Return sentences of the person's language that it did not learn from."""
    try:
        sentences_file(person.language)
    except MynaError:
        return person.texts[:SENTENCES]
    return texts(person.language, SENTENCES)


def table(rows: list[Row]) -> str:
    """Return the results as Markdown."""
    keys = ("language", "minutes", "start", "errors", "characters", "mos", "step", "seconds")
    lines = [f"| {' | '.join(keys)} |", "|---" * len(keys) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(str(row.get(key, '')) for key in keys)} |" for row in rows)]) + "\n"


def main() -> None:
    """Teach, score, and write the table after each result."""
    parser = program(__doc__, "output")
    parser.add_argument("--kaldi", type=Path, nargs="+", required=True)
    parser.add_argument("--minutes", type=float, nargs="+", default=[5.0, 10.0, 30.0])
    parser.add_argument("--starts", nargs="+", choices=STARTS, default=list(STARTS))
    parser.add_argument("--steps", type=int, help="of both starts; the recipe's own when left out")
    args = parser.parse_args()
    output = args.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    log = output / "new_language.jsonl"
    done = [json.loads(line) for line in log.read_text().splitlines()] if log.is_file() else []
    for folder in args.kaldi:
        person = divided(from_kaldi(folder), KEPT_S)
        plan = [(0.0, "recordings"), *product(args.minutes, args.starts)]
        for minutes, start in plan:
            key = {"language": person.language, "minutes": minutes, "start": start}
            if any(key.items() <= row.items() for row in done):
                continue
            done.append(result(person, key, args.steps, output))
            with log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(done[-1]) + "\n")
            print(json.dumps(done[-1]), flush=True)
            atomic_text(output / "new_language.md", table(done))


if __name__ == "__main__":
    main()
