"""Choose clips for the sets: deterministic, without a seed, and never the same sentence on both sides."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256

from myna.corpora.clip import Clip
from myna.kaldi.same_sentence import alike, trigrams
from myna.settings.corpus import Voice

Grams = set[tuple[str, ...]]


def shuffled(clips: Iterable[Clip]) -> list[Clip]:
    """Put clips into an order that looks random and is the same on every machine: by the hash of their ids."""
    return sorted(clips, key=lambda clip: sha256(clip.id.encode()).digest())


def sentence_groups(clips: Sequence[Clip]) -> list[list[Clip]]:
    """Group clips that say the same or nearly the same, in shuffled order.

    Two texts are near when most word trigrams of the shorter one occur in the longer one; groups are the connected
    components of that relation. A sentence is only ever in one set.
    """
    order = shuffled(clips)
    parent = list(range(len(order)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    grams: list[Grams] = []
    seen: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, clip in enumerate(order):
        grams.append(trigrams(clip.text))
        for other in sorted({other for gram in grams[number] for other in seen[gram]}):
            if root(other) != root(number) and alike(grams[other], grams[number]):
                parent[root(number)] = root(other)
        for gram in grams[number]:
            seen[gram].append(number)
    members: dict[int, list[Clip]] = defaultdict(list)
    for number, clip in enumerate(order):
        members[root(number)].append(clip)
    return list(members.values())


def minutes_of(voice: Voice) -> list[float]:
    """Return how much of a target is for test, validation and training, in this order; for `split`."""
    return [voice.test_minutes, voice.dev_minutes, voice.train_minutes]


def split(clips: Sequence[Clip], minutes: Sequence[float]) -> list[list[Clip]]:
    """Deal sentence groups into parts of given lengths.

    Sentences that occur once come first: repeats teach and test little, so they fill what is left.

    Args:
        clips: What there is.
        minutes: Wanted length of each part; each is filled to within one clip, the first parts first. Only the last
            part takes a piece of a group that does not fit whole.

    Returns:
        One list a part. Clips that no part had room for are left out.
    """
    parts: list[list[Clip]] = [[] for _ in minutes]
    left = [60.0 * value for value in minutes]
    for group in sorted(sentence_groups(clips), key=len):
        whole = sum(clip.duration for clip in group)
        home = next((index for index, room in enumerate(left) if whole <= room), len(parts) - 1)
        for clip in group:
            if clip.duration <= left[home]:
                parts[home].append(clip)
                left[home] -= clip.duration
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
    unwanted = [trigrams(clip.text) for clip in forbidden]
    index: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for number, grams in enumerate(unwanted):
        for gram in grams:
            index[gram].add(number)

    def near(clip: Clip) -> bool:
        grams = trigrams(clip.text)
        found = {number for gram in grams for number in index.get(gram, ())}
        return any(alike(grams, unwanted[number]) for number in found)

    return [clip for clip in clips if not near(clip)]
