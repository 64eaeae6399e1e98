"""A processed set in the project's format, small enough to train on in a second."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

SPEAKERS = ("ana", "ben", "eva", "tom")


def write_set(root: Path, speakers: tuple[str, ...] = SPEAKERS, each: int = 4, seed: int = 0) -> Path:
    """Write `dump/<set>`, or add to it, with a spectral shape of its own for each speaker; `sp…-x` copies x."""
    random = np.random.default_rng(seed)
    rows: dict[str, list[str]] = {}
    for speaker in speakers:
        shape = np.random.default_rng(sum(map(ord, speaker))).normal(0, 1, 80)
        for number in range(each):
            utterance, frames = f"{speaker}-{number:03d}", int(random.integers(40, 90))
            mel = (shape - 4 + 0.3 * random.normal(size=(frames, 80))).astype(np.float16)
            f0 = np.full(frames, 150.0, np.float32)
            (root / "feats").mkdir(parents=True, exist_ok=True)
            (root / "wav").mkdir(exist_ok=True)
            np.savez(root / "feats" / f"{utterance}.npz", mel=mel, f0=f0, energy=f0 * 0 + 1, mfcc=mel[:, :20])
            pitch = 100 + sum(map(ord, speaker)) % 97
            wave = 0.1 * np.sign(np.sin(2 * np.pi * pitch * np.arange(frames * 256) / 22_050))
            soundfile.write(root / "wav" / f"{utterance}.wav", wave, 22_050, subtype="PCM_16")
            values = {
                "wav.scp": str(root / "wav" / f"{utterance}.wav"),
                "feats.scp": str(root / "feats" / f"{utterance}.npz"),
                "utt2spk": speaker,
                "utt2num_frames": str(frames),
                "utt2lang": "en-us",
                "utt2band": "8000",
                "utt2dur": f"{frames * 256 / 22_050:.3f}",
                "text": "hello world",
                "phones": "h ə l o ʊ <space> w ɜ l d",
            }
            if speaker.startswith("sp"):
                values["utt2orig"] = utterance.partition("-")[2]
            for name, value in values.items():
                rows.setdefault(name, []).append(f"{utterance} {value}\n")
    for name, lines in rows.items():
        with (root / name).open("a", encoding="utf-8") as table:
            table.writelines(lines)
    return root


@pytest.fixture
def make_set() -> Callable[..., Path]:
    """Return `write_set(root, speakers, each, seed)`."""
    return write_set


@pytest.fixture
def tiny_set(tmp_path: Path) -> Path:
    """Four speakers with four utterances each, at `dump/tiny`, with a token list beside."""
    from myna.text.tokens import default_tokens

    default_tokens().save(tmp_path / "dump" / "tokens.txt")
    return write_set(tmp_path / "dump" / "tiny")
