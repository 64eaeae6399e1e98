"""A folder that belongs to nobody, signed by the site that made it: graphs of the base and of speaker encoders.

A voice has a seal, which covers its consent (`myna.safety.seal`). What has no speaker has none, and is no voice: a
folder with a consent record is not signed in this way, nor does a signature serve as a seal.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from myna.errors import MynaError
from myna.files import atomic_text
from myna.limits import LARGEST_FILE, LARGEST_JSON
from myna.parsing import json_mapping, read_bytes
from myna.safety import trust
from myna.safety.canonical import sign, signed
from myna.safety.seal import CONSENT
from myna.safety.state import site_key, site_public

NAME = "signature.json"
KIND = "parts without a speaker"  # keeps such a signature from being one of anything else


def sign_folder(directory: Path) -> None:
    """Write `signature.json` over the files at the top of a folder; call it last.

    Raises:
        MynaError: The folder holds a consent record: it is a voice, which has a seal.
    """
    if (directory / CONSENT).exists():
        raise MynaError(f"{directory} holds a consent record: it is a voice, and has a seal instead")
    files = {name: hashlib.sha256(data).hexdigest() for name, data in _read(directory).items()}
    content = {"kind": KIND, "files": files, "public_key": site_public()}
    atomic_text(directory / NAME, json.dumps({**content, "signature": sign(site_key(), content)}, indent=2))


def read_signed(directory: Path) -> Mapping[str, bytes]:
    """Read each file of a folder once, and compare what was read with the signature.

    Raises:
        MynaError: No signature, a forged one, one by an unknown site, or a file that was changed, added or taken out.
    """
    path = directory / NAME
    if not path.is_file():
        raise MynaError(f"{path} is missing: make the folder with `myna export base` or `myna export encoder`")
    content = json_mapping(read_bytes(path, LARGEST_JSON), path)
    signature, public, listed = (content.pop("signature", ""), content.get("public_key", ""), content.get("files", {}))
    fits = isinstance(listed, dict) and isinstance(public, str) and isinstance(signature, str)
    if not fits or content.get("kind") != KIND or not signed(public, signature, content):
        raise MynaError(f"{path}: the signature is forged or was edited; get the folder again from where it was made")
    if not trust.is_trusted(public):
        raise MynaError(
            f"{path}: signed by the unknown key {public[:16]}…; if you know the site, run `myna consent trust {public}`"
        )
    files = _read(directory)
    found = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    if changed := sorted(name for name in {*found, *listed} if found.get(name) != listed.get(name)):
        raise MynaError(f"{directory}: {', '.join(changed[:3])} changed after the folder was signed; get it again")
    return files


def _read(directory: Path) -> dict[str, bytes]:
    paths = sorted(path for path in directory.iterdir() if path.name != NAME and not path.is_dir())
    return {path.name: read_bytes(path, LARGEST_FILE) for path in paths}
