"""`myna export`: a voice in another system's form."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from myna.arguments import Parser

if TYPE_CHECKING:
    from myna.deploy.bundle import Runtime

GRAPHS = {
    "onnx": "ONNX Runtime, 32-bit floats",
    "int8": "ONNX Runtime, 8-bit matrix products: four times smaller, faster",
    "litert": "LiteRT (TensorFlow Lite), on phones",
    "mnn": "MNN, on phones",
}
PHONES: "dict[str, Runtime]" = {"litert": "litert", "mnn": "mnn"}


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
    return _hf(arguments) if arguments.form == "hf" else _graphs(arguments)


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
    from myna.deploy.export import export_graphs, gate_sentences
    from myna.safety.card import load_card
    from myna.serve.exit import find_voice

    voice = find_voice(arguments.voice)
    sentences = gate_sentences(load_card(voice, arguments.purpose).language, arguments.sentences)
    precision: Precision = "int8" if arguments.form == "int8" else arguments.precision
    runtime: Runtime = PHONES.get(arguments.form, "onnx")
    found = export_graphs(
        voice, arguments.output, precision, sentences, arguments.purpose, arguments.requester, runtime
    )
    for name, value in rows(found):
        print(f"{name}: {value}")
    print(f"{arguments.output}: `myna say --voice {arguments.output}` speaks with it; README.md says by what right")
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
    for form, what in GRAPHS.items():
        graphs = forms.add_parser(form, help=f"graphs for {what} (voices of tts=vits_mel)")
        _common(graphs, ("evaluation", "private", "publish", "commercial"), "(default: evaluation)")
        graphs.add_argument(
            "--sentences",
            type=int,
            default=12,
            metavar="N",
            help="how many the gate compares with the voice before the export is written (default: 12)",
        )
        graphs.set_defaults(precision="fp32")
        if form in PHONES:
            graphs.add_argument(
                "--precision",
                choices=("fp32", "int8"),
                help="of the weights: torch's sound to within a rounding, or a quarter of the size (default: fp32)",
            )
    return parser


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
