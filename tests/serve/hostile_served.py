"""Hostile voices in the folder of voices of a server: each is asked for over HTTP, by one server for all of them."""

import shutil
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import httpx
from hostile import Bench, Outcome, Try, state_of
from http_server import Server
from toy_voice import write_voice

_FIELDS = {"--language": "language", "--purpose": "purpose"}


def carry_out_served(attempts: Iterable[Try], folder: Path, prefix: str = "served, ") -> Iterator[Outcome]:
    """Give what became of each try that speaks: status 2 for a refusal of one line, 0 for a sound.

    Args:
        attempts: Those whose command is not `myna say` are left out.
        folder: Empty; home, state and voices of the server.
        prefix: Of their kinds.
    """
    with state_of(folder / "state"):
        honest = write_voice(folder / "voices" / "Ana")
        server = Server(folder, "--default-voice", "Ana", "--no-scores", "--rate", "60000").start()
        try:
            for number, attempt in enumerate(attempts):
                bench = Bench(folder / f"try{number}")
                shutil.copytree(honest, bench.voice)
                command = attempt.prepare(bench)
                if command[0] == "say":
                    yield _asked(server, attempt, bench, command, prefix)
                (folder / "state" / "protected.npz").unlink(missing_ok=True)
            assert server.speech().status_code == 200, "the honest voice does not speak any more"
        finally:
            server.stop()


def _asked(server: Server, attempt: Try, bench: Bench, command: list[str], prefix: str) -> Outcome:
    name = bench.folder.name
    place = server.folder / "voices" / name
    bench.voice.rename(place)
    wishes = dict(pairwise(command))
    fields = {field: wishes[option] for option, field in _FIELDS.items() if option in wishes}
    status, lines = _answer(server, {"voice": name, "input": command[1], **fields})
    shutil.rmtree(place)
    served = Try(prefix + attempt.kind, attempt.name, attempt.prepare, attempt.wanted)
    return Outcome(served, status, lines, bench.canary.exists())


def _answer(server: Server, fields: dict[str, str]) -> tuple[int | str, list[str]]:
    try:
        answer = server.speech(**fields)
    except httpx.HTTPError as error:
        return f"{type(error).__name__}: {error}", []
    if answer.status_code == 200:
        return 0, []
    message = answer.json()["error"]["message"]
    return (2, [message]) if answer.status_code < 500 else (f"{answer.status_code}: {message}", [])
