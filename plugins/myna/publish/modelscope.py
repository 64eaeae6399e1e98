"""ModelScope's hub, through its own client `modelscope_hub`. The token is `MODELSCOPE_API_TOKEN`, or that of its login.

Its default is a public repository and a record of the upload within the uploaded folder: both are turned off here.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myna.errors import MynaError

if TYPE_CHECKING:
    from modelscope_hub import HubApi

BRANCH = "master"


def push(pack: Path, repo: str, private: bool, endpoint: str | None = None) -> tuple[str, str | None]:
    """Make the repository when it is not there, and upload every file of the pack.

    Large files that an earlier, broken upload has brought there are not sent again.

    Raises:
        MynaError: The hub cannot be reached or refuses.
    """
    with _asked(repo, endpoint) as (api, address), tempfile.TemporaryDirectory() as record:
        if not api.repo_exists(repo, "model"):
            api.create_repo(repo, "model", visibility="private" if private else "public")
        made = api.upload_folder(
            repo,
            "model",
            pack,
            commit_message="Upload a voice made with Myna",
            use_cache=False,
            tracker_path=Path(record) / "uploaded",
            disable_tqdm=True,
        )
        return f"{address}/models/{repo}", _commit(made)


def files(repo: str, revision: str | None, endpoint: str | None = None) -> tuple[str, dict[str, int]]:
    """Return the revision, and path → bytes of each file in it; the hub tells no commit of a branch."""
    with _asked(repo, endpoint) as (api, _):
        found = api.list_repo_files(repo, "model", revision=revision or BRANCH, recursive=True)
        sizes = {entry.path: entry.size for entry in found if not entry.is_dir}
        return revision or BRANCH, sizes


def fetch(repo: str, revision: str, paths: list[str], folder: Path, endpoint: str | None = None) -> None:
    """Bring files into a folder; those that are there already stay, half of one is gone on with."""
    with _asked(repo, endpoint) as (api, _):
        for path in paths:
            api.download_file(repo, "model", path, revision=revision, local_dir=folder)


@contextmanager
def _asked(repo: str, endpoint: str | None) -> Iterator[tuple["HubApi", str]]:
    """Give the client and the hub's address; what goes wrong with it is said in one line."""
    try:
        from modelscope_hub import HubApi
        from modelscope_hub.config import get_default_config
        from modelscope_hub.errors import APIError, AuthenticationError, HubError, NotExistError, PermissionDeniedError
    except ImportError as error:
        raise MynaError("this needs the client of ModelScope: pip install 'myna[hubs]'") from error
    address = endpoint or str(get_default_config().endpoint)
    try:
        # Its settings are read once a process; a token may have been given since.
        yield HubApi(endpoint=endpoint or None, token=os.environ.get("MODELSCOPE_API_TOKEN") or None), address
    except (AuthenticationError, PermissionDeniedError) as error:
        why = "log in with a token that may do this (MODELSCOPE_API_TOKEN)"
        raise MynaError(f"the hub {address} refused {repo}; {why}") from error
    except NotExistError as error:
        raise MynaError(f"the hub {address} has no {repo}, or not that revision; check the name, or log in") from error
    except (HubError, OSError, RuntimeError) as error:
        what = "refused" if isinstance(error, APIError) else "cannot be reached for"
        raise MynaError(
            f"the hub {address} {what} {repo} ({type(error).__name__}); check the network or upload.endpoint, and give "
            "the same command again: what has arrived is not sent again"
        ) from error


def _commit(made: Any) -> str | None:
    """Read the last commit's id off what an upload returns."""
    last = made[-1] if isinstance(made, list) and made else made
    found = [last.get(name) for name in ("oid", "commit_id", "CommitId", "id", "Id")] if isinstance(last, dict) else []
    return next((str(each) for each in found if each), None)
