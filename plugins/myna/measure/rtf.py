"""Speed: real-time factor and the wait for the first audio, on one thread."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread inside the block."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def real_time_factor(speak: Callable[[str], NDArray[np.floating]], sample_rate: int, texts: Sequence[str]) -> float:
    """Return seconds of computing per second of speech, over all texts, after one warm-up sentence.

    Args:
        speak: Text to wave `(T,)`.
        sample_rate: Hz of the wave.
        texts: Sentences; five or more give a steady figure.
    """
    with one_thread():
        speak(texts[0])
        start = time.perf_counter()
        samples = sum(len(speak(text)) for text in texts)
        return (time.perf_counter() - start) / max(samples / sample_rate, 1e-9)


def first_audio(stream: Callable[[str], Iterator[NDArray[np.floating]]], texts: Sequence[str]) -> float:
    """Return the median of the seconds from the call to the first chunk of audio, after one warm-up sentence.

    Args:
        stream: Text to chunks of wave.
        texts: Sentences.
    """
    waits = []
    with one_thread():
        next(iter(stream(texts[0])))
        for text in texts:
            start = time.perf_counter()
            next(iter(stream(text)))
            waits.append(time.perf_counter() - start)
    return statistics.median(waits)
