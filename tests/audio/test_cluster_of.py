"""On what cluster work is spread, and by how many workers."""

from pathlib import Path

import pytest

from myna.audio.spread import Cluster, cluster_of
from myna.recipe.call import typed
from myna.recipe.compose import compose_recipe

RECIPE = Path(__file__).parents[2] / "recipes" / "mini_voices"


@pytest.mark.parametrize(("words", "env", "workers"), [
    ([], "local", 5),
    (["num_workers=0"], "local", 1),
    (["parallel.n_workers=3"], "local", 3),
    (["parallel=ssh", "parallel.options.hosts=[main,a,b]"], "ssh", 2),
])  # fmt: skip
def test_the_number_of_workers_that_is_left_open(words: list[str], env: str, workers: int) -> None:
    """`num_workers` stands in; of hosts, each but the first works."""
    settings = typed(compose_recipe(RECIPE, ["num_workers=5", *words]))
    assert cluster_of(settings) == Cluster(env, workers, settings.parallel.options)
