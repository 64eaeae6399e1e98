"""`run.sh --compare`: train every member of a group for the same budget, measure all alike, write one page."""

import json
import logging
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from myna.compare.kept import Row
from myna.compare.members import GROUPS, choose_members
from myna.compare.page import write_page
from myna.compare.table import TITLES, markdown
from myna.errors import MynaError
from myna.files import atomic_text
from myna.measure.results import versions
from myna.recipe.lock import only_run
from myna.settings.recipe import Settings
from myna.workspace import Workspace, run_first

log = logging.getLogger(__name__)

# Imported when their turn comes: each brings a toolkit.
CLASSES = {"encoder": "EncoderGroup", "tts": "TtsGroup", "vocoder": "VocoderGroup"}


def run(settings: Settings, overrides: Sequence[str]) -> Path:
    """Measure the members that `compare` names, and write `exp/compare/{index.html,compare.json,compare.md}`.

    What is measured already is kept, and a training that was killed goes on. Groups that an earlier run measured stay
    on the page, and may be measured by runs at the same time.

    Args:
        settings: Of the recipe; its stages 0 and 1 are complete.
        overrides: What the person typed.

    Returns:
        The page.

    Raises:
        MynaError: A group or member does not exist, or features are missing.
    """
    import torch

    options, workspace = settings.compare, Workspace.of(settings)
    members, out = choose_members(options), workspace.comparison
    if not workspace.has_features("pool_train"):
        raise MynaError(f"{workspace.dump}/pool_train/feats.scp is missing: {run_first('extract_features')}")
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    torch.set_num_threads(options.threads)
    page = out / "index.html"
    for group in options.groups:
        chosen = [member for member in members if member.group == group]
        if not chosen:
            continue
        with only_run(out / group):
            kind = getattr(import_module(f"myna.compare.{group}_group"), CLASSES[group])
            rows: list[Row] = []
            order = {member.label: place for place, member in enumerate(chosen)}
            for row in kind(settings, overrides, chosen).rows():
                rows.append(row)  # a page of what there is, after each: a member may take long
                rows.sort(key=lambda row: order.get(row["name"], -1))  # ceilings and floors are no members
                write_group(settings, out / group / "rows.json", rows)
                write_results(workspace.recipe.name, out)
        log.info("compare: %s", page)
    return page


def write_group(settings: Settings, path: Path, rows: list[Row]) -> None:
    """Write the rows of a group with what they were measured under."""
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "seed": settings.seed,
        "options": settings.compare.model_dump(mode="json"),
        "machine": platform.processor() or platform.machine(),
        "versions": versions(),
    }
    atomic_text(path, json.dumps({**about, "rows": rows}, indent=1, ensure_ascii=False) + "\n")


def write_results(recipe: str, out: Path) -> None:
    """Write page, JSON and Markdown of all groups that are measured."""
    stored = {name: out / name / "rows.json" for name in GROUPS}
    found = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in stored.items() if path.is_file()}
    atomic_text(out / "compare.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    tables = [f"## {TITLES[name][0]}\n\n{markdown(name, group['rows'])}" for name, group in found.items()]
    atomic_text(out / "compare.md", "\n".join(tables))
    write_page(out / "index.html", recipe, found)
