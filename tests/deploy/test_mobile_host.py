"""The C++ host of `docs/mobile.md`, compiled and run: its samples are the engine's."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile

import myna
from myna.deploy.engine import Engine
from myna.text.languages import LANGUAGES

TEXT = "Good morning, Ana. How are you today?"
SOURCE = Path(myna.__file__).parent / "deploy" / "mobile" / "host.cpp"


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Path:
    """The host, linked with the library of the Python package."""
    out = tmp_path_factory.mktemp("host") / "host"
    package = find_spec("onnxruntime")
    assert package is not None and package.origin is not None
    (library,) = (Path(package.origin).parent / "capi").glob("libonnxruntime.so.*")
    # The library asks for itself by its short name.
    (out.parent / "libonnxruntime.so.1").symlink_to(library)
    compiler = shutil.which("g++") or shutil.which("c++")
    assert compiler, "a C++ compiler is missing: apt-get install g++"
    command = [compiler, "-O2", "-std=c++17", "-Wall", "-Werror", SOURCE, f"-I{Path(__file__).parent}", library]
    subprocess.run([*command, f"-Wl,-rpath,{library.parent}:{out.parent}", "-o", out], check=True)
    return out


@pytest.mark.parametrize("seed", [0, 7])
def test_its_samples_are_those_of_the_engine(seed: int, host: Path, exported: Path, tmp_path: Path) -> None:
    engine = Engine.load(exported)
    ((_, piece),) = list(engine.reading("How are you today?").shown())[:1]
    assert piece is not None
    numbers = engine.tokens.encode(piece.symbols)
    codes = [LANGUAGES[engine.config.language]] * len(numbers)
    drawn = engine.draw(numbers, codes, seed).wave
    expected = drawn(0, drawn.total).reshape(-1)
    told = "\n".join(f"{token} {code}" for token, code in zip(numbers, codes, strict=True))
    subprocess.run([host, exported, tmp_path / "out.wav", str(seed)], input=told, text=True, check=True)
    found, rate = soundfile.read(tmp_path / "out.wav", dtype="float32")
    assert (rate, found.shape) == (engine.sample_rate, expected.shape)
    assert np.corrcoef(found, expected)[0, 1] >= 0.999
