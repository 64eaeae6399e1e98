"""What a WaveNet says about the next sample: a Gaussian, or a mixture of logistic distributions.

Sources: Ping et al., ClariNet (2018), for the single Gaussian, which a student can be compared with in closed form;
Salimans et al., PixelCNN++ (2017), and van den Oord et al., Parallel WaveNet (2017), for the mixture of logistics over
the 65 536 values of 16-bit samples.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

# ClariNet's floor: 1e-3 of full scale, below what is heard; without it silence has endless likelihood.
LEAST_LOG_SCALE = -7.0
HALF_STEP = 1 / 65_535


def split_gaussian(parameters: Tensor) -> tuple[Tensor, Tensor]:
    """Split `(B, 2, N)` into means and logarithms of standard deviations, `(B, N)` each."""
    mean, log_scale = parameters.float().unbind(1)
    return mean, log_scale.clamp_min(LEAST_LOG_SCALE)


def gaussian_nll(parameters: Tensor, wave: Tensor) -> Tensor:
    """Return the negative log-density of each sample, `(B, N)`, in nats; `parameters` are `(B, 2, N)`."""
    mean, log_scale = split_gaussian(parameters)
    return 0.5 * ((wave - mean) * (-log_scale).exp()).square() + log_scale + 0.5 * math.log(2 * math.pi)


def logistics_nll(parameters: Tensor, wave: Tensor) -> Tensor:
    """Return the negative log-probability of each 16-bit sample under a mixture of logistics.

    Args:
        parameters: `(B, 3 * mixtures, N)`: logits, means, logarithms of scales.
        wave: `(B, N)` in [-1, 1], multiples of 2 / 65 535 away from -1.

    Returns:
        `(B, N)`, nats.
    """
    logits, mean, log_scale = parameters.float().chunk(3, 1)
    log_scale = log_scale.clamp_min(LEAST_LOG_SCALE)
    inverse, centred = (-log_scale).exp(), wave[:, None] - mean
    above, below = inverse * (centred + HALF_STEP), inverse * (centred - HALF_STEP)
    # log(sigmoid(above) - sigmoid(below)), written so that neither tail loses its digits.
    inside = F.logsigmoid(above) + F.logsigmoid(-below) + torch.log(-torch.expm1(-2 * HALF_STEP * inverse))
    lowest, highest = wave[:, None] <= -1 + HALF_STEP, wave[:, None] >= 1 - HALF_STEP
    log_probability = torch.where(lowest, F.logsigmoid(above), torch.where(highest, F.logsigmoid(-below), inside))
    return -torch.logsumexp(log_probability + logits.log_softmax(1), 1)


NLL = {"gaussian": gaussian_nll, "logistics": logistics_nll}
