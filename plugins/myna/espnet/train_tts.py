"""Stage 3: the configuration of the acoustic model names the function that trains it."""

from hydra.utils import get_method

from myna.settings.recipe import Settings
from myna.workspace import Workspace


def run(settings: Settings, workspace: Workspace) -> None:
    """Train the base of the acoustic model by the function `train(settings, workspace)` that `tts.train` names."""
    get_method(settings.tts.train["_target_"])(settings, workspace)
