"""Build TensorRT plans of the graphs beside this file, for the GPU of this machine.

Usage: python build.py PLANS [--fp32]

PLANS is a folder to make; the voice's own folder stays as it was sealed. `profiles.json` gives the shortest, the usual
and the longest input of each graph. Needs a GPU and the package tensorrt, version 10 or newer. It has not been run
where it was written: there was no GPU.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

PARTS = ("text", "frames", "pitch", "spectra")
WORKSPACE = 2 << 30  # bytes of memory that the builder may try with


def build(trt: Any, graph: Path, shapes: dict[str, dict[str, list[int]]], half: bool) -> bytes:
    """Return the plan of a graph.

    Args:
        trt: The package tensorrt.
        graph: An ONNX file.
        shapes: Input to its shapes `min`, `opt` and `max`.
        half: Compute in 16 bits where that is faster.
    """
    logger = trt.Logger(trt.Logger.WARNING)
    builder = trt.Builder(logger)
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(graph.read_bytes()):
        sys.exit(f"{graph}: {parser.get_error(0)}")
    config, profile = builder.create_builder_config(), builder.create_optimization_profile()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE)
    for index in range(network.num_inputs):
        name = network.get_input(index).name
        profile.set_shape(name, *(shapes[name][size] for size in ("min", "opt", "max")))
    config.add_optimization_profile(profile)
    if half:
        config.set_flag(trt.BuilderFlag.FP16)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        sys.exit(f"{graph}: TensorRT builds no plan of it; what it said stands above")
    return bytes(plan)


def main() -> None:
    """Build all plans, with the hash of the graph that each was built from."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plans", type=Path, help="folder to make")
    parser.add_argument("--fp32", action="store_true", help="32 bits throughout (default: 16 where faster)")
    arguments = parser.parse_args()
    try:
        import tensorrt as trt  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        sys.exit(f"build.py needs the package tensorrt and a GPU ({error}): pip install tensorrt")
    here = Path(__file__).resolve().parent
    if arguments.plans.resolve() == here:
        sys.exit(f"{here} is sealed: name another folder for the plans")
    profiles = json.loads((here / "profiles.json").read_text(encoding="utf-8"))
    arguments.plans.mkdir(parents=True)
    hashes = {}
    for part in PARTS:
        graph = here / f"{part}.onnx"
        (arguments.plans / f"{part}.plan").write_bytes(build(trt, graph, profiles[part], not arguments.fp32))
        hashes[part] = hashlib.sha256(graph.read_bytes()).hexdigest()
    (arguments.plans / "plans.json").write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")
    (arguments.plans / "profiles.json").write_text(json.dumps(profiles, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
