"""A vocoder in the form that graph exporters understand, with the same output.

Exporters know neither complex numbers nor the inverse Fourier transform, and weight norm only slows a graph. The
inverse transform of a fixed length, its window and the overlap-add are one transposed convolution with a fixed kernel.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from myna.networks.vocoder.istft import IstftHead


class ConvolutionHead(nn.Module):
    """An `IstftHead` as a transposed convolution: real arithmetic only."""

    basis: Tensor
    envelope: Tensor

    def __init__(self, head: IstftHead) -> None:
        """Take the projection and the window over from a trained head."""
        super().__init__()
        self.project, self.hop_length, self.n_fft = head.project, head.hop_length, head.n_fft
        window = head.window.double()
        identity = torch.eye(head.n_fft // 2 + 1, dtype=torch.float64, device=window.device)
        real = torch.fft.irfft(identity.to(torch.complex128), head.n_fft)
        imaginary = torch.fft.irfft(identity * 1j, head.n_fft)
        basis = torch.cat((real, imaginary)) * window
        self.register_buffer("basis", basis[:, None].float(), persistent=False)
        self.register_buffer("envelope", window.square()[None, None].float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Turn features `(B, T, C)` into samples `(B, T * hop_length)`."""
        log_magnitude, phase = self.project(x).transpose(1, 2).chunk(2, 1)
        magnitude = log_magnitude.exp().clamp_max(1e2)
        spectrum = torch.cat((magnitude * phase.cos(), magnitude * phase.sin()), 1)
        # Padding of a transposed convolution is what it cuts off both ends.
        pad = (self.n_fft - self.hop_length) // 2
        wave = nn.functional.conv_transpose1d(spectrum, self.basis, stride=self.hop_length, padding=pad)
        ones = torch.ones_like(spectrum[:1, :1])
        envelope = nn.functional.conv_transpose1d(ones, self.envelope, stride=self.hop_length, padding=pad)
        return (wave / envelope.clamp_min(1e-8))[:, 0]


def exportable(vocoder: nn.Module) -> nn.Module:
    """Return a copy of a vocoder without weight norm and without complex numbers; the original stays as it is.

    Args:
        vocoder: Any vocoder of this package, `(B, T, n_mels)` to `(B, T * hop_length)`.
    """
    copy = deepcopy(vocoder).eval()
    for module in copy.modules():
        if parametrize.is_parametrized(module):
            # A copy shares its class with the original, and folding the weight norm changes the class.
            kind = type(module)
            module.__class__ = type(kind.__name__, kind.__bases__, dict(kind.__dict__))
    fold = getattr(copy, "remove_weight_norm", None)
    if fold is not None:
        fold()
    for module in list(copy.modules()):
        for name, child in module.named_children():
            if isinstance(child, IstftHead):
                setattr(module, name, ConvolutionHead(child))
    return copy
