"""All groups of a recipe, checked: what a stage gets to know of the configuration."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError

from myna.arguments import LARGEST_SEED
from myna.errors import MynaError
from myna.settings import corpus, encoder, tts
from myna.settings.corpus import CreateDataset
from myna.settings.encoder import Encoder
from myna.settings.features import Augment, Features, Text
from myna.settings.group import Group, targets
from myna.settings.numbers import Whole, Workers
from myna.settings.publication import Pack, Upload
from myna.settings.refusal import keys, refusal, within
from myna.settings.scores import Compare, Decode, Measure
from myna.settings.signature import check_arguments, check_there
from myna.settings.stages import StageEntry
from myna.settings.trainer import Parallel, Trainer
from myna.settings.tts import Tts
from myna.settings.vocoder import Vocoder
from myna.settings.wording import nearest, shown


class Machine(Group):
    """Paths and machine: the keys of a recipe that belong to no group.

    Attributes:
        recipe_dir: The recipe's folder.
        data_dir: Kaldi data directories.
        dump_dir: Features.
        exp_dir: What is trained and measured.
        log_dir: Logs of the stages.
        voice_dir: The folder of one person's voice, where a recipe makes many.
        seed: Of all random numbers.
        num_workers: Processes for work over utterances.
    """

    recipe_dir: str
    data_dir: str
    dump_dir: str
    exp_dir: str
    log_dir: str
    voice_dir: str | None = None
    seed: Annotated[Whole, Field(ge=0, le=LARGEST_SEED)] = 0
    num_workers: Workers = 1


class Own(Group):
    """A group that a stage of the recipe's own names; Myna cannot know its keys."""

    model_config = ConfigDict(extra="allow")


class Settings(Machine):
    """A recipe's configuration: all that a stage is given of it, beside the workspace.

    A recipe that lacks a group lacks the attribute, too; a group that a stage of its own names is an `Own`.

    Attributes:
        stages: What each stage is to the driver.
        parallel: How work over utterances is spread.
        trainer: On what training runs.
        create_dataset: Stage 0.
        features: Stage 1.
        augment: Stage 1.
        text: Stage 1.
        encoder: Stage 2.
        tts: Stages 3 and 5.
        vocoder: Stage 4.
        decode: Stage 6.
        measure: Stage 6.
        compare: `run.sh --compare`.
        pack: Stage 7.
        upload: Stage 7.
    """

    model_config = ConfigDict(extra="allow")

    stages: dict[str, StageEntry]
    parallel: Parallel
    trainer: Trainer
    create_dataset: SerializeAsAny[CreateDataset]
    features: Features
    augment: Augment
    text: Text
    encoder: SerializeAsAny[Encoder]
    tts: SerializeAsAny[Tts]
    vocoder: Vocoder
    decode: Decode
    measure: Measure
    compare: Compare
    pack: Pack
    upload: Upload


KINDS: dict[str, type[BaseModel]] = {
    "parallel": Parallel,
    "trainer": Trainer,
    "features": Features,
    "augment": Augment,
    "text": Text,
    "vocoder": Vocoder,
    "decode": Decode,
    "measure": Measure,
    "compare": Compare,
    "pack": Pack,
    "upload": Upload,
}
# Groups of several families: what a family does not read, a recipe may still set for the others.
FAMILIES: dict[str, tuple[Any, tuple[type[BaseModel], ...]]] = {
    "create_dataset": (corpus.kind_of, tuple(corpus.KINDS.values())),
    "encoder": (encoder.kind_of, (Encoder,)),
    "tts": (tts.kind_of, (tts.MelTts, tts.Vits)),
}


def settings_of(plain: Mapping[str, Any]) -> Settings:
    """Check a composed configuration.

    Args:
        plain: Its tables, lists and values, every reference resolved.

    Raises:
        MynaError: Names the first key that is wrong, its value and what fits.
    """
    values: dict[str, Any] = {key: plain[key] for key in Machine.model_fields if key in plain}
    made: dict[str, Any] = dict(checked(Machine, values, ""))
    made["stages"] = {
        name: checked(StageEntry, entry, f"stages.{name}") for name, entry in (plain.get("stages") or {}).items()
    }
    _known(plain)
    for group, value in plain.items():
        if group not in made:
            made[group] = group_of(group, value) if group in Settings.model_fields else _own(value)
    for group in (*KINDS, *FAMILIES):
        if group in made:
            _parts(group, plain[group])
    return Settings.model_construct(**made)


def checked[T: BaseModel](kind: type[T], value: Any, key: str) -> T:
    """Build a model of a table.

    Raises:
        MynaError: The table does not fit.
    """
    if not isinstance(value, Mapping):
        raise MynaError(f"{key}={shown(value)}: it is a table of keys; give {key}.KEY=VALUE")
    try:
        return kind.model_validate(dict(value))
    except ValidationError as error:
        raise MynaError(refusal(error, kind, key)) from error


def group_of(group: str, value: Any) -> BaseModel:
    """Build the model of one group; see `settings_of`."""
    if group in KINDS or not isinstance(value, Mapping):
        return checked(KINDS.get(group, Group), value, group)
    choose, family = FAMILIES[group]
    kind = choose(value)
    others = {key for other in family for key in other.model_fields} - set(kind.model_fields)
    return checked(kind, {key: inner for key, inner in value.items() if key not in others}, group)


def _own(value: Any) -> Any:
    return Own.model_validate(dict(value)) if isinstance(value, Mapping) else value


def known_groups(stages: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the keys that Myna knows, and those that a stage of the recipe's own names."""
    nodes = [str(node) for stage in stages.values() for node in stage.get("nodes") or ()]
    return {*Settings.model_fields, *(node.lstrip("-").partition(".")[0] for node in nodes)}


def _known(plain: Mapping[str, Any]) -> None:
    """Refuse a group that neither Myna nor a stage of the recipe's own knows."""
    known = known_groups(plain.get("stages") or {})
    for key in plain:
        if key not in known:
            raise MynaError(f"{key}: there is no such key; {nearest(str(key), Settings.model_fields)}")


def _parts(group: str, node: Mapping[str, Any]) -> None:
    """Compare what is built with the classes that are named."""
    for key, built in targets(node, group):
        if key in ("tts.train", "tts.fine_tune", "encoder.fit"):
            check_there(f"{key}._target_", str(built["_target_"]))
        else:
            check_arguments(key, built)
    if group == "tts":
        check_arguments("tts.infer", {**(node.get("infer") or {}), "_target_": node["network"]["_target_"]}, "infer")


def nearest_key(dotted: str) -> str:
    """Say which key a dotted one may have been meant for, or which there are beside it."""
    group, *rest = dotted.split(".")
    if not rest:
        return nearest(group, Settings.model_fields)
    level = [KINDS[group]] if group in KINDS else list(FAMILIES.get(group, (None, ()))[1])
    for part in rest[:-1]:
        level = [inner for model in level if (inner := within(model, part)) is not None]
    known = dict.fromkeys(key for model in level for key in keys(model))
    return nearest(rest[-1], known) if known else "the keys are those in conf/*.yaml"
