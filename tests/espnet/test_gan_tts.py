"""Myna's acoustic models in ESPnet2's own `gan_tts` task, from the shipped configurations."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from tiny_vits import DISCRIMINATOR, SMALL

from myna.errors import MynaError
from myna.espnet.embeddings import write_embeddings
from myna.espnet.gan_tts_data import write_set
from myna.text.tokens import default_tokens

CONF = Path(__file__).parents[2] / "conf" / "espnet2"
FLOWS = SMALL | {"flows": 2, "flow_layers": 1}
DECODER = {"channels": 32, "scales": [8, 8, 4], "kernels": [16, 16, 8], "res_kernels": [3], "res_dilations": [[1, 2]]}
TINY: dict[str, dict[str, Any]] = {
    "vits": {"network": FLOWS | DECODER, "discriminator": DISCRIMINATOR, "segment": 16},
    "vits_mobile": {
        "network": FLOWS | {"posterior_stacks": 1, "channels": 16, "decoder_inner": 32, "decoder_layers": 1},
        "discriminator": DISCRIMINATOR,
        "segment": 16,
    },
    "vits_mel": {
        "network": {"text_channels": 32, "text_layers": 1, "channels": 32, "layers": 2, "condition": 32},
        "channels": 4,
        "segment": 32,
    },
}


@pytest.fixture(scope="module", autouse=True)
def registered() -> None:
    """Add the models to ESPnet2's choices."""
    from myna.espnet.gan_tts_train import register

    register()


@pytest.fixture
def data(tmp_path: Path, make_set: Callable[..., Path]) -> Path:
    """Eight utterances in the form that ESPnet2 reads."""
    dump = make_set(tmp_path / "dump" / "tiny", ("ana", "ben"))
    default_tokens().save(tmp_path / "dump" / "tokens.txt")
    names = [line.split()[0] for line in (dump / "text").read_text(encoding="utf-8").splitlines()]
    random = np.random.default_rng(0)
    write_embeddings(tmp_path / "embeds", "utt", {n: random.normal(size=256).astype(np.float32) for n in names})
    assert write_set(dump, tmp_path / "embeds", tmp_path / "data") == 8
    return tmp_path / "data"


def config_file(name: str, path: Path, **changes: Any) -> Path:
    """The shipped configuration with a tiny network and two steps."""
    config = OmegaConf.load(CONF / f"{name}.yaml")
    config = OmegaConf.merge(config, {"tts_conf": TINY[name], "num_iters_per_epoch": 2, "max_epoch": 1}, changes)
    config.update({"batch_type": "unsorted", "batch_size": 4, "num_workers": 0})
    OmegaConf.save(config, path)
    return path


def train(config: Path, data: Path, out: Path) -> None:
    """Run ESPnet2's task as the command line does."""
    from myna.espnet.gan_tts_train import main

    kinds = (("wav.scp", "speech", "sound"), ("text", "text", "text"), ("spembs.scp", "spembs", "kaldi_ark"))
    command = ["--config", str(config), "--output_dir", str(out), "--ngpu", "0", "--use_tensorboard", "false"]
    command += ["--token_list", str(data / "tokens.txt")]
    for part in ("train", "valid"):
        for file, name, kind in (*kinds, ("utt2lid", "lids", "text_int")):
            command += [f"--{part}_data_path_and_name_and_type", f"{data / file},{name},{kind}"]
        command += [f"--{part}_shape_file", str(data / "speech_shape")]
    main(command)


@pytest.mark.parametrize("name", ["vits", "vits_mobile", "vits_mel"])
def test_two_steps_in_espnet2s_task_leave_a_model_that_speaks(name: str, data: Path, tmp_path: Path) -> None:
    """Both optimizers step, both losses are logged, and ESPnet2 restores the checkpoint."""
    from espnet2.tasks.gan_tts import GANTTSTask

    out = tmp_path / "exp"
    train(config_file(name, tmp_path / "conf.yaml"), data, out)
    log = (out / "train.log").read_text(encoding="utf-8") if (out / "train.log").is_file() else ""
    assert "Traceback" not in log
    model, arguments = GANTTSTask.build_model_from_file(out / "config.yaml", out / "1epoch.pth", "cpu")
    assert arguments.token_list[-1] == "<unk>"
    reported = torch.load(out / "checkpoint.pth", weights_only=False)["reporter"]["stats"][1]
    assert {"loss", "discriminator", "adversarial"} <= set(reported["train"])
    assert np.isfinite(reported["valid"]["mel"])
    fresh = GANTTSTask.build_model(arguments)
    for part in ("generator", "discriminator"):
        before, after = (dict(getattr(m.tts, part).named_parameters()) for m in (fresh, model))
        assert any(not torch.equal(before[n], after[n]) for n in before), part
    text = torch.tensor(default_tokens().encode(list("həlo")))
    spoken = model.eval().tts.inference(text, spembs=torch.randn(256), lids=torch.tensor([0]))
    (kind, sound), *_ = spoken.items()
    assert kind == ("feat_gen" if name == "vits_mel" else "wav")
    assert len(sound) and torch.isfinite(sound).all()


def test_weights_trained_by_espnet2_fit_mynas_network() -> None:
    """The generator is Myna's own class, and its tokens have Myna's numbers."""
    from espnet2.tasks.gan_tts import tts_choices

    from myna.networks.tts.vits_mobile import VitsMobile

    tokens = default_tokens()
    made = tts_choices.get_class("vits_mobile")(idim=len(tokens) + 1, odim=80, **TINY["vits_mobile"])
    plain = VitsMobile(len(tokens) + 1, **TINY["vits_mobile"]["network"])
    plain.load_state_dict(made.generator.state_dict())
    assert type(made.generator) is VitsMobile


def test_tokens_and_texts_keep_mynas_numbers(data: Path) -> None:
    tokens = (data / "tokens.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    assert tokens == [s if s != " " else "<space>" for s in default_tokens().symbols] + ["<unk>"]
    text = (data / "text").read_text(encoding="utf-8").splitlines()[0].split()
    assert text[:4] == ["ana-000", "^", "h", "ə"] and text[-1] == "$" and "<space>" in text


def test_what_does_not_fit_is_said() -> None:
    from espnet2.tasks.gan_tts import tts_choices

    model = tts_choices.get_class("vits_mel")(idim=171, odim=80, **TINY["vits_mel"])
    text, count = torch.ones(1, 5, dtype=torch.long), torch.tensor([5])
    speech, samples = torch.zeros(1, 40 * 256), torch.tensor([40 * 256])
    feats = (torch.zeros(1, 40, 80), torch.tensor([40]))
    with pytest.raises(MynaError, match="no speaker embeddings"):
        model(text, count, *feats, speech, samples)
    with pytest.raises(MynaError, match="feats_extract: myna_mel"):
        model(text, count, torch.zeros(1, 41, 513), torch.tensor([41]), speech, samples, torch.ones(1, 256))
    with pytest.raises(MynaError, match="generator_first: true"):
        model(text, count, *feats, speech, samples, torch.ones(1, 256), forward_generator=False)
    with pytest.raises(ValueError, match="mell"):
        tts_choices.get_class("vits_mobile")(idim=171, odim=80, **TINY["vits_mobile"], losses={"mell": 1.0})
    with pytest.raises(MynaError, match="longer than the 256"):
        tts_choices.get_class("vits_mel")(idim=400, odim=80)
