"""Stage 1, extract_features: processed audio, phonemes, features, augmented copies and statistics in dump/."""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from myna.audio.ark import write_ark
from myna.audio.augment import Change, changes
from myna.audio.process import Item, Record, finished, process
from myna.audio.processing import Processing
from myna.audio.sets import SourceSet, check_leaks, matches, read_set, write_tables
from myna.audio.spread import Cluster, cluster_of, spread
from myna.audio.statistics import write_statistics
from myna.errors import MynaError
from myna.kaldi.tables import read_table
from myna.once import once
from myna.settings.features import Augment, Text
from myna.settings.recipe import Settings
from myna.text.front_end import FrontEnd, save_front_end
from myna.text.prepare import prepare
from myna.workspace import Workspace, run_again, run_first

log = logging.getLogger(__name__)


def run(settings: Settings, workspace: Workspace) -> None:
    """Process every set of the data folder into the folder of features.

    Finished utterances with the same settings and input are skipped, so that a killed run goes on where it was.

    Args:
        settings: Of the recipe; reads `features`, `augment`, `text`, `parallel` and `num_workers`.
        workspace: Has the sets, and gets their features.

    Raises:
        MynaError: There are no sets, a set or recording is unusable, augmentation would reach a test set, or the text
            front end does not fit the texts.
    """
    features, dump = settings.features, workspace.dump
    processing = Processing.of(features)
    folders = _folders(workspace.data)
    learnt = [folder for folder in folders if matches(folder.name, features.train_sets)]
    front_end = _front_end(settings.text, learnt, workspace.recipe)
    sets = _read_sets(folders, workspace.recipe, front_end)
    train = [folder.name for folder in learnt]
    check_leaks(sets, train)
    copies = _copies(sets, train, settings.augment)
    sounds = {source.name: {u: front_end.count_sounds(p) for u, p in source.phones.items()} for source in sets}
    plans = {
        source.name: _plan(source, dump, source.name in train, copies[source.name], processing, sounds[source.name])
        for source in sets
    }
    # Small sets first: what is wrong with a target shows early.
    items = [item for plan in sorted(plans.values(), key=len) for item in plan.values()]
    _process(items, processing, cluster_of(settings), features.shard_size)
    originals: list[Path] = []
    for source in sets:
        originals += _finish(source, dump / source.name, plans[source.name], source.name in train)
        write_ark(dump / source.name)
    save_front_end(front_end, dump)
    _statistics(originals, dump, processing)


def _folders(data: Path) -> list[Path]:
    folders = sorted(path.parent for path in data.glob("*/wav.scp"))
    if not folders:
        raise MynaError(f"{data} has no set (a folder with wav.scp); {run_first('create_dataset')}")
    return folders


def _front_end(chosen: Text, train: Iterable[Path], recipe: Path) -> FrontEnd:
    """Build the chosen text front end and let it learn from the training texts."""
    texts = [text for folder in train if (folder / "text").is_file() for text in read_table(folder / "text").values()]
    return prepare(chosen.model_dump(), texts, (recipe, Path.cwd()))


def _read_sets(folders: Iterable[Path], recipe: Path, front_end: FrontEnd) -> list[SourceSet]:
    roots = (Path.cwd(), *recipe.resolve().parents[:2])
    return [read_set(folder, roots, front_end) for folder in folders]


def _copies(sets: Iterable[SourceSet], train: Iterable[str], augment: Augment) -> dict[str, list[Change]]:
    """Decide which set gets which changed copies."""
    wanted = changes(**augment.model_dump(exclude={"sets"}))
    chosen: dict[str, list[Change]] = {}
    for source in sets:
        listed = matches(source.name, augment.sets)
        if listed and wanted and source.name not in train:
            raise MynaError(
                f"augment.sets reaches {source.name}, which is not a training set (features.train_sets); "
                "augment training sets only"
            )
        chosen[source.name] = wanted if listed else []
    return chosen


def _plan(
    source: SourceSet,
    dump: Path,
    train: bool,
    copies: Iterable[Change],
    processing: Processing,
    sounds: Mapping[str, int],
) -> dict[str, Item]:
    wanted = tuple((change.kind, change.value) for change in copies)
    digest, items = processing.digest(), {}
    for name, path in source.wav.items():
        phones, info = sounds[name], path.stat()
        facts = (digest, name, str(path), info.st_size, info.st_mtime_ns, phones, train, wanted)
        key = hashlib.sha256(repr(facts).encode()).hexdigest()
        items[name] = Item(name, str(path), str((dump / source.name).resolve()), key, phones, train, wanted)
    return items


def _process(items: list[Item], processing: Processing, cluster: Cluster, together: int) -> None:
    pending = [item for item in items if finished(item) is None]
    log.info("%d utterances: %d are finished, %d to process", len(items), len(items) - len(pending), len(pending))
    if not pending:
        return
    work = partial(process, processing=processing)
    for _ in spread(work, pending, cluster, "features", together):
        pass


def _finish(source: SourceSet, folder: Path, items: Mapping[str, Item], train: bool) -> list[Path]:
    """Write the tables of a set and remove what belongs to no utterance; returns features of training originals."""
    records = {name: record for name, item in items.items() if (record := finished(item)) is not None}
    lost = sorted(set(items) - set(records))
    if lost:
        raise MynaError(f"{folder}: utterance {lost[0]} was not processed; {run_again('extract_features')}")
    kept = [name for name, record in records.items() if record.made]
    if not kept:
        reason = next(record.reason for record in records.values())
        raise MynaError(f"{source.name}: every utterance was dropped ({reason}); check its audio and text")
    write_tables(folder, source, items, records)
    _prune(folder, items, records)
    _report(source.name, records)
    return [items[name].feats(name) for name in sorted(kept)] if train else []


def _prune(folder: Path, items: Mapping[str, Item], records: Mapping[str, Record]) -> None:
    """Remove files of utterances that are gone, and what a killed run left half-written."""
    wanted = {item.record for item in items.values()}
    for name, record in records.items():
        for made in record.made:
            wanted |= {items[name].wav(made.name), items[name].feats(made.name)}
    for kind in ("wav", "feats", "records"):
        for path in (folder.resolve() / kind).glob("*"):
            if path not in wanted:
                path.unlink()


def _report(name: str, records: Mapping[str, Record]) -> None:
    made = [made for record in records.values() for made in record.made]
    minutes = sum(m.seconds for m in made) / 60
    dropped = sum(record.reason is not None for record in records.values())
    rates = Counter(record.original_rate for record in records.values())
    stereo = sum(record.channels > 1 for record in records.values())
    came = ", ".join(f"{count} of {rate} Hz" for rate, count in sorted(rates.items()))
    log.info(
        "%s: %d utterances with copies, %.1f min; %d dropped (see dropped.tsv); recordings: %s; %d averaged to mono",
        name, len(made), minutes, dropped, came, stereo,
    )  # fmt: skip


def _statistics(originals: list[Path], dump: Path, processing: Processing) -> None:
    """Write dump/stats.npz of the recordings themselves; copies would bend the pitch."""
    target, marker = dump / "stats.npz", dump / ".stats"
    facts = [processing.digest(), *(f"{path} {path.stat().st_mtime_ns}" for path in originals)]
    if not target.exists():
        marker.unlink(missing_ok=True)
    key = hashlib.sha256("\n".join(facts).encode()).hexdigest()
    once(marker, key, lambda: write_statistics(originals, target))
