"""What is asked wrongly or with ill will: one error in one form, and the server goes on."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from http_server import Server, error_of

from myna import cli
from myna.errors import MynaError
from myna.serve.guard import Rates
from myna.serve.settings import Settings, token_of

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("fields", "status", "param", "code"),
    [
        ({"model": "gpt-5"}, 404, "model", "model_not_found"),
        ({"voice": "nobody"}, 404, "voice", "voice_not_found"),
        ({"voice": "../Ana"}, 404, "voice", "voice_not_found"),
        ({"voice": ["Ana"]}, 400, "voice.str", "invalid_value"),
        ({"input": ""}, 400, "input", "invalid_value"),
        ({"input": "…"}, 400, "input", "nothing_to_say"),
        ({"input": "a" * 10_001}, 400, "input", "text_too_long"),
        ({"input": "<speak>"}, 400, None, "refused"),
        ({"speed": 9}, 400, "speed", "invalid_value"),
        ({"speed": "fast"}, 400, "speed", "invalid_value"),
        ({"response_format": "exe"}, 400, "response_format", "invalid_value"),
        ({"stream_format": "audio", "language": "klingon"}, 400, "language", "unsupported_language"),
        ({"cue": "off"}, 400, "cue", "invalid_value"),
        ({"purpose": "publish"}, 403, "purpose", "terms_not_accepted"),
        ({"sped": 1}, 400, "sped", "invalid_value"),
    ],
)
def test_wrong_fields(fields: dict, status: int, param: str | None, code: str, server: Server) -> None:
    answer = server.speech(**fields)
    error = error_of(answer)
    assert (answer.status_code, error["param"], error["code"]) == (status, param, code), error


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("POST", "/v1/audio/speech", b"{", JSON, 400),
        ("POST", "/v1/audio/speech", b"[" * 100_000, JSON, 400),
        ("POST", "/v1/audio/speech", b"\xff\xfe", JSON, 400),
        ("POST", "/v1/audio/speech", b"a=b", {"content-type": "application/x-www-form-urlencoded"}, 400),
        ("POST", "/v1/audio/speech", b" " * (1 << 21), JSON, 413),
        ("POST", "/v1/audio/speech", b"\x1f\x8b", {**JSON, "content-encoding": "gzip"}, 415),
        ("POST", "/v1/audio/voices", b"{}", JSON, 415),
        ("POST", "/v1/inspect", b"--x", {"content-type": "multipart/form-data"}, 400),
        ("POST", "/v1/audio/voices", b"--x", {"content-type": "multipart/form-data; boundary=y"}, 400),
        ("GET", "/v1/audio/speech", b"", {}, 405),
        ("BREW", "/health", b"", {}, 405),
        ("GET", "/v1/nothing", b"", {}, 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", b"", {}, 404),
        ("GET", "/v1/jobs/..%2f..%2fx", b"", {}, 404),
        ("DELETE", "/v1/audio/voices/..%2fpeople", b"", {}, 404),
        ("GET", "/v1/models/x", b"", {}, 404),
        ("GET", "/health", b"", {"host": "evil.example"}, 403),
        ("GET", "/health", b"", {"host": "localhost.evil.example:80"}, 403),
        ("POST", "/v1/audio/speech", b"{}", {**JSON, "origin": "https://evil.example"}, 403),
        ("POST", "/v1/audio/speech", b"{}", {**JSON, "origin": "null"}, 403),
        ("POST", "/v1/audio/speech", b"{}", {**JSON, "sec-fetch-site": "cross-site"}, 403),
        ("DELETE", "/v1/audio/voices/x", b"", {"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_wrong_requests(method: str, path: str, body: bytes, headers: dict, status: int, server: Server) -> None:
    with httpx.Client(base_url=server.url) as client:
        answer = client.request(method, path, content=body, headers=headers, timeout=30)
    assert answer.status_code == status, answer.text
    error_of(answer)
    assert server.up()


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 70_000,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
    ],
)
def test_what_is_no_http(raw: bytes, server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()
    assert answer.split()[1][:1] == b"4"
    head, _, body = answer.partition(b"\r\n\r\n")
    assert set(json.loads(body)["error"]) == {"message", "type", "param", "code"}, head
    assert server.up()


def test_what_every_answer_says(server: Server) -> None:
    headers = httpx.get(f"{server.url}/health").headers
    assert "default-src 'none'" in headers["content-security-policy"] and headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers and headers["cache-control"] == "no-store"


def test_without_a_token_only_this_machine_is_served(capsys, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MYNA_SERVE_TOKEN", raising=False)
    assert cli.main(["serve", "--host", "0.0.0.0", "--home", str(tmp_path)]) == 2
    assert "set a token" in capsys.readouterr().err
    short = tmp_path / "token"
    short.write_text("secret\n")
    assert cli.main(["serve", "--token-file", str(short), "--home", str(tmp_path)]) == 2
    assert "chmod 600" in capsys.readouterr().err
    short.chmod(stat.S_IRUSR)
    assert cli.main(["serve", "--token-file", str(short), "--home", str(tmp_path)]) == 2
    assert "at least 16" in capsys.readouterr().err
    with pytest.raises(MynaError, match="stays on loopback"):
        Settings(host="10.0.0.1", home=tmp_path, token="t" * 20, wyoming=1).checked()
    monkeypatch.setenv("MYNA_SERVE_TOKEN", "t" * 20)
    assert token_of(None) == "t" * 20


def test_with_a_token_nothing_is_said_without_it(tmp_path: Path) -> None:
    from starlette.testclient import TestClient

    from myna.serve.app import build

    settings = Settings(host="0.0.0.0", home=tmp_path / "home", token="t" * 20, hosts=("myna.example",))
    with TestClient(build(settings), base_url="http://myna.example") as client:
        assert client.get("/health").status_code == 200
        for path in ("/v1/models", "/audio/voices", "/metrics", "/v1/jobs"):
            assert error_of(client.get(path))["code"] == "invalid_api_key"
        assert client.get("/v1/models", headers={"Authorization": "Bearer " + "x" * 20}).status_code == 401
        assert client.get("/v1/models", headers={"Authorization": "Bearer " + "t" * 20}).status_code == 200
        assert client.get("/health", headers={"Host": "other.example"}).status_code == 403


def test_a_client_that_asks_too_often_waits() -> None:
    rates = Rates(60)
    refused = 0
    for _ in range(40):
        try:
            rates.take("a")
        except Exception as error:
            assert error.status_code == 429 and error.headers["Retry-After"]
            refused += 1
    assert refused == 20
    rates.take("b")
    for n in range(10_000):
        rates.take(str(n))
    assert len(rates._left) <= 4096


def test_the_command_starts_without_torch() -> None:
    code = "import sys, myna.serve.command; assert not {'torch', 'fastapi', 'numpy', 'uvicorn'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)
