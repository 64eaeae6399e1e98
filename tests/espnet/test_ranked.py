"""Two processes that train together learn what one learns, and a killed one is made up for."""

from pathlib import Path

import pytest
import ranked
from omegaconf import DictConfig, OmegaConf
from partial_settings import settings_and_workspace as given

from myna.errors import MynaError
from myna.recipe import ranks
from myna.recipe.folders import CONF
from myna.training.curve import read_curve


def config(root: Path, data: Path, devices: int) -> DictConfig:
    """The configuration of a stage on so many processes."""
    folder = root / str(devices)
    return OmegaConf.create(
        {
            "recipe_dir": str(root),
            "data_dir": str(root / "data"),
            "dump_dir": str(data),
            "exp_dir": str(folder),
            "log_dir": str(folder / "logs"),
            "seed": 3,
            "num_workers": 0,
            "trainer": {**OmegaConf.load(CONF / "trainer" / "cpu.yaml"), "devices": devices},
            "stages": {"toy": {"_target_": "ranked.run", "nodes": ["toy"]}},
            "toy": {"die": str(root / "died")},
        }
    )


def curve(folder: Path) -> list[dict[str, float]]:
    records = read_curve(folder / "log.jsonl")
    for record in records:
        record.pop("seconds")
    return records


def test_two_ranks_learn_what_one_process_learns(
    tmp_path: Path, tiny_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same total batch, same curve. Resumed after a kill on one process, it is still the same."""
    monkeypatch.setenv("MYNA_CONF_PATH", str(Path(__file__).parent))
    alone, shared = (config(tmp_path, tiny_set, devices) for devices in (1, 2))
    with ranks.stage("toy", alone):
        expected = ranked.run(*given(alone))
    with ranks.stage("toy", shared), pytest.raises(MynaError, match="rank 1 of 2 was killed by signal 9"):
        ranked.run(*given(shared))
    assert not (tmp_path / "2/result.json").exists()
    shared.trainer.devices = 1  # two more processes would cost a minute; how many there are makes no difference
    with ranks.stage("toy", shared):
        result = ranked.run(*given(shared))
    assert (result.step, result.best_step) == (expected.step, expected.best_step)
    one, two = curve(tmp_path / "1"), curve(tmp_path / "2")
    assert [sorted(record) for record in one] == [sorted(record) for record in two]
    for ours, theirs in zip(one, two, strict=True):
        assert theirs == pytest.approx(ours, rel=1e-4, abs=1e-5)
    assert one[-1]["valid/mel"] < one[2]["valid/mel"]
