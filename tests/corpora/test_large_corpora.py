"""VCTK, LibriTTS, LJ Speech and AISHELL-3 on small trees of the same layout."""

import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from omegaconf import DictConfig, OmegaConf
from run_stage import run_stage

from myna.corpora import aishell3, libritts, ljspeech, stage, vctk
from myna.errors import MynaError
from myna.files import sha256
from myna.kaldi.data import read
from myna.kaldi.validate import validate
from myna.recipe.call import typed
from myna.recipe.compose import compose_recipe
from myna.workspace import Workspace

RECIPES = Path(__file__).parents[2] / "recipes"
RNG = np.random.default_rng(0)


def sound(path: Path, seconds: float, rate: int) -> None:
    """Write a hum."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(int(seconds * rate)) / rate
    soundfile.write(path, 0.2 * np.sin(900 * time) + 0.01 * RNG.standard_normal(len(time)), rate)


def words(number: int) -> str:
    """A sentence of its own for each number."""
    return " ".join(f"{word}{chr(97 + number % 26)}{chr(97 + number // 26)}" for word in ("alpha", "bravo", "charly"))


def recipe(name: str, tmp_path: Path, **values: object) -> DictConfig:
    """The recipe's real config, with small sets and folders of its own."""
    small = {"train_minutes": 0.4, "dev_minutes": 0.1, "test_minutes": 0.2}
    config = compose_recipe(RECIPES / name)
    OmegaConf.set_struct(config, False)
    config.create_dataset.voice.update(small)
    config.create_dataset.update({"downloads": str(tmp_path / "downloads"), "spk_test_utterances": 3, **values})
    config.update({"data_dir": str(tmp_path / "data"), "num_workers": 1})
    return config


def test_vctk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts and sound meet; accents choose the language; whole files are not copied."""
    root = tmp_path / "vctk"
    for s, speaker in enumerate(("p225", "p226", "p294", "p315", "s5")):
        for number in range(1, 13):
            name = f"{speaker}_{number:03d}"
            sound(root / f"wav48_silence_trimmed/{speaker}/{name}_mic2.flac", 3.0, 48_000)
            if speaker != "p315":
                text = root / f"txt/{speaker}/{name}.txt"
                text.parent.mkdir(parents=True, exist_ok=True)
                text.write_text(words(number if number < 4 else number + 20 * s) + "\n")
    (root / "speaker-info.txt").write_text(
        "ID  AGE  GENDER  ACCENTS  REGION COMMENTS\np225  23  F    English    Southern\np294  33  F  American  SF\n"
    )
    monkeypatch.setattr(vctk, "download", lambda cache: root)
    config = recipe("vctk", tmp_path, spk_test_speakers=1)
    run_stage(stage.run, config)
    target = read(tmp_path / "data/target_train")
    assert target.speakers == ["p225"]
    assert {u.language for u in target.utterances.values()} == {"en-gb"}
    assert all(Path(u.audio).suffix == ".flac" for u in target.utterances.values())
    everyone = [read(tmp_path / "data" / name) for name in ("pool_train", "pool_dev", "spk_test")]
    assert "p315" not in {speaker for data in everyone for speaker in data.speakers}
    american = [u for data in everyone for u in data.utterances.values() if u.speaker == "p294"]
    assert {u.language for u in american} == {"en-us"}
    tested = {u.text for u in read(tmp_path / "data/target_test").utterances.values()}
    assert not tested & {u.text for data in everyone[:2] for u in data.utterances.values()}
    assert target.consent["p225"].licence == "CC-BY-4.0 (VCTK 0.92)"


def test_vctk_of_another_layout(tmp_path: Path) -> None:
    """The message says what is expected."""
    with pytest.raises(MynaError, match=r"no wav48_silence_trimmed.*VCTK 0.92"):
        vctk.prepare(tmp_path)


def test_libritts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers of the test part are the target and the unknown; the pool is the training part."""
    for part, readers in (("train-clean-100", (19, 103)), ("test-clean", (1089, 121))):
        for reader in readers:
            for number in range(14):
                name = f"{reader}_77_{number:06d}_000000"
                path = tmp_path / f"LibriTTS/{part}/{reader}/77/{name}.wav"
                sound(path, 3.0, 24_000)
                path.with_suffix(".normalized.txt").write_text(words(number + reader) + "\n")
                path.with_suffix(".original.txt").write_text("not used")
    monkeypatch.setattr(libritts, "download", lambda cache, parts: tmp_path)
    run_stage(stage.run, recipe("libritts", tmp_path, parts=["train-clean-100", "test-clean"]))
    assert read(tmp_path / "data/pool_train").speakers == ["libritts00019", "libritts00103"]
    assert read(tmp_path / "data/target_test").speakers == ["libritts01089"]
    assert read(tmp_path / "data/spk_test").speakers == ["libritts00121"]


def test_libritts_part_that_does_not_exist(tmp_path: Path) -> None:
    """The message lists the parts."""
    with pytest.raises(MynaError, match=r"no part 'train-all'; choose .*train-clean-100"):
        libritts.download(tmp_path, ("train-all",))


def test_ljspeech(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The normalised text is what is spoken; the target alone when the pool is none."""
    rows = []
    for number in range(20):
        sound(tmp_path / f"LJSpeech-1.1/wavs/LJ001-{number:04d}.wav", 3.0, 22_050)
        rows.append(f"LJ001-{number:04d}|raw 1|{words(number)}\n")
    (tmp_path / "LJSpeech-1.1/metadata.csv").write_text("".join(rows))
    monkeypatch.setattr(ljspeech, "download", lambda cache: tmp_path)
    run_stage(stage.run, recipe("ljspeech", tmp_path, pool="none"))
    names = sorted(path.name for path in (tmp_path / "data").iterdir())
    assert names == ["target_dev", "target_test", "target_train"]
    for name in names:
        assert validate(tmp_path / "data" / name) == []
    assert "raw" not in (tmp_path / "data/target_train/text").read_text()
    (tmp_path / "LJSpeech-1.1/wavs/LJ001-0003.wav").unlink()
    with pytest.raises(MynaError, match=r"LJ001-0003\.wav is missing"):
        ljspeech.prepare(tmp_path)


def test_aishell3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Characters without their pinyin; unknown speakers are those of the test part only."""
    characters = "天地人你我他上下左右东西南北春夏秋冬山水火土金木日月星云风雨"
    for part, speakers in (("train", ("SSB0005", "SSB0009")), ("test", ("SSB0005", "SSB0073"))):
        rows = []
        for s, speaker in enumerate(speakers):
            for number in range(14):
                name = f"{speaker}{number + (50 if part == 'test' else 0):04d}.wav"
                sound(tmp_path / part / "wav" / speaker / name, 2.5, 44_100)
                start = (number + 7 * s + (3 if part == "test" else 0)) % 24
                text = characters[start : start + 6]
                rows.append(f"{name}\t{' '.join(f'{c} yin{number % 4 + 1}' for c in text)}\n")
        (tmp_path / part / "content.txt").write_text("".join(rows), encoding="utf-8")
    monkeypatch.setattr(aishell3, "download", lambda cache: tmp_path)
    corpus = aishell3.prepare(tmp_path)
    assert len(corpus.clips) == 56
    assert corpus.clips[0].text == characters[:6]
    assert corpus.clips[0].language == "cmn"
    settings = typed(recipe("aishell3", tmp_path))
    made, sets = aishell3.build(settings, Workspace.of(settings), tmp_path)
    assert {clip.speaker for clip in sets["spk_test"]} == {"SSB0073"}
    assert {clip.speaker for clip in sets["pool_train"]} == {"SSB0009"}
    assert made.consent["SSB0005"].licence == "Apache-2.0 (AISHELL-3)"


def test_aishell3_bad_line(tmp_path: Path) -> None:
    """Named with its number."""
    path = tmp_path / "content.txt"
    path.write_text("SSB00050001.wav\t天 tian1\nSSB00050002.wav 地 di4\n", encoding="utf-8")
    with pytest.raises(MynaError, match=r"content.txt, line 2"):
        aishell3.transcripts(path)


def test_target_that_is_not_in_the_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names some that are."""
    sound(tmp_path / "wav48_silence_trimmed/p226/p226_001_mic2.flac", 3.0, 48_000)
    (tmp_path / "txt/p226").mkdir(parents=True)
    (tmp_path / "txt/p226/p226_001.txt").write_text(words(1))
    monkeypatch.setattr(vctk, "download", lambda cache: tmp_path)
    with pytest.raises(MynaError, match=r"voice.speaker=p225 is not in the corpus; choose one such as p226"):
        run_stage(stage.run, recipe("vctk", tmp_path))


def test_archive_is_fetched_over_http_and_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Part of LibriTTS as its archive has it; the second time neither the network nor the archive is needed."""
    tree = tmp_path / "tree"
    sound(tree / "LibriTTS/dev-clean/84/121123/84_121123_000007_000001.wav", 2.0, 24_000)
    (tree / "LibriTTS/dev-clean/84/121123/84_121123_000007_000001.normalized.txt").write_text(words(1))
    served = tmp_path / "served"
    served.mkdir()
    with tarfile.open(served / "dev-clean.tar.gz", "w:gz") as tar:
        tar.add(tree / "LibriTTS", "LibriTTS")
    monkeypatch.setattr(libritts, "URL", served.as_uri())
    monkeypatch.setitem(libritts.SHA256, "dev-clean", sha256(served / "dev-clean.tar.gz"))
    monkeypatch.setattr("urllib.response.addinfourl.status", 200, raising=False)
    root = libritts.download(tmp_path / "cache", ("dev-clean",))
    corpus = libritts.prepare(root, ("dev-clean",))
    assert [clip.id for clip in corpus.clips] == ["libritts00084-121123_000007_000001"]
    for archive in (tmp_path / "cache").rglob("*.tar.gz"):
        archive.unlink()
    (served / "dev-clean.tar.gz").unlink()
    assert libritts.download(tmp_path / "cache", ("dev-clean",)) == root
