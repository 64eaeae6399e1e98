"""Where speech begins in a file, which times and faces count from."""

from pathlib import Path

import numpy as np
import pytest
import soxr
from toy_voice import toy_voice

from myna.networks.timing import Timed
from myna.safety.encode import decode
from myna.serve.exit import SpeechRequest, lead_of, leave_bytes, spoken_request, voice_card, watermark_wish

RATE = 22_050


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "opus", "aac"])
def test_speech_begins_where_it_is_told(kind: str, voice_folder: Path) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(RATE).astype(np.float32)  # which is like itself at one place
    timed = Timed(noise, RATE, [], [], [])
    request = spoken_request(SpeechRequest("Hello."), Path(f"x.{kind}"), **watermark_wish(voice_folder))
    data, released = leave_bytes((noise, RATE), voice_card(voice_folder, toy_voice()), request)
    heard = decode(data)
    alike = np.correlate(soxr.resample(heard.wave, heard.sample_rate, RATE), noise, "full")
    assert (alike.argmax() - len(noise) + 1) / RATE == pytest.approx(lead_of(timed, released), abs=0.001)
