"""Stage 6a: the finished voice reads unseen sentences and the held-out prompts.

Everything is written under `exp/clone/decode/<kind>/` as arrays of samples with `wav.scp` and `text`, for measuring:
`unseen` and `heldout` by the voice, and beside them, for some of the held-out prompts, `copy` (recording → mel →
the voice's vocoder), `griffin_lim` (the same without weights) and `espeak` (nobody's voice). What can be listened to
are the MP3 copies in `<kind>/listen/` and `manners/`: they left through the exit, as what `myna say` writes does.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from myna.adapt.baselines import copy_synthesis, formant_speech
from myna.adapt.manners import write_manners
from myna.adapt.unseen import sentences_file, unseen_sentences
from myna.audio.samples import SUFFIX, save_samples
from myna.errors import MynaError, UnmarkableError
from myna.files import atomic_text
from myna.kaldi.data import read
from myna.kaldi.tables import read_table, write_table
from myna.measure.manners import MANNERS
from myna.settings.recipe import Settings
from myna.settings.scores import Decode
from myna.workspace import Workspace, run_again

if TYPE_CHECKING:
    from myna.networks.voice import Voice
    from myna.safety.types import Request, VoiceCard

logger = logging.getLogger(__name__)

KINDS = ("unseen", "heldout", "copy", "griffin_lim", "espeak")

SoundAndRate = tuple[NDArray[np.float32], int]


@dataclass(frozen=True)
class Line:
    """One utterance to be spoken.

    Attributes:
        id: Utterance id, `<speaker>-…`.
        text: What is said.
        seed: For the noise of the model, so that a resumed run writes the same samples.
        recording: The recording of the same text, if there is one.
    """

    id: str
    text: str
    seed: int
    recording: str | None = None


def run(settings: Settings, workspace: Workspace) -> None:
    """Speak everything that stage 6 measures; utterances that are already there are kept.

    Args:
        settings: Of the recipe; its `decode`.
        workspace: Gets `exp/clone/decode`.

    Raises:
        MynaError: The voice or the test set is missing, or a test sentence was trained on.
    """
    from myna.adapt.voice_parts import load_voice
    from myna.safety.admission import admit

    wanted, out = settings.decode, workspace.decoded
    voice = load_voice(Path(wanted.voice))
    card = card_of(voice)
    admit(card, listening_request(out / "speech.mp3", ""))  # before minutes of speech that might not be allowed
    unseen, heldout = lines(wanted, workspace, voice, settings.seed)
    language = voice.config.language

    def speak(line: Line) -> SoundAndRate:
        return voice.speak(line.text, language=language, seed=line.seed, speed=wanted.speed), voice.sample_rate

    write_set(out / "unseen", unseen, speak)
    write_set(out / "heldout", heldout, speak)
    write_baselines(out, heldout[: wanted.baselines], voice)
    for kind in KINDS:
        write_listening_copies(out / kind, card, wanted.listen)
    write_manners(out / MANNERS, unseen[0].text, voice, card, unseen[0].seed, listening_request)
    speed = measure_speed(voice, [line.text for line in unseen[: wanted.speed_sentences]])
    summary = {"voice": wanted.voice, "language": language, "speaker": voice.config.name, **speed}
    atomic_text(out / "decode.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n")


def lines(wanted: Decode, workspace: Workspace, voice: "Voice", seed: int) -> tuple[list[Line], list[Line]]:
    """Return the unseen sentences and the held-out prompts."""
    test_set = read(wanted.test_set)
    if not test_set.utterances:
        raise MynaError(f"{wanted.test_set} holds no utterance; {run_again('create_dataset')}")
    speaker = test_set.speakers[0]
    training = sorted(path for path in workspace.dump.glob("*/text") if path.parent.name.endswith("train"))
    path = sentences_file(voice.config.language, wanted.sentences)
    texts = unseen_sentences(path, wanted.unseen, training)
    unseen = [Line(f"{speaker}-unseen-{n:03d}", text, seed + n) for n, text in enumerate(texts, start=1)]
    chosen = list(test_set.utterances.values())[: wanted.heldout]
    heldout = [Line(u.id, u.text, seed + 1000 + n, u.audio) for n, u in enumerate(chosen)]
    return unseen, heldout


def write_baselines(out: Path, heldout: list[Line], voice: "Voice") -> None:
    """Write `copy`, `griffin_lim` and `espeak` for some held-out prompts, as far as each can be made."""
    from myna.networks.vocoder.griffin_lim import GriffinLim

    vocoder = voice.vocoder
    if vocoder is not None:
        write_set(out / "copy", heldout, lambda line: copy_synthesis(str(line.recording), vocoder))
    inverter = GriffinLim()
    write_set(out / "griffin_lim", heldout, lambda line: copy_synthesis(str(line.recording), inverter))
    write_set(out / "espeak", heldout, lambda line: formant_speech(line.text, voice.config.language))


def write_set(folder: Path, spoken: list[Line], speak: Callable[[Line], SoundAndRate | None]) -> None:
    """Speak every line into `<folder>/<id>.npz`; the tables come last."""
    done: dict[str, Line] = {}
    for line in tqdm(spoken, desc=folder.name, unit="utt"):
        path = folder / f"{line.id}{SUFFIX}"
        if not path.is_file():
            speech = speak(line)
            if speech is None:
                logger.warning("%s: no speech for %s; left out", folder.name, line.id)
                continue
            save_samples(path, *speech)
        done[line.id] = line
    if done:
        write_table(folder / "text", {key: line.text for key, line in done.items()})
        write_table(folder / "wav.scp", {key: str(folder / f"{key}{SUFFIX}") for key in done})


def card_of(voice: "Voice") -> "VoiceCard":
    """Return what the exit wants to know of a voice that was loaded."""
    from myna.safety.types import VoiceCard

    assert voice.directory is not None
    return VoiceCard(
        name=voice.config.name,
        language=voice.config.language,
        pack_id=voice.pack_id,
        directory=voice.directory,
        consent=voice.directory / "consent.yaml",
    )


def listening_request(copy: Path, text: str) -> "Request":
    """Return the request for a copy to listen to; its audible label stands at the end, after what is compared."""
    from myna.safety.types import Request

    return Request(output=copy, text=text, requester="decode", cue_place="end")


def write_listening_copies(folder: Path, card: "VoiceCard", most: int) -> None:
    """Write `<folder>/listen/<id>.mp3` of the first utterances, as everything that leaves: marked, labelled, logged.

    Args:
        folder: A set that `write_set` wrote; nothing happens when it was left out.
        card: The voice and its consent.
        most: How many copies.
    """
    if not (folder / "wav.scp").is_file():
        return
    texts = read_table(folder / "text")
    for key, path in list(read_table(folder / "wav.scp").items())[:most]:
        try:
            write_listening_copy(Path(path), folder / "listen" / f"{key}.mp3", card, texts[key])
        except UnmarkableError as error:
            logger.warning("%s: no copy to listen to: %s", key, error)


def write_listening_copy(path: Path, copy: Path, card: "VoiceCard", text: str) -> None:
    """Write a marked, labelled and logged copy of samples, unless it is there.

    Args:
        path: The samples.
        copy: Their copy, `.mp3`.
        card: The voice and its consent.
        text: What is said.

    Raises:
        MynaError: The consent does not cover it; `UnmarkableError` where the sound cannot carry the mark.
    """
    from myna.audio.load import load_audio
    from myna.safety.release import release

    if not copy.is_file():
        sound = load_audio(path)
        release((sound.wave, sound.sample_rate), card, listening_request(copy, text))


def measure_speed(voice: "Voice", texts: list[str]) -> dict[str, float]:
    """Return `rtf` and `first_audio_s` of the voice on one thread."""
    from myna.measure.rtf import first_audio, real_time_factor

    return {
        "rtf": round(real_time_factor(voice.speak, voice.sample_rate, texts), 4),
        "first_audio_s": round(first_audio(voice.stream, texts), 4),
    }
