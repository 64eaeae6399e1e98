"""A sound data directory."""

from pathlib import Path

import pytest
from kaldi_data import make


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A data directory without a fault."""
    make(tmp_path)
    return tmp_path / "set"
