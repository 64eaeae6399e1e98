"""Choose clips for the sets: deterministic, without a seed, and never the same sentence on both sides."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from myna.corpora.clip import Clip
from myna.kaldi.sentences import alike, trigrams


def shuffled(clips: Iterable[Clip]) -> list[Clip]:
    """Put clips into an order that looks random and is the same on every machine: by the hash of their ids."""
    return sorted(clips, key=lambda clip: sha256(clip.id.encode()).digest())


def sentence_groups(clips: Sequence[Clip]) -> list[list[Clip]]:
    """Group clips that say the same or nearly the same, in shuffled order.

    Two texts are near when most word trigrams of the shorter one occur in the longer one; groups are the connected
    components of that relation. A set takes or leaves a group as a whole.
    """
    order = shuffled(clips)
    grams = [trigrams(clip.text) for clip in order]
    group = list(range(len(order)))
    for i in range(len(order)):
        for j in range(i):
            if group[i] != group[j] and alike(grams[i], grams[j]):
                old, new = max(group[i], group[j]), min(group[i], group[j])
                group = [new if number == old else number for number in group]
    members: dict[int, list[Clip]] = {}
    for number, clip in zip(group, order, strict=True):
        members.setdefault(number, []).append(clip)
    return [members[number] for number in sorted(members)]


def split(clips: Sequence[Clip], minutes: Sequence[float]) -> list[list[Clip]]:
    """Deal sentence groups into parts of given lengths.

    Args:
        clips: What there is.
        minutes: Wanted length of each part; each is filled to within one clip, and the first parts first.

    Returns:
        One list a part. Clips that no part had room for are left out.
    """
    parts: list[list[Clip]] = [[] for _ in minutes]
    left = [60.0 * value for value in minutes]
    # Large groups first: they would no longer fit later.
    for group in sorted(sentence_groups(clips), key=len, reverse=True):
        seconds = sum(clip.duration for clip in group)
        for index, room in enumerate(left):
            if seconds <= room:
                parts[index] += group
                left[index] -= seconds
                break
    return parts


def cap(clips: Sequence[Clip], minutes: float) -> list[Clip]:
    """Keep at most `minutes` of clips, chosen as if at random."""
    chosen, seconds = [], 0.0
    for clip in shuffled(clips):
        if seconds + clip.duration <= 60.0 * minutes:
            chosen.append(clip)
            seconds += clip.duration
    return chosen


def without_sentences(clips: Iterable[Clip], forbidden: Iterable[Clip]) -> list[Clip]:
    """Drop clips that say the same, or nearly the same, as any forbidden clip."""
    grams = [trigrams(clip.text) for clip in forbidden]
    return [clip for clip in clips if not any(alike(trigrams(clip.text), other) for other in grams)]
