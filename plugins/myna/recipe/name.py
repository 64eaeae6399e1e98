"""What a person may be called."""

import os

from myna.errors import MynaError

LONGEST_NAME = 100  # bytes of a person's name: files are called after it, and a number follows


def checked_name(name: str) -> str:
    """Return a person's name that can also be the name of a folder.

    Raises:
        MynaError: It could not.
    """
    if len(os.fsencode(name)) > LONGEST_NAME:
        raise MynaError(
            f"--name {name[:24]!r}… has {len(os.fsencode(name))} bytes; at most {LONGEST_NAME} make a folder's name"
        )
    if (
        not any(c.isalnum() for c in name)
        or name.startswith(".")
        or any(c in "/\\${}" or not c.isprintable() for c in name)
    ):
        raise MynaError(f"--name {name!r}: a folder gets this name; use letters, digits, spaces and hyphens")
    return name
