"""Train a vocoder for a budget, and measure how well it copies recordings and how fast it runs on one thread."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from myna.audio.mel import MelConfig, log_mel
from myna.compare.clock import MANY, clock, processor_seconds, with_clock
from myna.compare.kept import Row, size
from myna.kaldi.tables import read_table
from myna.measure import wer
from myna.nemo import copy_synthesis, train_vocoder
from myna.nemo.dataset import Item
from myna.networks.parts import save_vocoder
from myna.networks.vocoder.wavenet import WaveNet
from myna.networks.weights import load_into
from myna.settings.group import replaced
from myna.settings.recipe import Settings
from myna.workspace import Workspace

RATE, HOP = MelConfig().sample_rate, MelConfig().hop_length


def limit(settings: Settings, init: str, seconds: float, max_steps: int | None = None) -> Settings:
    """Return settings with the start and the budget of a comparison.

    Args:
        settings: Of them `vocoder` and `trainer`.
        init: `scratch`, or `base`, which is taken as it is.
        seconds: Of training; 0 for none.
        max_steps: Ends training, too.
    """
    values = {
        "vocoder.init": init,
        "vocoder.max_steps": (max_steps or MANY) if seconds > 0 and init == "scratch" else 0,
        "vocoder.max_seconds": seconds,
        "vocoder.augmented": False,
        "vocoder.loader_workers": 0,
        "trainer.max_steps": None,
        "trainer.max_seconds": None,
    }
    return with_clock(replaced(settings, values))


def made(settings: Settings, folder: Path) -> tuple[nn.Module, str, Row]:
    """Build a vocoder and train it, or take up what was trained.

    Args:
        settings: See `limit`.
        folder: Gets checkpoints and weights, where a student looks for its teacher.

    Returns:
        The vocoder, where its weights are from (`trained`, `shipped`, `none` or `untrained`), and the `steps` and
        `seconds` of training.
    """
    wanted = settings.vocoder
    generator = train_vocoder.start(wanted, settings.seed)
    learns = any(True for _ in generator.parameters())
    if not learns:
        settings = replaced(settings, {"vocoder.max_steps": 0})
    workspace = Workspace.of(settings)
    training = train_vocoder.train(settings, workspace, generator, folder, clock(settings.trainer)) or {}
    if not training.get("steps"):
        origin = "shipped" if wanted.init == "base" else "untrained" if learns else "none"
        return generator.eval(), origin, training
    load_into(generator, folder / "trained.safetensors")
    save_vocoder(folder, generator, wanted.generator)
    return generator.eval(), "trained", training


def choose_items(dump: Path, sets: Sequence[str], many: int, longest: float) -> list[Item]:
    """Choose recordings of 1.5 seconds to `longest`, evenly over the sets."""
    everything = copy_synthesis.choose([dump / name for name in sets], 10**6)
    fitting = [item for item in everything if item.frames * HOP <= longest * RATE]
    return fitting[:: max(1, len(fitting) // many)][:many]


def english_texts(dump: Path, sets: Sequence[str]) -> dict[str, str]:
    """Collect the texts of the English utterances."""
    found: dict[str, str] = {}
    for name in sets:
        languages = read_table(dump / name / "utt2lang")
        spoken = read_table(dump / name / "text").items()
        found |= {key: text for key, text in spoken if languages.get(key, "").startswith("en")}
    return found


def scored(items: list[Item], waves: list[Tensor], said: dict[str, str]) -> dict[str, float]:
    """Score copies of recordings: `mel_l1`, `mos`, `similarity`, and `wer` where it is known what is said."""
    scores = copy_synthesis.score(items, waves, ["mos", "similarity"])
    pairs = [(said[item.id], wave) for item, wave in zip(items, waves, strict=True) if item.id in said]
    if pairs:
        heard = [wer.transcribe(wave.numpy(), RATE) for _, wave in pairs]
        scores["wer"] = round(wer.wer([text for text, _ in pairs], heard), 4)
    return scores


@torch.inference_mode()
def real_time_factor(vocoder: nn.Module, mel: Tensor) -> float:
    """Return processor seconds a second of speech."""
    return processor_seconds(lambda: vocoder(mel)) / (mel.shape[1] * HOP / RATE)


@torch.inference_mode()
def uncached_factor(network: WaveNet, mel: Tensor) -> float:
    """Return the same for a WaveNet that computes all it hears again for every sample, without the cache."""
    frames = -(-network.stack.receptive_field // HOP)
    window = torch.zeros(1, frames * HOP)
    return processor_seconds(lambda: network.distribution(window, mel[:, :frames]), 10) * RATE


def measure(
    settings: Settings, folder: Path, items: list[Item], said: dict[str, str], rtf_seconds: float
) -> tuple[Row, list[Tensor]]:
    """Train and measure the vocoder that a configuration chooses.

    Args:
        settings: See `made`.
        folder: See `made`.
        items: The recordings to copy.
        said: Texts for the word error rate; none is taken without.
        rtf_seconds: Seconds of speech over which speed is taken.

    Returns:
        The figures, and the copies `(S,)`.
    """
    vocoder, origin, training = made(settings, folder)
    row: Row = {"origin": origin, "training": training}
    row |= size(vocoder.state_dict(), sum(p.numel() for p in vocoder.parameters()))
    mel = log_mel(torch.cat([copy_synthesis.recording(item) for item in items]))
    mel = mel[:, : round(rtf_seconds * RATE / HOP)]
    row["rtf"] = real_time_factor(vocoder, mel)
    row["samples_a_second"] = RATE / row["rtf"]
    if isinstance(vocoder, WaveNet):
        row["rtf_uncached"] = uncached_factor(vocoder, mel)
    copies = copy_synthesis.copies(vocoder, items)
    return row | scored(items, copies, said), copies
