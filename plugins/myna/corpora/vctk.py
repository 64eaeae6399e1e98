"""VCTK 0.92 (Yamagishi, Veaux, MacDonald 2019, doi 10.7488/ds/2645): 110 English speakers of many accents, 48 kHz.

Licence: CC BY 4.0. Recorded at the University of Edinburgh for speech synthesis and voice cloning research.
"""

from pathlib import Path

from tqdm import tqdm

from myna.corpora import archives, fetch, many
from myna.corpora.clip import Clip, Corpus
from myna.errors import MynaError
from myna.kaldi.audio import audio_seconds
from myna.kaldi.data import Consent
from myna.kaldi.tables import read_lines
from myna.settings.corpus import Vctk
from myna.settings.recipe import Settings
from myna.workspace import Workspace

URL = "https://datashare.ed.ac.uk/bitstream/handle/10283/3443/VCTK-Corpus-0.92.zip"
SOURCE = fetch.Source("VCTK-Corpus-0.92.zip", "f96258be9fdc2cbff6559541aae7ea4f59df3fcaf5cf963aae5ca647357e359c", URL)
AMERICAN = ("American", "Canadian")


def build(settings: Settings, workspace: Workspace, downloads: Path) -> tuple[Corpus, many.Sets]:
    """Fetch the corpus and deal it into the sets."""
    node = settings.create_dataset
    assert isinstance(node, Vctk)
    corpus = prepare(download(downloads), node.mic, node.min_seconds, node.max_seconds)
    return corpus, many.deal(corpus, node)


def download(cache: Path) -> Path:
    """Fetch (11.7 GB) and unpack the corpus."""

    def unpack(archive: Path, folder: Path) -> None:
        archives.extract_zip(
            archive, folder, lambda n: n.startswith(("wav48_silence_trimmed/", "txt/", "speaker-info"))
        )

    return archives.bring_once(cache / "vctk", SOURCE, URL, unpack)


def prepare(root: Path, mic: str = "mic2", min_seconds: float = 1.0, max_seconds: float = 15.0) -> Corpus:
    """List the utterances that have sound and text (p315 has no text, p280 no mic2).

    Args:
        root: Folder with `wav48_silence_trimmed/`, `txt/` and `speaker-info.txt`.
        mic: mic1 or mic2.
        min_seconds: Shortest utterance.
        max_seconds: Longest utterance.

    Raises:
        MynaError: The folder has not this layout.
    """
    files = sorted((root / "wav48_silence_trimmed").glob(f"*/*_{mic}.flac"))
    if not files:
        raise MynaError(f"{root} has no wav48_silence_trimmed/*/*_{mic}.flac; is it VCTK 0.92, and is the mic right?")
    accents = _accents(root / "speaker-info.txt")
    clips = []
    for path in tqdm(files, desc="VCTK", unit="file", disable=None):
        speaker, name = path.parent.name, path.stem.removesuffix(f"_{mic}")
        text = root / "txt" / speaker / f"{name}.txt"
        if text.is_file() and min_seconds <= (seconds := audio_seconds(path)) <= max_seconds:
            said = " ".join(line.strip() for _, line in read_lines(text)).strip()
            language = "en-us" if accents.get(speaker) in AMERICAN else "en-gb"
            clips.append(Clip(speaker, name.split("_", 1)[1], language, said, path, seconds))
    consent = {clip.speaker: Consent("licence", "evaluation", "CC-BY-4.0 (VCTK 0.92)") for clip in clips}
    return Corpus(tuple(clips), consent)


def _accents(path: Path) -> dict[str, str]:
    """Read `ID AGE GENDER ACCENTS …`; returns speaker → accent."""
    rows = [line.split() for _, line in read_lines(path)] if path.is_file() else []
    return {row[0]: row[3] for row in rows[1:] if len(row) > 3}
