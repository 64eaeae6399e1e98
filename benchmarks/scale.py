"""Stage 1 on growing amounts of speech: seconds of processor, memory and bytes an hour of speech.

Usage: .venv/bin/python benchmarks/scale.py 0.02 0.1 0.3   (hours; docs/scale.md has what came out)
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOUR = 3600.0


def main(hours: list[float]) -> None:
    """Measure each amount in a process of its own, whose peak of memory is its own."""
    print(f"{'hours':>6} {'utterances':>10} {'cpu s/h':>8} {'wall s/h':>8} {'peak MB':>8} {'MB/h':>8}")
    for each in hours:
        subprocess.run([sys.executable, __file__, "--one", str(each)], check=True)


def one(hours: float) -> None:
    """Repeat AN4 to so many hours, and make features of it."""
    import soundfile
    from omegaconf import OmegaConf

    sys.path.insert(0, str(HERE.parent / "tests/cluster"))
    import an4_corpus

    from myna.audio import stage
    from myna.recipe.call import typed
    from myna.recipe.compose import compose_recipe
    from myna.workspace import Workspace

    recipe = compose_recipe(
        HERE.parent / "recipes/mini_voices",
        ["augment=none", "num_workers=1", "features.limits.min_rate=1", "features.limits.max_rate=60"],
    )
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("data", "dump", "exp"):
            OmegaConf.update(recipe, f"{name}_dir", str(work / name))
        files = an4_corpus.recordings(work)
        mean = sum(soundfile.info(path).duration for path in files) / len(files)
        count = round(hours * HOUR / mean)
        an4_corpus.write_sets(work / "data", files, count)
        began, processor = time.monotonic(), time.process_time()
        settings = typed(recipe)
        stage.run(settings, Workspace.of(settings))
        wall, processor = time.monotonic() - began, time.process_time() - processor
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = sum(path.stat().st_size for path in (work / "dump").rglob("*") if path.is_file()) / 1e6
    print(
        f"{hours:6g} {count:10d} {processor / hours:8.0f} {wall / hours:8.0f} {peak:8.0f} {size / hours:8.0f}",
        flush=True,
    )


if __name__ == "__main__":
    one(float(sys.argv[2])) if sys.argv[1] == "--one" else main([float(each) for each in sys.argv[1:]])
