"""Segments of mel and wave, and what is said when they cannot be had."""

import json

import pytest
import torch

from myna.audio.mel import log_mel
from myna.errors import MynaError
from myna.nemo.dataset import SegmentDataset, load, read_items, write_manifest


def test_mel_and_wave_belong_together(dump):
    data = SegmentDataset([dump / "pool_train"], frames=40, draws=8, seed=1)
    draw = data[3]
    assert draw["mel"].shape == (40, 80)
    assert draw["wave"].shape == (40 * 256,)
    # Away from the edges, where reflection stands for what was cut off.
    again = log_mel(draw["wave"])[0]
    assert (again[4:-4] - draw["mel"][4:-4]).abs().mean() < 0.02


def test_draws_are_the_same_every_time_and_go_on_after_a_restart(dump):
    first, second = (SegmentDataset([dump / "pool_train"], frames=40, draws=8, seed=1) for _ in range(2))
    second.skip = 2
    assert torch.equal(first[5]["wave"], second[3]["wave"])
    second.rank, second.world = 1, 2  # the second of two processes takes every second draw
    assert torch.equal(first[5]["wave"], second[1]["wave"])
    assert len({float(first[n]["wave"].sum()) for n in range(8)}) == 8


def test_augmented_copies_are_left_out_unless_wanted(dump):
    assert len(read_items(dump / "pool_train")) == 4
    assert len(read_items(dump / "pool_train", augmented=True)) == 6
    assert {item.band for item in read_items(dump / "pool_train")} == {8_000.0, 11_025.0}


def test_manifest_for_the_data_set_of_nemo(dump, tmp_path):
    write_manifest(dump / "target_dev", tmp_path / "manifest.json")
    lines = [json.loads(line) for line in (tmp_path / "manifest.json").read_text().splitlines()]
    assert len(lines) == 3
    assert lines[0]["duration"] == pytest.approx(1.6, abs=0.02)


def test_missing_features_name_the_stage(tmp_path):
    with pytest.raises(MynaError, match=r"feats\.scp is missing; run stage 1"):
        read_items(tmp_path / "pool_train")


def test_too_long_segments_are_refused(dump):
    with pytest.raises(MynaError, match="no utterance has 4000 frames"):
        SegmentDataset([dump / "pool_train"], frames=4000, draws=1)


def test_damaged_audio_names_the_utterance(dump, tmp_path):
    item = read_items(dump / "target_dev")[0]
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")
    with pytest.raises(MynaError, match=f"utterance {item.id} cannot be read"):
        load(type(item)(item.id, str(broken), item.features, item.frames, item.band))
