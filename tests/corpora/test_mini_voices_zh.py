"""The Mandarin recipe's target: its sentences, its voice, its letters, and the sets that it is dealt into."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from speech import speak

from myna.adapt.unseen import sentences_file
from myna.corpora import kokoro_letters, mini_voices_zh
from myna.corpora.kokoro_cast import TIMBRE, Cast
from myna.corpora.select import split
from myna.corpora.sentences_zh import MANDARIN
from myna.errors import MynaError
from myna.text.mandarin import syllables

INITIALS = ["b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "zh", "ch", "sh", "r", "z", "c", "s"]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """What the target said: espeak-ng stands in for the network, which a registry carries."""
    for number, text in enumerate(MANDARIN):
        samples = speak(text, tmp_path / "one.wav", "cmn") if number < 3 else np.zeros(22_050 * 3, np.float32)
        path = tmp_path / "kokoro_zh_f" / f"{number:03d}.flac"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, samples, 22_050)
    return tmp_path


def test_sentences_hold_every_initial_and_tone_and_none_of_the_test() -> None:
    read = [syllable for text in MANDARIN for syllable in syllables(text) if syllable]
    assert {initial for initial in INITIALS if any(s.startswith(initial) for s in read)} == set(INITIALS)
    assert {s[-1] for s in read} >= {"1", "2", "3", "4", "5"}
    unseen = set(sentences_file("cmn").read_text(encoding="utf-8").splitlines())
    assert not unseen & set(MANDARIN)
    assert len(set(MANDARIN)) == len(MANDARIN)


def test_what_was_spoken_is_not_spoken_again(cache: Path) -> None:
    corpus = mini_voices_zh.prepare(cache, "f")
    assert [clip.text for clip in corpus.clips] == list(MANDARIN)
    assert corpus.consent["kokoro_zh_f"].basis == "synthetic"
    test, dev, train = split(corpus.clips, [1.5, 0.5, 3.0])
    assert not {clip.text for clip in test} & {clip.text for clip in (*dev, *train)}


def test_an_unknown_voice_is_named(tmp_path: Path) -> None:
    with pytest.raises(MynaError, match=r"voice.speaker=x is no voice of this recipe; choose f or m"):
        mini_voices_zh.prepare(tmp_path, "x")


def test_letters_put_the_tone_behind_its_vowel() -> None:
    assert kokoro_letters.letters("你好", "cmn") == "ni↓xau↓".replace("ni↓", "ni↗")


def test_mixed_voices_are_new_and_stay_the_same(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for name in ("zf_xiaobei", "zf_xiaoxiao", "zf_xiaoyi", "zm_yunxi", "zm_yunjian", "zm_yunxia", "zm_yunyang"):
        random.normal(size=(510, 2 * TIMBRE)).astype(np.float32).tofile(tmp_path / f"{name}.bin")
    one, two = Cast(tmp_path, 2, 1), Cast(tmp_path, 2, mini_voices_zh.SEED)
    style = one.style("mf_mix000", "cmn", 20)
    assert np.array_equal(style, Cast(tmp_path, 2, 1).style("mf_mix000", "cmn", 20))
    assert not np.allclose(style[:TIMBRE], two.style("mf_mix000", "cmn", 20)[:TIMBRE])
    assert np.array_equal(style[TIMBRE:], two.style("mf_mix000", "cmn", 20)[TIMBRE:])
