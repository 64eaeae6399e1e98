"""AISHELL-3 (Shi et al. 2020, openslr.org/93): 218 Mandarin speakers, 85 hours, 44.1 kHz.

Licence: Apache 2.0. Recorded by paid speakers for speech synthesis research.
"""

from pathlib import Path

from tqdm import tqdm

from myna.corpora import archives, fetch, many
from myna.corpora.clip import Clip, Corpus
from myna.errors import MynaError
from myna.kaldi.audio import audio_seconds
from myna.kaldi.data import Consent
from myna.kaldi.tables import read_lines
from myna.settings.corpus import Many
from myna.settings.recipe import Settings
from myna.workspace import Workspace

URL = "https://www.openslr.org/resources/93/data_aishell3.tgz"
# The corpus's page publishes no checksum; gzip's own CRC is checked while unpacking.
SOURCE = fetch.Source("data_aishell3.tgz", "", URL)


def build(settings: Settings, workspace: Workspace, downloads: Path) -> tuple[Corpus, many.Sets]:
    """Fetch the corpus and deal it into the sets; speakers of its test part only are never in the pool."""
    node = settings.create_dataset
    assert isinstance(node, Many)
    root = download(downloads)
    corpus = prepare(root, node.min_seconds, node.max_seconds)
    learned = {path.name for path in (root / "train" / "wav").iterdir()}
    heldout = {path.name for path in (root / "test" / "wav").iterdir()} - learned
    return corpus, many.deal(corpus, node, sorted(heldout))


def download(cache: Path) -> Path:
    """Fetch (19 GB) and unpack the corpus."""

    def unpack(archive: Path, folder: Path) -> None:
        archives.extract_tar(archive, folder, lambda _: True)

    return archives.bring_once(cache / "aishell3", SOURCE, URL, unpack, key=SOURCE.name)


def prepare(root: Path, min_seconds: float = 1.0, max_seconds: float = 15.0) -> Corpus:
    """List the utterances of both parts: `<part>/wav/<speaker>/<id>.wav`, texts in `<part>/content.txt`.

    Raises:
        MynaError: A part has no content.txt, or a line of it cannot be understood.
    """
    clips = []
    for part in ("train", "test"):
        texts = transcripts(root / part / "content.txt")
        for path in tqdm(sorted((root / part / "wav").glob("*/*.wav")), desc=part, unit="file", disable=None):
            if path.name in texts and min_seconds <= (seconds := audio_seconds(path)) <= max_seconds:
                speaker = path.parent.name
                name = path.stem.removeprefix(speaker)
                clips.append(Clip(speaker, name, "cmn", texts[path.name], path, seconds))
    if not clips:
        raise MynaError(f"{root} holds no <part>/wav/<speaker>/<id>.wav with a text; is it AISHELL-3?")
    consent = {clip.speaker: Consent("licence", "evaluation", "Apache-2.0 (AISHELL-3)") for clip in clips}
    return Corpus(tuple(clips), consent)


def transcripts(path: Path) -> dict[str, str]:
    """Read `file<TAB>字 pinyin 字 pinyin …`; returns file name → characters."""
    texts = {}
    for number, line in read_lines(path):
        if not line.strip():
            continue
        name, tab, rest = line.partition("\t")
        characters = rest.split()[::2]
        if not tab or not characters:
            raise MynaError(f"{path}, line {number}: not `file<TAB>character pinyin …`; unpack the corpus again")
        texts[name.strip()] = "".join(characters)
    return texts
