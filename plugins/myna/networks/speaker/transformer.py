"""A Transformer over log-mel frames, pooled by attention.

Layers as in Vaswani et al., Attention Is All You Need (2017), normalised first; pooling as in Safari et al.,
Self-Attention Encoding and Pooling for Speaker Recognition (2020), with the deviation beside the mean.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from myna.networks.speaker.pooling import frame_mask, levelled


class TransformerEncoder(nn.Module):
    """Turn a spectrogram into a speaker embedding by self-attention.

    Two convolutions in front give each frame its neighbours and halve their number. Positions are not encoded: where
    in a recording a sound stands says nothing of the speaker, and utterances are longer than the crops of training.

    Args:
        inputs: Bands of the spectrogram.
        width: Width of the layers.
        heads: Attention heads.
        inner: Feed-forward width.
        layers: Number of layers.
        dropout: Probability.
        embedding: Size of the embedding.
    """

    def __init__(
        self, inputs: int, width: int, heads: int, inner: int, layers: int, dropout: float, embedding: int
    ) -> None:
        """Build the layers."""
        super().__init__()
        self.inputs = inputs
        self.near = nn.Conv1d(inputs, width, 5, padding=2)
        self.halve = nn.Conv1d(width, width, 3, stride=2, padding=1)
        layer = nn.TransformerEncoderLayer(
            width, heads, inner, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        # Nested tensors would shorten a batch to its longest utterance, and are no faster at these sizes.
        self.layers = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.attend = nn.Sequential(nn.Linear(width, width // 2), nn.Tanh(), nn.Linear(width // 2, 1))
        self.project = nn.Linear(2 * width, embedding)

    def forward(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """Embed `(B, T, inputs)`; behind `lengths (B,)` nothing counts. Returns `(B, embedding)`, L2 = 1."""
        mask = frame_mask(lengths, mel.shape[1]).to(mel.dtype)
        near = F.gelu(self.near(levelled(mel, mask).transpose(1, 2))) * mask.transpose(1, 2)
        hidden = F.gelu(self.halve(near)).transpose(1, 2)
        real = frame_mask((lengths + 1) // 2, hidden.shape[1])
        hidden = self.layers(hidden, src_key_padding_mask=~real[..., 0])
        weights = self.attend(hidden).masked_fill(~real, float("-inf")).softmax(1)
        # What lies past an utterance may be anything, not a number included: weight 0 would not remove that.
        hidden = hidden.masked_fill(~real, 0.0)
        mean = (weights * hidden).sum(1)
        variance = (weights * (hidden - mean[:, None]).square()).sum(1)
        return F.normalize(self.project(torch.cat([mean, (variance + 1e-5).sqrt()], dim=1)), dim=1)
