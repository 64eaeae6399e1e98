"""Where configuration lies: the `conf/` of the package, and folders of a person's own. Needs no Hydra."""

import os
import sys
from pathlib import Path

from myna.errors import MynaError

CONF = Path(__file__).resolve().parents[1] / "conf"
SEARCH = "MYNA_CONF_PATH"  # folders of a person's own members, separated like PATH; run.sh --conf-dir adds to it


def project_root() -> Path:
    """Return the folder that holds `recipes/`: the parent of the one `conf/` that the package links to."""
    return CONF.resolve().parent


def own_folders() -> list[Path]:
    """Return the folders that `MYNA_CONF_PATH` names; what is chosen there comes before Myna's own.

    Python finds modules in them too (last of all), so that a class and the YAML that names it can lie together.

    Raises:
        MynaError: there is no such folder.
    """
    folders = [Path(name).absolute() for name in os.environ.get(SEARCH, "").split(os.pathsep) if name]
    for folder in folders:
        if not folder.is_dir():
            raise MynaError(f"{SEARCH} names {folder}, which is no folder: correct it or unset it")
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    return folders
