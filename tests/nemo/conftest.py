"""A feature directory in the layout of stage 1, made of synthetic speech-like sound."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from myna.audio.mel import log_mel
from myna.kaldi.tables import write_table

RATE = 22_050


def voice(seconds: float, pitch: float, seed: int) -> np.ndarray:
    """Harmonics that glide and swell, with a little breath: `(samples,)`."""
    random = np.random.default_rng(seed)
    time = np.arange(int(RATE * seconds)) / RATE
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.1 * np.sin(2 * np.pi * 1.5 * time))) / RATE
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * time)
    wave = swell * sum(np.sin(k * phase) / k for k in range(1, 25)) + 0.05 * random.standard_normal(len(time))
    return (0.1 * wave).astype(np.float32)


def write_set(directory: Path, speakers: dict[str, float], seconds: float = 1.6) -> Path:
    """Write two utterances a speaker, one augmented copy, and the tables that go with them."""
    tables: dict[str, dict[str, str]] = {
        name: {} for name in ("wav.scp", "feats.scp", "utt2num_frames", "utt2band", "utt2orig")
    }
    for number, (speaker, pitch) in enumerate(speakers.items()):
        for take in range(2):
            add(tables, directory, f"{speaker}-{take}", voice(seconds, pitch, 10 * number + take), 8_000 + 3_025 * take)
        add(tables, directory, f"sp0.9-{speaker}-0", voice(seconds, 0.9 * pitch, number), 8_000)
        tables["utt2orig"][f"sp0.9-{speaker}-0"] = f"{speaker}-0"
    for name, table in tables.items():
        write_table(directory / name, table)
    return directory


def add(tables: dict[str, dict[str, str]], directory: Path, key: str, wave: np.ndarray, band: int) -> None:
    """Write audio and features of one utterance and its lines of the tables."""
    audio, features = directory / "wav" / f"{key}.wav", directory / "feats" / f"{key}.npz"
    for path in (audio, features):
        path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(audio, wave, RATE, subtype="PCM_16")
    mel = log_mel(torch.from_numpy(wave))[0].numpy()
    np.savez(features, mel=mel.astype(np.float16))
    values = {"wav.scp": str(audio), "feats.scp": str(features), "utt2num_frames": str(len(mel)), "utt2band": str(band)}
    for name, value in values.items():
        tables[name][key] = value


@pytest.fixture(scope="session")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`dump/` with pool_train, target_train, target_dev and spk_test."""
    root = tmp_path_factory.mktemp("dump")
    for name, speakers in {
        "pool_train": {"anna": 210.0, "bert": 110.0},
        "target_train": {"carl": 130.0},
        "target_dev": {"carl": 135.0},
        "spk_test": {"dora": 190.0},
    }.items():
        write_set(root / name, speakers)
    return root
