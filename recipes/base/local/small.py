"""The sizes of the small base: those of its files in conf/."""

from typing import Any

import yaml

from myna.recipe.folders import CONF

FILES = {"tts": ("tts/vits_mel_small.yaml", "network"), "vocoder": ("vocoder/istft_small.yaml", "generator")}


def sizes(part: str) -> dict[str, Any]:
    """Return the arguments of the network of a part, `tts` or `vocoder`."""
    name, key = FILES[part]
    arguments: dict[str, Any] = yaml.safe_load((CONF / name).read_text(encoding="utf-8"))[key]
    return {name: value for name, value in arguments.items() if name != "_target_"}
