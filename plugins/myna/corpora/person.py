"""Who is cloned and on what ground: the consent that recipe `custom` insists on."""

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from myna.errors import MynaError
from myna.kaldi.data import Consent
from myna.settings.corpus import CreateDataset

if TYPE_CHECKING:
    from myna.safety.records import ConsentRecord

ASK = (
    "no consent is stated for the voice in {folder}; if the recordings are of yourself, say so with "
    "create_dataset.consent=own_voice, else give the signed record of the person with "
    "create_dataset.consent=PATH/consent.yaml (made by `myna consent new`); without it nothing is cloned"
)


def speaker_id(name: str | None) -> str:
    """Make a speaker id of a person's name: letters and digits, the rest dropped.

    Raises:
        MynaError: No name, or one without letters.
    """
    folded = unicodedata.normalize("NFKC", name or "").casefold()
    short = re.sub(r"[^\w]+", "_", folded).strip("_")
    if not short:
        raise MynaError("the voice needs a name; give --name with at least one letter")
    return short


def consent_of(node: CreateDataset, speaker: str) -> tuple[Consent, Path | None]:
    """Read the consent from the settings.

    Args:
        node: `create_dataset`: `consent` (own_voice or a path), `scope`, `name`, `target`.
        speaker: Speaker id.

    Returns:
        What goes into spk2consent, and the record's file when there is one.

    Raises:
        MynaError: None is given, or the record is missing, not valid now, or of another person.
    """
    if not node.consent:
        raise MynaError(ASK.format(folder=node.target))
    return stated_consent(node.consent, node.scope, str(node.name), speaker)


def stated_consent(stated: str, scope: str, name: str, speaker: str) -> tuple[Consent, Path | None]:
    """Read a consent that is given as `own_voice` or as the path of a record.

    Args:
        stated: Which.
        scope: The widest use of one's own voice.
        name: Of the person, for errors.
        speaker: Speaker id.

    Returns:
        As `consent_of`.

    Raises:
        MynaError: The record is missing, not valid now, or of another person.
    """
    if stated == "own_voice":
        return Consent("own_voice", scope, "own voice, stated at the command line"), None
    path = Path(stated)
    from myna.safety import consent, records

    record = records.load(path)
    consent.check(record, "evaluation", directory=path.parent)
    if speaker not in (speaker_id(record.speaker), speaker_id(record.who or record.speaker)):
        raise MynaError(
            f"{path} is the consent of {record.who or record.speaker}, not of {name}; "
            "give the record of the person who speaks, or that person's --name"
        )
    return Consent(record.basis, record.scope, record.licence or f"consent record {record.id}"), path


def record_of(given: tuple[Consent, Path | None], speaker: str) -> "ConsentRecord":
    """Return the record of a consent that `consent_of` gave: the person's own, or one that this site signs."""
    from myna.safety import consent, records

    stated, path = given
    line = f"{speaker} {stated.basis} {stated.scope} {stated.licence}"
    return records.load(path) if path else consent.stated(records.from_spk2consent(line))
