"""ESPnet2's `gan_tts_train` with Myna's models among its choices.

Usage: python -m myna.espnet.gan_tts_train --config conf/espnet2/vits.yaml --token_list … (see docs/espnet2.md)
"""

import sys
from collections.abc import Sequence

from myna.errors import MynaError
from myna.espnet.toolkit import lean_import


def register() -> None:
    """Add Myna's models and its mel to the choices of ESPnet2's `gan_tts` task, in this process."""
    from myna.espnet.gan_tts import MynaMel, VitsGan, VitsMobileGan
    from myna.espnet.gan_tts_mel import VitsMelGan

    with lean_import():
        from espnet2.tasks import gan_tts

    own = {"myna_vits": VitsGan, "vits_mobile": VitsMobileGan, "vits_mel": VitsMelGan}
    gan_tts.tts_choices.classes.update(own)
    gan_tts.feats_extractor_choices.classes["myna_mel"] = MynaMel


def main(cmd: Sequence[str] | None = None) -> None:
    """Train; the arguments are ESPnet2's.

    Args:
        cmd: Without the program's name; `sys.argv` when left out.
    """
    register()
    with lean_import():
        from espnet2.tasks.gan_tts import GANTTSTask

    GANTTSTask.main(cmd=None if cmd is None else list(cmd))


if __name__ == "__main__":
    try:
        main()
    except MynaError as error:
        print(f"gan_tts_train: {error}", file=sys.stderr)
        sys.exit(2)
