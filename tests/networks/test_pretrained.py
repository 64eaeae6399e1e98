"""The shipped base: whole, loadable, able to speak with any embedding."""

import json
from pathlib import Path

import pytest
import torch

from myna.errors import MynaError
from myna.files import sha256
from myna.networks.pretrained import FOLDER, load_part, part_config
from myna.networks.voice import Voice, VoiceConfig
from myna.text.tokens import TokenList

LIMIT_MB = 80


def base_voice(embedding: torch.Tensor) -> Voice:
    config = VoiceConfig("base", "en-us", part_config("tts"), part_config("vocoder"))
    return Voice(config, load_part("tts"), load_part("vocoder"), embedding, TokenList.load(FOLDER / "tokens.txt"))


def test_the_weights_are_those_that_were_measured() -> None:
    listed = json.loads((FOLDER / "weights.json").read_text(encoding="utf-8"))
    assert {name: sha256(FOLDER / name) for name in listed} == {name: row["sha256"] for name, row in listed.items()}
    assert sum((FOLDER / name).stat().st_size for name in listed) < LIMIT_MB * 1e6


def test_another_embedding_is_another_voice() -> None:
    torch.manual_seed(0)
    one, two = torch.nn.functional.normalize(torch.randn(2, 256), dim=1)
    waves = [base_voice(e).speak("Hello there, how are you?") for e in (one, two)]
    assert all(len(w) > 11_025 and abs(w).max() > 0.01 for w in waves)
    assert len(waves[0]) != len(waves[1]) or abs(waves[0] - waves[1]).max() > 0.01


def test_without_a_base_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(MynaError, match="init=scratch"):
        load_part("tts", tmp_path)
