"""People and jobs on disk: a folder a person, and a SQLite table each of voices and jobs.

`HOME/people/<voice id>/` holds all of one person: `recordings/`, `consent/`, `order.json`, `log.txt`, `progress.json`,
`end.json`, `work/` (data, features, checkpoints), `voice/`, `scores.json`. Deleting the folder deletes the person.
"""

import json
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from myna.errors import MynaError
from myna.files import atomic_text

_GONE = ".gone-"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS voices (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, folded TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, job TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY, voice TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, created_at REAL NOT NULL, started_at REAL, ended_at REAL, error TEXT);
"""
OPEN_STATES = ("queued", "running")


@dataclass(frozen=True)
class Person:
    """A voice that is made or was made here.

    Attributes:
        id: Opaque; names the folder.
        name: Of the person.
        created_at: Seconds since 1970.
        job: Id of the job that makes it.
        folder: All that belongs to the person.
    """

    id: str
    name: str
    created_at: int
    job: str
    folder: Path

    @property
    def order(self) -> dict[str, Any]:
        """What was asked for: `name`, `scope`, `language`, `kind`, `consent` …"""
        return read_json(self.folder / "order.json")

    @property
    def kind(self) -> str:
        """`instant` or `tuned`; what was asked for, until it is known."""
        return str(read_json(self.folder / "progress.json").get("kind") or self.order.get("kind", "auto"))

    @property
    def state(self) -> str:
        """`ready` once it speaks, `failed` when its job ended without it, else `making`."""
        if (self.folder / "voice" / "seal.json").is_file():
            return "ready"
        return "failed" if (self.folder / "end.json").is_file() else "making"


@dataclass(frozen=True)
class Job:
    """One row of the queue, see docs/serve.md."""

    id: str
    voice: str
    name: str
    state: str
    attempts: int
    created_at: float
    started_at: float | None
    ended_at: float | None
    error: str | None


class People:
    """The store.

    Args:
        home: Its folder; made when missing, closed to other users.

    Raises:
        MynaError: It cannot be made or opened.
    """

    def __init__(self, home: Path) -> None:
        """Open the tables and remove what a kill left of people who were deleted."""
        self.home, self.folder, self._lock = home, home / "people", threading.Lock()
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder.mkdir(exist_ok=True, mode=0o700)
            self._base = sqlite3.connect(home / "jobs.sqlite", check_same_thread=False, isolation_level=None)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=FULL")
            self._base.execute("PRAGMA secure_delete=ON")
            self._base.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise MynaError(f"{home}: cannot keep voices and jobs there ({error}); name another with --home") from error
        self._sweep()

    def add(self, name: str, order: dict[str, Any], made: Path) -> Person:
        """Take a person in, with the folder `made` (from `draft`) that holds the recordings, and queue the job.

        Raises:
            MynaError: Somebody of that name is there.
        """
        voice, job, now = made.name.removeprefix(".draft-"), f"job_{uuid.uuid4().hex}", time.time()
        atomic_text(made / "order.json", json.dumps({**order, "name": name, "job": job}, ensure_ascii=False))
        try:
            with self._step() as base:
                base.execute("INSERT INTO voices VALUES (?,?,?,?,?)", (voice, name, folded(name), int(now), job))
                row = (job, voice, name, "queued", now)
                base.execute("INSERT INTO jobs (id, voice, name, state, created_at) VALUES (?,?,?,?,?)", row)
                made.rename(self.folder / voice)
        except sqlite3.IntegrityError as error:
            raise MynaError(f"a voice of the name {name!r} exists; delete it or take another name") from error
        return Person(voice, name, int(now), job, self.folder / voice)

    def draft(self) -> Path:
        """Make a folder for recordings that are coming; one that is not added is gone at the next start."""
        folder = self.folder / f".draft-voice_{uuid.uuid4().hex}"
        (folder / "recordings").mkdir(parents=True, mode=0o700)
        (folder / "consent").mkdir()
        return folder

    def voices(self) -> list[Person]:
        """Return all people, newest first."""
        rows = self._rows("SELECT id, name, created_at, job FROM voices ORDER BY created_at DESC, rowid DESC")
        return [Person(*row, self.folder / row[0]) for row in rows]

    def jobs(self) -> list[Job]:
        """Return all jobs, newest first."""
        return [Job(*row) for row in self._rows("SELECT * FROM jobs ORDER BY created_at DESC, rowid DESC")]

    def update(self, job: str, **values: object) -> None:
        """Change columns of a job."""
        names = ", ".join(f"{name} = ?" for name in values)
        with self._step() as base:
            base.execute(f"UPDATE jobs SET {names} WHERE id = ?", (*values.values(), job))

    def delete(self, person: Person) -> None:
        """Delete a person and all that came of the recordings; nothing may be using the folder."""
        gone = self.folder / f"{_GONE}{person.id}"
        with self._step() as base:
            base.execute("DELETE FROM voices WHERE id = ?", (person.id,))
            base.execute("DELETE FROM jobs WHERE voice = ?", (person.id,))
            if person.folder.exists():
                person.folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
        self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the name is not kept in the write-ahead log either

    def close(self) -> None:
        """Close the tables."""
        self._base.close()

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._base.execute(query).fetchall()

    @contextmanager
    def _step(self) -> Iterator[sqlite3.Connection]:
        """Do several things or none."""
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield self._base
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")

    def _sweep(self) -> None:
        known = {person.id for person in self.voices()}
        for folder in self.folder.iterdir():
            if folder.name not in known:  # a draft, or one whose deletion or addition a kill cut short
                shutil.rmtree(folder, ignore_errors=True)
        for person in self.voices():
            if not person.folder.is_dir():
                self.delete(person)


def folded(name: str) -> str:
    """Return what two names that a person takes for one have in common."""
    return " ".join(name.casefold().split())


def read_json(path: Path) -> dict[str, Any]:
    """Read a file that the worker writes; empty where there is none yet."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
