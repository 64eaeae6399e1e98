"""Stage 1 on a tiny recipe of real speech: its files, its refusals, and going on after a kill."""

import errno
import hashlib
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import kaldiio
import numpy as np
import pytest
import soundfile
from omegaconf import DictConfig, OmegaConf
from run_stage import run_stage

from myna.audio import process, spread, stage
from myna.audio.features import FeatureSet, format_phones, parse_phones, read_features
from myna.errors import MynaError
from myna.kaldi.tables import read_table
from myna.recipe.compose import compose_recipe
from myna.text.front_end import load_front_end
from myna.text.tokens import TokenList

CONF, RECIPES = (Path(__file__).parents[2] / name for name in ("conf", "recipes"))
KILLED = """
import os, signal, sys
from omegaconf import OmegaConf
from myna.audio import process
from myna.audio.stage import run
from myna.recipe.call import typed
from myna.workspace import Workspace
extract, calls = process.extract, []
def die_at_the_fourth(*given):
    calls.append(1)
    if len(calls) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return extract(*given)
process.extract = die_at_the_fourth
settings = typed(OmegaConf.load(sys.argv[1]))
run(settings, Workspace.of(settings))
"""


def read_by_kaldi(folder: Path) -> None:
    """`feats.scp` names matrices of a Kaldi archive: the mels, to within what Kaldi's compression of a byte keeps."""
    found = dict(kaldiio.load_scp(str(folder / "feats.scp")))
    utterances = list(FeatureSet(folder))
    assert set(found) == {utterance.name for utterance in utterances} and found
    for utterance in utterances:
        np.testing.assert_allclose(found[utterance.name], utterance.read("mel")["mel"], atol=0.1)


def digests(dump: Path) -> dict[str, str]:
    """Hash every file of a dump folder, with the folder's own name taken out of the tables."""
    files = [path for path in dump.rglob("*") if path.is_file() and path.name != ".stats"]
    return {
        str(path.relative_to(dump)): hashlib.sha256(path.read_bytes().replace(str(dump).encode(), b"")).hexdigest()
        for path in files
    }


def test_everything_that_later_stages_read(recipe: DictConfig) -> None:
    """Audio, features and tables agree with each other, in training and test sets."""
    run_stage(stage.run, recipe)
    dump = Path(recipe.dump_dir)
    for name in ("pool_train", "target_train", "target_test"):
        for utterance in FeatureSet(dump / name):
            wave, rate = soundfile.read(utterance.wav, dtype="float32")
            found = utterance.read("mel", "mfcc", "f0", "energy")
            assert rate == 22_050 and len(wave) == utterance.frames * 256
            assert {len(array) for array in found.values()} == {utterance.frames}
            assert utterance.seconds == pytest.approx(len(wave) / rate, abs=1e-3)
            assert " " in utterance.phones and len(utterance.phones) > 20
            assert utterance.language == "en-us" and utterance.name.startswith(utterance.speaker + "-")
            assert np.abs(wave).max() <= 10 ** (-1 / 20) + 1e-4
        read_by_kaldi(dump / name)
    assert {u.band for u in FeatureSet(dump / "pool_train")} == {8000.0}
    known = set(TokenList.load(dump / "tokens.txt").symbols)
    assert set(FeatureSet(dump / "target_test")[0].phones) <= known
    assert not list(dump.rglob("*.tmp*"))


def test_copies_stay_in_training_sets(recipe: DictConfig) -> None:
    """The target's training set is tripled under new ids of utterance and speaker; nothing else is."""
    run_stage(stage.run, recipe)
    dump = Path(recipe.dump_dir)
    target = FeatureSet(dump / "target_train")
    assert [u.name for u in target] == [f"{p}bob-{n}" for p in ("", "ps+2-", "sp0.9-") for n in (0, 1)]
    assert target.speakers == ["bob", "ps+2-bob", "sp0.9-bob"]
    assert target["sp0.9-bob-0"].original == "bob-0"
    assert target["sp0.9-bob-0"].seconds == pytest.approx(target["bob-0"].seconds / 0.9, rel=0.02)
    assert [target[f"{p}bob-0"].band for p in ("", "sp0.9-")] == [8000, 7200]
    assert read_table(dump / "target_train/spk2consent")["ps+2-bob"] == "licence evaluation BSD"
    assert len(FeatureSet(dump / "target_train", augmented=False)) == 2
    for name in ("pool_train", "target_test"):
        assert all(u.original is None for u in FeatureSet(dump / name))


@pytest.mark.parametrize("name", ["char", "sentencepiece"])
def test_the_chosen_front_end_is_taught_and_kept(name: str, recipe: DictConfig, tmp_path: Path) -> None:
    """`text=…` decides the symbols of every set, with the recipe's lexicon; the token list covers them."""
    recipe.text = OmegaConf.load(CONF / "text" / f"{name}.yaml")
    recipe.text.front_end.vocabulary, recipe.text.lexicon = 32, "own.txt"
    (tmp_path / "own.txt").write_text("street\troad\n", encoding="utf-8")
    run_stage(stage.run, recipe)
    dump = Path(recipe.dump_dir)
    kept, known = load_front_end(dump), set(TokenList.load(dump / "tokens.txt").symbols)
    assert kept.name == name and len(known) <= 32
    for utterance in FeatureSet(dump / "target_test"):
        assert list(utterance.phones) == kept.symbols(utterance.text, "en-us")
        assert set(utterance.phones) <= known
        said = "".join(utterance.phones).replace("▁", " ").strip()
        assert said == "please enter the number and then the road"


def test_statistics_are_of_the_originals(recipe: DictConfig) -> None:
    """The mean and deviation agree with numpy's over the training sets."""
    run_stage(stage.run, recipe)
    dump = Path(recipe.dump_dir)
    sets = [FeatureSet(dump / name, augmented=False) for name in ("pool_train", "target_train")]
    found = [u.read() for features in sets for u in features]
    mel, pitch = np.concatenate([f["mel"] for f in found]), np.concatenate([f["f0"] for f in found])
    stats = np.load(dump / "stats.npz")
    assert np.allclose(stats["mel_mean"], mel.mean(axis=0), atol=1e-3)
    assert np.allclose(stats["mel_std"], mel.std(axis=0), atol=1e-3)
    assert stats["f0_mean"] == pytest.approx(np.log(pitch[pitch > 0]).mean(), abs=1e-3)
    assert stats["frames"] == len(mel) and stats["energy_std"] > 0


def test_a_second_run_does_nothing_and_changes_are_followed(recipe: DictConfig) -> None:
    """Finished utterances stay untouched; other settings, a lost file or a removed utterance are put right."""
    run_stage(stage.run, recipe)
    dump = Path(recipe.dump_dir)
    before = {path: path.stat().st_mtime_ns for path in dump.glob("*/feats/*")}
    run_stage(stage.run, recipe)
    assert before == {path: path.stat().st_mtime_ns for path in dump.glob("*/feats/*")}
    (dump / "pool_train/feats/ann-0.npz").unlink()
    (dump / "pool_train/wav/.ann-0.1.tmp.wav").write_text("left by a killed run")
    recipe.features.keep = [*recipe.features.keep, "linear"]
    recipe.augment.speed = []
    run_stage(stage.run, recipe)
    assert read_features(dump / "pool_train/feats/ann-0.npz", ["linear"])["linear"].shape[1] == 513
    names = sorted(path.stem for path in (dump / "target_train/wav").iterdir())
    assert names == ["bob-0", "bob-1", "ps+2-bob-0", "ps+2-bob-1"]
    assert not list(dump.rglob(".*.tmp*"))


def test_killed_and_gone_on_with(recipe: DictConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After SIGKILL in the middle, dask workers finish the rest, and the files are those of an unbroken run."""
    run_stage(stage.run, recipe)
    whole = digests(tmp_path / "dump")
    recipe.dump_dir = str(tmp_path / "killed")
    OmegaConf.save(recipe, tmp_path / "config.yaml")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "config.yaml")], capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "killed").glob("*/records/*")}
    assert 0 < len(done) < 7
    assert not list((tmp_path / "killed").glob("*/feats.scp"))
    monkeypatch.setattr(spread, "WORTH_A_CLUSTER", 1)
    recipe.num_workers = 2
    recipe.features.shard_size = 1
    run_stage(stage.run, recipe)
    assert digests(tmp_path / "killed") == whole
    assert all(path.stat().st_mtime_ns == time for path, time in done.items())


def test_short_utterances_are_dropped_from_training_only(recipe: DictConfig, tmp_path: Path) -> None:
    """Training sets lose what is too short or silent, and say so; test sets keep everything."""
    recipe.features.limits.min_seconds = 0.7
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(32_000), 16_000)
    data = Path(recipe.data_dir)
    for name in ("pool_train/wav.scp", "target_test/wav.scp"):
        table = read_table(data / name)
        table[max(table)] = str(silent.with_name(f"{name.split('/')[0]}.wav"))
        shutil.copy(silent, table[max(table)])
        (data / name).write_text("".join(f"{key} {value}\n" for key, value in table.items()))
    run_stage(stage.run, recipe)
    dropped = (Path(recipe.dump_dir) / "pool_train/dropped.tsv").read_text()
    assert "ann-2\tno speech heard" in dropped and "ann-1\ttoo short: 0.50 s" in dropped
    assert "ann-2" not in read_table(Path(recipe.dump_dir) / "pool_train/text")
    assert len(FeatureSet(Path(recipe.dump_dir) / "target_test")) == 2


@pytest.mark.parametrize(("table", "content", "message"), [
    ("target_test/text", "bob-2 ...\nbob-3 yes\n", r"target_test/text: utterance bob-2 .* no phonemes"),
    ("target_test/utt2lang", "bob-2 xx\nbob-3 en-us\n", r"utterance bob-2: unknown language"),
    ("target_test/wav.scp", "bob-2 no.wav\nbob-3 no.wav\n", r"bob-2: no\.wav does not exist"),
    ("target_test/wav.scp", "bob-2 sox a.wav - |\n", r"bob-2 is a command"),
    ("target_test/utt2spk", "bob-3 bob\n", r"utt2spk has nothing for utterance bob-2"),
    ("target_test/spk2consent", "eve written publish\n", r"spk2consent lacks speaker bob"),
    ("target_test/utt2spk", "bob-2 sp0.9-bob\nbob-3 bob\n", r"sp0\.9-bob begins like an augmented copy"),
])  # fmt: skip
def test_bad_tables_are_named(recipe: DictConfig, table: str, content: str, message: str) -> None:
    """Each error names the table and the utterance, before anything is processed."""
    (Path(recipe.data_dir) / table).write_text(content)
    with pytest.raises(MynaError, match=message):
        run_stage(stage.run, recipe)
    assert not Path(recipe.dump_dir).exists()


def test_leaks_are_refused(recipe: DictConfig) -> None:
    """No copies of test recordings, and no test recording among the training ones."""
    recipe.augment.sets = ["target_*"]
    with pytest.raises(MynaError, match=r"augment\.sets reaches target_test"):
        run_stage(stage.run, recipe)
    recipe.augment.sets = []
    data = Path(recipe.data_dir)
    seen = read_table(data / "target_train/wav.scp")["bob-0"]
    (data / "target_test/wav.scp").write_text(f"bob-2 {seen}\nbob-3 {seen}\n")
    with pytest.raises(MynaError, match="is in target_train and in target_test"):
        run_stage(stage.run, recipe)


def test_missing_sets_and_features_name_the_stage(recipe: DictConfig, tmp_path: Path) -> None:
    """Without stage 0 there is nothing to do; without stage 1 nothing to read."""
    with pytest.raises(MynaError, match="run stage 1"):
        FeatureSet(tmp_path / "dump/pool_train")
    with pytest.raises(MynaError, match="run stage 1"):
        read_features(tmp_path / "none.npz")
    shutil.rmtree(recipe.data_dir)
    with pytest.raises(MynaError, match="run stage 0"):
        run_stage(stage.run, recipe)


def test_unreadable_recording_and_full_disk(recipe: DictConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are one line; what was finished before stays."""
    table = Path(recipe.data_dir) / "target_test/wav.scp"
    good = table.read_text()
    (Path(recipe.data_dir) / "bad.wav").write_text("no audio")
    table.write_text(f"bob-2 {recipe.data_dir}/bad.wav\n")
    with pytest.raises(MynaError, match=r"bad\.wav cannot be read"):
        run_stage(stage.run, recipe)
    table.write_text(good)

    def full(*_given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(process, "atomic_text", full)
    with pytest.raises(MynaError, match="disk is full"):
        run_stage(stage.run, recipe)


@pytest.mark.parametrize(("word", "message"), [
    ("features.keep=[mel,f0,energy,colour]", r"features\.keep\.3=colour: one of mel, .* fits"),
    ("features.keep=[mel]", r"features\.keep.* lacks f0"),
    ("+features.trim.silence=3", r"features\.trim\.silence=3: there is no such key"),
])  # fmt: skip
def test_wrong_settings_are_explained(word: str, message: str) -> None:
    """Unknown features and keys are named with their place in the config."""
    with pytest.raises(MynaError, match=message):
        compose_recipe(RECIPES / "mini_voices", [word])


def test_phones_of_words() -> None:
    """The symbol between words survives a table of words."""
    symbols = ["h", "ə", " ", "j", "u", "."]
    assert format_phones(symbols) == "h ə <space> j u ."
    assert parse_phones(format_phones(symbols)) == symbols
    assert parse_phones(" ".join(symbols)) == symbols
