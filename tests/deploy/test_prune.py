"""`myna export … --prune`: narrower blocks that give what the whole ones gave."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_voice import small_voice

from myna import cli
from myna.deploy.calibration import blocks_of
from myna.deploy.export import export_onnx, gate_sentences, pruning_texts
from myna.deploy.findings import Findings
from myna.deploy.gate import _torch, check
from myna.deploy.prune import Smaller, _fit, prune, speak
from myna.deploy.recover import recover
from myna.errors import MynaError
from myna.networks.convnext import ConvNextBlock
from myna.networks.voice import Voice

TEXTS = [(line, "en-us") for line in gate_sentences("en-us", 4)]
KEEP = {"tts": 0.75, "vocoder": 0.5}


def distance(voice: Voice, other: Voice) -> float:
    """Mean distance of log-mels with the same durations."""
    inputs = [speak(voice, *text) for text in TEXTS]
    with torch.no_grad():
        mels = [other.tts.infer(x.inputs, durations=x.durations, **voice.config.defaults)[0] for x in inputs]
    return float(np.mean([(mel - x.mel).abs().mean() for mel, x in zip(mels, inputs, strict=True)]))


def cut_alone(voice: Voice) -> Voice:
    """Take the same number of channels out, the last ones, and fit nothing."""
    other = small_voice()
    for part in ("encoder", "decoder", "flow"):
        for block in blocks_of(getattr(other.tts, part)):
            count = int(0.75 * block.expand.out_features)
            with torch.no_grad():
                block.project.weight[:, count:] = 0
    return other


def test_what_stays_makes_up_for_what_goes() -> None:
    voice = small_voice()
    smaller = prune(voice, KEEP, TEXTS)
    inner = [block.expand.out_features for block in blocks_of(smaller.tts.decoder)]
    assert inner == [64, 64]  # 72 to a multiple of 16, the even one
    assert [block.expand.out_features for block in blocks_of(smaller.vocoder.blocks)] == [32, 32]
    assert [block.expand.out_features for block in blocks_of(smaller.tts.duration)] == [64, 64]
    assert [block.expand.out_features for block in blocks_of(voice.tts.decoder)] == [96, 96]
    assert distance(voice, smaller) < 0.5 * distance(voice, cut_alone(voice))
    assert smaller.speak("Good morning.").std() > 1e-4


def test_channels_that_say_nothing_of_their_own_go_first() -> None:
    """Of 32 channels half repeat others: without them a block gives the same."""
    torch.manual_seed(0)
    block = ConvNextBlock(8, 32)
    with torch.no_grad():
        block.expand.weight[16:], block.expand.bias[16:] = block.expand.weight[:16], block.expand.bias[:16]
        rows = torch.randn(200, 8)
        hidden = torch.nn.functional.gelu(block.expand(rows), approximate="tanh")
        wanted = block.project(hidden)
        _fit(block, hidden, wanted, 0.5)
        found = block.project(torch.nn.functional.gelu(block.expand(rows), approximate="tanh"))
    assert block.expand.out_features == 16
    assert (found - wanted).abs().mean() < 0.02 * wanted.abs().mean()


def test_training_brings_it_nearer() -> None:
    voice = small_voice()
    smaller = prune(voice, KEEP, TEXTS)
    trained = recover(smaller, voice, [speak(voice, *text) for text in TEXTS[:2]], 6)
    assert distance(voice, trained) < distance(voice, smaller)
    assert distance(voice, smaller) == distance(voice, prune(voice, KEEP, TEXTS))  # what is given stays as it is


@pytest.mark.parametrize("defaults", [{"steps": 0}, {"steps": 2}])
def test_other_ways_to_draw_are_pruned_too(defaults: dict) -> None:
    voice = small_voice(**defaults)
    assert distance(voice, prune(voice, {"tts": 0.5}, TEXTS[:2])) < 0.3


def test_a_pruned_export_is_smaller_and_says_so(voice_folder: Path, exported: Path, tmp_path: Path) -> None:
    """The small voice babbles, so the gate may refuse how it sounds, and then nothing is written."""
    out = tmp_path / "pruned"
    smaller = Smaller.parse("tts=0.75,vocoder=0.5", TEXTS[:2])
    try:
        export_onnx(voice_folder, out, "fp32", gate_sentences("en-us", 2), smaller=smaller)
    except MynaError as error:
        assert "does not speak as the voice does" in str(error)
        assert not list(tmp_path.iterdir())
        return
    assert (out / "spectra.onnx").stat().st_size < (exported / "spectra.onnx").stat().st_size
    assert "50% of those of vocoder" in (out / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("shares", "message"),
    [("tts", "say how much is kept"), ("tts=2", "0.25 to 1"), ("pitch=0.5", "0.25 to 1"), ("tts=x", "say how much")],
)
def test_shares_that_cannot_be_are_told(shares: str, message: str, voice_folder: Path, tmp_path: Path, capsys) -> None:
    words = ["export", "int8", str(voice_folder), str(tmp_path / "out"), "--prune", shares]
    assert cli.main(words) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_gate_keeps_its_sentences_to_itself() -> None:
    texts = pruning_texts("en-us")
    assert not {line for line, _ in texts} & {*gate_sentences("en-us", 12)}
    assert {language for _, language in texts} >= {"en-us", "de", "fr-fr"}
    assert _torch(small_voice(), small_voice().encode(texts[0][0]), "en-us", 0)[0].min() >= 1


def test_the_gate_is_wider_for_what_was_pruned_and_no_wider() -> None:
    plain = dict(sentences=12, megabytes=10, smaller=5.8, faster=3, first_sound=0.03, real_time_factor=0.1)
    found = Findings(**plain, durations=0.025, mel=0.0, sound=1.0, mos=(4.0, 3.9), wer=(0.05, 0.05), similarity=0.96)
    check(found, exact=False, pruned=True)
    with pytest.raises(MynaError, match=r"2\.5% longer or shorter; similarity 0\.960"):
        check(found, exact=False)
    with pytest.raises(MynaError, match="MOS estimate"):
        check(replace(found, mos=(4.0, 3.8)), exact=False, pruned=True)
