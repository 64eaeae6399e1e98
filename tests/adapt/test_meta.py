"""Meta-learning: what an episode leaves, and that the start which it leads to is one from which few steps go far."""

import pytest
import torch
from torch import Tensor, nn

from myna.adapt.meta import ALGORITHMS, Episode, reptile, second_order, tune
from myna.adapt.policies.low_rank import LowRank
from myna.networks.tts.batch import Batch
from myna.networks.tts.vits_mel import VitsMel

SIZE = {"text_channels": 32, "text_layers": 1, "channels": 32, "layers": 1, "condition": 16, "decoder_layers": 1}
RATE = 0.05


class Line(nn.Module):
    """`y = a x + b`, and its squared error as the only loss."""

    def __init__(self) -> None:
        """Start at zero."""
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(1, dtype=torch.double))
        self.offset = nn.Parameter(torch.zeros(1, dtype=torch.double))

    def forward(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return the error."""
        return {"error": (self.slope * x + self.offset - y).square().mean()}


def task(slope: float, seed: int, steps: int = 3) -> Episode:
    source = torch.Generator().manual_seed(seed)

    def batch() -> dict[str, Tensor]:
        x = torch.randn(16, generator=source, dtype=torch.double)
        return {"x": x, "y": slope * x - 1}

    return Episode([batch() for _ in range(steps)], batch())


def after_tuning(network: Line, episode: Episode) -> float:
    copy = Line()
    copy.load_state_dict(network.state_dict())
    tune(copy, episode.support, RATE)
    return float(copy(**episode.query)["error"].detach())


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_new_task_is_nearer_after_meta_learning(name: str) -> None:
    network, new = Line(), task(3.3, seed=99)
    before = after_tuning(network, new)
    optimizer = torch.optim.Adam(network.parameters(), 0.1)
    for n in range(60):
        ALGORITHMS[name](network, task(2.5 + (n % 3), seed=n), RATE)
        optimizer.step()
    assert after_tuning(network, new) < 0.3 * before


def test_the_second_order_slope_is_that_of_finite_differences() -> None:
    network, episode = Line(), task(2.0, seed=1)

    def loss(slope: float) -> float:
        moved = Line()
        moved.slope.data.fill_(slope)
        return float(second_order(moved, episode, RATE))

    network.slope.data.fill_(0.4)
    second_order(network, episode, RATE)
    assert network.slope.grad is not None
    assert float(network.slope.grad) == pytest.approx((loss(0.401) - loss(0.399)) / 0.002, rel=1e-4)


def test_reptile_points_back_from_where_the_inner_steps_lead() -> None:
    network, led, episode = Line(), Line(), task(2.0, seed=1)
    tune(led, episode.support, RATE)
    reptile(network, episode, RATE)
    assert network.slope.grad is not None
    assert float(network.slope.grad) == -float(led.slope.detach()) != 0
    assert float(network.slope.detach()) == 0


@pytest.mark.parametrize("name", ALGORITHMS)
def test_low_rank_changes_of_the_acoustic_model_are_what_moves(name: str) -> None:
    torch.manual_seed(0)
    network = VitsMel(**SIZE, one_step=True)
    LowRank(2).prepare(network)
    source = torch.Generator().manual_seed(1)
    batch = Batch(
        tokens=torch.randint(1, 100, (2, 8), generator=source),
        token_lengths=torch.tensor([8, 8]),
        mel=torch.randn(2, 40, 80, generator=source),
        mel_lengths=torch.tensor([40, 40]),
        speaker=nn.functional.normalize(torch.randn(2, 256, generator=source), dim=1),
        language=torch.zeros(2, dtype=torch.long),
    )
    before = {key: value.clone() for key, value in network.state_dict().items()}
    ALGORITHMS[name](network, Episode([{"batch": batch}, {"batch": batch}], {"batch": batch}), 1e-2)
    # The thin matrix of zeros moves at once, its partner only where that has moved before: Reptile and first order.
    moved = {key for key, value in network.named_parameters() if value.grad is not None and value.grad.abs().sum() > 0}
    assert any(key.endswith("up") for key in moved)
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())
