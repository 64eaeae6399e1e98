"""Who may leave: a voice for a request, before a sound of it or the voice itself goes out, and what the log says then.

Every way out asks `admit`; speech leaves through `myna.safety.release`.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from myna.errors import MynaError
from myna.parsing import yaml_mapping
from myna.safety import audit, consent, protected, records, seal
from myna.safety.types import Request, VoiceCard


class Admitted(NamedTuple):
    """A voice that may speak: its name, its pack id and the id of its consent."""

    name: str
    pack_id: str
    consent_id: str


def load_card(directory: Path | str, purpose: records.Scope = "evaluation") -> VoiceCard:
    """Make the card of a voice directory, and ask the exit whether it may speak.

    Args:
        directory: A sealed voice directory.
        purpose: What the voice is wanted for.

    Raises:
        MynaError: The seal is broken, the consent does not cover the purpose, or the voice is a protected one.
    """
    sealed = seal.read_sealed(directory)
    described = sealed.directory / "voice.yaml"
    voice = yaml_mapping(sealed.files.get("voice.yaml", b"{}"), described)
    card = VoiceCard(
        name=str(voice.get("speaker") or voice.get("name") or sealed.consent.speaker),
        language=str(voice.get("language") or "en-us"),
        pack_id=sealed.pack_id,
        directory=sealed.directory,
        consent=sealed.directory / seal.CONSENT,
    )
    admit(card, Request(output=Path("speech.wav"), purpose=purpose))
    return card


def admit(voice: VoiceCard, request: Request) -> Admitted:
    """Tell whether a voice may speak for a request; every way out asks, and it may be asked before speaking too.

    Raises:
        MynaError: The seal is broken, another pack or consent is meant, the consent does not cover purpose, language or
            day, or the voice is that of a protected person.
    """
    if voice.directory is None:
        return _admit_unsealed(voice, request)
    pack_id, record, embedding = seal.sealed_facts(voice.directory)
    given = records.load(voice.consent) if isinstance(voice.consent, Path) else voice.consent
    if record.id != given.id:
        raise MynaError(f"{voice.directory}: the voice was sealed with another consent than the one given")
    if voice.pack_id not in ("", pack_id):
        raise MynaError(f"{voice.directory}: another pack ({pack_id[:12]}…) than {voice.pack_id[:12]}…; load it again")
    _check_languages(record, voice, request, voice.directory)
    if embedding:
        protected.check_file(embedding, voice.directory / "speaker.safetensors")
    return Admitted(voice.name, pack_id, record.id)


def record(event: str, admitted: Admitted, request: Request, essence: str) -> audit.Entry:
    """Log that a voice itself leaves, not its speech: `export` or `upload`.

    Args:
        event: Which.
        admitted: What `admit` gave.
        request: Who asked what for; `output` names the folder or repository.
        essence: Hash of what leaves.

    Returns:
        The entry, whose `content_id` marks what leaves.
    """
    return audit.append(entry_of(event, admitted, request, essence=essence))


def entry_of(event: str, admitted: Admitted, request: Request, **more: Any) -> audit.Entry:
    """Return an entry of the log, under a fresh id, that is not written yet; `more` are further fields of it."""
    return audit.Entry(
        event=event,
        content_id=uuid.uuid4().hex,
        voice=admitted.name,
        pack_id=admitted.pack_id,
        consent_id=admitted.consent_id,
        requester=request.requester,
        purpose=request.purpose,
        file=request.output.name,
        **more,
    )


@contextmanager
def recorded(event: str, admitted: Sequence[Admitted], request: Request, essence: str) -> Iterator[list[audit.Entry]]:
    """Log that voices leave, while what leaves is finished; where that fails, further entries say `withdrawn`.

    Args:
        event: As of `record`.
        admitted: The voices.
        request: As of `record`.
        essence: As of `record`.

    Yields:
        The entry of each voice.
    """
    entries = [record(event, each, request, essence) for each in admitted]
    try:
        yield entries
    except BaseException:
        for entry in entries:
            audit.append(entry.model_copy(update={"event": "withdrawn"}))
        raise


def _admit_unsealed(voice: VoiceCard, request: Request) -> Admitted:
    """Admit what has no directory, such as the floors of stage 6 and members that are compared: for evaluation only."""
    folder = voice.consent.parent if isinstance(voice.consent, Path) else None
    record = records.load(voice.consent) if isinstance(voice.consent, Path) else voice.consent
    _check_languages(record, voice, request, folder)
    if request.purpose != "evaluation":
        raise MynaError(f"voice {voice.name}: purpose {request.purpose!r} needs its sealed directory; use load_card")
    return Admitted(voice.name, voice.pack_id, record.id)


def _check_languages(record: records.ConsentRecord, voice: VoiceCard, request: Request, directory: Path | None) -> None:
    for language in request.languages or (request.language or voice.language,):
        consent.check(record, request.purpose, language=language, directory=directory)
