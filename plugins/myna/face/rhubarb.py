"""Mouth shapes of Rhubarb Lip Sync as tab-separated lines, for the 2D animation programs that read them.

The shapes and the form are those of https://github.com/DanielSWolf/rhubarb-lip-sync (README, "Mouth shapes" and "TSV"):
a line is a time in seconds and a shape, which stays until the next line; the last one closes the mouth at the end.
"""

from myna.face.face import Face
from myna.face.visemes import Cue

SHAPES = {
    "sil": "X", "PP": "A", "FF": "G", "TH": "C", "DD": "B", "kk": "B", "CH": "B", "SS": "B", "nn": "B", "RR": "E",
    "aa": "D", "E": "C", "I": "B", "O": "E", "U": "F",
}  # fmt: skip
_LATERAL = frozenset("lɭʎɫ")


def shape(cue: Cue) -> str:
    """Return the shape of a cue: `A` to `H`, or `X` at rest."""
    return "H" if _LATERAL & set(cue.symbol) else SHAPES[cue.viseme]


def tsv(face: Face) -> str:
    """Return the lines; times have hundredths, as Rhubarb's own, and never go back."""
    lines: list[tuple[int, str]] = []
    for cue in face.cues:
        at = round(cue.start * 100)
        if lines and lines[-1][0] == at:
            lines.pop()  # shorter than a hundredth
        if not lines or lines[-1][1] != shape(cue):
            lines.append((at, shape(cue)))
    end = round(face.seconds * 100)
    if lines[-1] != (end, "X"):
        lines = [line for line in lines if line[0] < end] + [(end, "X")]
    return "".join(f"{at / 100:.2f}\t{name}\n" for at, name in lines)
