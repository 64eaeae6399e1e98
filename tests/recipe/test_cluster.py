"""A cluster that cannot be reached is one line, before anything runs."""

import os
import subprocess
from pathlib import Path

import pytest

from myna.cli import main
from myna.recipe import cluster
from myna.recipe.compose import project_root


def refused(capsys: pytest.CaptureFixture[str], *overrides: str, stage: str = "create_dataset") -> str:
    """The one line that a recipe is refused with."""
    command = ["recipe", "mini_voices", "--root", str(project_root()), "--stages", stage]
    assert main([*command, "--overrides", *overrides]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ("slurm", "the program sbatch"),
        ("pbs", "the program qsub"),
        ("lsf", "the program bsub"),
        ("ssh", "the package asyncssh"),
        ("lsd", "one of local, local_gpu, slurm"),
    ],
)
def test_a_cluster_that_is_not_there(
    env: str, named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    monkeypatch.setattr(cluster.shutil, "which", lambda _: None)
    assert named in refused(capsys, f"parallel.env={env}")


def test_a_cluster_whose_jobs_have_no_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sbatch").write_text("#!/bin/sh\n")
    (tmp_path / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert "needs parallel.options.cores" in refused(capsys, "parallel.env=slurm")
    assert "needs parallel.options.memory" in refused(capsys, "parallel.env=slurm", "+parallel.options.cores=4")
    monkeypatch.setattr(cluster.shutil, "which", lambda program: None if program == "srun" else f"/bin/{program}")
    assert "needs the program srun" in refused(capsys, "parallel=slurm", "trainer=slurm", stage="train_vits")


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        (("trainer.num_nodes=2",), "use MYNA_CMD=slurm"),
        (("trainer=multi_gpu",), "this machine has no GPU"),
        (("parallel=ssh",), "the package asyncssh"),
    ],
)
def test_devices_that_are_not_there(
    overrides: tuple[str, ...], named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "_GPU", ())
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    assert named in refused(capsys, *overrides, stage="train_vits")


@pytest.mark.parametrize("name", ["ssh", "moon"])
def test_the_word_alone_through_the_driver(name: str) -> None:
    """`MYNA_CMD=… ./run.sh` was a traceback."""
    done = subprocess.run(
        [project_root() / "run.sh", "--stage", "0", "--stop_stage", "0"],
        env={**os.environ, "MYNA_CMD": name},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("path.sh: ")]
    assert done.returncode == 2 and len(lines) == 1, done.stderr
