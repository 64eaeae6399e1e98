"""What a room, a machine beside it and another throat do to a recording: noise, reverberation, pitch without formants.

Sources: Voss and Clarke, 1/f noise in music (1978); Moorer, About this reverberation business (1979); Morise et al.,
WORLD: a vocoder-based high-quality speech synthesis system (2016).
"""

import warnings

import numpy as np
from scipy.signal import fftconvolve

DIRECT_S = 0.003  # the direct sound; what follows comes from the walls
DIRECT_TO_ROOM_DB = 3.0  # at half a metre from the microphone in a usual room


def with_noise(wave: np.ndarray, snr_db: float, seed: int) -> np.ndarray:
    """Add pink noise.

    Args:
        wave: Mono samples (T,).
        snr_db: Power of the whole recording over that of the noise, dB.
        seed: Same seed, same noise.

    Returns:
        (T,), float32.
    """
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(len(wave)))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    noise = np.fft.irfft(spectrum, len(wave))
    scale = np.sqrt(np.mean(wave**2) / (np.mean(noise**2) + 1e-12)) * 10 ** (-snr_db / 20)
    return (wave + scale * noise).astype(np.float32)


def in_room(wave: np.ndarray, sample_rate: int, rt60: float, seed: int) -> np.ndarray:
    """Let a wave sound in a room, whose walls are noise that decays.

    Args:
        wave: Mono samples (T,).
        sample_rate: Hz.
        rt60: Seconds in which the room's sound falls by 60 dB.
        seed: Same seed, same room.

    Returns:
        (T,), float32; the tail behind the end is cut off.
    """
    count = round(rt60 * sample_rate)
    time = np.arange(count) / sample_rate
    walls = np.random.default_rng(seed).standard_normal(count) * 10 ** (-3 * time / rt60) * (time > DIRECT_S)
    walls *= 10 ** (-DIRECT_TO_ROOM_DB / 20) / (np.sqrt(np.sum(walls**2)) + 1e-12)
    walls[0] = 1.0
    return fftconvolve(wave, walls)[: len(wave)].astype(np.float32)


def other_pitch(wave: np.ndarray, sample_rate: int, semitones: float) -> np.ndarray:
    """Move the pitch and leave the formants: the same mouth with another throat.

    Args:
        wave: Mono samples (T,).
        sample_rate: Hz.
        semitones: Up.

    Returns:
        (T,), float32.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyworld imports the deprecated pkg_resources
        import pyworld

    samples = np.ascontiguousarray(wave, dtype=np.float64)
    pitch, times = pyworld.harvest(samples, sample_rate, f0_floor=60.0, f0_ceil=600.0)
    envelope = pyworld.cheaptrick(samples, pitch, times, sample_rate)
    breath = pyworld.d4c(samples, pitch, times, sample_rate)
    made = pyworld.synthesize(pitch * 2 ** (semitones / 12), envelope, breath, sample_rate)
    return np.pad(made, (0, max(0, len(wave) - len(made))))[: len(wave)].astype(np.float32)
