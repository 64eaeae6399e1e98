"""VRM animation (`.vrma`): the expressions of VRM 1.0 over time, for an avatar of the person's own.

The form is the consortium's VRMC_vrm_animation-1.0: a glTF in which each expression is a node whose x is its weight.
"""

from myna.face.face import Face
from myna.face.gltf import asset
from myna.face.gltf_file import GltfFile
from myna.face.vrm import NAMES

EXTENSION = "VRMC_vrm_animation"


def vrma(face: Face) -> bytes:
    """Return the file as GLB."""
    import numpy as np

    file = GltfFile(asset(face))
    nodes = {name: file.add("nodes", {"name": name, "translation": [0.0, 0.0, 0.0]}) for name in NAMES}
    at = file.times(np.arange(len(face.expressions)) / face.fps)
    samplers, channels = [], []
    for n, (_, node) in enumerate(nodes.items()):
        moved = np.zeros((len(face.expressions), 3), np.float32)
        moved[:, 0] = face.expressions[:, n]
        samplers.append({"input": at, "output": file.times(moved), "interpolation": "LINEAR"})
        channels.append({"sampler": n, "target": {"node": node, "path": "translation"}})
    file.add("animations", {"name": "speech", "samplers": samplers, "channels": channels})
    file.content |= {"scene": 0, "scenes": [{"nodes": list(nodes.values())}], "extensionsUsed": [EXTENSION]}
    preset = {name: {"node": node} for name, node in nodes.items()}
    file.content["extensions"] = {EXTENSION: {"specVersion": "1.0", "expressions": {"preset": preset}}}
    return file.binary()
