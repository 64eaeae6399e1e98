"""Words for what a configuration holds and what would fit."""

import difflib
from collections.abc import Collection, Mapping
from typing import Any

FORMER = {"share": "alpha"}  # keys that have another name since, which notes and scripts of people still have
_UNSAID = 1e6  # a bound from here on only keeps nonsense out


def nearest(word: str, known: Collection[str]) -> str:
    """Say which known name a word is closest to, or list the names."""
    names = list(known)
    close = [FORMER[word]] if FORMER.get(word) in names else difflib.get_close_matches(word, names, 1, 0.5)
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"did you mean {close[0]}?" if close else f"there is {listed}" if names else "it takes none"


def shown(value: Any) -> str:
    """Write a value as a person would type it."""
    if isinstance(value, list | tuple):
        text = f"[{', '.join(shown(item) for item in value)}]"
    else:
        text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def words(schema: Mapping[str, Any]) -> str:
    """Say in words what a JSON schema accepts."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(words(one) for one in schema["anyOf"]))
    if "const" in schema:
        return shown(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(dict.fromkeys(shown(value) for value in schema["enum"]))
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return ("a whole number" if kind == "integer" else "a number") + _range(schema)
    if kind == "array":
        items: Mapping[str, Any] = schema.get("items") or next(iter(schema.get("prefixItems") or []), {})
        some = "a list of at least one" if schema.get("minItems") else "a list"
        return f"{some}{f' (of each: {words(items)})' if items else ''}"
    return {"string": "a text", "boolean": "true or false", "null": "null"}.get(str(kind), "a table of keys")


def _range(schema: Mapping[str, Any]) -> str:
    above, least = schema.get("exclusiveMinimum"), schema.get("minimum")
    most = next((schema[key] for key in ("maximum", "exclusiveMaximum") if key in schema), None)
    start = f" above {above:g}" if above is not None else "" if least is None else f" from {least:g}"
    if most is None or _UNSAID <= most < 2**31:
        return start
    return f"{start}{', up' if above is not None else ''} to {int(most) if most == int(most) else most}"
