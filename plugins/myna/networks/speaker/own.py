"""A speaker encoder that was trained here, with its front end, as one file of weights."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from myna.audio.mel import MelConfig, log_mel
from myna.audio.mfcc import mfcc
from myna.errors import MynaError
from myna.files import atomic_path
from myna.limits import LARGEST_FILE
from myna.networks.speaker.build import LENGTHS, build_network
from myna.networks.speaker.encoder import SpeakerEncoder
from myna.networks.weights import build, fill, metadata_of, parse_weights
from myna.parsing import json_mapping, read_bytes
from myna.targets import known
from myna.workspace import run_again, run_first


class OwnEncoder(SpeakerEncoder):
    """A network that takes waves.

    Args:
        network: `network(features, lengths (B,)) -> (B, 256)`, of length 1; see docs/members.md.
        feature: What it hears: `mel` (B, T, 80), `mfcc` (B, T, network.inputs) or `speech` (B, S).
        name: How configuration and reports call it.
    """

    sample_rate = MelConfig().sample_rate

    def __init__(self, network: nn.Module, feature: str = "mel", name: str = "cnn") -> None:
        """Put the network into evaluation."""
        self.network, self.feature, self.name = network.eval(), feature, name

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
        whole = torch.from_numpy(np.pad(wave, (0, max(0, shortest - len(wave)))).astype(np.float32))
        if self.feature == "speech":
            return whole
        mel = log_mel(whole)[0]
        return mel if self.feature == "mel" else torch.from_numpy(mfcc(mel.numpy(), int(self.network.inputs)))  # type: ignore[arg-type]

    def save(self, path: Path | str, network: Mapping[str, Any]) -> None:
        """Write weights (safetensors) with what is needed to build the network again.

        Args:
            path: Such as `exp/encoder/cnn.safetensors`.
            network: `_target_` and arguments of the network, as in `encoder.network`.
        """
        weights = {name: value.contiguous() for name, value in self.network.state_dict().items()}
        described = json.dumps({"name": self.name, "feature": self.feature, "network": dict(network)})
        with atomic_path(path) as temporary:
            # One key: the order of several differs from run to run, and so would the file.
            save_file(weights, temporary, metadata={"encoder": described})

    @classmethod
    def load(cls, path: Path | str, trusted: str | None = None) -> "OwnEncoder":
        """Read what `save` wrote.

        Args:
            path: The file.
            trusted: A class outside of the registry (`myna.targets`) that the file may name: the one that the
                configuration names. Files of weights travel, and naming a class must not be enough to have it run.

        Raises:
            MynaError: The file is missing, is not such a file, or names a class that is not trusted.
        """
        if not Path(path).is_file():
            raise MynaError(f"{path} is missing: {run_first('train_encoder', 'with encoder.train=true')}")
        data = read_bytes(Path(path), LARGEST_FILE)
        described = json_mapping(metadata_of(data, path).get("encoder", "").encode(), path)
        network, feature, name = (described.get(key) for key in ("network", "feature", "name"))
        if not isinstance(network, dict) or feature not in LENGTHS or not isinstance(name, str):
            raise MynaError(f"{path} is no speaker encoder: remove it and {run_again('train_encoder')}")
        target = str(network.get("_target_", ""))
        if target not in known("encoder") and target != trusted:
            raise MynaError(f"{path} names the class {target[:80]}: choose it in encoder.network to trust it")
        built = build_network(network) if target == trusted else build(network, "encoder", str(path))
        return cls(fill(built, parse_weights(data, path), path), feature, name)
