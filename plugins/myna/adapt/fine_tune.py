"""Stage 5: the configuration of the acoustic model names the function that clones a voice with it."""

from hydra.utils import get_method

from myna.settings.recipe import Settings
from myna.workspace import Workspace


def run(settings: Settings, workspace: Workspace) -> None:
    """Fine-tune the base to the target and write `exp/clone/voice`, by the function that `tts.fine_tune` names."""
    get_method(settings.tts.fine_tune["_target_"])(settings, workspace)
