"""Call a stage: here the composed configuration ends, and settings and workspace begin."""

from hydra.utils import get_method
from omegaconf import DictConfig, OmegaConf

from myna.settings.recipe import Settings, settings_of
from myna.workspace import Workspace


def typed(config: DictConfig) -> Settings:
    """Return a composed configuration as settings.

    Raises:
        MynaError: A value does not fit its key.
    """
    return settings_of(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]


def call_stage(name: str, config: DictConfig) -> None:
    """Run the function `run(settings, workspace)` that the configuration chose for a stage.

    Args:
        name: Of the stage.
        config: The composed configuration of all roles.
    """
    settings = typed(config)
    get_method(settings.stages[name].target)(settings, Workspace.of(settings))
