"""`myna listen VOICE --against RECORDINGS`: a page for people's ears, and what they answered as figures."""

import random
import uuid
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from myna.arguments import Parser
from myna.errors import MynaError
from myna.files import atomic_text, shown
from myna.listen import answers

if TYPE_CHECKING:
    from myna.listen.clips import Sound

MOST = 20  # recordings, and as many sentences of the clone: a test of half an hour


def main(argv: Sequence[str] | None = None) -> int:
    """Write a test, or print what its listeners answered.

    Raises:
        MynaError: The voice may not speak, there are too few recordings, or an answer is not of this test.
    """
    arguments = _parser().parse_args(argv)
    if arguments.answers:
        return _tell(arguments)
    if not (arguments.voice and arguments.against):
        raise MynaError(
            "give a voice and --against RECORDINGS to make a test, or --answers FILES and --key KEY to read one"
        )
    return _make(arguments)


def _parser() -> Parser:
    parser = Parser(prog="myna listen", description="Let people judge a clone blind.", allow_abbrev=False)
    parser.add_argument("voice", nargs="?", type=Path, help="folder of a voice")
    parser.add_argument("--against", type=Path, metavar="RECORDINGS", help="of the person; a file or a folder")
    parser.add_argument("-o", "--output", type=Path, default=Path("listen.html"), help="the page (listen.html)")
    parser.add_argument("--clips", type=int, default=6, help=f"of each side, 2 to {MOST}")
    parser.add_argument("--seed", type=int, default=0, help="of the order")
    parser.add_argument("--answers", type=Path, nargs="+", metavar="CSV", help="files that listeners saved")
    parser.add_argument("--key", type=Path, help="the .key.json that was written beside the page")
    return parser


def _make(arguments: Namespace) -> int:
    from myna.listen.clips import recorded, spoken

    out, count = arguments.output, arguments.clips
    key = out.with_suffix(".key.json")
    if out.suffix.lower() not in (".html", ".htm"):
        raise MynaError(f"{shown(out)}: the page is HTML; name it .html")
    if not 2 <= count <= MOST:
        raise MynaError(f"--clips {count} is outside 2 to {MOST}")
    if taken := [path for path in (out, key) if path.exists()]:
        raise MynaError(f"{shown(taken[0])} exists and is not replaced; remove it or name another with -o")
    names = [f"c{n:02d}" for n in range(2 * count)]
    random.Random(arguments.seed).shuffle(names)
    real = recorded(arguments.against, count, names[:count])
    cloned = spoken(arguments.voice, names[count : count + len(real)])
    _write(out, key, [*real, *cloned], arguments.seed)
    print(f"{shown(out)}: {len(real)} recordings, {len(cloned)} sentences of the clone; give it to listeners")
    print(f"{shown(key)}: the key; keep it, and read answers with --answers FILES --key {shown(key)}")
    return 0


def _write(out: Path, key: Path, sounds: Sequence["Sound"], seed: int) -> None:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from myna.listen.trials import trials

    test = uuid.uuid4().hex[:12]
    questions = trials([sound.clip for sound in sounds], seed)
    shown_questions = [{"id": q.id, "kind": q.kind, "clips": list(q.clips)} for q in questions]
    # In the order of their names, which were drawn: the order in the file tells nothing.
    clips = sorted(sounds, key=lambda sound: sound.clip.id)
    environment = Environment(loader=PackageLoader("myna", "."), autoescape=True, undefined=StrictUndefined)
    page = environment.get_template("listen/page.html.j2").render(test=test, questions=shown_questions, sounds=clips)
    atomic_text(key, answers.key_of(test, questions))
    atomic_text(out, page)


def _tell(arguments: Namespace) -> int:
    if not arguments.key:
        raise MynaError("--answers needs --key, the .key.json that was written beside the page")
    found = answers.read_answers(arguments.answers, arguments.key)
    figures = answers.summary(found)
    print(f"{len({a.listener for a in found})} listeners, {len(found)} answers; 95 % intervals in brackets")
    for name, figure in figures.items():
        print(f"{WORDS[name]:<58} {figure}")
    if "abx right" in figures:
        abx = [a for a in found if a.kind == "abx"]
        chance = answers.by_chance(sum(a.answer == a.truth for a in abx), len(abx))
        print(f"{'as often right by guessing, probability':<58} {chance:.3f}")
    return 0


WORDS = {
    "mos recording": "how natural are recordings, 1 to 5",
    "mos clone": "how natural is the clone, 1 to 5",
    "mos difference": "clone less recordings",
    "abx right": "tells recordings and clone apart (0.5: cannot)",
    "same recording": "hears one person in two recordings",
    "same clone": "hears one person in recording and clone",
}
