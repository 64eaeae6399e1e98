"""Time a training step of `tts=vits` beside ESPnet2's stock VITS step, with `vits_mel` and `vits_mobile`.

Usage: python benchmarks/train_step.py [--size cpu|paper] [--batch 8] [--steps 7] [--output train_step.json]

The stock step and ours have the same sizes of generator and discriminators, the same losses, batch and device: what
differs is what a step does with them. Steps of all models take turns, and the figures are medians. On the processor the
time is that of the process, summed over its threads, so that other work on the machine does not count; on a GPU it is
wall time. Prints a Markdown table; `--output` writes JSON, and a plot beside it.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Threads that wait must not count as work.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

import torch
from omegaconf import OmegaConf
from torch import Tensor, nn

from myna.espnet.toolkit import lean_import

CONF = Path(__file__).resolve().parents[1] / "conf" / "tts"
WANTED = 2.0
LABELS = {
    "stock": "ESPnet2 VITS, stock",
    "vits": "tts=vits",
    "vits_mobile": "tts=vits_mobile",
    "vits_mel": "tts=vits_mel",
}
Batch = dict[str, Tensor]
Step = Callable[[Batch], None]


def config(size: str) -> dict[str, Any]:
    """Return the network's and the discriminator's arguments of conf/tts."""
    settings = OmegaConf.load(CONF / "vits.yaml")
    if size == "paper":
        settings = OmegaConf.merge(settings, OmegaConf.load(CONF / "vits_gpu.yaml"))
    return OmegaConf.to_container(settings, resolve=True)  # type: ignore[return-value]


def utterances(batch: int, frames: int, tokens: int, device: str) -> Batch:
    """Return a batch of synthetic utterances of 70 to 100 % of that many frames, 14 symbols a second."""
    generator = torch.Generator().manual_seed(0)
    lengths = torch.linspace(0.7, 1.0, batch).mul(frames).long()
    counts = lengths // 6
    made = {
        "text": torch.randint(3, tokens, (batch, int(counts.max())), generator=generator),
        "text_lengths": counts,
        "speech": 0.1 * torch.randn(batch, frames * 256, generator=generator),
        "mel_lengths": lengths,
        "mel": torch.randn(batch, frames, 80, generator=generator) - 5,
        "spembs": torch.nn.functional.normalize(torch.randn(batch, 256, generator=generator)),
        "lids": torch.zeros(batch, dtype=torch.long),
        "band": torch.full((batch,), 11_025.0),
    }
    return {name: value.to(device) for name, value in made.items()}


def adamw(module: nn.Module, fused: bool = False) -> torch.optim.Optimizer:
    """Return the optimizer of both sides; ours is fused on the processor."""
    return torch.optim.AdamW(module.parameters(), 2e-4, betas=(0.8, 0.99), eps=1e-9, weight_decay=0.01, fused=fused)


def discriminator(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of ESPnet2's discriminator."""
    return {key: value for key, value in settings["discriminator"].items() if key != "_target_"}


def stock(tokens: int, settings: dict[str, Any], device: str) -> tuple[Step, list[int]]:
    """Build ESPnet2's VITS in the sizes of ours; a step is that of its GAN trainer."""
    with lean_import():
        from espnet2.gan_tts.vits import VITS
    from myna.networks.tts.vits import Vits

    made = Vits(tokens, **settings["network"])
    wanted = settings["network"]
    norm = bool(wanted.get("weight_norm", False))
    generator = {
        "hidden_channels": wanted.get("hidden", 192),
        "spks": None,
        "langs": 32,
        "spk_embed_dim": 256,
        "global_channels": wanted.get("condition", 128),
        "segment_size": settings["segment"],
        "text_encoder_blocks": len(made.text_encoder.attention),
        "text_encoder_positionwise_conv_kernel_size": 3,
        "use_macaron_style_in_text_encoder": False,
        "use_conformer_conv_in_text_encoder": False,
        "decoder_channels": wanted.get("channels", 256),
        "decoder_upsample_scales": list(wanted.get("scales", [8, 8, 4])),
        "decoder_upsample_kernel_sizes": list(wanted.get("kernels", [16, 16, 8])),
        "decoder_resblock_kernel_sizes": list(wanted.get("res_kernels", [3, 5, 7])),
        "decoder_resblock_dilations": wanted.get("res_dilations", [[1, 2], [2, 6], [3, 12]]),
        "use_weight_norm_in_decoder": norm,
        "use_weight_norm_in_posterior_encoder": norm,
        "use_weight_norm_in_flow": norm,
        "posterior_encoder_layers": wanted.get("posterior_layers", 8),
        "posterior_encoder_stacks": wanted.get("posterior_stacks", 4),
        "posterior_encoder_base_dilation": wanted.get("posterior_dilation", 2),
    }
    model = VITS(tokens, 80, generator_params=generator, discriminator_params=discriminator(settings))
    # Its generator cannot leave out ResBlock1's second convolutions: the decoder is put in as ours has it.
    model.generator.decoder = made.decoder
    del made
    model.to(device).train()
    optimizers = [adamw(model.generator), adamw(model.discriminator)]

    def step(batch: Batch) -> None:
        given = {
            "text": batch["spread"],
            "text_lengths": batch["spread_lengths"],
            "feats": batch["mel"],
            "feats_lengths": batch["mel_lengths"],
            "speech": batch["speech"],
            "speech_lengths": batch["mel_lengths"] * 256,
            "spembs": batch["spembs"],
            "lids": batch["lids"],
        }
        for turn in (False, True):  # espnet2.train.gan_trainer: the discriminator first, both gradients cleared
            result = model(**given, forward_generator=turn)
            result["loss"].backward()
            optimizers[result["optim_idx"]].step()
            for optimizer in optimizers:
                optimizer.zero_grad()

    return step, [size(model.generator), size(model.discriminator)]


def ours(name: str, tokens: int, settings: dict[str, Any], device: str, spectrum: float) -> tuple[Step, list[int]]:
    """Build `tts=vits` or `tts=vits_mobile`; a step is that of ESPnet3's Lightning module."""
    from hydra.utils import instantiate

    from myna.espnet.vits_model import VitsModel
    from myna.networks.voice import build
    from myna.settings.tts import Losses

    judge = instantiate(settings["discriminator"], _convert_="all")
    network = build({"_target_": "myna.networks.tts.vits.Vits", "tokens": tokens, **settings["network"]})
    weights = Losses(**{**settings["losses"], "spectrum": spectrum})
    model = VitsModel(network, judge, segment=settings["segment"], losses=weights)  # type: ignore[arg-type]
    model.to(device).train()
    fused = device == "cpu"  # as myna.espnet.vits_train chooses
    optimizers = {"generator": adamw(network, fused), "discriminator": adamw(judge, fused)}

    def step(batch: Batch) -> None:
        for part in model(**batch)[0]:
            part.loss.backward()
            optimizers[part.name].step()
            optimizers[part.name].zero_grad()

    return step, [size(network), size(judge)]


def mel(settings: Any, device: str) -> tuple[Step, list[int]]:
    """Build `tts=vits_mel`, whose step has no wave in it."""
    from hydra.utils import instantiate

    from myna.espnet.mel_model import batch_of

    network = instantiate(settings.network).to(device).train()
    optimizer = adamw(network)

    def step(batch: Batch) -> None:
        losses = network(batch_of(batch), int(settings.get("segment", 160)))
        torch.stack(list(losses.values())).sum().backward()
        optimizer.step()
        optimizer.zero_grad()

    return step, [size(network), 0]


def size(module: nn.Module) -> int:
    """Return the number of parameters."""
    return sum(p.numel() for p in module.parameters())


def models(
    chosen: str, judge: str | None, tokens: int, device: str, names: list[str]
) -> dict[str, tuple[Step, list[int]]]:
    """Build the models that are compared."""
    settings = config(chosen)
    settings["discriminator"] = config(judge or chosen)["discriminator"]
    mobile = OmegaConf.to_container(
        OmegaConf.merge(OmegaConf.create(settings), OmegaConf.load(CONF / "vits_mobile.yaml"))
    )
    assert isinstance(mobile, dict)
    if chosen == "paper":  # only the discriminators are the paper's: vits_mobile has a network of its own
        mobile["network"] = OmegaConf.to_container(OmegaConf.load(CONF / "vits_mobile.yaml").network)
    makers: dict[str, Callable[[], tuple[Step, list[int]]]] = {
        "stock": lambda: stock(tokens, settings, device),
        "vits": lambda: ours("vits", tokens, settings, device, 0.0),
        "vits_mobile": lambda: ours("vits_mobile", tokens, mobile, device, float(mobile["losses"]["spectrum"])),
        "vits_mel": lambda: mel(OmegaConf.load(CONF / "vits_mel.yaml"), device),
    }
    made = {}
    for name in names:
        torch.manual_seed(0)
        made[name] = makers[name]()
    return made


def measure(steps: dict[str, Step], batch: Batch, rounds: int, device: str) -> dict[str, list[float]]:
    """Time every model's step in turn, that many rounds after one that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(rounds + 1):
        for name, step in steps.items():
            start = _clock(device)
            step(batch)
            if number:
                seconds[name].append(_clock(device) - start)
    return seconds


def _clock(device: str) -> float:
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Return the Markdown table."""
    lines = ["| step | G / D parameters, M | seconds, median | times as fast as stock |", "|---|---|---|---|"]
    for name, row in rows.items():
        sizes = " / ".join(f"{count / 1e6:.1f}" for count in row["parameters"])
        lines.append(f"| {LABELS[name]} | {sizes} | {row['seconds']:.2f} | {row.get('times_stock', 0):.2f} |")
    return "\n".join(lines)


def plot(rows: dict[str, dict[str, Any]], path: Path, title: str) -> None:
    """Draw the seconds a step."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 0.6 * len(rows) + 1.2))
    names = [LABELS[name] for name in rows][::-1]
    values = [row["seconds"] for row in rows.values()][::-1]
    axes.barh(names, values, color="#4477aa")
    for place, value in enumerate(values):
        axes.text(value, place, f" {value:.2f} s", va="center")
    axes.set_xlabel("seconds a training step (CPU: processor time of all threads)")
    axes.set_xlim(0, 1.15 * max(values))
    axes.set_title(title, fontsize=10)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> int:
    """Run the benchmark; the exit status is 1 when our step is less than twice as fast as the stock one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=("cpu", "paper"), default=None, help="conf/tts/vits.yaml or vits_gpu.yaml")
    parser.add_argument("--discriminator", choices=("cpu", "paper"), help="another size of the discriminators")
    parser.add_argument("--batch", type=int, default=8, help="utterances")
    parser.add_argument("--frames", type=int, default=258, help="frames of the longest utterance (258 are 3 s)")
    parser.add_argument("--steps", type=int, default=7, help="steps of each model that count")
    parser.add_argument("--threads", type=int, default=2, help="threads on the processor")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--models", nargs="+", choices=tuple(LABELS), default=list(LABELS))
    parser.add_argument("--output", type=Path, help="write JSON here, and a plot with the same name and .png")
    arguments = parser.parse_args()
    device = arguments.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    chosen = arguments.size or ("paper" if device == "cuda" else "cpu")
    torch.set_num_threads(arguments.threads)

    from myna.text.tokens import default_tokens

    tokens = len(default_tokens())
    batch = utterances(arguments.batch, arguments.frames, tokens, device)
    made = models(chosen, arguments.discriminator, tokens, device, arguments.models)
    # The stock step is given the text with the blanks that ours puts in itself.
    lengths = batch["text_lengths"] * 2 - 1
    spread = torch.zeros(arguments.batch, int(lengths.max()), dtype=torch.long, device=device)
    spread[:, ::2] = batch["text"]
    batch |= {"spread": spread, "spread_lengths": lengths}
    seconds = measure({name: step for name, (step, _) in made.items()}, batch, arguments.steps, device)
    rows: dict[str, dict[str, Any]] = {}
    for name, (_, sizes) in made.items():
        rows[name] = {"parameters": sizes, "seconds": float(torch.tensor(seconds[name]).median()), "all": seconds[name]}
    if "stock" in rows:
        for row in rows.values():
            row["times_stock"] = rows["stock"]["seconds"] / row["seconds"]
    machine = torch.cuda.get_device_name() if device == "cuda" else f"{arguments.threads} threads, {platform.machine()}"
    about = {"device": machine, "size": chosen, "discriminator": arguments.discriminator or chosen}
    about |= {"batch": arguments.batch, "frames": arguments.frames}
    result = {**about, "torch": torch.__version__, "wanted_times_stock": WANTED, "models": rows}
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        title = f"batch {arguments.batch}, up to {arguments.frames} frames, size {chosen}, {machine}"
        plot(rows, arguments.output.with_suffix(".png"), title)
    print(table(rows))
    return int({"stock", "vits"} <= rows.keys() and rows["vits"]["times_stock"] < WANTED)


if __name__ == "__main__":
    raise SystemExit(main())
