"""Jobs of a real server: a voice from uploaded recordings, through kills of the server, of the job and of both."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import an4
import httpx
import psutil
import pytest
from http_server import Server, error_of, wait_for

from myna.serve.jobs import MARK

PARTS = {"name": "Ann", "consent": "own_voice", "terms": "accepted", "language": "en-us", "kind": "instant"}


@pytest.fixture(scope="module")
def recording() -> bytes:
    return an4.wav()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, which may be killed."""
    server = Server(tmp_path, "--no-scores")
    yield server
    for process in of_jobs(server):
        process.kill()
    if server.process.poll() is None:
        server.stop(signal.SIGKILL)


def upload(server: Server, recording: bytes, **parts: str) -> httpx.Response:
    files = [("recordings", ("one.wav", recording, "audio/wav"))]
    return httpx.post(f"{server.url}/v1/audio/voices", data={**PARTS, **parts}, files=files, timeout=60)


def of_jobs(server: Server) -> list[psutil.Process]:
    """Return the processes of the server's jobs."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except psutil.Error:
            continue
        if MARK in environment and environment.get("MYNA_STATE_DIR") == server.env["MYNA_STATE_DIR"]:
            found.append(process)
    return found


def job_of(server: Server, name: str) -> dict:
    return server.json(f"/v1/jobs/{name}")


@pytest.mark.parametrize("killed", ["server", "job", "both"])
def test_a_job_survives_a_kill(killed: str, own: Server, recording: bytes) -> None:
    job = upload(own.start(), recording).json()["job"]["id"]
    wait_for(lambda: job_of(own, job)["state"] == "running" and of_jobs(own), 60)
    running = of_jobs(own)
    if killed != "job":
        own.stop(signal.SIGKILL)
    if killed != "server":
        for process in running:
            process.send_signal(signal.SIGKILL)
    if killed != "job":
        own.start()
    wait_for(lambda: job_of(own, job)["state"] not in ("queued", "running"), 240)
    ended = job_of(own, job)
    assert ended["state"] == "done", ended
    assert ended["attempts"] == (1 if killed == "server" else 2)
    voice = own.json("/v1/audio/voices")["data"][0]
    assert (voice["name"], voice["state"], voice["language"]) == ("Ann", "ready", "en-us")
    assert own.speech(voice="Ann").status_code == 200


def test_what_is_deleted_leaves_nothing_and_what_waits_can_be_cancelled(own: Server, recording: bytes) -> None:
    first = upload(own.start(), recording).json()
    wait_for(lambda: job_of(own, first["job"]["id"])["state"] == "running", 60)
    second = upload(own, recording, name="Ben").json()["job"]["id"]
    assert error_of(upload(own, recording, name="ann"))["code"] == "name_taken"
    assert job_of(own, second)["queue"] == 0 and job_of(own, second)["state"] == "queued"  # one at a time
    assert httpx.post(f"{own.url}/v1/jobs/{second}/cancel").json()["state"] == "cancelled"
    wait_for(lambda: bool(of_jobs(own)), 60)
    assert httpx.delete(f"{own.url}/v1/audio/voices/{first['id']}", timeout=60).json()["deleted"]
    wait_for(lambda: not of_jobs(own), 20)
    assert httpx.get(f"{own.url}/v1/jobs/{first['job']['id']}").status_code == 404
    assert not (own.home / "people" / first["id"]).exists()
    left = [path for path in own.home.rglob("*") if path.is_file() and b"Ann" in path.read_bytes()]
    assert not left and oct(os.stat(own.home).st_mode)[-3:] == "700"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"terms": ""}, "terms_not_accepted"),
        ({"consent": ""}, "invalid_value"),
        ({"name": "../../etc"}, "invalid_value"),
        ({"language": "xx"}, "unsupported_language"),
        ({"kind": "perfect"}, "invalid_value"),
        ({"colour": "red"}, "invalid_value"),
    ],
)
def test_an_upload_that_is_refused_leaves_nothing(server: Server, recording: bytes, parts: dict, code: str) -> None:
    assert error_of(upload(server, recording, **parts))["code"] == code
    assert not list((server.home / "people").iterdir())
