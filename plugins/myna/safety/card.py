"""The voice card of a sealed voice directory: what the exit wants to know of a voice."""

from pathlib import Path

from myna.parsing import yaml_mapping
from myna.safety.records import Scope
from myna.safety.release import admit
from myna.safety.seal import CONSENT, read_sealed
from myna.safety.types import Request, VoiceCard


def load_card(directory: Path | str, purpose: Scope = "evaluation") -> VoiceCard:
    """Make the card of a voice directory, and ask the exit whether it may speak.

    Args:
        directory: A sealed voice directory.
        purpose: What the voice is wanted for.

    Raises:
        MynaError: The seal is broken, the consent does not cover the purpose, or the voice is a protected one.
    """
    sealed = read_sealed(directory)
    described = sealed.directory / "voice.yaml"
    voice = yaml_mapping(sealed.files.get("voice.yaml", b"{}"), described)
    card = VoiceCard(
        name=str(voice.get("speaker") or voice.get("name") or sealed.consent.speaker),
        language=str(voice.get("language") or "en-us"),
        pack_id=sealed.pack_id,
        directory=sealed.directory,
        consent=sealed.directory / CONSENT,
    )
    admit(card, Request(output=Path("speech.wav"), purpose=purpose))
    return card
