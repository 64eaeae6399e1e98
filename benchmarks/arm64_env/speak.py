"""Speak sentences with an export, in whatever Python and on whatever processor this runs.

Usage: python speak.py JOB.json, where the job holds `export`, `sentences` and `out`; or `export` and `library`, which
is tests/deploy/host_shared.cpp compiled: its steps and its speech are then compared with numpy's and the engine's.

Writes `numbers`, `durations`, `mel` and `wave` of each sentence, numbered, to the file `out`.
"""

import ctypes
import json
import sys
from pathlib import Path

import numpy as np

from myna.deploy.engine import Engine

TESTS = Path(__file__).resolve().parents[2] / "tests" / "deploy"


def spoken(engine: Engine, text: str) -> dict[str, np.ndarray]:
    """Draw the first piece of a text: ids of its tokens, their frames, log-mel, samples without marks."""
    piece = next(piece for _, piece in engine.reading(text).paused() if piece is not None)
    drawn = engine.draw_piece(piece)
    wave = drawn.wave(0, drawn.wave.total).reshape(-1)
    numbers = np.asarray(engine.tokens.encode(piece.symbols))
    return {
        "numbers": numbers,
        "durations": drawn.durations,
        "mel": drawn.mel(0, drawn.mel.total),
        "wave": np.clip(wave, -1, 1),
    }


def check_host(library: str, export: Path) -> None:
    """Run the tests of the C++ host with a library that was compiled before."""
    sys.path.insert(0, str(TESTS))
    import test_mobile_host as tests

    host = ctypes.CDLL(library)
    for seed in (0, 7, 2**31 - 1):
        tests.test_noise(host, seed)
    tests.test_lengths_and_places(host)
    tests.test_pitch(host)
    tests.test_pulses_and_transforms(host)
    tests.test_it_speaks_what_the_engine_speaks(host, export)


def main() -> None:
    """Do a job."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if "library" in job:
        check_host(job["library"], Path(job["export"]))
        return
    engine = Engine.load(job["export"])
    found = [spoken(engine, text) for text in job["sentences"]]
    arrays = {f"{name}_{number}": value for number, one in enumerate(found) for name, value in one.items()}
    np.savez(job["out"], **arrays)


if __name__ == "__main__":
    main()
