"""`myna read "text"`: how a text will be read, without a sound made."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from myna.errors import MynaError
from myna.text.reading import Dropped, Piece, Reading, read_text


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Without the program's name; `sys.argv` when left out.

    Returns:
        0. What goes wrong is raised.

    Raises:
        MynaError: An unknown language, markup that cannot be read, or a voice without its text front end.
    """
    arguments = _parser().parse_args(argv)
    text = _standard_input() if arguments.text == "-" else arguments.text
    reading = _read(text, arguments.language, arguments.voice)
    print(json.dumps(as_json(reading), ensure_ascii=False, indent=1) if arguments.json else _page(reading))
    return 0


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MynaError(f"standard input is not UTF-8 (byte {error.start + 1}); convert it with iconv") from error


def _read(text: str, language: str | None, voice: Path | None) -> Reading:
    from myna.text.front_end import build_front_end, load_front_end

    if voice is None:
        return read_text(text, language or "en-us", build_front_end(None))
    import yaml

    folder = voice if (voice / "voice.yaml").is_file() else voice / "voice"
    if not (folder / "voice.yaml").is_file():
        raise MynaError(f"{voice} holds no voice (no voice.yaml); give the folder that stage 5 or stage 7 wrote")
    config = yaml.safe_load((folder / "voice.yaml").read_text(encoding="utf-8"))
    return read_text(text, language or str(config["language"]), load_front_end(folder, config.get("text")))


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
        for word in piece.words
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
    parser = argparse.ArgumentParser(
        prog="myna read",
        description="Show how a text will be read: its pieces, the words for numbers and signs, the symbols, the "
        "language of each word, and what is left out and why.",
    )
    parser.add_argument("text", help="what to read; - reads it from standard input")
    parser.add_argument("--language", help="espeak-ng code (en-us, de, cmn, …) or auto; default: en-us")
    parser.add_argument("--voice", type=Path, metavar="DIR", help="read as this voice does: its lexicon and language")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser
