"""The long-term spectrum of a person, taken over from recordings without a step of training.

A network draws somebody whom it has not heard with the spectrum of those whom it has: the vocoder copies strangers at
.98 of their likeness, the mel that the network draws has .6 of it, with their own timing and pitch as well as with its
own. What `myna.adapt.long_term` measures in the recordings and in what the voice says moves the network's own
statistics of mels towards the person's.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from myna.adapt import long_term
from myna.adapt.long_term import Spectrum
from myna.networks.measured_habits import mel_of
from myna.networks.tts.mel_network import MelNetwork

if TYPE_CHECKING:
    from myna.networks.voice import Voice


def spectrum_of(mels: Iterable[Tensor]) -> Spectrum:
    """Measure log-mels, `(1, T, n_mels)` each."""
    return long_term.spectrum_of(mel[0].detach().cpu().numpy() for mel in mels)


def take_over(voice: "Voice", mels: Sequence[Tensor], texts: Sequence[str], band: float, strength: float) -> None:
    """Move the spectrum of a voice towards that of recordings; nothing happens to a network that does not draw mels.

    Args:
        voice: Changed in place: the statistics of its acoustic model.
        mels: Log-mels of the recordings, `(1, T, n_mels)` each.
        texts: What the voice says for the comparison; not what the recordings say.
        band: Hz up to which the recordings have sound of their own.
        strength: See `myna.adapt.long_term.change_towards`. 0 leaves level and deviation.
    """
    if strength and mels and texts and getattr(voice.tts, "takes_prosody", False):
        own = spectrum_of(mel_of(voice, text) for text in texts)
        move(voice.tts, own, spectrum_of(mels), band, strength)


def move(network: MelNetwork, own: Spectrum, person: Spectrum, band: float, strength: float) -> None:
    """Change the statistics of a network so that what it draws with spectrum `own` gets nearer to that of `person`."""
    if (change := long_term.change_towards(person, own, band, strength)) is not None:
        scale, shift = (torch.from_numpy(values).to(network.mel_mean) for values in change)
        network.set_statistics(network.mel_mean * scale + shift, network.mel_std * scale)
