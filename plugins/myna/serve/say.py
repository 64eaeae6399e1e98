"""`myna say "text" --voice DIR -o out.wav`: speak with a cloned voice, labelled."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from myna.arguments import Parser, seed
from myna.errors import MynaError
from myna.files import check_name
from myna.serve.exit import Speech, find_voice, speak, speak_timed, spoken_request, voice_card
from myna.serve.given import given_text


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
    given = given_text(arguments.text, arguments.language)
    if given.note:
        print(f"myna say: {given.note}", file=sys.stderr)
    speech = Speech(given.text, arguments.language, arguments.speed, arguments.seed).checked()
    wishes = {"purpose": arguments.purpose, "cue": arguments.cue, "undertaking": arguments.undertaking}
    request = spoken_request(speech, arguments.output, **wishes)
    _check_output(arguments.output)
    if arguments.times is not None:
        from myna.networks.timing import check_times_file

        check_times_file(arguments.times)

    # Only now what takes seconds to import: a mistake in the command is told at once.
    import torch

    from myna.networks.timing import write_times
    from myna.networks.voice import Voice
    from myna.safety.release import admit, release
    from myna.text.command import left_out

    torch.set_num_threads(arguments.threads)
    voice = Voice.load(folder)
    card = voice_card(folder, voice)
    admit(card, request)  # what may not leave is not spoken first
    for line in left_out(voice.read(speech.text, speech.language).dropped):
        print(f"myna: {line}", file=sys.stderr)
    timed = speak_timed(voice, speech) if arguments.times is not None else None
    sound = speak(voice, speech) if timed is None else (timed.wave, timed.sample_rate)
    released = release(sound, card, request)
    if timed is not None:
        # The audible label stands before the speech.
        write_times(arguments.times, timed, lead=released.seconds - timed.seconds)
    print(f"{released.path}: {released.seconds:.1f} s, label {released.content_id}, cue {released.cue}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="myna say",
        description="Speak a text with a voice. The sound is marked as made by AI: a watermark, an audible cue at its "
        "start, and a label in the file.",
    )
    parser.add_argument("text", help="what to say: text, markdown or SSML; - reads it from standard input")
    parser.add_argument("--voice", required=True, metavar="DIR", help="voice directory or pack, e.g. exp/clone/voice")
    parser.add_argument("-o", "--output", required=True, type=Path, help="wav, flac, mp3, ogg, opus or m4a file")
    parser.add_argument(
        "--language", help="espeak-ng code (en-us, de, fr-fr, cmn, …), or auto; default: the voice's own"
    )
    parser.add_argument("--times", type=Path, metavar="FILE", help="when each word is said: json, vtt, srt or TextGrid")
    parser.add_argument("--speed", type=float, default=1.0, help="1.2 is a fifth faster (default: 1)")
    parser.add_argument("--seed", type=seed, default=0, help="another seed, another reading (default: 0)")
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


def _check_output(path: Path) -> None:
    from myna.safety.encode import format_of

    check_name(path)
    format_of(path)
    if path.is_dir():
        raise MynaError(f"{path} is a folder; name a file, for example {path / 'speech.wav'}")
    if path.exists() and not path.is_file():
        raise MynaError(f"{path} is a pipe or a device, which cannot carry the label; name a file")


def _as_program() -> int:
    try:
        return main()
    except MynaError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(_as_program())
