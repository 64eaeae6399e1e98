"""`tts=vits_mel`: text and a speaker embedding to mel, through a normalizing flow.

The drawing is that of VITS without its waveform part: a text encoder gives the mean of a prior for each token,
monotonic alignment search spreads tokens over frames, and a duration predictor learns that. Between prior and flow
stand two predictors that save a young network most of its work: one of the pitch, and one of the mean mel given the
pitch. The flow, a continuous one trained by flow matching, adds what the mean lacks; `docs/decisions.md` has the
reasons.

Sources: Kim et al., VITS (2021); Lipman et al., Flow Matching (2023); Mehta et al., Matcha-TTS (2024).
"""

from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor, nn

from myna.audio.mel import MelConfig, band_frequencies
from myna.networks.convnext import AdaptiveNorm, ConvNextBlock
from myna.networks.tts.alignment import expand, monotonic_durations
from myna.networks.tts.batch import Batch, Texts
from myna.networks.tts.flow_field import FlowField
from myna.networks.tts.intonation import Intonation, moved, normalised_pitch, partials, partials_at, pitch_in_hertz
from myna.networks.tts.mel_network import MelNetwork
from myna.networks.tts.prosody import Prosody, coloured, intoned, timed
from myna.networks.tts.readers import Readers
from myna.networks.tts.text_encoder import DurationPredictor, TextEncoder, length_mask
from myna.networks.vocoder.excitation import PitchTracker

ONE_STEP_DETAIL = 1.25  # 1 has fewer words wrong by a point in Mandarin; 1.5 more alike, and words are lost
LOG_LENGTH = 1.5  # mean logarithm of the frames of a token
RESIDUAL = 0.5  # deviation of what the flow adds, in normalised mel
MATCHED_STEPS = 4
ONE_STEP_NOISE = 0.667  # deviation of the noise where the flow learns to draw in one step


class Drawn(NamedTuple):
    """What a batch of recordings was drawn as, or a random stretch of it.

    Attributes:
        mel: `(B, T, n_mels)`, normalised: the recordings.
        mean: `(B, T, n_mels)`, the mean drawn for them.
        spread: `(B, T, C)`, prior and hidden text of each frame's token, and the place in it.
        tokens: `(B, T)`, the token of each frame.
        mask: `(B, T, 1)`.
        condition: `(B, D)`.
    """

    mel: Tensor
    mean: Tensor
    spread: Tensor
    tokens: Tensor
    mask: Tensor
    condition: Tensor


class Lent(NamedTuple):
    """Means that can be asked to sound like someone and to be understood.

    Attributes:
        own: `(B, T, n_mels)`, normalised: each row as its person says it.
        lent: `(N, T, n_mels)`, the first rows as others say them; the gradient reaches what follows the text.
        tokens: `(B, T)`, the token of each frame.
        weights: `(B, T)`, one over the frames of the token, so that all tokens weigh the same.
        mask: `(B, T, 1)`.
    """

    own: Tensor
    lent: Tensor
    tokens: Tensor
    weights: Tensor
    mask: Tensor


class FrameDecoder(nn.Module):
    """Frames of text and pitch to the mean mel.

    Args:
        inputs: Channels of the input.
        n_mels: Mel bands.
        channels: Width.
        layers: ConvNeXt blocks.
        condition: Size of the speaker condition.
    """

    def __init__(self, inputs: int, n_mels: int, channels: int, layers: int, condition: int) -> None:
        """Build the decoder."""
        super().__init__()
        self.enter = nn.Linear(inputs, channels)
        self.blocks = nn.ModuleList(
            ConvNextBlock(channels, 3 * channels, 7, condition, 0.3, dilation=(1, 2, 4)[i % 3]) for i in range(layers)
        )
        self.norm = AdaptiveNorm(channels, condition)
        self.leave = nn.Linear(channels, n_mels)
        nn.init.zeros_(self.leave.weight)

    def forward(self, x: Tensor, mask: Tensor, condition: Tensor) -> Tensor:
        """Decode `(B, T, C)`; returns `(B, T, n_mels)`."""
        x = self.enter(x) * mask
        for block in self.blocks:
            x = block(x, mask, condition)
        return self.leave(self.norm(x, condition)) * mask


class VitsMel(MelNetwork):
    """Multi-speaker, multilingual text to mel.

    Args:
        n_mels: Mel bands.
        text_channels: Width of the text encoder.
        text_layers: Layers of the text encoder.
        heads: Attention heads.
        channels: Width of the flow.
        layers: Blocks of the flow.
        condition: Size of the speaker condition inside the network.
        speaker_size: Size of the speaker embedding.
        decoder_layers: Blocks of the decoder of the mean.
        one_step: The flow has learned from a discriminator to draw in one step, as that of the base has. It stays as it
            is: it knows how speech looks in a mel, whoever speaks.
        readers: Readers of each language, see `myna.networks.tts.readers`.
    """

    partials: Tensor
    # A language for each token, the pitch of a sentence, and a whole prosody can be asked for.
    mixes_languages = moves_pitch = takes_prosody = True
    parts = MappingProxyType(
        {
            "embedding": ("speaker.0.bias",),
            "encoder": ("speaker", "*.modulation"),
            "decoder": ("decoder", "gain", "intonation"),
            "rhythm": ("duration", "intonation"),
        }
    )

    def __init__(
        self,
        n_mels: int = 80,
        text_channels: int = 192,
        text_layers: int = 4,
        heads: int = 2,
        channels: int = 256,
        layers: int = 6,
        condition: int = 192,
        speaker_size: int = 256,
        decoder_layers: int = 6,
        one_step: bool = False,
        readers: int = 0,
    ) -> None:
        """Build the network."""
        super().__init__(n_mels)
        self.speaker = nn.Sequential(nn.Linear(speaker_size, condition), nn.SiLU(), nn.Linear(condition, condition))
        self.readers = Readers(readers, speaker_size)
        self.encoder = TextEncoder(text_channels, text_layers, heads, condition)
        self.mean = nn.Linear(text_channels, n_mels)
        self.duration = DurationPredictor(text_channels, condition)
        # Hidden text, place within the token (2), partials, pitch, voicing.
        self.intonation = Intonation(text_channels + 2, text_channels, condition)
        self.decoder = FrameDecoder(text_channels + n_mels + 4, n_mels, channels, decoder_layers, condition)
        self.gain = nn.Parameter(torch.full((n_mels,), 0.4))
        self.one_step = one_step
        self.flow = FlowField(n_mels, text_channels, channels, layers, condition).requires_grad_(not one_step)
        self.tracker = PitchTracker.trained(n_mels).requires_grad_(False)
        self.register_buffer("partials", partials(MelConfig(n_mels=n_mels)), persistent=False)

    def _condition(self, speaker: Tensor) -> Tensor:
        # An embedding of length 1 in 256 dimensions has tiny entries: 16 brings their deviation to about one.
        return self.speaker(speaker * 16)

    def has_readers(self, language: int) -> bool:
        """Tell whether others than the person read a text in a language."""
        return bool(self.readers.embeddings[language].any())

    def _read(
        self, tokens: Tensor, mask: Tensor, language: Tensor, speaker: Tensor, reader: Tensor | None = None
    ) -> Tensor:
        """Return hidden text `(B, L, C)`, read by `reader` or else by the speaker's readers."""
        reader = self.readers(speaker, language) if reader is None else reader
        hidden: Tensor = self.encoder(tokens, mask, language, self._condition(reader))
        return hidden

    def align(self, batch: Batch) -> Tensor:
        """Return the number of frames of each token `(B, L)` of recordings with known text."""
        mask = length_mask(batch.token_lengths, batch.tokens.shape[1])
        mean = self.mean(self._read(batch.tokens, mask, batch.language, batch.speaker, batch.reader))
        return self._search(mean, self.normalised(batch.mel), batch.token_lengths, batch.mel_lengths)

    def reconstruct(self, batch: Batch) -> Tensor:
        """Speak with the durations of recordings; `(B, T, n_mels)`."""
        durations = self.align(batch) if batch.durations is None else batch.durations
        return self.infer(batch.text, durations=durations, noise_scale=0.3)[0]

    @torch.no_grad()
    def teacher_forced(self, batch: Batch, noise_scale: float = 0.0, steps: int = 0) -> Tensor:
        """Draw the mel `(B, T, n_mels)` of recordings with their own timing and pitch.

        Arguments as those of `infer`; without steps of the flow it is the mean.
        """
        condition = self._condition(batch.speaker)
        token_mask = length_mask(batch.token_lengths, batch.tokens.shape[1])
        hidden = self._read(batch.tokens, token_mask, batch.language, batch.speaker, batch.reader)
        prior, real = self.mean(hidden), self.normalised(batch.mel)
        durations = batch.durations
        if durations is None:
            durations = self._search(prior, real, batch.token_lengths, batch.mel_lengths)
        mask = length_mask(batch.mel_lengths, batch.mel.shape[1])
        spread = self._spread(prior, hidden, durations, batch.mel.shape[1])
        mean = self._decode(spread, *self._pitch_of(real), mask, condition)
        rest = self._flow(mean, spread[..., self.n_mels : -2], mask, condition, noise_scale, steps, seed=0)
        return self.denormalised(mean + RESIDUAL * rest) * mask

    @torch.no_grad()
    def _search(self, mean: Tensor, mel: Tensor, token_lengths: Tensor, mel_lengths: Tensor) -> Tensor:
        # The square of the mel is the same for every token, so it plays no part in the search.
        score = mean @ mel.transpose(1, 2) - 0.5 * mean.square().sum(-1, keepdim=True)
        return monotonic_durations(score, token_lengths, mel_lengths)

    def forward(self, batch: Batch, segment: int | None = None) -> dict[str, Tensor]:
        """Return the named losses of a batch.

        Args:
            batch: Durations are searched for where it has none.
            segment: Frames of a random stretch on which decoder and flow learn; None for the whole.

        Returns:
            `prior`, `duration`, `pitch`, `voicing`, `mean` and, unless it stays as it is, `flow`; each a scalar to be
            minimised.
        """
        losses, drawn = self._learn(batch, segment)
        return losses if self.one_step else losses | {"flow": self._flow_loss(drawn)}

    def learn_and_draw(self, batch: Batch, segment: int | None = None) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Return the losses of `forward` but for the flow's, and what the flow draws in one step.

        Args:
            batch: As for `forward`.
            segment: As for `forward`.

        Returns:
            Losses, the normalised mel `(B, T, n_mels)` of the recordings, and the drawn one, whose gradient reaches
            the flow alone.
        """
        losses, drawn = self._learn(batch, segment)
        mask, mean, condition = drawn.mask, drawn.mean.detach(), drawn.condition.detach()
        noise = ONE_STEP_NOISE * torch.randn_like(mean) * mask
        text = drawn.spread[..., self.n_mels : -2].detach()
        rest = self._carried(noise, mean, text, mask, condition, steps=1)
        return losses, drawn.mel * mask, (mean + RESIDUAL * rest) * mask

    def learn_and_lend(
        self, batch: Batch, others: Tensor, segment: int | None = None
    ) -> tuple[dict[str, Tensor], Lent]:
        """Return the losses of `forward` but for the flow's, and what others make of the same text.

        Args:
            batch: As for `forward`.
            others: `(N, speaker_size)`, N at most B: people who say what the first N rows say, at their own pitch.
            segment: As for `forward`.
        """
        losses, drawn = self._learn(batch, segment)
        count, condition = len(others), self._condition(others)
        spread, mask = drawn.spread[:count].detach(), drawn.mask[:count]
        with torch.no_grad():
            pitch, voicing = self._intone(spread, mask, condition)
            hertz, voiced = pitch_in_hertz(pitch), (voicing > 0).float() * mask[..., 0]
        lent = self._decode(spread, hertz, voiced, mask, condition)
        frames = (drawn.spread[..., -1] + LOG_LENGTH).exp()  # see `_spread`
        weights = drawn.mask[..., 0] / frames.detach()
        return losses, Lent(drawn.mean * drawn.mask, lent * mask, drawn.tokens, weights, drawn.mask)

    def _learn(self, batch: Batch, segment: int | None) -> tuple[dict[str, Tensor], Drawn]:
        """Return all losses but the flow's, and what was drawn, which the flow learns from."""
        condition = self._condition(batch.speaker)
        token_mask = length_mask(batch.token_lengths, batch.tokens.shape[1])
        mask = length_mask(batch.mel_lengths, batch.mel.shape[1])
        mel = self.normalised(batch.mel) * mask
        hidden = self._read(batch.tokens, token_mask, batch.language, batch.speaker, batch.reader)
        prior, durations = self.mean(hidden), batch.durations
        if durations is None:
            durations = self._search(prior, mel, batch.token_lengths, batch.mel_lengths)
        log_durations = self.duration(hidden.detach(), token_mask, condition.detach())
        off = _poisson(log_durations, durations.float()) * token_mask[..., 0]
        spread = self._spread(prior, hidden, durations, mel.shape[1])
        said = expand(batch.tokens[..., None], durations, mel.shape[1])
        prior_loss = _over((spread[..., : self.n_mels] - mel).square(), mask)
        if segment is not None and segment < mel.shape[1]:
            mel, spread, said, mask = _random_stretch(segment, batch.mel_lengths, mel, spread, said, mask)
        hertz, voiced = (x.unsqueeze(-1) for x in self._pitch_of(mel))
        pitch, voicing = self._intone(spread, mask, condition)
        mean = self._decode(spread, hertz[..., 0], voiced[..., 0], mask, condition)
        unsure = nn.functional.binary_cross_entropy_with_logits(voicing[..., None], voiced, reduction="none")
        losses = {
            "prior": 0.5 * prior_loss,
            "duration": off.sum() / token_mask.sum(),
            "pitch": _over((pitch[..., None] - normalised_pitch(hertz)).abs(), voiced * mask),
            "voicing": _over(unsure, mask),
            "mean": _over((mean - mel).abs(), mask),
        }
        return losses, Drawn(mel, mean, spread, said[..., 0], mask, condition)

    @torch.no_grad()
    def _pitch_of(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        hertz, voiced = self.tracker.track(self.denormalised(mel))
        return hertz, (voiced > 0.5).float()

    def _spread(self, prior: Tensor, hidden: Tensor, durations: Tensor, frames: int) -> Tensor:
        """Give each frame the prior and hidden vector of its token, and its place within the token (2)."""
        first = durations.cumsum(1) - durations
        info = torch.stack((first, durations), -1).to(hidden.dtype)
        spread = expand(torch.cat((prior, hidden, info), -1), durations, frames)
        first, length = spread[..., -2:-1], spread[..., -1:].clamp_min(1)
        inside = torch.arange(frames, device=hidden.device)[None, :, None] + 0.5 - first
        return torch.cat((spread[..., :-2], inside / length - 0.5, length.log() - LOG_LENGTH), -1)

    def _intone(self, spread: Tensor, mask: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        return self.intonation(spread[..., self.n_mels :], mask, condition)

    def _decode(self, spread: Tensor, hertz: Tensor, voiced: Tensor, mask: Tensor, condition: Tensor) -> Tensor:
        comb = partials_at(hertz, self.partials) * voiced[..., None]
        pitch = normalised_pitch(hertz) * voiced
        extra = torch.stack((pitch, voiced), -1)
        inputs = torch.cat((spread[..., self.n_mels :], comb, extra), -1)
        return spread[..., : self.n_mels].detach() + self.gain * comb + self.decoder(inputs, mask, condition)

    def _flow_loss(self, drawn: Drawn) -> Tensor:
        mel, mean, spread, _, mask, condition = drawn
        text = spread[..., self.n_mels : -2]
        # Stratified times: every batch sees the whole way from noise to mel.
        time = (torch.rand(1, device=mel.device) + torch.arange(len(mel), device=mel.device) / len(mel)) % 1.0
        mean = mean.detach()
        rest = (mel - mean) / RESIDUAL
        noise = torch.randn_like(rest)
        at = time[:, None, None]
        point = (1 - at) * noise + at * rest
        velocity = self.flow(point, time, mean, text, mask, condition)
        return _over((velocity - (rest - noise)).square(), mask)

    @torch.no_grad()
    def infer(
        self,
        texts: Texts,
        *,
        speed: float = 1.0,
        noise_scale: float = 0.667,
        seed: int = 0,
        steps: int | None = None,
        variance: float = 0.95,
        detail: float | None = None,
        durations: Tensor | None = None,
        pitch: float = 0.0,
        pitch_range: float = 1.0,
        prosody: Prosody | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Speak.

        Args:
            texts: What to say, in whose voice.
            speed: 1.2 is a fifth faster.
            noise_scale: Deviation of the noise that the flow starts from: less is flatter and safer.
            seed: Of the noise.
            steps: Evaluations of the flow; 0 gives the mean. When left out: one, or four of a flow that learned by
                matching.
            variance: Deviation over time that each band is brought to, relative to that of speech; 0 leaves it.
            detail: Times what the flow adds to the mean. When left out: `ONE_STEP_DETAIL` for a flow that learned from
                a discriminator, which adds too little where pitch and durations are its own guess; otherwise 1.
            durations: `(B, L)` frames a token, where they are known.
            pitch: Semitones up.
            pitch_range: Times how far the pitch, in semitones, goes from its mean.
            prosody: How the text is said, on top of all that; None leaves every number as it is.

        Returns:
            Log-mel `(B, T, n_mels)` and its lengths `(B,)`.
        """
        tokens, token_lengths, speaker, language = texts
        condition = self._condition(speaker)
        token_mask = length_mask(token_lengths, tokens.shape[1])
        hidden = self._read(tokens, token_mask, language, speaker)
        if durations is None:
            durations = self._predicted(hidden, token_mask, condition, speed)
        if prosody is not None:
            durations, prosody = timed(durations, prosody)
        lengths = durations.sum(1)
        frames = int(lengths.max())
        mask = length_mask(lengths, frames)
        spread = self._spread(self.mean(hidden), hidden, durations, frames)
        tone, voicing = self._intone(spread, mask, condition)
        sounding = (voicing > 0).float() * mask[..., 0]
        hertz = moved(pitch_in_hertz(tone), sounding, pitch, pitch_range)
        if prosody is not None:
            hertz = intoned(hertz, sounding, durations, prosody)
        mean = self._decode(spread, hertz, (voicing > 0).float(), mask, condition)
        steps = (1 if self.one_step else MATCHED_STEPS) if steps is None else steps
        rest = self._flow(mean, spread[..., self.n_mels : -2], mask, condition, noise_scale, steps, seed)
        detail = (ONE_STEP_DETAIL if self.one_step else 1.0) if detail is None else detail
        mel = mean + RESIDUAL * detail * rest
        if variance:
            mel = _with_variance(mel, mask, variance)
        mel = self.denormalised(mel)
        if prosody is not None:
            mel = coloured(mel, durations, prosody, band_frequencies(MelConfig(n_mels=self.n_mels)))
        return mel * mask, lengths

    @torch.no_grad()
    def predict_durations(self, texts: Texts, speed: float = 1.0) -> Tensor:
        """Return how many frames `infer` gives each token, `(B, L)`; arguments as those of `infer`."""
        tokens, token_lengths, speaker, language = texts
        condition, mask = self._condition(speaker), length_mask(token_lengths, tokens.shape[1])
        return self._predicted(self._read(tokens, mask, language, speaker), mask, condition, speed)

    def _predicted(self, hidden: Tensor, mask: Tensor, condition: Tensor, speed: float) -> Tensor:
        predicted = self.duration(hidden, mask, condition).clamp(0, 5).exp() / speed
        return (predicted * mask[..., 0]).round().clamp_min(1).long() * mask[..., 0].long()

    def _flow(
        self, mean: Tensor, text: Tensor, mask: Tensor, condition: Tensor, noise_scale: float, steps: int, seed: int
    ) -> Tensor:
        if steps == 0:
            return torch.zeros_like(mean)
        noise = self._noise(len(mean), mean.shape[1], seed).to(mean) * noise_scale * mask
        return self._carried(noise, mean, text, mask, condition, steps)

    def _carried(self, x: Tensor, mean: Tensor, text: Tensor, mask: Tensor, condition: Tensor, steps: int) -> Tensor:
        """Return where the flow carries noise `(B, T, n_mels)`: what is added to the mean."""
        for start, end in pairwise(flow_times(steps)):
            at = start.expand(len(x)).to(x)
            x = x + (end - start).to(x) * self.flow(x, at, mean, text, mask, condition)
        return x

    def _noise(self, batch: int, frames: int, seed: int) -> Tensor:
        # The same noise for every item and any length: what is spoken does not depend on its neighbours in a batch.
        source = torch.Generator().manual_seed(seed)
        return torch.randn(frames, self.n_mels, generator=source).expand(batch, -1, -1)


def flow_times(steps: int) -> Tensor:
    """Return the times `(steps + 1,)` of the flow, 0 to 1."""
    # Smaller steps at the noisy end, where the velocity turns most (as the sway sampling of F5-TTS, 2024).
    return torch.linspace(0, 1, steps + 1) ** 1.3


def _with_variance(mel: Tensor, mask: Tensor, wanted: float) -> Tensor:
    # What is learned as a mean varies too little over time, and muffled speech is the result: global variance
    # compensation (Toda & Tokuda, 2007). The bounds keep a silent or a wild band from being blown up.
    count = mask.sum(1, keepdim=True).clamp_min(1)
    centre = (mel * mask).sum(1, keepdim=True) / count
    deviation = (((mel - centre).square() * mask).sum(1, keepdim=True) / count).sqrt()
    return centre + (mel - centre) * (wanted / deviation.clamp_min(1e-3)).clamp(0.8, 1.5)


def _over(x: Tensor, mask: Tensor) -> Tensor:
    """Average `(B, T, C)` where the mask `(B, T, 1)` is 1."""
    return (x * mask).sum() / (mask.sum() * x.shape[-1]).clamp_min(1)


def _poisson(log_rate: Tensor, count: Tensor) -> Tensor:
    # Its minimum is the mean, where a squared error of logarithms finds the geometric mean and speaks a fifth too fast.
    # The constant makes it 0 at the count itself.
    return log_rate.exp() - count * log_rate + torch.xlogy(count, count.clamp_min(1)) - count


def _random_stretch(segment: int, lengths: Tensor, *parts: Tensor) -> list[Tensor]:
    room = (lengths - segment).clamp_min(0)
    first = (torch.rand(len(lengths), device=lengths.device) * (room + 1)).long()
    index = first[:, None] + torch.arange(segment, device=lengths.device)
    return [p.gather(1, index.unsqueeze(-1).expand(-1, -1, p.shape[2])) for p in parts]
