"""`myna export web`: a voice as a page, a folder that any web server can serve; the browser does the speaking.

The page holds the export that `myna.deploy.export` makes and examines, a port of the host's arithmetic to JavaScript,
and a manifest with the hash of every file that is loaded. Sound leaves it with the marks of `myna.safety.release`.
"""

import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from myna.deploy import web_mandarin, web_programs
from myna.deploy.engine import Engine
from myna.deploy.export import CARD, export_onnx
from myna.deploy.findings import Findings
from myna.deploy.graph_parts import PARTS, Precision
from myna.deploy.graphs import check_mel
from myna.deploy.runtime import SUFFIX
from myna.deploy.web_card import card_text
from myna.errors import MynaError
from myna.files import atomic_text, check_absent, fresh_folder, sha256
from myna.networks.voice import Voice
from myna.safety import audit, records, spread
from myna.safety.records import Scope
from myna.safety.types import Request
from myna.text.espeak_text import EspeakText
from myna.text.languages import canonical, language_number

VOICE, MANIFEST, INDEX = "voice", "manifest.json", "index.html"
# Languages that the page reads as Myna does (`tests/deploy/test_web.py`), with espeak-ng's name of the voice.
SPOKEN = {
    "en-us": "en-us",
    "en-gb": "en",
    "de": "de",
    "fr-fr": "fr",
    "es": "es",
    "it": "it",
    "pt": "pt",
    "ru": "ru",
}
MANDARIN = "cmn"  # is read by tables, see `myna.deploy.web_mandarin`


def export_web(
    directory: Path,
    out: Path,
    precision: Precision = "int8",
    sentences: Sequence[str] = (),
    purpose: Scope = "evaluation",
    requester: str = "local",
    runtime: Path | None = None,
    espeak: Path | bool = False,
) -> Findings:
    """Write a voice as a page.

    Args:
        directory: Voice directory, sealed and with consent.
        out: Folder to make.
        precision: Of the graphs.
        sentences: What the gate lets both speak.
        purpose: What the page is for; the consent must cover it.
        requester: Who asks, for the log.
        runtime: Folder of an unpacked onnxruntime-web; None fetches it.
        espeak: Folder of an unpacked espeak-ng; True fetches it; False leaves it out, and the page asks for it.

    Returns:
        What the gate measured.

    Raises:
        MynaError: As for `export_onnx`; or the page does not speak the voice's language, or a program cannot be had.
            Nothing is written then.
    """
    check_absent(out)
    _check(Voice.load(directory))
    with fresh_folder(out) as fresh:
        fresh.mkdir(parents=True)
        # All that may fail comes before the voice, whose export stands in the log.
        web_programs.bring(web_programs.RUNTIME, runtime, fresh / web_programs.RUNTIME.folder)
        if espeak is not False:
            given = espeak if isinstance(espeak, Path) else None
            web_programs.bring(web_programs.ESPEAK, given, fresh / web_programs.ESPEAK.folder)
        _copy_page(fresh)
        web_mandarin.write_tables(fresh / web_mandarin.FOLDER)
        found = export_onnx(directory, fresh / VOICE, precision, sentences, purpose, requester)
        _describe(fresh, espeak is not False)
        fresh.rename(out)
    return found


def _check(voice: Voice) -> None:
    _, vocoder = check_mel(voice)
    language, front_end = canonical(voice.config.language), voice.front_end
    if language not in (*SPOKEN, MANDARIN) or not isinstance(front_end, EspeakText):
        raise MynaError(
            f"the web form does not speak {language} with text={front_end.name} yet: it reads {MANDARIN}, "
            f"{', '.join(SPOKEN)} with text=espeak; `myna export int8` has no such limit"
        )
    points = vocoder.analysis.n_fft
    if points & (points - 1):
        raise MynaError(f"the web form transforms powers of two, and this voice has n_fft={points}; take another form")


def _copy_page(folder: Path) -> None:
    for entry in (files("myna.deploy") / "web").iterdir():
        (folder / entry.name).write_bytes(entry.read_bytes())
    (folder / "icon.svg").write_bytes((files("myna.serve") / "page" / "icon.svg").read_bytes())


def _describe(folder: Path, reads: bool) -> None:
    """Write manifest and card, and the manifest's hash into the page."""
    engine = Engine.load(folder / VOICE)
    entry = audit.find(essence=sha256(folder / VOICE / f"frames{SUFFIX}"))
    assert entry is not None  # the export that was just logged
    marks = {"producer": Request(output=folder).producer, "content": entry.content_id, **_patterns()}
    manifest = {
        "version": 1,
        "voice": _voice(engine, records.load(folder / VOICE / "consent.yaml")),
        "marks": marks,
        "files": _files(folder),
    }
    text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"))
    atomic_text(folder / MANIFEST, text)
    page = (folder / INDEX).read_text(encoding="utf-8")
    atomic_text(folder / INDEX, page.replace("@MANIFEST@", hashlib.sha256(text.encode()).hexdigest()))
    atomic_text(folder / CARD, card_text(engine.config, entry, reads))


def _voice(engine: Engine, record: records.ConsentRecord) -> dict[str, Any]:
    """Return what `engine.js` and `phonemes.js` know of the voice."""
    config = engine.config
    return {
        "name": config.name,
        "language": canonical(config.language),
        "languageNumber": language_number(config.language),
        "languages": {code: _language(code, record) for code in (*SPOKEN, MANDARIN)},
        "precision": config.precision,
        "sampleRate": config.sample_rate,
        "hop": config.hop_length,
        "points": config.n_fft,
        "mels": config.n_mels,
        "noiseScale": config.noise_scale,
        "tokens": engine.tokens.symbols,
        "lexicon": engine.front_end.lexicon.entries,
    }


def _language(code: str, record: records.ConsentRecord) -> dict[str, Any]:
    return {
        "number": language_number(code),
        "espeak": SPOKEN.get(code, ""),
        "consented": records.covers_language(record, code),
    }


def _patterns() -> dict[str, Any]:
    """Return the pattern of the watermark and its decoys, a bit a cell, in hexadecimal digits."""
    keyed, *decoys = (np.packbits(pattern > 0).tobytes().hex() for pattern in spread.patterns())
    return {"pattern": keyed, "decoys": decoys}


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    """Return hash and size of what the page loads and checks."""
    paths = [folder / VOICE / f"{part}{SUFFIX}" for part in PARTS]
    paths += [*folder.glob("ort/*.wasm"), *sorted(folder.glob(f"{web_mandarin.FOLDER}/*.bin"))]
    found = {
        path.relative_to(folder).as_posix(): {"sha256": sha256(path), "bytes": path.stat().st_size} for path in paths
    }
    program = {"sha256": web_programs.ESPEAK.files["dist/espeak-ng.wasm"], "bytes": web_programs.ESPEAK_BYTES}
    return {**found, "espeak/espeak-ng.wasm": program}
