"""The decode stage: what it writes, what it keeps after a kill, and which sentences it may read."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from omegaconf import DictConfig, OmegaConf
from partial_settings import settings_and_workspace
from toy_voice import write_voice

from myna import kaldi
from myna.adapt import decode
from myna.adapt.baselines import formant_speech
from myna.adapt.unseen import FOLDER, sentences_file, unseen_sentences
from myna.audio.load import load_audio
from myna.cli import main
from myna.errors import MynaError
from myna.networks.voice import Voice
from myna.safety.encode import FORMATS


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch) -> DictConfig:
    """A recipe that has come to stage 6, with two prompts to say."""
    monkeypatch.setenv("MYNA_STATE_DIR", str(tmp_path / "state"))
    write_voice(tmp_path / "exp" / "clone" / "voice")
    data = kaldi.DataDir(consent={"ana": kaldi.Consent("licence", "evaluation", "BSD")})
    sound = formant_speech("Please hold the line.", "en-us")
    assert sound is not None
    for number in range(2):
        path = tmp_path / f"{number}.wav"
        soundfile.write(path, *sound)
        data.add(kaldi.Utterance(f"ana-{number}", "ana", str(path), "please hold the line", "en-us", 1.5))
    kaldi.write(data, tmp_path / "dump" / "target_test")
    config = OmegaConf.load(Path(__file__).parents[2] / "conf" / "inference.yaml")
    places = {"dump_dir": str(tmp_path / "dump"), "exp_dir": str(tmp_path / "exp"), "seed": 1}
    few = {"decode": {"unseen": 2, "baselines": 1, "listen": 1, "speed_sentences": 1}}
    config = OmegaConf.merge(config, places, few)
    return settings_and_workspace(config)


def test_everything_is_spoken_labelled_and_kept(recipe, tmp_path, monkeypatch) -> None:
    decode.run(*recipe)
    out = tmp_path / "exp" / "clone" / "decode"
    assert {path.name for path in out.iterdir()} == {*decode.KINDS, "manners", "decode.json"}
    facts = json.loads((out / "decode.json").read_text())
    assert facts["speaker"] == "Ana"
    assert facts["rtf"] > 0
    assert facts["first_audio_s"] > 0
    assert len(kaldi.read_table(out / "unseen" / "text")) == 2
    # What can be listened to is accepted by `myna verify` as it is, and nothing else is a sound file.
    sounds = [path for path in (tmp_path / "exp" / "clone").rglob("*") if path.suffix in FORMATS]
    assert sounds and {path.parent.name for path in sounds} == {"listen", "manners"}
    assert {path.stem for path in (out / "manners").glob("*.mp3")} == {"neutral", "happy", "angry", "sad", "moving"}
    assert {path.name: main(["verify", str(path)]) for path in sounds} == {path.name: 0 for path in sounds}
    original = soundfile.info(tmp_path / "0.wav").duration
    assert load_audio(out / "copy" / "ana-0.npz").seconds == pytest.approx(original, abs=0.05)

    # A kill took one file: the rest is kept, and the new one is the same, because its seed is its own.
    lost, kept = out / "heldout" / "ana-1.npz", out / "heldout" / "ana-0.npz"
    before, stamp = load_audio(lost).wave, kept.stat().st_mtime_ns
    lost.unlink()
    decode.run(*recipe)
    np.testing.assert_array_equal(load_audio(lost).wave, before)
    assert kept.stat().st_mtime_ns == stamp


def test_a_missing_voice_names_its_stage(recipe, tmp_path) -> None:
    (tmp_path / "exp/clone/voice/voice.yaml").unlink()
    with pytest.raises(MynaError, match="run stage 5"):
        decode.run(*recipe)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_our_sentences_are_thirty_and_hold_no_digit(path: Path) -> None:
    sentences = unseen_sentences(path, 100, [])
    assert len(sentences) == 30
    assert not any(char.isdigit() for sentence in sentences for char in sentence)


def test_trained_sentences_are_left_out(tmp_path, caplog) -> None:
    path, text = tmp_path / "test.txt", tmp_path / "target_train" / "text"
    path.write_text("The owl sat in the barn all day.\nNobody came.\n")
    text.parent.mkdir()
    text.write_text("ana-1 the owl sat in the barn\n")
    assert unseen_sentences(path, 30, [text]) == ["Nobody came."]
    assert "target_train/ana-1" in caplog.text
    path.write_text("The owl sat in the barn.\n")
    with pytest.raises(MynaError, match="no sentence that training has not seen"):
        unseen_sentences(path, 30, [text])


def test_sentence_files_that_do_not_serve_are_named(tmp_path) -> None:
    assert sentences_file("cmn").name == "zh.txt"
    assert sentences_file("en-gb").name == "en.txt"
    with pytest.raises(MynaError, match=r"decode\.sentences"):
        sentences_file("sw")
    twice = tmp_path / "twice.txt"
    twice.write_text("One.\nTwo.\nOne.\n")
    with pytest.raises(MynaError, match="line 3"):
        unseen_sentences(twice, 30, [])


def test_a_sound_that_carries_no_mark_is_left_out_with_a_warning(recipe, tmp_path, caplog) -> None:
    """A network of two steps gives noise; the report goes without its copy, and the run goes on."""
    silence = np.zeros(22_050, np.float32)
    decode.write_set(tmp_path / "unseen", [decode.Line("ana-1", "Hello.", 0)], lambda _: (silence, 22_050))
    card = decode.card_of(Voice.load(tmp_path / "exp" / "clone" / "voice"))
    decode.write_listening_copies(tmp_path / "unseen", card, 1)
    assert not list((tmp_path / "unseen").glob("listen/*"))
    assert "ana-1" in caplog.text
