"""The schemas of conf/ are up to date, each YAML names its own, and every key of it is in there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from myna.cli import main
from myna.recipe.compose import project_root
from myna.settings.recipe import known_groups

ROOT = project_root()
FILES = sorted(
    path
    for pattern in ("conf/*.yaml", "conf/*/*.yaml", "recipes/*/conf/recipe.yaml")
    for path in ROOT.glob(pattern)
    if path.parent.name != "espnet2"
)


def test_schemas_are_up_to_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", str(ROOT / "docs/schema"), "--check"]) == 0, capsys.readouterr().out
    assert main(["schema", str(tmp_path), "--check"]) == 1
    assert "run myna schema" in capsys.readouterr().out
    assert main(["schema", str(tmp_path)]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in (ROOT / "docs/schema").iterdir())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_yaml_names_its_schema_which_knows_its_keys(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.search(r"^# yaml-language-server: \$schema=(\S+)$", text, re.MULTILINE)
    assert named, f"{path} names no schema"
    schema = json.loads((path.parent / named[1]).read_text(encoding="utf-8"))
    keys = yaml.safe_load(text)
    own = known_groups(keys.get("stages") or {})  # groups that a stage of the recipe's own names
    assert [key for key in unknown(keys, schema) if key not in own] == []


def test_a_schema_tells_a_wrong_key_from_a_right_one() -> None:
    schema = json.loads((ROOT / "docs/schema/tts.json").read_text(encoding="utf-8"))
    assert list(unknown({"adapt": {"alpha": 1, "alfa": 1}}, schema)) == ["alfa"]


def unknown(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    """Yield the keys of a table that no branch of a schema has."""
    branches = [branch for branch in schema.get("anyOf", [schema]) if branch.get("type") == "object"]
    if not isinstance(value, dict) or not branches:
        return
    for key, inner in value.items():
        found = [b["properties"][key] for b in branches if key in b.get("properties", {})]
        found += [b["additionalProperties"] for b in branches if isinstance(b.get("additionalProperties"), dict)]
        if not found and not any(b.get("additionalProperties") is True for b in branches):
            yield key
        elif found:
            yield from unknown(inner, {"anyOf": [one for f in found for one in f.get("anyOf", [f])]})
