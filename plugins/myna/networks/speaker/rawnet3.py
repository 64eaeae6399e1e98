"""RawNet3 on the waveform, by ESPnet2's modules.

Jung et al., Pushing the Limits of Raw Waveform Speaker Recognition (2022); the filterbank in front is asteroid's
(Pariente et al., Filterbank Design for End-to-End Speech Separation, 2020). ESPnet2 is imported when the network is
built, not before.
"""

import torchaudio
from torch import Tensor, nn
from torch.nn import functional as F

from myna.networks.speaker.equal_lengths import one_length_at_a_time, repeated

RATE = 16_000  # Hz: recordings at that rate fill all filters
SHORTEST = 4_000  # samples: what is shorter is repeated, or pooling would leave nothing of it


class RawNet3Encoder(nn.Module):
    """ESPnet2's filterbank, RawNet3 encoder, attentive statistics pooling and projection.

    Args:
        sample_rate: Of the waves, Hz.
        filters: Filters of the filterbank.
        kernel: Samples of a filter.
        stride: Samples between frames; 16 in ESPnet2's recipe, at three times the work of 48.
        channels: Width of the blocks; 1024 in the paper.
        outputs: Channels before pooling; 1536 in the paper.
        scale: Groups of a Res2Net block.
        embedding: Size of the embedding.
    """

    def __init__(
        self,
        sample_rate: int,
        filters: int,
        kernel: int,
        stride: int,
        channels: int,
        outputs: int,
        scale: int,
        embedding: int,
    ) -> None:
        """Build ESPnet2's modules."""
        super().__init__()
        from espnet2.asr.frontend.asteroid_frontend import AsteroidFrontend
        from espnet2.spk.encoder.rawnet3_encoder import RawNet3Encoder as Encoder
        from espnet2.spk.pooling.chn_attn_stat_pooling import ChnAttnStatPooling
        from espnet2.spk.projector.rawnet3_projector import RawNet3Projector

        self.sample_rate = sample_rate
        self.frontend = AsteroidFrontend(sinc_filters=filters, sinc_kernel_size=kernel, sinc_stride=stride)
        self.encoder = Encoder(filters, model_scale=scale, ndim=channels, output_size=outputs)
        self.pooling = ChnAttnStatPooling(outputs)
        self.projector = RawNet3Projector(self.pooling.output_size(), embedding)

    def forward(self, speech: Tensor, lengths: Tensor) -> Tensor:
        """Embed a batch of utterances.

        Args:
            speech: `(B, S)` samples in [-1, 1]; what lies past a length is ignored.
            lengths: `(B,)` samples of each.

        Returns:
            `(B, embedding)`, each of length 1.
        """
        if self.training:
            return self._embed(repeated(speech, lengths))
        return one_length_at_a_time(self._embed, speech, lengths)

    def _embed(self, speech: Tensor) -> Tensor:
        wave = torchaudio.functional.resample(speech, self.sample_rate, RATE)
        wave = wave.repeat(1, -(-SHORTEST // wave.shape[1]))
        frames, _ = self.frontend(wave, wave.new_full((len(wave),), wave.shape[1]))
        return F.normalize(self.projector(self.pooling(self.encoder(frames))), dim=1)
