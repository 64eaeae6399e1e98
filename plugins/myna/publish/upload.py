"""Stage 7b: upload the pack to a hub, when a repository is named and the speaker's consent covers it."""

import json
import logging
from importlib import import_module
from pathlib import Path
from typing import Any

from myna.errors import MynaError
from myna.files import atomic_text
from myna.parsing import yaml_mapping
from myna.publish.hubs import Address, hub_of
from myna.safety.admission import Admitted, admit, load_card, recorded
from myna.safety.seal import read_sealed
from myna.safety.types import Request
from myna.settings.publication import Upload
from myna.settings.recipe import Settings
from myna.workspace import Workspace, run_again, run_first

# Clients of Hugging Face's hub that belong to a toolkit: ESPnet3 uploads the pack, NeMo its vocoder.
TOOLKITS = {"espnet": "myna.publish.espnet_upload", "nemo": "myna.publish.nemo_upload"}
LABEL = "synthetic-speech"  # the tag of a card whose model speaks with marks of synthetic sound

logger = logging.getLogger(__name__)


def run(settings: Settings, workspace: Workspace) -> None:
    """Upload `exp/pack/` and write `exp/upload.json`: what was uploaded where, or why not.

    `upload.hub` chooses the hub, `upload.client` who speaks to it: its own client, ESPnet3 or NeMo. Its address is
    `upload.endpoint`, else that of the environment (`HF_ENDPOINT`, `MODELSCOPE_ENDPOINT`). The token is the one that
    the hub's own login stored, or `HF_TOKEN`, `MODELSCOPE_API_TOKEN`.

    Args:
        settings: Of the recipe; reads `upload`.
        workspace: Gets the record.

    Raises:
        MynaError: A repository is named, but the pack is missing, the consent does not cover publishing, or the hub
            refuses, or the toolkit does not know the hub.
    """
    wanted, pack = settings.upload, Path(settings.upload.pack)
    if not wanted.repo:
        reason = "no repository is named (upload.repo)" + _also_refused(pack)
        logger.info("nothing is uploaded: %s", reason)
        atomic_text(workspace.upload_record, json.dumps({"uploaded": False, "reason": reason}, indent=2) + "\n")
        return
    if not (pack / "README.md").is_file():
        raise MynaError(f"{pack}/README.md is missing; {run_first('pack')}")
    admitted = check_consent(pack)
    check_card(pack)
    request = Request(output=Path(wanted.repo), purpose="publish", requester="upload")
    with recorded("upload", [admitted], request, admitted.pack_id):
        address, commit = _client(wanted).push(pack, wanted.repo, wanted.private, wanted.endpoint)
    voice = None if wanted.client == "nemo" else str(Address(wanted.hub, wanted.repo, commit))
    logger.info("uploaded: %s%s", address, f", which is --voice {voice}" if voice else "")
    done = {"uploaded": True, "repo": wanted.repo, "address": address, "voice": voice, "pack_id": admitted.pack_id}
    atomic_text(workspace.upload_record, json.dumps(done, indent=2) + "\n")


def _client(upload: Upload) -> Any:
    """Return the module whose `push` uploads.

    Raises:
        MynaError: A toolkit is asked to speak to another hub than Hugging Face's.
    """
    if upload.client == "hub":
        return hub_of(upload.hub)
    if upload.hub != "hf":
        raise MynaError(f"upload.client={upload.client} knows Hugging Face's hub only; give upload.client=hub")
    return import_module(TOOLKITS[upload.client])


def _also_refused(pack: Path) -> str:
    """Say what would stand against an upload even with a repository; empty if nothing."""
    try:
        check_consent(pack)
    except MynaError as error:
        return f"; with one it would be refused: {error}"
    return ""


def check_consent(pack: Path) -> Admitted:
    """Refuse a pack whose speaker has not agreed to publication, or whose voice is not the sealed one.

    Raises:
        MynaError: The consent's scope is evaluation or private, or the record is not in order.
    """
    path = pack / "voice" / "consent.yaml"
    agreed = read_sealed(path.parent).consent
    if agreed.scope not in ("publish", "commercial"):
        raise MynaError(
            f"{path}: the consent of {agreed.who or agreed.speaker} covers {agreed.scope!r} only, so this voice "
            "is never uploaded; ask the speaker for a consent of scope 'publish', or leave upload.repo empty"
        )
    return admit(load_card(path.parent, "publish"), Request(output=pack, purpose="publish", requester="upload"))


def check_card(pack: Path) -> None:
    """Refuse a card that a hub could not read, or that does not say that the voice is synthetic.

    Raises:
        MynaError: `README.md` has no header of YAML, no licence, or not the tag that marks what it speaks.
    """
    path = pack / "README.md"
    header = path.read_text(encoding="utf-8").split("---\n")
    if len(header) < 3 or header[0]:
        raise MynaError(f"{path} has no header between two lines of ---; {run_again('pack')}")
    card = yaml_mapping(header[1].encode(), str(path))
    if not card.get("license"):
        raise MynaError(f"{path} names no license in its header; {run_again('pack')}")
    if LABEL not in (card.get("tags") or ()):
        raise MynaError(f"{path} lacks the tag {LABEL}, by which a hub marks what it speaks; {run_again('pack')}")
