"""The one error that Myna shows to a person without a traceback."""


class MynaError(Exception):
    """Something a person can put right.

    The message is one line that says what is wrong, where (file, line or utterance) and what to do about it.
    """


class UnmarkableError(MynaError):
    """A sound that cannot carry its watermark: noise, or the speech of a network that has hardly learned."""
