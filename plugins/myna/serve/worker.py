"""One job, as a process of its own: the commands that a person would type, one after the other, with their progress.

`python -m myna.serve.worker FOLDER` reads `FOLDER/order.json`, holds `FOLDER/.lock`, writes `progress.json` while it
works and `end.json` at its end. It may be killed at any time and started again.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from myna.corpora.person import speaker_id
from myna.errors import MynaError
from myna.files import atomic_text
from myna.recipe.lock import only_run
from myna.serve.api_error import content
from myna.serve.people import read_json
from myna.serve.progress import TUNED, Progress, expected

MOST_CLIPS = 5  # recordings that a spoken consent is compared with
_TOLD = re.compile(rf"^\d\d:\d\d:\d\d stage ({'|'.join(TUNED)}): ")
_IS_TUNED = "the voice is tuned"
_POLL = 0.3  # seconds


class Failed(Exception):
    """A command ended with an error that a person can read."""


def work(folder: Path) -> None:
    """Make the voice of a person's folder, from wherever an earlier try was killed.

    Raises:
        Failed: A command refused.
    """
    order = read_json(folder / "order.json")
    progress = Progress(folder, expected(order))
    progress.kind = order["kind"] if order["kind"] != "auto" else "instant"
    if not (folder / "voice").exists():
        consent = _consent(folder, order, progress)
        _clone(folder, order, consent, progress)
    elif read_json(folder / "progress.json").get("kind") == "tuned":  # the try before was killed while it scored
        progress.tuned()
    if order["score"] and not (folder / "scores.json").exists():
        progress.enter("score")
        _score(folder, progress)


def _consent(folder: Path, order: dict[str, Any], progress: Progress) -> str:
    """Return what `--consent` is given; a spoken consent is checked, written and signed first."""
    record = folder / "consent" / "consent.yaml"
    if order["consent"] == "own_voice":
        return "own_voice"
    if order["consent"] == "spoken" and not record.exists():
        progress.enter("consent")
        fresh = record.with_name("unsigned.yaml")
        clip = next((folder / "consent").glob("clip.*"))
        clips = sorted((folder / "recordings").iterdir())[:MOST_CLIPS]
        who = [f"--speaker={speaker_id(order['name'])}", f"--who={order['name']}", f"--scope={order['scope']}"]
        said = f"--sentence-language={order.get('consent_language', 'en')}"
        more = ["--basis=own_voice", said, f"--clip={clip}", "--recordings", *map(str, clips)]
        _run(["consent", "new", str(fresh), *who, *more], progress)
        _run(["consent", "sign", str(fresh)], progress)
        fresh.rename(record)
    return str(record)


def _clone(folder: Path, order: dict[str, Any], consent: str, progress: Progress) -> None:
    progress.enter("clone")
    made = folder / "made"
    shutil.rmtree(made, ignore_errors=True)
    kind = {"instant": ["--instant"], "tuned": ["--tuned"]}.get(order["kind"], [])
    stated = [f"--name={order['name']}", f"--consent={consent}", f"--language={order['language']}"]
    scope = [f"--scope={order['scope']}"] if consent == "own_voice" else []
    places = [f"--work={folder / 'work'}", f"--output={made}"]
    _run(["clone", str(folder / "recordings"), *stated, *scope, *places, *kind], progress)
    made.rename(folder / "voice")


def _score(folder: Path, progress: Progress) -> None:
    """Score the voice; one that cannot be scored speaks all the same."""
    try:
        _run([str(folder)], progress, module="myna.serve.scores")
    except Failed as error:
        print(f"not scored: {error}", file=sys.stderr)


def _run(command: list[str], progress: Progress, module: str = "myna.cli") -> None:
    """Run a command of Myna's, and follow what it says.

    Raises:
        Failed: It ended with an error.
    """
    log = progress.folder / "log.txt"
    at = log.stat().st_size if log.exists() else 0
    process = subprocess.Popen([sys.executable, "-m", module, *command], stdin=subprocess.DEVNULL)
    rest, last = "", ""
    while True:
        ended = process.poll() is not None
        with open(log, "rb") as stream:
            stream.seek(at)
            data = stream.read()
        at += len(data)
        *lines, rest = (rest + data.decode("utf-8", "replace")).replace("\r", "\n").split("\n")
        for line in lines:
            last = line or last
            _follow(line, progress)
        progress.write()
        if ended:
            break
        time.sleep(_POLL)
    if process.returncode:
        raise Failed(_reason(last, process.returncode))


def _follow(line: str, progress: Progress) -> None:
    if _IS_TUNED in line and progress.kind != "tuned":
        progress.tuned()
    if told := _TOLD.match(line):
        progress.enter(told[1])


def _reason(line: str, status: int) -> str:
    """Return the line of error that a command ended with."""
    plain = re.sub(r"^(myna|error): ", "", line)
    return plain if status == 2 and plain else f"the command ended with status {status}: {plain[-300:]}"


def _end(folder: Path, state: str, error: dict[str, Any] | None = None) -> None:
    atomic_text(folder / "end.json", json.dumps({"state": state, "error": error}, ensure_ascii=False))


def main(folder: Path) -> int:
    """Do the job of a folder; returns 0, or 2 where it could not be done."""
    os.chdir(folder)
    os.environ.pop("MYNA_VOICES", None)
    try:
        with only_run(folder):
            (folder / "end.json").unlink(missing_ok=True)
            try:
                work(folder)
            except Failed as failure:
                _end(folder, "failed", content(400, "refused", str(failure))["error"])
                return 2
            _end(folder, "done")
    except MynaError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
