"""The NeMo model around our networks, and stage 4 as a whole. The one test module that imports NeMo."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from partial_settings import partial_settings
from safetensors.torch import load_file, save_file

from myna.audio.mel import log_mel
from myna.errors import MynaError
from myna.nemo import train_vocoder
from myna.networks.vocoder.source_istft import SourceIstftVocoder
from myna.settings.group import replaced
from myna.settings.recipe import Settings
from myna.workspace import Workspace

CONF = Path(__file__).parents[2] / "conf"
SMALL = [
    "vocoder.batch_size=2",
    "vocoder.segment_frames=20",
    "vocoder.measure.scores=[]",
    "vocoder.measure.utterances=1",
]
TINY = {
    "istft": ["vocoder.generator.channels=16", "vocoder.generator.inner=32", "vocoder.generator.layers=2"],
    "hifigan_v3": ["vocoder.generator.channels=16"],
    "wavenet": ["vocoder.generator.channels=8", "vocoder.generator.skip=8", "vocoder.generator.layers=4"],
    "parallel_wavenet": ["vocoder.generator.channels=8", "vocoder.generator.layers=2"],
    "parallel_wavegan": ["vocoder.generator.channels=8", "vocoder.generator.layers=2"],
}


def settings(name: str, dump: Path, exp: Path, *overrides: str) -> Settings:
    """Compose stage 4's part of the configuration."""
    with initialize_config_dir(str(CONF), version_base=None):
        composed = compose(overrides=[f"+vocoder={name}", "+trainer=cpu", *SMALL, *TINY.get(name, []), *overrides])
    OmegaConf.set_struct(composed, False)
    whole = OmegaConf.merge(composed, {"dump_dir": str(dump), "exp_dir": str(exp), "seed": 1})
    return partial_settings(OmegaConf.to_container(whole, resolve=True))


def run(chosen: Settings) -> None:
    """Run stage 4."""
    train_vocoder.run(chosen, Workspace.of(chosen))


@pytest.fixture(scope="module", params=["istft", "hifigan_v3", "parallel_wavenet", "parallel_wavegan"])
def model(request, dump, tmp_path_factory):
    """An untrained small model of each kind."""
    from myna.nemo.vocoder import VocoderModel, model_config

    torch.manual_seed(0)
    made = VocoderModel(model_config(settings(request.param, dump, tmp_path_factory.mktemp("exp")).vocoder)).eval()
    for parameter in made.generator.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return made


def test_nemo_hears_the_mel_of_the_project(model, dump):
    from myna.nemo.copy_synthesis import choose, recording

    wave = recording(choose([dump / "target_dev"], 1)[0])[None]
    theirs, lengths = model.audio_to_melspec_precessor(wave, torch.tensor([wave.shape[1]]))
    ours = log_mel(wave)
    assert int(lengths[0]) == ours.shape[1]
    assert (theirs.transpose(1, 2) - ours).abs().max() < 1e-3


def test_restored_model_speaks_the_same(model, tmp_path):
    from nemo.collections.tts.models.base import Vocoder

    model.save_to(str(tmp_path / "vocoder.nemo"))
    restored = Vocoder.restore_from(str(tmp_path / "vocoder.nemo"), map_location="cpu").eval()
    mel = torch.randn(1, 80, 30)
    with torch.inference_mode():
        wave = model.convert_spectrogram_to_audio(spec=mel)
        assert wave.shape == (1, 30 * 256)
        assert torch.equal(restored.convert_spectrogram_to_audio(spec=mel), wave)
    assert type(restored) is type(model)
    assert (tmp_path / "vocoder.nemo").stat().st_size < 8e6


def test_the_network_is_used_unchanged(model):
    mel = torch.randn(1, 30, 80)
    with torch.inference_mode():
        assert torch.equal(model.generator(mel), model(spec=mel.transpose(1, 2))[:, 0])


def test_onnx_export_through_nemo(model, tmp_path):
    path = str(tmp_path / "vocoder.onnx")
    model.export(path, input_example=({"spec": torch.randn(1, 80, 32)},))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    mel = torch.randn(2, 80, 57)
    with torch.inference_mode():
        wave = model(spec=mel).numpy()
    (exported,) = session.run(None, {session.get_inputs()[0].name: mel.numpy()})
    assert exported.shape == wave.shape
    # A pitch that differs in the last bit has moved its hundredth partial by the end: a thousandth of the peak.
    pulsed = isinstance(model.generator, SourceIstftVocoder)
    assert np.abs(exported - wave).max() < (2e-3 if pulsed else 1e-4) * max(1.0, np.abs(wave).max())
    assert all(parameter.requires_grad for parameter in model.generator.parameters())


def test_stage_trains_resumes_and_writes_a_vocoder(dump, tmp_path):
    """Killed after two steps and started again, it makes the two that are left and ends with every file."""
    short = settings(
        "istft", dump, tmp_path, "vocoder.init=scratch", "vocoder.max_steps=4", "trainer.log_every_n_steps=1"
    )
    out = tmp_path / "vocoder"
    from myna.nemo.vocoder import VocoderModel, model_config

    killed = replaced(short, {"vocoder.max_steps": 2})
    batches = train_vocoder.loader(killed, Workspace.of(killed), out)
    train_vocoder.fit(VocoderModel(model_config(short.vocoder)), killed, batches, out)
    run(short)
    steps = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [step["step"] for step in steps] == [1, 2, 3, 4]
    assert {"g_pitch", "g_spectrum", "g_mel", "g_adversarial", "g_features", "d_loss", "seconds"} <= steps[-1].keys()
    report = json.loads((out / "report.json").read_text())
    assert report["training"]["steps"] == 4
    assert report["chosen"] == "trained"
    assert report["nemo_difference"] == 0
    assert report["scores"].keys() == {"recordings", "griffin_lim", "start", "trained"}
    made = yaml.safe_load((out / "vocoder.yaml").read_text())
    assert made["_target_"] == "myna.networks.vocoder.source_istft.SourceIstftVocoder"
    assert made["channels"] == 16
    trained, kept = load_file(out / "trained.safetensors"), load_file(out / "vocoder.safetensors")
    assert all(torch.equal(trained[name], kept[name]) for name in kept)
    assert (out / "vocoder.nemo").is_file()


def test_weights_of_another_network_are_refused(dump, tmp_path):
    weights = tmp_path / "weights.safetensors"
    save_file({"inverse": torch.zeros(80, 513)}, weights)
    with pytest.raises(MynaError, match="does not fit vocoder=istft"):
        run(settings("istft", dump, tmp_path, f"vocoder.init={weights}"))


def test_missing_weights_name_the_remedy(dump, tmp_path):
    with pytest.raises(MynaError, match=r"nowhere\.safetensors is missing; .*vocoder\.init=scratch"):
        run(settings("istft", dump, tmp_path, "vocoder.init=nowhere.safetensors"))


def test_a_wavenet_is_trained_and_teaches_its_student(dump, tmp_path):
    """Stage 4 with each, in that order; the student's weights hold nothing of the teacher."""
    short = ("vocoder.max_steps=2", "trainer.log_every_n_steps=1", "vocoder.measure.sets=[target_dev]")
    with pytest.raises(MynaError, match=r"vocoder\.teacher=.*wavenet: no WaveNet .*vocoder=wavenet"):
        run(settings("parallel_wavenet", dump, tmp_path, *short))
    run(settings("wavenet", dump, tmp_path, *short))
    (tmp_path / "vocoder").rename(tmp_path / "vocoder.previous")  # as the driver does when the choice changes
    run(settings("parallel_wavenet", dump, tmp_path, *short))
    logged = {}
    for folder in ("vocoder.previous", "vocoder"):
        lines = (tmp_path / folder / "log.jsonl").read_text().splitlines()
        assert [json.loads(line)["step"] for line in lines] == [1, 2]
        logged[folder] = json.loads(lines[-1]).keys()
        assert json.loads((tmp_path / folder / "report.json").read_text())["nemo_difference"] == 0
    assert logged["vocoder.previous"] & {"g_nll", "g_kl", "g_mel", "d_loss"} == {"g_nll"}
    assert logged["vocoder"] >= {"g_kl", "g_scale", "g_spectrum", "g_mel"}
    assert not any("teacher" in name for name in load_file(tmp_path / "vocoder" / "vocoder.safetensors"))


def test_a_wavenet_has_no_graph(dump, tmp_path):
    from myna.nemo.vocoder import VocoderModel, model_config

    made = VocoderModel(model_config(settings("wavenet", dump, tmp_path).vocoder))
    with pytest.raises(MynaError, match="parallel_wavenet"):
        made.export(str(tmp_path / "vocoder.onnx"), input_example=({"spec": torch.randn(1, 80, 32)},))
