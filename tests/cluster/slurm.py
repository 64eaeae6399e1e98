"""A Slurm cluster of two nodes on this machine, from Debian's packages: no systemd, no cgroups, loopback only."""

import getpass
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import debian

PACKAGES = ("slurm-wlm", "slurm-wlm-basic-plugins", "munge")
CONF = """
ClusterName=myna
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SlurmctldPort={ports[0]}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SlurmdParameters=config_overrides
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ReturnToService=2
MpiDefault=none
KillWait=2
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{ports[1]}-{ports[2]}] CPUs=2 RealMemory=8000
PartitionName=work Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
"""


def _ports(first: int = 17102) -> tuple[int, int, int]:
    """Return a port and two that follow each other."""
    while True:
        numbers = (first, first + 1, first + 2)
        try:
            for number in numbers:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
            return numbers
        except OSError:
            first += 3


@contextmanager
def cluster(folder: Path) -> Iterator[dict[str, str]]:
    """Start munge, slurmctld and two slurmd; gives the environment in which sbatch and srun find them."""
    for program in ("slurmctld", "munged"):
        debian.bring(program, *PACKAGES)
    folder.mkdir(parents=True)
    (folder / "state").mkdir()
    conf = folder / "slurm.conf"
    host, user = socket.gethostname().split(".")[0], getpass.getuser()
    conf.write_text(CONF.format(host=host, user=user, folder=folder, ports=_ports()))
    environment = {**os.environ, "SLURM_CONF": str(conf), "MASTER_ADDR": "127.0.0.1", "GLOO_SOCKET_IFNAME": "lo"}
    with ExitStack() as stack:
        stack.enter_context(_daemon(_munged(folder), environment))
        stack.enter_context(_daemon(["slurmctld", "-D", "-c", "-f", str(conf)], environment))
        for node in ("n1", "n2"):
            stack.enter_context(_daemon(["slurmd", "-D", "-N", node, "-f", str(conf)], environment))
        _until_idle(environment)
        yield environment
        subprocess.run(["scancel", "--user", user], env=environment, check=False)


def _munged(folder: Path) -> list[str]:
    """Return the command of a munge of our own, which leaves the machine's alone."""
    (folder / "munge.key").write_bytes(secrets.token_bytes(128))
    (folder / "munge.key").chmod(0o400)
    names = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munge.pid", "seed-file": "munge.seed"}
    paths = [f"--{option}={folder / name}" for option, name in names.items()]
    return ["munged", "-F", "--force", *paths, f"--log-file={folder / 'munge.log'}"]


@contextmanager
def _daemon(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_idle(environment: dict[str, str]) -> None:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        asked = subprocess.run(["sinfo", "-h", "-N", "-o", "%t"], env=environment, capture_output=True, text=True)
        if asked.stdout.split() == ["idle", "idle"]:
            return
        time.sleep(0.5)
    raise RuntimeError(f"the nodes did not come up: {asked.stdout}{asked.stderr}")
