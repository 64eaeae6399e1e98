"""`pip install .` speaks, reads and verifies without the training toolkits."""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import fresh
import pytest
import soundfile
from toy_voice import write_voice

from myna.safety import aigc

pytestmark = pytest.mark.timeout(1800)  # under two minutes of processor time, but a busy machine stretches it
TOOLKITS = {"espnet", "nemo-toolkit", "lightning", "pytorch-lightning", "hydra-core", "omegaconf"}
# What torch brings for GPUs, whatever the machine: most of either install, and not Myna's to choose.
GPU = ("nvidia-", "cuda-", "triton")


@pytest.fixture(scope="module")
def light() -> Iterator[Path]:
    """About a minute of installing, most of it links to files that uv keeps."""
    with fresh.environment(fresh.wheel()) as folder:
        yield folder


def test_it_brings_no_toolkit_and_half_of_the_size(light: Path) -> None:
    found, whole = fresh.packages(light), fresh.packages(Path(sys.prefix))
    assert not TOOLKITS & set(found)
    assert set(whole) > TOOLKITS

    def own(sizes: dict[str, int]) -> int:
        return sum(size for name, size in sizes.items() if not name.startswith(GPU))

    assert own(found) < 0.65 * own(whole)
    assert sum(found.values()) < 0.8 * sum(whole.values())


def test_it_speaks_reads_and_verifies(light: Path, tmp_path: Path) -> None:
    voice, out = write_voice(tmp_path / "voice"), tmp_path / "hello.mp3"
    said = fresh.myna(light, "say", "Hello there, my friend.", "--voice", voice, "-o", out, home=tmp_path)
    assert said.returncode == 0, said.stderr
    label = aigc.read(out)
    assert label is not None and label.ProduceID in said.stdout
    assert soundfile.info(out).duration > 1
    verified = fresh.myna(light, "verify", out, home=tmp_path)
    assert verified.returncode == 0 and "perth found" in verified.stdout
    read = fresh.myna(light, "read", "Dr. Smith paid $5.", home=tmp_path)
    assert "doctor Smith paid five dollars" in read.stdout
    assert fresh.myna(light, "consent", "--help", home=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("recipe", "mini_voices"), "pip install 'myna[train]'"),
        (("read", "日本語です。", "--language", "ja"), "pip install 'myna[ja]'"),
    ],
)
def test_what_it_leaves_out_is_said(light: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = fresh.myna(light, *arguments, home=tmp_path)
    assert done.returncode == 2 and message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_doctor_misses_nothing(light: Path, tmp_path: Path) -> None:
    done = fresh.myna(light, "doctor", home=tmp_path)
    assert "missing " not in done.stdout, done.stdout


def test_the_group_without_torch_is_part_of_the_light_install() -> None:
    """The two lists of pyproject.toml say the same of each package."""
    content = tomllib.loads((fresh.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    light = set(content["project"]["dependencies"])
    more = {"onnx", "onnxruntime", "webrtcvad-wheels"}  # the last for instant voices without torch
    assert set(content["dependency-groups"]["onnx"]) - light == more
    assert {"torch", "torchaudio"} < light
