"""glTF 2.0 from numbers: buffers, accessors, and the two forms of the file (Khronos, glTF 2.0 specification)."""

import base64
import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FLOAT, _UINT16, _UINT32 = 5126, 5123, 5125
_VERTICES, _TRIANGLES = 34962, 34963
_KIND = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}
_JSON, _BINARY = 0x4E4F534A, 0x004E4942


class GltfFile:
    """A file that is being put together.

    Attributes:
        content: What stands in its JSON; scenes, nodes and meshes are added by who knows them.
    """

    def __init__(self, asset: dict[str, Any]) -> None:
        """Begin with nothing but the asset."""
        self.content: dict[str, Any] = {"asset": {"version": "2.0", **asset}}
        self._data = bytearray()

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        """Append an entry to a list such as `nodes`, and return its number."""
        rows = self.content.setdefault(kind, [])
        rows.append(entry)
        return len(rows) - 1

    def numbers(self, values: NDArray[Any], target: int | None = _VERTICES) -> int:
        """Add an accessor of float32 `(N,)` or `(N, 2 to 4)`; returns its number."""
        values = np.ascontiguousarray(values, "<f4")
        return self.add("accessors", {**self._described(values), "bufferView": self._view(values, target)})

    def times(self, values: NDArray[Any]) -> int:
        """Add an accessor of key frames or their values, which belong to no mesh."""
        return self.numbers(values, None)

    def triangles(self, faces: NDArray[np.int64]) -> int:
        """Add an accessor of triangles `(M, 3)`."""
        flat = np.ascontiguousarray(faces.reshape(-1), "<u2" if faces.max() < 65535 else "<u4")
        kind = _UINT16 if flat.itemsize == 2 else _UINT32
        view = self._view(flat, _TRIANGLES)
        entry = {"bufferView": view, "componentType": kind, "count": len(flat), "type": "SCALAR"}
        return self.add("accessors", entry)

    def sparse(self, values: NDArray[Any]) -> int:
        """Add an accessor `(N, 3)` of which only what is not zero is kept."""
        values = np.ascontiguousarray(values, "<f4")
        where = np.flatnonzero(np.abs(values).max(1) > 1e-7)
        entry = self._described(values)
        if len(where):
            places, kept = where.astype("<u2" if len(values) < 65536 else "<u4"), values[where]
            kind = _UINT16 if places.itemsize == 2 else _UINT32
            indices = {"bufferView": self._view(places), "componentType": kind}
            entry["sparse"] = {"count": len(where), "indices": indices, "values": {"bufferView": self._view(kept)}}
        return self.add("accessors", entry)

    def text(self) -> str:
        """Return the file as one JSON, its buffer within."""
        uri = "data:application/octet-stream;base64," + base64.b64encode(bytes(self._data)).decode()
        whole = {**self.content, "buffers": [{"byteLength": len(self._data), "uri": uri}]}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n"

    def binary(self) -> bytes:
        """Return the file as GLB."""
        whole = {**self.content, "buffers": [{"byteLength": len(self._data)}]}
        head = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
        head += b" " * (-len(head) % 4)
        data = bytes(self._data) + b"\0" * (-len(self._data) % 4)
        chunks = struct.pack("<II", len(head), _JSON) + head + struct.pack("<II", len(data), _BINARY) + data
        return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks

    def _view(self, values: NDArray[Any], target: int | None = None) -> int:
        self._data += b"\0" * (-len(self._data) % 4)
        view = {"buffer": 0, "byteOffset": len(self._data), "byteLength": values.nbytes}
        self._data += values.tobytes()
        return self.add("bufferViews", view if target is None else {**view, "target": target})

    @staticmethod
    def _described(values: NDArray[Any]) -> dict[str, Any]:
        rows = values.reshape(len(values), -1)
        bounds = {"min": rows.min(0).tolist(), "max": rows.max(0).tolist()}
        return {"componentType": _FLOAT, "count": len(rows), "type": _KIND[rows.shape[1]], **bounds}
