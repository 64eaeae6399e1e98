"""The log of everything that left: append-only JSON lines, each chained to the one before, the head signed.

A line that is changed, inserted or taken out breaks the chain; lines cut off at the end contradict the signed head. A
log that is taken away whole, or put back as it was some time ago, contradicts the anchor: the count and hash of the
newest entry, kept apart in `site.count` and, where `MYNA_AUDIT_ANCHOR` names a file elsewhere, there too. Whoever notes
the hash of an entry outside of this machine can ask for it with `myna audit --since HASH`, and every released file is
such a note: `myna verify` misses its entry. Entries are kept at least 180 days (标识办法 art. 9 asks for six months).
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from pydantic import BaseModel, ConfigDict

from myna.errors import MynaError
from myna.files import atomic_text, kept, kept_length
from myna.limits import LARGEST_JSON
from myna.parsing import json_mapping, read_bytes
from myna.safety import anchor
from myna.safety.canonical import canonical, digest, sign, signed
from myna.safety.state import site_key, site_public, state_dir

KEEP_DAYS = 180
SHORTEST_HASH = 12
_LONGEST_DAYS = 365_000  # further back there is no date
_START = "0" * 64
_HEAD = {"count", "hash", "anchor", "line"}


class Entry(BaseModel):
    """One release.

    Attributes:
        number: Place in the log, from 1.
        time: When, ISO 8601 in UTC.
        event: `release`, `measure`, `terms` or another word.
        content_id: The `ProduceID` of the label.
        voice: Name of the voice.
        pack_id: Id of the voice pack.
        consent_id: Id of the consent record.
        text_sha256: Hash of the text.
        requester: Who asked.
        purpose: What for.
        file: Name of the file that was written.
        essence: Hash of its coded audio.
        cue: Audible label.
        watermark: Name of the watermark.
        note: More, e.g. the hash of an undertaking.
        previous: Hash of the entry before.
        hash: Hash of this entry.
    """

    model_config = ConfigDict(extra="forbid")
    number: int = 0
    time: str = ""
    event: str = "release"
    content_id: str = ""
    voice: str = ""
    pack_id: str = ""
    consent_id: str = ""
    text_sha256: str = ""
    requester: str = ""
    purpose: str = ""
    file: str = ""
    essence: str = ""
    cue: str = ""
    watermark: str = ""
    note: str = ""
    previous: str = ""
    hash: str = ""

    def chained_hash(self) -> str:
        """Return the hash that this entry must carry."""
        return digest(canonical(self.model_dump(exclude={"hash"})))


def log_path() -> Path:
    """Return the path of the log."""
    return state_dir() / "audit.jsonl"


def append(entry: Entry) -> Entry:
    """Add an entry; number, time and chain are filled in.

    The signed head is written first and holds the new line, so a process that is killed between the two leaves a log
    that the next one completes. What fails for want of room is undone, so that nothing is logged that did not happen.

    Raises:
        MynaError: The log cannot be written, or its end was edited: then nothing may be released.
    """
    try:
        with _locked() as stream:
            head = _read_head()
            _complete(stream, head)
            filled = {"number": head["count"] + 1, "time": _stamp(head), "previous": head["hash"]}
            entry = entry.model_copy(update=filled)
            entry = entry.model_copy(update={"hash": entry.chained_hash()})
            line = _line(entry)
            with kept(state_dir() / "audit.head"), kept_length(log_path()):
                _write_head({**head, "count": entry.number, "hash": entry.hash, "line": line})
                _append_line(stream, line)
                anchor.write(entry.number, entry.hash)
    except OSError as error:
        raise MynaError(f"{log_path()}: cannot write the log ({error}); nothing is released without it") from error
    return entry


def latest() -> datetime | None:
    """Return the time of the newest entry, or None where there is none.

    Raises:
        MynaError: The head of the log was edited.
    """
    with _locked():  # so that the head and its anchors belong together
        return _time_of(_read_head())


def today() -> date:
    """Return the later day of the clock and the newest entry: a clock that is set back brings no consent to life.

    Raises:
        MynaError: The log was edited.
    """
    clock, last = datetime.now(UTC), latest()
    return (clock if last is None else max(clock, last)).date()


def pruned() -> bool:
    """Tell whether entries were forgotten, so that a file that was released may have none."""
    with _locked():
        return bool(_read_head()["anchor"] != _START)


def entries() -> list[Entry]:
    """Read the whole log.

    Raises:
        MynaError: A line is not an entry.
    """
    path = log_path()
    lines = path.read_bytes().splitlines() if path.exists() else []
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(Entry.model_validate_json(line))
        except ValueError as error:
            raise MynaError(f"{path}:{number}: not an entry; the log was edited, restore it from a copy") from error
    return found


def check_chain() -> list[Entry]:
    """Check every link and the signed head.

    Returns:
        The entries.

    Raises:
        MynaError: A line was changed, put in or taken out, or the end was cut off.
    """
    with _locked() as stream:
        head = _read_head()
        _complete(stream, head)
        found = _linked(entries(), head)
        anchor.check(head["count"], {entry.number: entry.hash for entry in found}, log_path())
        return found


def since(known: str) -> list[Entry]:
    """Return the entries after one whose hash somebody noted outside of this machine, after a look at the whole chain.

    Args:
        known: The hash, or its first 12 digits or more.

    Raises:
        MynaError: No entry has this hash: the log was replaced or cut; or the chain does not hold.
    """
    if len(known) < SHORTEST_HASH:
        raise MynaError(f"--since {known}: give at least {SHORTEST_HASH} digits of the hash")
    found = check_chain()
    for place, entry in enumerate(found):
        if entry.hash.startswith(known.lower()):
            return found[place + 1 :]
    raise MynaError(f"{log_path()}: no entry has the hash {known}; the log was replaced or cut, restore it from a copy")


def _linked(found: list[Entry], head: dict[str, Any]) -> list[Entry]:
    previous, number = head["anchor"], head["count"] - len(found)
    for line, entry in enumerate(found, 1):
        number += 1
        if entry.previous != previous or entry.hash != entry.chained_hash() or entry.number != number:
            raise MynaError(f"{log_path()}:{line}: the chain breaks here; the log was edited, restore it from a copy")
        previous = entry.hash
    if previous != head["hash"]:
        raise MynaError(f"{log_path()}: the end of the log is missing or was replaced; restore it from a copy")
    return found


def find(content_id: str = "", essence: str = "") -> Entry | None:
    """Return the last entry with this content id, or with this coded audio; None when there is none."""
    for entry in reversed(entries()):
        if (content_id and entry.content_id == content_id) or (essence and entry.essence == essence):
            return entry
    return None


def prune(days: int) -> int:
    """Forget entries that are older than `days`.

    Returns:
        How many were taken out.

    Raises:
        MynaError: Fewer than 180 days were asked for, or the chain is broken.
    """
    if days < KEEP_DAYS:
        raise MynaError(f"entries are kept at least {KEEP_DAYS} days, not {days}: ask for more")
    with _locked() as stream:
        head = _read_head()
        _complete(stream, head)
        found = _linked(entries(), head)
        limit = _now() - timedelta(days=min(days, _LONGEST_DAYS))
        old = [entry for entry in found if datetime.fromisoformat(entry.time) < limit]
        if old:
            # The head goes first: a kill in between is seen as an edited log, never as a clean one.
            _write_head({**head, "anchor": old[-1].hash})
            atomic_text(log_path(), "".join(_line(entry) + "\n" for entry in found[len(old) :]))
    return len(old)


def _now() -> datetime:
    return datetime.now(UTC)


def _stamp(head: dict[str, Any]) -> str:
    # Never before the entry before it, whatever the clock says.
    last = _time_of(head)
    return (_now() if last is None else max(_now(), last)).isoformat(timespec="seconds")


def _time_of(head: dict[str, Any]) -> datetime | None:
    if not head["line"]:
        return None
    try:
        return datetime.fromisoformat(json.loads(head["line"])["time"])
    except (ValueError, KeyError, TypeError) as error:
        raise MynaError(f"{log_path()}: the head holds no entry; the log was edited, restore it from a copy") from error


@contextmanager
def _locked() -> Iterator[TextIO]:
    try:
        lock = open(state_dir() / "audit.lock", "w", encoding="utf-8")  # noqa: SIM115
        stream = open(log_path(), "a+", encoding="utf-8")  # noqa: SIM115
    except OSError as error:
        raise MynaError(f"{log_path()}: cannot open the log ({error}); nothing is released without it") from error
    with lock, stream:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield stream


def _line(entry: Entry) -> str:
    return json.dumps(entry.model_dump(), ensure_ascii=False)


def _append_line(stream: TextIO, line: str) -> None:
    stream.seek(0, os.SEEK_END)
    stream.write(line + "\n")
    stream.flush()
    os.fsync(stream.fileno())


def _complete(stream: TextIO, head: dict[str, Any]) -> None:
    # Finish the line of a process that was killed after it wrote the head.
    whole, torn = _tail(Path(stream.name))
    if torn:
        stream.truncate(Path(stream.name).stat().st_size - len(torn))
    if (whole != head["line"]) and head["line"] and _previous_fits(whole, head):
        _append_line(stream, head["line"])
    elif whole != head["line"] and head["hash"] != head["anchor"]:
        raise MynaError(f"{log_path()}: the end of the log does not fit its signed head; restore it from a copy")


def _previous_fits(whole: str, head: dict[str, Any]) -> bool:
    try:
        last = json.loads(whole)["hash"] if whole else head["anchor"]
    except (ValueError, KeyError, TypeError):
        return False
    return bool(json.loads(head["line"])["previous"] == last)


def _tail(path: Path) -> tuple[str, bytes]:
    # The last whole line, and what stands after its end.
    with open(path, "rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 65536))
        body, _, torn = stream.read().rpartition(b"\n")
    return body.rpartition(b"\n")[2].decode("utf-8", "replace"), torn


def _read_head() -> dict[str, Any]:
    path = state_dir() / "audit.head"
    if not path.exists():
        if log_path().exists() and log_path().stat().st_size:
            raise MynaError(f"{path}: the signed head of the log is missing; restore it from a copy")
        anchor.check(0, {}, log_path())
        return {"count": 0, "hash": _START, "anchor": _START, "line": ""}
    head = json_mapping(read_bytes(path, LARGEST_JSON), path)
    signature = str(head.pop("signature", ""))
    if not signed(site_public(), signature, head) or set(head) != _HEAD:
        raise MynaError(f"{path}: the head of the log was edited; restore it from a copy")
    anchor.check(head["count"], {head["count"]: head["hash"]}, path)
    return head


def _write_head(head: dict[str, Any]) -> None:
    atomic_text(state_dir() / "audit.head", json.dumps({**head, "signature": sign(site_key(), head)}))
