"""A pack to upload, the settings of its upload, and a state of its own for both clients."""

import hashlib
from pathlib import Path

import pytest
from local_hub import TOKEN
from partial_settings import partial_settings

from myna.safety import consent, records, seal, state
from myna.settings.recipe import Settings

WEIGHTS = bytes(range(256)) * 4096  # a megabyte


def own_hub_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep keys, log and caches in the test's folder; give the clients the right token."""
    monkeypatch.setenv("MYNA_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    # How long the clients wait before they ask again.
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)


def settings_for(folder: Path, scope: str, **upload: object) -> Settings:
    """Make a pack whose consent has this scope, and the settings of its upload."""
    pack = folder / "exp" / "pack"
    (pack / "voice").mkdir(parents=True)
    (pack / "README.md").write_text("---\nlicense: cc0-1.0\ntags:\n- synthetic-speech\n---\n# Ana\n")
    (pack / "voice" / "tts.safetensors").write_bytes(WEIGHTS)
    record = records.ConsentRecord(speaker="ana", who="Ana", basis="own_voice", scope=scope)
    consent.sign(record, state.site_key()).save(pack / "voice" / "consent.yaml")
    seal.seal(pack / "voice")
    return with_upload(folder, **upload)


def with_upload(folder: Path, **upload: object) -> Settings:
    """Return settings of a recipe with such an upload."""
    usual = {"pack": str(folder / "exp" / "pack"), "repo": None, "private": True, "endpoint": None}
    return partial_settings({"exp_dir": str(folder / "exp"), "upload": usual | upload})


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
