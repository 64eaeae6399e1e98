"""A stage, run as the driver runs it."""

from collections.abc import Callable

from omegaconf import DictConfig

from myna.recipe.call import typed
from myna.settings.recipe import Settings
from myna.workspace import Workspace


def run_stage(stage: Callable[[Settings, Workspace], None], given: Settings | DictConfig) -> None:
    """Run a stage in the folders that its settings name.

    Args:
        stage: The function.
        given: Settings, or a composed configuration.
    """
    settings = typed(given) if isinstance(given, DictConfig) else given
    stage(settings, Workspace.of(settings))
