"""Read what stage 1 wrote, with numpy alone: for data loaders of any toolkit."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from myna.errors import MynaError
from myna.kaldi.tables import byte_order, read_table
from myna.workspace import run_again, run_first

FEATURES = ("mel", "mfcc", "f0", "energy", "linear")
SPACE = "<space>"
ARRAYS = "arrays.scp"  # utterance to its npz file; `feats.scp` names the same mels in a Kaldi archive


def read_features(path: Path | str, names: Iterable[str] = ("mel", "f0", "energy")) -> dict[str, np.ndarray]:
    """Read features of one utterance.

    Args:
        path: An npz file named in `arrays.scp`.
        names: Any of `mel` (T, 80), `mfcc` (T, 13), `f0` (T,) Hz with 0 for unvoiced, `energy` (T,),
            `linear` (T, 513).

    Returns:
        Name to array, float32.

    Raises:
        MynaError: The file is missing or damaged, or was made without a feature.
    """
    try:
        with np.load(path) as stored:
            return {name: stored[name].astype(np.float32) for name in names}
    except FileNotFoundError:
        raise MynaError(f"{path} does not exist; {run_first('extract_features')}") from None
    except KeyError as error:
        raise MynaError(
            f"{path} lacks a feature ({error.args[0]}); add it to features.keep and {run_first('extract_features')}"
        ) from None
    except (ValueError, OSError, EOFError) as error:
        raise MynaError(f"{path} is damaged ({error}); remove it and {run_first('extract_features')}") from None


def read_arrays(folder: Path) -> dict[str, str]:
    """Return utterance to npz file; folders made before 2026-11-25 name these in `feats.scp`."""
    return read_table(folder / ARRAYS if (folder / ARRAYS).exists() else folder / "feats.scp")


def format_phones(symbols: Iterable[str]) -> str:
    """Write phoneme symbols as a line of words; the symbol between words becomes `<space>`."""
    return " ".join(SPACE if symbol == " " else symbol for symbol in symbols)


def parse_phones(line: str) -> list[str]:
    """Undo `format_phones`; also reads symbols joined by single spaces, where three spaces are a space symbol."""
    return [" " if word == SPACE else word for word in line.replace("   ", f" {SPACE} ").split()]


@dataclass(frozen=True)
class FeatureUtterance:
    """One processed utterance.

    Attributes:
        name: Utterance id.
        speaker: Speaker id.
        language: espeak-ng code.
        wav: Processed audio.
        feats: Its npz file.
        frames: Mel frames T; the audio has T · 256 samples.
        seconds: Duration of the processed audio.
        band: Bandwidth of the original recording in Hz.
        text: What is said.
        phones: Phoneme symbols.
        original: The utterance that this is an augmented copy of, or None.
    """

    name: str
    speaker: str
    language: str
    wav: Path
    feats: Path
    frames: int
    seconds: float
    band: float
    text: str
    phones: tuple[str, ...]
    original: str | None = None

    def read(self, *names: str) -> dict[str, np.ndarray]:
        """Read features by name, see `read_features`; without names `mel`, `f0` and `energy`."""
        return read_features(self.feats, names or ("mel", "f0", "energy"))


class FeatureSet:
    """The utterances of one folder that stage 1 made, in the order of their ids.

    Examples:
        >>> for utterance in FeatureSet("recipes/mini_voices/dump/pool_train"):  # doctest: +SKIP
        ...     mel = utterance.read("mel")["mel"]
    """

    def __init__(self, folder: Path | str, augmented: bool = True) -> None:
        """List a folder.

        Args:
            folder: Such as `dump/pool_train`.
            augmented: False leaves augmented copies out.

        Raises:
            MynaError: A table is missing or lacks an utterance.
        """
        self.folder = Path(folder)
        if not (self.folder / "feats.scp").exists():
            raise MynaError(f"{self.folder} has no features (feats.scp); {run_first('extract_features')}")
        tables = {ARRAYS: read_arrays(self.folder), **{name: read_table(self.folder / name) for name in _TABLES}}
        originals = read_table(self.folder / "utt2orig") if (self.folder / "utt2orig").exists() else {}
        names = [name for name in sorted(tables[ARRAYS], key=byte_order) if augmented or name not in originals]
        self.utterances = [_utterance(self.folder, name, tables, originals) for name in names]
        self._by_name = {utterance.name: utterance for utterance in self.utterances}

    def __len__(self) -> int:
        """Return the number of utterances."""
        return len(self.utterances)

    def __iter__(self) -> Iterator[FeatureUtterance]:
        """Go through the utterances."""
        return iter(self.utterances)

    def __getitem__(self, key: int | str) -> FeatureUtterance:
        """Return an utterance by position or id.

        Raises:
            MynaError: No utterance has the id.
        """
        if isinstance(key, int):
            return self.utterances[key]
        if key not in self._by_name:
            raise MynaError(f"{self.folder} has no utterance {key}; see its {ARRAYS}")
        return self._by_name[key]

    @property
    def speakers(self) -> list[str]:
        """Speaker ids, sorted."""
        return sorted({utterance.speaker for utterance in self.utterances})


_TABLES = ("wav.scp", "text", "phones", "utt2spk", "utt2lang", "utt2num_frames", "utt2dur", "utt2band")


def _utterance(
    folder: Path, name: str, tables: dict[str, dict[str, str]], originals: dict[str, str]
) -> FeatureUtterance:
    for table, rows in tables.items():
        if name not in rows:
            raise MynaError(f"{folder / table} lacks utterance {name}; {run_again('extract_features')}")
    return FeatureUtterance(
        name=name,
        speaker=tables["utt2spk"][name],
        language=tables["utt2lang"][name],
        wav=Path(tables["wav.scp"][name]),
        feats=Path(tables[ARRAYS][name]),
        frames=int(tables["utt2num_frames"][name]),
        seconds=float(tables["utt2dur"][name]),
        band=float(tables["utt2band"][name]),
        text=tables["text"][name],
        phones=tuple(parse_phones(tables["phones"][name])),
        original=originals.get(name),
    )
