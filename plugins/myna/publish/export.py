"""`myna export`: a voice in another system's form."""

import argparse
from collections.abc import Sequence
from pathlib import Path


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
    from myna.publish.hf_export import export_hf
    from myna.serve.exit import find_voice

    voice, others = find_voice(arguments.voice), [find_voice(path) for path in arguments.speaker]
    out = export_hf(voice, arguments.output, others, arguments.language, arguments.purpose, arguments.requester)
    print(f"{out}: transformers.VitsModel and VitsTokenizer load it; README.md shows how, and by what right")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="myna export", description="Write a voice in another system's form.")
    forms = parser.add_subparsers(dest="form", required=True)
    hf = forms.add_parser("hf", help="a folder for transformers.VitsModel (voices of tts=vits)")
    hf.add_argument("voice", type=Path, help="voice directory or pack, e.g. exp/clone/voice")
    hf.add_argument("output", type=Path, help="folder to make")
    hf.add_argument(
        "--speaker", type=Path, action="append", default=[], metavar="VOICE", help="another voice whose speaker joins"
    )
    hf.add_argument("--language", help="espeak-ng code that is folded in (default: the voice's own)")
    hf.add_argument(
        "--purpose",
        choices=("private", "publish", "commercial"),
        default="private",
        help="what it is for; the speakers' consents must cover it, for it speaks without labels (default: private)",
    )
    hf.add_argument("--requester", default="local", help="who asks, for the log (default: local)")
    return parser
