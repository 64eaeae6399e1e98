"""Sets that must stay apart, subsets, and the command line."""

from pathlib import Path

import pytest
from kaldi_data import make

from myna.errors import MynaError
from myna.kaldi.cli import main
from myna.kaldi.data import Consent, DataDir, Utterance, read
from myna.kaldi.sets import check_disjoint
from myna.kaldi.subset import subset
from myna.kaldi.validate import validate


def data(*rows: tuple[str, str, str]) -> DataDir:
    """Rows of (speaker, name, text)."""
    made = DataDir()
    for speaker, name, text in rows:
        made.add(Utterance(f"{speaker}-{name}", speaker, "x.wav", text, "en-us", 1.0))
        made.consent[speaker] = Consent("synthetic", "publish")
    return made


def test_shared_utterance() -> None:
    """Never allowed, in no pair of sets."""
    sets = {"train": data(("a", "1", "one")), "test": data(("a", "1", "two"))}
    with pytest.raises(MynaError, match="train and test share utterance a-1"):
        check_disjoint(sets)


def test_shared_speaker() -> None:
    """Only forbidden where it is said."""
    sets = {"train": data(("a", "1", "one")), "test": data(("a", "2", "two"))}
    check_disjoint(sets)
    with pytest.raises(MynaError, match="train and test share speaker a"):
        check_disjoint(sets, speakers=[("train", "test")])


def test_shared_sentence_whatever_its_case_and_punctuation() -> None:
    """A test sentence must not be in training."""
    sets = {"train": data(("a", "1", "It's late, again!")), "test": data(("b", "2", "its LATE again"))}
    with pytest.raises(MynaError, match="share the sentence of a-1 and b-2"):
        check_disjoint(sets, sentences=[("train", "test")])


def test_duplicate_utterance() -> None:
    """An id that is there already is refused."""
    with pytest.raises(MynaError, match="a-1 occurs twice"):
        data(("a", "1", "one"), ("a", "1", "two"))


def test_subset_keeps_every_table(tmp_path: Path) -> None:
    """Rows of all tables and only the speakers that are left."""
    whole = make(tmp_path)
    whole.extra["phones"] = {key: "a" for key in whole.utterances}
    part = subset(whole, ["ana-01", "ana-03"])
    assert list(part.utterances) == ["ana-01", "ana-03"]
    assert list(part.consent) == ["ana"]
    assert list(part.extra["phones"]) == ["ana-01", "ana-03"]
    with pytest.raises(MynaError, match="utterance zoe-1 is not in"):
        subset(whole, ["zoe-1"])


def test_command_line(sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """validate, fix and subset, with their exit statuses."""
    assert main(["validate", str(sound)]) == 0
    Path(read(sound).utterances["bo-00"].audio).write_bytes(b"")
    assert main(["validate", str(sound)]) == 1
    assert "bo-00: audio" in capsys.readouterr().err
    assert main(["fix", str(sound)]) == 0
    assert "dropped bo-00: audio" in capsys.readouterr().out
    assert main(["subset", str(sound), str(tmp_path / "small"), "--speakers", "ana"]) == 0
    assert validate(tmp_path / "small") == []
    (tmp_path / "names").write_text("bo-02\n")
    assert main(["subset", str(sound), str(tmp_path / "one"), "--utterances", str(tmp_path / "names")]) == 0
    assert list(read(tmp_path / "one").utterances) == ["bo-02"]
    assert main(["subset", str(sound), str(tmp_path / "none"), "--first", "0"]) == 2
    assert not (tmp_path / "none").exists()
    assert main(["fix", str(tmp_path / "nowhere")]) == 2
    assert "error:" in capsys.readouterr().err
