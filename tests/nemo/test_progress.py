"""The budget of a training, by whatever clock."""

from types import SimpleNamespace

import torch

from myna.nemo.progress import Progress


def test_the_clock_of_a_restarted_training_goes_on_where_it_stopped(tmp_path):
    times = iter([100.0, 103.0, 104.0, 500.0, 503.5, 504.5])
    trainer, model = SimpleNamespace(is_global_zero=True), SimpleNamespace(steps=torch.tensor(2))
    first = Progress(tmp_path / "log.jsonl", max_steps=10, max_seconds=6.0, clock=lambda: next(times))
    first.on_train_start(trainer, model)
    assert first.seconds == 3.0
    second = Progress(tmp_path / "log.jsonl", max_steps=10, max_seconds=6.0, clock=lambda: next(times))
    second.load_state_dict(first.state_dict())
    second.on_train_start(trainer, model)
    assert second.seconds == 4.0 + 3.5
    assert second.spent(model)
