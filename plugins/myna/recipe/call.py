"""Call a stage: here the composed configuration ends, and settings and workspace begin."""

from typing import TYPE_CHECKING, Any, cast

from myna.settings.recipe import Settings, known_groups, settings_of
from myna.workspace import Workspace

if TYPE_CHECKING:
    from omegaconf import DictConfig


def typed(config: "DictConfig") -> Settings:
    """Return a composed configuration as settings.

    Raises:
        MynaError: A value does not fit its key.
    """
    from omegaconf import OmegaConf

    plain = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    # What a person typed was refused when it was composed; ESPnet3's own launcher leaves names of groups behind.
    known = known_groups(plain.get("stages") or {})
    return settings_of({key: value for key, value in plain.items() if key in known})


def call_stage(name: str, config: "DictConfig") -> None:
    """Run the function `run(settings, workspace)` that the configuration chose for a stage.

    Args:
        name: Of the stage.
        config: The composed configuration of all roles.
    """
    from hydra.utils import get_method

    settings = typed(config)
    get_method(settings.stages[name].target)(settings, Workspace.of(settings))
