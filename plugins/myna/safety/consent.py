"""Consent: who agreed to what, signed, with an end.

A record (`myna.safety.records`) travels with the voice it allows: `data/<set>/spk2consent` at the start, `consent.yaml`
in the voice directory. Licences stand in for consent where the speaker published the recordings; then an unsigned
record that the recipe makes is enough for evaluation at home, and nothing more.
"""

from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from myna.errors import MynaError
from myna.safety import audit, trust
from myna.safety.canonical import sign as sign_canonical
from myna.safety.canonical import signed
from myna.safety.records import SCOPES, UNSIGNED_BASES, ConsentRecord, Scope, covers_language, evidence_hash
from myna.safety.state import public_hex, site_key, site_public


def sign(record: ConsentRecord, key: Ed25519PrivateKey) -> ConsentRecord:
    """Return the record signed by `key`."""
    unsigned = record.model_copy(update={"public_key": public_hex(key.public_key()), "signature": ""})
    return unsigned.model_copy(update={"signature": sign_canonical(key, unsigned.signed_part())})


def stated(record: ConsentRecord) -> ConsentRecord:
    """Sign with the key of this site what a person stated here about their own voice, for use at home.

    A record of another basis, of a wider scope, or one that is signed already is returned as it is.
    """
    own = record.basis == "own_voice" and record.scope in ("evaluation", "private") and not record.signature
    return sign(record, site_key()) if own else record


def revoke(record: ConsentRecord, key: Ed25519PrivateKey) -> ConsentRecord:
    """Take the consent back from today: the record says so, and older copies of it are refused on this site too."""
    trust.add_revoked(record.id)
    audit.append(audit.Entry(event="revoke", consent_id=record.id, voice=record.speaker))
    return sign(record.model_copy(update={"revoked": datetime.now(UTC).date()}), key)


def check(record: ConsentRecord, purpose: Scope, *, language: str | None = None, directory: Path | None = None) -> None:
    """Refuse a use that the consent does not cover.

    Args:
        record: The consent.
        purpose: What the voice is wanted for.
        language: Language to be spoken, if known.
        directory: Folder against which the path of the evidence is read; none: evidence is not looked for.

    Raises:
        MynaError: Revoked, expired, not yet valid, out of scope, forged, unsigned where a signature is needed, signed
            by a key that this site does not trust, or the evidence is gone or was changed.
    """
    name = f"consent {record.id[:8]} of speaker {record.speaker}"
    today = audit.today()
    if record.revoked or trust.is_revoked(record.id):
        raise MynaError(f"{name} was revoked: delete the voice, or ask the speaker for a new consent")
    if record.expires and record.expires < today:
        raise MynaError(f"{name} expired on {record.expires}: ask the speaker for a new one")
    if record.issued > today:
        raise MynaError(f"{name} is dated {record.issued}, in the future: correct the record or the clock")
    if purpose not in SCOPES:
        raise MynaError(f"purpose {purpose!r} is unknown: use one of {', '.join(SCOPES)}")
    if SCOPES.index(record.scope) < SCOPES.index(purpose):
        raise MynaError(f"{name} covers {record.scope!r}, not {purpose!r}: ask for a wider consent")
    if language and not covers_language(record, language):
        raise MynaError(
            f"{name} covers the languages {', '.join(record.languages)}, not {language}: ask for a wider one"
        )
    _check_signature(record, purpose, name)
    _check_evidence(record, name, directory)


def _check_signature(record: ConsentRecord, purpose: Scope, name: str) -> None:
    if not record.signature:
        if record.basis in UNSIGNED_BASES and purpose == "evaluation":
            return
        raise MynaError(
            f"{name} is not signed, which basis {record.basis!r} and purpose {purpose!r} need: run `myna consent sign`"
        )
    if not signed(record.public_key, record.signature, record.signed_part()):
        raise MynaError(f"{name} was changed after it was signed: get the original, or sign it again")
    if not trust.is_trusted(record.public_key):
        raise MynaError(
            f"{name} is signed by the unknown key {record.public_key[:16]}…: if you know the signer, add the "
            f"key to {trust.keys_path()}"
        )


def _check_evidence(record: ConsentRecord, name: str, directory: Path | None) -> None:
    if record.evidence is None or directory is None:
        return
    path = directory / record.evidence.file
    if not path.is_file():
        # Evidence stays where the consent was signed: to another site the trusted signature vouches for it.
        if record.signature and record.public_key != site_public():
            return
        raise MynaError(f"{name}: the evidence {path} is gone; restore the original file")
    if evidence_hash(path) != record.evidence.sha256:
        raise MynaError(f"{name}: the evidence {path} was changed; restore the original file")


def anchored(record: ConsentRecord, directory: Path) -> ConsentRecord:
    """Return a record that can leave its folder: the path of its evidence becomes absolute.

    Only what this site signed, or nobody, is touched; what this site signed is signed again.
    """
    ours = record.public_key == site_public() or not record.signature
    if record.evidence is None or Path(record.evidence.file).is_absolute() or not ours:
        return record
    evidence = record.evidence.model_copy(update={"file": str((directory / record.evidence.file).absolute())})
    moved = record.model_copy(update={"evidence": evidence})
    return sign(moved, site_key()) if record.signature else moved
