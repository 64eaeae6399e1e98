"""VITS for small devices: a small text side, and a decoder at the frame rate (`tts=vits_mobile`).

The decoder is a ConvNeXt backbone with an inverse short-time Fourier transform at its end, so nothing in the network
runs at the sample rate. Sources: Kim et al., VITS (2021); Kawamura et al., MB-iSTFT-VITS (2023); Siuzdak, Vocos (2023).
"""

from typing import Any

from torch import Tensor, nn

from myna.networks.tts.vits import VitsCore
from myna.networks.vocoder.istft import IstftBackbone


class IstftDecoder(IstftBackbone):
    """Latents to wave, conditioned on speaker and language in each block's normalisation.

    Args:
        latent: Channels of the latents.
        condition: Size of the condition.
        sizes: `channels`, `inner`, `layers`, `n_fft` and `hop_length` of `IstftBackbone`.
    """

    def __init__(self, latent: int, condition: int, **sizes: int) -> None:
        """Build the network with random weights."""
        super().__init__(latent, condition=condition, **sizes)
        self.upsample_factor = self.hop_length
        nn.init.trunc_normal_(self.head.project.weight, std=0.02)
        nn.init.zeros_(self.head.project.bias)

    def forward(self, z: Tensor, g: Tensor) -> Tensor:
        """Turn latents `(B, latent, T)` with a condition `(B, condition, 1)` into waves `(B, 1, T * hop_length)`."""
        return self.wave(z, g[:, :, 0])[:, None]


class VitsMobile(VitsCore):
    """Multi-speaker VITS of 4 to 8 million parameters for synthesis.

    Args:
        tokens: Size of the token list.
        hidden: See `VitsCore`.
        condition: See `VitsCore`.
        inner: See `VitsCore`.
        text_layers: See `VitsCore`.
        flow_layers: See `VitsCore`.
        channels: Width of the decoder.
        decoder_inner: Width inside its blocks.
        decoder_layers: Its blocks.
        n_fft: Points of the Fourier transform at its end.
        hop_length: Samples a frame.
        **core: Further arguments of `VitsCore`.
    """

    def __init__(
        self,
        tokens: int,
        hidden: int = 128,
        condition: int = 128,
        inner: int = 512,
        text_layers: int = 4,
        flow_layers: int = 2,
        channels: int = 192,
        decoder_inner: int = 512,
        decoder_layers: int = 8,
        n_fft: int = 1024,
        hop_length: int = 256,
        **core: Any,
    ) -> None:
        """Build the network with random weights."""
        super().__init__(
            tokens,
            hidden=hidden,
            condition=condition,
            inner=inner,
            text_layers=text_layers,
            flow_layers=flow_layers,
            **core,
        )
        self.decoder = IstftDecoder(
            hidden,
            condition,
            channels=channels,
            inner=decoder_inner,
            layers=decoder_layers,
            n_fft=n_fft,
            hop_length=hop_length,
        )


def synthesis_parameters(network: VitsCore) -> int:
    """Return how many parameters speaking takes: all but posterior encoder and half of the duration predictor."""
    training_only = ("posterior_encoder.", "duration_predictor.post_")
    return sum(p.numel() for name, p in network.named_parameters() if not name.startswith(training_only))
