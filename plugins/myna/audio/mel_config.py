"""What the mel spectrogram that every network of Myna shares is made of, see `myna.audio.mel`."""

from dataclasses import dataclass

LOG_FLOOR = 1e-5


@dataclass(frozen=True)
class MelConfig:
    """What a mel spectrogram is made of; the fields are those of `myna.settings.features.Mel`.

    `fmax` is 8000 Hz, so that 16 kHz recordings fill every band.
    """

    sample_rate: int = 22_050
    n_fft: int = 1024
    hop_length: int = 256
    win_length: int = 1024
    n_mels: int = 80
    fmin: float = 0.0
    fmax: float = 8_000.0

    def frames(self, samples: int) -> int:
        """Return the number of frames of a recording of that many samples."""
        return samples // self.hop_length
