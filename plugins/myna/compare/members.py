"""Which members there are to compare, and the configuration of each."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from myna.compare.clock import check_clock, with_clock
from myna.errors import MynaError
from myna.recipe.call import typed
from myna.recipe.compose import compose_recipe
from myna.recipe.folders import CONF, own_folders
from myna.settings.group import replaced
from myna.settings.recipe import Settings
from myna.settings.scores import Compare

GROUPS = ("encoder", "tts", "vocoder")
SAME = ("auto", "ge2e")  # other words for encoder=cnn and encoder=resemblyzer
FIRST = ("griffin_lim", "wavenet")  # the floor, and the teacher before its student
CHOICE = re.compile(r"\+?(encoder|tts|vocoder|preset)=")


@dataclass(frozen=True)
class Member:
    """One choice of a group.

    Attributes:
        group: `encoder`, `tts` or `vocoder`.
        name: The word that chooses it.
        shipped: Whether it is shown with the weights that Myna ships, instead of trained here.
        trains: Whether it is trained, where it has anything to learn.
    """

    group: str
    name: str
    shipped: bool = False
    trains: bool = True

    @property
    def label(self) -> str:
        """What the tables call it."""
        return f"{self.name}_base" if self.shipped else self.name

    @property
    def init(self) -> str:
        """The start that `<group>.init` names."""
        return "base" if self.shipped else "scratch"


def member_names(group: str) -> list[str]:
    """List the choices of a group: the files of `conf/<group>`, and of a person's own folders.

    Names that begin with `_` are parts of others; other words for a member are left out.
    """
    files = (path for folder in (*own_folders(), CONF) for path in (folder / group).glob("[!_]*.yaml"))
    names = {path.stem for path in files} - (set(SAME) if group == "encoder" else set())
    return sorted(names, key=lambda name: (name not in FIRST, name))


def choose_members(options: Compare) -> list[Member]:
    """List the members that `compare.groups` and `compare.members` name, in the order to try them.

    Raises:
        MynaError: A group, a member or the clock does not exist.
    """
    check_clock(options.clock)
    if unknown := [group for group in options.groups if group not in GROUPS]:
        raise MynaError(f"--compare {unknown[0]}: there is no such group; choose from {', '.join(GROUPS)}")
    every = [member for group in GROUPS for member in _of_group(group, options)]
    labels, wanted = [member.label for member in every], options.members
    if unknown := [name for name in wanted or () if name not in labels]:
        raise MynaError(f"compare.members names {unknown[0]!r}; there is {', '.join(labels)}")
    found = [member for member in every if member.group in options.groups]
    return [member for member in found if wanted is None or member.label in wanted]


def _of_group(group: str, options: Compare) -> list[Member]:
    names, shipped = member_names(group), getattr(options.shipped, group, ())
    own = [Member(group, name, trains=name not in options.untrained) for name in names]
    return own + [Member(group, name, shipped=True, trains=False) for name in shipped]


def compose_member(settings: Settings, overrides: Iterable[str], member: Member, exp_dir: Path) -> Settings:
    """Compose the recipe with a member.

    Args:
        settings: Of the recipe; its data are used.
        overrides: What the person typed; words that choose other members are left out.
        member: The member.
        exp_dir: Where its results go.
    """
    words = [override for override in overrides if not CHOICE.match(override)]
    values = {"data_dir": settings.data_dir, "dump_dir": settings.dump_dir, "exp_dir": str(exp_dir)}
    made = typed(compose_recipe(Path(settings.recipe_dir), [*words, f"{member.group}={member.name}"], values))
    unlimited = replaced(made, {"trainer.max_steps": None, "trainer.max_seconds": None})
    return with_clock(unlimited, settings.compare.clock)


def spread(items: Sequence[object], count: int) -> list[int]:
    """Return the places of at most `count` items at even distances."""
    return [n * len(items) // count for n in range(count)] if len(items) > count else list(range(len(items)))
