"""Hugging Face's hub, through its own client `huggingface_hub`. The token is `HF_TOKEN`, or that of `hf auth login`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myna.errors import MynaError

if TYPE_CHECKING:
    from huggingface_hub import HfApi


def push(pack: Path, repo: str, private: bool, endpoint: str | None = None) -> tuple[str, str | None]:
    """Make the repository when it is not there, and upload every file of the pack in one commit.

    Large files that an earlier, broken upload has brought there are not sent again.

    Raises:
        MynaError: The hub cannot be reached or refuses.
    """
    with asked(repo, endpoint) as api:
        if not api.repo_exists(repo):
            api.create_repo(repo, private=private)
        commit = api.upload_folder(repo_id=repo, folder_path=pack, commit_message="Upload a voice made with Myna")
        return f"{api.endpoint}/{repo}", str(commit.oid)


def files(repo: str, revision: str | None, endpoint: str | None = None) -> tuple[str, dict[str, int]]:
    """Return the commit of a revision, and path → bytes of each file in it."""
    with asked(repo, endpoint) as api:
        info = api.model_info(repo, revision=revision, files_metadata=True)
        sizes = {sibling.rfilename: int(sibling.size or 0) for sibling in info.siblings or ()}
        return str(info.sha), sizes


def fetch(repo: str, revision: str, paths: list[str], folder: Path, endpoint: str | None = None) -> None:
    """Bring files into a folder; those that are there already stay, half of one is gone on with."""
    from huggingface_hub import hf_hub_download

    with asked(repo, endpoint) as api:
        for path in paths:
            hf_hub_download(repo, path, revision=revision, local_dir=folder, endpoint=api.endpoint, token=api.token)


@contextmanager
def asked(repo: str, endpoint: str | None) -> Iterator["HfApi"]:
    """Give the client; what goes wrong with it is said in one line."""
    if endpoint or os.environ.get("HF_ENDPOINT"):
        # A hub of one's own seldom has Xet's storage, and its client then says that the hub cannot be reached.
        os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError as error:
        raise MynaError("this needs the client of Hugging Face: pip install 'myna[hubs]'") from error
    # The client's transport changes between its versions (requests, httpx, httpx2); this is the base of its errors.
    transport_error: type[Exception] = HfHubHTTPError.__bases__[0]
    api = HfApi(endpoint=endpoint or None)
    try:
        yield api
    except HFValidationError as error:
        raise MynaError(f"upload.repo is {repo!r}, not a name like owner/voice: {error}") from error
    except (OSError, RuntimeError, transport_error) as error:
        refused = error if isinstance(error, HfHubHTTPError) else error.__cause__
        if isinstance(refused, HfHubHTTPError):
            raise MynaError(f"the hub {api.endpoint} refused {repo} ({_status(refused)}") from error
        raise MynaError(
            f"the hub {api.endpoint} cannot be reached ({type(error).__name__}); check the network or upload.endpoint, "
            "and give the same command again: what has arrived is not sent again"
        ) from error


@contextmanager
def spoken_to(endpoint: str) -> Iterator[None]:
    """Let a toolkit that makes its own client, without an address, speak to this hub."""
    from huggingface_hub import constants

    before = constants.ENDPOINT
    constants.ENDPOINT = endpoint
    try:
        yield
    finally:
        constants.ENDPOINT = before


def _status(error: Any) -> str:
    status = getattr(error.response, "status_code", None)
    remedy = "try again later"
    if status in (401, 403):
        remedy = "log in with a token that may do this (HF_TOKEN)"
    if status == 404:
        remedy = "check the name and the revision, or log in (HF_TOKEN) where it is private"
    return f"status {status}); {remedy}"
