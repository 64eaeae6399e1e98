"""The host's arithmetic gives what torch gives, and chunks give what the whole gives."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.deploy.host import Pulses, Transform, frames_of, pitch_of, spread
from myna.deploy.noise import Noise, normal
from myna.deploy.rows import Rows, heard
from myna.networks.vocoder.excitation import PitchTracker, pulses
from myna.networks.vocoder.istft import Synthesis
from myna.networks.vocoder.source_istft import Analysis


@pytest.mark.parametrize("seed", [0, 7, 2**31 - 1])
def test_noise_is_that_of_torch(seed: int) -> None:
    theirs = torch.randn(50, 80, generator=torch.Generator().manual_seed(seed)).numpy()
    np.testing.assert_allclose(normal(seed, 4000).reshape(50, 80), theirs, atol=2e-6)


def test_noise_of_any_count_follows_the_last() -> None:
    """Fewer than a block, what is left over behind blocks, and a half of a pair that waits."""
    theirs, ours = torch.Generator().manual_seed(3), Noise(3)
    for count in (10, 3, 1, 16, 17, 31, 5, 14, 4001):
        np.testing.assert_allclose(ours.normal(count), torch.randn(count, generator=theirs).numpy(), atol=2e-6)


@settings(max_examples=30)
@given(total=st.integers(1, 60), halo=st.integers(0, 5), cuts=st.lists(st.integers(1, 59), max_size=6))
def test_a_stretch_with_its_halo_is_the_whole(total: int, halo: int, cuts: list[int]) -> None:
    """A sum over the neighbours within the halo, asked for in any order."""
    source = np.random.default_rng(0).normal(size=(total, 2)).astype(np.float32)

    def network(start: int, stop: int) -> np.ndarray:
        padded = np.pad(source[start:stop], ((halo, halo), (0, 0)))
        return sum(padded[i : i + stop - start] for i in range(2 * halo + 1))

    expected = network(0, total)
    rows = heard(network, halo, total)
    for cut in cuts:
        np.testing.assert_allclose(rows(cut - 1, cut + 3), expected[cut - 1 : cut + 3], atol=1e-5)
    np.testing.assert_allclose(rows(0, total), expected, atol=1e-5)


def chunked(make, total: int, size: int) -> np.ndarray:
    rows = Rows(make, total)
    return np.concatenate([rows(start, start + size) for start in range(0, total, size)]).reshape(-1)


@pytest.mark.parametrize("size", [1, 7, 50])
def test_pulses_and_transforms_are_those_of_torch(size: int) -> None:
    hertz = (120 + 60 * np.sin(np.arange(50) / 5)).astype(np.float32)
    theirs = pulses(torch.from_numpy(hertz)[None], 256, 22_050)
    known = Rows(lambda a, b: hertz[a:b, None], 50)
    ours = chunked(Pulses(known, 256, 22_050), 50, size)
    np.testing.assert_allclose(ours, theirs[0].numpy(), rtol=2e-3, atol=2e-3)  # torch rounds the phase of steep pulses

    transform, samples = Transform(1024, 256), Rows(lambda a, b: ours.reshape(-1, 256)[a:b], 50)
    real, imaginary = Analysis(1024, 256)(torch.from_numpy(ours)[None])
    spectra = chunked(lambda a, b: transform.analyse(samples, a, b), 50, size).reshape(50, -1)
    np.testing.assert_allclose(spectra, torch.cat((real, imaginary), -1)[0].numpy(), atol=1e-3)

    whole = Rows(lambda a, b: spectra[a:b], 50)
    wave = chunked(lambda a, b: transform.synthesise(whole, a, b), 50, size)
    np.testing.assert_allclose(wave, Synthesis(1024, 256)(real, imaginary)[0].numpy(), atol=1e-4)


def test_pitch_is_that_of_torch() -> None:
    torch.manual_seed(0)
    tracker, mel = PitchTracker.trained(), torch.randn(1, 60, 80) * 2 - 5
    with torch.no_grad():
        bins, voicing = tracker(mel)
        theirs = torch.stack(tracker.track(mel), -1)[0]
    ours = pitch_of(torch.cat((bins, voicing[..., None]), -1)[0].numpy())
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-5, atol=1e-5)


def test_lengths_and_places() -> None:
    durations = frames_of(np.log(np.array([0.2, 2.4, 3.6], np.float32)), speed=1.0)
    assert durations.tolist() == [1, 2, 4]
    assert frames_of(np.array([9.0], np.float32), 2.0).tolist() == [round(np.exp(5) / 2)]
    rows = spread(np.array([[1.0], [2.0], [3.0]], np.float32), durations)
    assert rows[:, 0].tolist() == [1, 2, 2, 3, 3, 3, 3]
    np.testing.assert_allclose(rows[:, 1], [0, -0.25, 0.25, -0.375, -0.125, 0.125, 0.375])
