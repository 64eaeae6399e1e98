"""`python -m myna.corpora.cli NAME [--downloads DIR]`: fetch a corpus without preparing it."""

import sys
from collections.abc import Callable
from pathlib import Path

from myna.arguments import Parser
from myna.corpora import aishell3, an4, asterisk, festvox_ru, flite, libritts, librivox, ljspeech, vctk
from myna.errors import MynaError, told

Fetch = Callable[[Path], object]


def corpora() -> dict[str, Fetch]:
    """Name → what fetches it into a folder of downloads."""
    single: dict[str, Fetch] = {
        "an4": an4.download,
        "asterisk": asterisk.download,
        "festvox_ru": festvox_ru.download,
        "flite": flite.download,
        "librivox": librivox.download,
        "ljspeech": ljspeech.download,
        "vctk": vctk.download,
        "aishell3": aishell3.download,
    }
    parts: dict[str, Fetch] = {f"libritts/{part}": _part(part) for part in libritts.SHA256}
    return single | parts | {"mini_voices": _mini_voices}


def _part(part: str) -> Fetch:
    return lambda cache: libritts.download(cache, (part,))


def _mini_voices(cache: Path) -> None:
    for module in (asterisk, festvox_ru, flite, an4, librivox):
        module.download(cache)


def main(argv: list[str] | None = None) -> int:
    """Fetch; returns the exit status: 0, or 2 for an error that a person can put right."""
    known = corpora()
    parser = Parser(prog="python -m myna.corpora.cli", description="fetch a corpus")
    parser.add_argument("corpus", choices=sorted(known))
    parser.add_argument("--downloads", type=Path, default=Path("downloads"), help="folder of downloads")
    arguments = parser.parse_args(argv)
    try:
        known[arguments.corpus](arguments.downloads)
    except MynaError as error:
        print(f"error: {told(error)}", file=sys.stderr)
        return 2
    print(f"{arguments.corpus} is in {arguments.downloads}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
