"""Compare speaker encoders on speakers that no training heard, and write down which one conditions."""

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from myna.audio.features import FeatureSet
from myna.errors import MynaError
from myna.files import atomic_path, atomic_text
from myna.networks.speaker.trials import equal_error_rate, min_dcf, pairs, similarity_matrix
from myna.settings.encoder import Encoder
from myna.workspace import Workspace

log = logging.getLogger(__name__)

Embeddings = Mapping[str, np.ndarray]


def trial_utterances(wanted: Encoder, workspace: Workspace) -> dict[str, dict[str, str]]:
    """Choose the utterances of the trials.

    Returns:
        For `unseen` (speakers that no training heard, those of `encoder.leave_out` among them) and `seen` (other
        utterances of the training speakers): the speaker of each utterance that is long enough, as `<set>/<utterance>`.
    """
    trials, left = wanted.trials, set(wanted.leave_out)
    learned = dict.fromkeys([wanted.train_set, wanted.valid_set, *trials.seen]) if left else {}

    def of(sets: Iterable[str]) -> dict[str, str]:
        return _long_enough(workspace, sets, trials.min_seconds)

    unseen = of(trials.unseen) | {key: who for key, who in of(learned).items() if who in left}
    return {"unseen": unseen, "seen": {key: who for key, who in of(trials.seen).items() if who not in left}}


def _long_enough(workspace: Workspace, sets: Iterable[str], seconds: float) -> dict[str, str]:
    """Return the speaker of each utterance that is long enough, of those sets that are there."""
    return {
        f"{name}/{utterance.name}": utterance.speaker
        for name in sets
        if workspace.has_features(name)
        for utterance in FeatureSet(workspace.features(name), augmented=False)
        if utterance.seconds >= seconds
    }


def judge(embeddings: Embeddings, chosen: Mapping[str, Mapping[str, str]], most: int) -> dict[str, Any]:
    """Score an encoder's embeddings.

    Args:
        embeddings: By `<set>/<utterance>`.
        chosen: See `trial_utterances`.
        most: Utterances of a speaker that are paired.

    Returns:
        For each kind of trials the equal error rate, the smallest detection cost, the number of pairs, and the mean
        cosine of pairs of one speaker and of two; nothing for a kind without both sorts of pairs.
    """
    report: dict[str, Any] = {}
    for kind, speakers in chosen.items():
        trials = pairs(speakers, most)
        same = [truth for *_, truth in trials]
        if all(same) or not any(same):
            continue
        scores = np.array([float(embeddings[a] @ embeddings[b]) for a, b, _ in trials])
        report[kind] = {
            "eer": round(equal_error_rate(list(scores), same), 4),
            "min_dcf": round(min_dcf(list(scores), same), 4),
            "pairs_same": int(sum(same)),
            "pairs_different": len(same) - int(sum(same)),
            "cosine_same": round(float(scores[np.array(same)].mean()), 4),
            "cosine_different": round(float(scores[~np.array(same)].mean()), 4),
        }
    return report


def choose(wanted: str, judged: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the encoder that conditions.

    Args:
        wanted: `auto` (lower equal error rate on unseen speakers; GE2E where that cannot be told or is equal),
            or a name.
        judged: The report of each encoder.

    Raises:
        MynaError: The wanted encoder does not exist here.
    """
    wanted = "ge2e" if wanted == "resemblyzer" else wanted
    if wanted == "auto":
        rates = {name: found["unseen"]["eer"] for name, found in judged.items() if "unseen" in found}
        return min(rates, key=lambda name: (rates[name], name != "ge2e")) if rates else "ge2e"
    if wanted not in judged:
        raise MynaError(f"encoder.condition={wanted}: there is {', '.join(judged)}; use auto, ge2e, or train your own")
    return wanted


def write_report(
    out: Path,
    conditioning: str,
    judged: Mapping[str, Any],
    extra: Mapping[str, Any],
    embeddings: Embeddings,
    speakers: Mapping[str, str],
) -> None:
    """Write `report.json` and `similarity.png`.

    Args:
        out: `exp/encoder`.
        conditioning: The encoder that conditions.
        judged: The report of each encoder.
        extra: What else is reported, such as training seconds.
        embeddings: The conditioning encoder's, by `<set>/<utterance>`.
        speakers: Speaker of each of those.
    """
    names, matrix = similarity_matrix(embeddings, speakers)
    report = {
        "conditioning": conditioning,
        # The encoder that conditions never scores: it would praise what it was told to copy.
        "scoring": "dvector" if conditioning == "ge2e" else "ge2e",
        "eer": judged[conditioning].get("unseen", {}).get("eer"),
        "encoders": dict(judged),
        "names": names,
        "similarity_matrix": [[round(float(v), 4) for v in row] for row in matrix],
        **extra,
    }
    draw_matrix(out / "similarity.png", names, matrix, conditioning)
    atomic_text(out / "report.json", json.dumps(report, indent=1) + "\n")
    for name, found in judged.items():
        log.info("speaker encoder %s: EER on unseen speakers %s", name, found.get("unseen", {}).get("eer"))


def draw_matrix(path: Path, names: list[str], matrix: np.ndarray, title: str) -> None:
    """Draw mean cosines between speakers."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    size = 2.5 + 0.4 * len(names)
    figure = Figure(figsize=(size + 1, size), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    image = axes.imshow(matrix, vmin=0, vmax=1, cmap="viridis")
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_title(f"Mean cosine between utterances ({title})")
    for (row, column), value in np.ndenumerate(matrix):
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", size=6, color="w" if value < 0.7 else "k")
    figure.colorbar(image)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
