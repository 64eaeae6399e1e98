"""`myna inspect`: the room, the sounds of a language, the points, and the command with its page."""

import json
from pathlib import Path

import numpy as np
import soundfile

from myna import cli
from myna.corpora.to_read import sentences
from myna.inspect import cover, points
from myna.inspect.room import reverberation_time
from myna.inspect.sound import Sound
from myna.text.languages import LANGUAGES


def ringing(wave: np.ndarray, rate: int, seconds: float) -> np.ndarray:
    """Put speech into a room: noise that falls by 60 dB in so many seconds, 3 dB under the voice."""
    count = round(seconds * rate)
    room = np.random.default_rng(0).standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    room *= 0.7 / np.sqrt((room**2).sum())
    room[0] += 1
    size = 2 ** int(np.ceil(np.log2(len(wave) + count)))
    return np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(room, size), size)[: len(wave)].astype(np.float32)


def test_a_room_that_rings_longer_has_the_longer_time(clips) -> None:
    waves = [clip.wave for clip in clips.values()]
    rate = next(iter(clips.values())).sample_rate
    speech = np.concatenate(waves)
    dry, some, much = (
        reverberation_time(w, rate) for w in (speech, ringing(speech, rate, 0.4), ringing(speech, rate, 0.7))
    )
    assert dry < 0.38 < some < much
    assert reverberation_time(np.zeros(16_000, np.float32), rate) is None


def test_what_is_read_next_brings_what_is_missing() -> None:
    found = cover.cover(["Good morning."], "en-us", wanted=12)
    assert "ð" in found.missing or "ð" in found.seldom
    after = cover.cover(["Good morning.", *found.next], "en-us")
    assert after.share > found.share + 0.5
    assert not set(found.next) & set(after.next)


def test_each_language_with_sentences_has_its_sounds_counted() -> None:
    spoken = [language for language in LANGUAGES if sentences(language)]
    assert set(spoken) >= {"en-us", "cmn", "de", "fr-fr", "es", "it", "ru", "ja", "pt"}
    assert all(len(sentences(language)) >= 20 for language in spoken)
    assert cover.cover(["Hej"], "pl").share == 1.0  # nothing to read: nothing is missed


def test_good_speech_has_ten_points_and_each_fault_costs() -> None:
    whole = cover.Cover({"a": 9}, [], [], [])
    good = Sound(-23.0, 1.0, 50.0, 0.2, 22_050.0, 44_100)
    assert points.score(points.losses(4.0, good, whole, 1.0, 0.0, 0)) == 10.0
    phone = Sound(-23.0, 1.0, 50.0, 0.2, 3_400.0, 8_000)
    assert points.losses(4.0, phone, whole, 1.0, 0.0, 0)[0].english.startswith("the sound ends at 3.4 kHz")
    worst = Sound(-60.0, 9.0, 5.0, 0.9, 3_400.0, 8_000)
    poor = points.losses(0.1, worst, cover.Cover({"a": 0}, ["a"], [], []), 0.2, 1.0, 9)
    assert len(poor) == len(points.RULES) and points.score(poor) == 0.0


def test_the_command_prints_json_and_writes_a_page(tmp_path: Path, speech, capsys) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    soundfile.write(folder / "one.wav", speech.wave, speech.sample_rate)
    (folder / "empty.wav").write_bytes(b"")
    page = tmp_path / "page.html"
    assert cli.main(["inspect", str(folder), "--json", "-o", str(page)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["language"] == "en-us" and 0 < found["minutes"] < 0.2
    assert len(found["cover"]["next"]) == 20
    assert [row["verdict"] for row in found["files"] if row["name"] == "empty.wav"] == ["left out"]
    written = page.read_text(encoding="utf-8")
    assert "接下来请朗读" in written and "http" not in written
    assert cli.main(["inspect", str(tmp_path / "absent")]) == 2
    assert "is missing" in capsys.readouterr().err
    assert cli.main(["inspect", str(folder), "-o", str(tmp_path / "page.txt")]) == 2
    assert "name it .html" in capsys.readouterr().err
