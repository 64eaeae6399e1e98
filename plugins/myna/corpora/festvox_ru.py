"""festvox-ru: one man (nsh) reading 620 Russian sentences for a synthesiser, 16 kHz, from Debian.

Licence: BSD-like; recorded and published by the speaker himself for speech synthesis.
"""

import re
from pathlib import Path

from myna.corpora import archives, fetch
from myna.corpora.clip import Clip, Corpus
from myna.errors import MynaError
from myna.kaldi.audio import audio_seconds
from myna.kaldi.data import Consent
from myna.kaldi.rates import outliers

PACKAGE, VERSION = "festvox-ru", "0.5+dfsg-6"
SHA256 = "21ef3f0f2978ecf2e2eddb367cb0ff4a72572196d28dc69feb84f4177af5e6c4"
SPEAKER = "nsh_ru"
TREE = "usr/share/festival/voices/russian/msu_ru_nsh_clunits"
LINE = re.compile(r'^\(\s*(\S+)\s+"(.*)"\s*\)$')


def download(cache: Path) -> Path:
    """Fetch the package (178 MB) and unpack the recordings and their text."""

    def unpack(folder: Path) -> None:
        archive = fetch.obtain_deb(PACKAGE, VERSION, SHA256, cache)
        archives.extract_deb(archive, folder, lambda name: "/wav/" in name or name.endswith("txt.done.data"))

    return archives.unpack_once(cache / "festvox_ru", SHA256, unpack)


def prepare(folder: Path, min_seconds: float = 1.5, max_seconds: float = 15.0) -> Corpus:
    """List the sentences.

    Raises:
        MynaError: A line of the transcript file cannot be understood; names the line.
    """
    root = folder / TREE
    clips = {}
    for name, text in transcripts(root / "etc" / "txt.done.data").items():
        path = root / "wav" / f"{name}.wav"
        if not path.is_file():
            continue
        seconds = audio_seconds(path)
        if min_seconds <= seconds <= max_seconds:
            clips[name] = Clip(SPEAKER, name, "ru", text, path, seconds)
    odd = outliers({name: (clip.text, clip.duration, clip.language) for name, clip in clips.items()})
    kept = tuple(clip for name, clip in sorted(clips.items()) if name not in odd)
    return Corpus(kept, {SPEAKER: Consent("licence", "publish", "festvox-ru BSD-like")})


def transcripts(path: Path) -> dict[str, str]:
    """Read Festival's `( name "text" )` lines; "+" marks stress and is not text."""
    table = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        match = LINE.match(line.strip())
        if not match:
            raise MynaError(f'{path}, line {number}: not of the form ( name "text" ); fetch the corpus again')
        table[match.group(1)] = match.group(2).replace("+", "").replace('\\"', "")
    return table
