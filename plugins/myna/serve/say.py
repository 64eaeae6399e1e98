"""`myna say "text" --voice DIR -o out.wav`: speak with a cloned voice, labelled.

With `--stream wav` the sound goes to standard output while it is made: `… --stream wav | ffplay -nodisp -autoexit -`.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from myna.arguments import Parser, seed
from myna.errors import MynaError, told
from myna.files import check_name
from myna.serve.exit import (
    ENGINES,
    PROSODY,
    SpeechRequest,
    Talker,
    engine_of,
    find_voice,
    lead_of,
    leave,
    leave_stream,
    load_voice,
    speak,
    speak_parts,
    speak_timed,
    spoken_request,
    style_of,
    voice_card,
    watermark_wish,
)
from myna.serve.given import given_text
from myna.serve.named import named_voice
from myna.serve.place_options import add_place_options, place_of
from myna.text.emotion import DEFAULT as FELT
from myna.text.emotion import NAMES as EMOTIONS
from myna.text.emotion import parse as parse_emotion
from myna.text.traced import PLAIN, Emotion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from myna.networks.timing import Timed
    from myna.networks.voice import Voice
    from myna.safety.placing import Place
    from myna.safety.types import Released, Request, VoiceCard


TRIES = 3  # of --check
STREAMED = ("wav", "mp3", "flac", "opus", "aac")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command on `argv`, or on what the process was given; returns 0.

    Raises:
        MynaError: No voice, no text, an unknown language, a consent that does not cover the purpose, or a file that
            cannot be written.
    """
    arguments = _parser().parse_args(argv)
    folder = find_voice(named_voice(arguments.voice))
    engine = engine_of(folder, arguments.engine)
    given = given_text(arguments.text, arguments.language)
    style = style_of({name: getattr(arguments, name) for name in PROSODY}, arguments.emotion, arguments.habits)
    speech = SpeechRequest(given.text, arguments.language, arguments.speed, arguments.seed, style).checked()
    if given.note:
        print(f"myna say: {given.note}", file=sys.stderr)
    wishes = {"purpose": arguments.purpose, "cue": arguments.cue, "undertaking": arguments.undertaking}
    output = _output(arguments)
    request = spoken_request(speech, output, **wishes, **watermark_wish(folder))
    shown = style.emotion if arguments.face_emotion is None else parse_emotion(arguments.face_emotion)
    asked = _Asked(arguments.times, arguments.visemes, shown, speech.seed)
    if arguments.check and asked:
        raise MynaError("--check chooses among readings and tells no times: give it or --times and --visemes, not both")
    asked.check(folder, engine)
    _check_style(arguments, folder, engine)
    place = place_of(arguments)
    if place is not None:
        if arguments.stream:
            raise MynaError("a stream has one channel: sound in a place needs a file, -o")
        place.check(request.output)

    # Only now what takes seconds to import: a mistake in the command is told at once.
    from myna.safety.admission import admit
    from myna.serve.read import left_out

    voice = load_voice(folder, arguments.threads)
    card = voice_card(folder, voice)
    reading = voice.read(speech.text, speech.language)
    request = request.model_copy(update={"languages": reading.languages()})
    admit(card, request)  # what may not leave is not spoken first
    if arguments.style_from is not None:
        from myna.serve.style_from import manner_from

        manner = manner_from(cast("Voice", voice), arguments.style_from, arguments.style_text, arguments.style_language)
        speech = replace(speech, like=manner)
    for line in left_out(reading.dropped):
        print(f"myna: {line}", file=sys.stderr)
    if arguments.stream:
        return _streamed(voice, speech, card, request)
    if arguments.check:
        sound = _checked(voice, speech, " ".join(piece.text for _, piece in reading.shown() if piece is not None))
        released = leave(sound, card, request, place)
    else:
        released = _spoken(voice, speech, card, request, asked, place)
    print(f"{released.path}: {released.seconds:.1f} s, label {released.content_id}, cue {released.cue}")
    return 0


def _streamed(voice: Talker, speech: SpeechRequest, card: "VoiceCard", request: "Request") -> int:
    """Write the sound to standard output while it is made; who stops listening stops the work."""
    streaming = leave_stream(speak_parts(voice, speech), voice.sample_rate, card, request)
    with closing(streaming.parts) as parts:  # type: ignore[type-var]
        try:
            for data in parts:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
        except BrokenPipeError:
            sys.stderr.write("myna say: nobody listens any more\n")
    print(f"stream: label {streaming.content_id}, cue {request.cue}", file=sys.stderr)
    return 0


def _checked(voice: Talker, speech: SpeechRequest, words: str) -> "tuple[NDArray[np.float32], int]":
    """Speak, listen to it, and speak again with another seed where words are said twice or left out."""
    from myna.measure.slips import least_slips

    seeds = range(speech.seed, speech.seed + TRIES)
    language = speech.language or str(voice.config.language)
    sound, found, used = least_slips(lambda n: speak(voice, replace(speech, seed=n)), words, language, seeds)
    print(f"myna say: heard {found.heard!r}: {found}, seed {used}", file=sys.stderr)
    return sound


def _spoken(
    voice: Talker,
    speech: SpeechRequest,
    card: "VoiceCard",
    request: "Request",
    asked: "_Asked",
    place: "Place | None" = None,
) -> "Released":
    """Speak, send the sound through the exit, and write what was asked for beside it."""
    if not asked:
        return leave(speak(voice, speech), card, request, place)
    timed = speak_timed(cast("Voice", voice), speech)
    released = leave((timed.wave, timed.sample_rate), card, request, place)
    asked.write(timed, released, request.producer)
    return released


@dataclass(frozen=True)
class _Asked:
    """Files beside the sound: when things are said, and what a face does meanwhile."""

    times: Path | None
    visemes: Path | None
    emotion: Emotion | None
    seed: int

    def __bool__(self) -> bool:
        return self.times is not None or self.visemes is not None

    def check(self, folder: Path, engine: str) -> None:
        """Refuse what cannot be written, before anything is spoken."""
        if self and engine != "torch":
            option = "--times" if self.visemes is None else "--visemes"
            raise MynaError(f"{folder} is an export, which does not tell times: use {option} with the voice it is from")
        if self.times is not None:
            from myna.networks.timing import check_times_file

            check_times_file(self.times)
        if self.visemes is not None:
            from myna.face.files import check_face_file

            check_face_file(self.visemes)

    def write(self, timed: "Timed", released: "Released", producer: str) -> None:
        """Write them; the audible label stands before the speech."""
        if self.times is not None:
            from myna.networks.timing import write_times

            write_times(self.times, timed, lead=lead_of(timed, released))
        if self.visemes is not None:
            from myna.face.face import Mood
            from myna.face.files import write_face
            from myna.serve.faces import face_of

            write_face(self.visemes, face_of(timed, released, producer, Mood.of(self.emotion, self.seed)))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="myna say",
        description="Speak a text with a voice. The sound is marked as made by AI: a watermark, an audible cue at its "
        "start, and a label in the file.",
    )
    parser.add_argument("text", help="what to say: text, markdown or SSML; - reads it from standard input")
    parser.add_argument(
        "--voice", required=True, metavar="DIR", help="voice directory, pack or name, e.g. exp/clone/voice"
    )
    parser.add_argument("-o", "--output", type=Path, help="wav, flac, mp3, ogg, opus or m4a file")
    parser.add_argument(
        "--stream", choices=STREAMED, help="write to standard output while it is made, in place of -o: for a pipe"
    )
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        help="what runs the voice; an export of `myna export` is run by what it was made for (default: what fits)",
    )
    parser.add_argument(
        "--language", help="espeak-ng code (en-us, de, fr-fr, cmn, …), or auto; default: the voice's own"
    )
    parser.add_argument("--times", type=Path, metavar="FILE", help="when each word is said: json, vtt, srt or TextGrid")
    parser.add_argument(
        "--visemes",
        type=Path,
        metavar="FILE",
        help="what a face does meanwhile: json, tsv (Rhubarb), vtt, gltf or glb (a head), csv (Live Link Face), vrma",
    )
    parser.add_argument(
        "--face-emotion",
        metavar="NAME",
        help="the face's, with --visemes, such as happy:0.8 (default: the voice's)",
    )
    parser.add_argument(
        "--check", action="store_true", help="listen to it, and say it again where words are said twice or left out"
    )
    parser.add_argument("--speed", type=float, default=1.0, help="1.2 is a fifth faster (default: 1)")
    _add_prosody(parser)
    parser.add_argument("--seed", type=seed, default=0, help="another seed, another reading (default: 0)")
    parser.add_argument(
        "--threads",
        type=int,
        choices=range(1, 65),
        default=1,
        metavar="N",
        help="more help little, and wait for one another where other programs are busy (default: 1)",
    )
    add_exit_options(parser, "the speaker's consent")
    add_place_options(parser)
    return parser


def add_exit_options(parser: argparse.ArgumentParser, consent: str) -> None:
    """Add what the exit asks: purpose, audible label, undertaking."""
    parser.add_argument(
        "--purpose",
        choices=("evaluation", "private", "publish", "commercial"),
        default="evaluation",
        help=f"what the sound is for; {consent} must cover it (default: evaluation)",
    )
    parser.add_argument("--cue", choices=("rhythm", "spoken", "off"), default="rhythm", help="the audible label")
    parser.add_argument("--undertaking", type=Path, metavar="FILE", help="needed with --cue off (see docs)")


def _add_prosody(parser: argparse.ArgumentParser) -> None:
    moods = f"{', '.join(EMOTIONS)}, with a strength of 0 to 1 such as happy:0.3 (default: neutral; strength {FELT:g})"
    parser.add_argument("--emotion", metavar="NAME", help=moods)
    for name, (attribute, low, high, unit, meaning) in PROSODY.items():
        plain = getattr(PLAIN, attribute)
        said = f"{unit}, {low:g} to {high:g}: {meaning} (default: {plain:g})"
        parser.add_argument(f"--{name}", type=float, default=plain, metavar="N", help=said)
    parser.add_argument(
        "--habits", action="store_true", help="with the person's own pitch, range and variety between sentences"
    )
    parser.add_argument(
        "--style-from",
        type=Path,
        metavar="CLIP",
        help="take rhythm, melody and loudness of a recording, not its voice",
    )
    parser.add_argument("--style-text", metavar="TEXT", help="what is said in it (default: what the recogniser hears)")
    parser.add_argument("--style-language", metavar="CODE", help="of that text (default: the voice's own)")


def _check_style(arguments: argparse.Namespace, folder: Path, engine: str) -> None:
    if arguments.style_from is None:
        if arguments.style_text or arguments.style_language:
            raise MynaError("--style-text and --style-language are of a recording: give it with --style-from")
        return
    if engine != "torch":
        raise MynaError(f"{folder} is an export, which takes no style: use --style-from with the voice it is from")
    if not arguments.style_from.is_file():
        raise MynaError(f"{arguments.style_from}: no such file; --style-from takes a recording")


def _output(arguments: argparse.Namespace) -> Path:
    """Return the file, or the name whose suffix is the format of the stream."""
    if (arguments.output is None) == (arguments.stream is None):
        raise MynaError("give a file with -o, or --stream with a format for standard output: one of them")
    if arguments.stream is None:
        check_output(arguments.output)
        return Path(arguments.output)
    if arguments.check or arguments.times is not None or arguments.visemes is not None:
        raise MynaError("a stream leaves while it is made: --check, --times and --visemes need a file, -o")
    if sys.stdout.isatty():
        raise MynaError("--stream writes sound to standard output: give it a pipe or a file, such as | ffplay -")
    return Path(f"stream.{arguments.stream}")


def check_output(path: Path) -> None:
    """Refuse what cannot be the file of a release.

    Raises:
        MynaError: A name or a suffix that is none, a folder, a pipe or a device.
    """
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
        print(f"error: {told(error)}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(_as_program())
