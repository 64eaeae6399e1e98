"""All stages of a recipe, on a few utterances of voices that need no network."""

import json
import shutil
from pathlib import Path

import pytest
import soundfile
from omegaconf import DictConfig

from myna.commands.recipe import system_runner
from myna.corpora import an4, flite
from myna.corpora.clip import Corpus, merge
from myna.recipe.compose import compose_recipe
from myna.recipe.run import Recipe
from myna.settings.recipe import Settings
from myna.workspace import Workspace

SMALL = [
    "num_workers=1",
    "encoder.max_steps=4",
    "encoder.batches.speakers=2",
    "encoder.batches.utterances=2",
    "encoder.validate_every=4",
    "tts.max_steps=2",
    "tts.validate_every=2",
    "tts.batch_size=2",
    "tts.adapt.max_steps=2",
    "tts.adapt.validate_every=2",
    "tts.adapt.batch_size=2",
    "augment=speed",
    "vocoder.measure.utterances=1",
    "decode.unseen=2",
    "decode.heldout=2",
    "decode.baselines=1",
    "decode.listen=1",
    "decode.speed_sentences=1",
    "measure.clips=2",
    "measure.reference_clips=2",
    "measure.other_clips=2",
    "pack.check_wer=100",  # two steps of training promise no words
]
MANNERS = {"neutral", "happy", "angry", "sad", "moving"}
KEYS = {
    *("wer", "wer_real", "similarity", "similarity_real", "similarity_other", "mos", "mos_real", "mcd_db", "rtf"),
    *("first_audio_s", "seconds_total", "stage_seconds", "peak_rss_mb", "versions", "seed"),
}


def few_voices(settings: Settings, workspace: Workspace, cache: Path):
    """Deal two synthetic voices and five real ones into the sets that every recipe has."""
    voices = ("awb", "slt")
    spoken = flite.prepare(flite.download(cache, voices), voices)
    strangers = an4.prepare(an4.download(cache))
    pool = [c for c in spoken.clips if c.speaker == "flite_awb"]
    target = [c for c in spoken.clips if c.speaker == "flite_slt"]
    sets = {
        "pool_train": pool[:8],
        "pool_dev": pool[8:11],
        "spk_test": list(strangers.clips),
        "target_train": target[12:20],
        "target_dev": target[20:22],
        "target_test": target[22:25],
    }
    used = {clip.id for clips in sets.values() for clip in clips}
    corpus = merge([spoken, strangers])
    return Corpus(tuple(c for c in corpus.clips if c.id in used), corpus.consent), sets


@pytest.mark.timeout(600)
def test_from_recordings_to_a_packed_voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("myna.corpora.mini_voices.build", few_voices)
    monkeypatch.setenv("MYNA_STATE_DIR", str(tmp_path / "state"))
    folder = tmp_path / "recipes" / "few"
    (folder / "conf").mkdir(parents=True)
    (folder / "conf" / "recipe.yaml").write_text("defaults: [/myna, /mini_voices, _self_]\n", encoding="utf-8")
    config = compose_recipe(folder, SMALL)
    recipe = Recipe(config, system_runner, {})
    recipe.run(list(recipe.stages))

    exp = Path(config.exp_dir)
    results = json.loads((exp / "clone" / "report" / "results.json").read_text(encoding="utf-8"))
    assert set(results) >= KEYS
    assert results["similarity_encoder"] != results["conditioning_encoder"]
    assert set(results["stage_seconds"]) >= {"create_dataset", "extract_features", "train_encoder", "fine_tune"}
    page = (exp / "clone" / "report" / "index.html").read_text(encoding="utf-8")
    assert 'src="http' not in page and 'href="http' not in page
    assert len(list((exp / "clone" / "decode" / "unseen").glob("*.npz"))) == 2
    assert (exp / "vocoder" / "vocoder.nemo").is_file()
    assert (exp / "pack" / "voice" / "tts.safetensors").is_file()
    assert json.loads((exp / "upload.json").read_text(encoding="utf-8"))["uploaded"] is False

    what_can_be_heard_is_labelled(exp / "clone")
    speak_with(exp / "pack", tmp_path / "hello.opus")
    nothing_runs_again(config)
    a_lost_report_is_made_again(config)


def what_can_be_heard_is_labelled(clone: Path) -> None:
    """`myna verify` accepts each sound file of the job as it lies there, and the log names it."""
    from myna.safety import cli as safety

    sounds = [path for path in clone.rglob("*") if path.suffix in (".wav", ".mp3", ".opus", ".flac", ".m4a", ".ogg")]
    assert len([path for path in sounds if path.parent.name == "listen"]) == 5
    assert {path.stem for path in sounds if path.parent.name == "manners"} == MANNERS
    assert {path: safety.main(["verify", str(path)]) for path in sounds} == dict.fromkeys(sounds, 0)


def speak_with(pack: Path, out: Path) -> None:
    from myna.safety import cli as safety
    from myna.serve.say import main

    assert main(["Hello there.", "--voice", str(pack), "-o", str(out)]) == 0
    assert soundfile.info(out).duration > 0.3
    assert safety.main(["verify", str(out)]) == 0


def nothing_runs_again(config: DictConfig) -> None:
    def refuse(_: DictConfig):
        raise AssertionError("a complete stage was run again")

    again = Recipe(config, refuse, {})
    again.run(list(again.stages))


def a_lost_report_is_made_again(config: DictConfig) -> None:
    report = Path(config.exp_dir) / "clone" / "report"
    shutil.rmtree(report)
    recipe = Recipe(config, system_runner, {})
    recipe.run(["measure"])
    assert (report / "index.html").is_file()
