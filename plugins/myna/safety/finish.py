"""The last step of making a voice: consent and seal."""

from pathlib import Path

from myna.safety import consent, records
from myna.safety.seal import seal


def finish(record: records.ConsentRecord, folder: Path, path: Path) -> None:
    """Write a record of consent into a voice and seal the voice with it.

    Args:
        record: The consent of the person who speaks.
        folder: Against which the path of the record's evidence is read.
        path: `consent.yaml` in the voice's folder.

    Raises:
        MynaError: The consent is revoked, expired or forged.
    """
    consent.check(record, "evaluation", directory=folder)
    consent.anchored(record, folder).save(path)
    seal(path.parent)
