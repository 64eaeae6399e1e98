"""Each person cloned by the recipe custom has a folder of their own."""

from pathlib import Path

import pytest

from myna.errors import MynaError
from myna.recipe.compose import compose_recipe, project_root
from myna.recipe.name import checked_name


@pytest.mark.parametrize("name", ["Ana", "李 雷", "Jean-Luc", "O'Neil"])
def test_a_name_of_any_script_is_a_folder(name: str) -> None:
    values = {"create_dataset.name": checked_name(name), "create_dataset.target": "/x"}
    config = compose_recipe(project_root() / "recipes" / "custom", [], values)
    assert Path(config.exp_dir).relative_to(project_root()) == Path(f"recipes/custom/voices/{name}/exp")


@pytest.mark.parametrize("name", ["", " ", "../up", "a/b", ".hidden", "${seed}", "a\nb"])
def test_a_name_that_leaves_the_folder_is_refused(name: str) -> None:
    with pytest.raises(MynaError, match="--name"):
        checked_name(name)
