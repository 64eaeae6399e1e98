"""The user agreement: shown once, its acceptance recorded; and undertakings to label by other means.

Evaluation at home needs no agreement. Everything wider does, and so does sound without the audible label.
"""

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from myna.errors import MynaError
from myna.files import atomic_text, sha256
from myna.limits import LARGEST_YAML
from myna.parsing import described, read_bytes, yaml_mapping
from myna.safety import audit
from myna.safety.state import state_dir
from myna.safety.types import Request

DUTY = (
    "I add the audible label myself, or an equally clear one, before anyone else hears this sound; I pass on the "
    "metadata label unchanged, and I answer for any use in which it is missing."
)
_FOLDER = Path(__file__).resolve().parent  # linked there, so that they are part of the package


class Undertaking(BaseModel):
    """A requester's word to label the sound before anyone else hears it (标识办法 art. 9).

    Attributes:
        requester: Who takes on the duty.
        accepted: The day.
        reason: Why the audible label must be left out.
        duty: The sentence that was accepted.
        terms_sha256: Hash of the terms it belongs to.
    """

    model_config = ConfigDict(extra="forbid")
    requester: str = Field(min_length=1)
    accepted: datetime
    reason: str = Field(min_length=1)
    duty: str = Field(min_length=20)
    terms_sha256: str


def text_path(language: str = "en") -> Path:
    """Return the file of the terms: `TERMS.zh-CN.md` for Chinese, else `TERMS.md`.

    Raises:
        MynaError: The file is not there.
    """
    path = _FOLDER / ("TERMS.zh-CN.md" if language.startswith(("zh", "cmn")) else "TERMS.md")
    if not path.exists():
        raise MynaError(f"{path}: the terms are missing; install Myna again")
    return path


def accept(requester: str, language: str = "en") -> None:
    """Record that somebody accepted the terms, here and in the log."""
    digest = sha256(text_path(language))
    stamp = datetime.now(UTC).isoformat(timespec="seconds")
    accepted = {**_accepted(), requester: {"terms_sha256": digest, "time": stamp}}
    atomic_text(_path(), yaml.safe_dump(accepted, allow_unicode=True))
    audit.append(audit.Entry(event="terms", requester=requester, note=digest))


def accepted(requester: str) -> bool:
    """Tell whether somebody accepted the terms as they stand now, in either language."""
    known = {sha256(text_path(language)) for language in ("en", "zh")}
    found = _accepted().get(requester)
    return isinstance(found, dict) and found.get("terms_sha256") in known


def check_terms(request: Request) -> None:
    """Refuse a wider use than evaluation before the terms are accepted.

    Raises:
        MynaError: The requester has not accepted them, or they changed since.
    """
    if request.purpose == "evaluation" or accepted(request.requester):
        return
    if not _asked(request.requester):
        raise MynaError(
            f"{request.requester!r} has not accepted the terms, which purpose {request.purpose!r} needs: read "
            f"{text_path().name} and run `myna consent terms --accept --requester {request.requester}`"
        )


def _asked(requester: str) -> bool:
    # At a terminal the terms are shown on first use; elsewhere nobody could read them.
    if not (sys.stdin and sys.stdin.isatty()):
        return False
    print(text_path().read_text(encoding="utf-8"))
    if input(f"{requester}, do you accept these terms? Type yes: ").strip().lower() != "yes":
        return False
    accept(requester)
    return True


def check_undertaking(path: Path | None, requester: str) -> str:
    """Check the undertaking that sound without an audible label needs.

    Returns:
        A remark for the log, with the hash of the file.

    Raises:
        MynaError: No file, a broken one, or one by somebody else or to other terms.
    """
    if path is None:
        raise MynaError("cue=off needs an undertaking file; write one with `myna consent undertake`, or keep the cue")
    data = read_bytes(path, LARGEST_YAML)
    undertaking = described(Undertaking, data, path, "write an undertaking with `myna consent undertake`")
    if undertaking.requester != requester:
        raise MynaError(f"{path}: the undertaking of {undertaking.requester!r} does not hold for {requester!r}")
    if undertaking.terms_sha256 not in {sha256(text_path(language)) for language in ("en", "zh")}:
        raise MynaError(f"{path}: belongs to other terms; write a new one with `myna consent undertake`")
    return f"undertaking {hashlib.sha256(data).hexdigest()}"


def _path() -> Path:
    return state_dir() / "terms.yaml"


def _accepted() -> dict[str, Any]:
    return yaml_mapping(read_bytes(_path(), LARGEST_YAML), _path()) if _path().exists() else {}
