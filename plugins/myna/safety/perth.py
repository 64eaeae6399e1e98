"""The `perth` watermark: PerthNet (Resemble AI, MIT), a residual on the magnitudes below 2 kHz."""

import contextlib
import io
import warnings

import numpy as np

from myna.errors import MynaError
from myna.packaged import packaged_weights
from myna.safety.encode import resample
from myna.safety.sound import Audio, Wave

# Of PerthNet: it works at 32 kHz with a hop of 320 samples.
_RATE = 32000
_HOP = 320
# The spectrogram reflects half a window of 2048 samples at each end.
_SHORTEST = 2048


class Perth:
    """PerthNet behind the interface of `myna.safety.watermark.Watermark`.

    Raises:
        MynaError: The network or its detector is not there. The package turns its class into None when torchaudio or
            pkg_resources is missing, and offers a dummy instead; neither is accepted here.
    """

    name = "perth"
    # At 0.5, 4 of 524 recordings of audio books and of learners of English were alarms, up to 0.89.
    threshold = 0.95

    def __init__(self) -> None:
        """Load the network and its detector."""
        self._network = _load()

    def residual(self, audio: Audio) -> Wave:
        """Return what the network would add, float32 `(T,)`; everything above 2 kHz stays as it is."""
        import torch

        wave = self._prepare(audio)
        with torch.inference_mode():
            marked = self._network.apply_watermark(wave, sample_rate=_RATE)
        added = resample((marked[: len(wave)] - wave[: len(marked)]).astype(np.float32), _RATE, audio.sample_rate)
        return np.pad(added, (0, max(0, len(audio.wave) - len(added))))[: len(audio.wave)].astype(np.float32)

    def score(self, audio: Audio) -> float:
        """Return the detector's confidence, 0 to 1."""
        import torch

        with torch.inference_mode():
            found = self._network.get_watermark(self._prepare(audio), sample_rate=_RATE, round=False)
        value = float(np.asarray(found).reshape(-1)[0])
        return value if np.isfinite(value) else 0.0

    @staticmethod
    def _prepare(audio: Audio) -> Wave:
        wave = resample(audio.wave, audio.sample_rate, _RATE)
        # The inverse transform drops what does not fill a hop.
        missing = max(_SHORTEST - len(wave), -len(wave) % _HOP)
        return np.pad(wave, (0, missing)).astype(np.float32)


def _load():  # type: ignore[no-untyped-def]  # the package has no types
    packaged_weights("perth/perth_net/pretrained/implicit")
    remedy = "install resemble-perth, torchaudio and setuptools<82 (for pkg_resources) again"
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            import perth

            network = perth.PerthImplicitWatermarker() if perth.PerthImplicitWatermarker else None
    except Exception as error:
        raise MynaError(f"the watermark perth cannot be loaded ({error}); {remedy}") from error
    if network is None or not hasattr(network, "perth_net"):
        raise MynaError(f"the watermark perth has lost its network, and a dummy is not accepted; {remedy}")
    return network
