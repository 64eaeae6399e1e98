"""`myna export tensorrt`: the 32-bit graphs with what builds TensorRT plans of them on a machine with a GPU.

Nothing of TensorRT runs here. What can be known without a GPU is: that it reads every operator, that the graphs speak
as torch does, and how the voice sounds when every number is rounded to 16 bits.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from myna.deploy import tensorrt_build
from myna.deploy.engine import Engine
from myna.deploy.export import export_onnx
from myna.deploy.findings import Findings
from myna.deploy.gate import judge
from myna.deploy.graph_parts import PARTS
from myna.deploy.graphs import cut
from myna.deploy.half import half_run
from myna.deploy.runtime import SUFFIX
from myna.deploy.tensorrt_operators import check_operators
from myna.files import atomic_text
from myna.networks.voice import Voice
from myna.safety.records import Scope

if TYPE_CHECKING:
    from onnx import ModelProto

# Shortest, usual and longest: tokens of a sentence, frames of a sentence with what lies around it (12 ms each).
TOKENS, FRAMES = (1, 96, 512), (1, 512, 8192)
CARD = """
## TensorRT

```
python build.py PLANS        # on the machine with the GPU; needs the package tensorrt
python -c "from pathlib import Path; from myna.deploy.tensorrt_runtime import load; load(Path('FOLDER'), Path('PLANS'))"
```

**Not run where this was exported:** there was no GPU, so neither `build.py` nor the plans have been tried. Known is
that onnx-tensorrt's table of operators has all that the graphs use ({operators}), and how the voice sounds with every
number rounded to 16 bits, on a CPU: {half}. The seal covers graphs and `build.py`, not the plans: build them yourself.
"""


def export_tensorrt(
    directory: Path, out: Path, sentences: Sequence[str] = (), purpose: Scope = "evaluation", requester: str = "local"
) -> Findings:
    """Write a voice for TensorRT; arguments, result and errors as of `export_onnx`, and these.

    Raises:
        MynaError: TensorRT does not read an operator, or 16 bits ruin the voice.
    """

    def also(voice: Voice, folder: Path) -> str:
        import onnx

        models: dict[str, onnx.ModelProto] = {part: onnx.load(folder / f"{part}{SUFFIX}") for part in PARTS}
        used = check_operators(models)
        half = in_half(voice, Engine.load(folder), sentences)
        atomic_text(folder / "profiles.json", json.dumps(profiles(models), indent=1) + "\n")
        shutil.copyfile(tensorrt_build.__file__, folder / "build.py")
        return CARD.format(operators=", ".join(sorted(set().union(*used.values()))), half=_told(half))

    return export_onnx(directory, out, "fp32", sentences, purpose, requester, also=also)


def in_half(voice: Voice, engine: Engine, sentences: Sequence[str]) -> Findings:
    """Return what the gate finds when every number is rounded to 16 bits.

    Args:
        voice: In torch.
        engine: Its export.
        sentences: In the language of the voice.

    Raises:
        MynaError: It does not speak as the voice does.
    """
    run, engine.run = engine.run, half_run(cut(voice))
    try:
        return judge(voice, engine, sentences, exact=False)
    finally:
        engine.run = run


def profiles(models: Mapping[str, "ModelProto"]) -> dict[str, dict[str, dict[str, list[int]]]]:
    """Return graph and input to its shapes `min`, `opt` and `max`."""
    found: dict[str, dict[str, dict[str, list[int]]]] = {}
    for part, model in models.items():
        sizes = dict(zip(("min", "opt", "max"), TOKENS if part == "text" else FRAMES, strict=True))
        found[part] = {}
        for value in model.graph.input:
            dims = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
            found[part][value.name] = {name: [dim or size for dim in dims] for name, size in sizes.items()}
    return found


def _told(found: Findings) -> str:
    mos, wer = found.mos or (0.0, 0.0), found.wer
    words = f", words wrong {wer[0]:.1%} → {wer[1]:.1%}" if wer else ""
    return f"MOS estimate {mos[0]:.2f} → {mos[1]:.2f}{words}, similarity {found.similarity or 0:.3f}"
