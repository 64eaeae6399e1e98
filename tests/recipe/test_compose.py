"""One configuration from the recipe, the defaults and the overrides."""

from pathlib import Path

import pytest

import toy_recipe as toy
from myna.errors import MynaError
from myna.recipe.compose import compose_recipe, find_recipe, project_root


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
