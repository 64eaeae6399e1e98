"""The options of a command that say where a voice is heard."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from myna.errors import MynaError

if TYPE_CHECKING:
    from myna.safety.placing import Place
    from myna.spatial.walk import Walk

_FORMS = ("binaural", "ambix", "adm")
_WHERE = ("azimuth", "elevation", "distance")


def add_form_options(parser: argparse.ArgumentParser) -> None:
    """Add what the file is for, and whose ears hear it."""
    parser.add_argument(
        "--spatial", choices=_FORMS, help="binaural: for headphones; ambix: Ambisonics; adm: an object that moves"
    )
    parser.add_argument("--hrtf", type=Path, metavar="SOFA", help="your own head for binaural (default: KEMAR)")
    parser.add_argument("--order", type=int, choices=(1, 2, 3), help="of ambix: 4, 9 or 16 channels (default: 3)")


def add_place_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a voice in a place."""
    group = parser.add_argument_group("a place (docs/spatial.md)")
    for name, text in (
        ("azimuth", "degrees to the left of the front: 90 is at the left ear, -90 at the right (default: 0)"),
        ("elevation", "degrees above the ears (default: 0)"),
        ("distance", "metres (default: 1.5)"),
        ("room", "reverberation time in seconds; left out: no room"),
    ):
        group.add_argument(f"--{name}", type=float, metavar="S" if name == "room" else "N", help=text)
    group.add_argument("--path", type=Path, metavar="JSON", help="a way instead: a list of time, azimuth, …")
    add_form_options(group)  # type: ignore[arg-type]  # a group takes arguments as a parser does


def place_of(arguments: argparse.Namespace) -> "Place | None":
    """Return the place that was asked for, or None.

    Raises:
        MynaError: There is no such place, or a package of the extra is missing.
    """
    names = (*_WHERE, "room", "path", "spatial", "hrtf", "order")
    if all(getattr(arguments, name) is None for name in names):
        return None
    from myna.spatial.place import make_place
    from myna.spatial.walk import Stand

    form = form_of(arguments)
    return make_place(form, [Stand(_walk(arguments))], arguments.room, arguments.hrtf, arguments.order or 3)


def form_of(arguments: argparse.Namespace) -> str:
    """Return what the file is for: `binaural` unless something else is asked for.

    Raises:
        MynaError: `--order` is for Ambisonics.
    """
    form = arguments.spatial or "binaural"
    if arguments.order is not None and form != "ambix":
        raise MynaError("--order is of Ambisonics: give it with --spatial ambix")
    return form


def _walk(arguments: argparse.Namespace) -> "Walk":
    from myna.spatial.walk import read_walk, standing

    given = {name: getattr(arguments, name) for name in _WHERE if getattr(arguments, name) is not None}
    if arguments.path is None:
        return standing(**given)
    if given:
        raise MynaError(f"--path says where the voice is at each time; leave out --{', --'.join(given)}")
    return read_walk(arguments.path)
