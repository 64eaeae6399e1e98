"""Myna's own speaker encoder with its front end, as one file of weights."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from myna.audio.mel import MelConfig, log_mel
from myna.audio.mfcc import mfcc
from myna.errors import MynaError
from myna.files import atomic_path
from myna.networks.speaker.cnn import ConvEncoder
from myna.networks.speaker.encoder import SpeakerEncoder


class OwnEncoder(SpeakerEncoder):
    """A trained `ConvEncoder` that takes waves.

    Args:
        network: The network.
        feature: What it hears: `mel` or `mfcc`.
    """

    name = "cnn"
    sample_rate = MelConfig().sample_rate

    def __init__(self, network: ConvEncoder, feature: str = "mel") -> None:
        """Put the network into evaluation."""
        self.network, self.feature = network.eval(), feature

    def embed_waves(self, waves: Sequence[np.ndarray]) -> np.ndarray:
        """Embed utterances at 22.05 kHz."""
        features = [self._features(wave) for wave in waves]
        lengths = torch.tensor([len(rows) for rows in features])
        padded = torch.nn.utils.rnn.pad_sequence(features, batch_first=True)
        with torch.inference_mode():
            return self.network(padded, lengths).numpy()

    def fingerprint(self) -> str:
        """Return a hash of the weights, 16 hexadecimal digits."""
        digest = hashlib.sha256(self.feature.encode())
        for name, value in sorted(self.network.state_dict().items()):
            digest.update(name.encode() + value.contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    def _features(self, wave: np.ndarray) -> torch.Tensor:
        shortest = MelConfig().n_fft
        whole = np.pad(wave, (0, max(0, shortest - len(wave)))).astype(np.float32)
        mel = log_mel(torch.from_numpy(whole))[0]
        return mel if self.feature == "mel" else torch.from_numpy(mfcc(mel.numpy(), self.network.inputs))

    def save(self, path: Path | str, arguments: dict[str, Any]) -> None:
        """Write weights (safetensors) with what is needed to build the network again.

        Args:
            path: Such as `exp/encoder/cnn.safetensors`.
            arguments: Keywords of `ConvEncoder`.
        """
        weights = {name: value.contiguous() for name, value in self.network.state_dict().items()}
        described = json.dumps({"feature": self.feature, "arguments": arguments})
        with atomic_path(path) as temporary:
            # One key: the order of several differs from run to run, and so would the file.
            save_file(weights, temporary, metadata={"encoder": described})

    @classmethod
    def load(cls, path: Path | str) -> "OwnEncoder":
        """Read what `save` wrote.

        Raises:
            MynaError: The file is missing or is not such a file.
        """
        if not Path(path).is_file():
            raise MynaError(f"{path} is missing: run stage 2 (train_encoder) with encoder.train=true first")
        try:
            with safe_open(str(path), framework="pt") as stored:
                described = json.loads(stored.metadata()["encoder"])
                network = ConvEncoder(**described["arguments"])
                network.load_state_dict({name: stored.get_tensor(name) for name in stored.keys()})  # noqa: SIM118
        except (KeyError, RuntimeError, ValueError, TypeError) as error:
            raise MynaError(f"{path} is no speaker encoder ({error}): remove it and run stage 2 again") from error
        return cls(network, described["feature"])
