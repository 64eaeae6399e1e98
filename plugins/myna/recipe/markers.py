"""Records of stages in `exp/stages/`: `<name>.started.json` while one runs, `<name>.json` once it is complete."""

import json
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from myna.files import atomic_text
from myna.recipe.plan import RECIPE, Stage

PACKAGES = ("myna", "torch", "espnet", "nemo_toolkit", "lightning", "numpy")


class Markers:
    """The records of one `exp/stages/` folder."""

    def __init__(self, folder: Path) -> None:
        """Keep the records in `folder`, which is made when missing."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def complete(self, name: str) -> dict[str, Any] | None:
        """Return the record of a completed stage, or None."""
        return _read(self.folder / f"{name}.json")

    def started(self, name: str) -> dict[str, Any] | None:
        """Return the record of a stage that was started and did not end, or None."""
        return _read(self.folder / f"{name}.started.json")

    def write_started(self, name: str, record: dict[str, Any]) -> None:
        """Write that a stage runs, with what it has used so far."""
        atomic_text(self.folder / f"{name}.started.json", json.dumps(record, indent=2) + "\n")

    def write_complete(self, name: str, record: dict[str, Any]) -> None:
        """Write that a stage is complete: the last thing of a stage."""
        atomic_text(self.folder / f"{name}.json", json.dumps(record, indent=2) + "\n")
        (self.folder / f"{name}.started.json").unlink(missing_ok=True)

    def forget(self, name: str) -> None:
        """Remove the record of completion: from here on the stage's results are in doubt."""
        (self.folder / f"{name}.json").unlink(missing_ok=True)


def clear_stale(stage: Stage, recipe_dir: Path, last: dict[str, Any]) -> list[str]:
    """Make room for a stage whose configuration or inputs changed.

    Only what the last run of the stage worked on is touched; a folder that a person names for the first time is not.
    What lies outside the recipe's folder is set aside, never removed.

    Args:
        stage: The stage that starts afresh.
        recipe_dir: The recipe's folder.
        last: The record of the stage's last run.

    Returns:
        A phrase for each path that was removed or renamed.
    """
    known = {name.replace(RECIPE, str(recipe_dir)) for name in last.get("worked_on", ())}
    done = []
    for path in map(Path, stage.remove + stage.set_aside):
        if str(path) not in known or not path.exists():
            continue
        if str(path) in stage.remove and path.resolve().is_relative_to(recipe_dir.resolve()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            done.append(f"removed {path}")
        else:
            previous = path.with_name(path.name + ".previous")
            shutil.rmtree(previous, ignore_errors=True)
            path.rename(previous)
            done.append(f"set {path} aside as {previous.name}")
    return done


def worked_on(stage: Stage, recipe_dir: Path) -> list[str]:
    """Name the paths that a stage may clear, so that the names hold when the recipe's folder moves."""
    return [name.replace(str(recipe_dir), RECIPE) for name in stage.remove + stage.set_aside]


def versions() -> dict[str, str]:
    """Return the installed versions of what shapes a result; a package that is absent is left out."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _read(path: Path) -> dict[str, Any] | None:
    """Read a record; one that does not parse counts as absent."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return record if isinstance(record, dict) else None
