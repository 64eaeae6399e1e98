"""Hostile tries: voices, consents, labels, logs and checkpoints that somebody tampered with, each with a command.

A try prepares its files in a bench of its own and names the command that a person would type. Wanted: exit status 2
with one line on standard error (1 for `myna verify`), no file written, nothing of the attacker's run.
"""

import contextlib
import io
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from toy_voice import write_voice

from myna.safety import consent, records, seal, state

_SECONDS = 60.0  # a command that takes longer hangs


@dataclass
class Bench:
    """A folder with a sealed voice, a state folder, a canary that must stay unborn, and a place for the output."""

    folder: Path

    def __post_init__(self) -> None:
        """Name the places."""
        self.voice, self.canary, self.out = (self.folder / name for name in ("voice", "canary", "out.wav"))

    def describe(self, **changes: Any) -> None:
        """Change fields of `voice.yaml`."""
        path = self.voice / "voice.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))

    def agree(self, **changes: Any) -> None:
        """Edit `consent.yaml` by hand."""
        path = self.voice / "consent.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))

    def consent(self, **fields: Any) -> None:
        """Put another consent there, signed by this site, and seal."""
        record = records.ConsentRecord(**{"speaker": "ana", "basis": "own_voice", "scope": "private", **fields})
        consent.sign(record, state.site_key()).save(self.voice / "consent.yaml")
        seal.seal(self.voice)

    def seal(self) -> None:
        """Seal with the key of this site: the worst case, a hostile voice that is trusted."""
        seal.seal(self.voice)

    def seal_as_stranger(self) -> None:
        """Seal with a key that this site does not know."""
        with state_of(self.folder / "elsewhere"):
            self.seal()

    def say(self, *more: str, text: str = "Hello there.") -> list[str]:
        """Return the command that speaks with the voice."""
        return ["say", text, "--voice", str(self.voice), "-o", str(self.out), *more]


@dataclass(frozen=True)
class Try:
    """One try.

    Attributes:
        kind: What row of the table it counts for.
        name: What is done.
        prepare: Does it, and returns the command; or none, where `act` is called instead.
        wanted: Exit statuses that are right.
    """

    kind: str
    name: str
    prepare: Callable[[Bench], list[str]]
    wanted: tuple[int, ...] = (2,)


@dataclass
class Outcome:
    """What came of a try."""

    attempt: Try
    status: int | str
    lines: list[str] = field(default_factory=list)
    executed: bool = False
    written: bool = False

    @property
    def fault(self) -> str:
        """Return what is wrong with it, or nothing."""
        if self.executed:
            return "code ran"
        if isinstance(self.status, str):
            return f"traceback: {self.status}"
        if self.status not in self.attempt.wanted:
            return f"status {self.status}: {' / '.join(self.lines)[:200]}"
        if self.written and self.status != 0:
            return "a file was written"
        if self.status == 2 and len(self.lines) != 1:
            return f"{len(self.lines)} lines: {' / '.join(self.lines)[:300]}"
        return ""


@contextlib.contextmanager
def state_of(folder: Path) -> Iterator[None]:
    """Set the state folder; whatever a try sets besides, and where it goes, is forgotten after it."""
    before, place = dict(os.environ), Path.cwd()
    os.environ["MYNA_STATE_DIR"] = str(folder)
    try:
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    """End what waits for a pipe or never ends."""

    def late(*_: object) -> None:
        raise TimeoutError(f"not done after {_SECONDS:.0f} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


Carrying = Callable[[Sequence[Try]], list[Outcome]]


def carry_out(attempt: Try, model: Path) -> Outcome:
    """Make a bench, prepare, run the command in this process and look at what it did.

    Args:
        attempt: The try.
        model: Folder with `voice/` and `state/` that benches are copied from (see `make_model`).
    """
    with tempfile.TemporaryDirectory(prefix="myna-try-") as made, state_of(Path(made) / "state"):
        shutil.copytree(model, made, dirs_exist_ok=True)
        bench = Bench(Path(made))
        os.environ["MYNA_CANARY"] = str(bench.canary)
        command = attempt.prepare(bench)
        before = bench.out.exists()
        status, told = run(command)
        lines = [line for line in told.splitlines() if line.strip()]
        return Outcome(attempt, status, lines, bench.canary.exists(), bench.out.exists() and not before)


def run(command: list[str]) -> tuple[int | str, str]:
    """Run `myna …` in this process; returns its status, or the exception that escaped, and standard error."""
    from myna.cli import main

    told, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(said), _in_time():
        try:
            status: int | str = main(command)
        except SystemExit as error:
            status = int(error.code or 0)
        except BaseException as error:
            status = f"{type(error).__name__}: {str(error)[:200]}"
    return status, told.getvalue()


def make_model(folder: Path) -> Path:
    """Write the voice and the state that benches are copied from, with one honest release in the log."""
    with state_of(folder / "state"):
        write_voice(folder / "voice")
        status, told = run(Bench(folder).say())
        if status != 0:
            sys.exit(f"the honest voice does not speak: {told}")
        (folder / "out.wav").rename(folder / "honest.wav")
    return folder
