"""One line for a value that does not fit: its key, the value, what fits and what it is for."""

import re
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from myna.settings.wording import nearest, shown, words


def refusal(error: ValidationError, kind: type[BaseModel], group: str) -> str:
    """Say what is wrong with a group.

    Args:
        error: What the model said.
        kind: The model.
        group: Its key; empty for the keys that belong to no group.
    """
    first = error.errors()[0]
    parts, model, field, inner = _walk(kind, [str(part) for part in first["loc"]])
    key = ".".join(part for part in (group, *parts) if part)
    if first["type"] == "order":
        return f"{group}.{first['msg']}" if not parts else f"{key}.{first['msg']}"
    if first["type"] == "missing":
        return f"{key} is missing: {_what(model, field, inner) or 'set it'}"
    value = f"{key}={shown(first['input'])}"
    if first["type"] == "extra_forbidden":
        return f"{value}: there is no such key; {nearest(parts[-1], keys(model))}"
    return f"{value}: {_what(model, field, inner) if field and first['type'] != 'target' else first['msg']}"


def keys(model: type[BaseModel]) -> list[str]:
    """List the keys of a model as YAML spells them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def within(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """Return the model that a key of a model holds; None where it holds none."""
    field = next((f for n, f in model.model_fields.items() if key in (n, f.alias)), None)
    kinds = (field.annotation, *get_args(field.annotation)) if field else ()
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _walk(kind: type[BaseModel], path: list[str]) -> tuple[list[str], type[BaseModel], FieldInfo | None, bool]:
    """Follow a location through the models, as far as keys go: what follows are branches of a choice.

    Returns:
        The keys, the last model, its field, and whether the location is an item within that field.
    """
    model, parts = kind, []
    for number, part in enumerate(path):
        parts.append(part)
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        if field is None or number + 1 == len(path):
            return parts, model, field, False
        deeper = within(model, part)
        if deeper is None:
            holds = str(field.annotation).startswith(("dict", "tuple"))
            return [*parts, *path[number + 1 : number + 2]] if holds else parts, model, field, holds
        model = deeper
    return parts, model, None, False


def _what(model: type[BaseModel], field: FieldInfo | None, inner: bool) -> str:
    """Say what fits a field, or an item within it, and what the field is for."""
    if field is None:
        return ""
    name = next(name for name, known in model.model_fields.items() if known is field)
    schema = model.model_json_schema()["properties"][field.alias or name]
    if inner:
        schema = schema.get("items") or schema.get("additionalProperties") or schema
    purpose = descriptions(model).get(name)
    return f"{words(schema)} fits" + (f" ({_lower(purpose)})" if purpose else "")


def _lower(text: str) -> str:
    return text[0].lower() + text[1:] if text[1:2].islower() else text


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Read what each field is for from the `Attributes:` of a model's docstring, and of its bases."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        text = (kind.__doc__ or "") if issubclass(kind, BaseModel) and kind is not BaseModel else ""
        listed = text.partition("Attributes:")[2]
        found |= {name: " ".join(line.split()) for name, line in re.findall(r"^ {8}(\w+): (.+?)\.?$", listed, re.M)}
    return found
