"""What the paths of the server share."""

from dataclasses import dataclass

from myna.serve.jobs import Queue
from myna.serve.library import Library
from myna.serve.metrics import Metrics
from myna.serve.people import People
from myna.serve.settings import Settings
from myna.serve.speaking import Speakers


@dataclass(frozen=True)
class Parts:
    """The server's own parts, made once.

    Attributes:
        settings: What is allowed.
        people: Voices and jobs on disk.
        library: Voices to speak with.
        speakers: Threads.
        queue: Jobs that run.
        metrics: Counters.
    """

    settings: Settings
    people: People
    library: Library
    speakers: Speakers
    queue: Queue
    metrics: Metrics
