"""The base of every group, and a part that names its class with `_target_`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


class Group(BaseModel):
    """A group of keys: frozen, and closed to keys that it does not know.

    `ranges` are pairs of its fields, of which the first is not above the second.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
    ranges: ClassVar[tuple[tuple[str, str], ...]] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for low, high in self.ranges:
            least, most = getattr(self, low), getattr(self, high)
            if least > most:
                values = {"low": low, "least": f"{least:g}", "high": high, "most": f"{most:g}"}
                raise PydanticCustomError("order", "{low}={least}: it is over {high}={most}; lower it", values)
        return self


def replaced[T: BaseModel](model: T, values: Mapping[str, Any]) -> T:
    """Return a copy of a model with other values, which are not checked again.

    Args:
        model: The model.
        values: By dotted key, such as `trainer.max_steps`.
    """
    own: dict[str, Any] = {}
    for key, value in values.items():
        first, _, rest = key.partition(".")
        own[first] = replaced(own.get(first, getattr(model, first)), {rest: value}) if rest else value
    return model.model_copy(update=own)


def _named(value: dict[str, Any]) -> dict[str, Any]:
    target = value.get("_target_")
    if not isinstance(target, str) or "." not in target:
        raise PydanticCustomError("target", "a table with `_target_`, the dotted name of a class or function, fits")
    return value


# `_target_` and arguments: what `myna.networks.weights.build` and Hydra make an object of.
Built = Annotated[dict[str, Any], AfterValidator(_named)]


def targets(node: Any, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield dotted key and table of every part that names a class."""
    if isinstance(node, Mapping):
        if "_target_" in node:
            yield place, node
        for key, value in node.items():
            yield from targets(value, f"{place}.{key}" if place else str(key))
