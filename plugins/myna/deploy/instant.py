"""An instant voice on an exported base, without torch: what `myna clone --instant` does, where there is no torch.

Consent comes first, then the list of protected voices; only then is there a voice, sealed with both. Source: Jia et
al., Transfer Learning from Speaker Verification to Multispeaker Text-To-Speech Synthesis (2018).
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from myna.corpora.person import record_of, speaker_id, stated_consent
from myna.deploy import NAME, bundle, stored_change
from myna.deploy.encoder import Encoder
from myna.deploy.engine import Engine
from myna.deploy.graph_parts import PARTS
from myna.deploy.shared import NAME as BASE
from myna.deploy.spectrum import change_of
from myna.errors import MynaError
from myna.files import shown
from myna.measure.ge2e_host import RATE, ge2e_speech
from myna.measure.similarity import centroid
from myna.safety.finish import finish
from myna.safety.protected import check_protected
from myna.safety.records import Scope
from myna.safety.signed_folder import read_signed
from myna.text.languages import canonical

LEAST, SHORTEST = 3.0, 1.0  # seconds of speech in all, and in one recording
_TEXTS = (".txt", ".model")


@dataclass(frozen=True)
class Person:
    """Whose voice it is, and by what right.

    Attributes:
        name: Of the person.
        consent: `own_voice`, or the path of the person's signed record.
        scope: With own_voice: the widest use.
        language: espeak-ng code that the voice speaks when none is asked for.
    """

    name: str
    consent: str
    scope: Scope = "private"
    language: str = "en-us"


def instant_voice(recordings: Path, base: Path, out: Path, person: Person) -> float:
    """Write a voice that is an embedding, a spectrum, a consent and a seal over the graphs of a base.

    Args:
        recordings: A file, or a folder with recordings of one person.
        base: What `myna export base` wrote.
        out: Folder to make.
        person: Whose voice it is.

    Returns:
        Seconds of speech that the embedding was made of.

    Raises:
        MynaError: `out` exists, the consent is not in order, the base is not whole, there is too little speech, or the
            voice is that of a protected person. Nothing is written then.
    """
    if out.exists() or out.is_symlink():
        raise MynaError(f"{shown(out)} exists and is not replaced; remove it or name another folder")
    speaker, language = speaker_id(person.name), canonical(person.language)
    given = stated_consent(person.consent, person.scope, person.name, speaker)
    record = record_of(given, speaker)
    files, config = _base(base)
    speech = _heard(recordings, Encoder.load(base))
    check_protected(speech.embedding)
    config = config.model_copy(update={"name": person.name, "language": language})
    change = change_of(Engine.on_base(config, files, base, speech.embedding), speech.files)
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name[:40]}-") as folder:
        fresh = Path(folder) / "voice"
        fresh.mkdir()
        _write(fresh, config, {k: v for k, v in files.items() if k.endswith(_TEXTS)}, speech.embedding)
        if change is not None:
            stored_change.write(change, fresh)
        finish(record, given[1].parent if given[1] else recordings.parent, fresh / "consent.yaml")
        fresh.rename(out)
    return speech.seconds


def _base(base: Path) -> tuple[dict[str, bytes], bundle.Description]:
    if not (base / BASE).is_file():
        raise MynaError(f"{shown(base)} is no base (no {BASE}): make one with `myna export base OUT`")
    files = dict(read_signed(base))
    config = bundle.parse(files[BASE], base / BASE)
    if {*config.shared} != {*PARTS}:
        raise MynaError(f"{base / BASE} names no graphs: make the base again with `myna export base OUT`")
    return files, config


class _Speech(NamedTuple):
    """Mean embedding `(256,)`, seconds of speech, and the recordings that have some."""

    embedding: NDArray[np.float32]
    seconds: float
    files: list[Path]


def _heard(recordings: Path, encoder: Encoder) -> _Speech:
    from myna.audio.load import load_audio
    from myna.corpora import folder as folders

    embeddings, seconds, files = [], 0.0, []
    for take in folders.scan(recordings).takes:
        wave = load_audio(take.path, RATE).wave
        length = len(ge2e_speech(wave)) / RATE
        if length >= SHORTEST:
            embeddings.append(encoder.embed(wave))
            seconds += length
            files.append(take.path)
    if seconds < LEAST:
        raise MynaError(
            f"{shown(recordings)}: {seconds:.1f} s of usable speech, at least {LEAST:.0f} s are needed; record more"
        )
    return _Speech(centroid(embeddings), seconds, files)


def _write(folder: Path, config: bundle.Description, texts: dict[str, bytes], embedding: NDArray[np.float32]) -> None:
    from safetensors.numpy import save_file

    for name, data in texts.items():
        (folder / name).write_bytes(data)
    save_file({"embedding": embedding}, folder / "speaker.safetensors")
    bundle.write(config, folder / NAME)
