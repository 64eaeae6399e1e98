"""Our head as glTF 2.0, at rest or with its morph targets and its neck moving as a face does.

Programs that animate other heads (Blender, Unity, Unreal, three.js) take the animation by the names of the targets.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.face import targets as morphs
from myna.face.arkit import NAMES
from myna.face.face import NOTICE, Face
from myna.face.gltf_file import GltfFile
from myna.face.head import Points, parts


def asset(face: Face | None = None) -> dict[str, Any]:
    """Return the head of a file, with the label in words and in fields."""
    note = {"notice": NOTICE, **({"AIGC": face.label} if face else {})}
    return {"generator": "Myna", "copyright": NOTICE, "extras": note}


def head_gltf(face: Face | None = None) -> GltfFile:
    """Return the head.

    Args:
        face: What it does; None for the head at rest.

    Returns:
        A scene of one node and one mesh, whose 52 targets are named in `extras.targetNames`, as is the custom.
    """
    file = GltfFile(asset(face))
    mesh = _mesh(file)
    node = file.add("nodes", {"name": "head", "mesh": mesh, "rotation": [0.0, 0.0, 0.0, 1.0]})
    file.content |= {"scene": 0, "scenes": [{"nodes": [node]}]}
    if face is not None:
        file.add("animations", _animation(file, face, node))
    return file


def _mesh(file: GltfFile) -> int:
    points = np.concatenate([part.points for part in parts()])
    starts = np.cumsum([0, *(len(part.points) for part in parts())])
    faces = np.concatenate([part.faces + start for part, start in zip(parts(), starts[:-1], strict=True)])
    attributes = {
        "POSITION": file.numbers(points),
        "NORMAL": file.numbers(_normals(points, faces)),
        "COLOR_0": file.numbers(np.concatenate([part.colours for part in parts()])),
    }
    stuff = {"metallicFactor": 0.0, "roughnessFactor": 0.75}
    material = file.add("materials", {"name": "head", "pbrMetallicRoughness": stuff, "doubleSided": True})
    moved = [{"POSITION": file.sparse(morphs.targets()[name])} for name in NAMES]
    primitive = {"attributes": attributes, "indices": file.triangles(faces), "material": material, "targets": moved}
    rest = {"weights": [0.0] * len(NAMES), "extras": {"targetNames": list(NAMES)}}
    return file.add("meshes", {"name": "head", "primitives": [primitive], **rest})


def _normals(points: Points, faces: NDArray[np.int64]) -> Points:
    a, b, c = (points[faces[:, n]] for n in range(3))
    across = np.cross(b - a, c - a)
    out = np.zeros_like(points)
    for n in range(3):
        np.add.at(out, faces[:, n], across)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12))


def _animation(file: GltfFile, face: Face, node: int) -> dict[str, Any]:
    at = file.times(np.arange(len(face.curves)) / face.fps)
    samplers = [
        {"input": at, "output": file.times(face.curves.reshape(-1)), "interpolation": "LINEAR"},
        {"input": at, "output": file.times(quaternions(face.head)), "interpolation": "LINEAR"},
    ]
    paths = ("weights", "rotation")
    channels = [{"sampler": n, "target": {"node": node, "path": path}} for n, path in enumerate(paths)]
    return {"name": "speech", "samplers": samplers, "channels": channels}


def quaternions(head: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return turns `(T, 4)`, x y z w, of a head with yaw, pitch and roll `(T, 3)` in degrees."""
    yaw, pitch, roll = (np.radians(head.astype(np.float64)) / 2).T
    zero = np.zeros_like(yaw)
    y = np.stack([zero, np.sin(yaw), zero, np.cos(yaw)], 1)
    x = np.stack([np.sin(pitch), zero, zero, np.cos(pitch)], 1)
    z = np.stack([zero, zero, np.sin(roll), np.cos(roll)], 1)
    return _times(_times(y, x), z)


def _times(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    ax, ay, az, aw = a.T
    bx, by, bz, bw = b.T
    return np.stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        1,
    )
