"""Stage 7a: one folder that can be published: voice, card, consent, scores, for ESPnet3, NeMo and the hub."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

from myna.errors import MynaError
from myna.publish.card import CardData, license_id, origins, write_card
from myna.publish.espnet_pack import check_espnet_pack, write_espnet_pack
from myna.publish.hubs import Address
from myna.publish.space import write_space
from myna.publish.speaks import check_speaks
from myna.safety.records import load as load_consent
from myna.settings.publication import Upload
from myna.settings.recipe import Settings
from myna.workspace import Workspace, run_first

logger = logging.getLogger(__name__)


def run(settings: Settings, workspace: Workspace) -> None:
    """Write `exp/pack/`, load it back and let it speak before it gets its name.

    Layout: `voice/` (see `myna.networks.voice`), `README.md`, `scores.json`, `meta.yaml` and `conf/` (ESPnet3),
    `vocoder.nemo` where stage 4 left one. Beside it `exp/space/`, a page for a hub (`myna.publish.space`).

    Args:
        settings: Of the recipe; reads `pack`, where it is uploaded, and what shaped the voice.
        workspace: Of the recipe.

    Raises:
        MynaError: The voice or the scores are missing, or the pack does not speak.
    """
    wanted = settings.pack
    voice, out = Path(wanted.voice), Path(wanted.dir)
    name, language = _voice_facts(voice)
    results = _results(Path(wanted.results))
    fresh = out.with_name(f".{out.name}.new")
    write_espnet_pack(voice, fresh, settings)
    (fresh / "scores.json").write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if Path(wanted.nemo).is_file():
        shutil.copy2(wanted.nemo, fresh / "vocoder.nemo")
    consent = load_consent(voice / "consent.yaml")
    sets = [Path(path) for path in wanted.sets if (Path(path) / "wav.scp").is_file()]
    if not sets:
        raise MynaError(f"none of {', '.join(wanted.sets)} is there; {run_first('create_dataset')}")
    starts = origins(settings.tts.model_dump(), settings.vocoder.model_dump())
    write_card(fresh, CardData(name, language, consent, results, sets, starts))
    text = wanted.check_text or _check_text(language)
    errors = check_speaks(fresh, text, language, wanted.check_wer, wanted.whisper_model)
    check_espnet_pack(fresh, text)
    _take_the_place(fresh, out)
    write_space(out.with_name("space"), name, _spoken_from(settings.upload), license_id(consent.licence))
    heard = "no recogniser for its language" if errors is None else f"word error rate {100 * errors:.0f} %"
    logger.info("pack: %s speaks in a fresh process (%s)", out, heard)


def _spoken_from(upload: Upload) -> str:
    """Return what `--voice` takes on the page: the repository, or the folder beside it where none is named."""
    return str(Address(upload.hub, upload.repo)) if upload.repo else "voice"


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
    from myna.adapt.unseen import sentences_file

    return " ".join(sentences_file(language).read_text(encoding="utf-8").splitlines()[:2])


def _take_the_place(fresh: Path, out: Path) -> None:
    """Give the new pack its name; the old one goes only when the new one is whole."""
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)
