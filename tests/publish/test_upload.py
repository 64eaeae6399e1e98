"""Upload: only by name, only with consent, and then every file."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_hub import Hub
from omegaconf import DictConfig, OmegaConf

from myna.errors import MynaError
from myna.publish import upload
from myna.safety import consent, seal, state


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MYNA_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HF_TOKEN", "hf_test")


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    yield server
    server.shutdown()


def config_for(folder: Path, scope: str, **settings: object) -> DictConfig:
    """Make a pack whose consent has this scope, and the config of its upload."""
    pack = folder / "exp" / "pack"
    (pack / "voice").mkdir(parents=True)
    (pack / "README.md").write_text("---\nlicense: cc0-1.0\n---\n# Ana\n")
    (pack / "voice" / "tts.safetensors").write_bytes(b"weights" * 100)
    record = consent.ConsentRecord(speaker="ana", who="Ana", basis="own_voice", scope=scope)
    consent.sign(record, state.site_key()).save(pack / "voice" / "consent.yaml")
    seal.seal(pack / "voice")
    node = {"pack": str(pack), "repo": None, "private": True, "endpoint": None, **settings}
    return OmegaConf.create({"exp_dir": str(folder / "exp"), "upload": node})


def test_without_a_name_nothing_is_uploaded(tmp_path) -> None:
    upload.run(config_for(tmp_path, "publish"))
    record = json.loads((tmp_path / "exp/upload.json").read_text())
    assert record == {"uploaded": False, "reason": "no repository is named (upload.repo)"}


def test_the_note_says_that_a_name_would_not_help(tmp_path) -> None:
    upload.run(config_for(tmp_path, "evaluation"))
    assert "covers 'evaluation' only" in json.loads((tmp_path / "exp/upload.json").read_text())["reason"]


@pytest.mark.parametrize("scope", ["evaluation", "private"])
def test_a_voice_without_consent_to_publish_is_refused(scope: str, tmp_path, hub) -> None:
    config = config_for(tmp_path, scope, repo="me/ana", endpoint=hub.address)
    with pytest.raises(MynaError, match=f"consent of Ana covers '{scope}' only"):
        upload.run(config)
    assert not hub.created
    assert not (tmp_path / "exp/upload.json").exists()


def test_a_consent_that_was_edited_is_refused(tmp_path, hub) -> None:
    config = config_for(tmp_path, "evaluation", repo="me/ana", endpoint=hub.address)
    path = tmp_path / "exp/pack/voice/consent.yaml"
    path.write_text(path.read_text().replace("scope: evaluation", "scope: publish"))
    with pytest.raises(MynaError, match="changed after the voice was sealed"):
        upload.run(config)
    assert not hub.created


def test_every_file_arrives(tmp_path, hub) -> None:
    upload.run(config_for(tmp_path, "publish", repo="me/ana", endpoint=hub.address))
    assert hub.created[0]["visibility"] == "private"
    assert sorted(hub.files) == ["README.md", "voice/consent.yaml", "voice/seal.json", "voice/tts.safetensors"]
    assert hub.files["voice/tts.safetensors"] == b"weights" * 100
    assert json.loads((tmp_path / "exp/upload.json").read_text())["repo"] == "me/ana"


def test_a_refusing_hub_is_named(tmp_path, hub) -> None:
    hub.refuse = 403
    with pytest.raises(MynaError, match=r"status 403.*HF_TOKEN"):
        upload.run(config_for(tmp_path, "commercial", repo="me/ana", endpoint=hub.address))


def test_an_absent_hub_and_a_bad_name_are_named(tmp_path) -> None:
    config = config_for(tmp_path, "publish", repo="me/ana", endpoint="http://127.0.0.1:9")
    with pytest.raises(MynaError, match="cannot be reached"):
        upload.run(config)
    config.upload.repo = "not a name"
    with pytest.raises(MynaError, match="not a name like owner/voice"):
        upload.run(config)


def test_a_missing_pack_names_its_stage(tmp_path) -> None:
    config = config_for(tmp_path, "publish", repo="me/ana")
    (tmp_path / "exp/pack/README.md").unlink()
    with pytest.raises(MynaError, match="run stage 7"):
        upload.run(config)
