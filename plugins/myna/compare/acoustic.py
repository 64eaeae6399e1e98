"""Train an acoustic model for a budget, and put it into a voice that speaks through the shipped vocoder."""

import json
from pathlib import Path

from myna.adapt.voice_parts import consent_of, target_voice
from myna.compare.clock import MANY
from myna.compare.kept import Row
from myna.espnet import train_tts
from myna.networks.parts import load_base
from myna.networks.pretrained import load_part, part_config
from myna.networks.voice import Voice
from myna.settings.group import replaced
from myna.settings.recipe import Settings
from myna.settings.tts import Vits
from myna.workspace import Workspace

DEV = 4  # utterances over which training validates, once; an end-to-end model decodes them whole


def limit(settings: Settings, init: str, seconds: float, max_steps: int | None = None) -> Settings:
    """Return settings with the start and the budget of a comparison.

    Args:
        settings: Of the recipe.
        init: `scratch`, or `base`, which is taken as it is.
        seconds: Of training; 0 for none.
        max_steps: Ends training, too.
    """
    steps = (max_steps or MANY) if seconds > 0 and init == "scratch" else 0
    trained = "tts.full" if isinstance(settings.tts, Vits) else "tts"
    return replaced(
        settings,
        {
            "tts.init": init,
            "tts.pool_dev_utterances": DEV,
            f"{trained}.max_steps": steps,
            f"{trained}.validate_every": MANY,
            "trainer.max_seconds": seconds or None,
            "trainer.max_steps": None,
        },
    )


def train(settings: Settings, workspace: Workspace) -> Row:
    """Run stage 3, and return `origin` and `training`."""
    train_tts.run(settings, workspace)
    result = workspace.base / "result.json"
    if result.is_file():
        done = json.loads(result.read_text(encoding="utf-8"))
        return {"origin": "trained", "training": {"steps": done["step"], "seconds": done["seconds"]}}
    return {"origin": "shipped" if settings.tts.init == "base" else "untrained", "training": {}}


def make_voice(settings: Settings, workspace: Workspace, folder: Path) -> Voice:
    """Put what stage 3 left, the target's embedding and the shipped vocoder together, sealed with the consent.

    Args:
        settings: Of the recipe.
        workspace: Stages 2 and 3 have written into its `exp`.
        folder: Becomes the voice directory.
    """
    base = load_base(workspace)
    ends_in_mel = getattr(base[0], "produces", "mel") == "mel"
    vocoder = (load_part("vocoder"), part_config("vocoder")) if ends_in_mel else None
    voice = target_voice(settings, workspace, base, vocoder)
    voice.save(folder)
    consent_of(workspace, folder / "consent.yaml")
    return voice
