"""ESPnet3's and NeMo's own uploads: the same consent, the same bytes, and back by the toolkit's own call."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hub_packs import hashes, own_hub_state, settings_for, with_upload
from hydra import compose, initialize_config_dir
from local_hub import COMMIT, REPO, Hub, HuggingFace
from omegaconf import OmegaConf
from run_stage import run_stage
from safetensors.torch import load_file

from myna.errors import MynaError
from myna.publish import hubs, upload
from myna.settings.recipe import Settings
from myna.settings.vocoder import Vocoder

# As a person loads it: where the hub is, its client reads when it is imported.
RESTORE = """
import sys
from safetensors.torch import save_file
from myna.nemo.vocoder import VocoderModel

state = VocoderModel.from_pretrained(sys.argv[1], map_location="cpu").state_dict()
save_file({name: value.clone() for name, value in state.items()}, sys.argv[2])
"""
CONF = Path(__file__).parents[2] / "conf"
TINY = ["vocoder.generator.channels=16", "vocoder.generator.inner=32", "vocoder.generator.layers=2"]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_hub_state(tmp_path, monkeypatch)


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub(HuggingFace)
    yield server
    server.shutdown()
    server.server_close()


def settings_of(hub: Hub, folder: Path, client: str, scope: str = "publish") -> Settings:
    return settings_for(folder, scope, client=client, repo=REPO, endpoint=hub.address)


def vocoder(path: Path) -> dict[str, torch.Tensor]:
    """Write a small `.nemo` and return its weights."""
    from myna.nemo.vocoder import VocoderModel, model_config

    with initialize_config_dir(str(CONF), version_base=None):
        composed = compose(overrides=["+vocoder=istft", "+trainer=cpu", "+exp_dir=exp", *TINY])
    plain = OmegaConf.to_container(composed, resolve=True)
    made = VocoderModel(model_config(Vocoder.model_validate(plain["vocoder"])))
    made.save_to(str(path))
    return made.state_dict()


def test_espnet_uploads_the_pack_and_it_comes_back_by_name(tmp_path: Path, hub: Hub) -> None:
    """A second upload goes over the first, and what else the repository holds stays."""
    settings = settings_of(hub, tmp_path, "espnet")
    run_stage(upload.run, settings)
    assert hub.created[0]["visibility"] == "private" and len(hub.sent) == 1
    record = json.loads((tmp_path / "exp/upload.json").read_text())
    assert record["voice"] == f"hf:{REPO}@{COMMIT}"
    folder = hubs.fetch(hubs.Address("hf", REPO, COMMIT), hub.address)
    assert hashes(folder / "voice") == hashes(tmp_path / "exp/pack/voice")
    hub.files["notes.txt"] = b"mine"
    run_stage(upload.run, settings)
    assert len(hub.sent) == 1 and hub.files["notes.txt"] == b"mine"


def test_nemo_uploads_the_vocoder_and_restores_it(tmp_path: Path, hub: Hub) -> None:
    settings = settings_of(hub, tmp_path, "nemo")
    weights = vocoder(tmp_path / "exp/pack/vocoder.nemo")
    run_stage(upload.run, settings)
    assert hub.created[0]["visibility"] == "private" and set(hub.files) == {"ana.nemo", "README.md"}
    card = hub.files["README.md"].decode()
    assert "synthetic-speech" in card and "license: cc0-1.0" in card and "myna.nemo" in card

    path = tmp_path / "restored.safetensors"
    asked = {**os.environ, "HF_ENDPOINT": hub.address, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "hf")}
    subprocess.run([sys.executable, "-c", RESTORE, REPO, str(path)], env=asked, check=True, capture_output=True)
    restored = load_file(path)
    assert restored.keys() == weights.keys()
    assert all(torch.equal(restored[name], value) for name, value in weights.items())


@pytest.mark.parametrize("client", ["espnet", "nemo"])
def test_a_toolkit_asks_the_consent_too(client: str, tmp_path: Path, hub: Hub) -> None:
    with pytest.raises(MynaError, match="covers 'evaluation' only"):
        run_stage(upload.run, settings_of(hub, tmp_path, client, "evaluation"))
    assert not hub.created


def test_what_a_toolkit_lacks_is_named(tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(hub, tmp_path, "nemo")
    with pytest.raises(MynaError, match="NeMo trained no vocoder for it; run stage 4"):
        run_stage(upload.run, settings)
    with pytest.raises(MynaError, match="knows Hugging Face's hub only"):
        run_stage(upload.run, with_upload(tmp_path, repo=REPO, endpoint=hub.address, client="espnet", hub="ms"))
    monkeypatch.setenv("HF_TOKEN", "hub_wrong")
    with pytest.raises(MynaError, match=r"status 401\); log in"):
        run_stage(upload.run, with_upload(tmp_path, repo=REPO, endpoint=hub.address, client="espnet"))
    assert not hub.created
