"""ECAPA-TDNN, by ESPnet2's modules.

Desplanques et al., ECAPA-TDNN: Emphasized Channel Attention, Propagation and Aggregation in TDNN Based Speaker
Verification (2020). ESPnet2 is imported when the network is built, not before.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from myna.networks.speaker.equal_lengths import one_length_at_a_time, repeated
from myna.networks.speaker.pooling import levelled


class EcapaEncoder(nn.Module):
    """ESPnet2's ECAPA encoder, attentive statistics pooling and projection.

    Args:
        inputs: Bands of the spectrogram.
        channels: Width of the blocks; 512 or 1024 in the paper.
        outputs: Channels before pooling; 1536 in the paper.
        scale: Groups of a Res2Net block.
        embedding: Size of the embedding.
    """

    def __init__(self, inputs: int, channels: int, outputs: int, scale: int, embedding: int) -> None:
        """Build ESPnet2's modules."""
        super().__init__()
        from espnet2.spk.encoder.ecapa_tdnn_encoder import EcapaTdnnEncoder
        from espnet2.spk.pooling.chn_attn_stat_pooling import ChnAttnStatPooling
        from espnet2.spk.projector.rawnet3_projector import RawNet3Projector

        self.inputs = inputs
        self.encoder = EcapaTdnnEncoder(inputs, model_scale=scale, ndim=channels, output_size=outputs)
        self.pooling = ChnAttnStatPooling(outputs)
        self.projector = RawNet3Projector(self.pooling.output_size(), embedding)

    def forward(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """Embed `(B, T, inputs)`; behind `lengths (B,)` nothing counts. Returns `(B, embedding)`, L2 = 1."""
        if self.training:
            return self._embed(repeated(mel, lengths))
        return one_length_at_a_time(self._embed, mel, lengths)

    def _embed(self, mel: Tensor) -> Tensor:
        whole = torch.ones_like(mel[..., :1])
        return F.normalize(self.projector(self.pooling(self.encoder(levelled(mel, whole)))), dim=1)
