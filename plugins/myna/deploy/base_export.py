"""`myna export base`: the graphs that all instant voices share, with the encoder that hears whose voice it is to be.

The base has no speaker, so there is no consent to ask for and nothing that speaks: a folder without consent is no
voice, and no command speaks with one. A voice on it is made by `myna.deploy.instant`, which asks.
"""

import hashlib
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from myna.deploy import bundle
from myna.deploy.encoder_export import write_encoder
from myna.deploy.engine import Engine
from myna.deploy.export import described, to_int8
from myna.deploy.findings import Findings
from myna.deploy.gate import judge
from myna.deploy.graph_parts import PARTS, WORDS, Precision
from myna.deploy.graphs import cut, write_onnx
from myna.deploy.runtime import SUFFIX, OnnxRuntime
from myna.deploy.shared import NAME
from myna.errors import MynaError
from myna.files import atomic_text, check_absent, fresh_folder
from myna.networks.voice import Voice
from myna.safety.signed_folder import sign_folder

CARD = """# The base of instant voices for ONNX Runtime, {precision}

```
myna export instant RECORDINGS VOICE --base FOLDER --name NAME --consent own_voice
myna say "…" --voice VOICE -o speech.wav
```

This folder is nobody's voice and does not speak. `text.onnx` and `frames.onnx` take a speaker's embedding `(1, 256)`,
which `encoder.onnx` makes of a recording; a voice is a sealed folder with an embedding, the consent of the person whose
it is, and the hashes of these graphs. Keep the folder as `base` beside such voices, or name it in `MYNA_GRAPHS`.

{megabytes:.1f} MB; compared with torch over {sentences} sentences: the gate of docs/deploy.md.
"""


def export_base(
    out: Path, precision: Precision = "fp32", sentences: Sequence[str] = (), voice: Voice | None = None
) -> Findings:
    """Write the base as graphs that take an embedding.

    Args:
        out: Folder to make.
        precision: `fp32`, or `int8` for 8-bit matrix products.
        sentences: English ones, which the gate lets both speak with an embedding that is no person's.
        voice: A multi-speaker voice; the base that Myna ships when left out. Its own speaker plays no part.

    Returns:
        What the gate measured.

    Raises:
        MynaError: `out` exists, or the graphs do not speak as torch does. Nothing is written then.
    """
    if len(sentences) < 2:
        raise MynaError("the gate needs two sentences at least")
    voice = voice or shipped()
    voice.speaker = torch.from_numpy(nobody(0))
    check_absent(out)
    with fresh_folder(out) as fresh:
        fresh.mkdir(parents=True)
        config = _write(voice, fresh, precision)
        found = judge(voice, in_memory(voice, config, fresh), sentences, exact=precision == "fp32")
        write_encoder(fresh, precision)
        values: dict[str, Any] = {"megabytes": found.megabytes, "sentences": found.sentences}
        atomic_text(fresh / "README.md", CARD.format(precision=WORDS[precision], **values))
        sign_folder(fresh)
        fresh.rename(out)
    return found


def shipped(small: bool = False) -> Voice:
    """Return a base that Myna ships, as instant voices read and draw, with the embedding of nobody."""
    from myna.adapt.instant import base_voice

    return base_voice("base", "en-us", nobody(0), small)


def nobody(seed: int) -> NDArray[np.float32]:
    """Return an embedding `(256,)` as GE2E's are, of length 1 and half of it zero, that is no person's."""
    drawn = np.maximum(np.random.default_rng(seed).normal(size=256), 0)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def in_memory(voice: Voice, config: bundle.Description, folder: Path, kind: type[Engine] = Engine) -> Engine:
    """Return an engine over the graphs of a folder that speaks as a voice does, for the gate."""
    models: dict[str, bytes] = {part: (folder / f"{part}{SUFFIX}").read_bytes() for part in PARTS}
    run = OnnxRuntime(models, folder=folder)
    return kind(config, run, voice.front_end, voice.tokens, folder, speaker=voice.speaker.numpy())


def _write(voice: Voice, folder: Path, precision: Precision) -> bundle.Description:
    voice.tokens.save(folder / "tokens.txt")
    voice.front_end.save(folder)
    graphs = cut(voice, fold=False)
    write_onnx(graphs, folder)
    config = described(voice, graphs)
    if precision == "int8":
        to_int8(folder, in_memory(voice, config, folder, _Many), config.language)
    hashes = {part: hashlib.sha256((folder / f"{part}{SUFFIX}").read_bytes()).hexdigest() for part in PARTS}
    config = config.model_copy(update={"precision": precision, "shared": hashes})
    bundle.write(config, folder / NAME)
    return config


class _Many(Engine):
    """Speaks each text with another embedding, so that ranges fit many speakers."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._seeds = itertools.count(1)

    def speak(self, text: str, *args: Any, **more: Any) -> NDArray[np.float32]:
        self.speaker = nobody(next(self._seeds))
        return super().speak(text, *args, **more)
