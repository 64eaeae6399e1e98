"""Adapters of NVIDIA NeMo; needed before NeMo may restore one of Myna's `.nemo` files.

NeMo builds only classes whose names begin with a prefix on its allow-list. Importing this package adds `myna.` to that
list, at once when NeMo is there already, else at the moment NeMo is imported (which takes most of a minute, so this
package leaves it to whoever needs it).
"""

from types import ModuleType

import wrapt


def _allow(module: ModuleType) -> None:
    if "myna." not in module.ALLOWED_TARGET_PREFIXES:
        module.ALLOWED_TARGET_PREFIXES.append("myna.")


wrapt.register_post_import_hook(_allow, "nemo.core.classes.common")
