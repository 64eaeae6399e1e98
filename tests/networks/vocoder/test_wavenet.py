"""WaveNet: its cached sampler against the full network, its likelihoods, learning."""

import numpy as np
import pytest
import torch

from myna.audio.mel import log_mel
from myna.networks.vocoder.wavenet import WaveNet
from myna.networks.vocoder.wavenet_output import HALF_STEP, gaussian_nll, logistics_nll

SMALL = {"channels": 16, "skip": 12, "condition": 16, "layers": 6, "stacks": 2, "mixtures": 3}


def clips(count: int = 4, frames: int = 8) -> torch.Tensor:
    """Different vowel-like tones with a little breath, `(count, frames * 256)`."""
    random = torch.Generator().manual_seed(0)
    time = torch.arange(frames * 256) / 22_050
    pitch = torch.linspace(110, 240, count)[:, None]
    wave = torch.stack([torch.sin(2 * torch.pi * k * pitch * time) / k for k in range(1, 16)]).sum(0)
    return 0.1 * wave + 0.003 * torch.randn(wave.shape, generator=random)


def network(**options) -> WaveNet:
    """A small network whose distributions differ from sample to sample."""
    torch.manual_seed(0)
    made = WaveNet(**{**SMALL, **options}).eval()
    torch.nn.init.normal_(made.stack.last.weight, std=0.5)
    return made


@pytest.mark.parametrize("output", ["gaussian", "logistics"])
def test_the_cached_sampler_says_what_the_full_network_says(output):
    made, wave = network(output=output), clips(1)
    mel = log_mel(wave)
    _, cached = made.sample(mel[0], forced=wave[0])
    with torch.no_grad():
        full = made.distribution(wave, mel)[0].T.numpy()
    assert np.ptp(full, axis=0).min() > 1e-2
    assert np.abs(cached - full).max() < 1e-4


@pytest.mark.parametrize("output", ["gaussian", "logistics"])
def test_what_it_speaks_was_drawn_from_what_the_full_network_says(output):
    made, mel = network(output=output), log_mel(clips(1))
    wave = made(mel)
    assert wave.shape == (1, mel.shape[1] * 256)
    with torch.no_grad():
        parameters = made.distribution(wave, mel)[0].double().numpy()
    first, second = made.noise(wave.shape[1]).T.astype(float)
    if output == "gaussian":
        drawn = parameters[0] + np.exp(np.maximum(parameters[1], -7)) * first
    else:
        logits, means, scales = parameters.reshape(3, 3, -1)
        share = np.exp(logits) / np.exp(logits).sum(0)
        chosen = np.minimum((np.cumsum(share, 0) < first).sum(0), 2)
        rows = np.arange(wave.shape[1])
        drawn = means[chosen, rows] + np.exp(scales[chosen, rows]) * np.log(second / (1 - second))
    wrong = np.abs(np.clip(drawn, -1, 1) - wave[0].numpy()) > 1e-3
    assert wrong.mean() < 0.002  # a draw on the edge between two logistics may fall on either side


def test_nothing_hears_the_future_and_all_hear_the_receptive_field():
    made, wave = network(), clips(1)
    mel, place = log_mel(wave), 700
    wave.requires_grad_(True)
    made.distribution(wave, mel)[0, :, place].sum().backward()
    heard = wave.grad[0].nonzero()[:, 0]
    assert made.stack.receptive_field == 1 + 2 * (1 + 2 + 4)
    assert (int(heard.min()), int(heard.max())) == (place - made.stack.receptive_field, place - 1)


def test_a_row_of_a_batch_sounds_as_it_does_alone():
    made, mel = network(), log_mel(clips(3, frames=4))
    together = made(mel)
    assert all(torch.equal(made(mel[row : row + 1])[0], together[row]) for row in range(3))
    assert not torch.equal(together[0], together[1])


def test_restored_weights_speak_the_same(tmp_path):
    made, mel = network(), log_mel(clips(1, frames=4))
    torch.save(made.state_dict(), tmp_path / "weights.pt")
    torch.manual_seed(9)
    restored = WaveNet(**SMALL)
    restored.load_state_dict(torch.load(tmp_path / "weights.pt"))
    assert torch.equal(restored(mel), made(mel))
    assert not torch.equal(WaveNet(**SMALL, seed=1)(mel), WaveNet(**SMALL)(mel))


@pytest.mark.parametrize("output", ["gaussian", "logistics"])
def test_likelihood_grows_on_a_few_clips(output):
    torch.manual_seed(0)
    made, wave = WaveNet(**SMALL, output=output), clips(frames=5)
    mel, history = log_mel(wave), []
    optimizer = torch.optim.AdamW(made.parameters(), 1e-2)
    for _ in range(25):
        losses, generated = made.training_pass(wave, mel)
        assert generated is None
        optimizer.zero_grad()
        losses["nll"].backward()
        optimizer.step()
        history.append(float(losses["nll"].detach()))
    assert all(parameter.grad is not None for parameter in made.parameters())
    assert history[-1] < history[0] - 0.5


def test_likelihood_of_a_gaussian():
    mean, deviation, value = 0.2, 0.05, 0.23
    parameters = torch.tensor([[[mean], [np.log(deviation)]]], dtype=torch.float32)
    expected = -torch.distributions.Normal(mean, deviation).log_prob(torch.tensor(value))
    assert float(gaussian_nll(parameters, torch.tensor([[value]]))) == pytest.approx(float(expected), abs=1e-4)


def test_probabilities_of_all_values_of_a_sample_sum_to_one():
    values = torch.arange(65_536)[None] * 2 * HALF_STEP - 1
    column = torch.tensor([0.3, -1.0, 0.0, -0.9, 0.1, 0.95, -3.0, -6.5, -1.0])
    probabilities = (-logistics_nll(column[None, :, None].expand(1, 9, 65_536), values)).double().exp()
    assert float(probabilities.sum()) == pytest.approx(1.0, abs=2e-3)


def test_size_by_default():
    made = WaveNet()
    assert sum(p.numel() for p in made.parameters()) == 570_818
    assert made.stack.receptive_field == 511


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output": "softmax"}, "gaussian or logistics"),
        ({"channels": 10}, "multiples of four"),
        ({"layers": 5}, "dealt"),
    ],
)
def test_impossible_sizes_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        WaveNet(**{**SMALL, **options})
