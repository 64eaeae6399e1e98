"""Settings of which a test says only what its subject reads."""

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel

from myna.settings.recipe import FAMILIES, KINDS, Own, Settings
from myna.workspace import Workspace


def partial_settings(tree: Mapping[str, Any]) -> Settings:
    """Return settings that hold `tree` and the defaults, unchecked; what is left out is no attribute."""
    made: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping) and key in KINDS:
            made[key] = constructed(KINDS[key], value)
        elif isinstance(value, Mapping) and key in FAMILIES:
            made[key] = constructed(FAMILIES[key][0](value), value)
        elif isinstance(value, Mapping) and key != "stages":
            made[key] = Own.model_validate(dict(value))
        else:
            made[key] = value
    return Settings.model_construct(**made)


def constructed[T: BaseModel](kind: type[T], values: Mapping[str, Any]) -> T:
    """Return a model of some of its values, tables within it too, without a check."""
    inner = {key: _model(field.annotation) for key, field in kind.model_fields.items()}
    return kind.model_construct(
        **{
            key: constructed(inner[key], value) if inner.get(key) and isinstance(value, Mapping) else _frozen(value)
            for key, value in values.items()
        }
    )


def _model(annotation: Any) -> Any:
    """Return the model that an annotation names; None where it names none."""
    if get_origin(annotation) is Annotated:
        return _model(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return next((found for part in get_args(annotation) if (found := _model(part))), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def settings_and_workspace(config: DictConfig) -> tuple[Settings, Workspace]:
    """Return what a stage is given, of a configuration that a test put together."""
    settings = partial_settings(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]
    return settings, Workspace.of(settings)
