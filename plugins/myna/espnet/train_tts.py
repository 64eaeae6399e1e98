"""Stage 3: the configuration of the acoustic model names the function that trains it."""

from hydra.utils import get_method
from omegaconf import DictConfig

from myna.errors import MynaError


def run(config: DictConfig) -> None:
    """Train the base of the chosen acoustic model.

    Args:
        config: The composed configuration; `tts.train._target_` is a function of it.

    Raises:
        MynaError: The configuration names no function.
    """
    call(config, "train")


def call(config: DictConfig, step: str) -> None:
    """Call the function that the chosen acoustic model names for a step.

    Args:
        config: The composed configuration; `tts.<step>._target_` is a function of it.
        step: `train` or `fine_tune`.

    Raises:
        MynaError: The configuration names no function.
    """
    target = config.get("tts", {}).get(step, {}).get("_target_")
    if not target:
        raise MynaError(f"tts.{step}._target_ is missing: choose an acoustic model of conf/tts, such as tts=vits_mel")
    get_method(target)(config)
