"""Reading a processed set, `dump/<set>/`: which utterances it has and what is stored of each."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from myna.errors import MynaError


def read_table(path: Path | str, stage: str = "stage 1 (extract_features)") -> dict[str, str]:
    """Read a Kaldi file of `key value…` lines, in the order of the file.

    Args:
        path: The file, UTF-8.
        stage: What makes the file; named when it is missing.

    Raises:
        MynaError: The file is missing, or a line has no value or repeats a key.
    """
    path = Path(path)
    if not path.is_file():
        raise MynaError(f"{path} is missing: run {stage} first")
    table: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        parts = line.strip().split(None, 1)
        if len(parts) != 2:
            raise MynaError(f"{path}:{number}: {line!r} is not a key and a value: run {stage} again")
        if parts[0] in table:
            raise MynaError(f"{path}:{number}: {parts[0]} stands twice: run {stage} again")
        table[parts[0]] = parts[1]
    return table


@dataclass(frozen=True)
class DumpSet:
    """One processed set.

    Attributes:
        root: The folder `dump/<set>`.
        augmented: Whether copies made by augmentation belong to the set.
    """

    root: Path
    augmented: bool = True

    @property
    def name(self) -> str:
        """The name of the set, such as `pool_train`."""
        return self.root.name

    @cached_property
    def utt2spk(self) -> dict[str, str]:
        """Speaker of each utterance; also the list of utterances and their order."""
        table = read_table(self.root / "utt2spk")
        if self.augmented:
            return table
        copies = self.table("utt2orig", needed=False)
        return {utterance: speaker for utterance, speaker in table.items() if utterance not in copies}

    @cached_property
    def frames(self) -> dict[str, int]:
        """Mel frames of each utterance."""
        return {utterance: int(value) for utterance, value in self.table("utt2num_frames").items()}

    @cached_property
    def features(self) -> dict[str, Path]:
        """The `.npz` file of each utterance."""
        return {utterance: self._found(value) for utterance, value in self.table("feats.scp").items()}

    @cached_property
    def waves(self) -> dict[str, Path]:
        """The processed recording of each utterance, 22.05 kHz mono."""
        return {utterance: self._found(value) for utterance, value in self.table("wav.scp").items()}

    def table(self, name: str, needed: bool = True) -> dict[str, str]:
        """Read one of the set's Kaldi files; an empty table when it may be absent and is."""
        path = self.root / name
        return read_table(path) if needed or path.is_file() else {}

    def load(self, utterance: str, names: tuple[str, ...]) -> dict[str, np.ndarray]:
        """Load features of an utterance.

        Args:
            utterance: Its id.
            names: Keys of the archive, such as `mel` or `f0`.

        Raises:
            MynaError: The archive is missing, damaged or lacks a feature.
        """
        path = self.features.get(utterance)
        if path is None:
            raise MynaError(f"{self.root}/feats.scp has no {utterance}: run stage 1 (extract_features) again")
        try:
            with np.load(path) as archive:
                return {name: archive[name] for name in names}
        except (OSError, ValueError, KeyError) as error:
            raise MynaError(f"{path} ({utterance}): {error}: run stage 1 (extract_features) again") from error

    def _found(self, value: str) -> Path:
        """Resolve a stored path: absolute, relative to the set, or relative to where the program runs."""
        path = Path(value)
        inside = self.root / path
        return inside if not path.is_absolute() and inside.exists() else path
