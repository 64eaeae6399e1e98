"""One configuration from the recipe, the defaults and the overrides."""

import shutil
import sys
from importlib import import_module
from pathlib import Path

import pytest
from omegaconf import OmegaConf

import toy_recipe as toy
from myna.errors import MynaError
from myna.recipe.compose import CONF, compose_recipe, find_recipe, project_root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return toy.write_recipe(tmp_path)


def with_defaults(tmp_path: Path) -> Path:
    """A recipe that starts from Myna's own defaults."""
    folder = tmp_path / "recipes" / "own"
    (folder / "conf").mkdir(parents=True)
    (folder / "conf/recipe.yaml").write_text(
        "defaults:\n  - /myna\n  - override /trainer: gpu\n  - _self_\nseed: 7\ntrainer: {max_steps: 3}\n"
    )
    return folder


def test_recipe_overrides_defaults_and_the_person_overrides_both(tmp_path: Path):
    config = compose_recipe(with_defaults(tmp_path), ["trainer.devices=2"])
    assert (config.seed, config.trainer.max_steps, config.trainer.devices) == (7, 3, 2)
    assert config.trainer.accelerator == "gpu"
    assert config.trainer.precision == "16-mixed"
    assert config.trainer.num_nodes == 1


def test_paths_are_absolute_and_below_the_recipe(folder: Path):
    config = compose_recipe(folder)
    assert config.recipe_dir == str(folder)
    assert config.exp_dir == str(folder / "exp")
    assert config.log_dir == str(folder / "exp/logs")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("doubled.factr=3", r"override 'doubled.factr': there is no such key"),
        ("nothing=3", r"override 'nothing': there is no such key"),
        ("doubled.factor", r"override 'doubled.factor' does not parse"),
        ("a b", r"override 'a b' does not parse"),
        ("seed=${nobody}", r"Interpolation key 'nobody' not found"),
    ],
)
def test_override_that_does_not_fit_is_named(folder: Path, override: str, message: str):
    with pytest.raises(MynaError, match=message) as caught:
        compose_recipe(folder, [override])
    assert "\n" not in str(caught.value)


def test_unknown_choice_lists_the_choices(tmp_path: Path):
    with pytest.raises(MynaError, match=r"'trainer/abacus'.*choose one of: .*cpu, gpu"):
        compose_recipe(with_defaults(tmp_path), ["trainer=abacus"])


@pytest.mark.parametrize("path", ["/tmp/a b", '/tmp/it\'s "mine"', "/tmp/[x],{y}=1", "/tmp/Анна"])
def test_values_are_taken_literally(folder: Path, path: str):
    assert compose_recipe(folder, [], {"numbers.source": path}).numbers.source == path


def test_value_that_would_be_an_interpolation_is_refused(folder: Path):
    with pytest.raises(MynaError, match="rename the folder"):
        compose_recipe(folder, [], {"numbers.source": "/tmp/${HOME}"})


def test_value_for_a_key_that_a_recipe_lacks(folder: Path):
    with pytest.raises(MynaError, match="create_dataset"):
        compose_recipe(folder, [], {"create_dataset.target": "/tmp"})


def test_find_recipe(folder: Path):
    root = folder.parents[1]
    assert find_recipe("toy", root) == folder
    with pytest.raises(MynaError, match=r"unknown recipe 'tot'; choose one of: toy"):
        find_recipe("tot", root)
    with pytest.raises(MynaError, match="unknown recipe"):
        find_recipe("../recipes/toy", root)


RECIPES = sorted(path.parents[1] for path in project_root().glob("recipes/*/conf/recipe.yaml"))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_every_recipe_composes_and_its_stages_name_what_exists(recipe: Path):
    from myna.recipe.plan import read_stages, stage_hash

    config = compose_recipe(recipe)
    stages = read_stages(config)
    hashes: dict[str, str] = {}
    for stage in stages.values():
        hashes[stage.name] = stage_hash(stage, config, hashes)
    assert len(set(hashes.values())) == len(stages)


def test_a_folder_of_ones_own_comes_before_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    own = tmp_path / "my 'own', members"
    (own / "encoder").mkdir(parents=True)
    (own / "encoder/theirs.yaml").write_text(
        "defaults: [_common, _self_]\nname: theirs\nnetwork: {_target_: own_member_of_test_compose.Net}\n"
    )
    (own / "encoder/cnn.yaml").write_text("defaults: [_common, _cnn, _self_]\nname: shadowed\n")
    (own / "own_member_of_test_compose.py").write_text("class Net: ...\n")
    folder = with_defaults(tmp_path)
    with pytest.raises(MynaError, match=r"no configuration 'encoder/theirs'.*--conf-dir"):
        compose_recipe(folder, ["encoder=theirs"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("MYNA_CONF_PATH", str(own))
    config = compose_recipe(folder, ["encoder=theirs", "encoder.crop=3"])
    assert (config.encoder.name, config.encoder.crop, config.encoder.min_frames) == ("theirs", 3, 64)
    assert import_module("own_member_of_test_compose").Net
    assert compose_recipe(folder, ["encoder=cnn"]).encoder.name == "shadowed"
    monkeypatch.setenv("MYNA_CONF_PATH", str(tmp_path / "nothing"))
    with pytest.raises(MynaError, match=r"MYNA_CONF_PATH names .*nothing, which is no folder"):
        compose_recipe(folder)


def test_a_conf_folder_with_a_blank_in_its_name_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    copied = shutil.copytree(CONF.resolve(), tmp_path / "a clone/Анна")
    monkeypatch.setattr("myna.recipe.compose.CONF", copied)
    assert compose_recipe(with_defaults(tmp_path)).trainer.max_steps == 3


MEMBERS = sorted(path.stem for path in (CONF / "encoder").glob("[a-z]*.yaml"))


@pytest.mark.parametrize("member", MEMBERS)
def test_every_encoder_composes_with_a_network(tmp_path: Path, member: str):
    encoder = compose_recipe(with_defaults(tmp_path), [f"encoder={member}"]).encoder
    assert encoder.network._target_.startswith("myna.networks.speaker.")
    assert encoder.condition in (encoder.name, "ge2e", "auto")
    assert encoder.trials.per_speaker == 20


def test_a_newer_base_is_another_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who updates Myna and runs again gets a clone of the base that ships now; what starts from nothing stays."""
    from myna.recipe import plan

    hashes = []
    for text in ("{}", '{"tts.safetensors": {"steps": 2}}'):
        (tmp_path / "weights.json").write_text(text)
        monkeypatch.setattr(plan, "BASES", [tmp_path / "weights.json"])
        config = OmegaConf.create({"recipe_dir": "r", "tts": {"init": "base"}, "vocoder": {"init": "scratch"}})
        stages = [plan.Stage(node, "t", (node,), (), (), (), (), ()) for node in ("tts", "vocoder")]
        hashes.append([plan.stage_hash(stage, config, {}) for stage in stages])
    assert hashes[0][0] != hashes[1][0] and hashes[0][1] == hashes[1][1]
