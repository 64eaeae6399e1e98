"""Which checkpoint of a fine-tuning becomes the voice."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from myna.errors import MynaError
from myna.workspace import run_again

FIGURES = ("mel", "mos", "similarity", "wer")
# A tenth of similarity weighs as much as a point of the MOS estimate or a tenth of the words.
MOS_WEIGHT, WORDS_WEIGHT = 0.1, 1.0


def choose_step(curve: Path, best: Path, margin: float) -> dict[str, Any]:
    """Choose among the kept checkpoints.

    The rule: of those whose mel distance is within `margin` of the best one, the one with the highest sum of
    similarity, a tenth of the MOS estimate, and minus the share of wrong words, each on sentences that are not learned
    from. Mel distance shows over-training and says little of noise; similarity alone would forgive lost words, and the
    MOS estimate alone a voice that is clean but not the person's.

    Args:
        curve: `log.jsonl` of the training, with `valid/mel`, `valid/mos` and, where they can be told,
            `valid/similarity` and `valid/wer`.
        best: Folder with `step<N>.pt`.
        margin: 0.03 allows 3 % above the best mel distance.

    Returns:
        `chosen_step`, its figures, the `candidates` and the `rule`.

    Raises:
        MynaError: No checkpoint has both figures.
    """
    records = [json.loads(line) for line in curve.read_text(encoding="utf-8").splitlines() if line]
    seen = {int(r["step"]): r for r in records if "valid/mel" in r and "valid/mos" in r}
    kept = [_figures(r) for step, r in seen.items() if (best / f"step{step}.pt").is_file()]
    if not kept:
        raise MynaError(
            f"{best}: no checkpoint has a validation figure; remove {best.parent} and {run_again('fine_tune')}"
        )
    limit = min(r["mel"] for r in kept) * (1 + margin)
    chosen = max((r for r in kept if r["mel"] <= limit), key=total)
    rule = (
        f"highest similarity + {MOS_WEIGHT:g} x MOS estimate - share of wrong words among mel distances within "
        f"{margin:.0%} of the best"
    )
    figures = {name: value for name, value in chosen.items() if name != "step"}
    return {"chosen_step": int(chosen["step"]), **figures, "candidates": kept, "rule": rule}


def total(figures: Mapping[str, float]) -> float:
    """Return the sum that the rule compares; figures that could not be told count nothing."""
    words = WORDS_WEIGHT * figures.get("wer", 0.0)
    return figures.get("similarity", 0.0) + MOS_WEIGHT * figures["mos"] - words


def _figures(record: Mapping[str, float]) -> dict[str, float]:
    told = {name: record[f"valid/{name}"] for name in FIGURES if f"valid/{name}" in record}
    return {"step": int(record["step"])} | told
