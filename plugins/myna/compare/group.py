"""A group of members that do the same work: what is shared by encoders, acoustic models and vocoders."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from myna.audio.spread import cluster_of, spread
from myna.compare.kept import Row, kept, keys_of, shipped_weights
from myna.compare.members import FIRST, Member, compose_member
from myna.errors import MynaError
from myna.settings.recipe import Settings
from myna.workspace import Workspace

log = logging.getLogger(__name__)


class Group(ABC):
    """Measures the members of a group, one after the other here, at the same time on a cluster.

    Args:
        settings: Of the recipe, with `compare`.
        overrides: What the person typed.
        members: The members to measure.
    """

    name: str
    based = False  # whether every row follows from the weights that Myna ships

    def __init__(self, settings: Settings, overrides: Sequence[str], members: Sequence[Member]) -> None:
        """Keep what to compare."""
        self.settings, self.overrides, self.members = settings, overrides, members
        self.options, self.workspace = settings.compare, Workspace.of(settings)
        self.out = self.workspace.comparison / self.name

    @abstractmethod
    def references(self) -> list[Row]:
        """Return the rows of ceilings and floors."""

    @abstractmethod
    def measure(self, member: Member, settings: Settings, folder: Path) -> Row:
        """Train and measure a member.

        Args:
            member: The member.
            settings: Those of the recipe with the member.
            folder: For all that it writes.

        Returns:
            `origin` of its weights, `training` (`steps`, `seconds`), `parameters`, `mb`, scores, `rtf` and `samples`.

        Raises:
            MynaError: It cannot be trained on these data.
        """

    def exp_dir(self, member: Member) -> Path:
        """Return the experiment folder that the member's stage sees."""
        return self.out / member.label

    def seconds(self, member: Member) -> float:
        """Return the seconds that a member may train."""
        return self.options.seconds if member.trains else 0.0

    def rows(self) -> Iterator[Row]:
        """Yield all rows, ceilings and floors first; what was measured before is read."""
        yield from self.references()
        work = partial(_row, type(self), self.settings, self.overrides)
        for first in (True, False):  # a student wants its teacher to be there
            wave = [member for member in self.members if (member.name in FIRST) == first]
            for _, row in spread(work, wave, cluster_of(self.settings), self.name, unit="member") if wave else ():
                yield row

    def row(self, member: Member) -> Row:
        """Return the row of a member; one that fails says why, and does not keep the others from the page."""
        log.info("compare: %s=%s", self.name, member.label)
        try:
            settings = compose_member(self.settings, self.overrides, member, self.exp_dir(member))
            folder = self.out / member.label
            based = self.based or member.shipped
            work = partial(self.measure, member, settings, folder)
            found = self._kept(member.label, settings, work, based=based, trains=member.trains)
        except MynaError as error:
            log.warning("compare: %s=%s: %s", self.name, member.label, error)
            found = {"origin": "failed", "error": str(error)}
        return {"name": member.label, **found}

    def reference(self, name: str, work: Callable[[Path], Row]) -> Row:
        """Return a row that belongs to no member; `work` gets the folder for what it writes."""
        label = f"_{name}"
        found = self._kept(label, self.settings, lambda: work(self.out / label), based=self.based)
        return {"name": name, "origin": "reference", **found}

    def _kept(self, label: str, settings: Settings, work: Callable[[], Row], based: bool, **more: Any) -> Row:
        base = shipped_weights() if based else None
        return kept(self.out / label, keys_of(settings, self.name, label=label, base=base, **more), work)


def _row(kind: type[Group], settings: Settings, overrides: Sequence[str], member: Member) -> Row:
    """Measure a member, wherever it is; workers share the experiment's folder."""
    return kind(settings, overrides, [member]).row(member)
