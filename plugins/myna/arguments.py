"""Command lines whose mistakes are one line."""

import argparse
from typing import NoReturn

LARGEST_SEED = 2**32 - 1  # numpy's generators take no more


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, without the usage before it, and ends with status 2."""

    def error(self, message: str) -> NoReturn:
        """End the program."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


def count(text: str) -> int:
    """Read how many.

    Raises:
        argparse.ArgumentTypeError: No whole number from 0 to 999999.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of things; give a whole number from 0 to 999999")
    return int(text)


def seed(text: str) -> int:
    """Read a seed.

    Raises:
        argparse.ArgumentTypeError: No whole number from 0 to 4294967295.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; give a whole number from 0 to {LARGEST_SEED}")
    return int(text)


def share(text: str) -> float:
    """Read how much of a whole.

    Raises:
        argparse.ArgumentTypeError: No number from 0 to 1.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:  # which nan is not, either
        raise argparse.ArgumentTypeError(f"{text!r} is no share; give a number from 0 to 1")
    return value
