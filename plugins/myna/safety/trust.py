"""Whose signatures this site believes, and which consents were taken back: two text files in the state folder."""

from pathlib import Path

from myna.errors import MynaError
from myna.limits import LARGEST_TABLE
from myna.parsing import read_bytes
from myna.safety.state import site_public, state_dir


def keys_path() -> Path:
    """Return the file of trusted public keys: one a line, 64 hexadecimal digits, then anything as a remark."""
    return state_dir() / "trusted_keys"


def is_trusted(public: str) -> bool:
    """Tell whether a key is this site's own or stands in the file of trusted keys."""
    return public == site_public() or public in _first_words(keys_path())


def add_key(public: str, remark: str = "") -> None:
    """Trust a key from now on.

    Raises:
        MynaError: Not 64 hexadecimal digits.
    """
    if len(public) != 64 or set(public.lower()) - set("0123456789abcdef"):
        raise MynaError(f"{public!r} is not a public key: want 64 hexadecimal digits")
    _append(keys_path(), " ".join(f"{public.lower()} {remark}".split()))


def is_revoked(record_id: str) -> bool:
    """Tell whether this site knows that a consent was taken back."""
    return record_id in _first_words(state_dir() / "revoked")


def add_revoked(record_id: str) -> None:
    """Remember that a consent was taken back."""
    _append(state_dir() / "revoked", record_id)


def _first_words(path: Path) -> set[str]:
    if not path.exists():
        return set()
    # A remark in another encoding does not matter; only the first word is compared, and it is ASCII.
    text = read_bytes(path, LARGEST_TABLE).decode("ascii", "replace")
    return {line.split()[0] for line in text.splitlines() if line.strip()}


def _append(path: Path, line: str) -> None:
    try:
        with open(path, "a", encoding="utf-8") as stream:
            stream.write(line + "\n")
    except OSError as error:
        raise MynaError(f"{path}: cannot be written ({error}); make the state folder writable") from error
