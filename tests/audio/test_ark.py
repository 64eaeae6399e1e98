"""A set of features as a Kaldi archive, read by kaldiio."""

from pathlib import Path

import kaldiio
import numpy as np
import pytest

from myna.audio.ark import write_ark
from myna.errors import MynaError
from myna.kaldi.tables import write_table


def test_kaldiio_reads_what_is_written(tmp_path: Path) -> None:
    """Through offsets (`feats.scp`) and in sequence (`feats.ark`), names of any script too."""
    mels = {name: np.random.default_rng(n).normal(-5, 2, (40 + n, 80)) for n, name in enumerate(("b-1", "a-2", "é-3"))}
    for name, mel in mels.items():
        np.savez(tmp_path / f"{name}.npz", mel=mel.astype(np.float16))
    write_table(tmp_path / "arrays.scp", {name: str(tmp_path / f"{name}.npz") for name in mels})
    write_ark(tmp_path)
    by_offset = kaldiio.load_scp(str(tmp_path / "feats.scp"))
    for found in (by_offset, dict(kaldiio.load_ark(str(tmp_path / "feats.ark")))):
        assert sorted(found) == sorted(mels)
        for name, mel in mels.items():
            np.testing.assert_allclose(found[name], mel, atol=0.1)


def test_a_damaged_file_leaves_no_archive(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"PK")
    write_table(tmp_path / "arrays.scp", {"a": str(tmp_path / "a.npz")})
    with pytest.raises(MynaError, match="run stage 1"):
        write_ark(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if "feats" in path.name] == []
