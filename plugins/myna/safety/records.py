"""What a consent record says, and how it is read: from a file, from a line of `spk2consent`, from what a person typed.

Whether it holds is for `myna.safety.consent` to tell.
"""

import hashlib
import uuid
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from myna.errors import MynaError
from myna.files import atomic_text
from myna.limits import LARGEST_EVIDENCE, LARGEST_YAML, ONE_LINE
from myna.parsing import read_bytes, yaml_mapping
from myna.text.languages import canonical as canonical_language

Basis = Literal["own_voice", "written", "licence", "public_domain", "synthetic"]
Scope = Literal["evaluation", "private", "publish", "commercial"]

# Each scope covers the ones before it.
SCOPES: tuple[Scope, ...] = ("evaluation", "private", "publish", "commercial")
# Recordings of these kinds need no person's signature to be tried at home.
UNSIGNED_BASES: tuple[Basis, ...] = ("licence", "public_domain", "synthetic")


class Evidence(BaseModel):
    """A file that proves the consent: a scanned form, a licence text, a spoken clip.

    Attributes:
        file: Path, relative to the record or absolute.
        sha256: Hash of its bytes.
        sentence: For a spoken clip, the sentence that was shown to the speaker.
    """

    model_config = ConfigDict(extra="forbid")
    file: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    sentence: str = ""


class ConsentRecord(BaseModel):
    """One speaker's consent (`consent.yaml`).

    Attributes:
        id: Unique id; a revocation names it.
        speaker: Id of the speaker in the data directory.
        who: Name of the person, or of the corpus.
        basis: Why the recordings may be used.
        scope: The widest use that is allowed; each of evaluation, private, publish, commercial covers those before it.
        licence: Licence of the recordings, if any.
        languages: Languages the voice may speak; empty means any.
        issued: Day of the consent.
        expires: Last day of the consent; none means no end.
        evidence: Proof.
        revoked: Day on which it was taken back.
        public_key: Who signed: 64 hexadecimal digits.
        signature: Ed25519 over the canonical form of everything above.
    """

    model_config = ConfigDict(extra="forbid")
    # One word: the list of what was revoked has a line for each.
    id: str = Field(default_factory=lambda: uuid.uuid4().hex, pattern="^[0-9A-Za-z._-]{1,64}$")
    speaker: str = Field(min_length=1, pattern=ONE_LINE)
    who: str = Field(default="", pattern=ONE_LINE)
    basis: Basis
    scope: Scope
    licence: str = Field(default="", pattern=ONE_LINE)
    languages: list[str] = Field(default_factory=list)
    issued: date = Field(default_factory=lambda: datetime.now(UTC).date())
    expires: date | None = None
    evidence: Evidence | None = None
    revoked: date | None = None
    public_key: str = ""
    signature: str = ""

    def signed_part(self) -> dict[str, Any]:
        """Return what the signature covers: every field but the signature."""
        return self.model_dump(mode="json", exclude={"signature"})

    def save(self, path: Path | str) -> None:
        """Write the record as YAML in one step."""
        atomic_text(path, yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True))


def new(**fields: Any) -> ConsentRecord:
    """Make an unsigned record of what a person typed.

    Raises:
        MynaError: A field does not fit.
    """
    try:
        return ConsentRecord(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MynaError(f"{place} of the consent does not fit ({first['msg']}); give it in plain words") from error


def evidence_hash(path: Path) -> str:
    """Hash a file that proves a consent.

    Raises:
        MynaError: It is missing, no regular file, or too large.
    """
    return hashlib.sha256(read_bytes(path, LARGEST_EVIDENCE)).hexdigest()


def load(path: Path | str) -> ConsentRecord:
    """Read a record.

    Raises:
        MynaError: The file is missing, is no YAML, or has missing or unknown fields.
    """
    if not Path(path).is_file():
        raise MynaError(f"{path}: no consent record; make one with `myna consent new`")
    return parse(read_bytes(Path(path), LARGEST_YAML), path)


def parse(data: bytes, name: Path | str) -> ConsentRecord:
    """Read a record from the bytes of its file.

    Raises:
        MynaError: They are no YAML, or have missing or unknown fields.
    """
    try:
        return ConsentRecord.model_validate(yaml_mapping(data, name))
    except ValidationError as error:
        first = str(error).splitlines()
        raise MynaError(
            f"{name}: not a consent record ({' '.join(first[:3])}); see `myna consent new --help`"
        ) from error


def covers_language(record: ConsentRecord, language: str) -> bool:
    """Tell whether a consent covers speech in a language, an espeak-ng code or alias."""
    return not record.languages or _code(language) in {_code(known) for known in record.languages}


def _code(language: str) -> str:
    """Return the code that stands for a language and its aliases; an unknown one stands for itself."""
    try:
        return canonical_language(language)
    except MynaError:
        return language


def from_spk2consent(line: str) -> ConsentRecord:
    """Make an unsigned record from a line `<spk> <basis> <scope> <licence…>` of `spk2consent`.

    The id is made from the line, so the same line always gives the same record, and a revocation of it holds.

    Raises:
        MynaError: Fewer than three words, or an unknown basis or scope.
    """
    words = line.split(maxsplit=3)
    if len(words) < 3:
        raise MynaError(f"spk2consent line {line.strip()!r}: want `<spk> <basis> <scope> <licence…>`")
    speaker, basis, scope, licence = (*words, "")[:4]
    try:
        return ConsentRecord.model_validate(
            {
                "id": uuid.uuid5(uuid.NAMESPACE_OID, " ".join(line.split())).hex,
                "speaker": speaker,
                "who": speaker,
                "basis": basis,
                "scope": scope,
                "licence": licence.strip(),
            }
        )
    except ValidationError as error:
        raise MynaError(
            f"spk2consent line {line.strip()!r}: unknown basis or scope; bases are "
            f"own_voice, written, licence, public_domain, synthetic; scopes {', '.join(SCOPES)}"
        ) from error
