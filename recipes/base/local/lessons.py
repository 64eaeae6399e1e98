"""Sentences as the shipped base says them, for smaller networks to learn from.

Any text of the pool is said by any of its people, as themselves or as a mixture of two, so that text and voice are
untied. A store of lessons is drawn from many times; each step of training adds a few and lets others go.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from examples import disturbed, linked
from myna.networks.pretrained import load_part
from myna.networks.tts.distillation import PER_FRAME, PER_TOKEN, Lesson, draw_lesson
from myna.networks.tts.vits_mel import VitsMel
from myna.text.languages import language_number
from myna.text.tokens import default_tokens
from pool import Pool, balanced_weights, is_held_out

LONGEST = 160  # tokens
SENTENCES = (1, 1, 2, 3)  # texts of the pool that make a lesson: most of the Mandarin is short
OWN, MIXED = 0.3, 0.4  # share of lessons in the voice of the recording, and in a mixture of two
NOISE_SCALES = (0.0, 0.6)
MOVED, SEMITONES, RANGES = 0.3, 4.0, (0.6, 1.5)


@dataclass(frozen=True)
class Source:
    """Texts and voices of a pool.

    Attributes:
        tokens: Of each text.
        languages: Number of each.
        embeddings: `(N, 256)` of the people.
        owner: Row of `embeddings` of each text.
        chance: Of each text.
        alike: Rows of the same language, by its number.
    """

    tokens: list[list[int]]
    languages: list[int]
    embeddings: np.ndarray
    owner: list[int]
    chance: np.ndarray
    alike: dict[int, np.ndarray]

    @classmethod
    def of(cls, folder) -> "Source":
        """Read a pool after `prepare_text.py --parts phones embeds`; whom the base has not heard stays out."""
        utterances, tokens = Pool(folder).utterances, default_tokens()
        rows = [line.split("\t") for line in (folder / "phones.tsv").read_text(encoding="utf-8").splitlines()]
        phones = {name: (language, symbols.split(" ")) for name, language, _, symbols in rows}
        kept = [(i, u) for i, u in enumerate(utterances) if u.name in phones and not is_held_out(u)]
        numbers = [tokens.encode([" " if s == "|" else s for s in phones[u.name][1]]) for _, u in kept]
        languages = [language_number(phones[u.name][0]) for _, u in kept]
        embeddings = np.fromfile(folder / "embeds.f32", np.float32).reshape(-1, 256)[[i for i, _ in kept]]
        alike = {n: np.flatnonzero(np.array(languages) == n) for n in set(languages)}
        chance = balanced_weights([u for _, u in kept])
        return cls(numbers, languages, embeddings, list(range(len(kept))), chance, alike)

    def draw(self, random: np.random.Generator) -> tuple[list[int], np.ndarray, int]:
        """Return tokens, an embedding `(256,)` and the number of a language."""
        row = int(random.choice(len(self.tokens), p=self.chance))
        language, tokens = self.languages[row], self.tokens[row]
        for other in random.choice(self.alike[language], random.choice(SENTENCES) - 1):
            if len(tokens) + len(self.tokens[other]) <= LONGEST:
                tokens = linked([tokens, self.tokens[other]])
        return tokens[:LONGEST], self._voice(row, random), language

    def _voice(self, row: int, random: np.random.Generator) -> np.ndarray:
        if (kind := random.random()) < OWN:
            return disturbed(self.embeddings[row], random)
        one, two = self.embeddings[random.choice(len(self.tokens), 2, p=self.chance)]
        share = random.uniform(0.2, 0.8) if kind < OWN + MIXED else 1.0
        mixed = share * one + (1 - share) * two
        return disturbed((mixed / np.linalg.norm(mixed)).astype(np.float32), random)


class Lessons:
    """A store of lessons.

    Args:
        folder: The pool.
        size: Lessons that are kept.
        fresh: Lessons that are drawn anew before each batch.
    """

    def __init__(self, folder, size: int = 1500, fresh: int = 2) -> None:
        """Read the pool and the base."""
        self.source, self.size, self.fresh = Source.of(folder), size, fresh
        teacher = load_part("tts").eval()
        assert isinstance(teacher, VitsMel)
        self.teacher, self.store = teacher, list[Lesson]()

    def batch(self, count: int, random: np.random.Generator) -> Lesson:
        """Draw some anew, and return so many of the store."""
        for lesson in self._said(self.fresh if len(self.store) >= count else count, random):
            if len(self.store) < self.size:
                self.store.append(lesson)
            else:
                self.store[int(random.integers(self.size))] = lesson
        return _together([self.store[i] for i in random.choice(len(self.store), count, replace=False)])

    def _said(self, count: int, random: np.random.Generator) -> list[Lesson]:
        drawn = [self.source.draw(random) for _ in range(count)]
        tokens = pad_sequence([torch.tensor(t) for t, _, _ in drawn], batch_first=True)
        lengths = torch.tensor([len(t) for t, _, _ in drawn])
        speakers = torch.from_numpy(np.stack([v for _, v, _ in drawn]))
        languages = torch.tensor([n for _, _, n in drawn])
        moved = random.random() < MOVED
        pitch = float(random.uniform(-SEMITONES, SEMITONES)) if moved else 0.0
        ranged = float(random.uniform(*RANGES)) if moved else 1.0
        scale = float(random.uniform(*NOISE_SCALES))
        said = draw_lesson(self.teacher, (tokens, lengths, speakers, languages), scale, pitch, ranged)
        return [_row(said, i) for i in range(count)]


def _row(lesson: Lesson, i: int) -> Lesson:
    tokens, frames = int(lesson.token_lengths[i]), int(lesson.durations[i].sum())
    ends = dict.fromkeys(PER_TOKEN, tokens) | dict.fromkeys(PER_FRAME, frames)
    parts = {name: value[i] for name, value in lesson._asdict().items()}
    return Lesson(**{name: value[: ends[name]].clone() if name in ends else value for name, value in parts.items()})


def _together(rows: list[Lesson]) -> Lesson:
    padded = {*PER_TOKEN, *PER_FRAME}
    columns = {name: [getattr(row, name) for row in rows] for name in Lesson._fields}
    return Lesson(
        **{n: pad_sequence(c, batch_first=True) if n in padded else torch.stack(c) for n, c in columns.items()}
    )
