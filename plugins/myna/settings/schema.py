"""`myna schema`: JSON schemas of the YAML files in `conf/`, by which an editor completes and checks them."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from myna.arguments import Parser
from myna.files import atomic_text
from myna.settings.recipe import FAMILIES, KINDS, Machine, Settings
from myna.settings.refusal import descriptions, within
from myna.settings.stages import StageEntry
from myna.settings.tts import MelAdapt

# Which groups stand at the top of a file; a file of a folder such as conf/tts/ is the group itself.
ROLES = {
    "training": ("stages", "parallel", "trainer", "create_dataset", "features"),
    "inference": ("decode",),
    "metrics": ("measure", "compare"),
    "publication": ("pack", "upload"),
    "recipe": tuple(name for name in Settings.model_fields if name not in Machine.model_fields),
}
FOLDERS = ("trainer", "parallel", "encoder", "tts", "adapt", "vocoder", "augment", "text")
PARTS: dict[str, tuple[type[BaseModel], ...]] = {"adapt": (MelAdapt,)}  # folders whose files land within a group
REFERENCE = {"type": "string", "pattern": r"\$\{"}  # to another key
DEFAULTS = {"type": "array", "description": "the files that this one starts from (Hydra)"}


def main(argv: Sequence[str] = ()) -> int:
    """Write the schemas, or say with status 1 which are not up to date."""
    parser = Parser(prog="myna schema", description="Write the JSON schemas of conf/.")
    parser.add_argument("folder", type=Path, help="where to, such as docs/schema")
    parser.add_argument("--check", action="store_true", help="write nothing; say what is not up to date")
    return _write(parser.parse_args(argv))


def _write(args: argparse.Namespace) -> int:
    stale = [name for name, text in texts().items() if not _same(args.folder / name, text)]
    for name in stale:
        if not args.check:
            atomic_text(args.folder / name, texts()[name])
        print(f"{args.folder / name}: {'is not up to date; run myna schema' if args.check else 'written'}")
    return 1 if stale and args.check else 0


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def texts() -> dict[str, str]:
    """Return file name and text of every schema."""
    found = {f"{name}.json": {**_table(group_models(name)), "title": name} for name in FOLDERS}
    for role, groups in ROLES.items():
        properties = {group: _group(group) for group in groups}
        if role in ("training", "recipe"):
            properties |= _table((Machine,))["properties"]
        found[f"{role}.json"] = {"type": "object", "title": role, "properties": properties}
    for schema in found.values():
        schema["properties"] = {"defaults": DEFAULTS, **schema["properties"]}
        schema["additionalProperties"] = False
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return {name: json.dumps(schema, indent=1, sort_keys=True) + "\n" for name, schema in found.items()}


def group_models(group: str) -> tuple[type[BaseModel], ...]:
    """Return the models of a group: one, or those of its families."""
    if group in PARTS:
        return PARTS[group]
    return (KINDS[group],) if group in KINDS else FAMILIES[group][1]


def _group(group: str) -> dict[str, Any]:
    if group == "stages":
        return {"type": "object", "additionalProperties": _table((StageEntry,))}
    return _table(group_models(group))


def _table(models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    """Describe a table: every key may be left out, for the file that it starts from may have it."""
    properties: dict[str, dict[str, Any]] = {}
    for model in models:
        for key, schema in _properties(model):
            former = properties.setdefault(key, schema)
            more = [branch for branch in schema["anyOf"] if branch not in former["anyOf"]]
            properties[key] = former | {"anyOf": former["anyOf"] + more}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _properties(model: type[BaseModel]) -> Iterator[tuple[str, dict[str, Any]]]:
    whole, purposes = model.model_json_schema(), descriptions(model)
    for name, field in model.model_fields.items():
        inner = within(model, name)
        schema = _table((inner,)) if inner else _plain(whole["properties"][field.alias or name])
        purpose = {"description": purposes[name]} if name in purposes else {}
        yield field.alias or name, {"anyOf": [*schema.pop("anyOf", [schema]), REFERENCE]} | purpose


def _plain(schema: Any) -> Any:
    """Drop what only Python needs, and let a reference stand in each place of a list or table."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _plain(value) for key, value in schema.items() if key not in ("title", "default")}
    for place in ("items", "additionalProperties"):
        if isinstance(kept.get(place), dict) and kept[place]:
            kept[place] = {"anyOf": [*kept[place].pop("anyOf", [kept[place]]), REFERENCE, {"type": "null"}]}
    return kept
