"""Ranks that a real Slurm starts on two nodes (of this machine): the toy of tests/recipe through srun."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import slurm
from omegaconf import OmegaConf

import toy_ranks as toy
from myna.audio import spread
from myna.errors import MynaError
from myna.recipe import ranks
from myna.recipe.call import call_stage
from myna.recipe.folders import CONF


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two idle nodes."""
    patch = pytest.MonkeyPatch()
    with slurm.cluster(tmp_path_factory.mktemp("slurm") / "c") as environment:
        for name, value in {**environment, "MYNA_CONF_PATH": str(Path(toy.__file__).parent)}.items():
            patch.setenv(name, value)
        yield
        patch.undo()


def drive(folder: Path, srun: list[str], **more: object) -> None:
    """Run the toy's stage as the driver does, one rank on each of two nodes."""
    settings = OmegaConf.create(
        {
            "recipe_dir": str(folder),
            **{f"{name}_dir": str(folder / name) for name in ("data", "dump", "exp")},
            "log_dir": str(folder / "exp/logs"),
            "trainer": {**OmegaConf.load(CONF / "trainer" / "cpu.yaml"), "num_nodes": 2, "srun": srun},
            "stages": {"toy": {"_target_": "toy_ranks.run", "nodes": ["toy"]}},
            "toy": {"refuse": False, "kill_at": None, "hang_at": None, "rank_of": "SLURM_PROCID", **more},
        }
    )
    with ranks.stage("toy", settings):
        call_stage("toy", settings)


@pytest.mark.usefixtures("cluster")
def test_a_rank_that_dies_on_its_node_ends_all_and_the_next_run_goes_on(tmp_path: Path) -> None:
    with pytest.raises(MynaError, match=r"srun, which trains on 2 ranks, ended with status .*same command") as error:
        drive(tmp_path, ["--time=5"], kill_at=3)
    assert "\n" not in str(error.value)
    drive(tmp_path, ["--time=5"], kill_at=3)
    lines = [json.loads(line) for line in (tmp_path / "exp/log.jsonl").read_text().splitlines()]
    assert [line["rank"] for line in lines] == [0, 1, 0, 1, 0, 1]
    assert (tmp_path / "exp/ended").read_text() == f"{os.getpid()}\n"


@pytest.mark.usefixtures("cluster")
def test_what_slurm_refuses_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MynaError, match=r"Slurm refuses the ranks .Invalid partition"):
        drive(tmp_path, ["--partition=moon"])
    with pytest.raises(MynaError, match=r"Slurm refuses the job of a worker .*invalid partition.*parallel.options"):
        spread._ask_slurm("#!/bin/sh\n#SBATCH --partition=moon\ntrue\n")
    spread._ask_slurm("#!/bin/sh\n#SBATCH --partition=work --mem=1G\ntrue\n")
