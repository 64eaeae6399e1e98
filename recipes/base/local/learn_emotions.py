"""Learn what emotions change, and a verifier that hears them, from EmoDB (CC0).

    python recipes/base/local/learn_emotions.py EMODB [--speakers 03 08 …] [--voices FILE] [--verifier FILE]

EMODB is a folder of its recordings, named as it names them (`03a01Fa.wav`: speaker, text, emotion, version). Writes
`plugins/myna/text/emotions.json` and `plugins/myna/measure/emotion.json`, both from all ten actors. To judge
the one by actors that the other did not learn from, name half of them with --speakers and other files.
Needs scikit-learn, which training brings.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from myna.audio.load import load_audio
from myna.audio.mel import log_mel
from myna.audio.pitch import PitchConfig, fundamental
from myna.files import atomic_text
from myna.measure.emotion_features import HOP, NAMES, RATE, features

PACKAGE = Path(__file__).resolve().parents[3] / "plugins" / "myna"
LETTERS = {"W": "angry", "F": "happy", "T": "sad", "A": "fearful", "N": "neutral", "L": "bored"}
HEARD = ("neutral", "angry", "happy", "sad", "fearful")
# Of each emotion at strength 1: whose spectrum, how much of it, semitones, range, rate, dynamics. Chosen by listening
# with the verifier of actors 12 to 16 to six people's voices, with spectra of the other actors: at half of it the
# emotion is heard and the d-vector stays within 0.9 of the neutral voice's. `calm` and `surprised` have no recordings:
# calm has the spectrum of boredom and, like surprised, the numbers of published rules (Schröder, 2004).
ASKED = {
    "angry": ("W", 1.35, 3.6, 1.69, 1.0, 1.0),
    "happy": ("F", 0.77, 8.5, 2.8, 1.0, 1.0),
    "sad": ("T", 2.6, -3.0, 0.25, 0.5625, 0.7225),
    "calm": ("L", 1.0, -1.5, 0.7, 0.85, 0.9),
    "fearful": ("A", 1.2, 6.0, 0.81, 1.21, 1.0),
    "surprised": ("F", 0.4, 7.0, 1.8, 1.1, 1.0),
}


def main() -> None:
    """Learn and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("emodb", type=Path)
    parser.add_argument("--speakers", nargs="*", help="actors to learn from; all when left out")
    parser.add_argument("--voices", type=Path, default=PACKAGE / "text" / "emotions.json")
    parser.add_argument("--verifier", type=Path, default=PACKAGE / "measure" / "emotion.json")
    args = parser.parse_args()
    torch.set_num_threads(1)
    clips = [Clip(path) for path in sorted(args.emodb.glob("*.wav")) if path.stem[5] in LETTERS]
    clips = [clip for clip in clips if not args.speakers or clip.speaker in args.speakers]
    if not clips:
        raise SystemExit(f"{args.emodb} holds no recordings of EmoDB (03a01Fa.wav …)")
    source = {"data": "EmoDB (Burkhardt et al., 2005), CC0", "speakers": sorted({clip.speaker for clip in clips})}
    emotions = {name: described(clips, *asked) for name, asked in ASKED.items()}
    atomic_text(args.voices, json.dumps(source | {"emotions": emotions}, indent=1) + "\n")
    atomic_text(args.verifier, json.dumps(source | verifier(clips), indent=1) + "\n")
    print(
        f"{len(clips)} recordings; one actor left out: {left_one_out(clips):.3f} of {len(HEARD)} emotions heard right"
    )


class Clip:
    """A recording: what the verifier hears in it, and its mean log-mel, voiced and not, without its level."""

    def __init__(self, path: Path) -> None:
        """Read and describe it."""
        wave = load_audio(path, RATE).wave
        loud = np.flatnonzero(np.abs(wave) > 1e-4)
        wave = wave[loud[0] : loud[-1] + 1]
        self.speaker, self.emotion = path.stem[:2], path.stem[5]
        self.features = features(wave, RATE)
        voiced = fundamental(wave, RATE, HOP, PitchConfig(60.0, 700.0)) > 0
        mel = log_mel(torch.from_numpy(wave)[None])[0].numpy()[: len(voiced)]
        level = np.log(np.exp(mel).sum(1))
        speech = level > level.max() - 4.6
        mel = mel - np.log((np.exp(mel[speech]) ** 2).mean()) / 2
        self.voiced, self.unvoiced = mel[speech & voiced].mean(0), mel[speech & ~voiced].mean(0)


def described(
    clips: list[Clip], letter: str, gain: float, pitch: float, wider: float, rate: float, dynamics: float
) -> dict[str, object]:
    """Return an emotion as `emotions.json` has it."""
    spectra = {kind: [round(gain * x, 3) for x in spectrum(clips, letter, kind)] for kind in ("voiced", "unvoiced")}
    return {"pitch": pitch, "range": wider, "rate": rate, "dynamics": dynamics} | spectra


def spectrum(clips: list[Clip], letter: str, kind: str) -> list[float]:
    """Return by how much the log-mel `(80,)` of an emotion is above the neutral one, smooth, mean over the actors."""
    moved = []
    for speaker in sorted({clip.speaker for clip in clips}):
        own = {e: [c for c in clips if (c.speaker, c.emotion) == (speaker, e)] for e in (letter, "N")}
        of = {e: [getattr(c, kind) for c in found if np.isfinite(getattr(c, kind)).all()] for e, found in own.items()}
        if of[letter] and of["N"]:
            moved.append(np.mean(of[letter], 0) - np.mean(of["N"], 0))
    mean = np.pad(np.mean(moved, 0), 4, mode="edge")
    return [float(x) for x in np.convolve(mean, np.ones(9) / 9, "valid")]


def relative(clips: list[Clip]) -> tuple[np.ndarray, np.ndarray]:
    """Return features minus the mean of the same actor's neutral ones `(N, 41)`, and the emotion of each."""
    kept = [clip for clip in clips if LETTERS[clip.emotion] in HEARD]
    neutral = {
        s: np.mean([c.features for c in kept if (c.speaker, c.emotion) == (s, "N")], 0)
        for s in {c.speaker for c in kept}
    }
    moved = np.array([clip.features - neutral[clip.speaker] for clip in kept])
    return moved, np.array([LETTERS[clip.emotion] for clip in kept])


def verifier(clips: list[Clip]) -> dict[str, object]:
    """Return a logistic regression as `emotion.json` has it."""
    from sklearn.linear_model import LogisticRegression

    moved, names = relative(clips)
    scale = moved.std(0)
    found = LogisticRegression(C=0.1, max_iter=5000, class_weight="balanced").fit(moved / scale, names)
    numbers = {"scale": scale, "weights": found.coef_, "bias": found.intercept_}
    rounded = {name: np.round(value, 5).tolist() for name, value in numbers.items()}
    return {"classes": [str(name) for name in found.classes_], "features": list(NAMES)} | rounded


def left_one_out(clips: list[Clip]) -> float:
    """Return the mean recall of actors whom the verifier did not hear."""
    from myna.measure.emotion import parse

    right: dict[str, list[bool]] = {name: [] for name in HEARD}
    for speaker in sorted({clip.speaker for clip in clips}):
        found = parse(json.dumps(verifier([clip for clip in clips if clip.speaker != speaker])))
        for moved, name in zip(*relative([clip for clip in clips if clip.speaker == speaker]), strict=True):
            chances = found.probabilities(moved)
            right[name].append(max(chances, key=lambda each: chances[each]) == name)
    return float(np.mean([np.mean(of) for of in right.values()]))


if __name__ == "__main__":
    main()
