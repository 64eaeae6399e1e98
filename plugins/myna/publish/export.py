"""`myna export`: a voice in another system's form."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from myna.arguments import Parser

if TYPE_CHECKING:
    from myna.deploy.findings import Findings


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command on `argv`, or on what the process was given; returns 0.

    Raises:
        MynaError: The voice cannot be exported, or its consent is not in order.
    """
    arguments = _parser().parse_args(argv)
    others = {"hf": _hf, "web": _web, "tensorrt": _tensorrt, "encoder": _encoder, "base": _base, "instant": _instant}
    return others.get(arguments.form, _graphs)(arguments)


def _hf(arguments: argparse.Namespace) -> int:
    from myna.publish.hf_export import export_hf
    from myna.serve.exit import find_voice

    voice, others = find_voice(arguments.voice), [find_voice(path) for path in arguments.speaker]
    out = export_hf(voice, arguments.output, others, arguments.language, arguments.purpose, arguments.requester)
    print(f"{out}: transformers.VitsModel and VitsTokenizer load it; README.md shows how, and by what right")
    return 0


def _encoder(arguments: argparse.Namespace) -> int:
    from myna.deploy.encoder_export import export_encoder

    alike = export_encoder(arguments.output, arguments.precision, arguments.encoder)
    print(f"cosine to torch's embeddings: {alike:.5f} at least")
    print(f"{arguments.output}: `myna.deploy.encoder.Encoder.load` hears with it, without torch")
    return 0


def _base(arguments: argparse.Namespace) -> int:
    from myna.deploy.base_export import export_base, shipped
    from myna.deploy.export import gate_sentences

    sentences = gate_sentences("en-us", arguments.sentences)
    found = export_base(arguments.output, arguments.precision, sentences, shipped(arguments.small))
    return _told(found, f"{arguments.output}: `myna export instant` makes voices on it; by itself it does not speak")


def _instant(arguments: argparse.Namespace) -> int:
    from myna.deploy.instant import Person, instant_voice

    person = Person(arguments.name, arguments.consent, arguments.scope, arguments.language)
    seconds = instant_voice(arguments.recordings, arguments.base, arguments.output, person)
    print(f"{arguments.output}: a voice of {seconds:.0f} s of speech; `myna say --voice {arguments.output}` speaks")
    return 0


def _tensorrt(arguments: argparse.Namespace) -> int:
    from myna.deploy.tensorrt_export import export_tensorrt

    voice, _, sentences = _asked(arguments)
    found = export_tensorrt(voice, arguments.output, sentences, arguments.purpose, arguments.requester)
    then = "on a machine with a GPU run `python build.py PLANS` there; README.md tells what is known"
    return _told(found, f"{arguments.output}: {then}")


def _graphs(arguments: argparse.Namespace) -> int:
    from myna.deploy.export import export_onnx, pruning_texts
    from myna.deploy.prune import Smaller

    voice, language, sentences = _asked(arguments)
    smaller = None
    if arguments.prune:
        smaller = Smaller.parse(arguments.prune, pruning_texts(language), arguments.recover)
    by = (arguments.purpose, arguments.requester)
    wanted = {"smaller": smaller, "runtime": arguments.runtime}
    found = export_onnx(voice, arguments.output, arguments.precision, sentences, *by, **wanted)
    then = f"`myna say --voice {arguments.output}` speaks with it; README.md says by what right"
    return _told(found, f"{arguments.output}: {then}")


def _web(arguments: argparse.Namespace) -> int:
    from myna.deploy.web_export import export_web

    voice, _, sentences = _asked(arguments)
    by = (arguments.purpose, arguments.requester)
    programs = (arguments.runtime, arguments.espeak)
    found = export_web(voice, arguments.output, arguments.precision, sentences, *by, *programs)
    then = "serve this folder; README.md says how, by what right, and what a host must do"
    status = _told(found, f"{arguments.output}: {then}")
    if not arguments.espeak:
        print("the page reads no text yet: add the program espeak-ng (GPL-3.0-or-later) with --espeak")
    return status


def _asked(arguments: argparse.Namespace) -> tuple[Path, str, list[str]]:
    """Return the voice that is exported, its language, and what the gate lets it speak."""
    from myna.deploy.export import gate_sentences
    from myna.safety.admission import load_card
    from myna.serve.exit import find_voice

    voice = find_voice(arguments.voice)
    language = load_card(voice, arguments.purpose).language
    return voice, language, gate_sentences(language, arguments.sentences)


def _told(found: "Findings", then: str) -> int:
    """Print what the gate measured, and what to do then; return the status of success."""
    from myna.deploy.card import rows

    for name, value in rows(found):
        print(f"{name}: {value}")
    print(then)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="myna export", description="Write a voice in another system's form.")
    forms = parser.add_subparsers(dest="form", required=True)
    hf = forms.add_parser("hf", help="a folder for transformers.VitsModel (voices of tts=vits)")
    _common(hf, ("private", "publish", "commercial"), "for it speaks without labels (default: private)")
    hf.add_argument(
        "--speaker", type=Path, action="append", default=[], metavar="VOICE", help="another voice whose speaker joins"
    )
    hf.add_argument("--language", help="espeak-ng code that is folded in (default: the voice's own)")
    kinds = "voices of tts=vits_mel, vits and vits_mobile"
    for form, what in (("onnx", "32-bit floats"), ("int8", "8-bit matrix products: much smaller, faster")):
        graphs = forms.add_parser(form, help=f"graphs for ONNX Runtime, {what} ({kinds})")
        _common(graphs, ("evaluation", "private", "publish", "commercial"), "(default: evaluation)")
        _gated(graphs)
        graphs.set_defaults(precision="int8" if form == "int8" else "fp32", runtime="onnx")
        graphs.add_argument(
            "--prune", metavar="SHARES", help="inner channels that are kept, e.g. tts=0.75,vocoder=0.5 (default: all)"
        )
        graphs.add_argument(
            "--recover", type=int, default=0, metavar="N", help="steps of training after --prune (default: 0)"
        )
    tensorrt = forms.add_parser("tensorrt", help="graphs and a script that builds TensorRT plans of them on a GPU")
    _common(tensorrt, ("evaluation", "private", "publish", "commercial"), "(default: evaluation)")
    _gated(tensorrt)
    for form, what in (("mnn", "MNN"), ("litert", "LiteRT (TensorFlow Lite)")):
        phone = forms.add_parser(form, help=f"graphs for {what}, which runs on phones (voices of tts=vits_mel)")
        _common(phone, ("evaluation", "private", "publish", "commercial"), "(default: evaluation)")
        _gated(phone)
        phone.add_argument("--precision", choices=("fp32", "int8"), default="fp32", help="of weights (default: fp32)")
        phone.set_defaults(prune=None, recover=0, runtime=form)
    _shared(forms)
    _add_web(forms.add_parser("web", help="a page that speaks in the browser (voices of tts=vits_mel)"))
    return parser


def _gated(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sentences",
        type=int,
        default=12,
        metavar="N",
        help="how many the gate compares with the voice before the export is written (default: 12)",
    )


def _shared(forms: "argparse._SubParsersAction[Parser]") -> None:
    """Add the forms that belong to nobody, and the voices that are made of them."""
    encoder = forms.add_parser("encoder", help="the speaker encoder of instant voices, a graph for ONNX Runtime")
    encoder.add_argument("output", type=Path, help="folder to make")
    encoder.add_argument("--encoder", type=Path, help="file of an encoder trained here (default: GE2E, as myna clone)")
    base = forms.add_parser("base", help="the graphs that instant voices share, and the encoder (nobody's voice)")
    base.add_argument("output", type=Path, help="folder to make")
    base.add_argument("--sentences", type=int, default=12, metavar="N", help="how many the gate compares (default: 12)")
    base.add_argument("--small", action="store_true", help="the base for phones: a third of the size")
    for parser in (encoder, base):
        parser.add_argument("--precision", choices=("fp32", "int8"), default="fp32", help="of weights (default: fp32)")
    instant = forms.add_parser("instant", help="an instant voice on an exported base, made without torch")
    instant.add_argument("recordings", type=Path, help="a file, or a folder with recordings of one person")
    instant.add_argument("output", type=Path, help="folder to make; beside the base, so that it finds the graphs")
    instant.add_argument("--base", type=Path, required=True, help="what `myna export base` wrote")
    instant.add_argument("--name", required=True, help="name of the person who speaks")
    instant.add_argument("--consent", required=True, help="own_voice, or the path of the person's signed record")
    scopes = ("evaluation", "private", "publish", "commercial")
    instant.add_argument("--scope", choices=scopes, default="private", help="with own_voice: the widest use")
    instant.add_argument("--language", default="en-us", help="espeak-ng code that it speaks (default: en-us)")


def _add_web(parser: argparse.ArgumentParser) -> None:
    _common(parser, ("evaluation", "private", "publish", "commercial"), "(default: evaluation)")
    _gated(parser)
    parser.add_argument("--precision", choices=("int8", "fp32"), default="int8", help="of the graphs (default: int8)")
    parser.add_argument(
        "--runtime",
        type=Path,
        metavar="FOLDER",
        help="an unpacked onnxruntime-web 1.30.0 (default: fetched with npm)",
    )
    parser.add_argument(
        "--espeak",
        type=Path,
        nargs="?",
        const=True,
        default=False,
        metavar="FOLDER",
        help="add espeak-ng, which reads text: a program of its own under GPL-3.0-or-later, fetched with npm, or from "
        "the folder of an unpacked espeak-ng 1.0.2",
    )


def _common(parser: argparse.ArgumentParser, purposes: Sequence[str], why: str) -> None:
    parser.add_argument("voice", type=Path, help="voice directory or pack, e.g. exp/clone/voice")
    parser.add_argument("output", type=Path, help="folder to make")
    parser.add_argument(
        "--purpose",
        choices=purposes,
        default=purposes[0],
        help=f"what it is for; the speakers' consents must cover it, {why}",
    )
    parser.add_argument("--requester", default="local", help="who asks, for the log (default: local)")
