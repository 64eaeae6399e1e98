"""The node `create_dataset`, checked before anything is fetched or read: types, ranges, and the key that is wrong."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from myna.errors import MynaError

Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
Minutes = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Node(BaseModel):
    # Builders of other recipes have keys of their own.
    model_config = ConfigDict(frozen=True, extra="allow", coerce_numbers_to_str=True)


class Voice(_Node):
    """The target of a corpus with many voices, in minutes."""

    language: str | None = None
    speaker: str | None = None
    train_minutes: Minutes = 3.5
    dev_minutes: Minutes = 0.5
    test_minutes: Minutes = 5.0


class Quality(BaseModel):
    """What is dropped of a person's recordings; see `myna.corpora.quality.Limits`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clipped: Share = 0.0005
    snr_db: Annotated[float, Field(ge=-100, le=100)] = 12.0
    speaker: Annotated[float, Field(ge=-1, le=1)] = 0.72
    confidence: Share = 0.6
    min_total_seconds: Annotated[float, Field(ge=1, le=36_000)] = 30.0


class CreateDataset(_Node):
    """All keys that builders share."""

    builder: str
    downloads: str | None = None
    target: str | None = None
    name: str | None = None
    language: str = "en-us"
    consent: str | None = None
    scope: Literal["evaluation", "private", "publish", "commercial"] = "private"
    pool: Literal["mini_voices", "strangers", "none"] = "mini_voices"
    whisper: str | None = None
    check_texts: bool = True
    min_seconds: Seconds = 1.5
    max_seconds: Seconds = 15.0
    voice: Voice = Voice()
    asterisk: tuple[str, ...] = ()
    festvox_ru: bool = True
    flite: tuple[str, ...] = ()
    minutes_per_speaker: dict[str, Minutes] = {"default": 10.0}
    dev_minutes_per_speaker: Minutes = 0.4
    quality: Quality = Quality()


def checked(node: DictConfig) -> CreateDataset:
    """Check the node.

    Raises:
        MynaError: Names the first key that is wrong, its value and what fits.
    """
    if not OmegaConf.is_dict(node):
        raise MynaError(f"create_dataset={_short(node)}: it is a table of keys; give create_dataset.KEY=VALUE")
    plain: Any = OmegaConf.to_container(node, resolve=True)
    try:
        made = CreateDataset.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise MynaError(f"create_dataset.{key}={_short(first['input'])}: {_reason(first)}{more}") from error
    if made.min_seconds > made.max_seconds:
        raise MynaError(
            f"create_dataset.min_seconds={made.min_seconds:g} is over max_seconds={made.max_seconds:g}; lower it"
        )
    return made


def _reason(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return f"there is no such key; the keys are {', '.join(Quality.model_fields)}"
    return str(error["msg"][0].lower() + error["msg"][1:]).replace("valid dictionary or instance of ", "table of ")


def _short(value: object) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
