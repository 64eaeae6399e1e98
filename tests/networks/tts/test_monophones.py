"""Gaussians find where the symbols of a text begin: in made spectra, and in flite's speech, which tells where."""

import subprocess
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.audio.load import load_audio
from myna.audio.mel import log_mel
from myna.corpora.sentences_en import ENGLISH
from myna.errors import MynaError
from myna.networks.tts.monophones import Monophones, Recording, train
from myna.networks.tts.sounding import AFTER, BEFORE, settle, sounding

LETTERS = "abcdefghijkl"
MARKED = [*"abcdˈˌːʲˑ "]
HOP = 256 / 22_050


def made(count: int, seed: int, letters: str = LETTERS) -> tuple[list[Recording], list[np.ndarray]]:
    """Texts of random letters, each with a spectrum and a length of its own, and how long each letter really is."""
    random = np.random.default_rng(seed)
    shapes = np.cumsum(np.random.default_rng(7).normal(0, 0.6, (len(letters), 80)), 1)
    shapes -= shapes.mean(1, keepdims=True)
    recordings, truth = [], []
    for number in range(count):
        tokens = random.integers(0, len(letters), 15)
        frames = 2 + tokens + random.integers(0, 4, 15)
        mel = np.repeat(shapes[tokens], frames, 0) + random.normal(0, 1, (frames.sum(), 80)) - 5
        recordings.append(Recording(tokens, len(mel), f"g{number % 2}", partial(np.asarray, mel)))
        truth.append(frames)
    return recordings, truth


def off(found: list[np.ndarray], truth: list[np.ndarray]) -> float:
    """Mean distance of the inner boundaries in frames."""
    return float(np.concatenate([abs(a.cumsum() - b.cumsum())[:-1] for a, b in zip(found, truth, strict=True)]).mean())


def even(recordings: list[Recording]) -> list[np.ndarray]:
    """What an even split gives."""
    return [np.diff(np.linspace(0, r.frames, len(r.tokens) + 1).round().astype(int)) for r in recordings]


def test_boundaries_of_made_spectra_are_found_the_same_at_every_training() -> None:
    recordings, truth = made(30, 0)
    model, found = train(LETTERS, recordings)
    assert off(found, truth) < 0.25 * off(even(recordings), truth)
    again, same = train(LETTERS, recordings)
    assert np.array_equal(model.mean, again.mean) and np.array_equal(model.inverse, again.inverse)
    assert all(np.array_equal(a, b) for a, b in zip(found, same, strict=True))
    new, unheard = made(20, 1)
    assert off([model.align(r.tokens, r.mel(), "elsewhere") for r in new], unheard) < 0.25 * off(even(new), unheard)


def test_what_is_kept_aligns_as_the_training_did(tmp_path: Path) -> None:
    recordings, _ = made(8, 0)
    model, found = train(LETTERS, recordings, rounds=3)
    model.save(tmp_path / "aligner.safetensors")
    kept = Monophones.load(tmp_path / "aligner.safetensors")
    assert (kept.symbols, kept.groups) == (list(LETTERS), ["g0", "g1"])
    for recording, durations in zip(recordings, found, strict=True):
        assert np.array_equal(kept.align(recording.tokens, recording.mel(), recording.group), durations)
    (tmp_path / "other.safetensors").write_bytes(b"no")
    for name in ("other.safetensors", "none.safetensors"):
        with pytest.raises(MynaError, match=f"{name} is no aligner.*run the stage again"):
            Monophones.load(tmp_path / name)


def flite(voice: str, sentences: tuple[str, ...], folder: Path) -> tuple[list[Recording], list[np.ndarray], list[str]]:
    """Recordings of flite, the frames of its segments, and the list of segments."""
    spoken = []
    for number, text in enumerate(sentences):
        path = folder / f"{voice}{number}.wav"
        command = ["flite", "-voice", voice, "-psdur", "-t", text, "-o", str(path)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        spoken.append((path, [s.rsplit(":", 1) for s in said]))
    symbols = sorted({name for _, segments in spoken for name, _ in segments})
    recordings, truth = [], []
    for path, segments in spoken:
        mel = log_mel(torch.from_numpy(load_audio(path, 22_050).wave))[0].numpy()
        ends = np.array([round(float(end) / HOP) for _, end in segments])
        ends[-1] = len(mel)
        tokens = np.array([symbols.index(name) for name, _ in segments])
        recordings.append(Recording(tokens, len(mel), voice, partial(np.asarray, mel)))
        truth.append(np.diff(ends, prepend=0))
    return recordings, truth, symbols


def test_boundaries_of_speech_are_found(tmp_path: Path) -> None:
    """Nine milliseconds off in the mean, where an even split is off by 120."""
    recordings, truth, symbols = flite("slt", ENGLISH[:15], tmp_path)
    _, found = train(symbols, recordings)
    assert off(found, truth) * HOP < 0.015
    assert off(found, truth) < 0.15 * off(even(recordings), truth)


@cache
def marked() -> Monophones:
    """Gaussians of letters and marks."""
    return train(MARKED, made(4, 0, "abcdefghij")[0], rounds=2)[0]


@settings(max_examples=60)
@given(st.lists(st.integers(0, len(MARKED) - 1), min_size=1, max_size=20), st.integers(0, 30), st.integers(0, 9))
def test_every_symbol_has_a_frame_and_every_frame_a_symbol(tokens: list[int], more: int, seed: int) -> None:
    frames = len(tokens) + more
    mel = np.random.default_rng(seed).normal(-5, 2, (frames, 80)).astype(np.float16)
    found = marked().align(np.array(tokens), mel)
    assert found.shape == (len(tokens),) and found.min() >= 1 and found.sum() == frames


def test_marks_sound_like_their_neighbours() -> None:
    symbols = [*"pˈaːt"]
    owner = sounding(symbols)
    assert owner == [0, 2, 2, 2, 4]
    assert settle(symbols, owner, np.array([3, 2, 4, 6, 5])).tolist() == [3, 1, 7, 4, 5]
    assert not BEFORE & AFTER and sounding(["yin", "2", "hang"]) == [0, 1, 2]
