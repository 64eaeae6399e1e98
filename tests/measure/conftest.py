"""Real speech for the scorers: AN4, which the espnet wheel ships, and a finished decode stage made of it."""

import io
import json
import tarfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile
from an4_texts import TEXTS
from omegaconf import DictConfig

from myna import kaldi
from myna.recipe.compose import compose_recipe

RECIPES = Path(__file__).parents[2] / "recipes"
Clips = dict[str, tuple[np.ndarray, int]]


@pytest.fixture(scope="session")
def clips() -> Clips:
    """Four utterances of 2.2 to 2.9 s by four speakers, samples and rate."""
    package = Path(next(iter(find_spec("egs3").submodule_search_locations)))
    found = {}
    with tarfile.open(package / "mini_an4/esp2_asr/downloads.tar.gz") as archive:
        for member in archive:
            if (name := Path(member.name).stem) in TEXTS and member.name.endswith(".sph"):
                found[name] = soundfile.read(io.BytesIO(archive.extractfile(member).read()), dtype="float32")
    assert found.keys() == TEXTS.keys()
    return found


@pytest.fixture(scope="session")
def noisy(clips: Clips) -> Clips:
    """The same with white noise at 10 dB."""
    random = np.random.default_rng(0)
    return {
        name: ((wave + random.normal(0, wave.std() * 0.32, len(wave))).astype(np.float32), rate)
        for name, (wave, rate) in clips.items()
    }


def _write(folder: Path, waves: Clips, speaker: str, prefix: str = "") -> None:
    data = kaldi.DataDir(consent={speaker: kaldi.Consent("licence", "evaluation", "BSD")})
    for name, (wave, rate) in waves.items():
        path = folder / "wav" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, wave, rate)
        key = f"{speaker}-{prefix}{name}"
        data.add(kaldi.Utterance(key, speaker, str(path), TEXTS[name], "en-us", len(wave) / rate))
    kaldi.write(data, folder)


def _decoded(folder: Path, waves: Clips, speaker: str, prefix: str = "") -> None:
    (folder / "listen").mkdir(parents=True)
    audio, text = {}, {}
    for name, (wave, rate) in waves.items():
        key = f"{speaker}-{prefix}{name}"
        audio[key], text[key] = str(folder / f"{key}.wav"), TEXTS[name]
        soundfile.write(folder / f"{key}.wav", wave, rate)
        soundfile.write(folder / "listen" / f"{key}.mp3", wave, rate)
    kaldi.write_table(folder / "wav.scp", audio)
    kaldi.write_table(folder / "text", text)


@pytest.fixture
def recipe(tmp_path: Path, clips: Clips, noisy: Clips) -> DictConfig:
    """A recipe whose decode stage has run: the "clone" is the target's own speech with noise."""
    first, *rest = clips
    exp = tmp_path / "exp"
    _write(tmp_path / "dump/target_train", {first: clips[first]}, "bob", "train-")
    _write(tmp_path / "dump/target_test", {first: clips[first]}, "bob")
    _write(tmp_path / "dump/spk_test", {name: clips[name] for name in rest}, "ann")
    decoded = exp / "clone" / "decode"
    _decoded(decoded / "heldout", {first: noisy[first]}, "bob")
    _decoded(decoded / "unseen", {rest[0]: noisy[rest[0]]}, "bob", "unseen-")
    _decoded(decoded / "griffin_lim", {first: noisy[first]}, "bob")
    facts = {"rtf": 0.05, "first_audio_s": 0.12, "speaker": "bob", "language": "en-us"}
    (decoded / "decode.json").write_text(json.dumps(facts))
    (exp / "stages").mkdir()
    record = {"stage": "fine_tune", "seconds": 61.5, "peak_rss_mb": 1234.5}
    (exp / "stages" / "fine_tune.json").write_text(json.dumps(record))
    lines = [json.dumps({"step": n, "train/mel": 2 / (n + 1), "valid/mel": 3 / (n + 1)}) for n in range(20)]
    (exp / "clone" / "log.jsonl").write_text("\n".join(lines) + '\n{"step": 20, "train/m')
    (exp / "encoder").mkdir()
    report = {
        "conditioning": "ge2e",
        "eer": 0.08,
        "names": ["ann", "bob"],
        "similarity_matrix": [[0.8, 0.5], [0.5, 0.9]],
    }
    (exp / "encoder" / "report.json").write_text(json.dumps(report))
    folders = {"dump_dir": str(tmp_path / "dump"), "exp_dir": str(exp)}
    return compose_recipe(RECIPES / "mini_voices", ["num_workers=1", "seed=7"], folders)
