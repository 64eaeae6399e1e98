"""The one error that Myna shows to a person without a traceback."""


class MynaError(Exception):
    """Something a person can put right.

    The message is one line that says what is wrong, where (file, line or utterance) and what to do about it.
    """


def told(error: BaseException | str) -> str:
    """Write an error as one line that a terminal only shows: line ends, escapes and turned writing do nothing."""
    text = " ".join(str(error).split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class UnmarkableError(MynaError):
    """A sound that cannot carry its watermark: noise, or the speech of a network that has hardly learned."""
