"""Turn one recording into processed audio, features and augmented copies, all or nothing."""

import errno
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from myna.audio.augment import Change, changed
from myna.audio.bandwidth import bandwidth
from myna.audio.load import Recording, load_audio, resampled
from myna.audio.loudness import normalise
from myna.audio.mel import log_mel
from myna.audio.mfcc import mfcc
from myna.audio.pitch import fundamental
from myna.audio.processing import Processing
from myna.audio.spectrogram import energy, linear_spectrogram
from myna.audio.trim import speech_span
from myna.errors import MynaError
from myna.files import atomic_path, atomic_text

_HALF_PRECISION = ("mel", "mfcc", "linear")


@dataclass(frozen=True)
class Item:
    """One utterance to process.

    Attributes:
        name: Utterance id.
        source: The recording.
        folder: Folder of the set in dump/.
        key: Hash of settings and input; a record with the same key is up to date.
        phones: Number of phonemes of its text, marks and spaces not counted.
        train: Whether it may be dropped.
        changes: Augmented copies to make, as (kind, value).
    """

    name: str
    source: str
    folder: str
    key: str
    phones: int
    train: bool
    changes: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Item":
        """Undo `dataclasses.asdict`, also after a way through JSON."""
        changes = tuple((kind, float(value)) for kind, value in values["changes"])
        return cls(**{**values, "changes": changes})

    def wav(self, name: str) -> Path:
        """Path of processed audio."""
        return Path(self.folder) / "wav" / f"{name}.wav"

    def feats(self, name: str) -> Path:
        """Path of features."""
        return Path(self.folder) / "feats" / f"{name}.npz"

    @property
    def record(self) -> Path:
        """Path of what is known of the finished utterance."""
        return Path(self.folder) / "records" / f"{self.name}.json"


@dataclass(frozen=True)
class Made:
    """One wav file with features: the utterance itself or a copy (`frames` of mel, `seconds`, `band` in Hz)."""

    name: str
    frames: int
    seconds: float
    band: float


@dataclass(frozen=True)
class Record:
    """What became of an item.

    Attributes:
        key: The item's key.
        made: The utterance and its copies; empty when it was dropped.
        reason: Why it was dropped, or None.
        original_rate: Rate of the recording in Hz.
        channels: Channels of the recording.
    """

    key: str
    made: tuple[Made, ...]
    reason: str | None
    original_rate: int
    channels: int


def finished(item: Item) -> Record | None:
    """Return the record of an item when it is up to date and its files are there."""
    try:
        values = json.loads(item.record.read_text(encoding="utf-8"))
        record = Record(**{**values, "made": tuple(Made(**made) for made in values["made"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None
    complete = all(item.wav(made.name).exists() and item.feats(made.name).exists() for made in record.made)
    return record if record.key == item.key and complete else None


def process(item: Item, processing: Processing) -> Record:
    """Process one utterance and write its record last, so that a kill at any time leaves it to be done again.

    Args:
        item: What to read and where to write.
        processing: What to do.

    Returns:
        What was made, or why it was dropped.

    Raises:
        MynaError: The recording cannot be used, sox fails, or the disk is full.
    """
    done = finished(item)
    if done is not None:
        return done
    try:
        record = _process(item, processing)
        atomic_text(item.record, json.dumps(asdict(record)))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise MynaError(f"the disk is full at {item.folder} ({item.name}); free space and run again") from None
    return record


def _process(item: Item, processing: Processing) -> Record:
    recording = load_audio(item.source)
    band = bandwidth(recording.wave, recording.sample_rate)
    span = speech_span(recording.wave, recording.sample_rate, processing.trim) if processing.trim.enabled else None
    kept = recording.wave if span is None else recording.wave[span[0] : span[1]]
    seconds = len(kept) / recording.sample_rate
    reason = processing.limits.reason_to_drop(seconds, item.phones) if item.train else None
    if item.train and processing.trim.enabled and span is None:
        reason = "no speech heard"
    made: list[Made] = []
    if reason is None:
        cut = Recording(kept, recording.sample_rate, recording.original_rate, recording.channels)
        made.append(_store(item, item.name, resampled(cut, processing.mel.sample_rate).wave, band, processing))
        made += [_copy(item, Change(kind, value), band, processing) for kind, value in item.changes]
    return Record(item.key, tuple(made), reason, recording.original_rate, recording.channels)


def _copy(item: Item, change: Change, band: float, processing: Processing) -> Made:
    name, rate = change.derive(item.name), processing.mel.sample_rate
    wave = changed(item.wav(item.name), change, rate)
    return _store(item, name, wave, min(band * change.frequency_factor, rate / 2), processing)


def _store(item: Item, name: str, wave: np.ndarray, band: float, processing: Processing) -> Made:
    """Level, round to 16 bit, cut to whole frames, and write audio and features."""
    mel = processing.mel
    wave = normalise(wave - wave.mean(), mel.sample_rate, processing.loudness)
    wave = np.pad(wave, (0, max(0, mel.n_fft - len(wave))))
    frames = mel.frames(len(wave))
    samples = np.clip(np.round(wave[: frames * mel.hop_length] * 32768), -32768, 32767).astype(np.int16)
    stream = io.BytesIO()
    soundfile.write(stream, samples, mel.sample_rate, format="WAV", subtype="PCM_16")
    with atomic_path(item.wav(name)) as temporary:
        temporary.write_bytes(stream.getvalue())
    with atomic_path(item.feats(name)) as temporary:
        np.savez(temporary, allow_pickle=False, **extract(samples.astype(np.float32) / 32768, processing))
    return Made(name, frames, len(samples) / mel.sample_rate, band)


def extract(wave: np.ndarray, processing: Processing) -> dict[str, np.ndarray]:
    """Compute the features of processed audio.

    Args:
        wave: Samples (S,) float32 at the rate of `processing.mel`, at least `n_fft` of them.
        processing: Which features, and how.

    Returns:
        Name to array with T = S // hop_length rows: float16 `mel`, `mfcc`, `linear`; float32 `f0`, `energy`.
    """
    mel = log_mel(torch.from_numpy(np.ascontiguousarray(wave, dtype=np.float32)), processing.mel)[0].numpy()
    makers = {
        "mel": lambda: mel,
        "mfcc": lambda: mfcc(mel, processing.mfcc),
        "f0": lambda: fundamental(wave, processing.mel.sample_rate, processing.mel.hop_length, processing.pitch),
        "energy": lambda: energy(wave, processing.mel),
        "linear": lambda: linear_spectrogram(wave, processing.mel),
    }
    made = {name: makers[name]() for name in processing.keep}
    return {name: array.astype(np.float16) if name in _HALF_PRECISION else array for name, array in made.items()}
