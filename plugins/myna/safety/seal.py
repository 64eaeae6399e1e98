"""A seal on a voice directory: the hash of every file, bound to its consent and signed by this site.

Weights that are swapped under a consent given for another voice no longer fit the seal.
"""

import json
from functools import lru_cache
from pathlib import Path

from myna.errors import MynaError
from myna.files import atomic_text, fingerprint, sha256
from myna.safety import trust
from myna.safety.canonical import canonical, digest, sign, signed
from myna.safety.consent import load
from myna.safety.state import site_key, site_public

NAME = "seal.json"
# The consent is bound by its id and carries its own signature, so it can be signed or revoked after the seal.
_LEFT_OUT = {NAME, "consent.yaml", ".complete"}


def seal(directory: Path | str) -> str:
    """Write `seal.json` into a voice directory; call it last, after weights and `consent.yaml`.

    Returns:
        The pack id: SHA-256 over the hashes of all files.

    Raises:
        MynaError: The directory has no consent record.
    """
    directory = Path(directory)
    consent = load(directory / "consent.yaml")
    content = {"consent_id": consent.id, "files": _hashes(directory), "public_key": site_public()}
    atomic_text(directory / NAME, json.dumps({**content, "signature": sign(site_key(), content)}, indent=2))
    return digest(canonical(content["files"]))  # type: ignore[arg-type]


def check_seal(directory: Path | str) -> str:
    """Compare a voice directory with its seal; the result is kept until a file changes.

    Returns:
        The pack id.

    Raises:
        MynaError: No seal, a forged one, one by an unknown site, or a file that was changed, added or taken out.
    """
    directory = Path(directory)
    if not (directory / NAME).exists():
        raise MynaError(
            f"{directory}: the voice has no seal; the stage that makes voices calls `myna.safety.seal.seal`"
        )
    files = [path for path in directory.rglob("*") if path.is_file()]
    return _check(directory, fingerprint(files))


@lru_cache(maxsize=64)
def _check(directory: Path, _: str) -> str:
    try:
        content = json.loads((directory / NAME).read_text(encoding="utf-8"))
        signature = content.pop("signature")
        files, public, consent_id = content["files"], content["public_key"], content["consent_id"]
    except (ValueError, KeyError) as error:
        raise MynaError(
            f"{directory / NAME}: not a seal ({error}); get the voice again from where it was made"
        ) from error
    if not signed(public, signature, content):
        raise MynaError(
            f"{directory / NAME}: the seal is forged or was edited; get the voice again from where it was made"
        )
    if not trust.is_trusted(public):
        raise MynaError(
            f"{directory / NAME}: sealed by the unknown key {public[:16]}…; if you know the site, add the key "
            f"to {trust.keys_path()}"
        )
    found = _hashes(directory)
    changed = sorted(name for name in {*found, *files} if found.get(name) != files.get(name))
    if changed:
        raise MynaError(
            f"{directory}: {', '.join(changed[:3])} changed after the voice was sealed; get the voice again"
        )
    if load(directory / "consent.yaml").id != consent_id:
        raise MynaError(f"{directory / 'consent.yaml'}: not the consent that the voice was sealed with")
    return digest(canonical(files))


def _hashes(directory: Path) -> dict[str, str]:
    files = sorted(path for path in directory.rglob("*") if path.is_file() and path.name not in _LEFT_OUT)
    return {str(path.relative_to(directory)): sha256(path) for path in files}
