"""A server refuses what `myna say` refuses: hostile voices, consents that do not hold, protected voices."""

import shutil
from collections import defaultdict
from pathlib import Path

import hostile_voices
import pytest
from hostile import Bench, Try, run
from hostile_served import carry_out_served
from http_server import Server, error_of
from safetensors.numpy import load_file

from myna.safety import protected

SOME = 7  # every seventh of the others; all of them are tried by benchmarks/trust.py
WHOLE = ("consent", "a protected voice")


def some() -> list[Try]:
    """All consents and protected voices, and some of each other kind."""
    kinds: dict[str, list[Try]] = defaultdict(list)
    for attempt in hostile_voices.all_voices():
        kinds[attempt.kind].append(attempt)
    return [a for kind, tries in kinds.items() for a in (tries if kind.startswith(WHOLE) else tries[::SOME])]


def test_hostile_voices_are_refused_in_one_line(tmp_path: Path) -> None:
    outcomes = list(carry_out_served(some(), tmp_path))
    assert len(outcomes) > 40
    assert {o.attempt.name: o.fault for o in outcomes if o.fault} == {}


@pytest.fixture
def bench(of_the_server: Server, tmp_path: Path):
    """A voice of the server that it has loaded and spoken with."""
    made = Bench(tmp_path)
    made.voice = of_the_server.folder / "voices" / "Eve"
    shutil.copytree(of_the_server.folder / "voices" / "Ana", made.voice)
    made.describe(name="Eve")
    made.consent()
    assert of_the_server.speech(voice="Eve").status_code == 200
    yield made
    shutil.rmtree(made.voice)


def refused(server: Server, **fields: str) -> str:
    answer = server.speech(voice="Eve", **fields)
    assert answer.status_code == 400
    return str(error_of(answer)["message"])


def test_a_loaded_voice_whose_weights_are_swapped(bench: Bench, of_the_server: Server) -> None:
    (bench.voice / "tts.safetensors").write_bytes((bench.voice / "vocoder.safetensors").read_bytes())
    assert "changed after the voice was sealed" in refused(of_the_server)


def test_a_loaded_voice_whose_consent_is_taken_back(bench: Bench, of_the_server: Server) -> None:
    assert run(["consent", "revoke", str(bench.voice / "consent.yaml")])[0] == 0
    assert "revoked" in refused(of_the_server)
    assert "revoked" in refused(of_the_server, stream_format="audio")


def test_a_loaded_voice_that_is_protected_from_now_on(bench: Bench, of_the_server: Server) -> None:
    protected.add(protected.list_path(), "Eve", load_file(bench.voice / "speaker.safetensors")["embedding"])
    try:
        assert "protected" in refused(of_the_server)
    finally:
        protected.list_path().unlink()
