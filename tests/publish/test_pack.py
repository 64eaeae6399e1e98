"""A pack is whole, loads in a fresh process and in ESPnet3, and speaks; or it does not get its name."""

import json
from pathlib import Path

import pytest
from omegaconf import DictConfig
from run_stage import run_stage
from toy_voice import write_voice

from myna import kaldi
from myna.errors import MynaError
from myna.publish import pack
from myna.recipe.compose import compose_recipe
from myna.safety import seal

RESULTS = {
    "wer": 0.2, "wer_real": 0.1, "similarity": 0.7, "similarity_real": 0.9, "mos": 3.5, "mos_real": 4.2, "rtf": 0.05,
    "first_audio_s": 0.1, "counts": {"heldout": 3}, "similarity_encoder": "dvector", "conditioning_encoder": "ge2e",
}  # fmt: skip


@pytest.fixture
def recipe(tmp_path, monkeypatch) -> DictConfig:
    """A recipe that has come to stage 7."""
    monkeypatch.setenv("MYNA_STATE_DIR", str(tmp_path / "state"))
    exp = tmp_path / "exp"
    write_voice(exp / "clone" / "voice")
    (exp / "clone" / "report").mkdir()
    (exp / "clone" / "report" / "results.json").write_text(json.dumps(RESULTS))
    (exp / "vocoder").mkdir()
    (exp / "vocoder" / "vocoder.nemo").write_bytes(b"nemo")
    data = kaldi.DataDir(consent={"ana": kaldi.Consent("licence", "evaluation", "CC BY-SA 3.0")})
    data.add(kaldi.Utterance("ana-1", "ana", "/a.wav", "hello", "en-us", 30.0))
    kaldi.write(data, tmp_path / "dump" / "target_train")
    places = {"dump_dir": str(tmp_path / "dump"), "exp_dir": str(exp), "tts.init": str(tmp_path / "start.safetensors")}
    return compose_recipe(Path(__file__).parents[2] / "recipes" / "mini_voices", values=places)


def test_a_pack_speaks_before_it_has_its_name(recipe, tmp_path) -> None:
    out = tmp_path / "exp" / "pack"
    # What an untrained voice says is not understood: the gate holds, and nothing is left under the pack's name.
    with pytest.raises(MynaError, match="of the words of the check are not understood"):
        run_stage(pack.run, recipe)
    assert not out.exists()

    recipe.pack.check_wer = 1e9
    run_stage(pack.run, recipe)
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {
        "README.md", "scores.json", "meta.yaml", "vocoder.nemo", "conf/inference.yaml", "conf/training.yaml",
        "voice/voice.yaml", "voice/tts.safetensors", "voice/consent.yaml", "voice/seal.json",
    } <= names  # fmt: skip
    assert seal.check_seal(out / "voice") == seal.check_seal(tmp_path / "exp/clone/voice")
    texts = [path.read_text(encoding="utf-8") for path in out.rglob("*.yaml")]
    assert not [text for text in texts if str(tmp_path) in text]
    assert not list((tmp_path / "exp").glob(".pack*"))


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("exp/clone/voice/voice.yaml", "run stage 5"),
        ("exp/clone/report/results.json", "run stage 6"),
    ],
)
def test_what_is_missing_names_its_stage(gone: str, message: str, recipe, tmp_path) -> None:
    (tmp_path / gone).unlink()
    with pytest.raises(MynaError, match=message):
        run_stage(pack.run, recipe)
