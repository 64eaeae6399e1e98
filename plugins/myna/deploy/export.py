"""`myna export onnx|int8|litert|mnn`: a sealed voice as graphs, examined before it gets its name."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from myna.deploy import bundle
from myna.deploy.card import card_text
from myna.deploy.engine import Engine
from myna.deploy.gate import Findings, check, examine
from myna.deploy.graphs import cut
from myna.deploy.onnx_export import write_onnx
from myna.deploy.runtimes import SUFFIXES
from myna.errors import MynaError
from myna.files import atomic_text, sha256
from myna.networks.voice import Voice
from myna.safety import seal
from myna.safety.card import load_card
from myna.safety.consent import Scope
from myna.safety.release import admit, recorded
from myna.safety.types import Request

CARD = "README.md"
# Of a voice directory, what an export keeps beside the graphs; all of it lies at the top.
_KEPT_SUFFIXES = (".txt", ".model", ".yaml")
_LEFT = ("voice.yaml",)


def export_graphs(
    directory: Path,
    out: Path,
    precision: bundle.Precision = "fp32",
    sentences: Sequence[str] = (),
    purpose: Scope = "evaluation",
    requester: str = "local",
    runtime: bundle.Runtime = "onnx",
) -> Findings:
    """Write a voice as graphs for a runtime, with its consent and a seal of its own.

    Args:
        directory: Voice directory, sealed and with consent.
        out: Folder to make.
        precision: `fp32`, or `int8` for 8-bit weights.
        sentences: What the gate lets both speak; the ranges of 8 bits come from other ones.
        purpose: What the export is for; the consent must cover it.
        requester: Who asks, for the log.
        runtime: ONNX Runtime, LiteRT or MNN.

    Returns:
        What the gate measured.

    Raises:
        MynaError: `out` exists, the voice has no graphs, a consent is not in order, or the export does not speak as the
            voice does. Nothing is written then.
    """
    if out.exists() or out.is_symlink():
        raise MynaError(f"{out} exists already; name another folder, or remove it")
    if len(sentences) < 2:
        raise MynaError("the gate needs two sentences at least")
    request = Request(output=out, purpose=purpose, requester=requester)
    admitted = admit(load_card(directory, purpose), request)
    voice = Voice.load(directory)
    fresh = out.with_name(f".{out.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        _write(voice, seal.read_sealed(directory).files, fresh, precision, runtime)
        found = examine(voice, Engine.load(fresh), sentences, scored=precision != "fp32")
        check(found, exact=precision == "fp32")
        essence = sha256(fresh / f"frames{SUFFIXES[runtime]}")
        with recorded("export", [admitted], request, essence) as (entry,):
            consent = seal.read_sealed(directory).consent
            atomic_text(fresh / CARD, card_text(voice, runtime, precision, found, consent, entry))
            seal.seal(fresh)
            fresh.rename(out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return found


# What callers of the time when ONNX Runtime was the only runtime know it as.
export_onnx = export_graphs


def _write(
    voice: Voice, files: Mapping[str, bytes], folder: Path, precision: bundle.Precision, runtime: bundle.Runtime
) -> None:
    """Write graphs, description and what a voice brings along, and seal them."""
    for name, data in files.items():
        if name == "speaker.safetensors" or ("/" not in name and name.endswith(_KEPT_SUFFIXES) and name not in _LEFT):
            (folder / name).write_bytes(data)
    graphs = cut(voice)
    described = bundle.Description(
        name=voice.config.name,
        language=voice.config.language,
        precision=precision,
        runtime=runtime,
        sample_rate=voice.sample_rate,
        hop_length=voice.vocoder.hop_length,  # type: ignore[union-attr, arg-type]
        n_fft=voice.vocoder.analysis.n_fft,  # type: ignore[union-attr, arg-type]
        n_mels=voice.tts.n_mels,
        noise_scale=graphs.reading.noise_scale,
        chunks=not graphs.reading.variance,
        halos=bundle.Halos(**graphs.halos),
        text=voice.config.text,
    )
    if runtime == "litert":
        from myna.deploy.litert_export import LONGEST, write_litert

        described = described.model_copy(update={"longest": LONGEST})
        write_litert(graphs, folder, precision)
    elif runtime == "mnn":
        from myna.deploy.mnn_export import write_mnn

        with TemporaryDirectory(prefix="myna-") as made:
            write_onnx(graphs, Path(made))
            write_mnn(Path(made), folder, precision)
    else:
        write_onnx(graphs, folder)
        if precision == "int8":
            _describe(described.model_copy(update={"precision": "fp32"}), folder)
            _to_int8(folder, voice.config.language)
    _describe(described, folder)


def _describe(described: bundle.Description, folder: Path) -> None:
    text = yaml.safe_dump(described.model_dump(), allow_unicode=True, sort_keys=False)
    atomic_text(folder / bundle.NAME, text)
    seal.seal(folder)


def _to_int8(folder: Path, language: str) -> None:
    """Replace the graphs of a folder by 8-bit ones; the last sentences of the project's own give the ranges."""
    from myna.deploy.int8 import quantise

    with TemporaryDirectory(prefix="myna-") as made:
        quantise(folder, Path(made), Engine.load(folder), calibration(language))
        for path in Path(made).glob("*.onnx"):
            shutil.copyfile(path, folder / path.name)


def gate_sentences(language: str, count: int) -> list[str]:
    """Return the first of the project's sentences for a language, which the gate lets an export speak.

    Raises:
        MynaError: There are none for this language, or fewer.
    """
    lines = _sentences(language)
    if not 2 <= count <= len(lines) - CALIBRATION:
        raise MynaError(f"{count} sentences: the gate takes 2 to {len(lines) - CALIBRATION} in {language}")
    return lines[:count]


CALIBRATION = 8  # sentences whose ranges 8 bits cover


def calibration(language: str) -> list[str]:
    """Return sentences that the gate does not use."""
    return _sentences(language)[-CALIBRATION:]


def _sentences(language: str) -> list[str]:
    from myna.adapt.sentences import sentences_file

    return [line for line in sentences_file(language).read_text(encoding="utf-8").splitlines() if line.strip()]
