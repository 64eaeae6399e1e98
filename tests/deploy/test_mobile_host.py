"""The C++ host of docs/mobile.md computes what `myna.deploy.host` does, and speaks what the engine speaks."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest

from myna.deploy.engine import NOISE_FRAMES, Engine
from myna.deploy.host import Pulses, Transform, frames_of, pitch_of, spread
from myna.deploy.noise import normal
from myna.deploy.rows import Rows

ROOT = Path(__file__).parents[2]
HOP, N_FFT, RATE = 256, 1024, 22_050
CALL = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, *[ctypes.c_void_p] * 6)


@pytest.fixture(scope="module", params=[[], ["-march=native"]], ids=["plain", "fused"])
def host(request, tmp_path_factory) -> ctypes.CDLL:
    """The host as a library; where the processor multiplies and adds at once, as every arm64 does, with that too."""
    library = tmp_path_factory.mktemp("host") / "libhost.so"
    source = Path(__file__).with_name("host_shared.cpp")
    command = ["c++", "-std=c++17", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-I", ROOT / "docs" / "mobile"]
    subprocess.run([*command, *request.param, source, "-o", library], check=True)
    return ctypes.CDLL(str(library))


def at(array: np.ndarray) -> ctypes.c_void_p:
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)


def long(value: int) -> ctypes.c_int64:
    return ctypes.c_int64(value)


def filled(call, *shape: int) -> np.ndarray:
    out = np.zeros(shape, np.float32)
    call(at(out))
    return out


def rows_of(array: np.ndarray) -> Rows:
    return Rows(lambda start, stop: array[start:stop], len(array))


@pytest.mark.parametrize("seed", [0, 7, 2**31 - 1])
def test_noise(host: ctypes.CDLL, seed: int) -> None:
    ours = filled(lambda out: host.host_normal(ctypes.c_uint32(seed), long(4000), out), 4000)
    np.testing.assert_allclose(ours, normal(seed, 4000), atol=1e-5)


def test_lengths_and_places(host: ctypes.CDLL) -> None:
    draw = np.random.default_rng(0)
    encoded = draw.normal(size=(40, 12)).astype(np.float32)
    logs = draw.normal(1, 1.5, 40).astype(np.float32)
    theirs = spread(encoded, frames_of(logs, 1.3))
    out = np.zeros_like(theirs)
    made = host.host_spread(at(encoded), at(logs), long(40), long(12), ctypes.c_float(1.3), at(out))
    assert made == len(theirs)
    np.testing.assert_allclose(out, theirs, atol=1e-6)


def test_pitch(host: ctypes.CDLL) -> None:
    logits = np.random.default_rng(0).normal(0, 3, (300, 97)).astype(np.float32)
    ours = filled(lambda out: host.host_pitch(at(logits), long(300), long(97), out), 300, 2)
    np.testing.assert_allclose(ours, pitch_of(logits), rtol=1e-6)


def test_pulses_and_transforms(host: ctypes.CDLL) -> None:
    """Eight seconds, so that a phase in single precision would be heard here."""
    frames = 700
    wave = np.arange(frames)
    hertz = np.stack((150 + 80 * np.sin(wave / 9), wave % 30 > 4), 1).astype(np.float32)
    theirs = Pulses(rows_of(hertz), HOP, RATE)(0, frames)
    ours = filled(lambda out: host.host_pulses(at(hertz), long(frames), HOP, RATE, out), frames, HOP)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)

    transform = Transform(N_FFT, HOP)
    spectra = transform.analyse(rows_of(theirs), 0, frames)
    found = filled(lambda out: host.host_analyse(at(theirs), long(frames), HOP, N_FFT, out), frames, N_FFT + 2)
    np.testing.assert_allclose(found, spectra, atol=1e-4)

    noisy = spectra + normal(3, spectra.size // 16 * 16 + 16)[: spectra.size].reshape(spectra.shape)
    back = filled(lambda out: host.host_synthesise(at(noisy), long(frames), HOP, N_FFT, out), frames, HOP)
    np.testing.assert_allclose(back, transform.synthesise(rows_of(noisy), 0, frames), atol=1e-4)


def test_it_speaks_what_the_engine_speaks(host: ctypes.CDLL, exported: Path) -> None:
    """The same graphs, longer than the vocoder's noise, which repeats."""
    engine = Engine.load(exported)
    text = "Good morning, Ana. It is a fine day for a long walk by the river, is it not? "
    pieces = [piece for _, piece in engine.reading(text).paused() if piece is not None]
    numbers = np.asarray([n for piece in pieces for n in engine.tokens.encode(piece.symbols)], np.int64)
    languages = np.zeros_like(numbers)
    drawn = engine.draw(numbers.tolist(), languages.tolist(), seed=5)
    theirs = np.clip(drawn.wave(0, drawn.wave.total).reshape(-1), -1, 1)
    assert drawn.wave.total > NOISE_FRAMES

    ours = np.zeros(2 * len(theirs), np.float32)
    ends = (long(len(numbers)), ctypes.c_uint32(5), ctypes.c_float(engine.config.noise_scale))
    made = host.host_speak(caller(host, engine), at(numbers), at(languages), *ends, at(ours), long(len(ours)))
    assert made == len(theirs)
    np.testing.assert_allclose(ours[:made], theirs, atol=1e-3)
    assert np.corrcoef(ours[:made], theirs)[0, 1] > 0.99999


def caller(host: ctypes.CDLL, engine: Engine):
    """Return what the host calls for a graph: the engine's runtime."""

    def call(graph: bytes, count: int, *addresses: int) -> None:
        kinds = (ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
        *listed, found = addresses
        tables = [(kind * count).from_address(where) for kind, where in zip(kinds, listed, strict=True)]
        inputs = {name.decode(): given(*rest) for name, *rest in zip(*tables, strict=True)}
        for value in engine.run(graph.decode(), **inputs):
            value = np.ascontiguousarray(value.reshape(value.shape[1], -1))
            host.give(ctypes.c_void_p(found), at(value), long(value.shape[0]), long(value.shape[1]))

    return CALL(call)


def given(numbers: int | None, whole: int | None, rows: int, columns: int) -> np.ndarray:
    """Return the array at an address: (1, rows, columns) floats, or (1, rows) whole numbers."""
    if numbers is None:
        return np.ctypeslib.as_array((ctypes.c_int64 * rows).from_address(whole))[None].copy()
    held = (ctypes.c_float * (rows * columns)).from_address(numbers)
    return np.ctypeslib.as_array(held).reshape(1, rows, columns).copy()
