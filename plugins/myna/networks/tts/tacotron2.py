"""`tts=tacotron2`: text and a speaker embedding to mel, frame after frame, by attention.

Shen et al., Natural TTS Synthesis by Conditioning WaveNet on Mel Spectrogram Predictions (2018); several speakers by an
embedding, as in Jia et al., Transfer Learning from Speaker Verification (2018). The network is ESPnet2's, imported when
one is built, not before.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from myna.networks.tts.batch import Batch, Texts
from myna.networks.tts.mel_network import LANGUAGE_SLOTS, TOKEN_SLOTS, MelNetwork, mute_espnet, with_end
from myna.networks.tts.tacotron2_guard import judge

log = logging.getLogger(__name__)

# Short texts may take longer a token: "No." with the silence around it.
SHORTEST_LIMIT = 120
# Seconds in frames that attention rests on the end before a text counts as read: 0.35 s.
SETTLED = 30


class Tacotron2(MelNetwork):
    """ESPnet2's Tacotron2 behind Myna's interface of acoustic models.

    Args:
        n_mels: Mel bands.
        tokens: Room for tokens.
        speaker_size: Size of the speaker embedding.
        languages: Room for languages.
        channels: Width of token embedding, encoder and post-net.
        attention: Width of the attention.
        decoder: Units of each of the two decoder LSTMs.
        prenet: Units of the pre-net.
        reduction: Frames that a decoder step gives: two halve the steps, and attention learns sooner.
        dropout: Probability everywhere; the pre-net drops at synthesis too.
        zoneout: Probability that a unit of the decoder keeps its state.
    """

    def __init__(
        self,
        n_mels: int = 80,
        tokens: int = TOKEN_SLOTS,
        speaker_size: int = 256,
        languages: int = LANGUAGE_SLOTS,
        channels: int = 256,
        attention: int = 128,
        decoder: int = 512,
        prenet: int = 128,
        reduction: int = 2,
        dropout: float = 0.5,
        zoneout: float = 0.1,
    ) -> None:
        """Build the network with random weights."""
        super().__init__(n_mels)
        from espnet2.tts.tacotron2 import Tacotron2 as EspnetTacotron2

        mute_espnet()
        self.reduction = reduction
        self.net = EspnetTacotron2(
            idim=tokens + 1,
            odim=n_mels,
            embed_dim=channels,
            eunits=channels,
            econv_chans=channels,
            adim=attention,
            dunits=decoder,
            prenet_units=prenet,
            postnet_chans=channels,
            reduction_factor=reduction,
            langs=languages,
            spk_embed_dim=speaker_size,
            spk_embed_integration_type="concat",
            dropout_rate=dropout,
            zoneout_rate=zoneout,
        )

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the named losses of a batch.

        Returns:
            `absolute`, `squared`, `stop` and `attention` (guided: off the diagonal costs), scalars to be minimised.
        """
        # ESPnet2 packs texts and wants the longest first.
        batch = batch.rows(batch.token_lengths.argsort(descending=True))
        texts, lengths = with_end(batch.tokens, batch.token_lengths, self.net.eos)
        frames = batch.mel_lengths - batch.mel_lengths % self.reduction
        target = self.normalised(batch.mel[:, : int(frames.max())])
        after, before, stop, attention = self._teach(texts, lengths, target, frames, batch.speaker, batch.language)
        place = torch.arange(target.shape[1], device=target.device)
        ended = (place[None] >= frames[:, None] - 1).to(target.dtype)
        absolute, squared, stopping = self.net.taco2_loss(after, before, stop, target, ended, frames)
        guided = self.net.attn_loss(attention, lengths, frames // self.reduction)
        return {"absolute": absolute, "squared": squared, "stop": stopping, "attention": guided}

    def _teach(
        self, texts: Tensor, lengths: Tensor, target: Tensor, frames: Tensor, speaker: Tensor, language: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Run with the recording's own frames as input; texts come longest first."""
        outputs: tuple[Tensor, Tensor, Tensor, Tensor] = self.net._forward(
            xs=texts, ilens=lengths, ys=target, olens=frames, spembs=speaker, sids=None, lids=language[:, None]
        )
        return outputs

    @torch.no_grad()
    def attend(self, batch: Batch) -> tuple[Tensor, list[Tensor]]:
        """Speak each recording after itself, one by one.

        Returns:
            Mel `(B, T, n_mels)`, and of each recording the attention `(steps, L + 1)`.
        """
        mels, attentions = [], []
        for row, (length, frames) in enumerate(
            zip(batch.token_lengths.tolist(), batch.mel_lengths.tolist(), strict=True)
        ):
            own = batch.rows(slice(row, row + 1))
            texts, lengths = with_end(own.tokens, own.token_lengths, self.net.eos)
            frames -= frames % self.reduction
            target = self.normalised(own.mel[:, :frames])
            count = own.mel_lengths.new_tensor([frames])
            after, _, _, attention = self._teach(texts, lengths, target, count, own.speaker, own.language)
            mels.append(self.denormalised(after[0]))
            attentions.append(attention[0, :, : length + 1])
        return pad_sequence(mels, batch_first=True), attentions

    def reconstruct(self, batch: Batch) -> Tensor:
        """Speak each recording after itself; `(B, T, n_mels)`."""
        return self.attend(batch)[0]

    @torch.no_grad()
    def infer(
        self,
        texts: Texts,
        *,
        speed: float = 1.0,
        noise_scale: float = 0.0,
        seed: int = 0,
        threshold: float = 0.5,
        frames_per_token: float = 12.0,
    ) -> tuple[Tensor, Tensor]:
        """Speak a batch of texts; a row is the same alone and in any batch.

        What does not stop is cut, with a warning that says where.

        Args:
            texts: What to say, in whose voice.
            speed: 1.2 is a fifth faster: the mel is shortened, for this model knows no durations.
            noise_scale: Plays no part.
            seed: Of the dropout in the pre-net, which is part of this model's synthesis.
            threshold: Probability of the end at which it stops.
            frames_per_token: Most frames, as a multiple of the tokens; never under 120.

        Returns:
            Log-mel `(B, T, n_mels)`, 0 behind each end, and its lengths `(B,)`.
        """
        tokens, token_lengths, speaker, language = texts
        rows = []
        for row, length in enumerate(token_lengths.tolist()):
            with _seeded(seed, tokens.device):
                spoken = self._speak(tokens[row, :length], speaker[row], language[row], threshold, frames_per_token)
            if speed != 1.0:
                shorter = max(1, round(len(spoken) / speed))
                spoken = F.interpolate(spoken.T[None], size=shorter, mode="linear", align_corners=False)[0].T
            rows.append(self.denormalised(spoken))
        return pad_sequence(rows, batch_first=True), torch.tensor([len(r) for r in rows], device=tokens.device)

    def _speak(
        self, tokens: Tensor, speaker: Tensor, language: Tensor, threshold: float, frames_per_token: float
    ) -> Tensor:
        count = len(tokens) + 1
        ratio = max(frames_per_token, SHORTEST_LIMIT / count)
        made = self.net.inference(tokens, spembs=speaker, lids=language[None], threshold=threshold, maxlenratio=ratio)
        stop = made["prob"].view(-1, self.reduction).amax(1)
        verdict = judge(stop, made["att_w"], threshold, SETTLED // self.reduction)
        if verdict.trouble:
            log.warning("tacotron2: a text of %d tokens ran away: %s", count, verdict.trouble)
        spoken: Tensor = made["feat_gen"][: verdict.steps * self.reduction]
        return spoken


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
