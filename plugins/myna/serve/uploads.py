"""Multipart bodies: bounded, and laid down under names of our own."""

import re
import shutil
from collections.abc import Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from myna.audio.sniff import SUFFIXES
from myna.serve.api_error import ApiError
from myna.serve.settings import FREE_BYTES, LARGEST_FIELD, MOST_FIELDS, MOST_FILES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RECORDINGS = ("recordings", "audio_sample", "recordings[]")


@asynccontextmanager
async def form_of(request: Request, folder: Path) -> "AsyncIterator[FormData]":
    """Read a multipart body.

    Args:
        request: The request.
        folder: Where its files will lie; its disk has to have room for them.

    Raises:
        ApiError: Another type, too many parts, or a full disk.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise ApiError(415, "unsupported_media_type", "send multipart/form-data")
    size = int(request.headers.get("content-length", 0))
    if shutil.disk_usage(folder).free < 3 * size + FREE_BYTES:
        raise ApiError(507, "disk_full", "the disk has no room for this; free some space")
    limits = {"max_files": MOST_FILES, "max_fields": MOST_FIELDS, "max_part_size": LARGEST_FIELD}
    async with request.form(**limits) as form:
        yield form


def text_of(form: FormData, name: str, default: str | None = None) -> str:
    """Return a field.

    Raises:
        ApiError: It is missing, comes twice, or is a file.
    """
    values = form.getlist(name)
    if not values and default is not None:
        return default
    if len(values) != 1 or not isinstance(values[0], str):
        raise ApiError(400, "invalid_value", f"the part {name!r} is needed, once, as text", name)
    return values[0].strip()


def check_names(form: FormData, known: Iterable[str]) -> None:
    """Refuse parts that nobody reads.

    Raises:
        ApiError: There is one.
    """
    for name in form:
        if name not in known:
            raise ApiError(400, "invalid_value", f"no part {name[:60]!r} is known here; see docs/serve.md", name[:60])


def files_of(form: FormData, *names: str) -> list[UploadFile]:
    """Return files by the names of their parts.

    Raises:
        ApiError: One is text, or empty.
    """
    found: list[UploadFile] = []
    for name in names:
        for part in form.getlist(name):
            if not isinstance(part, UploadFile) or not part.size:
                raise ApiError(400, "invalid_value", f"the part {name!r} has to be a file that is not empty", name)
            found.append(part)
    return found


def one_file(form: FormData, name: str) -> UploadFile | None:
    """Return a file or None.

    Raises:
        ApiError: There are two.
    """
    found = files_of(form, name)
    if len(found) > 1:
        raise ApiError(400, "invalid_value", f"the part {name!r} comes {len(found)} times; once will do", name)
    return found[0] if found else None


def keep(file: UploadFile, folder: Path, stem: str) -> Path:
    """Write a file under a stem of ours and the suffix of its own name, where that is one of sound."""
    path = folder / f"{stem}{suffix_of(file.filename or '')}"
    file.file.seek(0)
    with open(path, "xb") as stream:
        shutil.copyfileobj(file.file, stream, 1 << 20)
    return path


def suffix_of(name: str) -> str:
    """Return the suffix of a sound file; `.bin` for any other, which is read by its content."""
    found = re.search(r"\.[a-z0-9]{2,5}$", name.lower())
    return found[0] if found and found[0] in SUFFIXES else ".bin"
