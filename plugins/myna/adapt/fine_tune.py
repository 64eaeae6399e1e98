"""Stage 5: the configuration of the acoustic model names the function that clones a voice with it."""

from hydra.utils import get_method
from omegaconf import DictConfig

from myna.errors import MynaError


def run(config: DictConfig) -> None:
    """Fine-tune the base to the target and write `exp/clone/voice`.

    Args:
        config: The composed configuration; `tts.fine_tune._target_` is a function of it.

    Raises:
        MynaError: The configuration names no function.
    """
    target = config.get("tts", {}).get("fine_tune", {}).get("_target_")
    if not target:
        raise MynaError("tts.fine_tune._target_ is missing: choose an acoustic model of conf/tts, such as tts=vits_mel")
    get_method(target)(config)
