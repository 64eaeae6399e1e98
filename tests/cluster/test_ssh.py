"""Stage 1 and a comparison over two hosts by SSH: a real sshd on loopback, keys of the test's own."""

import getpass
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import debian
import pytest
from tiny_recipe import command, digests, run

CONF = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/person.pub
PidFile {folder}/sshd.pid
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
"""
HOST = "127.0.0.1"
COMPARED = ["compare.members=[griffin_lim,istft_base]", "compare.copies=1", "compare.copy_sets=[target_test]"]
COMPARED += ["compare.rtf_seconds=0.5", "compare.prompts=0"]


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[str]:
    """How the hosts are reached, as `parallel.options.connect_options` has it; OpenSSH runs until the test ends."""
    folder = tmp_path / "ssh"
    folder.mkdir()
    program, port = debian.bring("sshd", "openssh-server"), free_port()
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "person"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "conf").write_text(CONF.format(port=port, folder=folder))
    (folder / "known").write_text(f"[{HOST}]:{port} {(folder / 'host.pub').read_text()}")
    with subprocess.Popen([program, "-D", "-e", "-f", folder / "conf"], stderr=subprocess.PIPE) as running:
        until_open(port, running)
        given = {"port": port, "username": getpass.getuser(), "client_keys": f"[{folder}/person]"}
        given["known_hosts"] = folder / "known"
        yield "[{" + ", ".join(f"{name}: {value}" for name, value in given.items()) + "}]"
        running.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def until_open(port: int, running: subprocess.Popen[bytes]) -> None:
    """Wait until something listens."""
    while True:
        assert running.poll() is None, running.stderr and running.stderr.read()
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)


def test_features_and_a_comparison_over_two_hosts(connect: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    run(command(here, 0, 1), {**os.environ, "MYNA_CMD": "local"})
    hosts = [f"parallel.options.hosts=[{HOST},{HOST},{HOST}]", f"parallel.options.connect_options={connect}"]
    run(command(there, 0, 1, *hosts, *COMPARED, compare="vocoder"), {**os.environ, "MYNA_CMD": "ssh"})
    assert digests(here) and digests(here) == digests(there)
    rows = json.loads((there / "exp/compare/vocoder/rows.json").read_text())["rows"]
    assert [row["name"] for row in rows] == ["recordings", "griffin_lim", "istft_base"]
    assert all(row["mos"] > 1 for row in rows), rows
