"""`myna export`: a voice in another system's form."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from myna.arguments import Parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Without the program's name; `sys.argv` when left out.

    Returns:
        0. What goes wrong is raised.

    Raises:
        MynaError: The voice cannot be exported, or its consent is not in order.
    """
    arguments = _parser().parse_args(argv)
    run = {"hf": _hf, "web": _web}.get(arguments.form, _graphs)
    return run(arguments)


def _hf(arguments: argparse.Namespace) -> int:
    from myna.publish.hf_export import export_hf
    from myna.serve.exit import find_voice

    voice, others = find_voice(arguments.voice), [find_voice(path) for path in arguments.speaker]
    out = export_hf(voice, arguments.output, others, arguments.language, arguments.purpose, arguments.requester)
    print(f"{out}: transformers.VitsModel and VitsTokenizer load it; README.md shows how, and by what right")
    return 0


def _graphs(arguments: argparse.Namespace) -> int:
    from myna.deploy.bundle import Precision
    from myna.deploy.card import rows
    from myna.deploy.export import export_onnx, gate_sentences
    from myna.safety.card import load_card
    from myna.serve.exit import find_voice

    voice = find_voice(arguments.voice)
    sentences = gate_sentences(load_card(voice, arguments.purpose).language, arguments.sentences)
    precision: Precision = "int8" if arguments.form == "int8" else "fp32"
    found = export_onnx(voice, arguments.output, precision, sentences, arguments.purpose, arguments.requester)
    for name, value in rows(found):
        print(f"{name}: {value}")
    print(f"{arguments.output}: `myna say --voice {arguments.output}` speaks with it; README.md says by what right")
    return 0


def _web(arguments: argparse.Namespace) -> int:
    from myna.deploy.card import rows
    from myna.deploy.export import gate_sentences
    from myna.deploy.web_export import export_web
    from myna.safety.card import load_card
    from myna.serve.exit import find_voice

    voice = find_voice(arguments.voice)
    found = export_web(
        voice,
        arguments.output,
        arguments.precision,
        gate_sentences(load_card(voice, arguments.purpose).language, arguments.sentences),
        arguments.purpose,
        arguments.requester,
        arguments.runtime,
        arguments.espeak,
    )
    for name, value in rows(found):
        print(f"{name}: {value}")
    print(f"{arguments.output}: serve this folder; README.md says how, by what right, and what a host must do")
    if not arguments.espeak:
        print("the page reads no text yet: add the program espeak-ng (GPL-3.0-or-later) with --espeak")
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
    for form, what in (("onnx", "32-bit floats"), ("int8", "8-bit matrix products: four times smaller, faster")):
        graphs = forms.add_parser(form, help=f"graphs for ONNX Runtime, {what} (voices of tts=vits_mel)")
        _common(graphs, ("evaluation", "private", "publish", "commercial"), "(default: evaluation)")
        _gated(graphs)
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
