"""Training in ESPnet3: it learns, it logs, and a killed run ends as an unbroken one does."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from pytest import MonkeyPatch
from ranked import Pair
from torch import nn

from myna.errors import MynaError
from myna.espnet.models import SpeakerClassifier
from myna.espnet.training import FitResult, devices, fit, load_weights
from myna.networks.speaker.cnn import ConvEncoder
from myna.networks.speaker.losses import AamSoftmax
from myna.training.curve import read_curve

SPEAKERS = ["ana", "ben", "eva", "tom"]
CONFIG: dict = {"seed": 3, "trainer": {"accelerator": "cpu", "max_steps": None}}
ADAM = {"_target_": "torch.optim.Adam", "lr": 0.01}


def classifier() -> SpeakerClassifier:
    """Return a tiny model, always with the same weights."""
    torch.manual_seed(0)
    return SpeakerClassifier(ConvEncoder(channels=(16, 16)), AamSoftmax(8), 4, crop=32, warps=(1.0, 1.1))


def train(exp: Path, data: Path, model: nn.Module, max_steps: int = 12, **settings: object) -> FitResult:
    """Train on the tiny set."""
    entry = {"data_dir": str(data), "fields": ["mel", "sids"], "speakers": SPEAKERS, "cache": True}
    common: dict = {
        "optimizers": ADAM,
        "batches": {"batch_size": 4},
        "validate_every": 4,
        "checkpoint_every": 3,
        "log_every": 2,
    }
    return fit(model, machine=CONFIG, train=entry, valid=entry, exp_dir=exp, max_steps=max_steps, **(common | settings))


def killed_at(step: int, exp: Path, data: Path, **settings: object) -> int:
    """Train in a process of its own that is killed in the middle of a step; return the signal that ended it."""
    child = os.fork()
    if child == 0:
        torch.set_num_threads(1)
        model = classifier()
        calls = iter(range(10**6))

        def die(*_: object) -> None:
            if model.training and next(calls) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        model.register_forward_pre_hook(die)
        train(exp, data, model, **settings)
        os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def same(one: nn.Module, other: nn.Module) -> bool:
    """Whether two models hold the same weights, bit for bit."""
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Sums over several threads differ in the last bit, and a forked process has one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_killed_run_ends_like_an_unbroken_one(tmp_path: Path, tiny_set: Path) -> None:
    """SIGKILL in step 8: the next run starts from the checkpoint of step 6 and gives the same weights and curve."""
    whole, broken = classifier(), classifier()
    expected = train(tmp_path / "whole", tiny_set, whole, restore="last")
    assert killed_at(8, tmp_path / "broken", tiny_set) == signal.SIGKILL
    assert not (tmp_path / "broken" / "result.json").exists()
    result = train(tmp_path / "broken", tiny_set, broken, restore="last")

    assert same(whole, broken)
    assert (result.step, result.best_step, result.best_value) == (12, expected.best_step, expected.best_value)
    curves = [read_curve(tmp_path / name / "log.jsonl") for name in ("whole", "broken")]
    for curve in curves:
        for record in curve:
            assert record.pop("seconds") >= 0
    assert curves[0] == curves[1]
    assert [r["step"] for r in curves[0] if "train/loss" in r] == [2, 4, 6, 8, 10, 12]
    assert [r["step"] for r in curves[0] if "valid/loss" in r] == [4, 8, 12]
    losses = [r["valid/loss"] for r in curves[0] if "valid/loss" in r]
    assert losses[-1] < losses[0]


def test_finished_run_returns_at_once_and_can_be_prolonged(tmp_path: Path, tiny_set: Path) -> None:
    """A second call changes nothing; a higher number of steps goes on; the last step is always validated."""
    model = classifier()
    train(tmp_path / "exp", tiny_set, model, max_steps=5, restore="last")
    before = (tmp_path / "exp" / "last.ckpt").stat().st_mtime_ns
    again = classifier()
    assert train(tmp_path / "exp", tiny_set, again, max_steps=5, restore="last").step == 5
    assert same(model, again)
    assert (tmp_path / "exp" / "last.ckpt").stat().st_mtime_ns == before
    assert train(tmp_path / "exp", tiny_set, again, max_steps=9).step == 9
    steps = [r["step"] for r in read_curve(tmp_path / "exp" / "log.jsonl") if "valid/loss" in r]
    assert steps == [4, 5, 8, 9]


def test_named_optimizers_kill_and_resume(tmp_path: Path, tiny_set: Path) -> None:
    """A GAN counts batches, not optimizer steps, keeps the best by two figures, and leaves frozen parameters alone."""
    names = ("generator", "discriminator")
    settings: dict = {
        "optimizers": {name: {"optimizer": ADAM, "params": name, "gradient_clip_val": 1.0} for name in names},
        "criteria": [("valid/mel", 2, "min"), ("valid/liking", 1, "max")],
        "evaluate": lambda model: {"liking": float(model.generator.bias.abs().sum())},
        "freeze": ["discriminator.bias"],
        "batches": {"batch_size": 16, "batch_frames": 300},
    }
    torch.manual_seed(0)
    model = Pair()
    frozen = model.discriminator.bias.clone()
    result = train(tmp_path / "gan", tiny_set, model, max_steps=10, **settings)
    assert result.step == 10
    assert torch.equal(model.discriminator.bias, frozen)
    ranking = json.loads((tmp_path / "gan" / "best" / "best.json").read_text())
    assert [len(ranking[name]) for name in ("valid/mel", "valid/liking")] == [2, 1]
    kept = {f"step{row['step']}.pt" for rows in ranking.values() for row in rows}
    assert {path.name for path in (tmp_path / "gan" / "best").glob("*.pt")} == kept
    curve = read_curve(tmp_path / "gan" / "log.jsonl")
    assert curve[-1]["step"] == 10
    assert curve[0]["train/generator/loss"] > curve[-2]["train/generator/loss"]


def test_best_weights_come_back(tmp_path: Path, tiny_set: Path) -> None:
    """What `fit` leaves in the model, and what its file gives back, is the same."""
    model, other = classifier(), classifier()
    result = train(tmp_path / "exp", tiny_set, model, max_steps=4)
    load_weights(other, result.best)
    assert same(model, other)
    mel, lengths = torch.randn(2, 50, 80), torch.tensor([50, 30])
    assert torch.equal(model.encoder(mel, lengths), other.encoder(mel, lengths))


def test_unknown_figure_is_named(tmp_path: Path, tiny_set: Path) -> None:
    """A criterion that no validation gives is an error that says so."""
    with pytest.raises(MynaError, match="valid/beauty"):
        train(tmp_path / "exp", tiny_set, classifier(), max_steps=2, criteria=[("valid/beauty", 1, "max")])


def test_time_limit_ends_training_with_a_result(tmp_path: Path, tiny_set: Path, monkeypatch: MonkeyPatch) -> None:
    """`trainer.max_seconds` stops early, validates, and the next call has nothing left to do."""
    monkeypatch.setitem(CONFIG, "trainer", {"accelerator": "cpu", "max_seconds": 1})
    model = classifier()
    model.register_forward_pre_hook(lambda *_: time.sleep(0.1))
    result = train(tmp_path / "exp", tiny_set, model, max_steps=1000, validate_every=500)
    assert 0 < result.step < 100
    assert result.best_step == result.step
    assert train(tmp_path / "exp", tiny_set, classifier(), max_steps=1000).step == result.step


def test_devices_are_counted_over_nodes() -> None:
    """Processes are devices times nodes."""
    assert devices({}) == 1
    assert devices({"devices": 4, "num_nodes": 2}) == 8
    assert devices({"devices": [0, 1]}) == 2
    assert devices({"devices": "auto", "accelerator": "cpu"}) == 1
