"""Weights between the base and what fine-tuning made of it."""

import pytest
import torch

from myna.adapt.interpolation import distance, interpolate, interpolated, learning


def moved(alpha: float) -> tuple[torch.nn.Linear, dict[str, torch.Tensor]]:
    network = torch.nn.Linear(2, 2)
    torch.nn.init.ones_(network.weight), torch.nn.init.ones_(network.bias)
    before = learning(network)
    for parameter in network.parameters():
        torch.nn.init.constant_(parameter, 3.0)
    return network, before


@pytest.mark.parametrize(("alpha", "wanted"), [(1.0, 3.0), (0.5, 2.0), (0.0, 1.0)])
def test_weights_between_two(alpha: float, wanted: float) -> None:
    network, before = moved(alpha)
    interpolate(network, before, alpha)
    assert all(torch.equal(value, torch.full_like(value, wanted)) for value in network.state_dict().values())


def test_a_look_at_what_would_be_kept_changes_nothing() -> None:
    network, before = moved(0.5)
    with interpolated(network, before, 0.5):
        assert torch.equal(network.weight, torch.full((2, 2), 2.0))
    assert torch.equal(network.weight, torch.full((2, 2), 3.0))


def test_what_does_not_learn_is_not_compared() -> None:
    network = torch.nn.Linear(2, 2)
    network.bias.requires_grad_(False)
    before = learning(network)
    assert list(before) == ["weight"]
    torch.nn.init.constant_(network.bias, 9.0)
    network.weight.data += 1.0
    assert float(distance(network, before, 3.0)) == pytest.approx(0.5 * 3.0 * 4)
