"""A speaker encoder without torch: one graph in ONNX Runtime, and its front end in numpy.

An exported encoder is a folder with `encoder.yaml`, `encoder.onnx`, a card and `signature.json`. It belongs to nobody:
it turns sound into 256 numbers, and what is done with them asks for a consent (`myna.deploy.instant`).
"""

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from myna.audio.mel_numpy import log_mel
from myna.audio.mfcc import mfcc
from myna.deploy.graph_parts import Precision
from myna.deploy.runtime import SUFFIX, open_graph
from myna.errors import MynaError
from myna.limits import LONGEST_NAME, ONE_LINE
from myna.measure.ge2e_host import embedded
from myna.parsing import described, one_line
from myna.safety.signed_folder import read_signed

NAME, PART = "encoder.yaml", "encoder"
SHORTEST = 1024  # samples of which a log-mel is made

Feature = Literal["ge2e", "mel", "mfcc"]


class EncoderDescription(BaseModel):
    """The content of `encoder.yaml`.

    Attributes:
        version: Of this format.
        name: Of the encoder.
        feature: What the graph hears: windows of GE2E's power mel (N, 160, 40), or one log-mel or its MFCC (1, T, C).
        inputs: Numbers a frame, C.
        sample_rate: Hz of the waves.
        precision: Of the weights.
        fingerprint: Of the encoder in torch; embeddings of different ones must not be mixed.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=LONGEST_NAME, pattern=ONE_LINE)
    feature: Feature
    inputs: int = Field(ge=1, le=512)
    sample_rate: Literal[16_000, 22_050]
    precision: Precision
    fingerprint: str = Field(min_length=1, max_length=100, pattern=ONE_LINE)


class Encoder:
    """An exported speaker encoder in memory.

    Args:
        config: What `encoder.yaml` says.
        graph: Bytes of the ONNX file.
        threads: CPU threads.
        folder: Where it comes from, for errors.

    Raises:
        MynaError: The graph is none that an export holds.
    """

    def __init__(self, config: EncoderDescription, graph: bytes, threads: int = 1, folder: Path | str = "it") -> None:
        """Load the graph."""
        self.config, self.folder = config, folder
        self._session = open_graph(graph, PART, f"{folder}/{PART}{SUFFIX}", threads)

    @classmethod
    def load(cls, directory: Path | str, threads: int = 1) -> "Encoder":
        """Load an exported encoder; nothing of it is interpreted before its signature holds.

        Raises:
            MynaError: The directory is none, its signature does not hold, or a part is missing or broken.
        """
        directory = Path(directory)
        if not (directory / NAME).is_file():
            raise MynaError(f"{directory} is no speaker encoder (no {NAME}): make one with `myna export encoder OUT`")
        files = read_signed(directory)
        config = described(EncoderDescription, files[NAME], directory / NAME, "export the encoder again")
        if (graph := files.get(f"{PART}{SUFFIX}")) is None:
            raise MynaError(f"{directory / PART}{SUFFIX} is missing: export the encoder again")
        return cls(config, graph, threads, directory)

    def embed(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the embedding `(256,)`, L2 = 1, of samples `(T,)` in [-1, 1] at `config.sample_rate`.

        Raises:
            MynaError: The graph does not give 256 numbers, or the voice detector that GE2E needs is not installed.
        """
        wave = np.asarray(wave, np.float32)
        return embedded(wave, self.run) if self.config.feature == "ge2e" else self.run(self.features(wave)[None])[0]

    def features(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what an encoder of log-mel or MFCC hears, `(T, C)`."""
        mel = log_mel(np.pad(wave, (0, max(0, SHORTEST - len(wave)))))
        return mel if self.config.feature == "mel" else mfcc(mel, self.config.inputs)

    def run(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return embeddings `(N, 256)` of what the graph hears, `(N, T, C)`.

        Raises:
            MynaError: It gives something else, or does not run.
        """
        try:
            found: NDArray[np.float32] = self._session.run(None, {"mel": np.ascontiguousarray(rows, np.float32)})[0]
        except Exception as error:  # the runtime raises classes of its own
            raise MynaError(f"{self.folder}/{PART}{SUFFIX} does not run ({one_line(error)}); export again") from error
        if found.shape != (len(rows), 256) or found.dtype != np.float32 or not np.isfinite(found).all():
            raise MynaError(
                f"{self.folder}/{PART}{SUFFIX} gives no embeddings of 256 numbers; export the encoder again"
            )
        return found
