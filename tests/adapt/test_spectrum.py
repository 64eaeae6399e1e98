"""The spectrum of a person: what a network draws moves to it, above the recordings' bandwidth as just below it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_voice import toy_voice

from myna.adapt.long_term import EDGE, SCALES, SHIFT, Spectrum
from myna.adapt.spectrum import move, spectrum_of, take_over
from myna.audio.mel import MelConfig
from myna.networks.measured_habits import mel_of
from myna.networks.vocoder.bandwidth import upper_edges

TEXTS = ["Some words here.", "And more of them."]
NYQUIST = MelConfig().sample_rate / 2


def tilted(mel: torch.Tensor) -> torch.Tensor:
    return mel * 1.2 + torch.linspace(1.0, -0.5, mel.shape[-1])


def test_silence_is_not_measured() -> None:
    loud, silence = torch.randn(200, 80) - 4, torch.full((300, 80), -11.5)
    found = spectrum_of([torch.cat((silence, loud))[None]])
    np.testing.assert_allclose(found.mean, loud.mean(0), rtol=1e-5)


def test_a_voice_takes_the_whole_spectrum_over() -> None:
    voice = toy_voice()
    wanted = [tilted(mel_of(voice, text)) for text in TEXTS]
    take_over(voice, wanted, TEXTS, NYQUIST, 1.0)
    for text, mel in zip(TEXTS, wanted, strict=True):
        off = mel_of(voice, text) - mel
        torch.testing.assert_close(off, off.mean().expand_as(off), rtol=1e-3, atol=0.05)  # but for how loud it is


@pytest.mark.parametrize("louder", [-3.0, 2.0])
def test_how_loud_somebody_was_recorded_changes_nothing(louder: float) -> None:
    quiet, loud = toy_voice(), toy_voice()
    mels = [tilted(mel_of(quiet, text)) for text in TEXTS]
    take_over(quiet, mels, TEXTS, NYQUIST, 0.5)
    take_over(loud, [mel + louder for mel in mels], TEXTS, NYQUIST, 0.5)
    torch.testing.assert_close(quiet.tts.mel_mean, loud.tts.mel_mean, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("strength", "texts"), [(0.0, TEXTS), (1.0, [])])
def test_where_nothing_is_asked_nothing_changes(strength: float, texts: list[str]) -> None:
    voice = toy_voice()
    before = mel_of(voice, TEXTS[0])
    take_over(voice, [tilted(before)], texts, NYQUIST, strength)
    assert torch.equal(mel_of(voice, TEXTS[0]), before)


def test_what_a_narrow_recording_lacks_is_not_taken_for_silence() -> None:
    network, flat = toy_voice().tts, Spectrum(torch.zeros(80), torch.ones(80))
    before, heard = network.mel_mean.clone(), upper_edges(MelConfig()) <= 4000
    tilt = torch.linspace(0.5, -0.5, 80)
    person = Spectrum(torch.where(heard, tilt, -9.0), torch.where(heard, 1.0, 0.1))
    move(network, flat, person, 4000.0, 1.0)
    top, shift = int(heard.sum()), network.mel_mean - before
    assert 0 < top < 80 - EDGE
    torch.testing.assert_close(shift[:top] - shift[0], tilt[:top] - tilt[0])
    torch.testing.assert_close(shift[top:], shift[top - EDGE : top].mean().expand(80 - top))
    assert torch.equal(network.mel_std[top:], torch.full((80 - top,), float(network.mel_std[-1])))


@given(
    st.floats(-40, 40, width=32),
    st.floats(0, 40, width=32),
    st.floats(0, 40, width=32),
    st.sampled_from([0.0, 3e3, 2e4]),
)
@settings(max_examples=30)
def test_bounds_hold_whatever_was_recorded(mean: float, std: float, own: float, band: float) -> None:
    network = NETWORK
    network.set_statistics(torch.zeros(80), torch.ones(80))
    given_ = Spectrum(torch.full((80,), mean), torch.full((80,), std))
    move(network, Spectrum(torch.zeros(80), torch.full((80,), own)), given_, band, 1.0)
    assert network.mel_mean.abs().max() <= SHIFT and bool(network.mel_mean.isfinite().all())
    assert SCALES[0] - 1e-6 <= network.mel_std.min() and network.mel_std.max() <= SCALES[1] + 1e-6


NETWORK = toy_voice().tts
