"""One rank of a training: what `myna.recipe.ranks` starts. Holds no lock and writes no mark.

Usage: python -m myna.recipe.rank exp/logs/ranks/<stage>.yaml
"""

import logging
import sys
from pathlib import Path

from myna.errors import MynaError
from myna.recipe.folders import own_folders
from myna.recipe.ranks import refuse


def main(job: Path) -> None:
    """Run a stage up to the end of the training that it comes to.

    Args:
        job: YAML of the stage's name and the composed configuration.
    """
    from omegaconf import OmegaConf

    from myna.recipe.call import call_stage

    logging.basicConfig(level=logging.WARNING)
    try:
        own_folders()
        stored = OmegaConf.load(job)
        call_stage(stored.stage, stored.config)
    except MynaError as error:
        refuse(error)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
