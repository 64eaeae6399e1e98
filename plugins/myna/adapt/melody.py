"""The range of a person's pitch, taken over by the voice that was tuned to it.

A pitch that was learned by distances is flatter than the person's, also after tuning: what the voice says has 0.75 to
0.95 of the deviation that the recordings have. Its last layer is stretched about the mean until both are the same.
Source: the mean-variance transformation of F0 of voice conversion (Toda, Black & Tokuda, 2007).
"""

from dataclasses import replace

import torch

from myna.networks.habits import RANGES, Habits
from myna.networks.tts.intonation import normalised_pitch
from myna.networks.tts.prosody import bounded
from myna.networks.tts.vits_mel import VitsMel


@torch.no_grad()
def widen(network: VitsMel, habits: Habits) -> Habits:
    """Give a network the range of pitch that its person has; returns the habits that are left.

    Args:
        network: Changed in place: the layer that its pitch comes from.
        habits: Of the person, and of what the network says.
    """
    times = bounded(habits.within / habits.own_within, *RANGES)
    mean, leave = normalised_pitch(torch.tensor(habits.own_pitch)), network.intonation.leave
    leave.weight[0] *= times
    leave.bias[0] = times * leave.bias[0] + (1 - times) * mean
    return replace(habits, own_within=habits.own_within * times, own_between=habits.own_between * times)
