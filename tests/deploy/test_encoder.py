"""`myna export encoder`: embeddings without torch are those with torch."""

from pathlib import Path

import an4
import numpy as np
import pytest
import soxr
import torch

from myna import cli
from myna.deploy.encoder import Encoder
from myna.deploy.encoder_export import export_encoder, hum
from myna.errors import MynaError
from myna.measure.similarity import embed_ge2e
from myna.networks.speaker.cnn import ConvEncoder
from myna.networks.speaker.own import OwnEncoder
from myna.networks.speaker.transformer import TransformerEncoder
from myna.safety import signed_folder


@pytest.mark.parametrize(("precision", "least", "megabytes"), [("fp32", 0.99999, 5.8), ("int8", 0.999, 1.9)])
def test_people_are_heard_as_by_torch(precision: str, least: float, megabytes: float, tmp_path: Path, capsys) -> None:
    assert cli.main(["export", "encoder", str(tmp_path / "ears"), "--precision", precision]) == 0
    assert "cosine" in capsys.readouterr().out
    assert (tmp_path / "ears" / "encoder.onnx").stat().st_size < 1e6 * megabytes
    encoder = Encoder.load(tmp_path / "ears")
    waves = [soxr.resample(*an4.recording(speaker), 16_000) for speaker in ("fash", "fcaw", "mwhw")]
    ours = [encoder.embed(wave) for wave in waves]
    assert min(float(a @ embed_ge2e(wave, 16_000)) for a, wave in zip(ours, waves, strict=True)) > least
    assert float(ours[0] @ ours[2]) < 0.8
    assert np.linalg.norm(encoder.embed(np.zeros(300, np.float32))) == pytest.approx(1, abs=1e-4)


def own(folder: Path, network: type, feature: str, **arguments: object) -> Path:
    torch.manual_seed(0)
    path, target = folder / "own.safetensors", f"{network.__module__}.{network.__qualname__}"
    OwnEncoder(network(**arguments), feature, "mine").save(path, {"_target_": target, **arguments})
    return path


@pytest.mark.parametrize(("feature", "inputs"), [("mel", 80), ("mfcc", 13)])
def test_an_encoder_trained_here_is_heard_too(feature: str, inputs: int, tmp_path: Path) -> None:
    path = own(tmp_path, ConvEncoder, feature, inputs=inputs, channels=(16, 16, 24))
    assert export_encoder(tmp_path / "ears", own=path) > 0.9999
    encoder, wave = Encoder.load(tmp_path / "ears"), hum(140, 1.3, 22_050)
    assert encoder.config.fingerprint == OwnEncoder.load(path).fingerprint()
    np.testing.assert_allclose(encoder.embed(wave), OwnEncoder.load(path).embed(wave), atol=1e-4)


def test_what_has_no_graph_is_told(tmp_path: Path) -> None:
    sizes = {"inputs": 80, "width": 16, "heads": 2, "inner": 16, "layers": 1, "dropout": 0.1, "embedding": 256}
    path = own(tmp_path, TransformerEncoder, "mel", **sizes)
    with pytest.raises(MynaError, match="TransformerEncoder of mel has no graph yet"):
        export_encoder(tmp_path / "ears", own=path)
    assert [made.name for made in tmp_path.iterdir()] == [path.name]


def test_what_was_changed_is_not_heard_with(tmp_path: Path) -> None:
    export_encoder(tmp_path / "ears")
    with pytest.raises(MynaError, match="exists already"):
        export_encoder(tmp_path / "ears")
    described = tmp_path / "ears" / "encoder.yaml"
    described.write_text(described.read_text(encoding="utf-8").replace("16000", "22050"), encoding="utf-8")
    with pytest.raises(MynaError, match=r"encoder\.yaml changed after the folder was signed"):
        Encoder.load(tmp_path / "ears")
    signature = tmp_path / "ears" / signed_folder.NAME
    signature.write_text(signature.read_text(encoding="utf-8").replace('"files"', '"file"'), encoding="utf-8")
    with pytest.raises(MynaError, match="forged or was edited"):
        Encoder.load(tmp_path / "ears")
    signature.unlink()
    with pytest.raises(MynaError, match=r"signature\.json is missing"):
        Encoder.load(tmp_path / "ears")
    with pytest.raises(MynaError, match="is no speaker encoder"):
        Encoder.load(tmp_path)
