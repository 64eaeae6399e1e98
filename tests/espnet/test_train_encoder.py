"""Stage 2 end to end on a few utterances, and its resumption."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from omegaconf import DictConfig, OmegaConf

from myna.errors import MynaError
from myna.espnet.embeddings import mean_embedding, read_embeddings, write_embeddings
from myna.espnet.encoder_report import choose
from myna.espnet.train_encoder import run

SPEAKERS = ("ana", "ben", "eva", "tom")
CONF = Path(__file__).parents[2] / "conf" / "encoder"


def configuration(root: Path, **encoder: object) -> DictConfig:
    """Return the recipe's configuration with a tiny network."""
    tiny = {
        "max_steps": 4,
        "network": {"channels": [16, 16], "kernels": [3, 3], "dilations": [1, 1]},
        "batches": {"speakers": 3, "utterances": 2},
        "crop": 24,
        "min_frames": 32,
        "warps": [1.0, 1.1],
        "trials": {"min_seconds": 0.3},
        "condition": "cnn",
    }
    common = OmegaConf.load(CONF / "_common.yaml")
    paths = {"dump_dir": str(root / "dump"), "exp_dir": str(root / "exp"), "seed": 1}
    return OmegaConf.create(
        paths | {"trainer": {"accelerator": "cpu"}, "encoder": OmegaConf.merge(common, tiny, dict(encoder))}
    )


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
    run(config)
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
    run(config)
    after = {path: path.stat().st_mtime_ns for path in out.rglob("*embeds.scp")}
    assert {path for path in before if before[path] != after[path]} == {lost, lost.with_name("utt_embeds.scp")}


def test_missing_features_name_the_stage(tmp_path: Path) -> None:
    """Stage 2 before stage 1 says so."""
    with pytest.raises(MynaError, match=r"stage 1 \(extract_features\)"):
        run(configuration(tmp_path))


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
