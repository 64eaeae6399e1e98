"""`myna read "text"`: how a text will be read, without a sound made."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from myna.arguments import Parser
from myna.serve.given import written_text
from myna.text.front_end import FrontEnd, build_front_end
from myna.text.piece import Dropped, Piece, Reading
from myna.text.reading import read_text
from myna.text.words import whole_words


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command on `argv`, or on what the process was given; returns 0.

    Raises:
        MynaError: An unknown language, markup that cannot be read, or a voice that is broken or whose seal fails.
    """
    arguments = _parser().parse_args(argv)
    text, note = written_text(arguments.text, arguments.language)
    if note:
        print(f"myna read: {note}", file=sys.stderr)
    reading = _read(text, arguments.language, arguments.voice)
    print(json.dumps(as_json(reading), ensure_ascii=False, indent=1) if arguments.json else _page(reading))
    return 0


def _read(text: str, language: str | None, voice: Path | None) -> Reading:
    if voice is None:
        return read_text(text, language or "en-us", build_front_end(None))
    front_end, own = _of_voice(voice)
    return read_text(text, language or own, front_end)


def _of_voice(voice: Path) -> tuple[FrontEnd, str]:
    """Return the front end and the language of a voice or of its export, whose seal holds."""
    from myna.deploy import NAME, bundle
    from myna.networks import voice_files
    from myna.safety.seal import read_sealed
    from myna.serve.exit import engine_of, find_voice

    folder = find_voice(voice)
    files = read_sealed(folder).files
    config: bundle.Export | voice_files.Described
    if engine_of(folder) != "torch":
        config = bundle.parse_any(files[NAME], folder / NAME)
    else:
        config = voice_files.describe(files["voice.yaml"], folder / "voice.yaml")
    return voice_files.front_end_of(files, config.text, folder)[0], config.language


def as_json(reading: Reading) -> dict[str, list[dict[str, object]]]:
    """Return a reading in the form that `--json` prints."""
    return {"pieces": [_piece(piece) for piece in reading.pieces], "dropped": [vars(d) for d in reading.dropped]}


def _piece(piece: Piece) -> dict[str, object]:
    words = [
        {
            "text": word.text,
            "normalised": word.normalised,
            "language": word.language,
            "symbols": piece.symbols[word.first : word.last],
            "start": word.start,
            "end": word.end,
        }
        for word in whole_words(piece.words)
    ]
    return {
        "text": piece.text,
        "normalised": piece.normalised,
        "language": piece.language,
        "symbols": piece.symbols,
        "words": words,
        "start": piece.start,
        "end": piece.end,
        "pause": piece.pause,
    }


def _page(reading: Reading) -> str:
    lines = []
    for n, piece in enumerate(reading.pieces, 1):
        others = sorted({word.language for word in piece.words} - {piece.language})
        lines += [f"{n}. {piece.text}", f"   {piece.normalised}", f"   {''.join(piece.symbols)}"]
        lines += [f"   {piece.language}{', and ' + ', '.join(others) if others else ''}"]
    return "\n".join([*lines, *left_out(reading.dropped, markup=True)]) or "nothing to say"


def left_out(dropped: Sequence[Dropped], markup: bool = False) -> list[str]:
    """Return a line for each reason why something is left out.

    Args:
        dropped: Of a reading.
        markup: Name markup as well.
    """
    reasons: dict[str, list[str]] = {}
    for item in dropped:
        if markup or item.reason != "markup":
            reasons.setdefault(item.reason, []).append(item.text if item.text.isprintable() else ascii(item.text)[1:-1])
    return [f"not spoken: {' '.join(texts)[:200]} ({reason})" for reason, texts in reasons.items()]


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="myna read",
        description="Show how a text will be read: its pieces, the words for numbers and signs, the symbols, the "
        "language of each word, and what is left out and why.",
    )
    parser.add_argument("text", help="what to read; - reads it from standard input")
    parser.add_argument("--language", help="espeak-ng code (en-us, de, cmn, …) or auto; default: en-us")
    parser.add_argument(
        "--voice", type=Path, metavar="DIR", help="read as this voice or export does: its lexicon and language"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser
