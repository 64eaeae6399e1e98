"""Choosing sets: deterministic, of the right length, and no sentence on both sides."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from partial_settings import partial_settings

from myna.corpora.clip import Clip, Corpus
from myna.corpora.custom import deal
from myna.corpora.flite import ENGLISH
from myna.corpora.many import deal as deal_many
from myna.corpora.select import cap, sentence_groups, split, without_sentences
from myna.errors import MynaError
from myna.kaldi.data import Consent
from myna.kaldi.same_sentence import normalise
from myna.settings.corpus import Many

WORDS = ["red", "blue", "green", "cat", "dog", "bird", "runs", "jumps", "sleeps", "here", "there", "now"]


def clip(name: str, text: str, seconds: float = 3.0, speaker: str = "ana") -> Clip:
    """A clip of a file that nobody opens."""
    return Clip(speaker, name, "en-us", text, Path(f"{name}.wav"), seconds)


@st.composite
def clips(draw: st.DrawFn) -> list[Clip]:
    """Clips with many repeated and near sentences."""
    texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
    rows = draw(st.lists(st.tuples(texts, st.floats(0.5, 9)), min_size=1, max_size=30))
    return [clip(f"{number:03d}", text, seconds) for number, (text, seconds) in enumerate(rows)]


@given(clips())
def test_parts_share_no_sentence_and_keep_their_length(some: list[Clip]) -> None:
    """Whatever the texts are."""
    parts = split(some, [0.2, 0.1, 0.5])
    for part, minutes in zip(parts, [0.2, 0.1, 0.5], strict=True):
        assert sum(c.duration for c in part) <= 60 * minutes + 1e-6
    texts = [{normalise(c.text) for c in part} for part in parts]
    assert not texts[0] & texts[1] and not texts[0] & texts[2] and not texts[1] & texts[2]
    assert split(list(reversed(some)), [0.2, 0.1, 0.5]) == parts
    assert without_sentences(parts[2], parts[0]) == parts[2]


def test_near_sentences_form_a_group() -> None:
    """Case, punctuation and a few more words make no new sentence."""
    same = [clip("1", "Press one to go on."), clip("2", "press ONE, to go on"), clip("3", "Now press one to go on.")]
    groups = sentence_groups([*same, clip("4", "Something else entirely was said.")])
    assert sorted(len(group) for group in groups) == [1, 3]


def test_cap_keeps_within_its_minutes() -> None:
    """And always takes the same clips."""
    some = [clip(str(number), f"text {number}", 4.0) for number in range(30)]
    chosen = cap(some, 1.0)
    assert sum(c.duration for c in chosen) == 60.0
    assert cap(some[::-1], 1.0) == chosen


def test_a_persons_clips_are_dealt() -> None:
    """A tenth for the test, three clips at least when there are twelve; with three clips each set has one."""
    some = [clip(f"{n:02d}", f"{WORDS[n % 12]} {n} {WORDS[n % 7]} {n + 1} {WORDS[n % 5]}", 4.0) for n in range(40)]
    sets = deal(some)
    assert {name: len(part) for name, part in sets.items()} == {
        "target_test": 4,
        "target_dev": 4,
        "target_train": 32,
    }
    assert {name: len(part) for name, part in deal(some[:12]).items()} == {
        "target_test": 3,
        "target_dev": 1,
        "target_train": 8,
    }
    assert [len(part) for part in deal(some[:3]).values()] == [1, 1, 1]
    with pytest.raises(MynaError, match="say 2 different sentences in all; at least 3 are needed"):
        deal(some[:2])


def test_a_long_recording_gives_at_most_two_minutes_to_the_test() -> None:
    """However much there is."""
    some = [clip(f"{n:04d}", f"a{n} b{n} c{n} d{n}", 6.0) for n in range(600)]
    sets = deal(some)
    assert sum(c.duration for c in sets["target_test"]) <= 120
    assert sum(c.duration for c in sets["target_dev"]) <= 30


def test_many_speakers_are_dealt() -> None:
    """Target, unknown speakers and pool are different people, and the pool never says what the test says."""
    rows = [clip(f"{n:02d}", f"a{n} b{n} c{n} d{n}", 5.0, f"s{s}") for s in range(6) for n in range(20)]
    corpus = Corpus(tuple(rows), {f"s{s}": Consent("licence", "evaluation") for s in range(6)})
    wanted = {
        "builder": "myna.corpora.aishell3.build",
        "voice": {"speaker": "s0", "train_minutes": 0.5, "dev_minutes": 0.1, "test_minutes": 0.5},
        "spk_test_speakers": 2,
        "spk_test_utterances": 3,
        "dev_utterances_per_speaker": 2,
    }
    node = partial_settings({"create_dataset": wanted}).create_dataset
    assert isinstance(node, Many)
    sets = deal_many(corpus, node)
    people = {name: {c.speaker for c in part} for name, part in sets.items()}
    assert people["target_train"] == people["target_test"] == {"s0"}
    assert len(people["spk_test"]) == 2 and len(sets["spk_test"]) == 6
    assert not people["pool_train"] & (people["spk_test"] | {"s0"})
    tested = {c.text for c in sets["target_test"]}
    assert not tested & {c.text for c in sets["pool_train"] + sets["pool_dev"] + sets["target_train"]}
    assert {c.speaker for c in deal_many(corpus, node, ["s3", "s4"])["spk_test"]} == {"s3", "s4"}


def test_synthetic_voices_never_say_the_sentences_that_clones_are_scored_on() -> None:
    """Test sentences are never training sentences."""
    listed = Path(__file__).parents[2] / "conf" / "sentences" / "en.txt"
    tested = {normalise(line) for line in listed.read_text(encoding="utf-8").splitlines()}
    assert len(tested) >= 30
    assert not tested & {normalise(text) for text in ENGLISH}
