"""Myna as an ESPnet3 system: eight numbered steps as ten stages, each a function chosen in the configuration."""

import argparse
import logging
from collections.abc import Callable
from typing import ClassVar

from omegaconf import DictConfig, OmegaConf

from myna.espnet.toolkit import lean_import
from myna.recipe import ranks
from myna.recipe.call import call_stage
from myna.recipe.logs import STAGE_LOGGER

with lean_import():
    from espnet3.contract.stages import StageSpec
    from espnet3.systems.base.system import BaseSystem
    from espnet3.utils.stages_utils import run_stages

ROLES = ("training", "inference", "metrics", "publication")


def _stage(name: str, purpose: str) -> Callable[..., None]:
    """Return the method of a stage, which calls the function that the configuration chose for it."""

    def run(self: "MynaSystem", *args: object, **kwargs: object) -> None:
        self._reject_stage_args(name, args, kwargs)
        call_stage(name, self._merged())

    run.__name__, run.__qualname__, run.__doc__ = name, f"MynaSystem.{name}", purpose
    return run


class MynaSystem(BaseSystem):
    """Voice cloning from a few minutes of speech.

    Every stage calls `stages.<name>._target_` of the training config with all configs merged (the roles hold
    disjoint top-level keys), so another function takes a stage's place without a change here.

    Examples:
        >>> [spec.name for spec in MynaSystem.stages[:3]]
        ['create_dataset', 'extract_features', 'train_encoder']
    """

    stages: ClassVar[tuple[StageSpec, ...]] = (
        StageSpec(name="create_dataset", config="training", log_dir="log_dir"),
        StageSpec(name="extract_features", config="training", log_dir="log_dir"),
        StageSpec(name="train_encoder", config="training", log_dir="log_dir"),
        StageSpec(name="train_vits", config="training", log_dir="log_dir"),
        StageSpec(name="train_hifigan", config="training", log_dir="log_dir"),
        StageSpec(name="fine_tune", config="training", log_dir="log_dir"),
        StageSpec(name="decode", config=("training", "inference"), log_dir="log_dir"),
        StageSpec(name="measure", config=("training", "inference", "metrics"), log_dir="log_dir"),
        StageSpec(name="pack", config=("training", "publication"), log_dir="log_dir"),
        StageSpec(name="upload", config=("training", "publication"), log_dir="log_dir"),
    )

    create_dataset = _stage("create_dataset", "Make Kaldi data directories of the corpora and the target's recordings.")
    extract_features = _stage("extract_features", "Trim, augment, phonemize, and compute spectral features and pitch.")
    train_encoder = _stage("train_encoder", "Train the speaker encoder; write an embedding a clip and speaker.")
    train_vits = _stage("train_vits", "Train the multi-speaker text-to-speech model, conditioned on the embedding.")
    train_hifigan = _stage("train_hifigan", "Train the vocoder.")
    fine_tune = _stage("fine_tune", "Adapt the model to the target's few minutes.")
    decode = _stage("decode", "Speak the unseen sentences and the held-out prompts with the cloned voice.")
    measure = _stage("measure", "Score what was spoken beside real recordings; write the report.")
    pack = _stage("pack", "Pack the voice with its card, licences and consent; load it back and speak.")
    upload = _stage("upload", "Upload the pack where a repository is named and the consent's scope allows it.")

    def _merged(self) -> DictConfig:
        """Return all role configs as one."""
        roles = [getattr(self, f"{role}_config", None) for role in ROLES]
        merged = OmegaConf.merge(*[role for role in roles if role is not None])
        assert isinstance(merged, DictConfig)
        return merged


def stage_runner(config: DictConfig) -> Callable[[str], None]:
    """Return a function that runs one stage of a :class:`MynaSystem` through ESPnet3's `run_stages`.

    What a stage raises comes through; ESPnet3 wraps type errors in a message about command-line arguments, which is
    taken off again.

    Args:
        config: The composed configuration of all roles; it takes the place of the training config.
    """
    system = MynaSystem(training_config=config)
    log = logging.getLogger(STAGE_LOGGER)
    log.setLevel(logging.INFO)  # the record of a stage is whole whoever runs it

    def run(name: str) -> None:
        try:
            with ranks.stage(name, config):
                run_stages(system, [name], args=argparse.Namespace(), log=log)
        except TypeError as error:
            raise (error.__cause__ or error) from None

    return run
