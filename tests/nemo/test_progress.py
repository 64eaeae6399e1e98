"""The budget of a training, by whatever clock."""

from types import SimpleNamespace

import torch

from myna.nemo.progress import Progress
from myna.training.budget import Budget
from myna.training.curve import CurveLog
from myna.training.stopwatch import Stopwatch


def test_the_clock_of_a_restarted_training_goes_on_where_it_stopped(tmp_path):
    times = iter([100.0, 103.0, 104.0, 500.0, 503.5, 504.5])

    def log() -> CurveLog:
        return CurveLog(tmp_path / "log.jsonl", 10, Stopwatch(lambda: next(times)))

    trainer, model = SimpleNamespace(is_global_zero=True), SimpleNamespace(steps=torch.tensor(2))
    first = Progress(log(), Budget(10, 6.0))
    first.on_train_start(trainer, model)
    assert first.records.watch.seconds == 3.0
    second = Progress(log(), Budget(10, 6.0))
    second.load_state_dict(first.state_dict())
    second.on_train_start(trainer, model)
    assert second.records.watch.seconds == 4.0 + 3.5
    assert second.spent(model)
