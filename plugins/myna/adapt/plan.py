"""`adapt=auto`: what is tuned, and how far, by the speech at hand."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from myna.adapt.policies import POLICIES
from myna.audio.augment import origin
from myna.kaldi.tables import read_table
from myna.settings.tts import MelAdapt


@dataclass(frozen=True)
class Plan:
    """How a person's voice is made of the base.

    Attributes:
        policy: A name of `myna.adapt.policies`.
        steps: Of training.
        learning_rate: At the start; falls to a tenth.
        alpha: Of the weight interpolation between the base (0) and the tuned weights (1).
        why: For the person.
        rhythm: Whether durations and intonation learn too, where the network has parts for them. They learn few
            sentences by heart: with 45 s of speech their losses on others only rise.
    """

    policy: str
    steps: int
    learning_rate: float
    alpha: float
    why: str
    rhythm: bool = True


SHORT = Plan("full", 60, 2.0e-4, 0.75, "under a minute: a short training of the sound, not of the rhythm", False)
# Least seconds of speech, and what fits from there on. docs/few-minutes.md has the measurements.
TABLE: tuple[tuple[float, Plan], ...] = (
    (
        0.0,
        Plan("zero_shot", 0, 2.0e-4, 1.0, "under 20 s no training gains more than it costs in clear words"),
    ),
    (20.0, SHORT),
    (60.0, Plan("full", 100, 2.0e-4, 0.75, "a minute or more: all of the network learns")),
)
# Where others read for the person: who learned to read from less than a minute would bring the accent back.
READ = replace(SHORT, policy="decoder", why="the sound alone learns, readers of the language read")


def automatic(seconds: float, read: bool = False) -> Plan:
    """Return what fits so much speech; `read` as that of `plan_of`."""
    _, plan = max((row for row in TABLE if row[0] <= seconds), key=lambda row: row[0])
    plan = READ if read and plan is SHORT else plan
    return replace(plan, why=f"{seconds:.0f} s of speech: {plan.why}")


def plan_of(settings: MelAdapt, seconds: float, read: bool = False) -> Plan:
    """Return what `tts.adapt` asks for: a policy by name, or by the speech at hand; numbers that it names hold.

    Args:
        settings: The node `tts.adapt`.
        seconds: Of speech to learn from.
        read: Whether the base has readers of the language, see `myna.networks.tts.readers`.
    """
    plan = automatic(seconds, read)
    if not plan.steps and (settings.policy != "auto" or settings.max_steps):
        plan = replace(SHORT, why="a training was asked for")
    if settings.policy != "auto":
        plan = replace(plan, policy=settings.policy, why=f"adapt={settings.policy} was asked for")
    named: dict[str, Any] = {
        "steps": settings.max_steps, "learning_rate": settings.learning_rate, "alpha": settings.alpha
    }  # fmt: skip
    plan = replace(plan, **{key: value for key, value in named.items() if value is not None})
    return plan if POLICIES[plan.policy].trains else replace(plan, steps=0)


def seconds_of(features: Path) -> float:
    """Return the seconds of speech in a folder of features, by its `utt2dur`, copies by augmentation left out."""
    durations = read_table(features / "utt2dur")
    return sum(float(seconds) for name, seconds in durations.items() if origin(name) is None)
