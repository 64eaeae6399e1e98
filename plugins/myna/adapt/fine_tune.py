"""Stage 5: the configuration of the acoustic model names the function that clones a voice with it."""

from omegaconf import DictConfig

from myna.espnet.train_tts import call


def run(config: DictConfig) -> None:
    """Fine-tune the base to the target and write `exp/clone/voice`.

    Args:
        config: The composed configuration; `tts.fine_tune._target_` is a function of it.

    Raises:
        MynaError: The configuration names no function.
    """
    call(config, "fine_tune")
