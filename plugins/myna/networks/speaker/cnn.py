"""A small convolutional speaker encoder: Conv1D 256 → 512, statistics pooling, 256 numbers.

The shape of an x-vector (Snyder et al., X-vectors, 2018), with normalisation by frame in place of batch normalisation.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from myna.networks.speaker.pooling import frame_mask, levelled, statistics


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
        """Embed `(B, T, inputs)`; behind `lengths (B,)` nothing counts. Returns `(B, embedding)`, L2 = 1."""
        mask = frame_mask(lengths, mel.shape[1]).to(mel.dtype)
        hidden = levelled(mel, mask)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            hidden = F.gelu(norm(convolution(hidden.transpose(1, 2)).transpose(1, 2))) * mask
        return F.normalize(self.project(statistics(hidden, mask)), dim=1)
