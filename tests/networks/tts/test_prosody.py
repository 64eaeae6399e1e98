"""Prosody: nothing asked changes nothing; what is asked is what comes."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.audio.mel import MelConfig, band_frequencies
from myna.networks.tts.batch import Texts
from myna.networks.tts.prosody import NEPERS, Prosody, coloured, intoned, paced, stretched, timed
from myna.networks.tts.vits_mel import VitsMel

SEEDS = st.integers(0, 2**31)
TOKENS, LENGTHS = 12, torch.tensor([12, 7])


def tiny() -> VitsMel:
    torch.manual_seed(0)
    network = VitsMel(text_channels=32, text_layers=1, channels=48, layers=2, condition=32, decoder_layers=2).eval()
    with torch.no_grad():
        for part in (network.intonation.leave, network.flow.leave, network.decoder.leave):
            part.weight.normal_(0, 0.1)
    return network


NETWORK = tiny()


def text(seed: int) -> Texts:
    source = torch.Generator().manual_seed(seed)
    tokens = torch.randint(1, 100, (2, TOKENS), generator=source)
    tokens[1, 7:] = 0
    speaker = torch.nn.functional.normalize(torch.randn(2, 256, generator=source), dim=1)
    return Texts(tokens, LENGTHS, speaker, torch.tensor([0, 1]))


@settings(max_examples=10)
@given(SEEDS)
def test_no_prosody_and_one_that_asks_nothing_are_the_same_to_the_bit(seed: int) -> None:
    mel, lengths = NETWORK.infer(text(seed), seed=seed)
    for prosody in (None, Prosody()):
        again, frames = NETWORK.infer(text(seed), seed=seed, prosody=prosody)
        assert torch.equal(mel, again)
        assert torch.equal(lengths, frames)


@settings(max_examples=200)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.floats(0.25, 4.0))
def test_the_errors_of_rounding_do_not_add_up(frames: list[int], rate: float) -> None:
    old = torch.tensor([[*frames, 0, 0]])
    new = paced(old, rate)
    assert (new[0, : len(frames)] >= 1).all()
    assert not new[0, len(frames) :].any()
    wanted = sum(frames) / rate
    assert int(new.sum()) >= len(frames)
    if torch.equal(paced(old, 1.0), old) and (old[0, : len(frames)] / rate >= 1).all():
        assert abs(int(new.sum()) - wanted) <= 0.5 + 1e-6
        assert ((new.cumsum(1) - (old.double() / rate).cumsum(1)).abs() <= 0.5 + 1e-6).all()


@settings(max_examples=100)
@given(st.integers(20, 60), st.floats(0.5, 2.0), SEEDS)
def test_the_rate_is_the_one_that_was_asked_for(tokens: int, rate: float, seed: int) -> None:
    old = torch.randint(2, 20, (1, tokens), generator=torch.Generator().manual_seed(seed))
    assert float(old.sum() / paced(old, rate).sum()) == pytest.approx(rate, rel=0.03)


def test_a_token_can_go_at_its_own_pace() -> None:
    rate = torch.ones(1, 4)
    rate[0, 2] = 0.5
    assert paced(torch.tensor([[6, 6, 6, 6]]), rate).tolist() == [[6, 6, 12, 6]]


@settings(max_examples=60)
@given(SEEDS, st.floats(-6, 6), st.floats(0.3, 2.0))
def test_pitch_moves_by_what_was_asked_and_goes_as_far_as_asked(seed: int, pitch: float, times: float) -> None:
    source = torch.Generator().manual_seed(seed)
    hertz = 200 * torch.exp(0.05 * torch.randn(2, 50, generator=source))
    voiced = (torch.rand(2, 50, generator=source) > 0.3).float()
    voiced[:, 0] = 1
    new = intoned(hertz, voiced, torch.full((2, 10), 5), Prosody(pitch=pitch, range=times))
    for old, moved, on in zip(12 * hertz.log2(), 12 * new.log2(), voiced > 0, strict=True):
        assert float(moved[on].mean() - old[on].mean()) == pytest.approx(pitch, abs=0.01)
        far, farther = (float(tone[on].std(unbiased=False)) for tone in (old, moved))
        assert farther == pytest.approx(times * far, abs=0.01)


def test_a_word_can_be_higher_without_a_step() -> None:
    hertz, durations = torch.full((1, 60), 150.0), torch.full((1, 6), 10)
    pitch = torch.tensor([[0.0, 0.0, 4.0, 0.0, 0.0, 0.0]])
    moved = 12 * (intoned(hertz, torch.ones(1, 60), durations, Prosody(pitch=pitch)) / 150).log2()
    assert float(moved[0, 25]) == pytest.approx(4.0, abs=0.01)
    assert float(torch.cat((moved[0, :15], moved[0, 35:])).abs().max()) < 1e-4
    assert float(moved.diff().abs().max()) < 0.7


def test_a_contour_takes_the_place_of_the_movement_and_the_mean_stays() -> None:
    hertz = 180 * torch.exp(0.1 * torch.randn(1, 40, generator=torch.Generator().manual_seed(0)))
    wave = 3 * torch.sin(torch.arange(40) / 5)[None]
    new = 12 * intoned(hertz, torch.ones(1, 40), torch.full((1, 8), 5), Prosody(contour=wave)).log2()
    torch.testing.assert_close(new - new.mean(), wave - wave.mean(), atol=1e-3, rtol=0)
    assert float(new.mean()) == pytest.approx(float(12 * hertz.log2().mean()), abs=1e-3)


@settings(max_examples=50)
@given(st.lists(st.integers(1, 12), min_size=2, max_size=20), st.floats(0.5, 2.0))
def test_a_contour_stays_with_its_tokens_at_another_pace(frames: list[int], rate: float) -> None:
    old = torch.tensor([frames])
    level = torch.repeat_interleave(torch.arange(len(frames)).float(), old[0])[None]
    new, left = timed(torch.ones_like(old), Prosody(durations=old, contour=level, rate=rate))
    assert left.rate == 1.0 and left.durations is None
    assert left.contour is not None and left.contour.shape[1] == int(new.sum())
    wanted = torch.repeat_interleave(torch.arange(len(frames)).float(), new[0])[None]
    assert float((left.contour - wanted).abs().max()) <= 1.0
    torch.testing.assert_close(stretched(level, old, old), level)


def test_energy_and_tilt_are_decibels() -> None:
    mel, bands = torch.full((1, 20, 80), -4.0), band_frequencies(MelConfig())
    durations = torch.full((1, 4), 5)
    louder = coloured(mel, durations, Prosody(energy=6.0), bands)
    torch.testing.assert_close(louder, mel + 6 * NEPERS)
    bright = coloured(mel, durations, Prosody(tilt=3.0), bands) - mel
    low, high = ((bands - hertz).abs().argmin() for hertz in (500.0, 4000.0))
    octaves = math.log2(float(bands[high] / bands[low]))
    assert float(bright[0, 0, high] - bright[0, 0, low]) == pytest.approx(3 * octaves * NEPERS, rel=1e-3)
    quiet = coloured(torch.full((1, 20, 80), -11.5), durations, Prosody(energy=-40.0), bands)
    assert float(quiet.min()) >= -11.52


def test_infer_says_it_as_asked() -> None:
    inputs = text(3)
    plain, lengths = NETWORK.infer(inputs)
    _, frames = NETWORK.infer(inputs, prosody=Prosody(rate=0.5))
    assert frames.tolist() == [2 * n for n in lengths.tolist()]
    tilted, _ = NETWORK.infer(inputs, prosody=Prosody(tilt=torch.full((2, TOKENS), 2.0)))
    assert tilted.shape == plain.shape and not torch.equal(tilted, plain)
    higher, _ = NETWORK.infer(inputs, prosody=Prosody(pitch=torch.full((2, TOKENS), 4.0)))
    also, _ = NETWORK.infer(inputs, pitch=4.0)
    torch.testing.assert_close(higher, also, atol=2e-3, rtol=1e-3)
