"""A person's own folder: formats, transcripts, cuts, what is dropped, consent, and every bad input."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from omegaconf import DictConfig, OmegaConf
from run_stage import run_stage
from speech import SENTENCES, speak

from myna.corpora import align, an4, custom, pauses, pieces, quality, recognise, spoken_language, stage
from myna.corpora.person import speaker_id
from myna.errors import MynaError
from myna.kaldi.data import read
from myna.kaldi.validate import validate
from myna.measure.recogniser import Word
from myna.recipe.call import typed
from myna.recipe.compose import compose_recipe

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve sentences as wav files with a text file beside each: about 40 s."""
    folder = tmp_path_factory.mktemp("spoken")
    for number, text in enumerate(SENTENCES):
        samples = speak(text, folder / f"s{number:02d}.wav")
        quiet = np.random.default_rng(number).standard_normal(len(samples)) * 1e-4
        soundfile.write(folder / f"s{number:02d}.wav", samples + quiet, 22_050)
        (folder / f"s{number:02d}.txt").write_text(text + "\n")
    return folder


@pytest.fixture(scope="module", autouse=True)
def heard_once() -> Iterator[None]:
    """What the recogniser hears of a wave is kept: the same twelve sentences are spoken in most tests here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("words", "transcript"):
            patch.setattr(pieces, name, remembered(getattr(pieces, name)))
        yield


def remembered(hear: Callable[..., Any]) -> Callable[..., Any]:
    kept: dict[Any, Any] = {}

    def again(wave: np.ndarray, *how: object) -> Any:
        key = (wave.tobytes(), how)
        if key not in kept:
            kept[key] = hear(wave, *how)
        return kept[key]

    return again


@pytest.fixture
def mine(spoken: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(spoken, tmp_path / "my recordings"))


def config(folder: Path | None, tmp_path: Path, **values: object) -> DictConfig:
    """The recipe's real config for a folder, without the pool."""
    made = compose_recipe(RECIPES / "custom")
    OmegaConf.update(made, "data_dir", str(tmp_path / "data"))
    settings = {
        "target": str(folder) if folder else None,
        "name": "Ana",
        "consent": "own_voice",
        "pool": "none",
        "language": "en-us",
    }
    made.create_dataset.update(settings | values)
    return made


def everything(folder: Path) -> dict[Path, tuple[bytes, int]]:
    """Content and time of every file."""
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_a_folder_becomes_sets(mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad files are dropped for their reason, odd ones converted and said so, and nothing of the person's changes."""
    samples, rate = soundfile.read(mine / "s00.wav", dtype="float32")
    soundfile.write(mine / "s00.wav", np.stack([samples, samples], axis=1), rate)
    subprocess.run(["sox", mine / "s01.wav", "-r", "17000", mine / "s01.flac"], check=True)
    (mine / "s01.wav").unlink()
    subprocess.run(["ffmpeg", "-v", "error", "-i", mine / "s02.wav", mine / "s02.m4a"], check=True)
    (mine / "s02.wav").unlink()
    bad = {
        "clipped": np.clip(samples * 30, -1, 1),
        "noisy": samples + 0.1 * np.random.default_rng(0).standard_normal(len(samples)),
        "short": samples[4000:12000],
        "silent": np.zeros(40_000),
    }
    for name, wave in bad.items():
        soundfile.write(mine / f"{name}.wav", wave, rate)
        (mine / f"{name}.txt").write_text("some words that are said")
    person = next(c for c in an4.prepare(an4.download(tmp_path)).clips if c.id == "an4_mwhw-cen8")
    soundfile.write(mine / "other.wav", soundfile.read(person.source)[0], 16_000)
    (mine / "other.txt").write_text(person.text)
    speak("Nobody expected the parcel to arrive before dinner.", mine / "wrong.wav")
    (mine / "wrong.txt").write_text("far too many words for what is said here " * 8)
    before = everything(mine)

    run_stage(stage.run, config(mine, tmp_path))

    assert everything(mine) == before
    shown = capsys.readouterr().out
    reasons = {"clipped": "clipping", "noisy": "noise", "short": "too short", "silent": "no speech"}
    for name, reason in (
        reasons | {"other": "another speaker", "wrong": "the text given is not what is heard"}
    ).items():
        line = next(line for line in shown.splitlines() if line.startswith(f"left out     {name}.wav"))
        assert reason in line
    assert "s00.wav: 2 channels, mixed to one" in shown
    assert "s01.flac: 17000 Hz, converted" in shown
    assert "minutes of speech are left, in 12 pieces; 6 were dropped" in shown
    assert len((tmp_path / "data/dropped.tsv").read_text().splitlines()) == 7
    sets = {name: read(tmp_path / "data" / name) for name in ("target_train", "target_dev", "target_test")}
    assert sum(len(data.utterances) for data in sets.values()) == 12
    for name, data in sets.items():
        assert validate(tmp_path / "data" / name) == []
        assert data.speakers == ["ana"]
        assert data.consent["ana"].basis == "own_voice" and data.consent["ana"].scope == "private"
    assert {u.text for data in sets.values() for u in data.utterances.values()} == set(SENTENCES)


def test_a_long_file_is_cut_and_its_transcript_dealt(
    spoken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At pauses; the words go where they are said."""
    gap, parts, heard, now = np.zeros(15_000), [], [], 0.0
    for number, text in enumerate(SENTENCES):
        samples = soundfile.read(spoken / f"s{number:02d}.wav")[0]
        step = len(samples) / 22_050 / len(text.split())
        heard += [Word(w, now + i * step, now + (i + 1) * step, 0.9) for i, w in enumerate(text.split())]
        parts += [samples, gap]
        now += (len(samples) + len(gap)) / 22_050
    folder = tmp_path / "long"
    folder.mkdir()
    soundfile.write(folder / "talk.wav", np.concatenate(parts), 22_050)
    (folder / "talk.txt").write_text(" ".join(SENTENCES))
    monkeypatch.setattr("myna.corpora.pieces.words", lambda *arguments: heard)
    found = custom.judge(folder, typed(config(folder, tmp_path)).create_dataset).found
    assert found.dropped == []
    assert " ".join(piece.text for piece in found.kept) == " ".join(SENTENCES)
    assert all(piece.end - piece.start <= 15.0 for piece in found.kept)
    assert len(found.kept) >= 4
    assert all(piece.text.endswith(".") for piece in found.kept)


def test_pieces_without_a_pause_are_cut_at_quiet_moments() -> None:
    """No piece is ever longer than allowed."""
    wave = np.ones(16_000 * 20, dtype=np.float32)
    wave[16_000 * 6 : 16_000 * 6 + 1600] = 0.0
    parts = pauses._shorten((0.0, 20.0), wave, 16_000, 10.0)
    assert 6.0 <= parts[0][1] <= 6.1
    assert max(end - start for start, end in parts) <= 10.0
    assert parts[-1][1] == 20.0


def test_transcript_that_was_not_said_goes_to_nobody() -> None:
    """A cut in doubt gives None rather than wrong words."""
    heard = [Word("alpha", 0.0, 0.5, 1.0), Word("bravo", 0.5, 1.0, 1.0), Word("noise", 3.0, 3.5, 0.2)]
    assert align.deal("alpha bravo charly delta", heard, [(0.0, 1.2), (2.9, 4.0)]) == [None, None]


def test_whisper_writes_what_has_no_transcript(tmp_path: Path) -> None:
    """Real speech, the packaged model."""
    clip = next(c for c in an4.prepare(an4.download(tmp_path)).clips if c.id == "an4_mmxg-cen8")
    wave, rate = soundfile.read(clip.source, dtype="float32")
    text, confidence = recognise.text_of(recognise.words(wave, rate, "en-us"))
    assert "October" in text
    assert 0.3 < confidence <= 1.0
    assert recognise.text_of([]) == ("", 0.0)


def test_doubtful_transcripts_are_listed_and_corrections_are_taken(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine's text below the limit goes to to_check.csv; corrections.csv overrides it."""
    (mine / "s03.txt").unlink()
    monkeypatch.setattr("myna.corpora.pieces.transcript", lambda *a: ("my brother thinks that the hamster", 0.3))
    run_stage(stage.run, config(mine, tmp_path))
    assert (tmp_path / "data/to_check.csv").read_text() == "s03|my brother thinks that the hamster\n"
    assert "1 machine transcripts are in doubt" in capsys.readouterr().out
    (mine / "corrections.csv").write_text(f"s03|{SENTENCES[3]}\n")
    run_stage(stage.run, config(mine, tmp_path))
    assert (tmp_path / "data/to_check.csv").read_text() == ""


def test_under_thirty_seconds_is_refused(mine: Path, tmp_path: Path) -> None:
    """With how much there is, and nothing is written."""
    for path in sorted(mine.iterdir())[6:]:
        path.unlink()
    with pytest.raises(MynaError, match=r"only \d+ s of usable speech in 3 files, at least 30 s"):
        run_stage(stage.run, config(mine, tmp_path))
    assert not (tmp_path / "data").exists()


def test_consent_must_be_stated(mine: Path, tmp_path: Path) -> None:
    """The refusal explains both ways."""
    with pytest.raises(MynaError, match=r"no consent is stated.*own_voice.*consent\.yaml"):
        run_stage(stage.run, config(mine, tmp_path, consent=None))
    with pytest.raises(MynaError, match=r"nowhere\.yaml"):
        run_stage(stage.run, config(mine, tmp_path, consent=str(tmp_path / "nowhere.yaml")))


def test_unsigned_record_or_one_of_another_person(mine: Path, tmp_path: Path) -> None:
    """Neither stands for the person who speaks."""
    from myna.safety.records import ConsentRecord

    path = tmp_path / "consent.yaml"
    ConsentRecord(speaker="ana", basis="written", scope="private").save(path)
    with pytest.raises(MynaError, match="not signed"):
        run_stage(stage.run, config(mine, tmp_path, consent=str(path)))
    ConsentRecord(speaker="bob", basis="licence", scope="evaluation").save(path)
    with pytest.raises(MynaError, match="is the consent of bob, not of Ana"):
        run_stage(stage.run, config(mine, tmp_path, consent=str(path)))
    ConsentRecord(speaker="ana", basis="licence", scope="evaluation", licence="CC0").save(path)
    run_stage(stage.run, config(mine, tmp_path, consent=str(path)))
    assert read(tmp_path / "data/target_train").consent["ana"].licence == "CC0"
    assert (tmp_path / "data/consent.yaml").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("name", "message"), [(None, "needs a name"), (" !", "needs a name")])
def test_name_is_needed(mine: Path, tmp_path: Path, name: str | None, message: str) -> None:
    """It becomes the speaker id."""
    with pytest.raises(MynaError, match=message):
        run_stage(stage.run, config(mine, tmp_path, name=name))


def test_speaker_ids() -> None:
    """One word, in any script, without "-"."""
    assert speaker_id("Ana María-Luz") == "ana_maría_luz"
    assert speaker_id("王 小明") == "王_小明"


def test_missing_empty_and_wrong_folders(tmp_path: Path) -> None:
    """Each says what the folder should hold."""
    with pytest.raises(MynaError, match="needs --target"):
        run_stage(stage.run, config(None, tmp_path))
    with pytest.raises(MynaError, match="is missing; give the file or the folder"):
        run_stage(stage.run, config(tmp_path / "nowhere", tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(MynaError, match=r"holds no recording \(it is empty\)"):
        run_stage(stage.run, config(tmp_path / "empty", tmp_path))
    (tmp_path / "empty/photo.jpg").write_bytes(b"x")
    with pytest.raises(MynaError, match=r"holds no recording \(it has \.jpg files\)"):
        run_stage(stage.run, config(tmp_path / "empty", tmp_path))


def test_an_unknown_language_or_model_is_named(mine: Path, tmp_path: Path) -> None:
    """Said before anything is done; an unknown language lists those that there are."""
    with pytest.raises(MynaError, match="unknown language 'klingon'"):
        run_stage(stage.run, config(mine, tmp_path, language="klingon"))
    with pytest.raises(MynaError, match=r"'eo' without a transcript.*create_dataset.whisper"):
        recognise.require_model("eo", None)
    with pytest.raises(MynaError, match=r"Whisper model '.*nowhere' does not load.*create_dataset.whisper"):
        recognise.words(np.zeros(16_000, dtype=np.float32), 16_000, "de", str(tmp_path / "nowhere"))


def test_the_language_is_heard_and_a_mismatch_is_named(tmp_path: Path) -> None:
    """Real English: found without an option, and said where another was stated, which is kept."""
    corpus = an4.prepare(an4.download(tmp_path))
    files = {clip.id: Path(clip.source) for clip in corpus.clips if not clip.start}
    language, line = spoken_language.settle("auto", files)
    assert language == "en-us"
    assert line.startswith("language of the recordings: en-us (probability ")
    language, line = spoken_language.settle("de", files)
    assert language == "de"
    assert "create_dataset.language=de is kept" in line
    assert spoken_language.settle("en-gb", files) == ("en-gb", "")


def test_parts_of_a_word_are_joined_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whisper hears `Weißenburg` and `-Gunzenhausen` as two words of one."""
    parts = [
        SimpleNamespace(word=w, start=n, end=n + 1.0, probability=0.9) for n, w in enumerate((" in", " Bad", "-Ems."))
    ]
    again = [SimpleNamespace(word=" und", start=3.0, end=3.1, probability=0.9)] * 20
    segments = [
        SimpleNamespace(words=parts, compression_ratio=0.9),
        SimpleNamespace(words=again, compression_ratio=4.5),
    ]
    whisper = SimpleNamespace(transcribe=lambda *audio, **asked: (segments, None))
    monkeypatch.setattr(recognise, "load", lambda *arguments: whisper)
    heard = recognise.words(np.zeros(16_000, np.float32), 16_000, "de")
    assert recognise.text_of(heard, "de")[0] == "in Bad-Ems."
    assert (heard[1].start, heard[1].end) == (1, 3.0)


def test_a_chinese_transcript_is_dealt_by_characters() -> None:
    """Marks stay with the character before them; a heard word shares its time among its characters."""
    heard = [Word("你好", 0.0, 1.0, 0.9), Word("世界", 2.0, 3.0, 0.9)]
    assert align.deal("你好，世界。", heard, [(0.0, 1.5), (1.5, 3.5)], "cmn") == ["你好，", "世界。"]
    assert recognise.text_of(heard, "cmn")[0] == "你好世界"


def test_long_file_without_a_recogniser_is_dropped_with_the_remedy(
    spoken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its text cannot be dealt to pieces without a model of that language; short files are kept."""
    folder = Path(shutil.copytree(spoken, tmp_path / "lang"))
    waves = [soundfile.read(folder / f"s{number:02d}.wav")[0] for number in range(6)]
    soundfile.write(folder / "talk.wav", np.concatenate(waves), 22_050)
    (folder / "talk.txt").write_text(" ".join(SENTENCES[:6]))
    monkeypatch.setattr("myna.corpora.pieces.can_transcribe", lambda *arguments: False)
    found = custom.judge(folder, typed(config(folder, tmp_path, language="de")).create_dataset).found
    assert len(found.kept) == 12
    assert [file.name for file, _, _, _ in found.dropped] == ["talk.wav"]
    assert "cut it into shorter files" in found.dropped[0][3]


def test_clipping_and_noise_measures() -> None:
    """Sounds whose measures are known."""
    time = np.arange(16_000) / 16_000
    tone = 0.5 * np.sin(2 * np.pi * 150 * time)
    assert quality.clipped_share(tone.astype(np.float32)) < 1e-3
    assert quality.clipped_share(np.clip(4 * tone, -1, 1).astype(np.float32)) > 0.1
    assert quality.clipped_share((0.8 * np.clip(4 * tone, -1, 1)).astype(np.float32)) > 0.1
    assert quality.clipped_share(np.zeros(100, dtype=np.float32)) == 0.0
    noise = 0.005 * np.random.default_rng(0).standard_normal(16_000)
    wave = np.concatenate([noise, tone + noise, noise])
    distance = quality.speech_level(wave[16_000:32_000], 16_000) - quality.noise_level(wave, 16_000, [(1.0, 2.0)])
    assert abs(distance - 37) < 1.5
