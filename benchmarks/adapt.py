"""Tune the base to real people, by every policy and from the same seconds of speech, and score what comes out.

Usage: python benchmarks/adapt.py SPEECH OUTPUT [--seconds 45 180] [--policies full lora …] [--people N]
                                 [--prompts DOWNLOADS] [--languages en …] [--words WORDS]

SPEECH holds `metadata.tsv` and the speakers that the base has not heard (`recipes/base/local/pool.py`); `--prompts`
adds the English and the Spanish voice of the Asterisk prompts, which it has not heard either (the French, Italian and
Russian ones are in its pool). Those with enough recordings are taken, if they read what their texts say: the recogniser
hears at most a fifth of the words otherwise (some learners of speechocean762 read something else, or cannot be
understood). Stages 0 to 4 of the recipe `custom` run once for each person and length, stage 5 once for each policy. A
policy is a name of `adapt=`, with further words after colons: `full:tts.adapt.alpha=0.5`. Sentences are unseen,
similarity is of d-vectors to recordings that no model was given, `scale` as `myna.measure.similarity.on_scale` has it,
`others` the words wrong of three other speakers' embeddings with the tuned weights (what was forgotten). Every result
is a line of OUTPUT/adapt.jsonl and is not computed twice; OUTPUT/adapt.md is the table, OUTPUT/adapt.png the picture.
"""

import argparse
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
import torch
from base_speakers import RATE, Recording, held_out, read_metadata
from program import program

from myna.adapt.unseen import own_sentences
from myna.audio.load import load_audio
from myna.corpora import asterisk
from myna.errors import MynaError
from myna.files import atomic_text
from myna.measure import mos, similarity, wer
from myna.networks.voice import Voice
from myna.recipe.call import typed
from myna.recipe.compose import compose_recipe, find_recipe, project_root
from myna.recipe.run import Recipe
from myna.text.languages import canonical
from myna.workspace import Workspace

CORPORA = ("speechocean762_en", "ljspeech32_en")
UNHEARD = ("en", "es")
POLICIES = ("zero_shot", "embedding", "encoder", "decoder", "lora", "full")
STAGES = ["create_dataset", "extract_features", "train_encoder", "train_vits", "train_hifigan"]
HELD_S, SENTENCES, OTHERS, OTHER_PEOPLE = 20.0, 12, 4, 3
UNDERSTOOD = 0.2  # words wrong of a person's recordings, at most
Row = dict[str, Any]


@dataclass
class Person:
    """A speaker whom the base has not heard.

    Attributes:
        name: Speaker id.
        given: Recordings to learn from.
        held: `(T,)` at 16 kHz, never learned from.
        texts: Of `held`.
        language: espeak-ng code.
    """

    name: str
    given: list[Recording]
    held: list[np.ndarray]
    texts: list[str]
    language: str = "en-us"

    def write(self, folder: Path, seconds: float) -> None:
        """Write about so many seconds of what is given, each recording with its text."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for r in self.given:
            if seconds <= 0:
                break
            sound = load_audio(r.path)
            soundfile.write(folder / f"{r.name}.flac", sound.wave, sound.sample_rate)
            (folder / f"{r.name}.txt").write_text(spoken(r.text) + "\n", encoding="utf-8")
            seconds -= r.seconds


def people(speakers: Sequence[list[Recording]], least: float, most: int) -> list[Person]:
    """Return those with enough recordings who can be understood, those with the most first."""
    found: list[Person] = []
    for rows in sorted(speakers, key=lambda rows: -sum(r.seconds for r in rows)):
        person = divided(rows)
        enough = sum(r.seconds for r in person.given) >= least
        if len(found) < most and enough and words_wrong(person, person.texts, person.held, RATE) <= UNDERSTOOD:
            found.append(person)
    return found


def divided(rows: Sequence[Recording], kept_s: float = HELD_S) -> Person:
    """Keep some seconds of recordings back, the first ones by name."""
    given, held = sorted(rows, key=lambda r: r.name), []
    while given and sum(r.seconds for r in held) < kept_s:
        held.append(given.pop(0))
    waves = [load_audio(r.path, RATE).wave for r in held]
    first = held[0]
    return Person(first.speaker, given, waves, [spoken(r.text) for r in held], canonical(first.language))


def spoken(text: str) -> str:
    """Return a text that is all capitals in small letters."""
    return text.lower() if text.isupper() else text


def prompts(downloads: Path, languages: tuple[str, ...] = UNHEARD) -> list[list[Recording]]:
    """Return the recordings of the voices of the Asterisk prompts; by default of those whom no base heard."""
    found: dict[str, list[Recording]] = {}
    for c in asterisk.prepare(asterisk.download(downloads, languages)).clips:
        row = Recording("asterisk", c.name.replace("/", "_"), c.speaker, c.language, c.source, c.text, c.duration)
        found.setdefault(c.speaker, []).append(row)
    return list(found.values())


def configuration(person: Person, seconds: float, output: Path, words: Sequence[str], policy: str = "") -> Any:
    """Compose the recipe `custom` with folders below `output`."""
    folder = output / person.name / f"{seconds:g}"
    values: dict[str, object] = {
        "create_dataset.name": person.name,
        "create_dataset.language": person.language,
        "create_dataset.target": str(folder / "given"),
        "voice_dir": str(folder / policy if policy else folder),
    }
    fixed = ["create_dataset.consent=own_voice", "create_dataset.check_texts=false"]
    fixed += ["create_dataset.quality.min_total_seconds=3", "create_dataset.quality.snr_db=0"]
    return compose_recipe(find_recipe("custom", project_root()), [*fixed, *words], values)


def prepare(person: Person, seconds: float, output: Path, words: Sequence[str]) -> None:
    """Run stages 0 to 4 for a person, unless they are done."""
    from myna.espnet.system import stage_runner

    config = configuration(person, seconds, output, words)
    if not Path(config.create_dataset.target).is_dir():
        person.write(Path(config.create_dataset.target), seconds)
    numbers = {name: str(n) for n, name in enumerate(STAGES)}
    Recipe(config, stage_runner, numbers).run(STAGES)


def tune(person: Person, seconds: float, output: Path, policy: str, words: Sequence[str]) -> tuple[Voice, Row]:
    """Run stage 5 by a policy, in a folder of its own beside the results of the stages before."""
    from myna.adapt import fine_tune

    name, *more = policy.split(":")
    config = configuration(person, seconds, output, [f"adapt={name}", *more, *words], policy.replace(":", "_"))
    whole = Workspace.of(configuration(person, seconds, output, words))
    own = Workspace.of(config)
    for kept, link in ((whole.data, own.data), (whole.dump, own.dump), *_parts(whole.exp, own.exp)):
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(kept)
    start = time.perf_counter()
    fine_tune.run(typed(config), own)
    report = json.loads((own.clone / "fine_tune.json").read_text(encoding="utf-8"))
    row = {"tuned_s": round(time.perf_counter() - start, 1), "step": report["chosen_step"], "steps": report["steps"]}
    return Voice.load(own.voice), row | {"trained": report.get("trained", 0), "alpha": report["alpha"]}


def _parts(whole: Path, own: Path) -> list[tuple[Path, Path]]:
    return [(whole / part, own / part) for part in ("encoder", "tts", "vocoder")]


def texts(count: int, language: str = "en-us") -> list[str]:
    """Return test sentences."""
    return own_sentences(language)[-count:]


def score(voice: Voice, person: Person, cast: Sequence[Person]) -> Row:
    """Score a voice on unseen sentences beside recordings that it did not learn from."""
    said = texts(SENTENCES, person.language)
    waves = [voice.speak(text, language=person.language, seed=n) for n, text in enumerate(said)]
    rate, print_ = voice.sample_rate, print_of(person.held)
    likeness = similarity.cosine(similarity.centroid([similarity.embed_dvector(w, rate) for w in waves]), print_)
    far = _mean([similarity.cosine(print_, print_of(other.held)) for other in cast if other is not person])
    near = _second(person)
    return {
        "similarity": round(likeness, 3),
        "scale": round(similarity.on_scale(likeness, far, near), 3),
        "wer": round(words_wrong(person, said, waves, rate), 4),
        "mos": round(_mean([mos.estimate(w, rate) for w in waves]), 3),
        "others": round(forgotten(voice, cast[:OTHER_PEOPLE]), 4),
    }


def words_wrong(person: Person, said: Sequence[str], waves: Sequence[np.ndarray], rate: int) -> float:
    """Return the share of words that the recogniser hears otherwise."""
    return wer.wer(said, [wer.transcribe(w, rate, person.language) for w in waves], person.language)


def print_of(waves: Sequence[np.ndarray]) -> np.ndarray:
    """Return the d-vector `(256,)` of recordings."""
    long = [w for w in waves if len(w) > 1.4 * RATE]
    return similarity.centroid([similarity.embed_dvector(w, RATE) for w in long])


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _second(person: Person) -> float:
    given = [load_audio(r.path, RATE).wave for r in person.given[:8]]
    return similarity.cosine(print_of(given), print_of(person.held))


def forgotten(voice: Voice, people: Sequence[Person]) -> float:
    """Return the words wrong of people's embeddings with these weights."""
    said, own = texts(SENTENCES + OTHERS)[:OTHERS], voice.speaker
    heard = []
    for n, person in enumerate(people):
        voice.speaker = torch.from_numpy(similarity.embed_ge2e(np.concatenate(person.held), RATE))
        waves = [voice.speak(text, language="en-us", seed=n) for text in said]
        heard += [wer.transcribe(wave, voice.sample_rate, "en") for wave in waves]
    voice.speaker = own
    return wer.wer(said * len(people), heard)


def recordings(person: Person) -> Row:
    """Score the recordings themselves: what a clone is beside."""
    return {
        "similarity": round(_second(person), 3),
        "scale": 1.0,
        "wer": round(words_wrong(person, person.texts, person.held, RATE), 4),
        "mos": round(_mean([mos.estimate(w, RATE) for w in person.held if len(w) > RATE]), 3),
    }


def table(rows: Sequence[Row]) -> str:
    """Return means over people, by seconds and policy, as Markdown."""
    keys = ("scale", "similarity", "wer", "mos", "others", "tuned_s", "trained", "step")
    lines = [f"| seconds | policy | people | {' | '.join(keys)} |", "|---" * (3 + len(keys)) + "|"]
    groups: dict[tuple[float, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["seconds"], row["policy"]), []).append(row)
    for (seconds, policy), of in sorted(groups.items()):
        means = [[row[key] for row in of if key in row] for key in keys]
        cells = [f"{np.mean(values):.3g}" if values else "" for values in means]
        lines.append(f"| {seconds:g} | {policy} | {len(of)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def plot(rows: Sequence[Row], path: Path) -> None:
    """Draw words wrong over likeness: a point for each policy and length, the mean of the same people."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    groups: dict[tuple[str, float], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["policy"], row["seconds"]), []).append(row)
    for (policy, seconds), of in sorted(groups.items()):
        x, y = _mean([row["scale"] for row in of]), 100 * _mean([row["wer"] for row in of])
        axes.scatter(x, y, marker="*" if policy == "recordings" else "o")
        label, at = (policy, (-55, 4)) if policy == "recordings" else (f"{policy}, {seconds:g} s", (5, 4))
        axes.annotate(label, (x, y), xytext=at, textcoords="offset points", fontsize=8)
    axes.set(xlabel="likeness: 0 as strangers, 1 as the person's own recordings", ylabel="words wrong, %")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def main() -> None:
    """Tune, score, and write the table after each result."""
    parser = program(__doc__, "speech", "output")
    parser.add_argument("--seconds", type=float, nargs="+", default=[45.0])
    parser.add_argument("--policies", nargs="+", default=list(POLICIES))
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--languages", nargs="+", help="only who speaks one of these")
    parser.add_argument("--prompts", type=Path, help="folder of downloads: adds the voices of the Asterisk prompts")
    parser.add_argument("--words", nargs=argparse.REMAINDER, default=[], help="Hydra overrides; comes last")
    args = parser.parse_args()
    output = args.output.resolve()
    speakers = [rows for of in held_out(read_metadata(args.speech), CORPORA).values() for rows in of]
    speakers += prompts(args.prompts) if args.prompts else []
    if args.languages:
        speakers = [rows for rows in speakers if canonical(rows[0].language) in map(canonical, args.languages)]
    cast = people(speakers, min(args.seconds) * 0.9, args.people)
    print("people:", *(f"{p.name} ({p.language})" for p in cast), flush=True)
    log = output / "adapt.jsonl"
    done = [json.loads(line) for line in log.read_text().splitlines()] if log.is_file() else []
    for key in keys(cast, args.seconds, args.policies):
        if any(key.items() <= row.items() for row in done):
            continue
        try:
            done.append(result(key, cast, output, args.words))
        except MynaError as error:
            print(f"{key}: left out, {error}", flush=True)  # one person's recordings do not end the others' turns
            continue
        with log.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(done[-1]) + "\n")
        print(json.dumps(done[-1]), flush=True)
        atomic_text(output / "adapt.md", table(done))
        plot(done, output / "adapt.png")


def keys(cast: Sequence[Person], seconds: Sequence[float], policies: Sequence[str]) -> Iterator[Row]:
    """Give person, seconds and policy of each result; who has too little speech is left out."""
    for length, person, policy in product(seconds, cast, ("recordings", *policies)):
        if sum(r.seconds for r in person.given) >= 0.9 * length:
            yield {"person": person.name, "seconds": length, "policy": policy}


def result(key: Row, cast: Sequence[Person], output: Path, words: Sequence[str]) -> Row:
    """Tune and score, or score the recordings."""
    person = next(p for p in cast if p.name == key["person"])
    output.mkdir(parents=True, exist_ok=True)
    if key["policy"] == "recordings":
        return key | recordings(person)
    prepare(person, key["seconds"], output, words)
    voice, told = tune(person, key["seconds"], output, key["policy"], words)
    return key | told | score(voice, person, cast)


if __name__ == "__main__":
    main()
