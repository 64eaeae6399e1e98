"""Measure `myna serve`: the first byte beside the engine's own, and many clients at once.

    python benchmarks/serve.py                 # all; ten minutes of clients
    python benchmarks/serve.py --minutes 5 --clients 8

The voice is an instant one of the base that ships, made here of a speaker of CMU AN4. The engine's own is the time
until `stream` of the voice gives its first part, in this process, asked in turn with the server so that both meet the
same machine. Of a request the first byte of the body is told, and that of speech behind the audible label. Each
answer of the clients is compared by SHA-256 with the answer to the same sentence asked alone, before; pcm has no label
in a head, so the bytes are the same.
"""

import argparse
import hashlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/serve")]

TEXT = "Good morning to all of you, and welcome to the first of our talks."
_BYTES_A_SECOND = 48_000  # of pcm
_NUMBERS = ("One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
SENTENCES = [
    f"{number} of us {rest}." for number in _NUMBERS for rest in ("came home late", "read the long letter twice")
]


def main(rounds: int, clients: int, minutes: float) -> int:
    """Print a table; returns how many answers were wrong."""
    from http_server import Server, wait_for

    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MYNA_STATE_DIR": f"{folder}/state", "MYNA_WATERMARK": "spread"}
        voice = _voice(Path(folder))
        server = Server(Path(folder), "--rate", "60000").start()
        wait_for(lambda: server.json("/health")["ready"], 300)
        try:
            _print(_latency(server, voice, rounds))
            rows, wrong = _crowd(server, clients, minutes)
            _print(rows)
        finally:
            server.stop()
    return wrong


def _voice(folder: Path) -> Path:
    import an4

    recording, voice = folder / "an4.wav", folder / "voices" / "Ana"
    recording.write_bytes(an4.wav())
    stated = ["--name=Ana", "--consent=own_voice", "--scope=evaluation", "--language=en-us"]
    command = [sys.executable, "-m", "myna.cli", "clone", recording, *stated, f"--output={voice}", "--instant"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    return voice


def _latency(server, voice: Path, rounds: int) -> dict[str, str]:
    """Ask the server first, for its first request after the start is one of the figures."""
    # A client that lives, as programs have one: to make one takes 30 ms, in which it reads the certificates of https.
    client = httpx.Client()
    first = _ask(server.url, TEXT, client)
    timed = server.speech(input=TEXT, response_format="wav", timestamp_granularities=["word"]).json()
    label = int(timed["speech_start"] * _BYTES_A_SECOND)
    engine = _engine(voice)
    own, byte, speech = [], [], []
    for _ in range(rounds):
        own.append(engine())
        answer = _ask(server.url, TEXT, client)
        byte.append(answer.after(0))
        speech.append(answer.after(label))
    return {
        "first request after the start, first byte": _ms(first.after(0)),
        "first request after the start, first byte of speech": _ms(first.after(label)),
        f"engine's own first part, median of {rounds}": _ms(statistics.median(own)),
        "first byte over HTTP": _ms(statistics.median(byte)),
        "first byte of speech over HTTP": _ms(statistics.median(speech)),
        "above the engine's own": _ms(statistics.median(speech) - statistics.median(own)),
    }


def _engine(voice: Path) -> Callable[[], float]:
    from myna.serve.exit import find_voice, load_voice

    talker = load_voice(find_voice(voice))

    def first() -> float:
        began = time.perf_counter()
        parts = talker.stream(TEXT)
        next(iter(parts))
        took = time.perf_counter() - began
        list(parts)
        return took

    first()
    return first


class Answer:
    """One stream: when how many bytes were there."""

    def __init__(self) -> None:
        """Begin to wait."""
        self.began, self.came, self.size, self.hash = time.perf_counter(), [], 0, hashlib.sha256()

    def take(self, data: bytes) -> None:
        """Take what has come."""
        self.size += len(data)
        self.hash.update(data)
        self.came.append((self.size, time.perf_counter() - self.began))

    def after(self, count: int) -> float:
        """Return the seconds until more than so many bytes were there."""
        return next((at for size, at in self.came if size > count), float("nan"))


def _ask(url: str, text: str, client: httpx.Client | None = None) -> Answer:
    body = {"model": "tts-1", "voice": "Ana", "input": text, "response_format": "pcm", "stream_format": "audio"}
    answer = Answer()
    with (client or httpx).stream("POST", f"{url}/v1/audio/speech", json=body, timeout=300) as response:
        response.raise_for_status()
        for data in response.iter_raw():
            answer.take(data)
    return answer


def _crowd(server, clients: int, minutes: float) -> tuple[dict[str, str], int]:
    alone = {text: _ask(server.url, text).hash.hexdigest() for text in SENTENCES}
    assert len(set(alone.values())) == len(alone)
    process, memory, times, faults = psutil.Process(server.process.pid), [], [], []
    until = time.monotonic() + 60 * minutes

    def talk(number: int) -> None:
        choice = random.Random(number)
        with httpx.Client() as client:
            while time.monotonic() < until:
                text = choice.choice(SENTENCES)
                try:
                    answer = _ask(server.url, text, client)
                except (httpx.HTTPError, OSError) as error:
                    faults.append(f"error: {error!r}")
                    continue
                times.append((answer.after(0), answer.came[-1][1]))
                if answer.hash.hexdigest() != alone[text]:
                    faults.append(f"cross-talk: {text}")

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        memory.append(process.memory_info().rss / 2**20)
        time.sleep(1)
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    return _told(clients, minutes, times, memory, faults), len(faults)


def _told(clients: int, minutes: float, times: list, memory: list[float], faults: list[str]) -> dict[str, str]:
    first, whole = np.array(times).T
    tenth = max(1, len(memory) // 10)
    begin, end = statistics.median(memory[tenth : 2 * tenth]), statistics.median(memory[-tenth:])  # without the start
    errors = sum(fault.startswith("error") for fault in faults)
    return {
        f"{clients} clients for {minutes:g} minutes: answers": str(len(times)),
        "errors": str(errors),
        "answers that differ from those alone": str(len(faults) - errors),
        "first byte, p50 / p95": f"{_ms(np.percentile(first, 50))} / {_ms(np.percentile(first, 95))}",
        "whole answer, p50 / p95": f"{_ms(np.percentile(whole, 50))} / {_ms(np.percentile(whole, 95))}",
        "memory, second tenth of the run → last": f"{begin:.0f} → {end:.0f} MB ({100 * (end / begin - 1):+.1f} %)",
    }


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def _print(rows: dict[str, str]) -> None:
    for name, value in rows.items():
        print(f"| {name} | {value} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="requests by which the first byte is measured")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=10.0)
    given = parser.parse_args()
    sys.exit(int(main(given.rounds, given.clients, given.minutes) > 0))
