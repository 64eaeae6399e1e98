"""A face as a file: JSON, Rhubarb's TSV, WebVTT, glTF, Live Link Face's CSV or VRM animation, as the suffix says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError
from myna.face import arkit, vrm
from myna.face.face import NOTICE, Face
from myna.files import atomic_path, check_name

_DIGITS = 3


def _gltf(face: Face) -> str:
    from myna.face.gltf import head_gltf

    return head_gltf(face).text()


def _glb(face: Face) -> bytes:
    from myna.face.gltf import head_gltf

    return head_gltf(face).binary()


def _vrma(face: Face) -> bytes:
    from myna.face.vrma import vrma

    return vrma(face)


def _tsv(face: Face) -> str:
    from myna.face.rhubarb import tsv

    return tsv(face)


def _vtt(face: Face) -> str:
    from myna.face.webvtt import vtt

    return vtt(face)


def _csv(face: Face) -> str:
    from myna.face.live_link import csv

    return csv(face)


def _json(face: Face) -> str:
    return json.dumps(as_json(face), ensure_ascii=False, separators=(",", ":")) + "\n"


_WRITERS: dict[str, Callable[[Face], str | bytes]] = {
    ".json": _json, ".tsv": _tsv, ".vtt": _vtt, ".gltf": _gltf, ".glb": _glb, ".csv": _csv, ".vrma": _vrma,
}  # fmt: skip
FORMATS = tuple(_WRITERS)


def check_face_file(path: Path) -> None:
    """Refuse a name that no format of faces has.

    Raises:
        MynaError: The suffix is unknown, or the path is a folder.
    """
    check_name(path)
    if path.is_dir() or path.suffix.lower() not in FORMATS:
        raise MynaError(f"{path}: a face is written as {', '.join(FORMATS)}; name such a file")


def write_face(path: Path, face: Face) -> None:
    """Write a face, whole or not at all.

    Raises:
        MynaError: The suffix is unknown.
    """
    check_face_file(path)
    made = _WRITERS[path.suffix.lower()](face)
    with atomic_path(path) as temporary:
        temporary.write_bytes(made if isinstance(made, bytes) else made.encode())


def as_json(face: Face) -> dict[str, Any]:
    """Return a face as JSON has it; curves that stay at 0 are left out, and frame n stands at n / fps seconds."""
    turns = {name: _column(face.head[:, n]) for n, name in enumerate(("yaw", "pitch", "roll"))}
    return {
        "notice": NOTICE,
        "AIGC": face.label,
        "seconds": round(face.seconds, 4),
        "speech_start": round(face.lead, 4),
        "visemes": cue_rows(face),
        "fps": face.fps,
        "curves": _columns(face.curves, arkit.NAMES),
        "head": turns,
        "vrm": _columns(face.expressions, vrm.NAMES),
    }


def cue_rows(face: Face) -> list[dict[str, Any]]:
    """Return the cues as JSON has them: viseme, seconds of start and end, and the IPA it comes from."""
    return [
        {"viseme": cue.viseme, "start": round(cue.start, 4), "end": round(cue.end, 4), "symbol": cue.symbol}
        for cue in face.cues
    ]


def _columns(values: NDArray[np.float32], names: tuple[str, ...]) -> dict[str, list[float]]:
    return {name: _column(values[:, n]) for n, name in enumerate(names) if values[:, n].max(initial=0) >= 0.0005}


def _column(values: NDArray[np.float32]) -> list[float]:
    return [round(float(value), _DIGITS) for value in values]
