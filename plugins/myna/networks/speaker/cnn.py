"""A small convolutional speaker encoder: Conv1D 256 → 512, statistics pooling, 256 numbers.

Pooling of mean and deviation over time follows Snyder et al., X-vectors (2018).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ConvEncoder(nn.Module):
    """Turn a spectrogram into a speaker embedding.

    Every frame past an utterance's length is kept at zero between layers, and normalisation is per frame, so an
    utterance gets the same embedding alone and in a padded batch.

    Args:
        inputs: Numbers a frame: 80 mel bands, or MFCC coefficients.
        channels: Width of each convolution.
        kernels: Frames each convolution sees.
        dilations: Frames between those.
        embedding: Size of the embedding.
    """

    def __init__(
        self,
        inputs: int = 80,
        channels: tuple[int, ...] = (256, 256, 512),
        kernels: tuple[int, ...] = (5, 3, 3),
        dilations: tuple[int, ...] = (1, 2, 3),
        embedding: int = 256,
    ) -> None:
        """Build the layers."""
        super().__init__()
        self.inputs = inputs
        widths = [inputs, *channels]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, kernel, padding="same", dilation=dilation)
            for before, after, kernel, dilation in zip(widths, widths[1:], kernels, dilations, strict=False)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for width in channels)
        self.project = nn.Linear(2 * channels[-1], embedding)

    def forward(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """Embed a batch of utterances.

        Args:
            mel: `(B, T, inputs)`; what lies past a length is ignored.
            lengths: `(B,)` frames of each.

        Returns:
            `(B, embedding)`, each of length 1.
        """
        mask = (torch.arange(mel.shape[1], device=mel.device) < lengths[:, None])[..., None].to(mel.dtype)
        hidden = self._levelled(mel, mask)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            hidden = F.gelu(norm(convolution(hidden.transpose(1, 2)).transpose(1, 2))) * mask
        frames = mask.sum(1)
        mean = hidden.sum(1) / frames
        variance = ((hidden - mean[:, None]).square() * mask).sum(1) / frames
        return F.normalize(self.project(torch.cat([mean, (variance + 1e-5).sqrt()], dim=1)), dim=1)

    @staticmethod
    def _levelled(mel: Tensor, mask: Tensor) -> Tensor:
        """Take the utterance's mean level away: loudness is the recording's, not the speaker's."""
        mean = (mel * mask).sum((1, 2)) / (mask.sum((1, 2)) * mel.shape[2])
        return (mel - mean[:, None, None]) * mask
