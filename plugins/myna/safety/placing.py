"""What the exit asks of a place: between the watermark and the audible label it turns voices into channels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from myna.safety.sound import Audio


class Place(Protocol):
    """A place in which voices are heard."""

    @property
    def name(self) -> str:
        """What the log calls it, such as `binaural KEMAR`."""

    @property
    def sample_rate(self) -> int:
        """Samples a second of its channels, Hz."""

    def check(self, output: Path) -> None:
        """Refuse what cannot be written.

        Raises:
            MynaError: The format of the file does not hold these channels, or a package is missing.
        """

    def render(self, voices: Sequence[Audio]) -> Audio:
        """Return what is heard.

        Args:
            voices: Marked speech, `(T,)` each, in the order in which the place was made.

        Returns:
            Channels float32 `(C, T)` within ±1.
        """

    def label_gains(self, channels: int) -> NDArray[np.float64]:
        """Return what each channel carries of the audible label, 0 to 1, `(C,)`; at least one carries it whole."""

    def chunks(self, data: bytes, lead: float) -> dict[bytes, bytes]:
        """Return what a WAV file holds beside the sound: RIFF chunks by their name.

        Args:
            data: The encoded sound.
            lead: Seconds of the audible label before the speech.
        """
