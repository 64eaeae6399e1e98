"""Stage 7a: one folder that can be published: voice, card, consent, scores, for ESPnet3, NeMo and the hub."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from myna.errors import MynaError
from myna.publish.card import CardData, license_id, origins, write_card
from myna.publish.espnet_pack import check_espnet_pack, write_espnet_pack
from myna.publish.hubs import Address
from myna.publish.space import write_space
from myna.publish.speaks import check_speaks
from myna.safety.consent import load as load_consent
from myna.workspace import run_first

logger = logging.getLogger(__name__)


def run(config: DictConfig) -> None:
    """Write `exp/pack/`, load it back and let it speak before it gets its name.

    Layout: `voice/` (see `myna.networks.voice`), `README.md`, `scores.json`, `meta.yaml` and `conf/` (ESPnet3),
    `vocoder.nemo` where stage 4 left one. Beside it `exp/space/`, a page for a hub (`myna.publish.space`).

    Args:
        config: The composed configuration; node `pack`.

    Raises:
        MynaError: The voice or the scores are missing, or the pack does not speak.
    """
    settings = config.pack
    voice, out = Path(settings.voice), Path(settings.dir)
    name, language = _voice_facts(voice)
    results = _results(Path(settings.results))
    fresh = out.with_name(f".{out.name}.new")
    write_espnet_pack(voice, fresh, config)
    (fresh / "scores.json").write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if Path(settings.nemo).is_file():
        shutil.copy2(settings.nemo, fresh / "vocoder.nemo")
    consent = load_consent(voice / "consent.yaml")
    sets = [Path(path) for path in settings.sets if (Path(path) / "wav.scp").is_file()]
    if not sets:
        raise MynaError(f"none of {', '.join(settings.sets)} is there; {run_first('create_dataset')}")
    starts = origins(config.get("tts") or {}, config.get("vocoder") or {})
    write_card(fresh, CardData(name, language, consent, results, sets, starts))
    text = settings.check_text or _check_text(language)
    errors = check_speaks(fresh, text, language, settings.check_wer, settings.whisper_model)
    check_espnet_pack(fresh, text)
    _take_the_place(fresh, out)
    upload = config.get("upload") or {}
    at = str(Address(upload["hub"], upload["repo"])) if upload.get("repo") else "voice"
    write_space(out.with_name("space"), name, at, license_id(consent.licence))
    heard = "no recogniser for its language" if errors is None else f"word error rate {100 * errors:.0f} %"
    logger.info("pack: %s speaks in a fresh process (%s)", out, heard)


def _voice_facts(voice: Path) -> tuple[str, str]:
    """Return name and language of a voice directory."""
    import yaml

    path = voice / "voice.yaml"
    if not path.is_file():
        raise MynaError(f"{path} is missing; {run_first('fine_tune')}")
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    return str(facts["name"]), str(facts["language"])


def _results(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MynaError(f"{path} is missing; {run_first('measure')}")
    results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return results


def _check_text(language: str) -> str:
    """Return the first two test sentences of the language."""
    from myna.adapt.sentences import sentences_file

    return " ".join(sentences_file(language).read_text(encoding="utf-8").splitlines()[:2])


def _take_the_place(fresh: Path, out: Path) -> None:
    """Give the new pack its name; the old one goes only when the new one is whole."""
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)
