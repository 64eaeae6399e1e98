"""A seal on a voice directory: the hash of every file, its consent too, signed by this site.

Weights that are swapped under a consent given for another voice no longer fit the seal, nor does a consent that was
edited. A voice is read through `read_sealed`: each file once, and what was read is what was compared.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from myna.errors import MynaError
from myna.files import atomic_text
from myna.limits import LARGEST_FILE, LARGEST_JSON, MOST_FILES
from myna.parsing import json_mapping, read_bytes
from myna.safety import trust
from myna.safety.canonical import canonical, digest, sign, signed
from myna.safety.records import ConsentRecord, parse
from myna.safety.state import site_key, site_public

NAME, CONSENT = "seal.json", "consent.yaml"
# At the top of the folder only; a stage writes its marker after the seal.
_LEFT_OUT = {NAME, ".complete"}


@dataclass(frozen=True)
class Sealed:
    """The content of a voice directory whose seal holds.

    Attributes:
        directory: Where it was read.
        pack_id: SHA-256 over the hashes of all files.
        files: Path below the directory to the bytes that were compared with the seal.
        consent: The consent record.
    """

    directory: Path
    pack_id: str
    files: Mapping[str, bytes]
    consent: ConsentRecord


def seal(directory: Path | str) -> str:
    """Write `seal.json` into a voice directory; call it last, after weights and `consent.yaml`.

    Returns:
        The pack id: SHA-256 over the hashes of all files.

    Raises:
        MynaError: The directory has no consent record.
    """
    directory = Path(directory)
    if not (directory / CONSENT).is_file():
        raise MynaError(f"{directory / CONSENT}: no consent record; make one with `myna consent new`")
    hashes, consent = {}, b""
    for name in _names(directory):
        data = read_bytes(directory / name, LARGEST_FILE)
        hashes[name] = hashlib.sha256(data).hexdigest()
        consent = data if name == CONSENT else consent
    record = parse(consent, directory / CONSENT)
    content = {"consent_id": record.id, "files": hashes, "public_key": site_public()}
    atomic_text(directory / NAME, json.dumps({**content, "signature": sign(site_key(), content)}, indent=2))
    return _pack_id(hashes)


def seal_again(directory: Path | str) -> str:
    """Seal a voice anew whose seal holds, or holds but for its consent because an older Myna left that out.

    Raises:
        MynaError: The seal does not hold otherwise.
    """
    directory = Path(directory)
    read_sealed(directory, without_consent=True)
    return seal(directory)


def read_sealed(directory: Path | str, without_consent: bool = False) -> Sealed:
    """Read a voice directory, each file once, and compare what was read with its seal.

    Args:
        directory: A voice directory.
        without_consent: Accept a seal of an older Myna that does not cover the consent; for sealing it again.

    Raises:
        MynaError: No seal, a forged one, one by an unknown site, or a file that was changed, added or taken out.
    """
    directory = Path(directory)
    sealed = _signed_hashes(directory, without_consent)
    names = _names(directory)
    _compare(directory, {name: sealed.get(name, "") for name in names}, sealed)
    files, found = {}, {}
    for name in names:
        files[name] = read_bytes(directory / name, LARGEST_FILE)
        found[name] = hashlib.sha256(files[name]).hexdigest()
    if without_consent:
        sealed = {**sealed, CONSENT: sealed.get(CONSENT, found.get(CONSENT, ""))}
    _compare(directory, found, sealed)
    if CONSENT not in files:
        raise MynaError(f"{directory / CONSENT}: no consent record; get the voice again")
    return Sealed(directory, _pack_id(sealed), files, parse(files[CONSENT], directory / CONSENT))


def check_seal(directory: Path | str) -> str:
    """Compare a voice directory with its seal; the result is kept until a file changes.

    Returns:
        The pack id.

    Raises:
        MynaError: As for `read_sealed`.
    """
    return sealed_facts(directory)[0]


def sealed_facts(directory: Path | str) -> tuple[str, ConsentRecord, bytes]:
    """Return pack id, consent and the bytes of `speaker.safetensors` (none: empty) of a voice whose seal holds.

    Raises:
        MynaError: As for `read_sealed`.
    """
    directory = Path(directory)
    if not (directory / NAME).exists():
        raise MynaError(
            f"{directory}: the voice has no seal; the stage that makes voices calls `myna.safety.seal.seal`"
        )
    return _facts(directory, _state_of(directory), site_public())


@lru_cache(maxsize=64)
def _facts(directory: Path, _: tuple[Any, ...], site: str) -> tuple[str, ConsentRecord, bytes]:
    sealed = read_sealed(directory)
    return sealed.pack_id, sealed.consent, sealed.files.get("speaker.safetensors", b"")


def _state_of(directory: Path) -> tuple[Any, ...]:
    """What changes when a file does; the time of the inode cannot be set back as that of the content can."""
    names = [NAME, *_names(directory)]
    stats = [(name, os.stat(directory / name)) for name in names]
    trusted = trust.keys_path()
    stamp = trusted.stat().st_ctime_ns if trusted.exists() else 0
    return (*((n, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for n, s in stats), stamp)


def _signed_hashes(directory: Path, without_consent: bool) -> dict[str, str]:
    path = directory / NAME
    if not path.exists():
        raise MynaError(
            f"{directory}: the voice has no seal; the stage that makes voices calls `myna.safety.seal.seal`"
        )
    content = json_mapping(read_bytes(path, LARGEST_JSON), path)
    signature, public, files = content.pop("signature", ""), content.get("public_key", ""), content.get("files")
    if not isinstance(files, dict) or not isinstance(public, str) or not isinstance(signature, str):
        raise MynaError(f"{path}: not a seal; get the voice again from where it was made")
    if not signed(public, signature, content):
        raise MynaError(f"{path}: the seal is forged or was edited; get the voice again from where it was made")
    if not trust.is_trusted(public):
        raise MynaError(
            f"{path}: sealed by the unknown key {public[:16]}…; if you know the site, run `myna consent trust {public}`"
        )
    if CONSENT not in files and not without_consent:
        raise MynaError(
            f"{path}: sealed by an older Myna, without its consent; read {directory / CONSENT} and, if it is right, "
            f"run `myna consent seal {directory}`"
        )
    return {str(name): str(value) for name, value in files.items()}


def _compare(directory: Path, found: Mapping[str, str], sealed: Mapping[str, str]) -> None:
    changed = sorted(name for name in {*found, *sealed} if found.get(name) != sealed.get(name) and name != CONSENT)
    if found.get(CONSENT) != sealed.get(CONSENT) and CONSENT in sealed:
        changed.insert(0, CONSENT)
    if changed:
        raise MynaError(
            f"{directory}: {', '.join(changed[:3])} changed after the voice was sealed; get the voice again"
        )


def _pack_id(hashes: Mapping[str, str]) -> str:
    return digest(canonical(dict(hashes)))


def _names(directory: Path) -> list[str]:
    """List the files below a directory; what is neither file nor folder (a pipe, a device) is refused."""
    found = []
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if path.is_dir() or name in _LEFT_OUT:
            continue
        if not path.is_file():
            raise MynaError(f"{path}: no regular file; a voice holds files only")
        found.append(name)
        if len(found) > MOST_FILES:
            raise MynaError(f"{directory}: more than {MOST_FILES} files; that is no voice")
    return found
