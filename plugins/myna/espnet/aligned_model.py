"""Acoustic models that learn from durations: those of the batch, or what a trained `vits_mel` finds in it.

The monophones of `myna.espnet.aligner` find durations once an utterance, where the data set reads it; a `vits_mel` in a
few milliseconds a batch. Neither has to be stored or kept in step with the data.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from myna.errors import MynaError
from myna.espnet.aligner import MONOPHONES, OWN
from myna.espnet.mel_model import MelModel
from myna.networks.pretrained import load_part
from myna.networks.tts.batch import Batch
from myna.networks.tts.mel_network import MelNetwork
from myna.networks.tts.vits_mel import VitsMel


class AlignedModel(MelModel):
    """A network whose `forward` and `infer` take `durations (B, L)`.

    Args:
        network: Such as `myna.networks.tts.fastspeech2.FastSpeech2`.
        aligner: `monophones` for the durations of the batch, `own` for the network's own search, `base` for that of
            the shipped weights, or the folder that stage 3 of a `tts=vits_mel` left.
        **options: As of `MelModel`.

    Raises:
        MynaError: The network has no search of its own, or there is no such aligner.
    """

    def __init__(self, network: MelNetwork, aligner: str = MONOPHONES, **options: Any) -> None:
        """Load the aligner; it is no part of this module's weights."""
        super().__init__(network, **options)
        if aligner == OWN and "durations" in network.fields:
            raise MynaError(f"{type(network).__name__} cannot align: choose tts.model.aligner={MONOPHONES}")
        self.given = aligner == MONOPHONES
        self._aligner = [] if aligner in (MONOPHONES, OWN) else [load_aligner(aligner)]

    def completed(self, batch: Batch, more: dict[str, Tensor]) -> Batch:
        """Return a batch with what the network asks for, and durations, unless the network finds them itself."""
        found = {name: more[name] for name in self.network.fields if name != "durations"}
        if self.given:
            found["durations"] = more["durations"]
        for aligner in self._aligner:
            with torch.no_grad():
                found["durations"] = aligner.to(batch.mel.device).align(batch)
        return batch._replace(**found)


def load_aligner(aligner: str) -> VitsMel:
    """Load the network that spreads tokens over frames.

    Raises:
        MynaError: There is none, or it is no `vits_mel`.
    """
    if aligner == "base":
        network = load_part("tts")
    else:
        from myna.networks.weights import stored_network

        folder = Path(aligner)
        if not (folder / "tts.yaml").is_file():
            raise MynaError(
                f"tts.model.aligner={aligner} has no tts.yaml: name monophones, base, or exp/tts of a tts=vits_mel"
            )
        network, _ = stored_network(folder, "tts")
    if not isinstance(network, VitsMel):
        raise MynaError(f"tts.model.aligner={aligner} is a {type(network).__name__}: only tts=vits_mel aligns")
    return network.eval().requires_grad_(False)
