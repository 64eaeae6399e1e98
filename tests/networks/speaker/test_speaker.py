"""The speaker encoder: padding changes nothing, losses teach it, its file brings it back."""

from pathlib import Path

import numpy as np
import pytest
import torch
from embedded import embedded_alone
from learning import losses_of
from torch import nn

from myna.errors import MynaError
from myna.networks.speaker.cnn import ConvEncoder
from myna.networks.speaker.losses import AamSoftmax, Ge2e
from myna.networks.speaker.own import OwnEncoder
from myna.networks.speaker.warp import band_source, warp, warp_wave

SMALL: dict = {"channels": [24, 32], "kernels": [5, 3], "dilations": [1, 2]}
TARGET = {"_target_": "myna.networks.speaker.cnn.ConvEncoder"}


def small(inputs: int = 80) -> ConvEncoder:
    """Return a narrow encoder."""
    torch.manual_seed(0)
    return ConvEncoder(inputs, **SMALL).eval()


@pytest.mark.parametrize("inputs", [80, 13])
def test_padded_batch_equals_each_alone(inputs: int) -> None:
    """The embedding of an utterance does not know what else was in the batch, nor what the padding holds."""
    network, lengths = small(inputs), torch.tensor([57, 31, 8])
    embedded_alone(network, torch.randn(3, 57, inputs), lengths, 1e-6)


def test_loudness_does_not_move_the_embedding() -> None:
    """Playing a recording louder adds a constant to its log-mel, and leaves the embedding."""
    network, mel, lengths = small(), torch.randn(1, 40, 80), torch.tensor([40])
    assert torch.allclose(network(mel, lengths), network(mel + 1.7, lengths), atol=1e-5)


@pytest.mark.parametrize("loss", [AamSoftmax(2), Ge2e()])
def test_four_utterances_are_learned(loss: nn.Module) -> None:
    """Both losses fall while the network learns two speakers with two utterances each."""
    network = small().train()
    values, accuracy = losses_of(network, loss, torch.randn(4, 40, 80), torch.tensor([40, 33, 38, 25]))
    assert values[-1] < 0.2 * values[0]
    assert accuracy == 1.0


def test_margin_makes_the_loss_harder() -> None:
    """With a margin the right speaker must win by more; at every angle, also beyond pi less the margin."""
    plain, strict = AamSoftmax(3, 4, margin=0.0), AamSoftmax(3, 4, margin=0.3)
    strict.load_state_dict(plain.state_dict())
    own = nn.functional.normalize(plain.directions, dim=1)
    for embeddings in (own, -own):
        loss, _ = plain(embeddings, torch.arange(3))
        harder, _ = strict(embeddings, torch.arange(3))
        assert harder > loss


def test_ge2e_ignores_speakers_with_one_utterance() -> None:
    """A lone utterance has no centroid of its own to be compared with."""
    embeddings = nn.functional.normalize(torch.randn(3, 8), dim=1).requires_grad_()
    loss, accuracy = Ge2e()(embeddings, torch.tensor([4, 7, 9]))
    assert (loss.item(), accuracy.item()) == (0.0, 0.0)


def test_mfcc_encoder_takes_waves(tmp_path: Path) -> None:
    """The file remembers what the network hears."""
    arguments = TARGET | SMALL | {"inputs": 13}
    OwnEncoder(small(13), "mfcc").save(tmp_path / "cnn.safetensors", arguments)
    assert OwnEncoder.load(tmp_path / "cnn.safetensors").embed(np.ones(8_000, np.float32) * 0.1).shape == (256,)


def test_missing_and_foreign_files_are_named(tmp_path: Path) -> None:
    """What is not there, or is no encoder, is an error that names the file and the stage."""
    with pytest.raises(MynaError, match=r"cnn\.safetensors.*stage 2"):
        OwnEncoder.load(tmp_path / "cnn.safetensors")
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors", metadata={"feature": "mel"})
    with pytest.raises(MynaError, match=r"other\.safetensors"):
        OwnEncoder.load(tmp_path / "other.safetensors")


def test_warp_moves_bands_up_and_time_together() -> None:
    """At speed 1 nothing changes; at a higher speed a spectral line moves up and an event comes earlier."""
    mel = torch.zeros(1, 60, 80)
    mel[0, :, 40] = 1.0
    mel[0, 30, :] = 5.0
    starts = torch.zeros(1)
    assert torch.equal(warp(mel, torch.ones(1), 50, starts), mel[:, :50])
    faster = warp(mel, torch.tensor([1.25]), 40, starts)
    assert faster[0, 0].argmax() > 40
    assert faster[0, :, 0].argmax() == 24
    source = band_source(1.25, 80, 8_000.0)
    assert bool((source.diff() >= 0).all())
    assert source[0] == 0


def test_warped_wave_is_higher_and_shorter() -> None:
    """At speed 1 nothing changes; at 1.25 a tone of 400 Hz is one of 500 Hz, from where the piece starts."""
    time = torch.arange(8_000) / 16_000
    wave = torch.sin(2 * torch.pi * 400 * time)[None].repeat(2, 1)
    pieces = warp_wave(wave, torch.tensor([1.0, 1.25]), 4_000, torch.tensor([80.0, 80.0]))
    assert torch.allclose(pieces[0], wave[0, 80:4_080])
    spectrum = torch.fft.rfft(pieces).abs()
    assert spectrum.argmax(1).tolist() == [100, 125]
    past = warp_wave(wave[:, :100], torch.ones(2), 300, torch.zeros(2))
    assert torch.equal(past[:, 99:], wave[:, 99:100].expand(-1, 201))
