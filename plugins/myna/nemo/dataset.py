"""Pairs of mel spectrogram and wave out of `dump/<set>`, for vocoders."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor

from myna.audio.features import read_arrays
from myna.audio.mel import MelConfig
from myna.errors import MynaError
from myna.files import atomic_text
from myna.kaldi.tables import read_table
from myna.workspace import run_again, run_first


@dataclass(frozen=True)
class Item:
    """One utterance of a feature directory.

    Attributes:
        id: Utterance id.
        audio: Path of the wave file.
        features: Path of the feature file, which holds `mel (T, 80)`.
        frames: Number of mel frames.
        band: Hz up to which the original recording reaches.
    """

    id: str
    audio: str
    features: str
    frames: int
    band: float


def read_items(directory: Path | str, augmented: bool = False) -> list[Item]:
    """List the utterances of a feature directory.

    Args:
        directory: `dump/<set>`.
        augmented: Whether to list the copies that augmentation made, too.

    Raises:
        MynaError: The directory or a table is missing, or the tables disagree; names the stage to run.
    """
    directory = Path(directory)
    if not (directory / "feats.scp").is_file():
        raise MynaError(f"{directory}/feats.scp is missing; {run_first('extract_features')}")
    audio, frames, band = (read_table(directory / name) for name in ("wav.scp", "utt2num_frames", "utt2band"))
    features = read_arrays(directory)
    copies = read_table(directory / "utt2orig") if (directory / "utt2orig").is_file() else {}
    try:
        return [
            Item(key, _found(directory, audio[key]), _found(directory, path), int(frames[key]), float(band[key]))
            for key, path in features.items()
            if augmented or copies.get(key, key) == key
        ]
    except KeyError as error:
        raise MynaError(
            f"{directory}: tables disagree about utterance {error}; {run_again('extract_features')}"
        ) from error


def _found(directory: Path, path: str) -> str:
    """Resolve a stored path: absolute, relative to the set, or relative to where the program runs."""
    return str(directory / path) if (directory / path).exists() else path


def load(item: Item, mel: MelConfig | None = None) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """Read one utterance.

    Returns:
        `mel (T, 80)` and its wave `(T * hop_length,)`, of equal time.

    Raises:
        MynaError: A file is unreadable or the two do not belong together; names the utterance.
    """
    hop = (mel or MelConfig()).hop_length
    try:
        wave, _ = soundfile.read(item.audio, dtype="int16")
        with np.load(item.features) as arrays:
            spectrum = arrays["mel"]
    except (OSError, ValueError, KeyError, soundfile.LibsndfileError) as error:
        raise MynaError(f"utterance {item.id} cannot be read ({error}); {run_again('extract_features')}") from error
    frames = min(len(spectrum), len(wave) // hop)
    if abs(len(spectrum) - len(wave) // hop) > 1:
        raise MynaError(
            f"utterance {item.id}: {len(spectrum)} mel frames but audio for {len(wave) // hop}; "
            + run_again("extract_features")
        )
    return spectrum[:frames].astype(np.float32), wave[: frames * hop]


class SegmentDataset(torch.utils.data.Dataset[dict[str, Tensor]]):
    """Random segments, each utterance as often as it is long; the n-th draw is always the same.

    What was read stays in memory (3.5 MB a minute of speech), so that a step costs no reading.

    Attributes:
        skip: Draws that an earlier part of the same training has used, in all processes.
        rank: Number of the process among those that train together.
        world: How many there are. Each takes every `world`-th draw, so that together they draw what one would.
    """

    def __init__(
        self, directories: Sequence[Path | str], frames: int, draws: int, seed: int = 0, augmented: bool = False
    ) -> None:
        """List what can be drawn.

        Args:
            directories: Feature directories, `dump/<set>`.
            frames: Frames of a segment; shorter utterances are left out.
            draws: Length of the data set.
            seed: Of the draws.
            augmented: Whether to draw augmented copies, too.

        Raises:
            MynaError: A directory is missing, or no utterance is long enough.
        """
        everything = [item for directory in directories for item in read_items(directory, augmented)]
        self.items = [item for item in everything if item.frames >= frames]
        if not self.items:
            folders = ", ".join(str(d) for d in directories)
            raise MynaError(f"{folders}: no utterance has {frames} frames; lower vocoder.segment_frames or add speech")
        self.frames, self.draws, self.seed = frames, draws, seed
        self.skip, self.rank, self.world = 0, 0, 1
        self.ends = np.cumsum([item.frames for item in self.items])
        self.cache: dict[int, tuple[NDArray[np.float16], NDArray[np.int16]]] = {}

    def __len__(self) -> int:
        """Return the number of draws."""
        return self.draws

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Return draw `index` of this process: `mel (frames, 80)`, `wave (frames * hop,)` in [-1, 1], `band ()` Hz."""
        draw = index * self.world + self.rank + self.skip
        random = np.random.default_rng([self.seed, 0, draw])
        number = int(np.searchsorted(self.ends, random.integers(self.ends[-1]), side="right"))
        mel, wave = self._read(number)
        start = int(random.integers(len(mel) - self.frames + 1)) if len(mel) > self.frames else 0
        hop = MelConfig().hop_length
        samples = wave[start * hop : (start + self.frames) * hop].astype(np.float32) / 32_768
        segment = mel[start : start + self.frames].astype(np.float32)
        missing = self.frames - len(segment)  # at most the one frame by which a table may differ from its file
        return {
            "mel": torch.from_numpy(np.pad(segment, ((0, missing), (0, 0)), mode="edge")),
            "wave": torch.from_numpy(np.pad(samples, (0, missing * hop))),
            "band": torch.tensor(self.items[number].band, dtype=torch.float32),
        }

    def _read(self, number: int) -> tuple[NDArray[np.float16], NDArray[np.int16]]:
        if number not in self.cache:
            mel, wave = load(self.items[number])
            self.cache[number] = mel.astype(np.float16), wave
        return self.cache[number]


def write_manifest(directory: Path | str, manifest: Path | str) -> None:
    """Write the JSON lines that NeMo's own `VocoderDataset` reads: audio and its duration.

    Args:
        directory: Feature directory, `dump/<set>`.
        manifest: The file to write.
    """
    mel = MelConfig()
    lines = (
        json.dumps({"audio_filepath": item.audio, "duration": item.frames * mel.hop_length / mel.sample_rate})
        for item in read_items(directory, augmented=True)
    )
    atomic_text(manifest, "".join(f"{line}\n" for line in lines))
