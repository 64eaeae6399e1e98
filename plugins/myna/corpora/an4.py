"""Eight utterances of CMU's AN4 (five speakers, 16 kHz) that the espnet package carries for its own tests.

Licence: CMU, BSD-like. Used as unknown speakers only: scope evaluation.
"""

import importlib.util
import re
from pathlib import Path

from myna.corpora import archives
from myna.corpora.clip import Clip, Corpus
from myna.errors import MynaError
from myna.files import sha256
from myna.kaldi.audio import audio_seconds
from myna.kaldi.data import Consent

SHA256 = "42314268903a35709fff2029ee0fbac27c886eae37de308733e0f1b465f4eb5e"
ARCHIVE = "mini_an4/esp2_asr/downloads.tar.gz"
LINE = re.compile(r"^(?:<s>\s*)?(.*?)(?:\s*</s>)?\s*\((\S+)\)$")


def download(cache: Path) -> Path:
    """Unpack the corpus from the installed espnet package.

    Raises:
        MynaError: The package is missing or carries another archive.
    """

    def unpack(folder: Path) -> None:
        archives.extract_tar(_archive(), folder, lambda name: name.startswith("downloads/an4/"))

    return archives.unpack_once(cache / "an4", SHA256, unpack)


def _archive() -> Path:
    found = importlib.util.find_spec("egs3")
    folders = list(found.submodule_search_locations or []) if found else []
    for folder in folders:
        path = Path(folder) / ARCHIVE
        if path.is_file():
            if sha256(path) != SHA256:
                raise MynaError(f"{path} has another content than expected; install espnet 202611 again")
            return path
    raise MynaError(f"egs3/{ARCHIVE} is missing from the installed espnet package; install espnet 202611")


def prepare(folder: Path, min_seconds: float = 0.5) -> Corpus:
    """List the utterances that have a transcript."""
    root = folder / "downloads" / "an4"
    clips = []
    for table in ("an4_train.transcription", "an4_test.transcription"):
        for line in (root / "etc" / table).read_text(encoding="utf-8").splitlines():
            match = LINE.match(line.strip())
            if match:
                clips += _clips(root, match.group(2), match.group(1).lower(), min_seconds)
    consent = {clip.speaker: Consent("licence", "evaluation", "CMU-AN4 BSD-like") for clip in clips}
    return Corpus(tuple(sorted(clips, key=lambda clip: clip.id)), consent)


def _clips(root: Path, name: str, text: str, min_seconds: float) -> list[Clip]:
    # an251-fash-b: utterance, speaker, microphone
    utterance, speaker, _ = name.split("-")
    paths = list(root.glob(f"wav/*/{speaker}/{name}.sph"))
    if not paths or audio_seconds(paths[0]) < min_seconds:
        return []
    return [Clip(f"an4_{speaker}", utterance, "en-us", text, paths[0], audio_seconds(paths[0]))]
