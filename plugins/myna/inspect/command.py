"""`myna inspect RECORDINGS`: is this enough, is it good enough, and what to read next; a page and a few lines."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

from myna.arguments import Parser
from myna.corpora import account, custom
from myna.errors import MynaError
from myna.files import atomic_text, shown
from myna.inspect import cover, points, sound
from myna.settings.corpus import CreateDataset, Quality, Voice


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Raises:
        MynaError: There is no recording or no speech, or the page cannot be written.
    """
    arguments = _parser().parse_args(argv)
    if arguments.output and arguments.output.suffix.lower() not in (".html", ".htm"):
        raise MynaError(f"{shown(arguments.output)}: the page is HTML; name it .html")
    found = inspect(arguments.recordings, arguments.language)
    if arguments.json:
        print(json.dumps(_plain(found), ensure_ascii=False, indent=1))
    else:
        print(_lines(found))
    if arguments.output:
        _write(arguments.output, found)
        print(f"the page is {shown(arguments.output)}") if not arguments.json else None
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="myna inspect", description="Say what recordings are worth for a clone.", allow_abbrev=False)
    parser.add_argument("recordings", type=Path, help="a file, or a folder with recordings of one person")
    parser.add_argument("-o", "--output", type=Path, help="write a page (HTML), which opens with no network")
    parser.add_argument("--language", default="auto", help="code; auto: what Whisper hears")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    return parser


def inspect(recordings: Path, language: str = "auto") -> dict[str, Any]:
    """Examine recordings as stage 0 of recipe `custom` does, and measure them.

    Args:
        recordings: A file or a folder; nothing in it is changed.
        language: espeak-ng code or `auto`.

    Returns:
        What the page shows, by name.

    Raises:
        MynaError: There is no recording, or no speech in any.
    """
    with redirect_stdout(sys.stderr):  # what is told on the way is no part of the result
        judged = custom.judge(recordings, _as_custom(language), enough=False)
    pieces, kept = judged.found.kept, [piece.file for piece in judged.found.kept]
    seconds = sum(piece.end - piece.start for piece in pieces)
    recorded = sum(judged.found.seconds.values())
    said = [piece.text for piece in pieces]
    heard = judged.found.language
    sounds = sound.measure(list(dict.fromkeys(kept)) or [take.path for take in judged.contents.takes])
    covered = cover.cover(said, heard)
    doubts = [(p.name, p.text) for p in pieces if p.confidence < Quality().confidence]
    others = sum("another speaker" in reason for *_, reason in judged.found.dropped)
    lost = points.losses(
        seconds / 60,
        sounds,
        covered,
        1 - seconds / max(recorded, seconds, 1e-9),
        len(doubts) / max(1, len(pieces)),
        others,
    )
    folder = recordings if recordings.is_dir() else recordings.parent
    return {
        "folder": shown(recordings.name or str(recordings)),
        "language": heard,
        "heard": f"{heard} · {len(judged.contents.takes)} files, {len(pieces)} pieces",
        "score": points.score(lost),
        "losses": lost,
        "minutes": seconds / 60,
        "recorded": recorded / 60,
        "sound": sounds,
        "cover": covered,
        "rate": sum(len(cover.sounds(text, heard)) for text in said) / max(seconds, 1e-9),
        "doubts": doubts,
        "files": account.fates(folder, judged.contents, judged.texts, judged.found),
    }


def _as_custom(language: str) -> CreateDataset:
    """Return what recipe `custom` says of a folder, where it matters here."""
    unread = Voice(train_minutes=0.0, dev_minutes=0.0, test_minutes=0.0)
    builder = "myna.corpora.custom.build"
    return CreateDataset(builder=builder, language=language, min_seconds=1.0, max_seconds=15.0, voice=unread)


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if hasattr(value, "__dataclass_fields__"):
            return asdict(value)
        return [plain(item) for item in value] if isinstance(value, list) else value

    return {name: plain(value) for name, value in found.items()}


def _lines(found: dict[str, Any]) -> str:
    sounds, covered = found["sound"], found["cover"]
    room = "" if sounds.room is None else f", room {sounds.room:.2f} s"
    lines = [
        f"{found['folder']}: {found['score']:.0f} of 10 for a clone ({found['heard']})",
        f"{found['minutes']:.1f} of {found['recorded']:.1f} minutes usable, speech {sounds.distance:.0f} dB above "
        f"noise, bandwidth {sounds.bandwidth / 1000:.1f} kHz of {sounds.rate} Hz files{room}",
        f"{100 * covered.share:.0f} % of the language's sounds said three times; "
        f"missing: {' '.join(covered.missing) or 'none'}",
    ]
    lines += [f"-{loss.points:g}  {loss.english}" for loss in found["losses"]]
    lines += ["", "read these next:"] + [f"  {text}" for text in covered.next] if covered.next else []
    return "\n".join(lines)


def _write(path: Path, found: dict[str, Any]) -> None:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("myna", "."), autoescape=True, undefined=StrictUndefined)
    atomic_text(path, environment.get_template("inspect/page.html.j2").render(found))
