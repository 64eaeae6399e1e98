"""The multilingual recogniser: joined whole or not at all, and it hears German."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from myna.errors import MynaError
from myna.measure import wer, whisper_models

GERMAN = "Der alte Mann geht jeden Morgen mit seinem Hund in den Park."


@pytest.fixture
def place(tmp_path: Path, monkeypatch) -> Path:
    """A place of its own for the joined model."""
    folder = tmp_path / "share" / "base"
    monkeypatch.setattr(whisper_models, "_places", lambda: iter([folder]))
    whisper_models.multilingual.cache_clear()
    yield folder
    whisper_models.multilingual.cache_clear()


@pytest.fixture(scope="module")
def german(tmp_path_factory) -> tuple[np.ndarray, int]:
    """A German sentence by espeak-ng."""
    path = tmp_path_factory.mktemp("german") / "german.wav"
    subprocess.run(["espeak-ng", "-v", "de", "-s", "140", "-w", str(path), GERMAN], check=True)
    return soundfile.read(path, dtype="float32")


def test_the_parts_are_joined_once_and_a_broken_folder_is_made_again(place: Path) -> None:
    assert whisper_models.multilingual() == place
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    model = place / "model.bin"
    stamp = model.stat().st_mtime_ns
    whisper_models.multilingual.cache_clear()
    assert whisper_models.multilingual() == place
    assert model.stat().st_mtime_ns == stamp
    model.write_bytes(b"half")
    whisper_models.multilingual.cache_clear()
    whisper_models.multilingual()
    assert model.stat().st_size == whisper_models._FILES["model.bin"][0]


def test_a_part_that_is_not_the_published_one_is_refused(place: Path, tmp_path: Path, monkeypatch) -> None:
    part = tmp_path / "data" / "model.bin.part1"
    part.parent.mkdir()
    part.write_bytes(b"another model")
    monkeypatch.setattr(whisper_models, "_sources", lambda name: [part])
    with pytest.raises(MynaError, match="install them again"):
        whisper_models.multilingual()
    assert not place.exists()
    assert list(place.parent.iterdir()) == []


def test_a_place_that_cannot_be_written_leads_to_the_next(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    places = [tmp_path / "file" / "base", tmp_path / "cache" / "base"]
    monkeypatch.setattr(whisper_models, "_places", lambda: iter(places))
    whisper_models.multilingual.cache_clear()
    assert whisper_models.multilingual() == places[1]
    monkeypatch.setattr(whisper_models, "_places", lambda: iter(places[:1]))
    whisper_models.multilingual.cache_clear()
    with pytest.raises(MynaError, match="no place for the speech recogniser"):
        whisper_models.multilingual()
    whisper_models.multilingual.cache_clear()


def test_german_is_heard(german) -> None:
    heard = wer.transcribe(*german, "de")
    assert heard == wer.transcribe(*german, "de")
    assert wer.cer([GERMAN], [heard], "de") < 0.3 < wer.cer([GERMAN], [wer.transcribe(*german, "fr")], "de")


def test_noise_gives_no_endless_text() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 5 * 16_000).astype(np.float32)
    assert len(wer.transcribe(noise, 16_000, "cmn")) < 80


def test_a_missing_package_says_how_to_get_it(place: Path, monkeypatch) -> None:
    monkeypatch.setattr(whisper_models, "_PARTS", (("no_such_package", "x"), ("no_such_package", "y")))
    with pytest.raises(MynaError, match="package no_such_package is missing"):
        whisper_models.multilingual()
    assert list(place.parent.iterdir()) == []
