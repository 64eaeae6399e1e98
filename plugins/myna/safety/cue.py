"""The audible label: Morse `.- ..` (A I), the rhythm of GB 45438-2025, at the start, the end or both.

The standard fixes the rhythm and no tone; a unit of 120 ms at 1046.5 Hz is used here.
"""

import numpy as np

from myna.safety.encode import resample
from myna.safety.sound import Audio, Wave
from myna.safety.types import Place

UNIT = 0.12  # seconds
TONE = 1046.5  # Hz
# On and off in units: dot, gap, dash, gap between letters, dot, gap, dot.
_RHYTHM = ((1, True), (1, False), (3, True), (3, False), (1, True), (1, False), (1, True))
_PAUSE = 0.25  # seconds between label and speech
_FADE = 0.006  # seconds
_ANALYSIS_RATE = 8000
_FRAME = 80  # samples at the analysis rate: 10 ms
_SILENCE = 1e-7  # mean power
_AT_ONCE = 6000  # frames (a minute) that are compared at once: memory does not grow with the sound
_FOUND = 0.8  # correlation of the envelope of the tone with the rhythm


def rhythm(sample_rate: int) -> Wave:
    """Return the tones, float32 `(T,)`, full scale, without the pause."""
    pieces = [_tone(units * UNIT, sample_rate, on) for units, on in _RHYTHM]
    return np.concatenate(pieces).astype(np.float32)


def add(audio: Audio, cue: Wave, place: Place) -> Audio:
    """Set the cue before or after the sound, as loud as the speech.

    Args:
        audio: The speech, `(T,)`.
        cue: The label at the same sample rate, `(C,)`.
        place: `start`, `end` or `both`.

    Returns:
        `(C + pause + T,)`, or longer for `both`.
    """
    full = add_channels(Audio(audio.wave[None], audio.sample_rate), cue, place, np.ones(1))
    return Audio(full.wave[0], full.sample_rate)


def add_channels(audio: Audio, cue: Wave, place: Place, gains: np.ndarray) -> Audio:
    """Set the cue before or after a sound of several channels, as loud as the loudest that carries it.

    Args:
        audio: The speech, `(C, T)`.
        cue: The label at the same sample rate, `(N,)`.
        place: `start`, `end` or `both`.
        gains: What each channel carries of the cue, 0 to 1, `(C,)`.

    Returns:
        `(C, N + pause + T)`, or longer for `both`.
    """
    loudness = max(_loudness(channel) for channel, gain in zip(audio.wave, gains, strict=True) if gain)
    scaled = cue * (float(np.clip(loudness, 0.02, 0.25)) / max(_loudness(cue), 1e-6))
    scaled = scaled / max(1.0, float(np.abs(scaled).max(initial=0.0)) / 0.99)
    spread = gains[:, None] * scaled
    pause = np.zeros((len(gains), int(_PAUSE * audio.sample_rate)), np.float32)
    before = [spread, pause] if place in ("start", "both") else []
    after = [pause, spread] if place in ("end", "both") else []
    return Audio(np.concatenate([*before, audio.wave, *after], axis=1, dtype=np.float32), audio.sample_rate)


def lead(cue: Wave | None, sample_rate: int, place: Place) -> float:
    """Return the seconds that stand before the speech where this cue, or none, is set."""
    return 0.0 if cue is None or place == "end" else (len(cue) + int(_PAUSE * sample_rate)) / sample_rate


def find(audio: Audio) -> list[tuple[float, float]]:
    """Look for the rhythm label.

    Returns:
        Start and end in seconds of each label found, in order.
    """
    wave = resample(audio.wave, audio.sample_rate, _ANALYSIS_RATE)
    envelope = _tone_envelope(wave)
    shape = np.repeat([float(on) for _, on in _RHYTHM], [round(u * UNIT * _ANALYSIS_RATE / _FRAME) for u, _ in _RHYTHM])
    score = _correlation(envelope, shape)
    found, taken = [], score.copy()
    while len(taken) and taken.max() >= _FOUND:
        at = int(taken.argmax())
        found.append((at * _FRAME / _ANALYSIS_RATE, (at + len(shape)) * _FRAME / _ANALYSIS_RATE))
        taken[max(0, at - len(shape)) : at + len(shape)] = 0.0
    return sorted(found)


def cut(audio: Audio, spans: list[tuple[float, float]]) -> Audio:
    """Take the labels out, so that the watermark detector hears the speech alone."""
    kept, at = [], 0
    for start, end in sorted(spans):
        kept.append(audio.wave[at : max(at, int(start * audio.sample_rate))])
        at = max(at, int((end + _FADE) * audio.sample_rate))
    kept = [part for part in (*kept, audio.wave[at:]) if len(part)]
    # One part, as between two labels, is a view: no copy of a long sound.
    return Audio(kept[0] if len(kept) == 1 else np.concatenate([audio.wave[:0], *kept]), audio.sample_rate)


def heard(audio: Audio, cue: Wave, place: Place) -> bool:
    """Tell whether a cue (`(C,)` at the same sample rate) is still there, where it belongs, after encoding."""
    size = len(cue) + int(0.2 * audio.sample_rate)
    ends = {"start": [audio.wave[:size]], "end": [audio.wave[-size:]]}
    parts = ends.get(place, ends["start"] + ends["end"])
    return all(_likeness(part, cue) >= _FOUND for part in parts)


def _likeness(part: Wave, cue: Wave) -> float:
    if len(part) < len(cue):
        return 0.0
    size = len(part) + len(cue)
    product = np.fft.irfft(np.fft.rfft(part, size) * np.conj(np.fft.rfft(cue, size)), size)[: len(part) - len(cue) + 1]
    running = np.concatenate([[0.0], np.cumsum(part.astype(np.float64) ** 2)])
    energy = running[len(cue) :] - running[: -len(cue)]
    norm = np.sqrt(np.maximum(energy, 1e-12) * float((cue.astype(np.float64) ** 2).sum()))
    return float((product / norm).max())


def _tone(seconds: float, sample_rate: int, on: bool) -> Wave:
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    if not on:
        return np.zeros(len(time), np.float32)
    edge = np.clip(np.minimum(time, time[::-1]) / _FADE, 0.0, 1.0)
    return (np.sin(2 * np.pi * TONE * time) * np.sin(0.5 * np.pi * edge) ** 2).astype(np.float32)


def _loudness(wave: Wave) -> float:
    # Root mean square of the louder half of 20 ms blocks, so that pauses do not count.
    blocks = wave[: len(wave) // 441 * 441].reshape(-1, 441) if len(wave) >= 441 else wave[None]
    power = np.sort(np.einsum("bt,bt->b", blocks, blocks, dtype=np.float64) / blocks.shape[1])
    return float(np.sqrt(power[len(power) // 2 :].mean())) if power.size else 0.0


def _tone_envelope(wave: Wave) -> np.ndarray:
    # Share of each block's energy that lies in the tone: speech is low here, the label near 1.
    size = 2 * _FRAME
    padded = np.pad(wave, (_FRAME // 2, size)).astype(np.float64)
    count = max(0, (len(padded) - size) // _FRAME)
    blocks = np.lib.stride_tricks.sliding_window_view(padded, size)[: count * _FRAME : _FRAME]
    parts = [_tone_share(blocks[at : at + _AT_ONCE]) for at in range(0, count, _AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _tone_share(blocks: np.ndarray) -> np.ndarray:
    size = blocks.shape[1]
    window = np.hanning(size)
    carrier = window * np.exp(-2j * np.pi * TONE * np.arange(size) / _ANALYSIS_RATE)
    inside = np.abs(blocks @ carrier) ** 2
    energy = (blocks**2 * window**2).sum(axis=1)
    # 1 for a pure tone, whatever its level; the floor makes silence 0.
    share = inside * 2.0 * (window**2).sum() / window.sum() ** 2
    return np.clip(share / (energy + _SILENCE * (window**2).sum()), 0.0, 1.0)


def _correlation(envelope: np.ndarray, shape: np.ndarray) -> np.ndarray:
    if len(envelope) < len(shape):
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(envelope, len(shape))
    return np.concatenate([_alike(windows[at : at + _AT_ONCE], shape) for at in range(0, len(windows), _AT_ONCE)])


def _alike(windows: np.ndarray, shape: np.ndarray) -> np.ndarray:
    centred = windows - windows.mean(axis=1, keepdims=True)
    pattern = shape - shape.mean()
    norm = np.sqrt((centred**2).sum(axis=1) * (pattern**2).sum())
    return np.where(norm > 1.0, centred @ pattern / np.maximum(norm, 1e-9), 0.0)
