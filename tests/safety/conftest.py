"""Real speech (AN4, which the espnet wheel ships), a sealed voice directory, and a state folder a test."""

import importlib.util
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from hostile import Carrying, carry_out, make_model

from myna.safety import consent, records, seal, state
from myna.safety.encode import resample
from myna.safety.sound import Audio
from myna.safety.types import Request, VoiceCard


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch):
    """Give every test its own log, keys and lists."""
    folder = tmp_path / "state"
    monkeypatch.setenv("MYNA_STATE_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def clips() -> dict[str, Audio]:
    """Speech by speaker and utterance at 16 kHz."""
    found = importlib.util.find_spec("egs3")
    archive = next(Path(folder) / "mini_an4/esp2_asr/downloads.tar.gz" for folder in found.submodule_search_locations)
    sounds = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.endswith(".sph"):
                wave, rate = soundfile.read(io.BytesIO(tar.extractfile(member).read()), dtype="float32")
                sounds[Path(member.name).stem] = Audio(wave, rate)
    return sounds


@pytest.fixture(scope="session")
def speech(clips) -> Audio:
    """About 6 s of speech of one speaker at 22.05 kHz."""
    names = sorted(name for name in clips if "fash" in name)
    joined = np.concatenate([resample(clips[name].wave, clips[name].sample_rate, 22050) for name in names])
    return Audio(joined[: 6 * 22050], 22050)


@pytest.fixture
def voice_folder(tmp_path) -> Path:
    """A sealed voice directory with a signed consent for publishing."""
    folder = tmp_path / "voice"
    folder.mkdir()
    (folder / "voice.yaml").write_text(yaml.safe_dump({"speaker": "ann", "language": "en-us"}))
    (folder / "tts.safetensors").write_bytes(b"weights")
    record = records.ConsentRecord(speaker="ann", who="Ann", basis="own_voice", scope="publish")
    consent.sign(record, state.site_key()).save(folder / "consent.yaml")
    seal.seal(folder)
    return folder


@pytest.fixture
def card() -> VoiceCard:
    """A voice from licensed recordings, for evaluation only."""
    return VoiceCard(name="corpus", consent=records.from_spk2consent("corpus licence evaluation CC BY-SA 3.0"))


@pytest.fixture
def request_for(tmp_path):
    """Make a request for a file of the test folder; the quick watermark unless another is named."""

    def make(name: str, **fields) -> Request:
        return Request(output=tmp_path / "out" / name, **{"text": "hello", "watermark": "spread", **fields})

    return make


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The voice that hostile tries start from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYNA_WATERMARK", "spread")
        return make_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def outcomes_of(model: Path, monkeypatch: pytest.MonkeyPatch) -> Carrying:
    """Carry out tries, and return how each ended."""
    monkeypatch.setenv("MYNA_WATERMARK", "spread")
    return lambda tries: [carry_out(attempt, model) for attempt in tries]
