"""Voice prints with GE2E (Wan et al. 2018)."""

from pathlib import Path

import numpy as np

from myna.errors import MynaError
from myna.safety.encode import decode, resample
from myna.safety.sound import Audio

_RATE = 16000
_SUFFIXES = {".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".g722"}


def embed(audio: Audio) -> np.ndarray:
    """Return the voice print of a sound: float32 `(256,)`, length 1.

    Raises:
        MynaError: The encoder, a network in torch, is not installed.
    """
    try:
        from myna.measure.ge2e import ge2e_embedding
    except ImportError as error:
        raise MynaError(f"voice prints need torch ({error}): pip install myna") from error
    return ge2e_embedding(resample(audio.wave, audio.sample_rate, _RATE))


def embed_file(path: Path) -> np.ndarray:
    """Return the voice print of a file: float32 `(256,)`, length 1."""
    return embed(decode(path))


def speakers_of(directory: Path, limit: int) -> list[tuple[str, Path]]:
    """List speakers and files of a Kaldi data directory (wav.scp, utt2spk) or of a folder with a sub-folder a speaker.

    Args:
        directory: The folder.
        limit: Files a speaker, spread evenly.

    Raises:
        MynaError: No sound is found.
    """
    if (directory / "wav.scp").exists():
        speaker = dict(line.split(maxsplit=1) for line in _lines(directory / "utt2spk"))
        pairs = [
            (speaker[utt].strip(), Path(wav.strip()))
            for utt, wav in (line.split(maxsplit=1) for line in _lines(directory / "wav.scp"))
        ]
    else:
        pairs = [(path.parent.name, path) for path in sorted(directory.glob("*/*")) if path.suffix.lower() in _SUFFIXES]
    if not pairs:
        raise MynaError(f"{directory}: no sounds; give a Kaldi data directory, or a folder with a sub-folder a speaker")
    groups: dict[str, list[Path]] = {}
    for name, path in pairs:
        groups.setdefault(name, []).append(path)
    return [(name, path) for name, paths in groups.items() for path in paths[:: max(1, len(paths) // limit)][:limit]]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise MynaError(f"{path}: cannot be read ({error}); give a whole Kaldi data directory") from error
