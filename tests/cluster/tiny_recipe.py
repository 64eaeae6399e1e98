"""Stages 0, 1 and 4 of a tiny recipe, by the command that people type."""

import hashlib
import subprocess
import time
from pathlib import Path

from myna.recipe.compose import project_root

HERE, UTTERANCES, STEPS = Path(__file__).parent, 48, 40
FEATURES = [
    "stages.create_dataset._target_=an4_corpus.run",
    "augment=none",
    "features.shard_size=2",
    "features.limits.min_rate=1",
    "features.limits.max_rate=60",
]
TRAINING = [
    "vocoder.init=scratch",
    f"vocoder.max_steps={STEPS}",
    "vocoder.batch_size=4",
    "vocoder.segment_frames=20",
    "vocoder.checkpoint_seconds=1",
    "vocoder.train_sets=[pool_train]",
    "vocoder.measure.sets=[target_test]",
    "vocoder.measure.scores=[]",
    "vocoder.measure.utterances=1",
    "vocoder.generator.channels=16",
    "vocoder.generator.inner=32",
    "vocoder.generator.layers=2",
    "trainer.log_every_n_steps=1",
]


def command(work: Path, first: int, last: int, *overrides: str, compare: str = "") -> list[str]:
    """Return the command that a person would type, with the recipe's folders below `work`.

    Args:
        work: Holds data, features and results.
        first: Stage.
        last: Stage.
        overrides: More of the command line.
        compare: A group to compare after stages 0 and 1, in the place of the stages named.
    """
    folders = [f"{name}_dir={work / name}" for name in ("data", "dump", "exp")]
    stages = ["--compare", compare] if compare else ["--stage", str(first), "--stop_stage", str(last)]
    small = [*FEATURES, *([] if compare else TRAINING)]
    return [str(project_root() / "run.sh"), *stages, "--conf-dir", str(HERE), "--", *small, *folders, *overrides]


def start(typed: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start it."""
    more = {"AN4_UTTERANCES": str(UTTERANCES), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(typed, env={**environment, **more}, stderr=subprocess.PIPE, text=True)


def run(typed: list[str], environment: dict[str, str]) -> float:
    """Run it to its end; returns seconds."""
    begin = time.monotonic()
    process = start(typed, environment)
    said = process.communicate()[1]
    assert process.returncode == 0, said
    return time.monotonic() - begin


def digests(work: Path) -> dict[str, str]:
    """Hash every file of the features, with the folder's own name taken out."""
    files = [path for path in (work / "dump").rglob("*") if path.is_file() and path.name != ".stats"]
    return {
        str(path.relative_to(work)): hashlib.sha256(path.read_bytes().replace(str(work).encode(), b"")).hexdigest()
        for path in files
    }
