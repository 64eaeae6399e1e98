"""Measure sound in a place: the delay between the ears, directions in Ambisonics, rooms, marks, and the time it takes.

Usage: python benchmarks/spatial.py [PEOPLE...] [--text "…"] [--watermarks perth spread] [--output exp/spatial]

PEOPLE are folders of recordings, one person each: each is cloned without training, speaks the text, and the marked
speech is placed at several directions, dry and in a room. The mark is looked for in each channel of the file that is
heard and in their mix: laid on once at its usual strength, and stronger where it is weak, as the exit does. Nothing is
written but figures: `spatial.json`.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from tqdm import tqdm

from myna.safety import channel_marks, encode, watermark
from myna.safety.placing import Place
from myna.safety.release import STRENGTHS
from myna.safety.sound import Audio
from myna.spatial.harmonics import harmonics
from myna.spatial.heads import load_head
from myna.spatial.place import RATE, make_place
from myna.spatial.receiver import Ears, Sphere
from myna.spatial.room import Room
from myna.spatial.walk import Stand, Walk, directions, standing, walk_of

TEXT = "Good morning to all of you. The train to the north leaves from platform nine, in about ten minutes."
CIRCLE = range(0, 360, 30)
PLACES = {"front": (0, 0), "left": (90, 0), "right behind, up": (-135, 30)}
ROOMS = (None, 0.4)
FORMS = (("binaural", ".wav", 3), ("binaural", ".mp3", 3), ("ambix", ".wav", 1), ("adm", ".wav", 3))
_LOW = 1500.0  # Hz, below which ears compare times


def delay(pair: np.ndarray, rate: int) -> float:
    """Return by how many microseconds the right ear of `(2, T)` hears later than the left."""
    size, fine = 1 << int(np.ceil(np.log2(2 * pair.shape[1]))), 16
    spectra = np.fft.rfft(pair, size) * (np.fft.rfftfreq(size, 1.0 / rate) < _LOW)
    likeness = np.fft.fftshift(np.fft.irfft(spectra[1] * np.conj(spectra[0]), size * fine))
    return float((likeness.argmax() - size * fine // 2) / fine / rate * 1e6)


def delays() -> list[dict[str, float]]:
    """Return, over the circle, the delay of the head's own response and of what is rendered."""
    head, click = load_head(None, RATE), np.eye(1, 2400, 100, dtype=np.float32)[0]
    found = []
    for azimuth in CIRCLE:
        towards = directions(np.array([float(azimuth)]), np.zeros(1))
        own = delay(head.responses[head.nearest(towards)[0]], RATE)
        made = delay(Ears(head).direct(click, standing(azimuth, distance=1.0)), RATE)
        found.append({"azimuth": azimuth, "head": own, "rendered": made})
    return found


def direction_errors() -> dict[str, float]:
    """Return, for each order, the largest angle in degrees between a direction and where a beam finds it."""
    noise = np.random.default_rng(0).standard_normal(4800).astype(np.float32)
    around, up = np.meshgrid(np.arange(0.0, 360.0, 2.0), np.arange(-90.0, 91.0, 2.0))
    grid = directions(around.ravel(), up.ravel())
    worst = {}
    for order in (1, 2, 3):
        degrees = np.concatenate([np.full(2 * n + 1, n) for n in range(order + 1)])
        beams = harmonics(grid, order) * (2 * degrees + 1)
        angles = []
        for azimuth in CIRCLE:
            for elevation in (-60, 0, 25):
                heard = Sphere(order, RATE).direct(noise, standing(azimuth, elevation))
                best = grid[np.einsum("gc,cd,gd->g", beams, heard @ heard.T, beams).argmax()]
                wanted = directions(np.array([float(azimuth)]), np.array([float(elevation)]))[0]
                angles.append(np.degrees(np.arccos(np.clip(best @ wanted, -1.0, 1.0))))
        worst[str(order)] = round(float(max(angles)), 2)
    return worst


def rooms() -> dict[str, float]:
    """Return the reverberation time that is heard (T30 at the left ear) for each that is asked for."""
    click, ears = np.eye(1, RATE, dtype=np.float32)[0], Ears(load_head(None, RATE))
    found = {}
    for asked in (0.2, 0.4, 0.8, 1.5):
        heard = Room(asked).heard(click, standing(30), ears)[0].astype(np.float64)
        left = np.cumsum(heard[::-1] ** 2)[::-1]
        level = 10 * np.log10(left / left[0] + 1e-30)
        found[str(asked)] = round(2 * float(np.argmax(level < -35) - np.argmax(level < -5)) / RATE, 3)
    return found


def seconds() -> dict[str, dict[str, float]]:
    """Return wall and processor seconds that a minute of moving sound takes, the head loaded."""
    minute = np.random.default_rng(0).standard_normal(60 * RATE).astype(np.float32) * 0.1
    walk = walk_of([{"time": 0, "azimuth": 0}, {"time": 60, "azimuth": 3600}], "walk")
    found = {}
    for kind in ("binaural", "ambix", "adm"):
        for room in ROOMS:
            place = make_place(kind, [Stand(walk)], room)
            place.render([Audio(minute[:RATE], RATE)])  # what is made once
            wall, cpu = time.perf_counter(), time.process_time()
            place.render([Audio(minute, RATE)])
            taken = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
            found[place.name] = {name: round(value, 2) for name, value in taken.items()}
    return found


def spoken(folder: Path, text: str) -> Audio:
    """Clone a person without training and let the voice speak."""
    from myna.adapt.instant import listen, voice_of

    voice = voice_of(listen(folder), folder.name, "en-us")
    return Audio(voice.speak(text), voice.sample_rate)


def walks(length: float) -> dict[str, Walk]:
    """Return the places, and a way from the left to the right."""
    ends = [{"time": 0, "azimuth": 90}, {"time": length, "azimuth": -90, "distance": 3}]
    return {name: standing(*place) for name, place in PLACES.items()} | {"a walk": walk_of(ends, "walk")}


def marks(people: list[Path], text: str, names: list[str]) -> Iterator[dict[str, Any]]:
    """Give the scores of each person, mark, form, place and room."""
    for folder in people:
        speech = spoken(folder, text)
        for name in names:
            for place, walk in walks(len(speech.wave) / speech.sample_rate).items():
                # Every form with the walk, the first one with every place.
                for kind, suffix, order in FORMS if walk.moves else FORMS[:1]:
                    for room in ROOMS:
                        heard_in = make_place(kind, [Stand(walk)], room, order=order)
                        told = {"person": folder.name, "mark": name, "place": place, "room": room}
                        yield {**told, "form": kind + suffix, **_as_the_exit(speech, name, heard_in, suffix)}


def _as_the_exit(speech: Audio, name: str, place: Place, suffix: str) -> dict[str, Any]:
    """Mark and place as the exit does, stronger where the mark is weak; give the scores of the first and last try."""
    threshold, tries = watermark.load_watermark(name).threshold, []
    for strength in STRENGTHS:
        heard = place.render([watermark.mark(speech, name, strength)])
        back = encode.decode_channels(encode.encode(heard, encode.FORMATS[suffix]))
        tries.append(channel_marks.scores(back, [], name))
        if min(tries[-1].values()) >= (1.0 + threshold) / 2:
            break
    return {"once": tries[0], "left": tries[-1], "strength": strength}


def summary(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Count in how many channels and mixes a mark is found: laid on once, and as the exit lays it on."""
    counted: dict[str, dict[str, Any]] = {}
    for one in found:
        threshold = watermark.load_watermark(one["mark"]).threshold
        for part in one["once"]:
            kind = "mix" if part == channel_marks.MIX else "channels"
            key = f"{one['mark']}, {one['form']}, {'room' if one['room'] else 'dry'}, {kind}"
            entry = counted.setdefault(key, {"of": 0, "once": 0, "left": 0})
            entry["of"] += 1
            for which in ("once", "left"):
                entry[which] += one[which][part] >= threshold
    return counted


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", nargs="*", type=Path)
    parser.add_argument("--text", default=TEXT)
    parser.add_argument("--watermarks", nargs="+", default=list(watermark.NAMES))
    parser.add_argument("--output", type=Path, default=Path("exp/spatial"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    asked = [("delay", delays), ("degrees", direction_errors), ("t60", rooms), ("minute", seconds)]
    figures: dict[str, Any] = {name: measure() for name, measure in asked}
    print(json.dumps(figures, indent=1), flush=True)
    found = list(tqdm(marks(arguments.people, arguments.text, arguments.watermarks), unit="file"))
    figures |= {"marks": summary(found), "people": len(arguments.people), "each": found}
    (arguments.output / "spatial.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(json.dumps(figures["marks"], indent=1))


if __name__ == "__main__":
    main()
