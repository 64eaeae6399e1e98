"""Stage 6b: score the clone beside real recordings and floors; write the report page and `results.json`."""

import json
import logging
import time
from pathlib import Path
from typing import Any

from myna.audio.spread import cluster_of
from myna.measure import manners, page, results, similarity
from myna.measure.clips import Scorable, collect
from myna.measure.ledger import score_all
from myna.measure.score import Scorers
from myna.measure.wer import can_transcribe, unit
from myna.measure.whisper_models import BASE, TINY
from myna.settings.recipe import Settings
from myna.text.languages import whisper_language
from myna.workspace import Workspace

logger = logging.getLogger(__name__)


def run(settings: Settings, workspace: Workspace) -> None:
    """Measure what the decode stage spoke.

    Writes `exp/clone/report/index.html`, `results.json` and `scores.jsonl` (one line a clip); clips that are already
    in the score file are not scored again.

    Args:
        settings: Of the recipe; reads `measure`, `parallel`, `num_workers` and `seed`.
        workspace: Has what is measured, and gets the report.

    Raises:
        MynaError: The decoded speech or a data set is missing.
    """
    start = time.monotonic()
    measure, folder = settings.measure, workspace.report
    encoder = _json(workspace.encoder / "report.json")
    conditioning = conditioning_encoder(encoder)
    scorers = Scorers(similarity.choose(conditioning, measure.similarity_encoder), measure.whisper_model)
    clips = _limited(collect(measure), measure.clips)
    rows = score_all(clips, scorers, folder / "scores.jsonl", settings.num_workers, cluster_of(settings))

    language = next(clip.language for clip in clips if clip.kind == "heldout")
    decoded = _json(Path(measure.decode_dir) / "decode.json")
    found: dict[str, Any] = results.figures(rows, language)
    found |= results.comb_figures(_paths(clips))
    found |= {name: decoded[name] for name in ("rtf", "first_audio_s", "speaker", "language")}
    found |= {
        "conditioning_encoder": conditioning,
        "similarity_encoder": scorers.similarity,
        "whisper_model": _whisper_name(language, scorers.whisper),
        "wer_unit": unit(language),
        "counts": {kind: sum(clip.kind == kind for clip in clips) for kind in dict.fromkeys(c.kind for c in clips)},
        "encoder_eer": encoder.get("eer"),
        "seed": settings.seed,
        "versions": results.versions(),
    }
    usage = results.stage_usage(workspace.exp)
    # The driver writes this stage's own record only after it; until then its time so far stands in.
    usage["stage_seconds"]["measure"] = round(time.monotonic() - start, 1)
    usage["seconds_total"] = round(sum(usage["stage_seconds"].values()), 1)
    found |= usage
    pairs, unseen = page.gather_samples(clips, rows, measure.prompts_shown, measure.spectrograms)
    vocoder = _json(workspace.vocoder / "report.json")
    heard = manners.found(Path(measure.decode_dir))
    content = page.Content(found, rows, pairs, unseen, page.draw_curves(workspace.exp), encoder, vocoder, heard)
    page.write_page(folder / "index.html", content)
    results.write(workspace.results, found)
    logger.info("report: %s", folder / "index.html")


def conditioning_encoder(report: dict[str, Any]) -> str:
    """Return the name of the encoder that conditions the voice, from the encoder's report; `ge2e` without one."""
    return str(report.get("conditioning") or report.get("encoder") or report.get("name") or "ge2e")


def _limited(clips: list[Scorable], most: int) -> list[Scorable]:
    """Keep the first `most` of each kind, so that a large test set does not make the stage long."""
    seen: dict[str, int] = {}
    kept = []
    for clip in clips:
        seen[clip.kind] = seen.get(clip.kind, 0) + 1
        if seen[clip.kind] <= most:
            kept.append(clip)
    return kept


def _paths(clips: list[Scorable]) -> dict[str, list[str]]:
    kinds = ("real", "heldout", "unseen", "copy", "griffin_lim")
    return {kind: [clip.path for clip in clips if clip.kind == kind] for kind in kinds}


def _whisper_name(language: str, model: str | None) -> str | None:
    """Return what transcribed, or None where nothing could."""
    if not can_transcribe(language, model):
        logger.warning("no recogniser for %s: WER and CER are left out; name one in measure.whisper_model", language)
        return None
    return model or (TINY if whisper_language(language) == "en" else BASE)


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
