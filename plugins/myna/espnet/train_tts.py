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
    target = config.get("tts", {}).get("train", {}).get("_target_")
    if not target:
        raise MynaError("tts.train._target_ is missing: choose an acoustic model of conf/tts, such as tts=vits_mel")
    get_method(target)(config)
