"""`myna clone` through the command: an instant voice, and what it refuses before anything is written."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from myna import cli
from myna.adapt.spectrum import spectrum_of
from myna.audio.mel import log_mel
from myna.networks.measured_habits import mel_of
from myna.networks.pretrained import load_part
from myna.networks.voice import Voice
from myna.safety import protected, records

TEXTS = ["The birch canoe slid on the smooth planks.", "Glue the sheet to the dark blue background."]


@pytest.fixture
def recording(tmp_path: Path, speech) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    soundfile.write(folder / "one.wav", speech.wave, speech.sample_rate)
    return folder


def clone(recording: Path, out: Path, *more: str) -> int:
    return cli.main(["clone", str(recording), "--name", "Ann", "-o", str(out), *more])


def test_seconds_of_speech_are_a_sealed_voice_that_speaks(recording: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "voice"
    assert clone(recording / "one.wav", out, "--consent", "own_voice") == 0
    said = capsys.readouterr().out
    assert "language of the recordings: en-us" in said and "an instant voice" in said
    voice = Voice.load(out)
    assert np.linalg.norm(voice.speaker) == pytest.approx(1.0, abs=1e-3)
    record = records.load(out / "consent.yaml")
    assert (record.speaker, record.basis, record.scope) == ("ann", "own_voice", "private")
    assert cli.main(["say", "Hello there.", "--voice", str(out), "-o", str(tmp_path / "said.wav")]) == 0
    assert cli.main(["verify", str(tmp_path / "said.wav")]) == 0
    assert clone(recording, out, "--consent", "own_voice") == 2  # never replaced
    assert "exists and is not replaced" in capsys.readouterr().err


def test_an_instant_voice_has_the_colour_of_its_person(recording: Path, tmp_path: Path, speech) -> None:
    out = tmp_path / "voice"
    assert clone(recording, out, "--consent", "own_voice", "--language", "en-us") == 0
    mine, plain = Voice.load(out), Voice.load(out)
    base = load_part("tts")
    plain.tts.set_statistics(base.mel_mean, base.mel_std)
    wave = torch.from_numpy(np.asarray(speech.wave, np.float32))
    real = spectrum_of([log_mel(wave)])
    off = [real.mean - spectrum_of([mel_of(voice, text) for text in TEXTS]).mean for voice in (mine, plain)]
    assert off[0].std() < 0.8 * off[1].std()


def test_without_consent_nothing_is_listened_to(recording: Path, tmp_path: Path, capsys) -> None:
    assert clone(recording, tmp_path / "voice") == 2
    assert "no consent is stated" in capsys.readouterr().err
    assert clone(recording, tmp_path / "voice", "--consent", str(tmp_path / "absent.yaml")) == 2
    assert "absent.yaml" in capsys.readouterr().err
    assert not (tmp_path / "voice").exists()


def test_too_little_speech_and_no_speech_are_named(tmp_path: Path, speech, capsys) -> None:
    folder = tmp_path / "short"
    folder.mkdir()
    soundfile.write(folder / "short.wav", speech.wave[:30_000], speech.sample_rate)
    soundfile.write(folder / "silence.wav", np.zeros(100_000), speech.sample_rate)
    assert clone(folder, tmp_path / "voice", "--consent", "own_voice") == 2
    line = capsys.readouterr().err
    assert "at least 3 s are needed" in line and "silence.wav: no speech heard" in line
    assert not (tmp_path / "voice").exists()
    assert clone(tmp_path / "absent", tmp_path / "voice", "--consent", "own_voice") == 2
    assert "absent is missing" in capsys.readouterr().err


def test_a_protected_person_is_not_cloned(recording: Path, tmp_path: Path, capsys) -> None:
    from myna.adapt.instant import listen

    protected.add(protected.list_path(), "the queen", listen(recording).embedding)
    assert clone(recording, tmp_path / "voice", "--consent", "own_voice", "--language", "en-us") == 2
    assert "'the queen'" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "state") == ["recordings"]


def test_a_stated_language_is_kept(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "voice"
    assert clone(recording, out, "--consent", "own_voice", "--instant", "--language", "cmn") == 0
    voice = Voice.load(out)
    assert voice.pack_id and voice.config.language == "cmn"
