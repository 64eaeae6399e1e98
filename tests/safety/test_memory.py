"""A long sound is held a few times while it leaves, not once a step."""

import tracemalloc

import numpy as np

from myna.safety import aigc, cue
from myna.safety.release import release
from myna.safety.sound import Audio

RATE = 8000
MOST_COPIES = 4.0  # of float32: as spoken, as read back, and the file's bytes; it was 13 before


def peak_of(work) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_by_the_sound_alone(speech, card, request_for):
    clip = cue.resample(speech.wave, speech.sample_rate, RATE)
    peaks, lengths = [], []
    for seconds in (65, 130):  # from a minute on, sound is marked in stretches
        sound = Audio(np.resize(clip, seconds * RATE), RATE)
        output = request_for(f"{seconds}.wav", watermark="spread")
        peaks.append(peak_of(lambda: release(sound, card, output)))  # noqa: B023
        lengths.append(sound.wave.nbytes)
    growth = (peaks[1] - peaks[0]) / (lengths[1] - lengths[0])
    assert growth < MOST_COPIES - 1, f"{growth:.1f} copies besides the sound itself"
    assert aigc.read(output.output) is not None


def test_a_label_in_a_long_sound_is_found_where_it_is(speech):
    """The search goes in parts: a label that lies across two of them is one."""
    label = cue.rhythm(RATE)
    wave = np.zeros(75 * RATE, np.float32)
    wave[int(59.3 * RATE) :][: len(label)] = 0.2 * label
    (found,) = cue.find(Audio(wave, RATE))
    assert abs(found[0] - 59.3) < 0.03


def test_cutting_takes_out_what_it_is_told():
    wave = np.arange(1000, dtype=np.float32)
    kept = cue.cut(Audio(wave, 100), [(5.0, 6.0), (0.0, 1.0), (5.5, 5.8)]).wave
    assert np.array_equal(kept, np.concatenate([wave[100:500], wave[600:]]))
    assert np.shares_memory(cue.cut(Audio(wave, 100), [(0.0, 1.0)]).wave, wave)
    assert len(cue.cut(Audio(wave, 100), [(0.0, 10.0)]).wave) == 0
