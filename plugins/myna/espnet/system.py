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

    def create_dataset(self, *args: object, **kwargs: object) -> None:
        """Make validated Kaldi data directories of the corpora and the target's recordings."""
        self._run_stage("create_dataset", args, kwargs)

    def extract_features(self, *args: object, **kwargs: object) -> None:
        """Trim, augment, phonemize, and compute spectral features and pitch."""
        self._run_stage("extract_features", args, kwargs)

    def train_encoder(self, *args: object, **kwargs: object) -> None:
        """Train the speaker encoder; write an embedding for each utterance and speaker."""
        self._run_stage("train_encoder", args, kwargs)

    def train_vits(self, *args: object, **kwargs: object) -> None:
        """Train the multi-speaker text-to-speech model, conditioned on the embedding."""
        self._run_stage("train_vits", args, kwargs)

    def train_hifigan(self, *args: object, **kwargs: object) -> None:
        """Train the vocoder."""
        self._run_stage("train_hifigan", args, kwargs)

    def fine_tune(self, *args: object, **kwargs: object) -> None:
        """Adapt the model to the target's few minutes."""
        self._run_stage("fine_tune", args, kwargs)

    def decode(self, *args: object, **kwargs: object) -> None:
        """Speak the unseen sentences and the held-out prompts with the cloned voice."""
        self._run_stage("decode", args, kwargs)

    def measure(self, *args: object, **kwargs: object) -> None:
        """Score what was spoken beside real recordings; write the report."""
        self._run_stage("measure", args, kwargs)

    def pack(self, *args: object, **kwargs: object) -> None:
        """Pack the voice with its card, licences and consent; load it back and speak."""
        self._run_stage("pack", args, kwargs)

    def upload(self, *args: object, **kwargs: object) -> None:
        """Upload the pack where a repository is named and the consent's scope allows it."""
        self._run_stage("upload", args, kwargs)

    def _run_stage(self, name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
        """Call the function that the configuration chose for a stage."""
        self._reject_stage_args(name, args, kwargs)
        call_stage(name, self._merged())

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
