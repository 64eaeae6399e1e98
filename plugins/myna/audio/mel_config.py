"""What the mel spectrogram that every network of Myna shares is made of, see `myna.audio.mel`."""

from dataclasses import dataclass

LOG_FLOOR = 1e-5


@dataclass(frozen=True)
class MelConfig:
    """What a mel spectrogram is made of.

    Attributes:
        sample_rate: Hz.
        n_fft: Points of the Fourier transform.
        hop_length: Samples from frame to frame.
        win_length: Samples of the Hann window.
        n_mels: Number of mel bands.
        fmin: Lowest frequency, Hz.
        fmax: Highest frequency, Hz. 8000, so that 16 kHz recordings fill every band.
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
