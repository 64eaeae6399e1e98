"""Speech for the tests: espeak-ng reads aloud, and the espnet package carries recordings of people."""

import subprocess
from pathlib import Path

import numpy as np
import soundfile

SENTENCES = (
    "The old lighthouse keeper poured a mug of strong tea.",
    "Five young foxes chased each other through the frozen barley.",
    "A thick fog crept over the harbor and hushed the bells.",
    "My brother thinks that the weather will be smoother on Thursday.",
    "Our neighbor found eight brown cows outside the round house.",
    "Please place the plain plates on the polished shelf.",
    "The scientist described six different methods in her notebook.",
    "Nobody expected the package to arrive before lunch.",
    "Several thousand bats fly from that cave at sunset.",
    "Heavy trucks shook the narrow street while we slept.",
    "Lots of hot coffee got spilled on top of the box.",
    "What a beautiful picture of the village you have painted.",
)


def speak(text: str, path: Path, voice: str = "en-us") -> np.ndarray:
    """Let espeak-ng say a text; returns samples `(T,)` at 22050 Hz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["espeak-ng", "-v", voice, "-w", str(path), text], check=True)
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == 22_050
    return samples
