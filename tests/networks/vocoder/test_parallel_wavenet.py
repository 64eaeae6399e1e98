"""The student: causality of its flows, its divergence from the teacher, learning from it."""

import pytest
import torch
import yaml
from safetensors.torch import save_file

from myna.audio.mel import log_mel
from myna.errors import MynaError
from myna.networks.vocoder.export import exportable
from myna.networks.vocoder.parallel_wavenet import ParallelWaveNet, divergence, load_teacher
from myna.networks.vocoder.wavenet import WaveNet

SMALL = {"channels": 16, "condition": 16, "layers": 3, "flows": 3, "group": 8}
TEACHER = {"channels": 16, "skip": 16, "condition": 16, "layers": 4, "stacks": 1}
TARGET = "myna.networks.vocoder.wavenet.WaveNet"


def mels(count: int = 2, frames: int = 8) -> torch.Tensor:
    time = torch.arange(frames * 256) / 22_050
    return log_mel(0.2 * torch.sin(2 * torch.pi * torch.linspace(150, 400, count)[:, None] * time))


def student(seed: int = 0, **options) -> ParallelWaveNet:
    """A small student whose flows do something."""
    torch.manual_seed(seed)
    made = ParallelWaveNet(**{**SMALL, **options})
    for flow in made.flows:
        torch.nn.init.normal_(flow.stack.last.weight, std=0.1)
    return made.eval()


def test_one_hop_of_samples_a_frame():
    wave = student()(mels())
    assert wave.shape == (2, 8 * 256)
    assert wave.abs().max() <= 1.0


@pytest.mark.parametrize("group", [1, 8])
def test_the_wave_is_mean_plus_deviation_times_noise_and_no_sample_hears_later_noise(group):
    made, mel, place = student(group=group), mels(1, 5), 700
    z = torch.randn(1, 5 * 256, requires_grad=True)
    wave, mean, log_scale = made.flow(z, mel)
    torch.testing.assert_close(wave, mean + log_scale.exp() * z, atol=1e-5, rtol=1e-4)
    (mean[0, place] + log_scale[0, place]).backward()
    heard = z.grad[0].nonzero()[:, 0]
    assert place - 8 - group <= int(heard.max()) < place


def test_divergence_is_that_of_gaussians():
    numbers = torch.tensor([0.1, -1.2, 0.25, -0.9])
    mine, other = (torch.distributions.Normal(m, s.exp()) for m, s in numbers.view(2, 2))
    expected = torch.distributions.kl_divergence(mine, other)
    assert float(divergence(*numbers)) == pytest.approx(float(expected), abs=1e-6)
    assert float(divergence(numbers[0], numbers[1], numbers[0], numbers[1])) == pytest.approx(0.0, abs=1e-6)


def test_it_comes_near_its_teacher():
    torch.manual_seed(0)
    teacher, made, mel = WaveNet(**TEACHER), ParallelWaveNet(**SMALL), mels()
    torch.nn.init.normal_(teacher.stack.last.weight, std=0.05)
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    made.learn_from(teacher)
    optimizer, history = torch.optim.AdamW(made.parameters(), 5e-3), []
    for _ in range(30):
        losses, wave = made.training_pass(torch.zeros(2, 8 * 256), mel)
        optimizer.zero_grad()
        (losses["kl"] + losses["scale"]).backward()
        optimizer.step()
        history.append(float(losses["kl"].detach()))
    assert wave.shape == (2, 8 * 256)
    assert all(parameter.grad is not None for parameter in made.parameters())
    assert history[-1] < 0.3 * history[0]
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())
    assert not any("teacher" in name for name in made.state_dict())


def test_a_row_of_a_batch_sounds_as_it_does_alone():
    made, mel = student(), mels(3)
    together = made(mel)
    for row in range(3):
        torch.testing.assert_close(made(mel[row : row + 1])[0], together[row], atol=1e-5, rtol=1e-4)


def test_restored_weights_speak_the_same(tmp_path):
    made, restored, mel = student(), student(seed=5), mels()
    torch.save(made.state_dict(), tmp_path / "weights.pt")
    restored.load_state_dict(torch.load(tmp_path / "weights.pt"))
    assert torch.equal(restored(mel), made(mel))
    assert torch.equal(exportable(made)(mel), made(mel))
    assert not torch.equal(made.train()(mel), made(mel))


def test_size_by_default():
    assert sum(p.numel() for p in ParallelWaveNet().parameters()) == 505_056
    with pytest.raises(ValueError, match="no multiple of group=24"):
        ParallelWaveNet(group=24)


def test_a_student_needs_a_fitting_teacher():
    with pytest.raises(MynaError, match="learn_from"):
        student().training_pass(torch.zeros(1, 2048), mels(1))
    with pytest.raises(MynaError, match=r"output=logistics .* needs gaussian"):
        student().learn_from(WaveNet(**TEACHER, output="logistics"))


def test_a_teacher_is_loaded_or_its_absence_explained(tmp_path):
    with pytest.raises(MynaError, match=r"vocoder\.teacher=None: .*vocoder=wavenet"):
        load_teacher(None)
    teacher = WaveNet(**TEACHER)
    save_file(teacher.state_dict(), tmp_path / "vocoder.safetensors")
    (tmp_path / "vocoder.yaml").write_text(yaml.safe_dump({"_target_": TARGET, "args": TEACHER}))
    mel = mels(1, 4)
    assert torch.equal(load_teacher(tmp_path)(mel), teacher(mel))
    (tmp_path / "vocoder.yaml").write_text(yaml.safe_dump({"_target_": TARGET, "args": {**TEACHER, "layers": 5}}))
    with pytest.raises(MynaError, match="does not fit WaveNet"):
        load_teacher(tmp_path)
    (tmp_path / "vocoder.yaml").write_text(yaml.safe_dump({"_target_": "myna.networks.vocoder.istft.IstftVocoder"}))
    with pytest.raises(MynaError, match="does not fit IstftVocoder"):
        load_teacher(tmp_path)
