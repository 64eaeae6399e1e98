"""Items, padding and the stream of batches."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from myna.errors import MynaError
from myna.espnet.batches import ByLength, BySpeaker
from myna.espnet.collate import Pad
from myna.espnet.dataset import Dataset, DatasetBuilder
from myna.espnet.embeddings import write_embeddings
from myna.text.languages import LANGUAGES
from myna.text.tokens import default_tokens


def test_batches_cover_each_pass_once_within_their_limits() -> None:
    """Every item comes once a pass, in batches of similar length that respect both limits."""
    lengths = [10 + 7 * (i % 13) for i in range(50)]
    stream = iter(ByLength(lengths, batch_size=8, batch_frames=300, steps=1000))
    seen: Counter[int] = Counter()
    while sum(seen.values()) < 50:
        batch = next(stream)
        assert len(batch) <= 8
        assert len(batch) * max(lengths[i] for i in batch) <= 300 or len(batch) == 1
        seen.update(batch)
    assert set(seen.values()) == {1}


def test_resumed_and_shared_streams_are_the_same_stream() -> None:
    """Starting at step 7 gives what follows after 7 steps; two processes share each batch; seeds differ."""
    lengths = list(range(20, 60))
    whole = list(ByLength(lengths, 4, steps=30, seed=5))
    assert len(whole) == 30
    assert list(ByLength(lengths, 4, steps=30, seed=5, start=7)) == whole[7:]
    halves = [list(ByLength(lengths, 4, steps=30, seed=5, rank=rank, world=2)) for rank in (0, 1)]
    assert [sorted(one + other) for one, other in zip(*halves, strict=True)] == [sorted(batch) for batch in whole]
    assert all(len(one) == len(other) == 2 for one, other in zip(*halves, strict=True))
    assert list(ByLength(lengths, 4, steps=30, seed=6)) != whole


def test_speakers_are_drawn_evenly() -> None:
    """A speaker with one utterance is heard as often as one with nine."""
    labels = ["a"] * 9 + ["b"] + ["c"] * 5
    batches = list(BySpeaker(labels, speakers=3, utterances=4, steps=10))
    for batch in batches:
        assert Counter(labels[i] for i in batch) == {"a": 4, "b": 4, "c": 4}
        assert len({i for i in batch if labels[i] == "a"}) == 4


def test_processes_share_whole_speakers() -> None:
    """Of four speakers each of two processes gets two; of three they cannot, and one item is given to both."""
    labels = [speaker for speaker in "abcd" for _ in range(3)]
    whole = list(BySpeaker(labels, speakers=4, utterances=2, steps=5))
    halves = [list(BySpeaker(labels, speakers=4, utterances=2, steps=5, rank=rank, world=2)) for rank in (0, 1)]
    for one, other, batch in zip(*halves, whole, strict=True):
        assert sorted(one + other) == sorted(batch)
        assert [len({labels[i] for i in part}) for part in (one, other)] == [2, 2]
    with pytest.raises(MynaError, match="3 speakers in a batch cannot be shared by 2 processes"):
        BySpeaker(labels[:9], speakers=4, utterances=2, steps=5, world=2)
    assert [list(ByLength([9], 4, steps=1, rank=rank, world=2)) for rank in (0, 1)] == [[[0]], [[0]]]


def test_items_hold_the_fields_asked_for(tmp_path: Path, tiny_set: Path) -> None:
    """Tokens, features, sound, embedding and numbers have the shapes and types that models expect."""
    rows = {name: np.eye(256, dtype=np.float32)[i] for i, name in enumerate(("ana", "ben", "eva", "tom"))}
    write_embeddings(tmp_path / "embeds", "spk", rows)
    fields = ("text", "mel", "f0", "speech", "spembs", "lids", "sids", "band")
    data = Dataset(
        str(tiny_set), fields, embeds_dir=str(tmp_path / "embeds"), embeds="speaker", speakers=list(rows), cache=True
    )
    assert len(data) == 16
    item = data[5]
    frames = data.lengths[5]
    assert item["utt_id"] == "ben-001"
    symbols = [*"həloʊ", " ", *"wɜld"]
    assert item["text"].tolist() == default_tokens().encode(symbols)
    assert (item["mel"].shape, item["f0"].shape, item["speech"].shape) == ((frames, 80), (frames,), (frames * 256,))
    assert np.array_equal(item["spembs"], rows["ben"])
    assert (item["lids"], item["sids"], item["band"]) == (LANGUAGES["en-us"], 1, 8000)
    assert data.labels()[5] == "ben"

    _, batch = Pad()([data[0], data[5]])
    longest = max(data.lengths[0], frames)
    assert batch["mel"].shape == (2, longest, 80)
    assert batch["mel_lengths"].tolist() == [data.lengths[0], frames]
    shorter = int(batch["mel_lengths"].argmin())
    if (end := int(batch["mel_lengths"][shorter])) < longest:
        assert torch.allclose(batch["mel"][shorter, end:], torch.tensor(np.log(1e-5), dtype=torch.float32))
    assert batch["spembs"].shape == (2, 256)
    assert batch["lids"].dtype == batch["text"].dtype == torch.int64
    assert batch["speech_lengths"].tolist() == [n * 256 for n in batch["mel_lengths"].tolist()]


def test_limits_choose_utterances(tiny_set: Path) -> None:
    """Length limits, a number, and a list of speakers each leave others out."""
    whole = Dataset(str(tiny_set))
    middle = sorted(whole.lengths)[8]
    assert min(Dataset(str(tiny_set), min_frames=middle).lengths) >= middle
    assert len(Dataset(str(tiny_set), limit=5)) == 5
    assert set(Dataset(str(tiny_set), ["sids"], speakers=["eva", "tom"]).labels()) == {"eva", "tom"}
    with pytest.raises(MynaError, match=r"or change tts\.max_frames"):
        Dataset(str(tiny_set), min_frames=10_000)


def test_errors_name_field_file_and_stage(tmp_path: Path, tiny_set: Path) -> None:
    """Unknown fields, missing sets and missing embeddings say what to do."""
    with pytest.raises(MynaError, match="unknown field 'pitch'"):
        Dataset(str(tiny_set), ["pitch"])
    with pytest.raises(MynaError, match="stage 1"):
        Dataset(str(tmp_path / "nowhere"))
    with pytest.raises(MynaError, match="stage 2"):
        Dataset(str(tiny_set), ["spembs"], embeds_dir=str(tmp_path / "embeds"))
    builder = DatasetBuilder()
    assert builder.is_source_prepared(data_dir=str(tiny_set))
    assert builder.is_built(data_dir=str(tiny_set))
    with pytest.raises(MynaError, match="stage 1"):
        builder.build(data_dir=str(tmp_path / "nowhere"))
    with pytest.raises(MynaError, match="stage 1"):
        builder.prepare_source(data_dir=str(tmp_path / "nowhere"))
