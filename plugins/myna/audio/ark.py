"""Mel spectrograms of a set as a Kaldi archive, for Kaldi's own tools and all that read its `ark`.

Myna itself reads the `.npz` files that `arrays.scp` names: they hold every feature, in 16 bits, a file an utterance.
"""

from pathlib import Path

from myna.audio.features import read_arrays, read_features
from myna.files import atomic_path
from myna.kaldi.tables import byte_order, write_table

# One byte a value, as Kaldi's own `make_fbank.sh --compress true` writes.
_COMPRESSION = 2


def write_ark(folder: Path) -> None:
    """Write `feats.ark` and `feats.scp` (`utterance folder/feats.ark:offset`).

    Args:
        folder: Such as `dump/pool_train`, with `arrays.scp`.

    Raises:
        MynaError: A file that the table names is missing or damaged.
    """
    import kaldiio

    arrays, rows, target = read_arrays(folder), {}, folder.resolve() / "feats.ark"
    with atomic_path(target) as temporary, open(temporary, "wb") as stream:
        for name in sorted(arrays, key=byte_order):
            # kaldiio writes the name and a space before the matrix, and Kaldi's offsets point behind them.
            rows[name] = f"{target}:{stream.tell() + len(name.encode()) + 1}"
            kaldiio.save_ark(
                stream, {name: read_features(arrays[name], ["mel"])["mel"]}, compression_method=_COMPRESSION
            )
    write_table(folder / "feats.scp", rows)
