"""The command line of a benchmark."""

import argparse
from pathlib import Path


def program(text: str | None, *places: str) -> argparse.ArgumentParser:
    """Return a parser whose help is the text of a file, and which must be given these files or folders."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    for place in places:
        parser.add_argument(place, type=Path)
    return parser
