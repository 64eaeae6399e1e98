"""What can be listened to: synthetic sound leaves only marked, labelled and logged, as the report's copies do."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from myna import kaldi
from myna.adapt.decode import Line, Speech, write_listening_copies, write_set
from myna.adapt.voice_parts import consent_of, target_language
from myna.errors import MynaError

log = logging.getLogger(__name__)


def listening_copies(
    config: DictConfig, folder: Path, lines: list[Line], speak: Callable[[Line], Speech | None]
) -> list[dict[str, Any]]:
    """Speak lines into `folder`, and write a marked MP3 of the first ones.

    Args:
        config: The recipe; the consent is that of its target.
        folder: Gets labelled WAV, `wav.scp`, `text`, and `listen/`.
        lines: Utterances in the target's voice.
        speak: Gives the wave.

    Returns:
        `id`, `text` and `listen`, the path of the MP3, of each; in place of the path `silent`, the reason, where the
        sound could not carry the mark.
    """
    write_set(folder, lines, speak)
    spoken = kaldi.read_table(folder / "text") if (folder / "text").is_file() else {}
    name, language = str(config.create_dataset.get("name") or "target"), target_language(config)
    consent, reason = folder / "consent", ""
    consent_of(config, consent / "consent.yaml")
    try:
        write_listening_copies(folder, consent, name, language, config.compare.prompts)
    except MynaError as error:
        log.warning("%s: %s", folder, error)
        reason = str(error)
    copies = [(key, text, folder / "listen" / f"{key}.mp3") for key, text in spoken.items()][: config.compare.prompts]
    return [
        {"id": key, "text": text} | ({"listen": str(copy)} if copy.is_file() else {"silent": reason})
        for key, text, copy in copies
    ]
