"""`myna export onnx|int8|mnn|litert`: a sealed voice as graphs, examined before it gets its name."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from myna.deploy import NAME, bundle
from myna.deploy.card import card_text
from myna.deploy.engine import Engine
from myna.deploy.findings import Findings
from myna.deploy.gate import judge
from myna.deploy.graph_parts import SUFFIXES, Precision, Runtime
from myna.deploy.graphs import Graphs, check_mel, cut, write_onnx
from myna.deploy.prune import Smaller
from myna.errors import MynaError
from myna.files import atomic_text, check_absent, fresh_folder, sha256
from myna.networks.tts.vits import VitsCore
from myna.networks.voice import Voice
from myna.safety import seal
from myna.safety.admission import admit, load_card, recorded
from myna.safety.records import Scope
from myna.safety.types import Request

CARD = "README.md"
# Of a voice directory, what an export keeps beside the graphs; all of it lies at the top.
_KEPT_SUFFIXES = (".txt", ".model", ".yaml")
_LEFT = ("voice.yaml",)


def export_onnx(
    directory: Path,
    out: Path,
    precision: Precision = "fp32",
    sentences: Sequence[str] = (),
    purpose: Scope = "evaluation",
    requester: str = "local",
    smaller: Smaller | None = None,
    also: Callable[[Voice, Path], str] | None = None,
    runtime: Runtime = "onnx",
) -> Findings:
    """Write a voice as graphs, with its consent and a seal of its own.

    Args:
        directory: Voice directory, sealed and with consent.
        out: Folder to make.
        precision: `fp32`, or `int8` for 8-bit matrix products (in MNN and LiteRT: weights).
        sentences: What the gate lets both speak; the ranges of 8 bits come from other ones.
        purpose: What the export is for; the consent must cover it.
        requester: Who asks, for the log.
        smaller: Channels that are taken out.
        also: Writes more into the folder, or refuses it, and returns what the card says of it.
        runtime: What the graphs are for; MNN's are made of those for ONNX Runtime.

    Returns:
        What the gate measured.

    Raises:
        MynaError: `out` exists, the voice has no graphs, a consent is not in order, or the export does not speak as the
            voice does. Nothing is written then.
    """
    check_absent(out)
    if len(sentences) < 2:
        raise MynaError("the gate needs two sentences at least")
    request = Request(output=out, purpose=purpose, requester=requester)
    admitted = admit(load_card(directory, purpose), request)
    voice = Voice.load(directory)
    if smaller or also or runtime != "onnx":
        check_mel(voice)
    with fresh_folder(out) as fresh:
        fresh.mkdir(parents=True)
        _write(smaller.of(voice) if smaller else voice, seal.read_sealed(directory).files, fresh, precision, runtime)
        exact = precision == "fp32" and not smaller
        engine = Engine.load(fresh)
        found = judge(voice, engine, sentences, exact, pruned=smaller is not None)
        more = also(voice, fresh) if also else ""
        essence = sha256(fresh / f"{engine.config.drawing}{SUFFIXES[runtime]}")
        with recorded("export", [admitted], request, essence) as (entry,):
            card = card_text(voice, precision, found, seal.read_sealed(directory).consent, entry, runtime)
            atomic_text(fresh / CARD, card + (smaller.told() if smaller else "") + more)
            seal.seal(fresh)
            fresh.rename(out)
    return found


def _write(voice: Voice, files: Mapping[str, bytes], folder: Path, precision: Precision, runtime: Runtime) -> None:
    """Write graphs, description and what a voice brings along, and seal them."""
    for name, data in files.items():
        if name == "speaker.safetensors" or ("/" not in name and name.endswith(_KEPT_SUFFIXES) and name not in _LEFT):
            (folder / name).write_bytes(data)
    if isinstance(voice.tts, VitsCore):
        _write_vits(voice, folder, precision)
        return
    graphs = cut(voice)
    config = described(voice, graphs)
    if runtime == "litert":
        from myna.deploy.litert_export import LONGEST, write_litert

        write_litert(graphs, folder, precision)
        config = config.model_copy(update={"longest": LONGEST})
    else:
        write_onnx(graphs, folder)
    if runtime == "mnn":
        from myna.deploy.mnn_export import to_mnn

        to_mnn(folder, precision)
    elif precision == "int8" and runtime == "onnx":
        _describe(config, folder)
        to_int8(folder, Engine.load(folder), voice.config.language)
    _describe(config.model_copy(update={"precision": precision, "runtime": runtime}), folder)


def _write_vits(voice: Voice, folder: Path, precision: Precision) -> None:
    from myna.deploy.vits_graphs import cut_vits, described_vits

    graphs = cut_vits(voice)
    config = described_vits(voice, graphs)
    write_onnx(graphs, folder)
    if precision == "int8":
        _describe(config, folder)
        to_int8(folder, Engine.load(folder), voice.config.language)
    _describe(config.model_copy(update={"precision": precision}), folder)


def described(voice: Voice, graphs: Graphs) -> bundle.Description:
    """Return what `engine.yaml` says of the graphs of a voice in 32 bits."""
    return bundle.Description(
        name=voice.config.name,
        language=voice.config.language,
        precision="fp32",
        sample_rate=voice.sample_rate,
        hop_length=voice.vocoder.hop_length,  # type: ignore[union-attr, arg-type]
        n_fft=voice.vocoder.analysis.n_fft,  # type: ignore[union-attr, arg-type]
        n_mels=voice.tts.n_mels,
        noise_scale=graphs.reading.noise_scale,
        chunks=not graphs.reading.variance,
        halos=bundle.Halos(**graphs.halos),
        text=voice.config.text,
    )


def _describe(config: bundle.Export, folder: Path) -> None:
    bundle.write(config, folder / NAME)
    seal.seal(folder)


def to_int8(folder: Path, engine: Engine, language: str) -> None:
    """Replace the graphs of a folder by 8-bit ones.

    Args:
        folder: Holds the graphs in 32 bits.
        engine: Speaks with them the sentences that give the ranges: the last of the project's own.
        language: Of the sentences.
    """
    from myna.deploy.int8 import quantise

    with TemporaryDirectory(prefix="myna-") as made:
        quantise(folder, Path(made), engine, calibration(language))
        for path in Path(made).glob(f"*{SUFFIXES['onnx']}"):
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
GATE, OTHERS = 12, 3  # sentences that pruning leaves to the gate; sentences of each other language that it takes


def calibration(language: str) -> list[str]:
    """Return sentences that the gate does not use."""
    return _sentences(language)[-CALIBRATION:]


def pruning_texts(language: str) -> list[tuple[str, str]]:
    """Return sentences that the gate does not use, and some of each other language: a voice speaks them all."""
    from myna.adapt.unseen import FOLDER, sentences_file
    from myna.text.languages import canonical

    own = [(line, language) for line in _sentences(language)[GATE:]]
    files = [path for path in sorted(FOLDER.glob("*.txt")) if path != sentences_file(language)]
    return own + [(line, canonical(path.stem)) for path in files for line in _lines(path)[-OTHERS:]]


def _sentences(language: str) -> list[str]:
    from myna.adapt.unseen import sentences_file

    return _lines(sentences_file(language))


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
