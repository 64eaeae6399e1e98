"""An instant voice: the base with a person's embedding from a few seconds of speech, and no step of training.

Source: Jia et al., Transfer Learning from Speaker Verification to Multispeaker Text-To-Speech Synthesis (2018).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from myna.adapt.instant_choice import HABITUAL, choice, compared_texts
from myna.corpora import folder as folders
from myna.corpora.findings import Findings, Segment
from myna.corpora.pieces import Rules, examine, other_speakers
from myna.corpora.quality import Limits
from myna.corpora.spoken_language import settle
from myna.errors import MynaError
from myna.files import shown
from myna.measure.similarity import centroid

if TYPE_CHECKING:
    from myna.networks.voice import Voice

LEAST, MOST = 3.0, 30.0  # seconds of speech: what an embedding needs, and from where on tuning pays
PIECE = 15.0


@dataclass(frozen=True)
class ReferenceSpeech:
    """Usable speech of one person.

    Attributes:
        pieces: Each with its GE2E embedding.
        found: What was dropped and converted, too.
    """

    pieces: list[Segment]
    found: Findings

    @property
    def seconds(self) -> float:
        """Length of all pieces."""
        return sum(piece.end - piece.start for piece in self.pieces)

    @property
    def embedding(self) -> np.ndarray:
        """Mean GE2E embedding `(256,)`, L2 = 1."""
        return centroid([piece.embedding for piece in self.pieces])


def listen(recordings: Path) -> ReferenceSpeech:
    """Cut and judge recordings without reading what is said in them.

    Args:
        recordings: A file or a folder.

    Raises:
        MynaError: There is no recording, or less than three seconds of usable speech.
    """
    contents = folders.scan(recordings)
    rules = Rules("en-us", None, 1.0, PIECE, Limits(), check_texts=False, texts=False)
    found = Findings(rules.language)
    for take in contents.takes:
        examine(take, None, {}, rules, found)
    other_speakers(found, rules.limits.speaker)
    speech = ReferenceSpeech(found.kept, found)
    if speech.seconds < LEAST:
        why = "; ".join(f"{shown(file.name)}: {reason}" for file, _, _, reason in found.dropped[:3])
        raise MynaError(
            f"{shown(recordings)}: {speech.seconds:.1f} s of usable speech, at least {LEAST:.0f} s are needed; record "
            f"more{f' ({why})' if why else ''}"
        )
    return speech


def likened(speech: ReferenceSpeech, voice: "Voice") -> None:
    """Give a voice the long-term spectrum and the habits of a person; what was said is not known.

    Args:
        speech: Of the person.
        voice: Of `voice_of`, changed in place; left as it is in a language without sentences of the project's.
    """
    import torch

    from myna.adapt.spectrum import take_over
    from myna.audio.bandwidth import usual_bandwidth
    from myna.audio.load import load_audio
    from myna.audio.mel import log_mel
    from myna.networks.habits import described
    from myna.networks.measured_habits import habits_of

    texts = compared_texts(voice.config.language)
    if not texts:
        return
    rate, waves = voice.sample_rate, []
    for piece in speech.pieces[:HABITUAL]:
        wave = load_audio(piece.file, rate).wave
        waves.append(wave[int(piece.start * rate) : int(piece.end * rate)])
    mels = [log_mel(torch.from_numpy(wave)) for wave in waves]
    take_over(voice, mels, texts, usual_bandwidth(waves, rate), choice()["adapt"]["spectrum"])
    voice.config.habits = described(habits_of(voice, mels, texts, read=False))


def language_of(recordings: Path, wanted: str) -> tuple[str, str]:
    """Return the language of recordings, and a line that says how it was found; see `settle`."""
    return settle(wanted, {take.id: take.path for take in folders.scan(recordings).takes})


def voice_of(speech: ReferenceSpeech, name: str, language: str, small: bool = False) -> "Voice":
    """Return the base with a person's embedding.

    Args:
        speech: Of the person.
        name: Of the person.
        language: espeak-ng code.
        small: Take the base for phones.

    Raises:
        MynaError: The voice is that of a protected person.
    """
    from myna.safety.protected import check_protected

    check_protected(speech.embedding)
    return base_voice(name, language, speech.embedding, small)


def base_voice(name: str, language: str, embedding: np.ndarray, small: bool = False) -> "Voice":
    """Return the base as it speaks with an embedding `(256,)`; the other arguments as those of `voice_of`."""
    import torch

    from myna.networks.pretrained import FOLDER, SMALL, load_part, part_config
    from myna.networks.voice import Voice, VoiceConfig
    from myna.text.tokens import TokenList

    folder = SMALL if small else FOLDER
    tts, vocoder = (part_config(part, folder) for part in ("tts", "vocoder"))
    config = VoiceConfig(name=name, language=language, tts=tts, vocoder=vocoder, defaults=choice()["infer"])
    parts = load_part("tts", folder), load_part("vocoder", folder)
    return Voice(config, *parts, torch.from_numpy(embedding), TokenList.load(folder / "tokens.txt"))
