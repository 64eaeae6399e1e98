"""Weights between the base and what fine-tuning made of it."""

import pytest
import torch

from myna.adapt.mel_fine_tune import keep_part_of_the_way


@pytest.mark.parametrize(("share", "wanted"), [(1.0, 3.0), (0.5, 2.0), (0.0, 1.0)])
def test_a_share_of_the_way_is_kept(share: float, wanted: float) -> None:
    network = torch.nn.Linear(2, 2)
    before = {name: torch.ones_like(value) for name, value in network.state_dict().items()}
    for parameter in network.parameters():
        torch.nn.init.constant_(parameter, 3.0)
    keep_part_of_the_way(network, before, share)
    assert all(torch.equal(value, torch.full_like(value, wanted)) for value in network.state_dict().values())
