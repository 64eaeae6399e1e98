"""Durations to learn from: `tts.model.aligner`, and the Gaussians of `monophones` that stages 3 and 5 train.

They are trained before the network, in seconds to minutes, and kept beside its checkpoints: a run that was killed goes
on with the same durations.
"""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from myna.errors import MynaError
from myna.networks.pretrained import pinned_file
from myna.networks.tts.monophones import Monophones, Recording, train
from myna.settings.tts import MelTts
from myna.text.languages import canonical
from myna.text.tokens import TokenList
from myna.workspace import Workspace

log = logging.getLogger(__name__)

MONOPHONES, OWN = "monophones", "own"
ENOUGH = 3000  # utterances of a pool
ROUNDS = 4  # for the target, from the Gaussians of the pool


def chosen(tts: MelTts) -> str | None:
    """Return what finds the durations: `monophones`, `own` (the network's own search), `base` or a folder.

    Args:
        tts: The acoustic model. None is one that needs no durations.
    """
    word = tts.model.get("aligner")
    return None if word is None else str(word)


def of_pool(tts: MelTts, workspace: Workspace) -> Path | None:
    """Return the Gaussians of the pool: those of the base where it starts from the base, which has heard more voices;
    else trained on `dump/pool_train` if stage 3 has not done so yet.

    Returns:
        The shipped file or `exp/tts/aligner.safetensors`; None where something else finds the durations.

    Raises:
        MynaError: Features are missing.
    """
    if chosen(tts) != MONOPHONES:
        return None
    if tts.init == "base":
        return pinned_file(workspace.base_aligner.name)
    path = workspace.base_aligner
    if not path.is_file():
        symbols, recordings = _recordings(tts, workspace, "pool_train")
        model, _ = train(symbols, recordings)
        model.save(path)
        log.info("aligner: %d symbols in %d utterances, kept as %s", len(symbols), len(recordings), path)
    return path


def of_target(tts: MelTts, workspace: Workspace) -> Path | None:
    """Return the Gaussians of the pool after four rounds on `dump/target_train`; see `of_pool`.

    Where a network starts from scratch and there is no pool, they start from nothing, too.

    Returns:
        `exp/clone/aligner.safetensors`.
    """
    if chosen(tts) != MONOPHONES:
        return None
    path = workspace.clone_aligner
    if not path.is_file():
        alone = tts.init == "scratch" and not workspace.features("pool_train").is_dir()
        pool = None if alone else of_pool(tts, workspace)
        symbols, recordings = _recordings(tts, workspace, "target_train")
        if pool is None:
            model, _ = train(symbols, recordings)
        else:
            model, _ = train(symbols, recordings, rounds=ROUNDS, start=Monophones.load(pool))
        model.save(path)
    return path


def _recordings(tts: MelTts, workspace: Workspace, name: str) -> tuple[list[str], Sequence[Recording]]:
    """Return the symbols and the utterances of a set that are long enough for their text."""
    from myna.espnet.dataset import Dataset

    limits: dict[str, Any] = {"min_frames": 32, "max_frames": tts.max_frames, "limit": ENOUGH}
    source = Dataset(str(workspace.features(name)), ("mel",), augmented=False, **limits)
    symbols = TokenList.load(workspace.tokens)

    def mel(place: int) -> np.ndarray:
        return source[place]["mel"]

    found = []
    for place, utterance in enumerate(source.utterances):
        tokens = np.array(symbols.encode(utterance.phones))
        if len(tokens) <= utterance.frames:
            found.append(Recording(tokens, utterance.frames, canonical(utterance.language), partial(mel, place)))
    if not found:
        raise MynaError(f"{source.root}: each utterance has more symbols than frames: look at its phones")
    return symbols.symbols, found
