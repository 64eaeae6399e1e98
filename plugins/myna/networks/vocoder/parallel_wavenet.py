"""Parallel WaveNet: all samples at once, by a chain of flows that learned from a WaveNet.

Each flow scales and shifts every sample of its input by what it reads from the samples before, so noise in gives a
wave out in a few passes, and the distribution of each sample given the noise before it is a Gaussian that can be
compared with the teacher's in closed form. Sources: van den Oord et al., Parallel WaveNet (2017); Ping et al., ClariNet
(2018), for the Gaussian teacher and the regularised divergence.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from myna.errors import MynaError
from myna.networks.vocoder.gated import GatedStack, MelEncoder
from myna.networks.vocoder.noise import Noise
from myna.networks.vocoder.wavenet import WaveNet
from myna.networks.vocoder.wavenet_output import LEAST_LOG_SCALE, split_gaussian
from myna.networks.weights import stored_network


class Flow(nn.Module):
    """Scale and shift groups of samples by what is read from the groups before.

    The papers' flows decide about single samples; deciding about a group at once makes the network as many times
    cheaper, and the next flow, whose groups lie elsewhere, connects what is independent within a group.
    """

    def __init__(
        self, group: int, offset: int, rate: int, channels: int, condition: int, layers: int, log_scale: float
    ) -> None:
        """Make the flow.

        Args:
            group: Samples of a group.
            offset: Samples by which the groups lie earlier than multiples of `group`.
            rate: Groups a frame.
            channels: Channels of the gated layers.
            condition: Channels of the encoded mel.
            layers: Gated layers of three taps; their dilations double.
            log_scale: Logarithm of the scale in the beginning.
        """
        super().__init__()
        self.group, self.offset, self.rate = group, offset, rate
        self.stack = GatedStack(group, 2 * group, channels, channels, condition, layers, kernel_size=3)
        self.stack.begin_at(torch.cat((torch.zeros(group), torch.full((group,), log_scale))))

    def forward(self, z: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return shift and logarithm of the scale of each sample, `(B, S)`, for an input `(B, S)`."""
        samples = z.shape[1]
        padded = F.pad(z, (self.offset, self.group - self.offset)) if self.offset else z
        groups = padded.unflatten(1, (-1, self.group)).transpose(1, 2)
        both = self.stack(F.pad(groups[:, :, :-1], (1, 0)), condition, self.rate)
        shift, log_scale = (
            half.transpose(1, 2).flatten(1)[:, self.offset : self.offset + samples] for half in both.float().chunk(2, 1)
        )
        return shift, log_scale.clamp(LEAST_LOG_SCALE, 2.0)


class ParallelWaveNet(nn.Module):
    """The student: noise to wave through a few flows."""

    def __init__(
        self,
        n_mels: int = 80,
        channels: int = 48,
        condition: int = 64,
        flows: int = 3,
        layers: int = 6,
        group: int = 32,
        hop_length: int = 256,
        temperature: float = 1.0,
        seed: int = 0,
    ) -> None:
        """Build the network.

        Args:
            n_mels: Mel bands.
            channels: Channels of the gated layers.
            condition: Channels of the encoded mel.
            flows: Number of flows.
            layers: Gated layers of each.
            group: Samples that a flow decides about at once; 1 is the papers' flow and `group` times slower.
            hop_length: Samples a frame.
            temperature: Standard deviation of the noise when it speaks.
            seed: Of the noise when it speaks.

        Raises:
            ValueError: If a frame cannot be dealt to groups.
        """
        super().__init__()
        if hop_length % group:
            raise ValueError(f"hop_length={hop_length} is no multiple of group={group}")
        self.hop_length, self.temperature = hop_length, temperature
        self.encoder = MelEncoder(n_mels, condition)
        self.noise = Noise(seed)
        self.flows = nn.ModuleList(
            # The flows' groups lie at different places; the last one begins with the level of soft speech.
            Flow(group, index * group // flows, hop_length // group, channels, condition, layers, log_scale)
            for index, log_scale in enumerate([0.0] * (flows - 1) + [-3.0])
        )
        self._teacher: list[WaveNet] = []  # in a list, so that it is no part of this network

    def forward(self, mel: Tensor) -> Tensor:
        """Turn log-mel `(B, T, n_mels)` into a wave `(B, T * hop_length)` in [-1, 1].

        Fresh noise in training; in evaluation the same noise, hence the same wave, every time.
        """
        noise = self.noise(mel, self.hop_length)
        wave, _, _ = self.flow(noise if self.training else self.temperature * noise, mel)
        return wave.clamp(-1.0, 1.0)

    def flow(self, z: Tensor, mel: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Send noise through the flows.

        Args:
            z: `(B, T * hop_length)` normal noise.
            mel: `(B, T, n_mels)` log-mel.

        Returns:
            The wave, and mean and logarithm of the standard deviation of each of its samples given the noise before
            it, all `(B, T * hop_length)`; the wave is `mean + exp(log_scale) * z`.
        """
        condition = self.encoder(mel)
        mean, log_scale, wave = torch.zeros_like(z), torch.zeros_like(z), z
        for flow in self.flows:
            shift, log_step = flow(wave, condition)
            step = log_step.exp()
            wave, mean, log_scale = wave * step + shift, mean * step + shift, log_scale + log_step
        return wave, mean, log_scale

    def learn_from(self, teacher: WaveNet) -> None:
        """Take a trained WaveNet as teacher; it is not changed, and not kept with the student's weights.

        Raises:
            MynaError: The teacher's samples are not Gaussian, or it works at another hop.
        """
        if teacher.output != "gaussian" or teacher.hop_length != self.hop_length:
            raise MynaError(
                f"the teacher has output={teacher.output} and hop_length={teacher.hop_length}, the student needs "
                f"gaussian and {self.hop_length}; train vocoder=wavenet with vocoder.generator.output=gaussian"
            )
        self._teacher = [teacher.eval().requires_grad_(False)]

    def training_pass(self, wave: Tensor, mel: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Compare what is generated with what the teacher expects.

        Args:
            wave: `(B, T * hop_length)` real samples; spectral losses see them, the teacher does not.
            mel: `(B, T, n_mels)` log-mel.

        Returns:
            `kl`, the divergence of the student from the teacher (nats a sample), `scale`, the mean square of the
            difference of their log-scales, which steadies it; and the generated wave `(B, T * hop_length)`.

        Raises:
            MynaError: It has no teacher.
        """
        if not self._teacher:
            raise MynaError("a student needs a teacher: call learn_from with a trained WaveNet first")
        (teacher,) = self._teacher
        generated, mean, log_scale = self.flow(torch.randn_like(wave), mel)
        expected = split_gaussian(teacher.to(wave.device).distribution(generated, mel))
        return {
            "kl": divergence(mean, log_scale, *expected).mean(),
            "scale": (log_scale - expected[1]).square().mean(),
        }, generated


def divergence(mean: Tensor, log_scale: Tensor, other_mean: Tensor, other_log_scale: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergence of Gaussians from others, in nats, elementwise."""
    square = (2 * log_scale).exp() + (mean - other_mean).square()
    return other_log_scale - log_scale + 0.5 * square * (-2 * other_log_scale).exp() - 0.5


def load_teacher(folder: Path | str | None) -> WaveNet:
    """Load the WaveNet that stage 4 left with `vocoder=wavenet`.

    Args:
        folder: With `vocoder.yaml` and `vocoder.safetensors`.

    Raises:
        MynaError: No folder is named, or it holds no trained WaveNet.
    """
    remedy = (
        "train one with ./run.sh --stage 4 --stop_stage 4 -- vocoder=wavenet, or name its folder with vocoder.teacher"
    )
    path = Path(folder) if folder else None
    if path is None or not (path / "vocoder.yaml").is_file() or not (path / "vocoder.safetensors").is_file():
        raise MynaError(f"vocoder.teacher={folder}: no WaveNet to learn from; {remedy}")
    try:
        teacher, described = stored_network(path, "vocoder")
    except MynaError as error:
        raise MynaError(f"vocoder.teacher={folder}: {error}; {remedy}") from error
    if not isinstance(teacher, WaveNet):
        raise MynaError(f"vocoder.teacher={folder} holds {described['_target_']}, no WaveNet; {remedy}")
    return teacher
