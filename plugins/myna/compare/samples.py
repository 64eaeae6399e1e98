"""What can be listened to: synthetic sound leaves only marked, labelled and logged, as the report's copies do."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from myna.adapt.decode import Line, SoundAndRate, write_listening_copy, write_set
from myna.adapt.voice_parts import consent_of, target_language, target_name
from myna.errors import UnmarkableError
from myna.kaldi.tables import read_table
from myna.safety.types import VoiceCard
from myna.settings.recipe import Settings
from myna.workspace import Workspace

log = logging.getLogger(__name__)


def listening_copies(
    settings: Settings,
    workspace: Workspace,
    folder: Path,
    lines: list[Line],
    speak: Callable[[Line], SoundAndRate | None],
) -> list[dict[str, Any]]:
    """Speak lines into `folder`, and write a marked MP3 of the first ones.

    Args:
        settings: Of the recipe.
        workspace: The consent is that of its target.
        folder: Gets samples, `wav.scp`, `text`, and `listen/`.
        lines: Utterances in the target's voice.
        speak: Gives the wave.

    Returns:
        `id`, `text` and `listen`, the path of the MP3, of each; in place of the path `silent`, the reason, where the
        sound could not carry the mark.
    """
    write_set(folder, lines, speak)
    if not (folder / "wav.scp").is_file():
        return []
    consent = folder / "consent" / "consent.yaml"
    consent_of(workspace, consent)
    card = VoiceCard(name=target_name(settings), language=target_language(workspace), consent=consent)
    texts, waves = read_table(folder / "text"), read_table(folder / "wav.scp")
    return [_copy(folder, key, Path(waves[key]), card, texts[key]) for key in list(waves)[: settings.compare.prompts]]


def _copy(folder: Path, key: str, wave: Path, card: VoiceCard, text: str) -> dict[str, Any]:
    copy = folder / "listen" / f"{key}.mp3"
    try:
        write_listening_copy(wave, copy, card, text)
    except UnmarkableError as error:
        log.warning("%s: %s", wave, error)
        return {"id": key, "text": text, "silent": str(error)}
    return {"id": key, "text": text, "listen": str(copy)}
