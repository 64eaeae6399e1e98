"""What every training has: seconds over restarts, a budget, curves, chance by step, an average, an optimizer."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from myna.errors import MynaError
from myna.settings.group import replaced
from myna.settings.trainer import Trainer
from myna.training.average import Average
from myna.training.budget import Budget, budget_of
from myna.training.checkpoint import read_checkpoint, write_checkpoint
from myna.training.curve import CurveLog, read_curve
from myna.training.optimizers import ADVERSARIAL, MEL, adamw, adamw_config
from myna.training.seeds import seed_of
from myna.training.stopwatch import Stopwatch

LIGHTNING = {
    "accelerator": "cpu",
    "devices": 1,
    "num_nodes": 1,
    "strategy": "auto",
    "precision": "32-true",
    "max_steps": None,
    "max_seconds": None,
    "log_every_n_steps": 10,
}


def test_a_stopwatch_goes_on_where_it_stopped() -> None:
    times = iter([10.0, 12.0, 15.0, 100.0, 101.5])
    watch = Stopwatch(lambda: next(times), before=1.0)
    assert watch.seconds == 1.0
    watch.start()
    assert watch.seconds == 3.0
    watch.stop()
    assert watch.seconds == 6.0
    watch.start()
    assert watch.seconds == 7.5


def test_a_budget_is_spent_by_steps_or_by_seconds() -> None:
    assert not Budget().spent(10**9, 1e9)
    assert Budget(steps=3).spent(3, 0.0) and not Budget(steps=3).spent(2, 1e9)
    assert Budget(seconds=2.0).spent(0, 2.0) and not Budget(seconds=2.0).late(1.9)


def test_what_a_person_asks_of_the_trainer_comes_before_the_models_own() -> None:
    trainer = Trainer(**LIGHTNING)
    assert budget_of(trainer, 7, 8.0) == Budget(7, 8.0)
    assert budget_of(replaced(trainer, {"max_steps": 0, "max_seconds": 5.0}), 7, None) == Budget(0, 5.0)


def curve_log(folder: Path) -> CurveLog:
    return CurveLog(folder / "exp" / "log.jsonl", 2, Stopwatch(before=1.5))


def test_a_curve_holds_means_of_what_was_there(tmp_path: Path) -> None:
    log = curve_log(tmp_path)
    log.note({"mel": 1.0})
    log.note({"mel": torch.tensor(2.0), "discriminator": 5.0})
    assert log.is_due(2) and not log.is_due(3)
    assert log.write(2, log.take()) == {"step": 2, "seconds": 1.5, "mel": 1.5, "discriminator": 5.0}
    assert log.take() == {}
    assert read_curve(log.path) == [{"step": 2, "seconds": 1.5, "mel": 1.5, "discriminator": 5.0}]


def test_a_resumed_curve_has_no_step_twice_and_keeps_its_window(tmp_path: Path) -> None:
    log = curve_log(tmp_path)
    for step in (2, 4, 6):
        log.write(step, {})
    with log.path.open("a", encoding="utf-8") as stream:
        stream.write('{"step": 8, "sec')
    log.note({"mel": 3.0})
    again = curve_log(tmp_path)
    again.load_state_dict(json.loads(json.dumps(log.state_dict())))
    again.go_on_from(4)
    assert [record["step"] for record in read_curve(again.path)] == [2, 4]
    again.note({"mel": 5.0})
    assert again.take() == {"mel": 4.0}


@pytest.mark.parametrize(
    ("state", "means"),
    [({"seconds": 2.0}, {}), ({"seconds": 2.0, "sums": {"mel": 6.0}, "count": 3}, {"mel": 2.0})],
)
def test_checkpoints_of_before_are_taken_up(tmp_path: Path, state: dict, means: dict) -> None:
    log = curve_log(tmp_path)
    log.load_state_dict(state)
    assert log.watch.seconds == 2.0
    assert log.take() == means


def test_the_optimizer_is_the_one_that_a_toolkit_builds_from_its_description() -> None:
    weights = [nn.Parameter(torch.ones(2))]
    built = adamw_config(1e-3, ADVERSARIAL, eps=1e-9)
    assert built.pop("_target_") == "torch.optim.AdamW"
    described, made = torch.optim.AdamW(weights, **built), adamw(weights, 1e-3, ADVERSARIAL)
    same = ("lr", "weight_decay", "amsgrad", "foreach", "fused", "maximize")
    assert {key: described.defaults[key] for key in same} == {key: made.defaults[key] for key in same}
    assert tuple(described.defaults["betas"]) == made.defaults["betas"] == (0.8, 0.99)
    fused = adamw(weights, 1e-3, MEL, decay=0.0, fused=True).defaults
    assert (fused["betas"], fused["weight_decay"], fused["fused"]) == ((0.9, 0.98), 0.0, True)


def test_processes_and_steps_have_chance_of_their_own() -> None:
    assert seed_of(1, 5) == 1_000_008
    assert len({seed_of(1, step, 2, rank) for step in range(100) for rank in range(2)}) == 200


def test_an_average_follows_weights_and_copies_counts() -> None:
    network = nn.BatchNorm1d(2)
    average = Average(network, decay=0.5)
    with torch.no_grad():
        network.weight.fill_(3.0)
    network.num_batches_tracked.fill_(4)
    average.update(network, step=100)
    torch.testing.assert_close(average.weights["weight"], torch.full((2,), 2.0))
    assert int(average.weights["num_batches_tracked"]) == 4
    average.update(network, step=0)  # young: a tenth of the old stays
    torch.testing.assert_close(average.weights["weight"], torch.full((2,), 2.9))


def test_a_checkpoint_comes_back_and_a_broken_one_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "out" / "last.ckpt"
    write_checkpoint({"step": 3, "weights": torch.arange(3.0)}, path)
    assert read_checkpoint(path)["step"] == 3
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(MynaError, match=r"last\.ckpt is damaged, or holds more than weights"):
        read_checkpoint(path)
