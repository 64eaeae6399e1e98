"""WaveNet one sample at a time: each layer keeps what it will need again, so a sample costs one step and no more.

The loop is compiled by numba on first use (seconds; kept on disk), since the call of an operator in torch takes longer
than the arithmetic of a layer. Source: Paine et al., Fast WaveNet Generation Algorithm (2016).
"""

import math
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from myna.networks.vocoder.gated import GatedStack
from myna.networks.vocoder.wavenet_output import LEAST_LOG_SCALE

Array = NDArray[np.float32]
FAST: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": True, "error_model": "numpy"}


@dataclass
class Weights:
    """A `GatedStack` with kernels of two taps as arrays whose last axis is the output's, as the loop reads them."""

    first: Array
    first_bias: Array
    dilated: Array
    out: Array
    out_bias: Array
    before_last: Array
    before_last_bias: Array
    last: Array
    last_bias: Array
    dilations: NDArray[np.int64]

    @classmethod
    def of(cls, stack: GatedStack) -> "Weights":
        """Copy the weights of a stack; those of the conditions are not among them."""
        taps = [[_numpy(layer.dilated.weight[:, :, tap]).T for tap in (0, 1)] for layer in _all(stack)]
        return cls(
            _numpy(stack.first.weight[:, 0, 0]),
            _bias(stack.first),
            np.stack([np.concatenate(both) for both in taps]),
            np.stack([_matrix(layer.out) for layer in _all(stack)]),
            np.stack([_bias(layer.out) for layer in _all(stack)]),
            _matrix(stack.before_last),
            _bias(stack.before_last),
            _matrix(stack.last),
            _bias(stack.last),
            np.array([layer.past for layer in _all(stack)]),
        )


def _all(stack: GatedStack) -> list[Any]:
    return list(stack.layers)


def _numpy(tensor: Tensor) -> Array:
    return np.ascontiguousarray(tensor.detach().cpu().float().numpy())


def _matrix(convolution: Any) -> Array:
    return np.ascontiguousarray(_numpy(convolution.weight[:, :, 0]).T)


def _bias(convolution: Any) -> Array:
    return _numpy(convolution.bias)


def conditions(stack: GatedStack, encoded: Tensor) -> Array:
    """Project an encoded mel `(1, C, T)` for all layers, biases included: `(T, layers, 2 * channels)`."""
    rows = [_numpy((layer.condition(encoded) + layer.dilated.bias[:, None])[0].T) for layer in _all(stack)]
    return np.ascontiguousarray(np.stack(rows, 1))


def sample(
    weights: Weights,
    condition: Array,
    hop_length: int,
    noise: Array,
    temperature: float = 1.0,
    forced: Array | None = None,
) -> tuple[Array, Array]:
    """Draw a wave, or only say what would be drawn after given samples.

    Args:
        weights: Of the stack.
        condition: From `conditions`.
        hop_length: Samples a frame.
        noise: `(N, 2)`: a normal and a uniform number for a Gaussian; two uniform numbers for a mixture.
        temperature: Factor of standard deviations or scales.
        forced: `(N,)` samples that the network hears instead of its own (teacher forcing).

    Returns:
        The wave `(N,)` in [-1, 1] and the parameters of each sample's distribution `(N, outputs)`.
    """
    wave = np.zeros(len(noise), np.float32)
    parameters = np.zeros((len(noise), len(weights.last_bias)), np.float32)
    heard = np.zeros(0, np.float32) if forced is None else np.ascontiguousarray(forced, np.float32)
    _run(
        weights.first,
        weights.first_bias,
        weights.dilated,
        weights.out,
        weights.out_bias,
        weights.before_last,
        weights.before_last_bias,
        weights.last,
        weights.last_bias,
        weights.dilations,
        condition,
        hop_length,
        noise,
        np.float32(temperature),
        heard,
        wave,
        parameters,
    )
    return wave, parameters


@numba.njit(**FAST)
def _add_product(out: Array, matrix: Array, x: Array) -> None:
    """Add `x @ matrix` to `out`; four rows at a time, so that `out` is stored a quarter as often."""
    for j in range(0, len(x), 4):
        a, b, c, d = x[j], x[j + 1], x[j + 2], x[j + 3]
        for i in range(len(out)):
            out[i] += matrix[j, i] * a + matrix[j + 1, i] * b + matrix[j + 2, i] * c + matrix[j + 3, i] * d


@numba.njit(**FAST)
def _tanh(x: np.float32) -> np.float32:
    """Return tanh to seven digits as a quotient of polynomials (Eigen's), which vectorises where a call does not."""
    x = min(max(x, np.float32(-7.9)), np.float32(7.9))
    s = x * x
    p = np.float32(-2.76076847742355e-16) * s + np.float32(2.00018790482477e-13)
    p = p * s + np.float32(-8.60467152213735e-11)
    p = p * s + np.float32(5.12229709037114e-08)
    p = p * s + np.float32(1.48572235717979e-05)
    p = p * s + np.float32(6.37261928875436e-04)
    p = p * s + np.float32(4.89352455891786e-03)
    q = np.float32(1.19825839466702e-06) * s + np.float32(1.18534705686654e-04)
    q = q * s + np.float32(2.26843463243900e-03)
    q = q * s + np.float32(4.89352518554385e-03)
    return x * p / q


@numba.njit(**FAST)
def _draw(parameters: Array, first: np.float32, second: np.float32, temperature: np.float32) -> float:
    """Draw from a Gaussian (two parameters) or a mixture of logistics (logits, means, logarithms of scales)."""
    if len(parameters) == 2:
        return parameters[0] + math.exp(max(parameters[1], LEAST_LOG_SCALE)) * temperature * first
    mixtures = len(parameters) // 3
    highest = parameters[:mixtures].max()
    rest = first * np.exp(parameters[:mixtures] - highest).sum()
    chosen = 0
    for index in range(mixtures):
        chosen = index
        rest -= math.exp(parameters[index] - highest)
        if rest <= 0:
            break
    scale = math.exp(max(parameters[2 * mixtures + chosen], LEAST_LOG_SCALE)) * temperature
    return parameters[mixtures + chosen] + scale * (math.log(second) - math.log1p(-second))


@numba.njit(**FAST)
def _run(
    first: Array,
    first_bias: Array,
    dilated: Array,
    out: Array,
    out_bias: Array,
    before_last: Array,
    before_last_bias: Array,
    last: Array,
    last_bias: Array,
    dilations: NDArray[np.int64],
    condition: Array,
    hop_length: int,
    noise: Array,
    temperature: np.float32,
    forced: Array,
    wave: Array,
    parameters: Array,
) -> None:
    layers, channels = len(dilations), len(first)
    frames = len(condition)
    # What layer l heard in the last dilations[l] steps, one ring after the other.
    rings = np.zeros((dilations.sum(), channels), np.float32)
    pair = np.zeros(2 * channels, np.float32)
    gates = np.zeros(2 * channels, np.float32)
    gated = np.zeros(channels, np.float32)
    outputs = np.zeros(out.shape[2], np.float32)
    total = np.zeros(out.shape[2] - channels, np.float32)
    hidden = np.zeros(len(before_last_bias), np.float32)
    x = np.zeros(channels, np.float32)
    share, half = np.float32(math.sqrt(1.0 / layers)), np.float32(math.sqrt(0.5))
    previous = np.float32(0.0)
    for n in range(len(wave)):
        place = min(max((n + 0.5) / hop_length - 0.5, 0.0), frames - 1.0)
        frame = int(place)
        after, weight = min(frame + 1, frames - 1), np.float32(place - frame)
        for i in range(channels):
            x[i] = first[i] * previous + first_bias[i]
        total[:] = np.float32(0.0)
        begin = 0
        for layer in range(layers):
            ring = rings[begin + n % dilations[layer]]
            begin += dilations[layer]
            here, there = condition[frame, layer], condition[after, layer]
            for i in range(2 * channels):
                gates[i] = here[i] + weight * (there[i] - here[i])
            for i in range(channels):
                pair[i], pair[channels + i], ring[i] = ring[i], x[i], x[i]
            _add_product(gates, dilated[layer], pair)
            for i in range(channels):
                sigmoid = np.float32(0.5) + np.float32(0.5) * _tanh(np.float32(0.5) * gates[channels + i])
                gated[i] = _tanh(gates[i]) * sigmoid
            outputs[:] = out_bias[layer]
            _add_product(outputs, out[layer], gated)
            for i in range(channels):
                x[i] = (x[i] + outputs[i]) * half
            for i in range(len(total)):
                total[i] += outputs[channels + i]
        for i in range(len(total)):
            total[i] = max(total[i] * share, np.float32(0.0))
        hidden[:] = before_last_bias
        _add_product(hidden, before_last, total)
        for i in range(len(hidden)):
            hidden[i] = max(hidden[i], np.float32(0.0))
        parameters[n] = last_bias
        _add_product(parameters[n], last, hidden)
        drawn = _draw(parameters[n], noise[n, 0], noise[n, 1], temperature)
        wave[n] = np.float32(min(max(drawn, -1.0), 1.0))
        previous = forced[n] if len(forced) else wave[n]
