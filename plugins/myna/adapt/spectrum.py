"""The long-term spectrum of a person, taken over from recordings without a step of training.

A network draws somebody whom it has not heard with the spectrum of those whom it has: the vocoder copies strangers at
.98 of their likeness, the mel that the network draws has .6 of it, with their own timing and pitch as well as with its
own. A good part of what lacks is the level of each mel band over time, and how far it moves. Both are measured in the
person's recordings and in what the voice says, and the network's own statistics of mels are moved towards the person's.
No texts are needed: over some seconds of loud frames the sounds of a language even out.

Source: global variance compensation, for each speaker (Toda & Tokuda, 2007).
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from myna.audio.mel import MelConfig
from myna.networks.habits import mel_of
from myna.networks.tts.mel_network import MelNetwork
from myna.networks.vocoder.bandwidth import upper_edges

if TYPE_CHECKING:
    from myna.networks.voice import Voice

LOUD = 3.0  # nepers under the loud end of a recording (the 95th percentile of its frames): what is taken for speech
SHIFT, SCALES = 2.0, (0.7, 1.5)  # bounds: nepers, times; beyond them it is the microphone that differs
EDGE = 6  # bands under the end of a recording's bandwidth, whose shift those above it are given


class Spectrum(NamedTuple):
    """Mean and deviation of log-mel over loud frames, `(n_mels,)` each, nepers."""

    mean: Tensor
    std: Tensor


def spectrum_of(mels: Iterable[Tensor]) -> Spectrum:
    """Measure log-mels, `(1, T, n_mels)` each."""
    loud = torch.cat([_loud(mel) for mel in mels])
    return Spectrum(loud.mean(0), loud.std(0))


def _loud(mel: Tensor) -> Tensor:
    level = mel.mean(-1)
    return mel[level > level.quantile(0.95) - LOUD]


def take_over(voice: "Voice", mels: Sequence[Tensor], texts: Sequence[str], band: float, strength: float) -> None:
    """Move the spectrum of a voice towards that of recordings; nothing happens to a network that does not draw mels.

    Args:
        voice: Changed in place: the statistics of its acoustic model.
        mels: Log-mels of the recordings, `(1, T, n_mels)` each.
        texts: What the voice says for the comparison; not what the recordings say.
        band: Hz up to which the recordings have sound of their own; above it the network is not to learn silence.
        strength: How far the level of each band goes, up to 1: half is nearly as alike as all and hides more of the
            microphone. What moves too little is brought to the person's deviation whole. 0 leaves both.
    """
    if strength and mels and texts and getattr(voice.tts, "takes_prosody", False):
        own = spectrum_of(mel_of(voice, text) for text in texts)
        move(voice.tts, own, spectrum_of(mels), band, strength)


def move(network: MelNetwork, own: Spectrum, person: Spectrum, band: float, strength: float) -> None:
    """Change the statistics of a network so that what it draws with spectrum `own` gets nearer to that of `person`."""
    heard = upper_edges(MelConfig(n_mels=network.n_mels)) <= band
    top = int(heard.sum())
    if not top:
        return
    shift = strength * _colour(own.mean, person.mean, heard).clamp(-SHIFT, SHIFT)
    shift = torch.where(heard, shift, shift[max(0, top - EDGE) : top].mean())
    wider = (person.std / own.std.clamp_min(1e-3)).clamp(*SCALES)
    scale = torch.where(heard, wider, 1.0)
    turned = own.mean + shift - own.mean * scale
    network.set_statistics(network.mel_mean * scale + turned, network.mel_std * scale)


def _colour(own: Tensor, person: Tensor, heard: Tensor) -> Tensor:
    # How loud somebody was recorded is nothing of the person: the bands that carry the speech keep their level.
    change, weight = person - own, own.exp() * heard
    return change - (weight * change).sum() / weight.sum()
