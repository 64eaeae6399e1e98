"""Measure how fast the acoustic models make mels, in one run on the same texts.

Usage: python benchmarks/acoustic.py [--threads 1] [--rounds 5] [--frames 430] [--output acoustic.json]

Prints a table, and writes JSON if asked. Weights are random: speed depends on them only through the number of frames,
and that is fixed. The models that predict durations are given them; Tacotron 2 is kept from stopping until it has
written the frames. Sizes are those of conf/tts, whose words are the names in the table; `paper` is ESPnet2's default
size of the same model, without which a comparison would be one of sizes. The exit status is 1 when FastSpeech 2 is
less than ten times as fast as Tacotron 2 in the size of conf/tts.
"""

import argparse
import json
import logging
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import Tensor

from myna.networks.tts.batch import Texts

CONF = Path(__file__).resolve().parents[1] / "conf"
SECONDS_A_FRAME = 256 / 22_050
TOKENS = 86
WANTED = 10.0
# ESPnet2's own sizes, one frame a decoder step as in the paper.
PAPER: dict[str, dict[str, Any]] = {
    "tacotron2": {"channels": 512, "attention": 512, "decoder": 1024, "prenet": 256, "reduction": 1},
    "fastspeech2": {"channels": 384, "layers": 6, "inner": 1536, "predictor": 384, "heads": 4, "kernel": 3},
}


def built(name: str, settings: Any, size: dict[str, Any]) -> torch.nn.Module:
    """Build a network of conf/tts with random weights, set for inference."""
    torch.manual_seed(0)
    network: torch.nn.Module = instantiate(settings.network, **size)
    if name == "tacotron2":
        # It must not stop by chance: the number of frames is what is held equal.
        torch.nn.init.zeros_(network.net.dec.prob_out.weight)  # type: ignore[union-attr, arg-type]
        torch.nn.init.constant_(network.net.dec.prob_out.bias, -20.0)  # type: ignore[union-attr, arg-type]
    return network.eval()


def work(name: str, network: Any, settings: Any, frames: int) -> Callable[[], Tensor]:
    """Return what speaks one text of `TOKENS` tokens that lasts so many frames."""
    source = torch.Generator().manual_seed(0)
    tokens = torch.randint(3, 170, (1, TOKENS), generator=source)
    speaker = torch.nn.functional.normalize(torch.randn(1, 256, generator=source))
    inputs = Texts(tokens, torch.tensor([TOKENS]), speaker, torch.zeros(1, dtype=torch.long))
    more: dict[str, Any] = dict(settings.infer)
    if name == "tacotron2":
        more["frames_per_token"] = frames / (TOKENS + 1)
    else:
        durations = torch.full((1, TOKENS), frames // TOKENS)
        durations[0, : frames % TOKENS] += 1
        more["durations"] = durations

    @torch.inference_mode()
    def speak() -> Tensor:
        mel: Tensor = network.infer(inputs, **more)[0]
        return mel

    return speak


def measure(frames: int, rounds: int) -> list[dict[str, Any]]:
    """Time every model; rounds take turns, so that what else the machine does meets all alike."""
    rows, calls = [], []
    with initialize_config_dir(str(CONF), version_base="1.3"):
        for name in ("tacotron2", "fastspeech2", "vits_mel"):
            settings = compose("myna", [f"tts={name}"]).tts
            for label, size in {name: {}, f"{name} paper": PAPER.get(name)}.items():
                if size is None:
                    continue
                network = built(name, settings, size)
                parameters = sum(p.numel() for p in network.parameters())
                rows.append({"model": label, "parameters": parameters, "seconds": []})
                calls.append(work(name, network, settings, frames))
    for turn in range(rounds + 1):
        for row, call in zip(rows, calls, strict=True):
            began = time.process_time()
            made = call().shape[1]
            seconds = time.process_time() - began
            if abs(made - frames) > 2:
                raise SystemExit(f"{row['model']} made {made} frames instead of {frames}")
            if turn:  # the first call of each warms up
                row["seconds"].append(seconds)
    return [summary(row, frames) for row in rows]


def summary(row: dict[str, Any], frames: int) -> dict[str, Any]:
    """Return the median of a model's seconds, and its real-time factor."""
    seconds = statistics.median(row["seconds"])
    return row | {"median_s": round(seconds, 4), "rtf": round(seconds / (frames * SECONDS_A_FRAME), 4)}


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="threads of torch; time is processor time over all")
    parser.add_argument("--rounds", type=int, default=5, help="texts a model; the median counts")
    parser.add_argument("--frames", type=int, default=430, help="mel frames of the text, 86 a second")
    parser.add_argument("--output", type=Path, help="write the result as JSON")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    logging.disable(logging.WARNING)  # that Tacotron 2 does not stop is meant here
    rows = measure(arguments.frames, arguments.rounds)
    by_name = {row["model"]: row for row in rows}
    ratios = {
        "fastspeech2 over tacotron2": by_name["tacotron2"]["median_s"] / by_name["fastspeech2"]["median_s"],
        "the same in the paper's sizes": by_name["tacotron2 paper"]["median_s"]
        / by_name["fastspeech2 paper"]["median_s"],
    }
    result = {
        "command": " ".join(["python", "benchmarks/acoustic.py", *sys.argv[1:]]),
        "frames": arguments.frames,
        "threads": arguments.threads,
        "models": rows,
        "times_faster": {name: round(ratio, 1) for name, ratio in ratios.items()},
        "wanted": WANTED,
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
    }
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"{'model':<20}{'parameters':>12}{'seconds':>10}{'RTF':>9}")
    for row in rows:
        print(f"{row['model']:<20}{row['parameters'] / 1e6:>10.1f} M{row['median_s']:>10.3f}{row['rtf']:>9.4f}")
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.1f} times as fast")
    return int(ratios["fastspeech2 over tacotron2"] < WANTED)


if __name__ == "__main__":
    raise SystemExit(main())
