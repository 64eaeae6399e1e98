"""The benchmark of the watermarks, on one clip."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from script import load

from myna.safety.encode import resample

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "watermark.py"


@pytest.fixture(scope="module")
def benchmark():
    """Load the script as a module."""
    return load(SCRIPT, "benchmark_of_watermarks")


def test_table_and_page(benchmark, speech, tmp_path, monkeypatch):
    folder = tmp_path / "real"
    folder.mkdir()
    for number in range(2):
        soundfile.write(folder / f"{number}.wav", np.roll(speech.wave, 9000 * number), speech.sample_rate)
    page = tmp_path / "page.md"
    page.write_text("# Title\n\n<!-- table -->\nold\n")
    words = [str(folder), "--clips", "1", "--watermarks", "spread", "--no_quality", "--output", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["watermark.py", *words, "--page", str(page)])
    benchmark.main()
    result = json.loads((tmp_path / "out/watermark.json").read_text())["watermarks"]["spread"]
    assert result["detection"]["none"] == 1.0 and result["detection"]["MP3 64k"] == 1.0
    assert result["false_alarms"] == 0 and result["real_recordings"] == 2
    assert (tmp_path / "out/watermark.png").exists()
    shown = page.read_text()
    assert shown.startswith("# Title") and "| crop 3 s | 100.0%" in shown and "old" not in shown
    lines = (tmp_path / "out/scores.jsonl").read_text()
    benchmark.main()
    assert (tmp_path / "out/scores.jsonl").read_text() == lines


def test_attacks_do_what_they_say(benchmark, speech):
    length = len(speech.wave)
    done = {name: attack(speech) for name, attack in benchmark.attacks(0).items()}
    assert len(done["crop 3 s"].wave) == 3 * 22050
    assert abs(len(done["speed +5%"].wave) - length / 1.05) < 50
    assert len(done["pitch +1"].wave) == length and not np.allclose(done["pitch +1"].wave, speech.wave, atol=1e-3)
    for level in (30, 20, 10):
        noise = done[f"noise {level} dB"].wave - speech.wave
        assert abs(10 * np.log10((speech.wave**2).mean() / (noise**2).mean()) - level) < 0.1
    above = np.abs(np.fft.rfft(done["resample 8 kHz"].wave))[int(4500 * length / 22050) :]
    below = np.abs(np.fft.rfft(resample(speech.wave, 22050, 22050)))[int(4500 * length / 22050) :]
    assert above.sum() < 0.02 * below.sum()
