"""What is asked wrongly or with ill will: each one request, as bytes, with the status that it has to get."""

import gzip
import http.client
import io
import json
import select
import socket
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import an4
import numpy as np
import soundfile
from http_server import Server

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=edge"}
SPEECH, VOICES, INSPECT, CHECK = "/v1/audio/speech", "/v1/audio/voices", "/v1/inspect", "/v1/consent/check"
_PERSON = {"name": "Eve", "consent": "own_voice", "terms": "accepted", "language": "en-us", "kind": "instant"}


@dataclass(frozen=True)
class Hostile:
    """One request.

    Attributes:
        kind: For the table.
        name: What is wrong.
        sent: Its bytes, in pieces with pauses of a fifth of a second.
        status: Of the answer; 400 to 499 where it is None.
        code: Of the error, where one is expected.
    """

    kind: str
    name: str
    sent: Callable[[], Iterable[bytes]]
    status: int | None = None
    code: str = ""

    def answer(self, server: Server, seconds: float = 120) -> tuple[int, bytes]:
        """Send it; returns status and body of the answer.

        Raises:
            OSError: The connection was reset, or no answer came.
            http.client.HTTPException: The answer is no HTTP.
        """
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=seconds) as connection:
            for number, piece in enumerate(self.sent()):
                if select.select([connection], [], [], 0.2 * (number > 0))[0]:
                    break  # the answer is there
                try:
                    connection.sendall(piece)
                except (BrokenPipeError, ConnectionResetError):
                    break  # refused already; the answer is what counts
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            return answer.status, answer.read()

    def fault(self, server: Server) -> str:
        """Send it; returns what is wrong with the answer, or nothing."""
        try:
            status, body = self.answer(server)
        except (OSError, http.client.HTTPException) as error:
            return f"no answer: {error!r}"
        if not (400 <= status < 500 if self.status is None else status == self.status):
            return f"status {status}: {body[:200]!r}"
        return _fault_of(body, self.code)


def _fault_of(body: bytes, code: str) -> str:
    try:
        error = json.loads(body)["error"]
        whole = set(json.loads(body)) == {"error"} and set(error) == {"message", "type", "param", "code"}
    except (ValueError, KeyError, TypeError):
        return f"no error in the one form: {body[:200]!r}"
    if not whole or not error["message"] or not error["message"].isprintable() or "Traceback" in error["message"]:
        return f"not one clear line: {error}"
    return f"code {error['code']}" if code and error["code"] != code else ""


def request(method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """Return a request of HTTP/1.1 whose head is sound but for what is asked."""
    lines = {"Host": "localhost", "Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def whole(*arguments: Any) -> Callable[[], Iterable[bytes]]:
    return lambda: [request(*arguments)]


def multipart(*parts: tuple[str, str | None, bytes], end: bytes = b"--edge--\r\n") -> bytes:
    """Return a body of parts: name, file name or None, content."""
    out = b""
    for name, file, content in parts:
        told = f'; filename="{file}"' if file is not None else ""
        out += f'--edge\r\nContent-Disposition: form-data; name="{name}"{told}\r\n\r\n'.encode() + content + b"\r\n"
    return out + end


def fields() -> Iterator[Hostile]:
    """Wrong fields of a request for speech."""
    rows: list[tuple[dict[str, Any], int | None, str]] = [
        ({"model": "gpt-5"}, 404, "model_not_found"),
        ({"model": None}, 400, "invalid_value"),
        ({"model": ["tts-1"]}, 400, "invalid_value"),
        ({"model": "x" * 101}, 400, "invalid_value"),
        ({"voice": "nobody"}, 404, "voice_not_found"),
        ({"voice": "../Ana"}, 404, "voice_not_found"),
        ({"voice": "Ana\x00"}, 404, "voice_not_found"),
        ({"voice": "x" * 100_000}, 404, "voice_not_found"),
        ({"voice": "hf:owner/name"}, 404, "voice_not_found"),
        ({"voice": "' OR 1=1 --"}, 404, "voice_not_found"),
        ({"voice": ["Ana"]}, 400, "invalid_value"),
        ({"voice": {"id": "Ana", "name": "x"}}, 400, "invalid_value"),
        ({"voice": {"id": ""}}, 400, "invalid_value"),
        ({"voice": 1}, 400, "invalid_value"),
        ({"input": ""}, 400, "invalid_value"),
        ({"input": None}, 400, "invalid_value"),
        ({"input": ["Hello"]}, 400, "invalid_value"),
        ({"input": 17}, 400, "invalid_value"),
        ({"input": "…"}, 400, "nothing_to_say"),
        ({"input": "\x00\x04\x1b"}, 400, "nothing_to_say"),
        ({"input": "\ud800\udfff"}, 400, "nothing_to_say"),
        ({"input": "a" * 10_001}, 400, "text_too_long"),
        ({"input": "<speak>"}, 400, "refused"),
        ({"input": _LAUGHS}, 400, "refused"),
        ({"input": _ENTITY}, 400, "refused"),
        ({"speed": 9}, 400, "invalid_value"),
        ({"speed": -1}, 400, "invalid_value"),
        ({"speed": "fast"}, 400, "invalid_value"),
        ({"response_format": "exe"}, 400, "invalid_value"),
        ({"response_format": "../x.mp3"}, 400, "invalid_value"),
        ({"stream_format": "audio", "language": "klingon"}, 400, "unsupported_language"),
        ({"stream_format": "video"}, 400, "invalid_value"),
        ({"language": "../../etc/passwd"}, 400, "unsupported_language"),
        ({"language": "x" * 41}, 400, "invalid_value"),
        ({"seed": -1}, 400, "invalid_value"),
        ({"seed": 1 << 70}, 400, "invalid_value"),
        ({"seed": 1.5}, 400, "invalid_value"),
        ({"instructions": "x" * 10_001}, 400, "invalid_value"),
        ({"cue": "off"}, 400, "invalid_value"),
        ({"purpose": "publish"}, None, ""),  # the terms or the consent, whichever is missing
        ({"timestamp_granularities": ["word"] * 4}, 400, "invalid_value"),
        ({"timestamp_granularities": ["face", "face"]}, 400, "invalid_value"),
        ({"face_emotion": "hunger"}, 400, "invalid_value"),
        ({"face_emotion": ["happy"]}, 400, "invalid_value"),
        ({"face_emotion": "happy:1.5"}, 400, "invalid_value"),
        ({"emotion": "happy:NaN"}, 400, "invalid_value"),
        ({"emotion": {"happy": 1}}, 400, "invalid_value"),
        ({"timestamp_granularities": ["word"], "stream_format": "sse"}, 400, "invalid_value"),
        ({"timestamp_granularities": "word"}, 400, "invalid_value"),
        ({"sped": 1}, 400, "invalid_value"),
        ({"__proto__": {}}, 400, "invalid_value"),
    ]
    for given, status, code in rows:
        body = {"model": "tts-1", "voice": "Ana", "input": "Good morning.", **given}
        name = json.dumps(given)[:60]
        yield Hostile("wrong fields", name, whole("POST", SPEECH, JSON, json.dumps(body).encode()), status, code)


_LAUGHS = '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><speak>&b;</speak>'
_ENTITY = '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><speak>&x;</speak>'


def bodies() -> Iterator[Hostile]:
    """Bodies that are no JSON, or JSON of the wrong kind."""
    start = b'{"model":"tts-1","voice":"Ana","input":"Hello.",'
    rows = {
        "cut": b"{",
        "deep lists": b"[" * 100_000,
        "deep mappings": b'{"a":' * 100_000,
        "no UTF-8": b"\xff\xfe\xfd",
        "null": b"null",
        "a list": b"[]",
        "a string": b'"hello"',
        "nothing": b"",
        "more behind it": start + b'"seed":1}}',
        "an endless number": start + b'"seed":' + b"1" * 5000 + b"}",
        "NaN": start + b'"speed":NaN}',
        "Infinity": start + b'"speed":Infinity}',
        "a number out of range": start + b'"speed":1e999}',
        "a quote that never ends": b'{"model":"',
        "single quotes": b"{'model':'tts-1'}",
        "a comment": start + b'/*x*/"seed":1}',
        "NUL": bytes(100),
    }
    for name, body in rows.items():
        yield Hostile("JSON", name, whole("POST", SPEECH, JSON, body), 400)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    yield Hostile("JSON", "a form", whole("POST", SPEECH, form, b"model=tts-1&input=x"), 400)
    yield Hostile("JSON", "plain text", whole("POST", SPEECH, {"Content-Type": "text/plain"}, b"hello"), 400)
    for path, body in (
        ("/v1/sentences", {"language": "../../x"}),
        ("/v1/sentences", {"language": "en-us", "said": ["a"] * 501}),
        ("/v1/sentences", {"language": "en-us", "said": [1]}),
        ("/v1/sentences", {"language": "en-us", "said": ["word " * 25_000]}),
        ("/v1/sentences", {"language": "en-us", "count": 10**9}),
        ("/v1/sentences", {"said": []}),
    ):
        yield Hostile("JSON", json.dumps(body)[:50], whole("POST", path, JSON, json.dumps(body).encode()), 400)


def paths() -> Iterator[Hostile]:
    """Paths that lead out, or nowhere, and methods that are not for them."""
    steps = [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/..%5c..%5cetc",
        "//etc/passwd",
    ]
    steps += [
        "/vendor/../../guard.py",
        "/vendor/%2e%2e/%2e%2e/app.py",
        "/app.py",
        "/.env",
        "/jobs.sqlite",
        "/words/..%2f..%2fapp.py",
    ]
    names = [
        "/%00",
        "/index.html%00.js",
        "/%ff%fe.js",
        f"/{'a' * 5000}.js",
        f"/{'a/' * 5000}b.js",
        "/v1/nothing",
        "/con",
        "*",
        "http://evil.example/",
    ]
    names += [
        "/v1/models/x",
        "/v1/models/%2e%2e",
        "/v1/jobs/..%2f..%2fx",
        "/v1/jobs/%27%20OR%201=1",
        f"/v1/jobs/{'x' * 9000}",
    ]
    names += [
        "/v1/audio/voices/..%2fpeople",
        "/v1/audio/voices/%00",
        "/v1/audio/voices/.draft-voice_x",
        "/style.css/../../jobs.py",
    ]
    for target in steps + names:
        yield Hostile("paths", target[:60], whole("GET", target), 404)
    for query in ("", "?who=../../x", "?who=Ana&scope=all", f"?who={'x' * 9000}", "?who=%00"):
        yield Hostile("paths", f"consent{query[:30]}", whole("GET", f"/v1/consent/sentence{query}"), 400)
    for query in ("", "?language=..%2fx", "?language=en-us&count=many"):
        yield Hostile("paths", f"sentences{query[:30]}", whole("GET", f"/v1/sentences{query}"), 400)
    for method, target in (
        ("GET", SPEECH),
        ("BREW", "/health"),
        ("TRACE", "/health"),
        ("OPTIONS", SPEECH),
        ("PUT", VOICES),
    ):
        yield Hostile("methods", f"{method} {target}", whole(method, target), 405)
    for target in ("/v1/audio/voices/..%2fpeople", "/v1/audio/voices/voice_0", "/v1/audio/voices/%2e%2e"):
        yield Hostile("methods", f"DELETE {target}", whole("DELETE", target), 404)
    yield Hostile("methods", "cancel no job", whole("POST", "/v1/jobs/job_0/cancel"), 404, "job_not_found")
    yield Hostile("methods", "a method of 9000 letters", whole("X" * 9000, "/health"))
    yield Hostile("methods", "an upgrade", whole("GET", SPEECH, {"Connection": "Upgrade", "Upgrade": "websocket"}), 405)


def headers() -> Iterator[Hostile]:
    """Hosts and sites of others, encodings, and heads that are not HTTP."""
    for host in (
        "evil.example",
        "localhost.evil.example:80",
        "127.0.0.1.evil.example",
        "",
        "[::1",
        "localhost@evil",
        "0.0.0.0",
    ):
        yield Hostile(
            "hosts and sites", f"Host {host}", whole("GET", "/health", {"Host": host}), 403, "host_not_allowed"
        )
    for name, value in (
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://localhost.evil.example"),
        ("Origin", "http://localhost:1"),
        ("Origin", ""),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Sec-Fetch-Site", "x"),
    ):
        for method, target in (("POST", SPEECH), ("DELETE", f"{VOICES}/x")):
            asked = whole(method, target, {**JSON, name: value}, b"{}")
            yield Hostile("hosts and sites", f"{name} {value} {method}", asked, 403, "cross_site")
    for coding in ("gzip", "br", "deflate", "zstd", "identity, gzip", "x"):
        body = gzip.compress(bytes(1 << 20))
        yield Hostile("encodings", coding, whole("POST", SPEECH, {**JSON, "Content-Encoding": coding}, body), 415)
    for name, raw in _HEADS.items():
        yield Hostile("no HTTP", name, lambda raw=raw: [raw])
    for name, head in (
        ("one header", "X: " + "a" * 200_000),
        ("many headers", "\r\n".join(f"X-{n}: {'a' * 40}" for n in range(4000))),
        ("one cookie", "Cookie: " + "a=b; " * 30_000),
    ):
        raw = f"GET /health HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode()
        yield Hostile("large heads", name, lambda raw=raw: [raw], 431, "too_large")
    long = f"GET /{'a' * 200_000} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    yield Hostile("large heads", "a path", lambda: [long], 431, "too_large")


_POST = b"POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
_CHUNKED = _POST + b"Transfer-Encoding: chunked\r\n"
_HEADS = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "no host": b"GET /health HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
    "a length below zero": _POST + b"Content-Length: -5\r\n\r\n",
    "a length of +5": _POST + b"Content-Length: +5\r\n\r\nhello",
    "a length of 1e3": _POST + b"Content-Length: 1e3\r\n\r\n",
    "two lengths": _POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "a length and chunks": _CHUNKED + b"Content-Length: 5\r\n\r\nzz\r\n",
    "chunks that are none": _CHUNKED + b"\r\nzz\r\n",
    "a chunk below zero": _CHUNKED + b"\r\n-5\r\nhello\r\n0\r\n\r\n",
    "a chunk of 2^80": _CHUNKED + b"\r\nfffffffffffffffffffff\r\n",
    "an unknown transfer": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
    "a blank in a name": b"GET /health HTTP/1.1\r\nHost: localhost\r\nBad name: x\r\n\r\n",
    "no colon": b"GET /health HTTP/1.1\r\nHost: localhost\r\nnothing\r\n\r\n",
    "NUL in a value": b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
    "NUL in the path": b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a blank in the path": b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a folded line first": b"GET /health HTTP/1.1\r\n Host: localhost\r\n\r\n",
    "noise": bytes(range(128, 256)) * 4 + b"\r\n\r\n",
}


def sizes() -> Iterator[Hostile]:
    """More than is taken, told before or found out on the way."""
    yield Hostile("huge", "2 MB of JSON", whole("POST", SPEECH, JSON, b" " * (1 << 21)), 413, "too_large")
    yield Hostile(
        "huge", "2 MB in chunks", lambda: [_CHUNKED + b"\r\n200000\r\n" + b" " * (1 << 21) + b"\r\n0\r\n\r\n"], 413
    )
    for path, head in ((SPEECH, JSON), (VOICES, FORM), (INSPECT, FORM)):
        asked = whole("POST", path, {**head, "Content-Length": "300000000"})
        yield Hostile("huge", f"300 MB to {path}", asked, 413, "too_large")
        for digits in (20, 400):  # is no length for h11
            asked = whole("POST", path, {**head, "Content-Length": "9" * digits})
            yield Hostile("huge", f"a length of {digits} digits to {path}", asked)


def uploads() -> Iterator[Hostile]:
    """Multipart bodies that are none, or hold too much, or name what they should not."""
    sound = ("recordings", "a.wav", an4.wav())
    person = [(name, None, value.encode()) for name, value in _PERSON.items()]
    for path in (VOICES, INSPECT, CHECK):
        yield Hostile("uploads", f"JSON to {path}", whole("POST", path, JSON, b"{}"), 415, "unsupported_media_type")
        bad = {
            "no boundary": ({"Content-Type": "multipart/form-data"}, b"--x"),
            "another boundary": (FORM, b"--x\r\n\r\n"),
            "no part": (FORM, multipart()),
            "no end": (FORM, multipart(sound, end=b"")),
            "65 files": (FORM, multipart(*[("recordings", f"{n}.wav", b"x") for n in range(65)])),
            "25 fields": (FORM, multipart(*[("name", None, b"x")] * 25)),
            "a field of 70 kB": (FORM, multipart(("name", None, b"x" * 70_000))),
            "a head of 70 kB": (FORM, multipart(("x" * 70_000, None, b"x"))),
            "an empty file": (FORM, multipart(*person, ("recordings", "a.wav", b""))),
            "a text for a file": (FORM, multipart(*person, ("recordings", None, b"x"))),
            "an unknown part": (FORM, multipart(*person, sound, ("colour", None, b"red"))),
        }
        for name, (head, body) in bad.items():
            yield Hostile("uploads", f"{name} to {path}", whole("POST", path, head, body), None)
    for changed in (
        {"name": "../../etc"},
        {"name": "x" * 200},
        {"name": "a\x00b"},
        {"name": "\u202eana"},
        {"name": "Ana"},
        {"name": ""},
        {"language": "xx"},
        {"kind": "perfect"},
        {"scope": "commercial"},
        {"terms": "no"},
        {"consent": "somebody"},
    ):
        parts = [(name, None, value.encode()) for name, value in {**_PERSON, **changed}.items()]
        yield Hostile("uploads", json.dumps(changed)[:50], whole("POST", VOICES, FORM, multipart(*parts, sound)))
    twice = multipart(*person, person[0], sound)
    yield Hostile("uploads", "a name twice", whole("POST", VOICES, FORM, twice), 400)
    record = multipart(*person, sound, ("consent_record", "c.yaml", b"a" * 70_000))
    yield Hostile("uploads", "a consent of 70 kB", whole("POST", VOICES, FORM, record), 400)


def quick() -> list[Hostile]:
    """Return all that is answered at once."""
    return [*fields(), *bodies(), *paths(), *headers(), *sizes(), *uploads()]


def slow() -> list[Hostile]:
    """Return what stops on the way: the server waits for 10 seconds for a head, for 20 for more of a body."""
    head = request("POST", SPEECH, {**JSON, "Content-Length": "100"})
    form = request("POST", VOICES, {**FORM, "Content-Length": "100000"}) + multipart(("name", None, b"Eve"), end=b"")
    rows = {
        "a head that stops": [b"GET /health HT"],
        "a head that drips": [b"GET /health HTTP/1.1\r\n", *[b"X: y\r\n"] * 100],
        "a header that never ends": [b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: "],
        "a body that stops": [head + b'{"model":'],
        "a body that does not come": [head],
        "an upload that stops": [form],
        "a chunk that stops": [_CHUNKED + b"\r\n64\r\n{"],
        "a chunk's length that stops": [_CHUNKED + b"\r\n6"],
    }
    return [Hostile("slow", name, lambda pieces=pieces: pieces, 408, "too_slow") for name, pieces in rows.items()]


def bombs() -> list[Hostile]:
    """Return files that are small and unfold, or claim what they do not hold; each is looked at by a process."""
    rows = {
        "a zip of zeros": _zipped(bytes(1 << 26)),
        "gzip of zeros": gzip.compress(bytes(1 << 26)),
        "FLAC of 5 hours of silence": _flac(5 * 3600),
        "WAV that claims 4 GB and holds nothing": an4.wav()[:40] + b"\xff\xff\xff\xff",
        "a playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "a concat script": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "a pickle": b"\x80\x04cos\nsystem\n(S'touch /tmp/x'\ntR.",
        "an ELF": b"\x7fELF" + bytes(1000),
        "noise": np.random.default_rng(0).bytes(50_000),
    }
    return [
        Hostile(
            "bombs", name, whole("POST", INSPECT, FORM, multipart(("recordings", "../../a.wav", data))), 400, "refused"
        )
        for name, data in rows.items()
    ]


def _zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.wav", data)
    return out.getvalue()


def _flac(seconds: int) -> bytes:
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", 8000, 1, format="FLAC") as sound:
        for _ in range(seconds // 60):
            sound.write(np.zeros(60 * 8000, np.int16))
    return out.getvalue()


def kept(server: Server) -> list[str]:
    """Return the folders of people that the server holds, drafts too; there is no job without one."""
    return sorted(path.name for path in (server.home / "people").iterdir())
