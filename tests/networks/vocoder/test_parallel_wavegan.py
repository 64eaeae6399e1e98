"""ESPnet2's Parallel WaveGAN behind the interface of a vocoder."""

import pytest
import torch
from copying import copied

from myna.audio.mel import log_mel
from myna.networks.vocoder.export import exportable
from myna.networks.vocoder.parallel_wavegan import ParallelWaveGan

SMALL = {"channels": 8, "layers": 4, "stacks": 2}


def tones(count: int = 4, frames: int = 16) -> torch.Tensor:
    time = torch.arange(frames * 256) / 22_050
    return 0.3 * torch.sin(2 * torch.pi * torch.linspace(150, 600, count)[:, None] * time)


def vocoder(seed: int = 0) -> ParallelWaveGan:
    torch.manual_seed(seed)
    return ParallelWaveGan(**SMALL).eval()


def test_it_is_the_generator_of_espnet():
    from espnet2.gan_tts.parallel_wavegan import ParallelWaveGANGenerator

    made, mel = vocoder(), log_mel(tones())
    theirs = ParallelWaveGANGenerator(
        layers=4, stacks=2, residual_channels=8, gate_channels=16, skip_channels=8, use_weight_norm=False
    ).eval()
    folded = exportable(made)
    theirs.load_state_dict(folded.generator.state_dict())
    noise = made.noise(mel, 256)[:, None]
    assert torch.allclose(theirs(mel.transpose(1, 2), noise)[:, 0], made(mel), atol=1e-6)


def test_one_hop_of_samples_a_frame_and_rows_that_do_not_mix():
    made, mel = vocoder(), log_mel(tones())
    together = made(mel)
    assert together.shape == (4, 16 * 256)
    assert torch.equal(made(mel), together)
    for row in range(4):
        torch.testing.assert_close(made(mel[row : row + 1])[0], together[row], atol=1e-5, rtol=1e-4)


def test_fresh_noise_in_training():
    made, mel = vocoder().train(), log_mel(tones())
    assert not torch.equal(made(mel), made(mel))


def test_restored_weights_speak_the_same(tmp_path):
    made, restored, mel = vocoder(), vocoder(seed=5), log_mel(tones())
    torch.save(made.state_dict(), tmp_path / "weights.pt")
    restored.load_state_dict(torch.load(tmp_path / "weights.pt"))
    assert torch.equal(restored(mel), made(mel))


def test_a_few_tones_are_learned():
    made, wave = vocoder().train(), tones(frames=6)
    history = copied(made, wave, 20)
    assert all(parameter.grad is not None for parameter in made.generator.first_conv.parameters())
    assert history[-1] < 0.7 * history[0]


def test_size_of_the_paper_and_of_the_config():
    for options, size in ({}, 1_334_309), ({"channels": 32, "layers": 10, "stacks": 1}, 167_589):
        made = ParallelWaveGan(**options)
        made.remove_weight_norm()
        assert sum(p.numel() for p in made.parameters()) == size
    with pytest.raises(ValueError, match="cannot be dealt"):
        ParallelWaveGan(layers=10, stacks=3)
