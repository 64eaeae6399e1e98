"""Voice directories: saved, loaded, spoken with, refused."""

import numpy as np
import pytest
import yaml
from sealing import sealed
from toy_voice import toy_voice

from myna.errors import MynaError
from myna.networks.tts.vits_mel import VitsMel
from myna.networks.voice import PAUSES, Voice, build
from myna.targets import no_larger_than_default
from myna.text.char_text import CharText
from myna.text.lexicon import Lexicon


@pytest.fixture
def voice() -> Voice:
    return toy_voice()


def test_a_saved_voice_speaks_the_same(voice: Voice, tmp_path) -> None:
    voice.save(tmp_path / "voice")
    again = Voice.load(sealed(tmp_path / "voice"))
    first, second = voice.speak("Hello there."), again.speak("Hello there.")
    assert len(first) > 1000
    np.testing.assert_array_equal(first, second)


def test_half_precision_is_close(voice: Voice, tmp_path) -> None:
    voice.save(tmp_path / "voice", half=True)
    wave = Voice.load(sealed(tmp_path / "voice")).speak("Hello there.")
    assert len(wave) > 1000
    assert (tmp_path / "voice" / "tts.safetensors").stat().st_size < 2.2 * sum(
        p.numel() for p in voice.tts.parameters()
    ) + 20_000


def test_long_text_is_spoken_whole_with_pauses(voice: Voice) -> None:
    pieces = list(voice.stream("One two. Three four! Five?"))
    assert len(pieces) == 5
    assert not pieces[1].any()
    assert len(voice.speak("One two. Three four! Five?")) == sum(map(len, pieces))


def test_pauses_are_shorter_after_a_clause(voice: Voice) -> None:
    clause = "one two three four five six seven eight nine ten " * 3
    pieces = list(voice.stream(f"{clause}, {clause}. Yes."))
    silent = [len(p) / voice.sample_rate for p in pieces if not p.any()]
    assert silent == pytest.approx([PAUSES["clause"], PAUSES["sentence"]], abs=1e-3)
    fast = [len(p) / voice.sample_rate for p in voice.stream("No. Yes.", speed=2.0) if not p.any()]
    assert fast == pytest.approx([PAUSES["sentence"] / 2], abs=1e-3)


def test_a_sign_on_its_own_is_spoken_where_it_can_be(voice: Voice) -> None:
    assert len(list(voice.stream("Ten.\n€\n***"))) == 3


def test_a_voice_keeps_its_front_end_and_lexicon(voice: Voice, tmp_path) -> None:
    voice.front_end.lexicon = Lexicon({"myna": ["m", "a"]}, "myna\tm a\n")
    letters = CharText()
    letters.learn(["Myna, hello"])
    parts = (voice.config, voice.tts, voice.vocoder, voice.speaker)
    spelled = Voice(*parts, letters.tokens(), front_end=letters)
    for number, saved in enumerate((voice, spelled)):
        saved.save(tmp_path / str(number))
        again = Voice.load(sealed(tmp_path / str(number)))
        assert again.encode("Myna, hello") == saved.encode("Myna, hello")
        assert len(again.encode("Myna, hello")) > 6
    assert again.config.text == {"_target_": "myna.text.char_text.CharText", "vocabulary": 256}


def test_a_voice_of_an_older_version_speaks_by_espeak(voice: Voice, tmp_path) -> None:
    voice.save(tmp_path)
    config = yaml.safe_load((tmp_path / "voice.yaml").read_text(encoding="utf-8"))
    del config["text"]
    (tmp_path / "voice.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert Voice.load(sealed(tmp_path)).encode("Hello") == voice.encode("Hello")


@pytest.mark.parametrize("text", ["", "  ", "... !"])
def test_text_without_words_is_refused(voice: Voice, text: str) -> None:
    with pytest.raises(MynaError, match="empty"):
        voice.speak(text)


def test_a_folder_without_voice_is_refused(tmp_path) -> None:
    with pytest.raises(MynaError, match=r"no voice\.yaml"):
        Voice.load(tmp_path)


def test_a_missing_part_is_named(voice: Voice, tmp_path) -> None:
    voice.save(tmp_path)
    (tmp_path / "vocoder.safetensors").unlink()
    with pytest.raises(MynaError, match=r"vocoder\.safetensors is missing"):
        Voice.load(sealed(tmp_path))


def test_weights_of_another_network_are_refused(voice: Voice, tmp_path) -> None:
    voice.save(tmp_path)
    config = yaml.safe_load((tmp_path / "voice.yaml").read_text(encoding="utf-8"))
    config["tts"]["channels"] = 64
    (tmp_path / "voice.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with pytest.raises(MynaError, match="does not fit"):
        Voice.load(sealed(tmp_path))


@pytest.mark.parametrize("target", ["os.system", "subprocess.Popen", "mynaevil.x.Y", ""])
def test_classes_from_elsewhere_are_not_loaded(target: str) -> None:
    with pytest.raises(MynaError, match="none of tts="):
        build({"_target_": target})


def test_a_class_that_is_not_there_is_named() -> None:
    with pytest.raises(MynaError, match="NoSuchNetwork"):
        build({"_target_": "myna.networks.tts.vits_mel.NoSuchNetwork"})


def test_only_what_is_larger_than_the_default_is_counted_first() -> None:
    """Counting takes seconds at each start; a voice of the default size needs none."""
    assert no_larger_than_default(VitsMel, {"channels": 16, "one_step": True})
    assert not no_larger_than_default(VitsMel, {"channels": 100_000})
    assert not no_larger_than_default(VitsMel, {"layers": 100})
