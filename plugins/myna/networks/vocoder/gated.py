"""Stacks of gated, dilated, causal convolutions: the body of WaveNet and of every flow of its student.

Source: van den Oord et al., WaveNet (2016), section 2; conditioning as in its section 2.5, upsampled linearly.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MEL_MEAN, MEL_SCALE = -5.0, 2.5


class MelEncoder(nn.Module):
    """Bring log-mels to unit size and let each frame see its neighbours."""

    def __init__(self, n_mels: int, channels: int) -> None:
        """Make two convolutions over time, `n_mels` in and `channels` out."""
        super().__init__()
        self.first = nn.Conv1d(n_mels, channels, 5, padding=2)
        self.second = nn.Conv1d(channels, channels, 3, padding=1)

    def forward(self, mel: Tensor) -> Tensor:
        """Map log-mel `(B, T, n_mels)` to `(B, channels, T)`."""
        x = ((mel - MEL_MEAN) / MEL_SCALE).transpose(1, 2)
        return F.leaky_relu(self.second(F.leaky_relu(self.first(x), 0.1)), 0.1)


class GatedLayer(nn.Module):
    """One gated convolution with its way around and its way out."""

    def __init__(self, channels: int, skip: int, condition: int, kernel_size: int, dilation: int) -> None:
        """Make the layer; `GatedStack` says what the sizes are."""
        super().__init__()
        self.past = (kernel_size - 1) * dilation
        self.dilated = nn.Conv1d(channels, 2 * channels, kernel_size, dilation=dilation)
        self.condition = nn.Conv1d(condition, 2 * channels, 1, bias=False)
        self.out = nn.Conv1d(channels, channels + skip, 1)

    def forward(self, x: Tensor, condition: Tensor, rate: int) -> tuple[Tensor, Tensor]:
        """Map `(B, channels, N)` to the next layer's input and to the skip `(B, skip, N)`."""
        # Projection and linear interpolation commute; in this order the projection runs at the frame rate.
        heard = spread(self.condition(condition), rate, x.shape[-1])
        left, right = (self.dilated(F.pad(x, (self.past, 0))) + heard).chunk(2, 1)
        gated = self.out(left.tanh() * right.sigmoid())
        return (x + gated[:, : x.shape[1]]) * math.sqrt(0.5), gated[:, x.shape[1] :]


class GatedStack(nn.Module):
    """First convolution, gated layers, and two convolutions on the sum of their skips.

    Attributes:
        receptive_field: Positions that an output hears: its own and those before.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        channels: int,
        skip: int,
        condition: int,
        layers: int,
        stacks: int = 1,
        kernel_size: int = 2,
    ) -> None:
        """Make the stack.

        Args:
            inputs: Channels in.
            outputs: Channels out; zero in the beginning, unless `begin_at` says otherwise.
            channels: Channels of the way around the layers.
            skip: Channels of the way out of them.
            condition: Channels of the condition.
            layers: Number of gated layers.
            stacks: How often the dilations begin again at 1; they double from layer to layer.
            kernel_size: Taps of the dilated convolutions.

        Raises:
            ValueError: If the layers cannot be dealt to the stacks.
        """
        super().__init__()
        if layers % stacks:
            raise ValueError(f"{layers} layers cannot be dealt to {stacks} stacks")
        dilations = [2**index for index in range(layers // stacks)] * stacks
        self.first = nn.Conv1d(inputs, channels, 1)
        self.layers = nn.ModuleList(GatedLayer(channels, skip, condition, kernel_size, d) for d in dilations)
        self.before_last = nn.Conv1d(skip, skip, 1)
        self.last = nn.Conv1d(skip, outputs, 1)
        self.begin_at(torch.zeros(outputs))
        self.receptive_field = 1 + (kernel_size - 1) * sum(dilations)

    def begin_at(self, outputs: Tensor) -> None:
        """Let training begin at these constant `outputs`, `(outputs,)`."""
        bias = self.last.bias
        assert bias is not None
        nn.init.zeros_(self.last.weight)
        with torch.no_grad():
            bias.copy_(outputs)

    def forward(self, x: Tensor, condition: Tensor, rate: int) -> Tensor:
        """Map positions to outputs, causally.

        Args:
            x: `(B, inputs, N)`.
            condition: `(B, condition, T)`, one column a frame.
            rate: Positions a frame.

        Returns:
            `(B, outputs, N)`; column n has heard columns up to n of `x`.
        """
        x = self.first(x)
        total = torch.zeros((), device=x.device)
        for layer in self.layers:
            x, skip = layer(x, condition, rate)
            total = total + skip
        total = total * math.sqrt(1.0 / len(self.layers))
        return self.last(self.before_last(total.relu()).relu())


def spread(frames: Tensor, rate: int, length: int) -> Tensor:
    """Interpolate `(B, C, T)` linearly to `rate` positions a frame; the last repeats up to `length`."""
    spread_out = F.interpolate(frames, scale_factor=float(rate), mode="linear") if rate > 1 else frames
    return F.pad(spread_out, (0, length - spread_out.shape[-1]), mode="replicate")
