"""The Mandarin recipe: a synthetic voice as the target, since no registry carries a Mandarin person's with a licence.

The voice is mixed from Kokoro's with random weights of its own, so that it is none of those which the base has heard.
"""

from pathlib import Path

import soundfile
from tqdm import tqdm

from myna.corpora import kokoro, mini_voices
from myna.corpora.clip import Clip, Corpus, merge
from myna.corpora.kokoro_cast import Cast
from myna.corpora.select import minutes_of, split
from myna.corpora.sentences_zh import MANDARIN
from myna.errors import MynaError
from myna.files import atomic_path
from myna.kaldi.audio import audio_seconds
from myna.kaldi.data import Consent
from myna.settings.recipe import Settings
from myna.workspace import Workspace

# Of the mixing: the speakers of recipes/base are mixed with seed 1.
SEED = 2027
VOICES = {"f": "mf_mix000", "m": "mm_mix001"}


def build(settings: Settings, workspace: Workspace, downloads: Path) -> tuple[Corpus, mini_voices.Sets]:
    """Let the target speak, fetch the pool and deal them into the six sets.

    Arguments and result as those of `mini_voices.build`.

    Raises:
        MynaError: `create_dataset.voice.speaker` is neither f nor m, or a package cannot be fetched.
    """
    node = settings.create_dataset
    target = prepare(downloads, str(node.voice.speaker))
    test, dev, train = split(target.clips, minutes_of(node.voice))
    known, sets = mini_voices.pool(node, downloads)
    return merge([target, known]), sets | {"target_train": train, "target_dev": dev, "target_test": test}


def prepare(cache: Path, gender: str) -> Corpus:
    """Let the voice say every sentence once; what is there already is kept."""
    if gender not in VOICES:
        raise MynaError(f"create_dataset.voice.speaker={gender} is no voice of this recipe; choose f or m")
    speaker, clips = f"kokoro_zh_{gender}", []
    for number, text in enumerate(MANDARIN):
        clips.append((f"{number:03d}", text, cache / speaker / f"{number:03d}.flac"))
    missing = [(text, path) for _, text, path in clips if not path.is_file()]
    if missing:
        _speak(kokoro.download(cache), VOICES[gender], missing)
    listed = tuple(Clip(speaker, name, "cmn", text, path, audio_seconds(path)) for name, text, path in clips)
    return Corpus(listed, {speaker: Consent("synthetic", "publish", "Apache-2.0 (Kokoro-82M)")})


def _speak(folder: Path, voice: str, lines: list[tuple[str, Path]]) -> None:
    teacher = kokoro.Kokoro(folder / "kokoro.onnx", Cast(folder / "voices", len(VOICES), SEED))
    for text, path in tqdm(lines, desc="Kokoro speaks the target", disable=None):
        with atomic_path(path) as temporary:
            soundfile.write(temporary, teacher.speak(text, voice, "cmn"), kokoro.RATE, format="FLAC", subtype="PCM_16")
