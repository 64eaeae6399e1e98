"""The anchor of the log: how many entries there were, and the hash of the newest, kept apart from it.

`site.count` in the state folder, signed with the site key; and a line in the file that `MYNA_AUDIT_ANCHOR` names, best
on another machine's disk or one that can only be appended to. An anchor may be one entry behind (a kill between the two
writes), never ahead.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from myna.errors import MynaError
from myna.files import atomic_text, kept, kept_length
from myna.limits import LARGEST_JSON
from myna.parsing import json_mapping
from myna.safety.canonical import sign, signed
from myna.safety.state import site_key, site_public, state_dir

OUTSIDE = "MYNA_AUDIT_ANCHOR"
_TAIL = 4096  # bytes at the end of the outside file that hold its last line


def write(count: int, digest: str) -> None:
    """Anchor the newest entry.

    Args:
        count: Its number.
        digest: Its hash.

    Raises:
        OSError: An anchor cannot be written.
    """
    line, inside = _line(count, digest), state_dir() / "site.count"
    with kept(inside):
        atomic_text(inside, line + "\n")
        if outside := os.environ.get(OUTSIDE):
            # Last, for it may lie where nothing can be taken back.
            with kept_length(outside), open(outside, "a", encoding="utf-8") as stream:
                stream.write(line + "\n")
                stream.flush()
                os.fsync(stream.fileno())


def check(count: int, hashes: Mapping[int, str], log: Path) -> None:
    """Compare a log with its anchors.

    Args:
        count: Entries that the log says it had.
        hashes: Number to hash, of those that are at hand.
        log: What to name in the error.

    Raises:
        MynaError: An anchor knows of a later entry, or of another one under the same number.
    """
    for path in (state_dir() / "site.count", Path(os.environ.get(OUTSIDE) or "/nonexistent")):
        if not path.is_file():
            continue
        known, digest = _read(path)
        if known > count or hashes.get(known, digest) != digest:
            raise MynaError(
                f"{log}: {path} knows of {known} entries, the log of {count}, or of others: the log was taken away or "
                "replaced by an older copy; restore it"
            )


def _line(count: int, digest: str) -> str:
    content = {"count": count, "hash": digest}
    return json.dumps({**content, "signature": sign(site_key(), content)})


def _read(path: Path) -> tuple[int, str]:
    with open(path, "rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL))
        lines = [line for line in stream.read().split(b"\n") if line.strip()]
    content = json_mapping(lines[-1], path, LARGEST_JSON) if lines else {}
    signature = str(content.pop("signature", ""))
    if set(content) != {"count", "hash"} or not signed(site_public(), signature, content):
        raise MynaError(f"{path}: not an anchor of this site's log; restore it from a copy")
    return int(content["count"]), str(content["hash"])
