"""A vocoder in the form that graph exporters understand, with the same output.

Exporters know neither complex numbers nor the inverse Fourier transform, and weight norm only slows a graph. The
inverse transform of a fixed length, its window and the overlap-add are one transposed convolution with a fixed kernel.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from myna.networks.vocoder.istft import Synthesis
from myna.networks.vocoder.source_istft import Analysis


def _basis(n_fft: int) -> Tensor:
    """Return the inverse Fourier transform as a matrix `(n_fft + 2, n_fft)`: rows of the real, then imaginary parts."""
    identity = torch.eye(n_fft // 2 + 1, dtype=torch.float64)
    real = torch.fft.irfft(identity.to(torch.complex128), n_fft)
    return torch.cat((real, torch.fft.irfft(identity * 1j, n_fft)))


class ConvolutionSynthesis(nn.Module):
    """A `Synthesis` as a transposed convolution: real arithmetic only."""

    basis: Tensor
    envelope: Tensor

    def __init__(self, original: Synthesis) -> None:
        """Take the window over."""
        super().__init__()
        self.hop_length, self.n_fft = original.hop_length, original.n_fft
        window = original.window.double().cpu()
        self.register_buffer("basis", (_basis(self.n_fft) * window)[:, None].float(), persistent=False)
        self.register_buffer("envelope", window.square()[None, None].float(), persistent=False)

    def forward(self, real: Tensor, imaginary: Tensor) -> Tensor:
        """Turn the parts of a spectrum, `(B, T, n_fft // 2 + 1)` each, into samples `(B, T * hop_length)`."""
        spectrum = torch.cat((real, imaginary), -1).transpose(1, 2)
        # Padding of a transposed convolution is what it cuts off both ends.
        pad = (self.n_fft - self.hop_length) // 2
        wave = nn.functional.conv_transpose1d(spectrum, self.basis, stride=self.hop_length, padding=pad)
        ones = torch.ones_like(spectrum[:1, :1])
        envelope = nn.functional.conv_transpose1d(ones, self.envelope, stride=self.hop_length, padding=pad)
        return (wave / envelope.clamp_min(1e-8))[:, 0]


class ConvolutionAnalysis(nn.Module):
    """An `Analysis` as a convolution."""

    basis: Tensor

    def __init__(self, original: Analysis) -> None:
        """Take the window over."""
        super().__init__()
        self.hop_length, self.n_fft = original.hop_length, original.n_fft
        turns = torch.outer(torch.arange(self.n_fft // 2 + 1), torch.arange(self.n_fft)).double() / self.n_fft
        angle = -2 * torch.pi * turns
        basis = torch.cat((angle.cos(), angle.sin())) * original.window.double().cpu()
        self.register_buffer("basis", basis[:, None].float(), persistent=False)

    def forward(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """Return real and imaginary part, `(B, T, n_fft // 2 + 1)` each, of samples `(B, T * hop_length)`."""
        pad = (self.n_fft - self.hop_length) // 2
        found = nn.functional.conv1d(wave[:, None], self.basis, stride=self.hop_length, padding=pad)
        real, imaginary = found.transpose(1, 2).chunk(2, -1)
        return real, imaginary


CONVOLUTIONS: dict[type[nn.Module], type[nn.Module]] = {
    Synthesis: ConvolutionSynthesis,
    Analysis: ConvolutionAnalysis,
}


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
            if type(child) in CONVOLUTIONS:
                setattr(module, name, CONVOLUTIONS[type(child)](child))
    first = next(vocoder.parameters(), None)
    return copy if first is None else copy.to(first.device)
