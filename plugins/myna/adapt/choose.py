"""Which checkpoint of a fine-tuning becomes the voice."""

import json
from pathlib import Path
from typing import Any

from myna.errors import MynaError
from myna.workspace import run_again


def choose_step(curve: Path, best: Path, margin: float) -> dict[str, Any]:
    """Choose among the kept checkpoints.

    The rule: of those whose mel distance is within `margin` of the best one, the one with the highest MOS estimate.
    Mel distance saturates early and says little about noise; the MOS estimate alone would forgive a voice that is
    clean but not the person's.

    Args:
        curve: `log.jsonl` of the training, with `valid/mel` and `valid/mos`.
        best: Folder with `step<N>.pt`.
        margin: 0.03 allows 3 % above the best mel distance.

    Returns:
        `chosen_step`, its `mel` and `mos`, and the `candidates`.

    Raises:
        MynaError: No checkpoint has both figures.
    """
    records = [json.loads(line) for line in curve.read_text(encoding="utf-8").splitlines() if line]
    seen = {int(r["step"]): r for r in records if "valid/mel" in r and "valid/mos" in r}
    kept = [r for step, r in seen.items() if (best / f"step{step}.pt").is_file()]
    if not kept:
        raise MynaError(
            f"{best}: no checkpoint has a validation figure; remove {best.parent} and {run_again('fine_tune')}"
        )
    limit = min(r["valid/mel"] for r in kept) * (1 + margin)
    chosen = max((r for r in kept if r["valid/mel"] <= limit), key=lambda r: r["valid/mos"])
    return {
        "chosen_step": int(chosen["step"]),
        "mel": chosen["valid/mel"],
        "mos": chosen["valid/mos"],
        "candidates": [{"step": int(r["step"]), "mel": r["valid/mel"], "mos": r["valid/mos"]} for r in kept],
        "rule": f"highest MOS estimate among mel distances within {margin:.0%} of the best",
    }
