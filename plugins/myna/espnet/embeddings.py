"""Speaker embeddings on disk: Kaldi archives `utt_embeds.{ark,scp}` and `spk_embeds.{ark,scp}` of a set."""

from collections.abc import Mapping
from pathlib import Path

import kaldiio
import numpy as np

from myna.errors import MynaError
from myna.files import atomic_path, atomic_text
from myna.workspace import run_first


def write_embeddings(folder: Path | str, kind: str, embeddings: Mapping[str, np.ndarray]) -> None:
    """Write embeddings as a Kaldi archive with its index.

    The index is written last, so where it exists the archive is whole.

    Args:
        folder: `exp/encoder/embeds/<set>`.
        kind: `utt` or `spk`.
        embeddings: Vectors (256,) by id.
    """
    folder = Path(folder)
    archive, index = folder / f"{kind}_embeds.ark", folder / f"{kind}_embeds.scp"
    with atomic_path(archive) as temporary, atomic_path(index) as draft:
        vectors = {key: np.asarray(value, dtype=np.float32) for key, value in embeddings.items()}
        kaldiio.save_ark(str(temporary), vectors, scp=str(draft))
        lines = draft.read_text(encoding="utf-8").replace(str(temporary), str(archive.resolve()))
    atomic_text(index, lines)


def read_embeddings(folder: Path | str, kind: str) -> dict[str, np.ndarray]:
    """Read the embeddings of a set.

    Args:
        folder: `exp/encoder/embeds/<set>`.
        kind: `utt` or `spk`.

    Returns:
        Float32 vectors (256,) by id, in the order of the archive.

    Raises:
        MynaError: The archive is missing.
    """
    archive = Path(folder) / f"{kind}_embeds.ark"
    if not archive.with_suffix(".scp").is_file():
        raise MynaError(f"{archive} is missing: {run_first('train_encoder')}")
    # The archive is read from end to end, so that a moved experiment folder needs no new index.
    return {key: np.array(value) for key, value in kaldiio.load_ark(str(archive))}


def mean_embedding(embeddings: list[np.ndarray]) -> np.ndarray:
    """Average embeddings (256,) and bring the mean back to length 1."""
    mean = np.mean(embeddings, axis=0)
    return (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
