"""Stage 2 end to end on a few utterances, and its resumption."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from omegaconf import DictConfig, OmegaConf
from run_stage import run_stage
from safetensors import safe_open

from myna.errors import MynaError
from myna.espnet.embeddings import mean_embedding, read_embeddings, write_embeddings
from myna.espnet.encoder_report import choose, trial_utterances
from myna.espnet.encoder_training import training_speakers
from myna.espnet.train_encoder import run
from myna.recipe.call import typed
from myna.recipe.compose import compose_recipe
from myna.settings.encoder import Encoder
from myna.workspace import Workspace

SPEAKERS = ("ana", "ben", "eva", "tom")
TOY_YAML = """
defaults:
  - _common
  - _self_
name: toy
condition: ${encoder.name}
network:
  _target_: toy_encoder_of_a_test.Toy
"""
TOY_NETWORK = """
import torch

class Toy(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.project = torch.nn.Linear(80, 256)

    def forward(self, mel, lengths):
        mask = torch.arange(mel.shape[1]) < lengths[:, None]
        mean = (mel * mask[..., None]).sum(1) / lengths[:, None]
        return torch.nn.functional.normalize(self.project(mean), dim=1)
"""
TINY = {
    "max_steps": 4,
    "batches": {"speakers": 3, "utterances": 2},
    "crop": 24,
    "min_frames": 32,
    "warps": [1.0, 1.1],
    "trials": {"min_seconds": 0.3},
}
CNN = {"channels": [16, 16], "kernels": [3, 3], "dilations": [1, 1]}


def configuration(root: Path, member: str = "cnn", **encoder: object) -> DictConfig:
    """Return a recipe's configuration with few steps."""
    folder = root / "recipe"
    (folder / "conf").mkdir(parents=True, exist_ok=True)
    (folder / "conf" / "recipe.yaml").write_text("defaults: [/myna, /mini_voices, _self_]\n")
    config = compose_recipe(
        folder, [f"encoder={member}"], {"dump_dir": str(root / "dump"), "exp_dir": str(root / "exp")}
    )
    network = {"network": CNN} if member.startswith("cnn") else {}
    config.encoder = OmegaConf.merge(config.encoder, TINY, network, encoder)
    return config


def encoder_of(config: DictConfig) -> tuple[Encoder, Workspace]:
    """What a test of a part of the stage gives it."""
    settings = typed(config)
    return settings.encoder, Workspace.of(settings)


@pytest.fixture
def recipe(tmp_path: Path, make_set: Callable[..., Path]) -> Path:
    """A training set with an augmented copy of one speaker, a validation set, and two unseen speakers."""
    train = make_set(tmp_path / "dump" / "pool_train")
    make_set(tmp_path / "dump" / "pool_dev", each=2, seed=1)
    make_set(tmp_path / "dump" / "spk_test", ("kim", "lea"), each=3, seed=2)
    make_set(train, ("sp0.9-ana",), each=3, seed=3)
    for name in ("utt2spk", "feats.scp", "wav.scp"):
        assert "sp0.9-ana-000" in (train / name).read_text()
    return tmp_path


def test_stage_trains_compares_and_embeds(recipe: Path) -> None:
    """Every utterance and speaker gets an embedding of length 1; the report names encoders and error rates."""
    config = configuration(recipe)
    run_stage(run, config)
    out = recipe / "exp" / "encoder"
    report = json.loads((out / "report.json").read_text())
    assert (report["conditioning"], report["scoring"]) == ("cnn", "ge2e")
    assert set(report["encoders"]) == {"cnn", "ge2e"}
    assert 0 <= report["encoders"]["ge2e"]["unseen"]["eer"] <= 1
    assert report["encoders"]["cnn"]["unseen"]["pairs_same"] == 6
    assert report["eer"] == report["encoders"]["cnn"]["unseen"]["eer"]
    assert report["names"] == sorted((*SPEAKERS, "kim", "lea"))
    assert np.shape(report["similarity_matrix"]) == (6, 6)
    assert report["training_steps"] == 4
    assert (out / "similarity.png").stat().st_size > 5_000

    utterances = read_embeddings(out / "embeds" / "pool_train", "utt")
    speakers = read_embeddings(out / "embeds" / "pool_train", "spk")
    assert len(utterances) == 19
    assert sorted(speakers) == sorted((*SPEAKERS, "sp0.9-ana"))
    assert all(np.linalg.norm(row) == pytest.approx(1, abs=1e-5) for row in [*utterances.values(), *speakers.values()])
    assert np.allclose(utterances["sp0.9-ana-001"], speakers["sp0.9-ana"])
    assert np.allclose(mean_embedding([utterances[f"ana-{i:03d}"] for i in range(4)]), speakers["ana"], atol=1e-6)

    before = {path: path.stat().st_mtime_ns for path in out.rglob("*embeds.scp")}
    lost = out / "embeds" / "pool_dev" / "spk_embeds.scp"
    lost.unlink()
    run_stage(run, config)
    after = {path: path.stat().st_mtime_ns for path in out.rglob("*embeds.scp")}
    assert {path for path in before if before[path] != after[path]} == {lost, lost.with_name("utt_embeds.scp")}


def test_missing_features_name_the_stage(tmp_path: Path) -> None:
    """Stage 2 before stage 1 says so."""
    with pytest.raises(MynaError, match=r"stage 1 \(extract_features\)"):
        run_stage(run, configuration(tmp_path))


SMALL = {
    "mfcc": {"coefficients": 6},
    "rawnet3": {"filters": 16, "channels": 16, "outputs": 16},
    "cnn_mfcc": CNN,
}


@pytest.mark.parametrize("member", SMALL)
def test_members_that_hear_something_else(recipe: Path, member: str) -> None:
    """Statistics, waves and the network on MFCCs go through the same stage and condition under their own name."""
    config = configuration(recipe, member, network=SMALL[member], train_set="pool_train", copies_per_speaker=1)
    if member == "cnn_mfcc":
        config.encoder.network.inputs = 20
    run_stage(run, config)
    out = recipe / "exp" / "encoder"
    report = json.loads((out / "report.json").read_text())
    assert (report["conditioning"], report["scoring"]) == (member, "ge2e")
    assert set(report["encoders"]) == {member, "ge2e"}
    assert report["training_seconds"] > 0
    speakers = read_embeddings(out / "embeds" / "spk_test", "spk")
    assert float(speakers["kim"] @ speakers["lea"]) < 0.9999
    with safe_open(str(out / f"{member}.safetensors"), framework="pt") as stored:
        assert json.loads(stored.metadata()["encoder"])["network"] == OmegaConf.to_container(config.encoder.network)


def test_a_member_from_outside_the_package(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A YAML and a module in a folder of one's own go through stage 2, without a line of Myna's changed."""
    own = recipe / "mine"
    (own / "encoder").mkdir(parents=True)
    (own / "encoder" / "toy.yaml").write_text(TOY_YAML)
    (own / "toy_encoder_of_a_test.py").write_text(TOY_NETWORK)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("MYNA_CONF_PATH", str(own))
    config = configuration(recipe, "toy")
    run_stage(run, config)
    report = json.loads((recipe / "exp" / "encoder" / "report.json").read_text())
    assert (report["conditioning"], report["own_parameters"]) == ("toy", 81 * 256)
    run_stage(run, config)  # its weights load again: the configuration vouches for the class


def test_speakers_left_out_are_heard_as_unseen(recipe: Path) -> None:
    """Neither they nor their augmented copies are learned from; the trials take them from the training sets."""
    config = configuration(recipe, leave_out=["ana"])
    assert training_speakers(*encoder_of(config)) == ["ben", "eva", "tom"]
    trials = trial_utterances(*encoder_of(config))
    assert set(trials["unseen"].values()) == {"kim", "lea", "ana"}
    assert {key.split("/")[0] for key, who in trials["unseen"].items() if who == "ana"} == {"pool_train", "pool_dev"}
    assert set(trials["seen"].values()) == {"ben", "eva", "tom"}
    assert "ana" in trial_utterances(*encoder_of(configuration(recipe)))["seen"].values()


def test_the_name_of_the_pretrained_encoder_is_taken(recipe: Path) -> None:
    """An own encoder under that name would be taken for it."""
    with pytest.raises(MynaError, match=r"encoder\.name=ge2e is the pre-trained encoder"):
        run_stage(run, configuration(recipe, name="ge2e"))


def test_statistics_are_fitted_only_to_what_has_them(recipe: Path) -> None:
    """`encoder.fit` of the classical encoder with a network is a combination that says what fits."""
    fit = {"_target_": "myna.espnet.encoder_statistics.fit_statistics"}
    with pytest.raises(MynaError, match=r"ConvEncoder has none: choose encoder=mfcc"):
        run_stage(run, configuration(recipe, fit=fit))


def test_choice_of_the_conditioning_encoder() -> None:
    """The lower error rate wins; GE2E wins a draw; an encoder that is not there is refused."""
    judged = {"cnn": {"unseen": {"eer": 0.1}}, "ge2e": {"unseen": {"eer": 0.05}}}
    assert choose("auto", judged) == "ge2e"
    assert choose("auto", {"cnn": {"unseen": {"eer": 0.01}}, "ge2e": {"unseen": {"eer": 0.05}}}) == "cnn"
    assert choose("auto", {"cnn": {"unseen": {"eer": 0.05}}, "ge2e": {"unseen": {"eer": 0.05}}}) == "ge2e"
    assert choose("resemblyzer", judged) == "ge2e"
    with pytest.raises(MynaError, match=r"encoder\.condition=ecapa"):
        choose("ecapa", judged)


def test_embeddings_survive_a_move(tmp_path: Path) -> None:
    """An experiment folder that was moved still gives its embeddings."""
    rows = {"b": np.eye(256, dtype=np.float32)[0], "a": np.eye(256, dtype=np.float32)[1]}
    write_embeddings(tmp_path / "old", "utt", rows)
    (tmp_path / "old").rename(tmp_path / "new")
    found = read_embeddings(tmp_path / "new", "utt")
    assert list(found) == ["b", "a"]
    assert all(np.array_equal(found[key], rows[key]) for key in rows)
    with pytest.raises(MynaError, match=r"spk_embeds.*stage 2"):
        read_embeddings(tmp_path / "new", "spk")
