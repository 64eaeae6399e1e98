"""Stage 7b: upload the pack to a hub, when a repository is named and the speaker's consent covers it."""

import json
import logging
from pathlib import Path

from omegaconf import DictConfig

from myna.errors import MynaError
from myna.files import atomic_text
from myna.safety.card import load_card
from myna.safety.release import Admitted, admit, recorded
from myna.safety.seal import read_sealed
from myna.safety.types import Request
from myna.workspace import Workspace, run_first

logger = logging.getLogger(__name__)


def run(config: DictConfig) -> None:
    """Upload `exp/pack/` and write `exp/upload.json`: what was uploaded where, or why not.

    The address of the hub is `upload.endpoint`, else the environment's `HF_ENDPOINT`; the token is the one that
    `huggingface-cli login` stored, or `HF_TOKEN`.

    Args:
        config: The composed configuration; node `upload`.

    Raises:
        MynaError: A repository is named, but the pack is missing, the consent does not cover publishing, or the hub
            refuses.
    """
    settings, pack = config.upload, Path(config.upload.pack)
    record_path = Workspace.of(config).upload_record
    if not settings.repo:
        reason = "no repository is named (upload.repo)" + _also_refused(pack)
        logger.info("nothing is uploaded: %s", reason)
        atomic_text(record_path, json.dumps({"uploaded": False, "reason": reason}, indent=2) + "\n")
        return
    if not (pack / "README.md").is_file():
        raise MynaError(f"{pack}/README.md is missing; {run_first('pack')}")
    admitted = check_consent(pack)
    request = Request(output=Path(settings.repo), purpose="publish", requester="upload")
    with recorded("upload", [admitted], request, admitted.pack_id):
        address = push(pack, settings.repo, private=settings.private, endpoint=settings.endpoint)
    logger.info("uploaded: %s", address)
    atomic_text(record_path, json.dumps({"uploaded": True, "repo": settings.repo, "address": address}, indent=2) + "\n")


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


def push(pack: Path, repo: str, *, private: bool, endpoint: str | None = None) -> str:
    """Make the repository when it is not there, and upload every file of the pack in one commit.

    Args:
        pack: The pack.
        repo: `owner/name`.
        private: Whether a new repository is hidden from others.
        endpoint: Address of the hub; the environment's when left out.

    Returns:
        The address of the repository.

    Raises:
        MynaError: The hub cannot be reached or refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    # The client's transport changes between its versions (requests, httpx, httpx2); this is the base of its errors.
    transport_error: type[Exception] = HfHubHTTPError.__bases__[0]
    api = HfApi(endpoint=endpoint or None)
    try:
        if not api.repo_exists(repo):
            api.create_repo(repo, private=private)
        api.upload_folder(repo_id=repo, folder_path=pack, commit_message="Upload a voice made with Myna")
    except HFValidationError as error:
        raise MynaError(f"upload.repo is {repo!r}, not a name like owner/voice: {error}") from error
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        remedy = "log in with a token that may write (HF_TOKEN)" if status in (401, 403) else "try again later"
        raise MynaError(f"the hub {api.endpoint} refused {repo} (status {status}); {remedy}") from error
    except (OSError, RuntimeError, transport_error) as error:
        raise MynaError(
            f"the hub {api.endpoint} cannot be reached ({type(error).__name__}); check the network or upload.endpoint"
        ) from error
    return f"{api.endpoint}/{repo}"
