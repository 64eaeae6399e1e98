"""Synthetic English voices (flite's awb, rms, slt, kal16) for phonetic cover: exact texts, no person's consent needed.

Licence: BSD-like. Basis: synthetic.
"""

import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from myna.corpora.clip import Clip, Corpus
from myna.corpora.sentences_en import ENGLISH
from myna.errors import MynaError
from myna.files import atomic_path
from myna.kaldi.audio import audio_seconds
from myna.kaldi.data import Consent

VOICES = ("awb", "rms", "slt", "kal16")


def download(cache: Path, voices: tuple[str, ...] = VOICES, workers: int = 2, count: int | None = None) -> Path:
    """Synthesise the first `count` sentences, or all, once; finished files are kept.

    Raises:
        MynaError: flite is not installed, lacks a voice or fails.
    """
    folder = cache / "flite"
    wanted = [(voice, number) for voice in voices for number in range(len(ENGLISH) if count is None else count)]
    missing = [(voice, number) for voice, number in wanted if not _path(folder, voice, number).is_file()]
    if missing:
        _require(voices)
        with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
            list(pool.map(lambda job: _speak(folder, *job), missing))
    return folder


def _require(voices: tuple[str, ...]) -> None:
    if shutil.which("flite") is None:
        raise MynaError("flite is not installed; install it (apt-get install flite), or set create_dataset.flite=[]")
    listed = subprocess.run(["flite", "-lv"], capture_output=True, text=True, check=False).stdout.split()
    for voice in voices:
        if voice not in listed:
            raise MynaError(f"this flite has no voice {voice}; choose create_dataset.flite among {', '.join(VOICES)}")


def _path(folder: Path, voice: str, number: int) -> Path:
    return folder / voice / f"{number:03d}.wav"


def _speak(folder: Path, voice: str, number: int) -> None:
    with atomic_path(_path(folder, voice, number)) as temporary:
        command = ["flite", "-voice", voice, "-t", ENGLISH[number], "-o", str(temporary)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not temporary.is_file():
            reason = re.sub(r"\s+", " ", done.stderr).strip() or f"exit status {done.returncode}"
            raise MynaError(f"flite could not speak sentence {number} with voice {voice} ({reason}); install it again")


def prepare(folder: Path, voices: tuple[str, ...] = VOICES) -> Corpus:
    """List the synthetic sentences."""
    clips = []
    for voice in voices:
        for number, text in enumerate(ENGLISH):
            path = _path(folder, voice, number)
            clips.append(Clip(f"flite_{voice}", f"{number:03d}", "en-us", text, path, audio_seconds(path)))
    consent = {f"flite_{voice}": Consent("synthetic", "publish", "flite BSD-like") for voice in voices}
    return Corpus(tuple(clips), consent)
