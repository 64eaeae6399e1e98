"""A short training of what was pruned: the smaller voice learns to draw what the whole one draws.

Nobody's recordings are needed: both speak the same sentences with the same durations and noise. Source: Hinton et al.,
Distilling the Knowledge in a Neural Network (2015).
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy, deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from myna.deploy.calibration import TTS_PARTS, CalibrationSentence, blocks_of
from myna.networks.voice import Voice

RATE = 2e-4  # of Adam, falling to 0
_QUIET = 1e-3  # below this a spectrum's value counts as it is, above by its root


def recover(smaller: Voice, voice: Voice, spoken: Sequence[CalibrationSentence], steps: int) -> Voice:
    """Return the smaller voice after training; both arguments stay as they are.

    Args:
        smaller: What `prune` gave.
        voice: The whole one.
        spoken: Sentences as the whole one speaks them, one a step, in turns.
        steps: Of each part.
    """
    found = copy(smaller)
    if smaller.tts is not voice.tts:
        found.tts = deepcopy(smaller.tts)
        blocks = [block for part in TTS_PARTS for block in blocks_of(getattr(found.tts, part))]
        _train(blocks, _drawing(found.tts, voice, spoken), len(spoken), steps)
    if smaller.vocoder is not None and smaller.vocoder is not voice.vocoder:
        found.vocoder = deepcopy(smaller.vocoder)
        blocks = blocks_of(found.vocoder.blocks)  # type: ignore[arg-type]
        _train(blocks, _filtering(found.vocoder, voice.vocoder, spoken), len(spoken), steps)
    return found


def _drawing(network: Any, voice: Voice, spoken: Sequence[CalibrationSentence]) -> Callable[[int], Tensor]:
    """Return how far a sentence is from the whole's: log-mel, and the encoder's vectors, which give durations."""
    with torch.no_grad(), _given_by(voice.tts.encoder) as hidden:
        for one in spoken:
            voice.tts.predict_durations(one.inputs)
    infer = inspect.unwrap(type(network).infer)  # the one that keeps gradients

    def distance(number: int) -> Tensor:
        one = spoken[number]
        with _given_by(network.encoder) as own:
            mel, _ = infer(network, one.inputs, durations=one.durations, **voice.config.defaults)
        far: Tensor = (mel - one.mel).abs().mean() + (own[0] - hidden[number]).square().mean()
        return far

    return distance


def _filtering(vocoder: Any, whole: Any, spoken: Sequence[CalibrationSentence]) -> Callable[[int], Tensor]:
    """Return how far the spectrum of a sentence is from the whole's, quiet parts not forgotten."""
    with torch.no_grad(), _given_to(whole.synthesis) as spectra:
        for one in spoken:
            whole(one.mel)

    def distance(number: int) -> Tensor:
        with _given_to(vocoder.synthesis) as own:
            vocoder(spoken[number].mel)
        return (compressed(own[0]) - compressed(spectra[number])).abs().mean()

    return distance


def compressed(spectrum: tuple[Tensor, Tensor]) -> Tensor:
    """Return the parts of a spectrum side by side, large values by their roots."""
    pair = torch.cat(spectrum, -1)
    return pair / (pair.abs() + _QUIET).sqrt()


def _train(blocks: Sequence[nn.Module], distance: Callable[[int], Tensor], sentences: int, steps: int) -> None:
    """Bring what blocks that were narrowed give nearer; they are changed in place."""
    weights = [weight.requires_grad_() for block in blocks for weight in block.parameters()]
    optimizer = torch.optim.Adam(weights, RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    order = torch.Generator().manual_seed(0)
    for step in range(steps):
        if step % sentences == 0:
            turns = torch.randperm(sentences, generator=order).tolist()
        optimizer.zero_grad()
        distance(turns[step % sentences]).backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()


@contextmanager
def _given_by(module: nn.Module) -> Iterator[list[Tensor]]:
    found: list[Tensor] = []
    hook = module.register_forward_hook(lambda _module, _inputs, output: found.append(output))
    try:
        yield found
    finally:
        hook.remove()


@contextmanager
def _given_to(module: nn.Module) -> Iterator[list[tuple[Tensor, Tensor]]]:
    found: list[tuple[Tensor, Tensor]] = []
    hook = module.register_forward_pre_hook(lambda _module, inputs: found.append(inputs))
    try:
        yield found
    finally:
        hook.remove()
