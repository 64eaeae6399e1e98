"""WaveNet: a wave drawn sample after sample, each from a distribution that all samples before it decide.

The first neural vocoder, and the teacher of `parallel_wavenet`. Sources: van den Oord et al., WaveNet (2016); Shen et
al., Tacotron 2 (2018), for the conditioning on mels; `wavenet_output` names those of the distributions.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from myna.networks.vocoder.gated import GatedStack, MelEncoder
from myna.networks.vocoder.wavenet_output import NLL


class WaveNet(nn.Module):
    """Autoregressive vocoder.

    It learns by likelihood, so unlike other vocoders it cannot leave out what lies above a recording's own bandwidth:
    train it on recordings of one bandwidth.
    """

    def __init__(
        self,
        n_mels: int = 80,
        channels: int = 64,
        skip: int = 64,
        condition: int = 64,
        layers: int = 16,
        stacks: int = 2,
        output: str = "gaussian",
        mixtures: int = 10,
        hop_length: int = 256,
        temperature: float = 1.0,
        seed: int = 0,
    ) -> None:
        """Build the network.

        Args:
            n_mels: Mel bands.
            channels: Channels of the residual way; a multiple of four.
            skip: Channels of the skips; a multiple of four.
            condition: Channels of the encoded mel.
            layers: Gated layers of two taps.
            stacks: How often their dilations begin again at 1.
            output: `gaussian` or `logistics`, the distribution of a sample.
            mixtures: Logistic distributions in the mixture.
            hop_length: Samples a frame.
            temperature: Factor of standard deviations (or scales) when it speaks; below 1 less noise.
            seed: Of the draws when it speaks.

        Raises:
            ValueError: If the output is unknown or a width is no multiple of four.
        """
        super().__init__()
        if output not in NLL:
            raise ValueError(f"output={output} is unknown; choose {' or '.join(NLL)}")
        if channels % 4 or skip % 4:
            raise ValueError(f"channels={channels} and skip={skip} must be multiples of four")
        self.output, self.hop_length, self.temperature, self.seed = output, hop_length, temperature, seed
        self.encoder = MelEncoder(n_mels, condition)
        means = torch.zeros(1) if output == "gaussian" else torch.linspace(-0.2, 0.2, mixtures)
        logits = torch.zeros(0 if output == "gaussian" else mixtures)
        log_scales = torch.full_like(means, -3.0)  # the level of soft speech
        outputs = torch.cat((logits, means, log_scales))
        self.stack = GatedStack(1, len(outputs), channels, skip, condition, layers, stacks)
        self.stack.begin_at(outputs)

    def distribution(self, wave: Tensor, mel: Tensor) -> Tensor:
        """Say what each sample would be drawn from after all real ones before it (teacher forcing).

        Args:
            wave: `(B, T * hop_length)` samples.
            mel: `(B, T, n_mels)` log-mel.

        Returns:
            Parameters `(B, outputs, T * hop_length)`: mean and logarithm of the standard deviation, or logits, means
            and logarithms of scales.
        """
        before = F.pad(wave[:, None, :-1], (1, 0))
        return self.stack(before, self.encoder(mel), self.hop_length)

    def training_pass(self, wave: Tensor, mel: Tensor) -> tuple[dict[str, Tensor], None]:
        """Return `nll`, the mean negative log-likelihood of a sample (nats), and no wave: nothing was generated."""
        return {"nll": NLL[self.output](self.distribution(wave, mel), wave).mean()}, None

    @torch.no_grad()
    def forward(self, mel: Tensor) -> Tensor:
        """Draw waves `(B, T * hop_length)` in [-1, 1] for log-mels `(B, T, n_mels)`; the same ones every time.

        It runs on the processor, whatever device the weights are on.
        """
        return torch.from_numpy(np.stack([self.sample(each)[0] for each in mel])).to(mel)

    @torch.no_grad()
    def sample(self, mel: Tensor, forced: Tensor | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Draw one wave with the cached sampler.

        Args:
            mel: `(T, n_mels)`.
            forced: `(T * hop_length,)` samples to hear instead of its own.

        Returns:
            The wave `(T * hop_length,)` and the parameters of each sample's distribution `(T * hop_length, outputs)`.
        """
        from myna.networks.vocoder import wavenet_sampler as sampler  # numba takes a second to import

        condition = sampler.conditions(self.stack, self.encoder(mel[None].to(self.stack.first.weight)))
        heard = None if forced is None else forced.cpu().numpy()
        noise = self.noise(len(mel) * self.hop_length)
        weights = sampler.Weights.of(self.stack)
        return sampler.sample(weights, condition, self.hop_length, noise, self.temperature, heard)

    def noise(self, samples: int) -> np.ndarray:
        """Return the numbers that decide the draws, `(samples, 2)`: normal for a Gaussian, else uniform."""
        random = np.random.default_rng(self.seed)
        if self.output == "gaussian":
            return random.standard_normal((samples, 2), np.float32)
        return random.uniform(1e-5, 1 - 1e-5, (samples, 2)).astype(np.float32)
