"""Acoustic models that learn from durations: a trained `vits_mel` finds them, batch by batch.

Alignment search takes a few milliseconds a batch, so nothing has to be prepared, stored or kept in step with the data.
"""

from pathlib import Path

import torch
import yaml
from torch import Tensor

from myna.errors import MynaError
from myna.espnet.mel_model import MelModel
from myna.networks.pretrained import load_part
from myna.networks.tts.mel_network import MelNetwork
from myna.networks.tts.vits_mel import VitsMel


class AlignedModel(MelModel):
    """A network whose `forward` takes `durations (B, L)`.

    Args:
        network: Such as `myna.networks.tts.fastspeech2.FastSpeech2`.
        aligner: `base` for the shipped weights, or the folder that stage 3 of a `tts=vits_mel` left.
    """

    def __init__(self, network: MelNetwork, aligner: str = "base") -> None:
        """Load the aligner; it is no part of this module's weights."""
        super().__init__(network)
        self._aligner = [load_aligner(aligner)]

    def asked_for(self, batch: tuple[Tensor, ...], more: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the fields that the batch has, and the durations that the aligner finds."""
        found = {name: more[name] for name in self.network.fields if name != "durations"}
        with torch.no_grad():
            aligner = self._aligner[0].to(batch[0].device)
            return found | {"durations": aligner.align(*batch)}


def load_aligner(aligner: str) -> VitsMel:
    """Load the network that spreads tokens over frames.

    Raises:
        MynaError: There is none, or it is no `vits_mel`.
    """
    if aligner == "base":
        network = load_part("tts")
    else:
        from safetensors.torch import load_file

        from myna.networks.voice import build

        folder = Path(aligner)
        if not (folder / "tts.yaml").is_file():
            raise MynaError(f"tts.model.aligner={aligner} has no tts.yaml: name base, or exp/tts of a tts=vits_mel")
        network = build(yaml.safe_load((folder / "tts.yaml").read_text(encoding="utf-8")))
        network.load_state_dict(load_file(folder / "tts.safetensors"))
    if not isinstance(network, VitsMel):
        raise MynaError(f"tts.model.aligner={aligner} is a {type(network).__name__}: only tts=vits_mel aligns")
    return network.eval().requires_grad_(False)
