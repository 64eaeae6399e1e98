"""LJ Speech 1.1 (Ito and Johnson 2017): one reader of LibriVox books, 13,100 clips, 24 hours, 22.05 kHz.

Licence: public domain. One voice with much data: the upper bound for clones made from minutes.
"""

from pathlib import Path

from myna.corpora import archives, fetch, mini_voices, transcripts
from myna.corpora.clip import Clip, Corpus, merge
from myna.corpora.many import Sets
from myna.corpora.select import minutes_of, split, without_sentences
from myna.errors import MynaError
from myna.kaldi.audio import audio_seconds
from myna.kaldi.data import Consent
from myna.settings.recipe import Settings
from myna.workspace import Workspace

URL = "https://data.keithito.com/data/speech/LJSpeech-1.1.tar.bz2"
SOURCE = fetch.Source("LJSpeech-1.1.tar.bz2", "be1a30453f28eb8dd26af4101ae40cbf2c50413b1bb21936cbcdc6fae3de8aa5", URL)
SPEAKER = "ljspeech"


def build(settings: Settings, workspace: Workspace, downloads: Path) -> tuple[Corpus, Sets]:
    """Fetch the corpus as the target; the pool is that of mini_voices, or none."""
    node = settings.create_dataset
    corpus = prepare(download(downloads), node.min_seconds, node.max_seconds)
    test, dev, train = split(corpus.clips, minutes_of(node.voice))
    sets: Sets = {"target_train": train, "target_dev": dev, "target_test": test}
    if node.pool == "none":
        return corpus, sets
    known, pool = mini_voices.pool(node, downloads)
    for name in ("pool_train", "pool_dev"):
        pool[name] = without_sentences(pool[name], test)
    return merge([known, corpus]), pool | sets


def download(cache: Path) -> Path:
    """Fetch (2.6 GB) and unpack the corpus."""

    def unpack(archive: Path, folder: Path) -> None:
        archives.extract_tar(archive, folder, lambda _: True)

    return archives.bring_once(cache / "ljspeech", SOURCE, URL, unpack)


def prepare(root: Path, min_seconds: float = 1.0, max_seconds: float = 15.0) -> Corpus:
    """List the clips of `LJSpeech-1.1/metadata.csv` (`id|text|normalised text`).

    Raises:
        MynaError: The table or the wav file of a row is missing.
    """
    folder = root / "LJSpeech-1.1"
    clips = []
    for name, text in transcripts.read_ljspeech(folder / "metadata.csv").items():
        path = folder / "wavs" / f"{name}.wav"
        if not path.is_file():
            raise MynaError(f"{path} is missing though metadata.csv names it; unpack LJSpeech-1.1.tar.bz2 again")
        seconds = audio_seconds(path)
        if min_seconds <= seconds <= max_seconds:
            clips.append(Clip(SPEAKER, name, "en-us", text, path, seconds))
    return Corpus(tuple(clips), {SPEAKER: Consent("public_domain", "evaluation", "Public Domain (LJ Speech)")})
