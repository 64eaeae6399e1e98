"""Stage 0: sets written, validated and kept; what it refuses."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf
from run_stage import run_stage
from speech import SENTENCES, speak

from myna.corpora import mini_voices, stage
from myna.corpora.clip import Clip, Corpus
from myna.errors import MynaError
from myna.kaldi.audio import audio_seconds
from myna.kaldi.data import Consent, DataDir, Utterance, read
from myna.kaldi.validate import validate
from myna.recipe.call import typed
from myna.recipe.compose import compose_recipe

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Clip]]:
    """A pool voice and a target voice, six sentences each."""
    folder = tmp_path_factory.mktemp("speech")
    made: dict[str, list[Clip]] = {}
    for speaker, voice, texts in (("pool", "en-us", SENTENCES[:6]), ("target", "en-gb", SENTENCES[6:])):
        made[speaker] = []
        for number, text in enumerate(texts):
            path = folder / speaker / f"{number}.wav"
            speak(text, path, voice)
            made[speaker].append(Clip(speaker, f"{number}", "en-us", text, path, audio_seconds(path)))
    return made


def config(tmp_path: Path, builder: str = "myna.corpora.mini_voices.build") -> DictConfig:
    """The default config with a data folder of its own."""
    made = compose_recipe(RECIPES / "mini_voices", [f"create_dataset.builder={builder}", "num_workers=1"])
    OmegaConf.update(made, "data_dir", str(tmp_path / "data"))
    OmegaConf.update(made, "create_dataset.downloads", str(tmp_path / "downloads"))
    return made


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch, clips: dict[str, list[Clip]]) -> Callable[..., None]:
    """Lets the default builder give a pool and a target of a few clips."""

    def set_up(consent: tuple[str, ...] = ("pool", "target"), leak: bool = False) -> None:
        target = clips["target"]
        corpus = Corpus(
            (*clips["pool"], *target), {speaker: Consent("licence", "evaluation", "free") for speaker in consent}
        )
        sets = {"pool_train": clips["pool"], "target_train": target[:3], "target_test": target[3:]}
        if leak:
            again = Clip("pool", "leak", "en-us", target[4].text.upper(), target[4].source, target[4].duration)
            sets["pool_train"] = [*clips["pool"], again]
        monkeypatch.setattr(mini_voices, "build", lambda settings, workspace, downloads: (corpus, sets))

    return set_up


def test_sets_are_written_validated_and_kept(
    tmp_path: Path, builds: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """A second run writes the same tables and no audio; what a killed run left out is made."""
    builds()
    run_stage(stage.run, config(tmp_path))
    shown = capsys.readouterr().out
    assert "target_train" in shown and "en-us" in shown
    for name in ("pool_train", "target_train", "target_test"):
        assert validate(tmp_path / "data" / name) == []
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "data/wav").rglob("*.wav")}
    tables = {path: path.read_bytes() for path in (tmp_path / "data").glob("target_*/*")}
    lost = tmp_path / "data/wav/target/target-0.wav"
    lost.unlink()
    torn = lost.with_name(".target-0.77.tmp.wav")
    torn.write_bytes(b"half")
    run_stage(stage.run, config(tmp_path))
    assert not torn.exists()
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "data/wav").rglob("*.wav")}
    assert lost in after
    assert {path: time for path, time in after.items() if path != lost} == {
        p: t for p, t in before.items() if p != lost
    }
    assert {path: path.read_bytes() for path in (tmp_path / "data").glob("target_*/*")} == tables


def test_what_is_odd_among_all_voices_is_dropped_and_said(
    tmp_path: Path, builds: Callable[..., None], capsys: pytest.CaptureFixture[str], clips: dict[str, list[Clip]]
) -> None:
    """A text that passed in its own corpus may not pass among the others."""
    builds()
    whole = clips["pool"][0]
    clips["pool"].append(Clip("pool", "odd", "en-us", "a. " * 200, whole.source, whole.duration))
    try:
        run_stage(stage.run, config(tmp_path))
    finally:
        clips["pool"].pop()
    assert "pool_train: dropped pool-odd:" in capsys.readouterr().out
    assert "pool-odd" not in read(tmp_path / "data/pool_train").utterances


def test_target_without_consent_is_refused(tmp_path: Path, builds: Callable[..., None]) -> None:
    """Before any audio of it is written."""
    builds(consent=("pool",))
    with pytest.raises(MynaError, match="target has no consent record"):
        run_stage(stage.run, config(tmp_path))
    assert not (tmp_path / "data/wav/target").exists()


def test_target_set_without_consent_row_is_refused() -> None:
    """Also when the sets come from elsewhere."""
    data = DataDir({"ana-1": Utterance("ana-1", "ana", "x.wav", "hello", "en-us", 1.0)})
    with pytest.raises(MynaError, match=r"target speaker ana \(target_train\) has no consent record"):
        stage.check_sets({"target_train": data})


def test_test_sentence_in_the_pool_is_refused(tmp_path: Path, builds: Callable[..., None]) -> None:
    """Whatever its case."""
    builds(leak=True)
    with pytest.raises(MynaError, match="pool_train and target_test share the sentence of pool-leak"):
        run_stage(stage.run, config(tmp_path))


def test_full_disk(tmp_path: Path, builds: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the remedy; no half of a file stays."""
    builds()

    def full(path: str, *arguments: object, **options: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device", path)

    monkeypatch.setattr("soundfile.write", full)
    with pytest.raises(MynaError, match=r"disk is full.*free some space"):
        run_stage(stage.run, config(tmp_path))
    assert [path for path in (tmp_path / "data").rglob("*") if path.is_file()] == []


def test_no_network_and_nothing_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first file that is missing is named, with where it comes from and where to put it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MynaError, match=r"asterisk-core-sounds-en_1\.6\.1-1_all\.deb is missing.*Debian.*put the file"):
        run_stage(stage.run, config(tmp_path))
    assert not (tmp_path / "data").exists()


def test_pool_of_nothing(tmp_path: Path) -> None:
    """Named with the keys that fill it."""
    made = config(tmp_path)
    made.create_dataset.update({"asterisk": [], "festvox_ru": False, "flite": []})
    with pytest.raises(MynaError, match="the pool is empty; name at least one"):
        mini_voices.pool(typed(made).create_dataset, tmp_path)


@pytest.mark.parametrize("builder", ["os.system", "myna.corpora.nowhere.build", "myna.corpora.mini_voices.nothing"])
def test_unknown_builder(tmp_path: Path, builder: str) -> None:
    """Only builders of this package, and only those that exist."""
    with pytest.raises(MynaError, match=r"create_dataset.builder="):
        run_stage(stage.run, config(tmp_path, builder))


def test_durations_are_those_of_the_files(tmp_path: Path, builds: Callable[..., None]) -> None:
    """utt2dur says what the written wav files last."""
    builds()
    run_stage(stage.run, config(tmp_path))
    for utterance in read(tmp_path / "data/target_test").utterances.values():
        assert abs(utterance.duration - audio_seconds(utterance.audio)) < 1e-3
