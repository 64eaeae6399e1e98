"""`tts=vits_mel` as a model of ESPnet3: named losses, and a validation that two steps can be compared by."""

import pytest
import torch
from omegaconf import OmegaConf

from myna.errors import MynaError
from myna.espnet.vits_mel_model import VitsMelModel
from myna.espnet.vits_mel_train import start
from myna.networks.tts.vits_mel import VitsMel


def model() -> VitsMelModel:
    torch.manual_seed(0)
    return VitsMelModel(VitsMel(text_channels=32, text_layers=1, channels=32, layers=2, condition=32), segment=16)


def batch() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return {
        "text": torch.randint(1, 90, (2, 8)),
        "text_lengths": torch.tensor([8, 6]),
        "mel": torch.randn(2, 40, 80) - 5,
        "mel_lengths": torch.tensor([40, 31]),
        "spembs": torch.nn.functional.normalize(torch.randn(2, 256), dim=1),
        "lids": torch.tensor([0, 1]),
    }


def test_training_gives_named_losses_whose_sum_is_minimised() -> None:
    loss, stats, weight = model().train()(**batch())
    assert set(stats) == {"loss", "prior", "duration", "flow"}
    assert float(loss.detach()) == pytest.approx(sum(float(stats[k]) for k in ("prior", "duration", "flow")))
    assert int(weight) == 2
    loss.backward()


def test_validation_is_the_same_twice_and_leaves_the_random_state_alone() -> None:
    network, data = model().eval(), batch()
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    with torch.no_grad():
        first, second = network(**data)[1], network(**data)[1]
    assert torch.rand(1) == expected
    assert first == second
    assert float(first["mel"]) > 0


def test_a_start_that_does_not_fit_is_refused(tmp_path) -> None:
    with pytest.raises(MynaError, match="choose base or scratch"):
        start(OmegaConf.create({"init": "joe"}), tmp_path, 0)


def test_scratch_without_statistics_names_the_stage(tmp_path) -> None:
    network = {"_target_": "myna.networks.tts.vits_mel.VitsMel", "channels": 32, "layers": 1}
    with pytest.raises(MynaError, match="stage 1"):
        start(OmegaConf.create({"init": "scratch", "network": network}), tmp_path, 0)
