"""What a page needs beside voices and speech: sentences to read, consent, terms, what recordings are worth."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from myna.errors import MynaError
from myna.serve.api_error import ApiError
from myna.serve.commands import myna
from myna.serve.parts import Parts
from myna.serve.settings import INSPECT_SECONDS, REQUESTER
from myna.serve.speaking import while_there
from myna.serve.uploads import RECORDINGS, check_names, files_of, form_of, keep, one_file, text_of

_SCOPES = ("evaluation", "private", "publish", "commercial")
_MOST_SENTENCES = 60


class Said(BaseModel):
    """What was read aloud until now."""

    model_config = ConfigDict(extra="forbid")
    language: str = Field(max_length=40)
    said: list[str] = Field(default=[], max_length=500)
    count: int = Field(default=20, ge=1, le=_MOST_SENTENCES)


def router(parts: Parts) -> APIRouter:
    """Return the paths."""
    paths, looking = APIRouter(), asyncio.Semaphore(1)

    @paths.get("/v1/languages")
    def languages() -> dict[str, Any]:
        from myna.corpora.to_read import sentences
        from myna.text.languages import LANGUAGES

        return {"languages": [{"id": code, "sentences": len(sentences(code))} for code in LANGUAGES]}

    @paths.get("/v1/sentences")
    def next_sentences(language: str, count: int = 20) -> dict[str, Any]:
        return _sentences(language, [], max(1, min(count, _MOST_SENTENCES)))

    @paths.post("/v1/sentences")
    def sentences_after(said: Said) -> dict[str, Any]:
        if sum(map(len, said.said)) > parts.settings.longest_text * 10:
            raise ApiError(400, "text_too_long", "that is more than anybody reads aloud; send fewer", "said")
        return _sentences(said.language, said.said, said.count, covered=True)

    @paths.get("/v1/face/head.gltf")
    def head() -> Response:
        from myna.serve.faces import head_text

        return Response(head_text(), media_type="model/gltf+json")

    @paths.get("/v1/consent/sentence")
    def consent_sentence(who: str, scope: str = "private", language: str = "en") -> dict[str, Any]:
        return {"sentence": _sentence(who, scope, language), "language": language}

    @paths.get("/v1/terms")
    def the_terms(language: str = "en") -> dict[str, Any]:
        from myna.safety import terms

        code = "zh" if language.startswith(("zh", "cmn")) else "en"
        text = terms.text_path(code).read_text(encoding="utf-8")
        return {"language": code, "text": text, "accepted": terms.accepted(REQUESTER)}

    @paths.post("/v1/consent/check")
    async def consent_check(request: Request) -> dict[str, Any]:
        async with _drafted(parts, looking) as folder:
            return await _checked_consent(request, folder)

    @paths.post("/v1/inspect")
    async def inspect(request: Request) -> dict[str, Any]:
        async with _drafted(parts, looking) as folder:
            return await _inspected(request, folder)

    return paths


@asynccontextmanager
async def _drafted(parts: Parts, looking: asyncio.Semaphore) -> AsyncIterator[Path]:
    """Give a folder for what is only looked at; one such request at a time.

    Raises:
        ApiError: Another one runs.
    """
    if looking.locked():
        raise ApiError(503, "busy", "other recordings are being looked at; come again", retry=5)
    async with looking:
        folder = await asyncio.to_thread(parts.people.draft)
        try:
            yield folder
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, True)


async def _checked_consent(request: Request, folder: Path) -> dict[str, Any]:
    async with form_of(request, folder) as form:
        check_names(form, ("who", "scope", "consent_language", "consent_recording", *RECORDINGS))
        who, scope = text_of(form, "who"), text_of(form, "scope", "private")
        language = text_of(form, "consent_language", "en")
        sentence, clip = _sentence(who, scope, language, "consent_language"), one_file(form, "consent_recording")
        recordings = files_of(form, *RECORDINGS)
        if clip is None or not recordings:
            missing = "consent_recording" if clip is None else "recordings"
            raise ApiError(400, "invalid_value", "give the spoken sentence, and recordings to compare it with", missing)
        said = keep(clip, folder / "consent", "clip")
        kept = [str(keep(file, folder / "recordings", f"{n:03d}")) for n, file in enumerate(recordings[:5])]
    stated = {"speaker": "check", "who": who, "basis": "own_voice", "scope": scope, "sentence-language": language}
    words = [f"--{name}={value}" for name, value in stated.items()]
    command = ["consent", "new", str(folder / "consent" / "x.yaml"), *words, f"--clip={said}", "--recordings", *kept]
    done = await while_there(request, myna(*command, seconds=INSPECT_SECONDS))
    if done.status == 0:
        return {"ok": True, "sentence": sentence}
    return {"ok": False, "sentence": sentence, "reason": _without(done.error, folder)}


async def _inspected(request: Request, folder: Path) -> dict[str, Any]:
    async with form_of(request, folder) as form:
        check_names(form, ("language", *RECORDINGS))
        language, recordings = text_of(form, "language", "auto"), files_of(form, *RECORDINGS)
        _known(language)
        if not recordings:
            raise ApiError(400, "invalid_value", "give at least one recording", "recordings")
        for number, file in enumerate(recordings, 1):
            keep(file, folder / "recordings", f"{number:03d}")
    command = ("inspect", str(folder / "recordings"), "--json", f"--language={language}")
    done = await while_there(request, myna(*command, seconds=INSPECT_SECONDS))
    if done.status:
        raise ApiError(400, "refused", _without(done.error, folder), "recordings")
    found: dict[str, Any] = json.loads(done.out)
    return found


def _sentences(language: str, said: list[str], count: int, covered: bool = False) -> dict[str, Any]:
    from myna.inspect.cover import cover

    code = _known(language)
    found = cover(said, code, wanted=count)
    known = {"share": round(found.share, 3), "missing": found.missing, "seldom": found.seldom}
    return {"language": code, "sentences": found.next, **({"cover": known} if covered else {})}


def _known(language: str) -> str:
    from myna.text.languages import AUTO, canonical

    try:
        return AUTO if language.lower() == AUTO else canonical(language)
    except MynaError as error:
        raise ApiError(400, "unsupported_language", str(error), "language") from error


def _sentence(who: str, scope: str, language: str, field: str = "language") -> str:
    from myna.recipe.name import checked_name
    from myna.safety.clip import SENTENCES, sentence

    if language not in SENTENCES:
        raise ApiError(400, "invalid_value", f"{field} is one of {', '.join(SENTENCES)}", field)

    if scope not in _SCOPES:
        raise ApiError(400, "invalid_value", f"scope is one of {', '.join(_SCOPES)}", "scope")
    try:
        return sentence(checked_name(" ".join(who.split())), scope, language)
    except MynaError as error:
        raise ApiError(400, "invalid_value", str(error).replace("--name", "who"), "who") from error


def _without(message: str, folder: Path) -> str:
    """Return a message without the places of this machine."""
    return message.replace(f"{folder}/recordings/", "").replace(f"{folder}/consent/", "").replace(str(folder), "")
