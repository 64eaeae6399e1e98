"""The queue of jobs: each is a process of its own that outlives the server, and is found again by its lock."""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from myna.serve.api_error import content
from myna.serve.people import OPEN_STATES, Job, People, Person, read_json
from myna.serve.progress import expected
from myna.serve.settings import FREE_BYTES

TRIES = 3
MARK = "MYNA_JOB"  # in the environment of all processes of a job
_LOG_LINES, _LOG_BYTES = 40, 16 << 10
_POLL = 0.5  # seconds
_LEAVE = 5.0  # seconds that a job has after SIGTERM


class Queue:
    """Starts jobs, a few at a time, and looks after those that run.

    Args:
        people: Where they are kept.
        most: That run at the same time.
    """

    def __init__(self, people: People, most: int) -> None:
        """Start nothing yet."""
        self.people, self.most = people, most
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    async def watch(self) -> None:
        """Look after the jobs until cancelled."""
        while True:
            await asyncio.to_thread(self.step)
            await asyncio.sleep(_POLL)

    def step(self) -> None:
        """See which jobs have ended, and start the next ones."""
        persons = {person.id: person for person in self.people.voices()}
        running = 0
        for job in reversed(self.people.jobs()):
            person = persons.get(job.voice)
            if person is None or job.state not in OPEN_STATES:
                continue
            if job.state == "running" and self._alive(job, person):
                running += 1
            elif job.state == "running":
                running += self._ended(job, person)
            elif running < self.most and self._room(person):
                running += self._start(job, person)

    def counts(self) -> tuple[int, int]:
        """Return how many wait and how many run."""
        states = [job.state for job in self.people.jobs()]
        return states.count("queued"), states.count("running")

    def cancel(self, job: Job, person: Person) -> None:
        """Stop a job, whatever it is at."""
        self._stop(job, person)
        self.people.update(job.id, state="cancelled", ended_at=time.time())
        if not (person.folder / "end.json").exists():
            end = {"state": "cancelled", "error": None}
            (person.folder / "end.json").write_text(json.dumps(end), encoding="utf-8")

    def shown(self, job: Job, person: Person | None, log: bool = True) -> dict[str, Any]:
        """Return a job as the API shows it."""
        progress = read_json(person.folder / "progress.json") if person and job.state != "queued" else {}
        waiting = [
            other for other in self.people.jobs() if other.state == "queued" and other.created_at < job.created_at
        ]
        over = job.state == "done"
        found = {
            "object": "job",
            "id": job.id,
            "kind": "clone",
            "voice": job.voice,
            "name": job.name,
            "state": job.state,
            "stage": progress.get("stage") if job.state == "running" else None,
            "stages": progress.get("stages") or (expected(person.order) if person else []),
            "fraction": 1.0 if over else progress.get("fraction", 0.0),
            "seconds_left": progress.get("seconds_left") if job.state == "running" else 0 if over else None,
            "queue": len(waiting) if job.state == "queued" else 0,
            "attempts": job.attempts,
            "created_at": int(job.created_at),
            "started_at": job.started_at and int(job.started_at),
            "ended_at": job.ended_at and int(job.ended_at),
            "error": json.loads(job.error) if job.error else None,
        }
        return {**found, "log": _tail(person.folder / "log.txt") if person else []} if log else found

    def _alive(self, job: Job, person: Person) -> bool:
        child = self._children.get(job.id)
        if child is not None and child.poll() is None:
            return True
        self._children.pop(job.id, None)
        # One that has just started does not hold its lock yet.
        return holder(person.folder) is not None or any(map(_is_worker, _processes(job.id)))

    def _ended(self, job: Job, person: Person) -> bool:
        """Write down how a job ended; one that was killed is started again. Returns whether it runs."""
        end = read_json(person.folder / "end.json")
        if end:
            error = json.dumps(end["error"]) if end.get("error") else None
            self.people.update(job.id, state=end.get("state", "failed"), ended_at=time.time(), error=error)
            return False
        self._stop(job, person)  # children of a job that was killed
        if job.attempts < TRIES:
            return self._start(job, person)
        error = json.dumps(content(500, "internal", f"killed {job.attempts} times; see the log")["error"])
        (person.folder / "end.json").write_text(json.dumps({"state": "failed"}), encoding="utf-8")
        self.people.update(job.id, state="failed", ended_at=time.time(), error=error)
        return False

    def _room(self, person: Person) -> bool:
        """Tell whether the disk has room for a job; one without waits."""
        return shutil.disk_usage(person.folder).free > FREE_BYTES

    def _start(self, job: Job, person: Person) -> bool:
        values = {"state": "running", "attempts": job.attempts + 1, "started_at": job.started_at or time.time()}
        self.people.update(job.id, **values)
        command = [sys.executable, "-m", "myna.serve.worker", str(person.folder)]
        with open(person.folder / "log.txt", "ab") as log:
            self._children[job.id] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, MARK: job.id, "PYTHONWARNINGS": "ignore"},
            )
        return True

    def _stop(self, job: Job, person: Person) -> None:
        """End all processes of a job; they carry its id in their environment."""
        found = _processes(job.id)
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGTERM)
        _, left = psutil.wait_procs(found, timeout=_LEAVE)
        for process in [*left, *_processes(job.id)]:
            with contextlib.suppress(psutil.Error):
                process.kill()
        if child := self._children.pop(job.id, None):
            child.wait(timeout=_LEAVE)


def holder(folder: Path) -> int | None:
    """Return the process that holds the lock of a person's folder, see `myna.recipe.lock`; None where nobody does."""
    try:
        with open(folder / ".lock", "r+b") as stream:
            asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, pid = struct.unpack("hhqqi4x", fcntl.fcntl(stream, fcntl.F_GETLK, asked))
    except OSError:
        return None
    return pid if kind != fcntl.F_UNLCK else None


def _processes(job: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == job:
                found.append(process)
    return found


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "myna.serve.worker" in process.cmdline()
    except psutil.Error:
        return False


def _tail(path: Path) -> list[str]:
    """Return the last lines of a log; what redraws itself in a terminal is shown as it was last."""
    try:
        with open(path, "rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - _LOG_BYTES))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = [line.rpartition("\r")[2] for line in text.splitlines()]
    return ["".join(c if c.isprintable() else " " for c in line)[:500] for line in lines if line.strip()][-_LOG_LINES:]
