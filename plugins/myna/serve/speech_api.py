"""`/v1/audio/speech` and the models: OpenAI's form, with Myna's exit behind it."""

import base64
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from myna.errors import MynaError
from myna.serve.api_error import ApiError, content
from myna.serve.exit import (
    engine_of,
    lead_of,
    speak_parts,
    speak_timed,
)
from myna.serve.library import Found
from myna.serve.parts import Parts
from myna.serve.settings import REQUESTER
from myna.serve.speaking import while_there
from myna.serve.speech import MEDIA, Prepared, Wanted
from myna.text.emotion import parse as parse_emotion

if TYPE_CHECKING:
    from myna.networks.timing import Timed
    from myna.safety.types import Released

MODELS = ("myna", "tts-1", "tts-1-hd", "gpt-4o-mini-tts")
OPENAI_VOICES = frozenset(
    ("alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse")
)
_TOKENS_A_SECOND = 50  # of the usage that events end with: frames of 20 ms


def router(parts: Parts) -> APIRouter:
    """Return the paths."""
    paths = APIRouter()

    @paths.get("/v1/models")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [_model(name) for name in MODELS]}

    @paths.get("/v1/models/{name}")
    def model(name: str) -> dict[str, Any]:
        _check_model(name)
        return _model(name)

    @paths.get("/v1/audio/models")
    @paths.get("/audio/models")
    def audio_models() -> dict[str, Any]:
        return {"models": [{"id": name} for name in MODELS]}

    @paths.post("/v1/audio/speech")
    async def speech(request: Request, wanted: Wanted) -> Response:
        _check_model(wanted.model)
        voice = _voice(parts, wanted)
        _check(parts, wanted)
        if wanted.stream_format is None:
            return await while_there(request, _whole(parts, voice, wanted))
        return await _streamed(parts, request, voice, wanted)

    return paths


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "myna"}


def _check_model(name: str) -> None:
    if name not in MODELS:
        raise ApiError(404, "model_not_found", f"no model {name[:60]!r}; use one of {', '.join(MODELS)}", "model")


def _voice(parts: Parts, wanted: Wanted) -> Found:
    name = wanted.voice if isinstance(wanted.voice, str) else wanted.voice.id
    found = parts.library.find(name)
    if found is None and name in OPENAI_VOICES and parts.settings.default_voice:
        found = parts.library.find(parts.settings.default_voice)
    if found is None:
        making = any(name in (person.id, person.name) for person in parts.people.voices())
        if making:
            raise ApiError(409, "voice_not_ready", f"voice {name[:60]!r} does not speak yet; look at its job", "voice")
        raise ApiError(404, "voice_not_found", f"no voice {name[:60]!r}; GET /v1/audio/voices lists them", "voice")
    return found


def _check(parts: Parts, wanted: Wanted) -> None:
    from myna.safety import terms

    if len(wanted.input) > parts.settings.longest_text:
        most = parts.settings.longest_text
        raise ApiError(400, "text_too_long", f"the text has {len(wanted.input)} characters; at most {most}", "input")
    if wanted.stream_format and wanted.timestamp_granularities:
        raise ApiError(400, "invalid_value", "times are told of whole sounds; leave out stream_format", "stream_format")
    _check_emotion(wanted.emotion, "emotion")
    _check_emotion(wanted.face_emotion, "face_emotion")
    if wanted.spatial and (wanted.stream_format or wanted.response_format == "pcm"):
        raise ApiError(
            400, "invalid_value", "sound in a place is a file: leave out stream_format and take no pcm", "spatial"
        )
    try:
        wanted.speech()
    except MynaError as error:
        language = "unknown language" in str(error)
        code, field = ("unsupported_language", "language") if language else ("nothing_to_say", "input")
        raise ApiError(400, code, str(error), field) from error
    if wanted.purpose != "evaluation" and not terms.accepted(REQUESTER):
        raise ApiError(
            403,
            "terms_not_accepted",
            f"purpose {wanted.purpose!r} needs the terms: `myna consent terms --accept --requester {REQUESTER}`",
            "purpose",
        )


def _check_emotion(written: str | None, field: str) -> None:
    try:
        if written is not None:
            parse_emotion(written)
    except MynaError as error:
        raise ApiError(400, "invalid_value", str(error), field) from error


def _prepared(parts: Parts, voice: Found, wanted: Wanted) -> Prepared:
    return Prepared(*parts.library.load(voice), wanted)


async def _whole(parts: Parts, voice: Found, wanted: Wanted) -> Response:
    speakers = parts.speakers
    with speakers.slot() as until:
        ready = await speakers.run(lambda: _prepared(parts, voice, wanted), until)
        if wanted.timestamp_granularities:
            return await speakers.run(lambda: _timed(ready, wanted), until)
        if wanted.response_format == "pcm":  # bare samples have no label to read back
            streaming = await speakers.run(ready.stream, until)
            data = b"".join([part async for part in speakers.steps(streaming.parts, until)])
            return Response(data, headers=_headers(streaming.content_id, wanted), media_type=MEDIA["pcm"])
        waves = [wave async for wave in speakers.steps(speak_parts(ready.voice, ready.speech), until)]
        data, released = await speakers.run(lambda: ready.file(np.concatenate(waves)), until)
        parts.metrics.spoken(released.seconds)
        return Response(data, headers=_headers(released.content_id, wanted), media_type=MEDIA[wanted.response_format])


def _timed(ready: Prepared, wanted: Wanted) -> Response:
    from myna.networks.timing import as_json

    if engine_of(ready.folder) != "torch":
        raise ApiError(400, "invalid_value", "an export does not tell times; ask the voice it is from", "voice")
    if wanted.response_format == "pcm":
        raise ApiError(400, "invalid_value", "times are told of files; take another format", "response_format")
    timed = speak_timed(ready.voice, ready.speech)  # type: ignore[arg-type]
    data, released = ready.file(timed.wave)
    found = as_json(timed, lead_of(timed, released)) | _shown(ready, wanted, timed, released)
    names = ["face" if name == "face" else f"{name}s" for name in wanted.timestamp_granularities]
    kept = {name: found[name] for name in names}
    head = {"audio": base64.b64encode(data).decode(), "format": wanted.response_format}
    times = {name: found[name] for name in ("seconds", "speech_start")}
    body = {**head, "content_id": released.content_id, **times, **kept}
    return JSONResponse(body, headers=_headers(released.content_id, wanted, name=False))


def _shown(ready: Prepared, wanted: Wanted, timed: "Timed", released: "Released") -> dict[str, Any]:
    """Return visemes and face where they were asked for."""
    from myna.face.face import Mood
    from myna.face.files import as_json, cue_rows
    from myna.serve.faces import face_of

    if not {"viseme", "face"} & set(wanted.timestamp_granularities):
        return {}
    shown = wanted.emotion if wanted.face_emotion is None else wanted.face_emotion
    mood = Mood.of(parse_emotion(shown) if shown else None, wanted.seed)
    face = face_of(timed, released, ready.request.producer, mood)
    return {"visemes": cue_rows(face), "face": as_json(face)}


async def _streamed(parts: Parts, request: Request, voice: Found, wanted: Wanted) -> Response:
    """Answer with the first part; whatever is refused is refused before."""
    sound = chunks(parts, voice, wanted)
    content_id, first = await while_there(request, _start(sound))
    headers = _headers(content_id, wanted)
    if wanted.stream_format == "sse":
        return StreamingResponse(_events(first, sound, wanted), headers=headers, media_type="text/event-stream")
    return StreamingResponse(_bytes(first, sound), headers=headers, media_type=MEDIA[wanted.response_format])


async def _start(chunks: AsyncIterator[tuple[str, bytes]]) -> tuple[str, bytes]:
    return await anext(chunks)


async def chunks(parts: Parts, voice: Found, wanted: Wanted) -> AsyncIterator[tuple[str, bytes]]:
    """Speak and give the sound while it is made, each part with the id of its label."""
    speakers = parts.speakers
    with speakers.slot() as until:
        ready = await speakers.run(lambda: _prepared(parts, voice, wanted), until)
        streaming = await speakers.run(ready.stream, until)
        async for data in speakers.steps(streaming.parts, until):
            yield streaming.content_id, data


async def _bytes(first: bytes, chunks: AsyncIterator[tuple[str, bytes]]) -> AsyncIterator[bytes]:
    yield first
    async for _, data in chunks:
        yield data


async def _events(first: bytes, chunks: AsyncIterator[tuple[str, bytes]], wanted: Wanted) -> AsyncIterator[bytes]:
    """Give server-sent events in OpenAI's form."""
    size = 0
    try:
        async for data in _bytes(first, chunks):
            size += len(data)
            yield _event({"type": "speech.audio.delta", "audio": base64.b64encode(data).decode()})
    except (ApiError, MynaError) as error:
        body = error.content() if isinstance(error, ApiError) else content(400, "refused", str(error))
        yield _event({"type": "error", **body})
        return
    frames = round(size / _BYTES_A_SECOND[wanted.response_format] * _TOKENS_A_SECOND)
    usage = {"input_tokens": len(wanted.input), "output_tokens": frames, "total_tokens": len(wanted.input) + frames}
    yield _event({"type": "speech.audio.done", "usage": usage})


# Of what leaves as events, to tell its length without decoding it; exact for wav and pcm.
_BYTES_A_SECOND = {"mp3": 12_000, "aac": 12_000, "opus": 6_000, "flac": 30_000, "wav": 44_100, "pcm": 48_000}


def _event(body: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode()


def _headers(content_id: str, wanted: Wanted, name: bool = True) -> dict[str, str]:
    headers = {"X-Myna-Content-Id": content_id}
    if name:
        headers["Content-Disposition"] = f'inline; filename="speech.{wanted.response_format}"'
    if wanted.instructions:
        headers["X-Myna-Ignored"] = "instructions"
    return headers
