"""The VITS network, in a tiny size."""

from pathlib import Path

import hf_voices
import pytest
import torch
from lively import enliven
from sealing import sealed

from myna.networks.tts.batch import Texts
from myna.networks.tts.vits import Vits, valid_mask
from myna.networks.tts.vits_text import RelativeAttention, VitsTextEncoder
from myna.networks.voice import Voice, VoiceConfig
from myna.text.tokens import default_tokens

TINY = {**hf_voices.TINY, "tokens": len(default_tokens()), "channels": 16}


def lively(network: Vits) -> Vits:
    enliven(network, 10)
    network.duration_scale.fill_(3.0)
    return network.eval()


@pytest.fixture(scope="module")
def model() -> Vits:
    """Give a tiny network with random weights and durations that sound."""
    torch.manual_seed(0)
    return lively(Vits(**TINY))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Give two texts of different lengths, with speakers and languages."""
    tokens = torch.randint(3, 60, (2, 11), generator=torch.Generator().manual_seed(1))
    return tokens, torch.tensor([7, 11]), torch.randn(2, 256), torch.tensor([0, 4])


def test_a_row_sounds_the_same_alone_and_in_a_batch(model: Vits, batch: tuple[torch.Tensor, ...]) -> None:
    """Padding and neighbours change nothing, noise included."""
    waves, lengths = model.infer(Texts(*batch), seed=3)
    assert waves.std() > 1e-3
    assert lengths.max() > lengths.min() > 0
    for row in range(2):
        own = slice(row, row + 1)
        tokens, count, speaker, language = (x[own] for x in batch)
        wave, length = model.infer(Texts(tokens[:, : int(count)], count, speaker, language), seed=3)
        assert length.tolist() == lengths[own].tolist()
        assert torch.allclose(wave[0], waves[row, : int(length)], atol=1e-5)
        assert waves[row, int(length) :].abs().sum() == 0


def test_seed_speed_and_speaker_are_heard(model: Vits, batch: tuple[torch.Tensor, ...]) -> None:
    """Same seed, same wave; another seed or speaker, another; twice the speed, shorter."""
    tokens, count, speaker, language = batch
    first, lengths = model.infer(Texts(*batch), seed=1)
    again, _ = model.infer(Texts(*batch), seed=1)
    assert torch.equal(first, again)
    other, _ = model.infer(Texts(*batch), seed=2)
    assert other.shape != first.shape or not torch.allclose(other, first)
    changed, _ = model.infer(Texts(tokens, count, -speaker, language), seed=1)
    assert changed.shape != first.shape or not torch.allclose(changed, first)
    _, fast = model.infer(Texts(*batch), seed=1, speed=2.0)
    assert (fast < lengths).all()
    assert (lengths % model.hop_length == 0).all()


def test_flow_is_its_own_inverse(model: Vits) -> None:
    """Forward and back gives the latents again."""
    z, mask, condition = torch.randn(2, 16, 30), torch.ones(2, 1, 30), torch.randn(2, 8, 1)
    back = model.flow(model.flow(z, mask, g=condition), mask, g=condition, inverse=True)
    assert torch.allclose(z, back, atol=1e-4)


def test_folding_weight_norm_keeps_the_sound(batch: tuple[torch.Tensor, ...]) -> None:
    """A network trained with weight normalisation speaks the same from plain weights."""
    torch.manual_seed(1)
    trained = lively(Vits(**TINY, weight_norm=True))  # type: ignore[arg-type]
    before, _ = trained.infer(Texts(*batch))
    plain = Vits(**TINY).eval()  # type: ignore[arg-type]
    plain.load_state_dict(trained.fold().state_dict())
    after, _ = plain.infer(Texts(*batch))
    assert torch.allclose(before, after, atol=1e-5)


def test_a_saved_voice_speaks_the_same(model: Vits, tmp_path: Path) -> None:
    """Voice directory and back: the same samples for the same text."""
    described = VoiceConfig("Ana", "en-us", {"_target_": "myna.networks.tts.vits.Vits", **TINY})
    voice = Voice(described, model, None, torch.nn.functional.normalize(torch.randn(256), dim=0), default_tokens())
    voice.save(tmp_path / "voice")
    restored = Voice.load(sealed(tmp_path / "voice"))
    spoken = voice.speak("Good morning.", seed=5)
    assert len(spoken) > 0
    assert (restored.speak("Good morning.", seed=5) == spoken).all()


def test_text_encoder_hears_neighbours_not_padding() -> None:
    """What stands after a text's end does not reach it."""
    torch.manual_seed(0)
    encoder = VitsTextEncoder(20, 16, 2, 32, 2, 3, 4, 0.0).eval()
    tokens = torch.randint(0, 20, (1, 9))
    longer = torch.cat([tokens, torch.randint(0, 20, (1, 5))], dim=1)
    short = encoder(tokens, valid_mask(torch.tensor([9])))
    padded = encoder(longer, valid_mask(torch.tensor([9]), 14))
    for a, b in zip(short, padded, strict=True):
        assert torch.allclose(a, b[:, :9], atol=1e-5)
        assert b[:, 9:].abs().sum() == 0


def test_attention_tells_left_from_right() -> None:
    """With the same content everywhere, only relative values can make positions differ."""
    torch.manual_seed(0)
    attention = RelativeAttention(8, 2, 2, 0.0)
    out = attention(torch.ones(1, 6, 8), torch.ones(1, 6, dtype=torch.bool))
    assert not torch.allclose(out[0, 0], out[0, 5], atol=1e-4)
