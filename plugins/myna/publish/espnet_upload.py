"""The pack to Hugging Face through ESPnet3's own `upload_model`, as `upload_model` of its recipes does it."""

from pathlib import Path
from types import SimpleNamespace

from omegaconf import OmegaConf

from myna.espnet.toolkit import lean_import
from myna.publish.hugging_face import asked, spoken_to


def push(pack: Path, repo: str, private: bool, endpoint: str | None = None) -> tuple[str, str | None]:
    """Upload every file of the pack; a repository that is there keeps what else it holds.

    Returns:
        The repository's address and the commit.

    Raises:
        MynaError: The hub cannot be reached or refuses.
    """
    with asked(repo, endpoint) as api, spoken_to(api.endpoint), lean_import():
        from espnet3.utils.publication_utils import upload_model

        # Without a list of patterns ESPnet3 deletes what a repository holds before it updates it.
        wanted = {"hf_repo": repo, "private": private, "update": api.repo_exists(repo), "delete_patterns": None}
        publication = OmegaConf.create({"upload_model": wanted, "pack_model": {"out_dir": str(pack.resolve())}})
        training = OmegaConf.create({"recipe_dir": str(pack.resolve().parent), "exp_dir": str(pack.resolve().parent)})
        upload_model(SimpleNamespace(publication_config=publication, training_config=training))
        return f"{api.endpoint}/{repo}", str(api.model_info(repo).sha)
