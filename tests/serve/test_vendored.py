"""What the page has of others is what their packages hold, each with its licence."""

import json
from hashlib import sha256
from pathlib import Path

import myna.serve

VENDOR = Path(myna.serve.__file__).parent / "page" / "vendor"


def test_each_file_is_listed_whole_and_licensed() -> None:
    listed = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))
    assert {path.name for path in VENDOR.glob("*.js")} == set(listed)
    for name, entry in listed.items():
        assert sha256((VENDOR / name).read_bytes()).hexdigest() == entry["sha256"], name
        assert (VENDOR / f"{entry['package']}.LICENSE").is_file() and entry["licence"] in ("MIT", "Apache-2.0")
