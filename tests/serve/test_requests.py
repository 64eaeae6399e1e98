"""What is asked wrongly or with ill will: one error in one form, and the server goes on."""

import asyncio
import os
import socket
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import uvicorn
from hostile_requests import Hostile, kept, quick, slow
from http_server import Server, error_of
from uvicorn.server import ServerState

from myna import cli
from myna.errors import MynaError
from myna.serve.guard import Rates
from myna.serve.protocol import BoundedProtocol
from myna.serve.settings import Settings, token_of


@pytest.mark.parametrize("asked", quick(), ids=lambda asked: f"{asked.kind}: {asked.name!a}")
def test_each_gets_one_error_and_leaves_nothing(asked: Hostile, server: Server) -> None:
    before, logged = kept(server), len(server.log())
    assert asked.fault(server) == ""
    assert kept(server) == before and "Traceback" not in server.log()[logged:]


def test_who_hangs_up_while_the_answer_is_sent_is_no_fault() -> None:
    async def reset_before_the_end() -> bool:
        config = uvicorn.Config(app=None, log_config=None)  # type: ignore[arg-type]  # else it closes the logs of all
        config.load()
        protocol = BoundedProtocol(config, ServerState(), {})
        listening = await asyncio.get_running_loop().create_server(lambda: protocol, "127.0.0.1", 0)
        with socket.create_connection(listening.sockets[0].getsockname()) as client:
            await asyncio.sleep(0.05)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, and no goodbye
        time.sleep(0.05)  # no turn of the loop, which would notice
        protocol._linger()
        closing = protocol.transport.is_closing()
        listening.close()
        return closing

    assert asyncio.run(reset_before_the_end())


def test_the_field_that_is_meant_is_named(server: Server) -> None:
    for fields, param in (({"speed": 9}, "speed"), ({"voice": ["Ana"]}, "voice.str"), ({"input": "<speak>"}, None)):
        assert error_of(server.speech(**fields))["param"] == param


def test_what_stops_on_the_way_is_told_so(server: Server) -> None:
    chosen = [asked for asked in slow() if "drips" in asked.name]
    assert [asked.fault(server) for asked in chosen] == [""]


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
