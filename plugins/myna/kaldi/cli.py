"""`python -m myna.kaldi.cli validate|fix|subset …`: the data directory tools on the command line."""

import argparse
import sys
from pathlib import Path

from myna.arguments import Parser
from myna.errors import MynaError, told
from myna.kaldi.data import read, write
from myna.kaldi.fix import fix
from myna.kaldi.subset import first, of_speakers, subset
from myna.kaldi.tables import read_lines
from myna.kaldi.validate import validate


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = Parser(prog="python -m myna.kaldi.cli", description="Kaldi data directories")
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser("validate", help="list everything that is wrong; exit status 1 if anything is")
    one.add_argument("directory", nargs="+")
    one.add_argument("--no-audio", action="store_true", help="do not open the audio files")
    two = commands.add_parser("fix", help="sort, make tables agree, drop what is broken")
    two.add_argument("directory")
    two.add_argument("--no-audio", action="store_true", help="do not open the audio files")
    three = commands.add_parser("subset", help="copy some utterances into a new directory")
    three.add_argument("source")
    three.add_argument("target")
    which = three.add_mutually_exclusive_group(required=True)
    which.add_argument("--first", type=int, help="the first N utterances")
    which.add_argument("--utterances", help="file with one utterance id a line")
    which.add_argument("--speakers", nargs="+", help="speaker ids")
    return top


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status: 0, 1 (validate found problems) or 2 (MynaError)."""
    arguments = parser().parse_args(argv)
    try:
        return {"validate": _validate, "fix": _fix, "subset": _subset}[arguments.command](arguments)
    except MynaError as error:
        print(f"error: {told(error)}", file=sys.stderr)
        return 2


def _validate(arguments: argparse.Namespace) -> int:
    bad = 0
    for directory in arguments.directory:
        problems = validate(directory, audio=not arguments.no_audio)
        for problem in problems:
            print(problem, file=sys.stderr)
        bad += len(problems)
        print(f"{directory}: {'sound' if not problems else f'{len(problems)} problems'}")
    return 1 if bad else 0


def _fix(arguments: argparse.Namespace) -> int:
    dropped = fix(arguments.directory, audio=not arguments.no_audio)
    for key, reason in dropped.items():
        print(f"dropped {key}: {reason}")
    print(f"{arguments.directory}: fixed, {len(dropped)} utterances dropped")
    return 0


def _subset(arguments: argparse.Namespace) -> int:
    data = read(arguments.source)
    if Path(arguments.target).resolve() == Path(arguments.source).resolve():
        raise MynaError(f"{arguments.target} is the source itself, which would lose its other utterances; name another")
    if arguments.first is not None:
        small = first(data, arguments.first)
    elif arguments.speakers:
        small = of_speakers(data, arguments.speakers)
    else:
        small = subset(data, [line.split()[0] for _, line in read_lines(arguments.utterances) if line.strip()])
    if not small.utterances:
        raise MynaError(f"{arguments.source}: the choice leaves no utterance; nothing was written")
    write(small, arguments.target)
    print(f"{arguments.target}: {len(small.utterances)} utterances, {small.seconds / 60:.2f} minutes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
