"""benchmarks/train_step.py: both sides have the same sizes, take a step, and end in a table and a plot."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from script import load
from tiny_vits import DISCRIMINATOR, SMALL

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "train_step.py"
NETWORK = SMALL | {"inner": 64, "posterior_stacks": 1, "channels": 32, "res_kernels": [3], "res_dilations": [[1, 2]]}
TARGET = {"_target_": "espnet2.gan_tts.hifigan.HiFiGANMultiScaleMultiPeriodDiscriminator"}
LOSSES = {"mel": 45.0, "spectrum": 0.0, "adversarial": 1.0, "features": 2.0, "divergence": 1.0, "duration": 1.0}


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, with tiny networks."""
    module = load(SCRIPT)
    tiny: dict[str, Any] = {
        "network": NETWORK,
        "discriminator": TARGET | DISCRIMINATOR,
        "losses": LOSSES,
        "segment": 16,
    }
    monkeypatch.setattr(module, "config", lambda size: {**tiny})
    return module


def test_both_sides_have_the_same_sizes_and_learn(benchmark: ModuleType, capsys, monkeypatch, tmp_path: Path) -> None:
    out = tmp_path / "steps.json"
    command = ["train_step", "--batch", "2", "--frames", "64", "--steps", "1", "--device", "cpu", "--threads", "1"]
    monkeypatch.setattr(sys, "argv", [*command, "--models", "stock", "vits", "--output", str(out)])
    threads = torch.get_num_threads()
    try:
        assert benchmark.main() in (0, 1)
    finally:
        torch.set_num_threads(threads)
    printed = capsys.readouterr().out
    assert "| ESPnet2 VITS, stock |" in printed and "| tts=vits |" in printed
    rows = benchmark.json.loads(out.read_text(encoding="utf-8"))["models"]
    (stock, stock_discriminator), (ours, discriminator) = (rows[name]["parameters"] for name in ("stock", "vits"))
    assert stock_discriminator == discriminator
    assert stock == pytest.approx(ours, rel=0.15)
    assert rows["stock"]["times_stock"] == 1.0 and rows["vits"]["times_stock"] > 0
    assert out.with_suffix(".png").stat().st_size > 1000


def test_a_step_changes_the_weights_of_both(benchmark: ModuleType) -> None:
    settings = benchmark.config("cpu")
    batch = benchmark.utterances(2, 64, 60, "cpu")
    kept: list[torch.optim.Optimizer] = []
    original = benchmark.adamw
    benchmark.adamw = lambda module, fused=False: kept.append(original(module, fused)) or kept[-1]
    step, _ = benchmark.ours("vits", 60, settings, "cpu", 0.0)
    before = [[p.clone() for p in o.param_groups[0]["params"]] for o in kept]
    step(batch)
    for optimizer, old in zip(kept, before, strict=True):
        assert any(not torch.equal(a, b) for a, b in zip(optimizer.param_groups[0]["params"], old, strict=True))
