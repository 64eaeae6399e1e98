"""Compose a recipe's configuration with Hydra: the recipe's overrides on top of the defaults in `conf/`."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from myna.errors import MynaError
from myna.recipe.folders import CONF, own_folders, project_root
from myna.settings.recipe import nearest_key, settings_of

if TYPE_CHECKING:
    from omegaconf import DictConfig

__all__ = ["CONF", "compose_recipe", "find_recipe", "project_root", "quoted"]


def find_recipe(name: str, root: Path) -> Path:
    """Return `recipes/<name>` below `root`.

    Raises:
        MynaError: no such recipe; the message lists those that exist.
    """
    folder = root / "recipes" / name
    if "/" not in name and (folder / "conf" / "recipe.yaml").is_file():
        return folder
    known = sorted(p.parents[1].name for p in root.glob("recipes/*/conf/recipe.yaml"))
    raise MynaError(f"unknown recipe {name!r}; choose one of: {', '.join(n for n in known if n != 'TEMPLATE')}")


def compose_recipe(
    recipe_dir: Path, overrides: Sequence[str] = (), values: Mapping[str, object] | None = None
) -> "DictConfig":
    """Compose `recipe_dir/conf/recipe.yaml` with the defaults and resolve every path.

    Args:
        recipe_dir: The recipe's folder; its data, dump and exp folders lie in it.
        overrides: Hydra overrides as typed by a person, such as `tts=vits` or `trainer.max_steps=500`.
        values: Keys and values to set as they are, outside Hydra's grammar: paths with any character in them.

    Returns:
        The whole configuration. `recipe_dir`, `data_dir`, `dump_dir`, `exp_dir` and `log_dir` are absolute.

    Raises:
        MynaError: an override that does not exist or does not parse, a value that does not fit its key, or a
            configuration file that is wrong.
    """
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    recipe_dir = recipe_dir.resolve()
    # Hydra takes what follows file:// as it is, so no URI: there a blank would be %20.
    search = ",".join(quoted(f"file://{folder}") for folder in (*own_folders(), CONF.resolve()))
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(recipe_dir / "conf"), version_base="1.3"):
            config = compose("recipe", overrides=[*overrides, f"hydra.searchpath=[{search}]"])
        _set(config, {"recipe_dir": str(recipe_dir), **(values or {})})
        for key in ("data_dir", "dump_dir", "exp_dir", "log_dir"):
            _set(config, {key: str(Path(config[key]).absolute())})
        OmegaConf.resolve(config)
    except (HydraException, OmegaConfBaseException) as error:
        raise MynaError(_explain(error)) from error
    settings_of(OmegaConf.to_container(config))  # type: ignore[arg-type]
    return config


def _set(config: "DictConfig", values: Mapping[str, object]) -> None:
    """Set keys that exist, to values taken as they are."""
    from omegaconf import OmegaConf

    for key, value in values.items():
        if "${" in str(value):
            raise MynaError(f"{key}: {value!r} contains '${{', which a configuration cannot hold; rename the folder")
        OmegaConf.update(config, key, value, force_add=False)


def quoted(text: str) -> str:
    """Return a text as Hydra's grammar of overrides reads it, with nothing in it interpreted."""
    escaped = re.sub(r"(\\+)(?='|$)", r"\1\1", text).replace("'", "\\'").replace("${", "\\${")
    return f"'{escaped}'"


def _explain(error: Exception) -> str:
    """Say in one line which override or file is wrong and what to do."""
    from hydra.errors import MissingConfigException, OverrideParseException

    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    if isinstance(error, OverrideParseException):
        return f"override {error.override!r} does not parse; write key=value, and quote spaces and brackets"
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        choices = f"; choose one of: {', '.join(error.options)}" if error.options else ""
        return f"no configuration {error.missing_cfg_file!r} (a file in conf/, or below a --conf-dir){choices}"
    if match := re.search(r"Could not override '([^']+)'", first):
        return f"override {match[1]!r}: there is no such key; {nearest_key(match[1])}"
    return f"configuration: {first}"
