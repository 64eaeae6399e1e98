"""Adapters of NVIDIA NeMo; needed before NeMo may restore one of Myna's `.nemo` files.

NeMo builds only classes whose names begin with a prefix on its allow-list. Importing this package adds the networks of
Myna's registry to that list, each by its whole name, at once when NeMo is there already, else at the moment NeMo is
imported (which takes most of a minute, so this package leaves it to whoever needs it).
"""

from types import ModuleType

import wrapt

from myna.targets import known

# What a model of ours names beside its networks.
PARTS = (
    "myna.nemo.vocoder.VocoderModel",
    "myna.nemo.preprocessor.Preprocessor",
    "myna.nemo.dataset.SegmentDataset",
)


def _allow(module: ModuleType) -> None:
    for name in (*PARTS, *sorted(known("vocoder") | known("discriminator"))):
        if name not in module.ALLOWED_TARGET_PREFIXES:
            module.ALLOWED_TARGET_PREFIXES.append(name)


wrapt.register_post_import_hook(_allow, "nemo.core.classes.common")
