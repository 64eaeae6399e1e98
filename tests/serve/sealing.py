"""Seal what a test saved as a voice: with a consent, as stage 5 does."""

from pathlib import Path

from myna.safety import records, seal


def sealed(folder: Path) -> Path:
    """Put a consent for evaluation into a voice directory and seal it."""
    records.from_spk2consent("ana licence evaluation CC BY-SA 3.0").save(folder / "consent.yaml")
    seal.seal(folder)
    return folder
