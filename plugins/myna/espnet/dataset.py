"""The data source of ESPnet3: utterances of `dump/<set>` with the features that a model asks for.

ESPnet3's `DataOrganizer` finds `Dataset` and `DatasetBuilder` here by `data_src: myna.espnet.dataset`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from myna.audio.features import FEATURES, FeatureSet, FeatureUtterance
from myna.errors import MynaError
from myna.espnet.embeddings import read_embeddings
from myna.espnet.toolkit import lean_import
from myna.networks.tts.monophones import Monophones
from myna.text.languages import canonical, language_number
from myna.text.tokens import TokenList
from myna.workspace import run_again, run_first

with lean_import():
    from espnet3.components.data.base_dataset import BaseDataset
    from espnet3.components.data.dataset_builder import DatasetBuilder as BaseBuilder
    from espnet3.contract import Field

KNOWN = (*FEATURES, "durations", "text", "speech", "spembs", "lids", "sids", "band")


class Dataset(BaseDataset):
    """Utterances of one processed set.

    An item holds `utt_id` and the fields asked for: `text` (L,) int64 token numbers; `mel` (T, 80), `mfcc`, `linear`,
    `f0` (T,), `energy` (T,) from the feature archive; `durations` (L,) int64 frames of each token; `speech` (S,)
    float32 in [-1, 1]; `spembs` (256,) speaker embedding; `lids`, `sids` () int64 language and speaker numbers;
    `band` () float32, the bandwidth of the original recording in Hz.

    Args:
        data_dir: `dump/<set>`.
        fields: What an item holds.
        tokens: The token list; `tokens.txt` beside the set when left out. For `text`.
        embeds_dir: `exp/encoder/embeds/<set>`. For `spembs`.
        embeds: `utterance` or `speaker`: whose embedding an utterance gets.
        aligner: A file of `myna.networks.tts.monophones`. For `durations`; an utterance that has fewer frames than
            tokens is left out.
        speakers: Speakers in the order of their numbers. For `sids`; others are left out.
        augmented: Whether augmented copies take part.
        min_frames: Shorter utterances are left out.
        max_frames: Longer utterances are left out.
        limit: Keep at most so many utterances, spread evenly over the set.
        cache: Keep what was read in memory.

    Raises:
        MynaError: An unknown field, a missing file, or nothing left.
    """

    def __init__(
        self,
        data_dir: str,
        fields: Sequence[str] = ("mel",),
        *,
        tokens: str | None = None,
        embeds_dir: str | None = None,
        embeds: str = "utterance",
        aligner: str | None = None,
        speakers: Sequence[str] | None = None,
        augmented: bool = True,
        min_frames: int = 0,
        max_frames: int | None = None,
        limit: int | None = None,
        cache: bool = False,
    ) -> None:
        """Read the tables of the set; features are read when an item is asked for."""
        if unknown := set(fields) - set(KNOWN):
            raise MynaError(f"unknown field {sorted(unknown)[0]!r} of a dataset: use {', '.join(KNOWN)}")
        self.root = Path(data_dir)
        self.wanted = tuple(fields)
        declared = [Field("utt_id", "text")] + ([Field("speech", "audio")] if "speech" in fields else [])
        self.fields = tuple(declared)
        self.speakers = {name: number for number, name in enumerate(speakers or ())}
        self._prepare(tokens, embeds_dir, embeds, aligner)
        longest = max_frames or 2**31
        self.utterances = [
            utterance
            for utterance in FeatureSet(self.root, augmented)
            if min_frames <= utterance.frames <= longest
            and (utterance.speaker in self.speakers or not speakers)
            and (self.aligner is None or len(self._text(utterance)) <= utterance.frames)
        ]
        if limit and len(self.utterances) > limit:
            self.utterances = [self.utterances[i * len(self.utterances) // limit] for i in range(limit)]
        if not self.utterances:
            raise MynaError(
                f"{data_dir}: no utterance of {min_frames} to {longest} frames (86 a second) is left: cut the "
                "recordings into pieces of that length, or change tts.max_frames"
            )
        self.lengths = [utterance.frames for utterance in self.utterances]
        self._memory: dict[int, dict[str, Any]] | None = {} if cache else None

    def _prepare(self, tokens: str | None, embeds_dir: str | None, embeds: str, aligner: str | None) -> None:
        """Read what only some fields need."""
        self.aligner = None
        if {"text", "durations"} & set(self.wanted):
            self.tokens = TokenList.load(tokens or self.root.parent / "tokens.txt")
        if "spembs" in self.wanted:
            if embeds_dir is None:
                raise MynaError("a dataset with spembs needs embeds_dir: give exp/encoder/embeds/<set>")
            self.by_speaker = embeds == "speaker"
            self.embeddings = read_embeddings(embeds_dir, "spk" if self.by_speaker else "utt")
        if "durations" in self.wanted:
            if aligner is None:
                raise MynaError("a dataset with durations needs an aligner: give exp/tts/aligner.safetensors")
            self.aligner = Monophones.load(aligner)
            if self.aligner.symbols != self.tokens.symbols:
                raise MynaError(
                    f"{aligner} was trained with other tokens than {self.root} has: {run_again('train_vits')}"
                )

    def __len__(self) -> int:
        """Return the number of utterances."""
        return len(self.utterances)

    def labels(self) -> list[str]:
        """Return the speaker of each item, in order."""
        return [utterance.speaker for utterance in self.utterances]

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Return one utterance."""
        if self._memory is None:
            return self._read(index)
        if index not in self._memory:
            self._memory[index] = self._read(index)
        return dict(self._memory[index])

    def _read(self, index: int) -> dict[str, Any]:
        utterance = self.utterances[index]
        item: dict[str, Any] = {"utt_id": utterance.name}
        if archived := [name for name in self.wanted if name in FEATURES]:
            item.update(utterance.read(*archived))
        others: dict[str, Callable[[FeatureUtterance], Any]]
        others = {"text": self._text, "speech": _speech, "spembs": self._embedding, "lids": _language}
        others |= {"durations": self._durations}
        others |= {"sids": lambda u: np.int64(self.speakers[u.speaker]), "band": lambda u: np.float32(u.band)}
        item.update({name: others[name](utterance) for name in self.wanted if name in others})
        return item

    def _text(self, utterance: FeatureUtterance) -> np.ndarray:
        return np.array(self.tokens.encode(utterance.phones), dtype=np.int64)

    def _durations(self, utterance: FeatureUtterance) -> np.ndarray:
        assert self.aligner is not None
        mel = utterance.read("mel")["mel"]
        return self.aligner.align(self._text(utterance), mel, canonical(utterance.language))

    def _embedding(self, utterance: FeatureUtterance) -> np.ndarray:
        key = utterance.speaker if self.by_speaker else utterance.name
        if key not in self.embeddings:
            raise MynaError(f"no embedding of {key} for {self.root}: {run_again('train_encoder')}")
        return self.embeddings[key]


def _speech(utterance: FeatureUtterance) -> np.ndarray:
    import soundfile

    wave, _ = soundfile.read(utterance.wav, dtype="float32")
    return wave


def _language(utterance: FeatureUtterance) -> np.int64:
    return np.int64(language_number(utterance.language))


class DatasetBuilder(BaseBuilder):
    """Stages 0 and 1 prepare the data, so for ESPnet3 there is only something to check.

    Args of every method: `data_dir`, the folder `dump/<set>`.
    """

    def is_source_prepared(self, *, data_dir: str, **_: Any) -> bool:
        """Whether stage 1 has written the set."""
        return (Path(data_dir) / "utt2spk").is_file()

    def prepare_source(self, *, data_dir: str, **_: Any) -> None:
        """Say which stage makes the set.

        Raises:
            MynaError: Always: the data come from stage 1.
        """
        raise MynaError(f"{data_dir} is missing: {run_first('extract_features')}")

    def is_built(self, *, data_dir: str, **_: Any) -> bool:
        """Whether the features of the set are there."""
        return (Path(data_dir) / "feats.scp").is_file()

    def build(self, *, data_dir: str, **_: Any) -> None:
        """Say which stage makes the features.

        Raises:
            MynaError: Always: features come from stage 1.
        """
        raise MynaError(f"{data_dir}/feats.scp is missing: {run_first('extract_features')}")
