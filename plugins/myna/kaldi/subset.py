"""Smaller data directories."""

from collections.abc import Iterable

from myna.errors import MynaError
from myna.kaldi.data import DataDir
from myna.kaldi.tables import byte_order


def subset(data: DataDir, keep: Iterable[str]) -> DataDir:
    """Keep the named utterances, with their rows of every table.

    Raises:
        MynaError: A name is not in the data.
    """
    wanted = set(keep)
    unknown = wanted - data.utterances.keys()
    if unknown:
        raise MynaError(f"utterance {min(unknown)} is not in the data directory; check the list of names")
    utterances = {key: data.utterances[key] for key in sorted(wanted, key=byte_order)}
    speakers = {u.speaker for u in utterances.values()}
    return DataDir(
        utterances=utterances,
        consent={speaker: consent for speaker, consent in data.consent.items() if speaker in speakers},
        extra={name: {k: v for k, v in table.items() if k in wanted} for name, table in data.extra.items()},
    )


def first(data: DataDir, count: int) -> DataDir:
    """Keep the first `count` utterances in byte order.

    Raises:
        MynaError: `count` is not positive.
    """
    if count < 1:
        raise MynaError(f"the first {count} utterances are none; give a number of 1 or more")
    return subset(data, sorted(data.utterances, key=byte_order)[:count])


def of_speakers(data: DataDir, speakers: Iterable[str]) -> DataDir:
    """Keep the utterances of the named speakers."""
    wanted = set(speakers)
    return subset(data, [key for key, u in data.utterances.items() if u.speaker in wanted])
