"""How a person speaks as a rule: pitch and its range, how much sentences differ, pace and pauses.

A network that learned by distances speaks nearer to the mean of what it heard than people do. What its speech lacks
against the recordings (`myna.networks.measured_habits`) can be asked back as a `Prosody`: a shift of pitch, its range,
and a variety between sentences that is drawn for each sentence anew, always the same for the same seed and text.
"""

import hashlib
import math
from dataclasses import asdict, dataclass

from myna.networks.tts.prosody import Prosody, bounded
from myna.text.piece import Piece

SHIFT, RANGES, VARIETY = 4.0, (0.7, 1.6), 1.2  # bounds: semitones, times, semitones of deviation
LIVELY = 0.4  # deviations that a question or an exclamation is higher


@dataclass(frozen=True)
class Habits:
    """What `voice.yaml` tells of the recordings, and of the voice by itself (`own_…`) on like texts.

    Attributes:
        pitch: Mean of the means of sentences, Hz.
        within: Deviation of pitch within a sentence, semitones, the mean of all.
        between: Deviation between the means of sentences, semitones.
        rate: Times the pace of the voice by itself; None where the texts of the recordings are not known.
        pauses: Seconds of a pause within a recording, the mean of all; 0 without any.
        own_pitch: As `pitch`.
        own_within: As `within`.
        own_between: As `between`.
    """

    pitch: float
    within: float
    between: float
    rate: float | None
    pauses: float
    own_pitch: float
    own_within: float
    own_between: float

    def prosody(self, piece: Piece, seed: int) -> Prosody:
        """Return how a piece is said by habit: each a little otherwise, questions and exclamations higher.

        Args:
            piece: Of a reading.
            seed: Same seed and text, same prosody.
        """
        shift = bounded(12 * math.log2(self.pitch / self.own_pitch), -SHIFT, SHIFT)
        missing = math.sqrt(max(self.between**2 - self.own_between**2, 0.0))
        offset = _drawn("".join(piece.symbols), seed) + LIVELY * (piece.symbols[-1:] in (["?"], ["!"]))
        return Prosody(
            pitch=shift + min(missing, VARIETY) * offset, range=bounded(self.within / self.own_within, *RANGES)
        )


def described(habits: Habits | None) -> dict[str, float | None] | None:
    """Return habits as `voice.yaml` has them."""
    return None if habits is None else asdict(habits)


def _drawn(text: str, seed: int) -> float:
    """Return a number of deviation 1, at most 2 from 0, always the same for a text and a seed."""
    digest = hashlib.sha256(f"{seed}\n{text}".encode()).digest()
    uniform = [(int.from_bytes(digest[n : n + 4], "big") + 0.5) / 2**32 for n in (0, 4)]
    return bounded(math.sqrt(-2 * math.log(uniform[0])) * math.cos(2 * math.pi * uniform[1]), -2.0, 2.0)
