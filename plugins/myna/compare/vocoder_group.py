"""Vocoders beside each other: recordings to mel and back."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from myna.adapt.decode import Line
from myna.compare import vocoders
from myna.compare.group import Group
from myna.compare.kept import Row
from myna.compare.members import Member
from myna.compare.samples import listening_copies
from myna.errors import MynaError
from myna.kaldi.data import read
from myna.nemo import copy_synthesis
from myna.settings.recipe import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from myna.nemo.dataset import Item


class VocoderGroup(Group):
    """See `Group`."""

    name = "vocoder"

    def exp_dir(self, member: Member) -> Path:
        """Return one folder for all: a student looks for its teacher in it."""
        return self.out

    @cached_property
    def items(self) -> list["Item"]:
        """The recordings that are copied."""
        found = vocoders.choose_items(
            self.workspace.dump, self.options.copy_sets, self.options.copies, self.options.longest
        )
        if not found:
            raise MynaError(
                f"{self.workspace.dump}: {', '.join(self.options.copy_sets)} hold no recording of 1.5 to "
                f"{self.options.longest:g} s to copy; raise compare.longest or name other compare.copy_sets"
            )
        return found

    @cached_property
    def heard(self) -> dict[str, str]:
        """Text of the copies that can be listened to: those of the target, whose consent stands in the data."""
        found: dict[str, str] = {}
        target = set(read(self.settings.decode.test_set).speakers)
        for name in self.options.copy_sets:
            known = read(self.workspace.features(name)).utterances
            found |= {i.id: known[i.id].text for i in self.items if i.id in known and known[i.id].speaker in target}
        return dict(sorted(found.items())[: self.options.prompts])

    def references(self) -> list[Row]:
        """Return the recordings' own scores: the ceiling."""

        def ceiling(folder: Path) -> Row:
            scores = vocoders.scored(self.items, [copy_synthesis.recording(item) for item in self.items], {})
            paths = {item.id: item.audio for item in self.items}
            return scores | {
                "samples": [{"id": k, "text": text, "recordings": [paths[k]]} for k, text in self.heard.items()]
            }

        return [self.reference("recordings", ceiling)]

    def measure(self, member: Member, settings: Settings, folder: Path) -> Row:
        """Train a vocoder and let it copy the recordings."""
        settings = vocoders.limit(settings, member.init, self.seconds(member), self.options.max_steps)
        row, waves = vocoders.measure(settings, folder, self.items, {}, self.options.rtf_seconds)
        return row | {"samples": self.copies(folder, waves)}

    def copies(self, folder: Path, waves: list["Tensor"]) -> list[Row]:
        """Write the copies that can be listened to."""
        by_id = {item.id: wave for item, wave in zip(self.items, waves, strict=True)}
        lines = [Line(key, text, 0) for key, text in self.heard.items()]
        return listening_copies(
            self.settings,
            self.workspace,
            folder / "speech",
            lines,
            lambda line: (np.clip(by_id[line.id].numpy(), -1, 1), vocoders.RATE),
        )
