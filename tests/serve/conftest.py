"""A voice to speak with, a state folder a test, and one server for all tests that ask it things."""

from collections.abc import Iterator
from pathlib import Path

import an4
import httpx
import pytest
from http_server import Server
from playwright.sync_api import Browser
from toy_voice import write_voice


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch) -> None:
    """Give every test its own log, keys and lists."""
    monkeypatch.setenv("MYNA_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def voice_folder(tmp_path) -> Path:
    return write_voice(tmp_path / "exp" / "clone" / "voice")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start `myna serve` with the voice Ana."""
    folder = tmp_path_factory.mktemp("serve")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYNA_STATE_DIR", str(folder / "state"))
        write_voice(folder / "voices" / "Ana")
    running = Server(folder, "--default-voice", "Ana", "--no-scores", "--rate", "6000", "--wyoming", str(free_port()))
    yield running.start()
    assert running.stop() in (0, -15)  # uvicorn ends as the signal asks


def free_port() -> int:
    """Return a port that nobody listens at."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def of_the_server(server: Server, monkeypatch) -> Server:
    """Let this process read the server's log and keys."""
    monkeypatch.setenv("MYNA_STATE_DIR", server.env["MYNA_STATE_DIR"])
    return server


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start Chromium, with a person's speech in the place of the microphone; its event loop ends with the module."""
    from chromium import chromium

    microphone = tmp_path_factory.mktemp("microphone") / "an4.wav"
    microphone.write_bytes(an4.wav())
    with chromium(microphone) as running:
        yield running


@pytest.fixture
def empty(server: Server) -> Iterator[Server]:
    """The server, without the people that the test takes in."""
    yield server
    for voice in server.json("/v1/audio/voices")["data"]:
        if voice["deletable"]:
            httpx.delete(f"{server.url}/v1/audio/voices/{voice['id']}", timeout=60)
