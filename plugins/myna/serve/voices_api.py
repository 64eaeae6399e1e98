"""Voices and jobs over HTTP: list, make from recordings, look after, delete."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response

from myna.errors import MynaError
from myna.recipe.name import checked_name
from myna.safety.clip import SENTENCES
from myna.serve.api_error import ApiError
from myna.serve.library import Found, described
from myna.serve.parts import Parts
from myna.serve.people import OPEN_STATES, Job, Person, folded, read_json
from myna.serve.settings import REQUESTER
from myna.serve.uploads import RECORDINGS, check_names, files_of, form_of, keep, one_file, text_of

_FIELDS = (
    "name",
    "consent",
    "consent_record",
    "consent_recording",
    "consent_language",
    "terms",
    "scope",
    "language",
    "kind",
    *RECORDINGS,
)


def router(parts: Parts) -> APIRouter:
    """Return the paths."""
    paths = APIRouter()

    @paths.get("/v1/audio/voices")
    @paths.get("/audio/voices")
    def voices() -> dict[str, Any]:
        data = [_person(person) for person in parts.people.voices()]
        data += [_folder(voice) for voice in parts.library.folders()]
        speaking = [{"id": voice["id"], "name": voice["name"]} for voice in data if voice["state"] == "ready"]
        return {"object": "list", "data": data, "voices": speaking}

    @paths.get("/v1/audio/voices/{name}")
    def voice(name: str) -> dict[str, Any]:
        for person in parts.people.voices():
            if name == person.id:
                return _person(person)
        for found in parts.library.folders():
            if name == found.id:
                return _folder(found)
        raise _no_voice(name)

    @paths.post("/v1/audio/voices")
    async def add(request: Request) -> Response:
        folder = await asyncio.to_thread(parts.people.draft)
        try:
            async with form_of(request, folder) as form:
                person = await asyncio.to_thread(_taken_in, parts, form, folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, True)
        job = parts.queue.shown(_job(parts, person.job), person)
        return JSONResponse({**_person(person), "job": job}, 202, {"Location": f"/v1/jobs/{person.job}"})

    @paths.delete("/v1/audio/voices/{name}")
    async def delete(name: str) -> dict[str, Any]:
        person = next((person for person in parts.people.voices() if person.id == name), None)
        if person is None:
            if any(name == found.id for found in parts.library.folders()):
                raise ApiError(403, "not_deletable", "the voice was made elsewhere; delete its folder there")
            raise _no_voice(name)
        await asyncio.to_thread(_deleted, parts, person)
        return {"object": "audio.voice", "id": name, "deleted": True}

    @paths.get("/v1/jobs")
    def jobs() -> dict[str, Any]:
        persons = _persons(parts)
        found = [parts.queue.shown(job, persons.get(job.voice), log=False) for job in parts.people.jobs()]
        return {"object": "list", "data": found}

    @paths.get("/v1/jobs/{name}")
    def job(name: str) -> dict[str, Any]:
        found = _job(parts, name)
        return parts.queue.shown(found, _persons(parts).get(found.voice))

    @paths.post("/v1/jobs/{name}/cancel")
    async def cancel(name: str) -> dict[str, Any]:
        found = _job(parts, name)
        person = _persons(parts).get(found.voice)
        if found.state not in OPEN_STATES or person is None:
            raise ApiError(409, "job_over", f"the job is {found.state} already")
        await asyncio.to_thread(parts.queue.cancel, found, person)
        return parts.queue.shown(_job(parts, name), person)

    return paths


def _taken_in(parts: Parts, form: FormData, folder: Path) -> Person:
    """Check the parts of a form, lay the files down, and queue the job."""
    from myna.safety import terms

    check_names(form, _FIELDS)
    order = _order(parts, form)
    recordings = files_of(form, *RECORDINGS)
    if not recordings:
        raise ApiError(400, "invalid_value", "give at least one recording", "recordings")
    for number, file in enumerate(recordings, 1):
        keep(file, folder / "recordings", f"{number:03d}")
    _consent(parts, form, order, folder)
    if not terms.accepted(REQUESTER):
        terms.accept(REQUESTER)
    try:
        return parts.people.add(order.pop("name"), order, folder)
    except MynaError as error:
        raise ApiError(409, "name_taken", str(error), "name") from error


def _order(parts: Parts, form: FormData) -> dict[str, Any]:
    """Return what the text parts ask for."""
    from myna.corpora.person import speaker_id
    from myna.text.languages import AUTO, canonical

    name = " ".join(text_of(form, "name").split())
    try:
        speaker_id(checked_name(name))
    except MynaError as error:
        raise ApiError(400, "invalid_value", str(error).replace("--name", "name"), "name") from error
    taken = [*(other.name for other in parts.people.voices()), *(other.name for other in parts.library.folders())]
    if folded(name) in map(folded, taken):
        raise ApiError(
            409, "name_taken", f"a voice of the name {name!r} exists; delete it or take another name", "name"
        )
    if text_of(form, "terms", "") != "accepted":
        raise ApiError(403, "terms_not_accepted", "read GET /v1/terms and send terms=accepted", "terms")
    language = text_of(form, "language", AUTO)
    try:
        language = AUTO if language.lower() == AUTO else canonical(language)
    except MynaError as error:
        raise ApiError(400, "unsupported_language", str(error), "language") from error
    order: dict[str, Any] = {"name": name, "language": language, "score": parts.settings.scores}
    for field, choices in (
        ("scope", ("private", "evaluation")),
        ("kind", ("auto", "instant", "tuned")),
        ("consent_language", tuple(SENTENCES)),
    ):
        order[field] = text_of(form, field, choices[0])
        if order[field] not in choices:
            raise ApiError(400, "invalid_value", f"{field} is one of {', '.join(choices)}", field)
    return order


def _consent(parts: Parts, form: FormData, order: dict[str, Any], folder: Path) -> None:
    """Lay down what proves the consent, and write into the order what it is."""
    record, clip = one_file(form, "consent_record"), one_file(form, "consent_recording")
    stated = text_of(form, "consent", "")
    if record is not None:
        if record.size is None or record.size > 1 << 16:
            raise ApiError(400, "invalid_value", "that is no consent.yaml; see `myna consent new`", "consent_record")
        keep(record, folder / "consent", "consent").rename(folder / "consent" / "consent.yaml")
        order["consent"] = "record"
    elif stated != "own_voice":
        raise ApiError(
            400, "invalid_value", "say consent=own_voice if it is your own voice, or give consent_record", "consent"
        )
    elif clip is not None:
        keep(clip, folder / "consent", "clip")
        order["consent"] = "spoken"
    elif not parts.settings.local:
        raise ApiError(400, "invalid_value", "give the sentence of consent, spoken by the person", "consent_recording")
    else:
        order["consent"] = "own_voice"


def _deleted(parts: Parts, person: Person) -> None:
    job = next((job for job in parts.people.jobs() if job.id == person.job), None)
    if job is not None and job.state in OPEN_STATES:
        parts.queue.cancel(job, person)
    parts.library.forget(person.folder)
    parts.people.delete(person)


def _person(person: Person) -> dict[str, Any]:
    language, scope = described(person.folder / "voice") if person.state == "ready" else ("", "")
    return {
        "object": "audio.voice",
        "id": person.id,
        "name": person.name,
        "language": language or None,
        "state": person.state,
        "kind": person.kind,
        "scope": scope or person.order.get("scope"),
        "created_at": person.created_at,
        "deletable": True,
        "job": person.job,
        "scores": read_json(person.folder / "scores.json") or None,
    }


def _folder(voice: Found) -> dict[str, Any]:
    language, scope = described(voice.folder)
    return {
        "object": "audio.voice",
        "id": voice.id,
        "name": voice.name,
        "language": language or None,
        "state": "ready" if scope else "failed",
        "kind": "folder",
        "scope": scope or None,
        "created_at": voice.created,
        "deletable": False,
        "job": None,
        "scores": None,
    }


def _persons(parts: Parts) -> dict[str, Person]:
    return {person.id: person for person in parts.people.voices()}


def _job(parts: Parts, name: str) -> Job:
    for job in parts.people.jobs():
        if job.id == name:
            return job
    raise ApiError(404, "job_not_found", f"no job {name[:60]!r}; GET /v1/jobs lists them")


def _no_voice(name: str) -> ApiError:
    return ApiError(404, "voice_not_found", f"no voice {name[:60]!r}; GET /v1/audio/voices lists them")
