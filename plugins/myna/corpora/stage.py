"""Stage 0, create_dataset: corpora in, validated Kaldi data directories out."""

import errno
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from myna.corpora.clip import Clip, Corpus
from myna.corpora.decode import materialise
from myna.errors import MynaError
from myna.kaldi.data import DataDir, write
from myna.kaldi.rates import all_outliers
from myna.kaldi.sets import check_disjoint
from myna.kaldi.validate import check
from myna.settings.corpus import CreateDataset
from myna.settings.recipe import Settings
from myna.workspace import Workspace, run_again

TARGET = ("target_train", "target_dev", "target_test")
POOL = ("pool_train", "pool_dev")
# Sets that may not share a speaker, and sets that may not share a sentence.
APART = [(pool, other) for pool in POOL for other in (*TARGET, "spk_test")] + [("spk_test", name) for name in TARGET]
UNSEEN = [(name, "target_test") for name in ("target_train", "target_dev", *POOL)] + [("target_train", "target_dev")]

Builder = Callable[[Settings, Workspace, Path], tuple[Corpus, dict[str, list[Clip]]]]


def run(settings: Settings, workspace: Workspace) -> None:
    """Build every set of the recipe; what is there already and whole is kept.

    Args:
        settings: Of the recipe; reads `create_dataset` and `num_workers`, and what the builder reads.
        workspace: Gets the sets.

    Raises:
        MynaError: A source is missing, a target has no consent record, or a set is not sound.
    """
    node, folder = settings.create_dataset, workspace.data.absolute()
    workers = settings.num_workers or os.cpu_count() or 1
    try:
        _sweep(folder)
        corpus, sets = _builder(node.builder)(settings, workspace, downloads(node, workspace))
        data = {
            name: _write(materialise(corpus, clips, folder / "wav", workers, copy=node.copies_files), folder / name)
            for name, clips in sets.items()
            if clips
        }
    except OSError as error:
        raise MynaError(_disk(error, workspace.data)) from error
    check_sets(data)
    print(table(data))


def _sweep(data_dir: Path) -> None:
    """Remove the temporary files of a run that was killed; the driver lets one run at a time into a recipe."""
    for path in data_dir.rglob(".*.tmp*") if data_dir.is_dir() else ():
        path.unlink(missing_ok=True)


def downloads(node: CreateDataset, workspace: Workspace) -> Path:
    """Name the folder of downloads: `create_dataset.downloads`, else `downloads/` beside `recipes/`."""
    return Path(node.downloads) if node.downloads else workspace.recipe.parents[1] / "downloads"


def _builder(name: str) -> Builder:
    module, _, function = name.rpartition(".")
    if not module.startswith("myna."):
        raise MynaError(f"create_dataset.builder={name}: only functions of myna may be named")
    try:
        builder: Builder = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise MynaError(f"create_dataset.builder={name} does not exist ({error}); see recipes/TEMPLATE") from error
    return builder


def _write(data: DataDir, folder: Path) -> DataDir:
    judged = folder.name != "spk_test"
    if judged:
        _drop_odd(folder.name, data)
    write(data, folder)
    return check(folder, rates=judged)


def _drop_odd(name: str, data: DataDir) -> None:
    """Drop what is odd among all voices of a language, though it may not be within its own corpus."""
    items = {u.id: (u.text, round(u.duration, 4), u.language) for u in data.utterances.values()}
    for key, reason in all_outliers(items).items():
        del data.utterances[key]
        print(f"{name}: dropped {key}: {reason}")


def check_sets(data: dict[str, DataDir]) -> None:
    """Check what must hold between sets, and that every target speaker has a consent record."""
    check_disjoint(
        data,
        speakers=[pair for pair in APART if pair[0] in data and pair[1] in data],
        sentences=[pair for pair in UNSEEN if pair[0] in data and pair[1] in data],
    )
    for name in TARGET:
        for speaker in data[name].speakers if name in data else []:
            if speaker not in data[name].consent:
                raise MynaError(
                    f"target speaker {speaker} ({name}) has no consent record in spk2consent; a voice is cloned only "
                    "with a stated basis: see `create_dataset.consent`"
                )


def table(data: dict[str, DataDir]) -> str:
    """Lay out set, speakers, utterances, minutes and languages in columns."""
    rows = [("set", "speakers", "utterances", "minutes", "languages")]
    for name, part in data.items():
        languages = " ".join(sorted({u.language for u in part.utterances.values()}))
        rows.append((name, str(len(part.speakers)), str(len(part.utterances)), f"{part.seconds / 60:.1f}", languages))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in (1, 2, 3)), row[4]]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _disk(error: OSError, folder: Path) -> str:
    if error.errno == errno.ENOSPC:
        where = error.filename or f"below {folder}"
        return (
            f"the disk is full while writing {where}; free some space and {run_again('create_dataset')}, it will go on"
        )
    if error.errno in (errno.EACCES, errno.EROFS):
        return f"{error.filename or folder} cannot be written ({error.strerror}); choose a folder of your own"
    return f"{error.filename or folder}: {error.strerror or error}; check the path and {run_again('create_dataset')}"
