"""`tts=fastspeech2`: text and a speaker embedding to mel in one pass, with durations, pitch and energy to turn.

Ren et al., FastSpeech 2 (2021), with pitch and energy averaged over tokens as in FastPitch (Łańcucki, 2021). The
network is ESPnet2's, imported when one is built, not before; `myna.espnet.aligned_model` finds durations to learn from.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from myna.networks.tts.batch import Batch, Texts
from myna.networks.tts.mel_network import LANGUAGE_SLOTS, TOKEN_SLOTS, MelNetwork, mute_espnet, with_end

MAX_FRAMES_A_TOKEN = 100
_DROPPING = ("", "positional_", "attn_")


@dataclass
class Prosody:
    """How one text is to be spoken, a value a token, the end mark included.

    Attributes:
        hidden: `(1, L, C)` what the encoder says of the tokens.
        frames: `(1, L)` frames each token lasts, not rounded.
        pitch: `(1, L)` fundamental frequency in Hz.
        energy: `(1, L)` root mean square amplitude.
    """

    hidden: Tensor
    frames: Tensor
    pitch: Tensor
    energy: Tensor


class FastSpeech2(MelNetwork):
    """ESPnet2's FastSpeech2 behind Myna's interface of acoustic models.

    Args:
        n_mels: Mel bands.
        tokens: Room for tokens.
        speaker_size: Size of the speaker embedding.
        languages: Room for languages.
        channels: Width of encoder and decoder.
        heads: Attention heads.
        layers: Layers of the encoder, and of the decoder.
        inner: Width inside the feed-forward layers.
        kernel: Taps of their convolutions.
        predictor: Width of the predictors of duration, pitch and energy.
        dropout: Probability in encoder, decoder and duration predictor.
        variance_dropout: Probability in the predictors and embeddings of pitch and energy.
    """

    fields = ("f0", "energy", "durations")
    pitch_mean: Tensor
    pitch_std: Tensor
    energy_mean: Tensor
    energy_std: Tensor

    def __init__(
        self,
        n_mels: int = 80,
        tokens: int = TOKEN_SLOTS,
        speaker_size: int = 256,
        languages: int = LANGUAGE_SLOTS,
        channels: int = 192,
        heads: int = 2,
        layers: int = 4,
        inner: int = 768,
        kernel: int = 3,
        predictor: int = 192,
        dropout: float = 0.1,
        variance_dropout: float = 0.3,
    ) -> None:
        """Build the network with random weights."""
        super().__init__(n_mels)
        from espnet2.tts.fastspeech2 import FastSpeech2 as EspnetFastSpeech2

        mute_espnet()
        sides = {f"transformer_{side}_{part}dropout_rate": dropout for side in ("enc", "dec") for part in _DROPPING}
        variance: dict[str, Any] = {}
        for name in ("pitch", "energy"):
            variance |= {f"{name}_predictor_chans": predictor, f"{name}_predictor_dropout": variance_dropout}
            variance[f"{name}_embed_dropout"] = variance_dropout
        self.net = EspnetFastSpeech2(
            idim=tokens + 1,
            odim=n_mels,
            adim=channels,
            aheads=heads,
            elayers=layers,
            dlayers=layers,
            eunits=inner,
            dunits=inner,
            positionwise_layer_type="conv1d",
            positionwise_conv_kernel_size=kernel,
            postnet_layers=0,
            duration_predictor_chans=predictor,
            duration_predictor_dropout_rate=dropout,
            spk_embed_dim=speaker_size,
            spk_embed_integration_type="add",
            langs=languages,
            use_masking=True,
            apply_ff_mask=True,
            **sides,
            **variance,
        )
        for name, value in (("pitch_mean", 5.0), ("pitch_std", 0.3), ("energy_mean", 0.03), ("energy_std", 0.03)):
            self.register_buffer(name, torch.tensor(value))

    def set_statistics(self, mean: Tensor, std: Tensor, **more: Tensor) -> None:
        """Keep statistics of log-mel `(n_mels,)`, and `f0_mean`, `f0_std` (of ln Hz), `energy_mean`, `energy_std`."""
        super().set_statistics(mean, std)
        for name, kept in (("f0", "pitch"), ("energy", "energy")):
            if f"{name}_mean" in more:
                getattr(self, f"{kept}_mean").copy_(more[f"{name}_mean"])
                getattr(self, f"{kept}_std").copy_(more[f"{name}_std"].clamp_min(1e-4))

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the named losses of a batch, which has durations, F0 and energy.

        Returns:
            `spectrum`, `duration`, `pitch` and `energy`, each a scalar to be minimised.
        """
        assert batch.durations is not None and batch.f0 is not None and batch.energy is not None
        texts, lengths = with_end(batch.tokens, batch.token_lengths, self.net.eos)
        # ESPnet2's end mark lasts no frame: silence belongs to the tokens before it.
        frames = F.pad(batch.durations[:, : texts.shape[1] - 1], (0, 1))
        pitch, loudness = self._by_token(frames, batch.f0, batch.energy)
        target = self.normalised(batch.mel[:, : int(batch.mel_lengths.max())])
        made, _, log_frames, said_pitch, said_energy = self.net._forward(
            texts, lengths, ys=target, olens=batch.mel_lengths, ds=frames, ps=pitch, es=loudness,
            spembs=batch.speaker, lids=batch.language[:, None],
        )  # fmt: skip
        losses = self.net.criterion(
            after_outs=None, before_outs=made, d_outs=log_frames, p_outs=said_pitch, e_outs=said_energy,
            ys=target, ds=frames, ps=pitch, es=loudness, ilens=lengths, olens=batch.mel_lengths,
        )  # fmt: skip
        return dict(zip(("spectrum", "duration", "pitch", "energy"), losses, strict=True))

    def _by_token(self, frames: Tensor, f0: Tensor, energy: Tensor) -> tuple[Tensor, Tensor]:
        """Average over the frames of each token: ln F0 where voiced, and energy; `(B, L, 1)`, normalised."""
        ends = frames.cumsum(1)
        place = torch.arange(f0.shape[1], device=f0.device).expand(len(f0), -1).contiguous()
        owner = torch.searchsorted(ends, place, right=True)
        voiced = (f0 > 0).float()
        log_f0 = f0.clamp_min(1.0).log() * voiced

        def total(values: Tensor) -> Tensor:
            # One more column takes the frames behind the end.
            room = values.new_zeros(len(values), frames.shape[1] + 1)
            return room.scatter_add(1, owner, values)[:, :-1]

        count = total(voiced)
        pitch = (total(log_f0) / count.clamp_min(1) - self.pitch_mean) / self.pitch_std * (count > 0)
        level = (total(energy) / frames.clamp_min(1) - self.energy_mean) / self.energy_std * (frames > 0)
        return pitch.unsqueeze(-1), level.unsqueeze(-1)

    def prosody(self, tokens: Tensor, speaker: Tensor, language: Tensor) -> Prosody:
        """Decide how one text is spoken.

        Args:
            tokens: `(1, L)` without padding.
            speaker: `(1, speaker_size)`.
            language: `(1,)`.
        """
        net = self.net
        texts, lengths = with_end(tokens, torch.tensor([tokens.shape[1]], device=tokens.device), net.eos)
        hidden, _ = net.encoder(texts, net._source_mask(lengths))
        hidden = net._integrate_with_spk_embed(hidden + net.lid_emb(language)[:, None], speaker)
        return Prosody(
            hidden,
            (net.duration_predictor(hidden).exp() - net.duration_predictor.offset).clamp(0, MAX_FRAMES_A_TOKEN),
            (net.pitch_predictor(hidden)[..., 0] * self.pitch_std + self.pitch_mean).exp(),
            net.energy_predictor(hidden)[..., 0] * self.energy_std + self.energy_mean,
        )

    def render(self, prosody: Prosody, frames: Tensor) -> Tensor:
        """Make the mel `(1, T, n_mels)` of a prosody whose tokens last `frames (1, L)`, whole numbers."""
        net = self.net
        pitch = (prosody.pitch.log() - self.pitch_mean) / self.pitch_std
        energy = (prosody.energy - self.energy_mean) / self.energy_std
        hidden = prosody.hidden + net.pitch_embed(pitch[:, None]).transpose(1, 2)
        hidden = hidden + net.energy_embed(energy[:, None]).transpose(1, 2)
        decoded, _ = net.decoder(net.length_regulator(hidden, frames), None)
        return self.denormalised(net.feat_out(decoded))

    def reconstruct(self, batch: Batch) -> Tensor:
        """Speak with the durations of a recording, and pitch and energy of its own; `(B, T, n_mels)`."""
        return self.infer(batch.text, durations=batch.durations)[0]

    @torch.no_grad()
    def infer(
        self,
        texts: Texts,
        *,
        speed: float = 1.0,
        noise_scale: float = 0.0,
        seed: int = 0,
        pitch: float = 1.0,
        energy: float = 1.0,
        durations: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """See `MelNetwork.infer`; a row is the same alone and in any batch, and nothing is drawn.

        Args:
            texts: What to say, in whose voice.
            speed: Times all durations are divided by.
            noise_scale: Plays no part.
            seed: Plays no part either.
            pitch: 1.1 raises the fundamental frequency by a tenth.
            energy: 1.1 raises the amplitude by a tenth.
            durations: `(B, L)` frames a token, where they are known.

        Returns:
            Log-mel `(B, T, n_mels)`, 0 behind each end, and its lengths `(B,)`.
        """
        tokens, token_lengths, speaker, language = texts
        rows = []
        for row, length in enumerate(token_lengths.tolist()):
            own = slice(row, row + 1)
            prosody = self.prosody(tokens[own, :length], speaker[own], language[own])
            prosody.pitch = prosody.pitch * pitch
            prosody.energy = prosody.energy * energy
            if durations is None:
                frames = (prosody.frames / speed).round().long()
                frames[:, 0].clamp_(min=1)
            else:
                frames = F.pad(durations[own, :length], (0, 1))
            rows.append(self.render(prosody, frames)[0])
        return pad_sequence(rows, batch_first=True), torch.tensor([len(r) for r in rows], device=tokens.device)
