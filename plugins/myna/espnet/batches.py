"""Which utterances form a batch: a stream of batches that depends only on the seed.

Training is one stream of `steps` batches. Passes over the data are shuffled by (seed, pass), so a run that was killed
goes on with exactly the batch that an unbroken run would have had.
"""

import itertools
import random
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Sequence

from myna.errors import MynaError


class Stream(ABC):
    """Batches for one process of a training run.

    Args:
        steps: Number of batches a process sees in the whole run.
        start: Batches that were used before this run was resumed.
        seed: Seed of the order.
        rank: Number of this process.
        world: Number of processes; each takes its part of every batch, so that how many there are does not change what
            a step learns from, and a run may go on with another number of them.
    """

    def __init__(self, *, steps: int, start: int = 0, seed: int = 0, rank: int = 0, world: int = 1) -> None:
        """Keep the place in the stream."""
        self.steps, self.start, self.seed, self.rank, self.world = steps, start, seed, rank, world

    @abstractmethod
    def one_pass(self, order: random.Random) -> list[list[int]]:
        """Return the batches of one pass over the data, in the order to use them."""

    def __len__(self) -> int:
        """Return the number of batches of the whole run, used ones included: Lightning counts those itself."""
        return self.steps

    def __iter__(self) -> Iterator[list[int]]:
        """Yield lists of item numbers, from `start` on."""
        passes = (self.one_pass(random.Random(f"{self.seed}/{number}")) for number in itertools.count())
        whole = itertools.islice(itertools.chain.from_iterable(passes), self.start, self.steps)
        return map(self.part, whole)

    def part(self, batch: list[int]) -> list[int]:
        """Return this process's part of a batch: every `world`-th item, at least one."""
        return batch[self.rank :: self.world] or [batch[self.rank % len(batch)]]


class ByLength(Stream):
    """Batches of utterances of similar length, so that little of a batch is padding.

    Args:
        lengths: Frames of each item.
        batch_size: Most utterances in a batch.
        batch_frames: Most frames in a batch, padding included; no limit when left out.
        **place: See `Stream`.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, batch_frames: int | None = None, **place: int) -> None:
        """Keep the lengths."""
        super().__init__(**place)
        self.lengths, self.batch_size, self.batch_frames = list(lengths), batch_size, batch_frames

    def one_pass(self, order: random.Random) -> list[list[int]]:
        """Shuffle, sort within pools of 32 batches, cut, shuffle the batches."""
        items = list(range(len(self.lengths)))
        order.shuffle(items)
        pool = 32 * self.batch_size
        batches: list[list[int]] = []
        for first in range(0, len(items), pool):
            batches += self.cut(sorted(items[first : first + pool], key=self.lengths.__getitem__))
        order.shuffle(batches)
        return batches

    def cut(self, items: Sequence[int]) -> list[list[int]]:
        """Cut items, which are sorted by length, into batches within both limits."""
        batches: list[list[int]] = [[]]
        for item in items:
            size = len(batches[-1]) + 1
            too_long = self.batch_frames is not None and self.lengths[item] * size > self.batch_frames
            if batches[-1] and (size > self.batch_size or too_long):
                batches.append([])
            batches[-1].append(item)
        return batches


class BySpeaker(Stream):
    """Batches of `speakers` speakers with `utterances` utterances each, as GE2E wants them (Wan et al. 2018).

    Speakers are drawn evenly, however much each has said.

    Args:
        labels: Speaker of each item.
        speakers: Speakers in a batch (all of them, when there are fewer).
        utterances: Utterances of each; a speaker with fewer gives some twice.
        **place: See `Stream`.
    """

    def __init__(self, labels: Sequence[str], speakers: int, utterances: int, **place: int) -> None:
        """Group the items by speaker."""
        super().__init__(**place)
        self.utterances = utterances
        self.items: dict[str, list[int]] = defaultdict(list)
        for item, label in enumerate(labels):
            self.items[label].append(item)
        self.speakers = min(speakers, len(self.items))
        if self.world > 1 and self.speakers < 2 * self.world:
            raise MynaError(
                f"{self.speakers} speakers in a batch cannot be shared by {self.world} processes, which need two each; "
                "train with fewer processes (trainer.devices)"
            )

    def part(self, batch: list[int]) -> list[int]:
        """Return this process's part: whole speakers, which are told from each other only within it."""
        firsts = range(self.rank * self.utterances, len(batch), self.world * self.utterances)
        return [item for first in firsts for item in batch[first : first + self.utterances]]

    def one_pass(self, order: random.Random) -> list[list[int]]:
        """Deal every speaker out once."""
        names = sorted(self.items)
        order.shuffle(names)
        return [
            [item for name in names[first : first + self.speakers] for item in self._draw(name, order)]
            for first in range(0, len(names) - self.speakers + 1, self.speakers)
        ]

    def _draw(self, name: str, order: random.Random) -> list[int]:
        items = self.items[name]
        if len(items) >= self.utterances:
            return order.sample(items, self.utterances)
        return [order.choice(items) for _ in range(self.utterances)]
