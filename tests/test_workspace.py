"""One place says where things lie and which stage makes them; it agrees with the driver and the configuration."""

import re
from pathlib import Path

from myna.recipe.compose import compose_recipe, project_root
from myna.workspace import NUMBERS, Workspace, run_again, run_first

ROOT = project_root()


def test_numbers_are_those_of_the_driver() -> None:
    listed = re.search(r"^STAGES=\((.*?)^\)", (ROOT / "run.sh").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert listed
    lines = re.findall(r'"([^"]+)"', listed[1])
    assert {name: n for n, line in enumerate(lines) for name in line.split()} == NUMBERS


def test_a_remedy_names_number_and_stage() -> None:
    assert run_first("train_vits") == "run stage 3 (train_vits) first"
    assert run_first("train_encoder", "with encoder.train=true") == (
        "run stage 2 (train_encoder) with encoder.train=true first"
    )
    assert run_again("measure") == "run stage 6 (measure) again"


def test_no_other_file_numbers_a_stage_in_a_remedy() -> None:
    package = ROOT / "plugins/myna"
    others = [path for path in package.rglob("*.py") if path.name != "workspace.py"]
    found = [str(path) for path in others if re.search(r"run stages? \d", path.read_text(encoding="utf-8"))]
    assert found == []


def test_it_lies_where_the_stages_are_said_to_write() -> None:
    config = compose_recipe(ROOT / "recipes/mini_voices")
    workspace = Workspace.of(config)
    written = {pattern for stage in config.stages.values() for pattern in stage.outputs}
    for path in (
        workspace.tokens,
        workspace.statistics,
        workspace.voice / "voice.yaml",
        workspace.decoded / "decode.json",
        workspace.results,
        workspace.upload_record,
        workspace.encoder / "report.json",
        workspace.embeddings("*") / "spk_embeds.scp",
        workspace.base / "*",
        workspace.vocoder / "*",
    ):
        assert str(path) in written
    assert config.decode.voice == str(workspace.voice)
    assert config.measure.decode_dir == str(workspace.decoded)
    assert config.pack.results == str(workspace.results)


def test_a_folder_that_is_not_named_is_this_one() -> None:
    assert Workspace.of(None) == Workspace(*[Path()] * 4)
