"""`myna say "text" --voice DIR -o out.wav`: speak with a cloned voice, labelled."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from myna.errors import MynaError
from myna.serve.exit import Speech, find_voice, speak, spoken_request, voice_card


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Without the program's name; `sys.argv` when left out.

    Returns:
        0. What goes wrong is raised.

    Raises:
        MynaError: No voice, no text, an unknown language, a consent that does not cover the purpose, or a file that
            cannot be written.
    """
    arguments = _parser().parse_args(argv)
    folder = find_voice(arguments.voice)
    speech = Speech(_text(arguments.text), arguments.language, arguments.speed, arguments.seed).checked()
    wishes = {"purpose": arguments.purpose, "cue": arguments.cue, "undertaking": arguments.undertaking}
    request = spoken_request(speech, arguments.output, **wishes)
    _check_output(arguments.output)

    # Only now what takes seconds to import: a mistake in the command is told at once.
    import torch

    from myna.networks.voice import Voice
    from myna.safety.release import admit, release

    torch.set_num_threads(arguments.threads)
    voice = Voice.load(folder)
    card = voice_card(folder, voice)
    admit(card, request)  # what may not leave is not spoken first
    released = release(speak(voice, speech), card, request)
    print(f"{released.path}: {released.seconds:.1f} s, label {released.content_id}, cue {released.cue}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="myna say",
        description="Speak a text with a voice. The sound is marked as made by AI: a watermark, an audible cue at its "
        "start, and a label in the file.",
    )
    parser.add_argument("text", help="what to say; - reads it from standard input")
    parser.add_argument("--voice", required=True, metavar="DIR", help="voice directory or pack, e.g. exp/clone/voice")
    parser.add_argument("-o", "--output", required=True, type=Path, help="wav, flac, mp3, ogg, opus or m4a file")
    parser.add_argument("--language", help="espeak-ng code (en-us, de, fr-fr, cmn, …); default: the voice's own")
    parser.add_argument("--speed", type=float, default=1.0, help="1.2 is a fifth faster (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another reading (default: 0)")
    parser.add_argument(
        "--threads",
        type=int,
        choices=range(1, 65),
        default=1,
        metavar="N",
        help="more help little, and wait for one another where other programs are busy (default: 1)",
    )
    parser.add_argument(
        "--purpose",
        choices=("evaluation", "private", "publish", "commercial"),
        default="evaluation",
        help="what the sound is for; the speaker's consent must cover it (default: evaluation)",
    )
    parser.add_argument("--cue", choices=("rhythm", "spoken", "off"), default="rhythm", help="the audible label")
    parser.add_argument("--undertaking", type=Path, metavar="FILE", help="needed with --cue off (see docs)")
    return parser


def _text(given: str) -> str:
    if given != "-":
        return given
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise MynaError(f"standard input is not UTF-8 (byte {error.start + 1}); convert it with iconv") from error


def _check_output(path: Path) -> None:
    from myna.safety.encode import format_of

    format_of(path)
    if path.is_dir():
        raise MynaError(f"{path} is a folder; name a file, for example {path / 'speech.wav'}")


def _as_program() -> int:
    try:
        return main()
    except MynaError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(_as_program())
