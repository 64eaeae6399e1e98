"""The voice card of a voice directory, with its seal, its consent and the list of protected voices checked."""

from pathlib import Path

import yaml

from myna.errors import MynaError
from myna.safety.consent import Scope, check, load
from myna.safety.protected import check_protected
from myna.safety.seal import check_seal
from myna.safety.types import VoiceCard


def load_card(directory: Path | str, purpose: Scope = "evaluation") -> VoiceCard:
    """Make the card of a voice directory; call it before the voice speaks.

    Args:
        directory: A sealed voice directory.
        purpose: What the voice is wanted for.

    Raises:
        MynaError: The seal is broken, the consent does not cover the purpose, or the voice is a protected one.
    """
    directory = Path(directory)
    pack_id = check_seal(directory)
    record = load(directory / "consent.yaml")
    check(record, purpose, directory=directory)
    described = directory / "voice.yaml"
    try:
        voice = yaml.safe_load(described.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise MynaError(f"{described}: cannot be read ({error}); make the voice again") from error
    if (directory / "speaker.safetensors").exists():
        from safetensors.numpy import load_file

        check_protected(load_file(directory / "speaker.safetensors")["embedding"])
    name = str(voice.get("speaker") or voice.get("name") or record.speaker)
    return VoiceCard(
        name=name,
        language=str(voice.get("language") or "en-us"),
        pack_id=pack_id,
        directory=directory,
        consent=directory / "consent.yaml",
    )
