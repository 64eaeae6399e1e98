"""What chance a step has: its own, so that a run in pieces draws what an unbroken one would have drawn."""


def seed_of(seed: int, step: int, world: int = 1, rank: int = 0) -> int:
    """Return the seed of a step.

    Args:
        seed: Of the run; runs of neighbouring seeds share none of their first million steps.
        step: Its number.
        world: Processes that train together, each with chance of its own.
        rank: Which of them.
    """
    return seed * 1_000_003 + step * world + rank
