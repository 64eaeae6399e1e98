"""VITS for small devices: its size, and that it speaks as every acoustic model does."""

from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf
from sealing import sealed

from myna.networks.tts.batch import Texts
from myna.networks.tts.vits_mobile import VitsMobile, synthesis_parameters
from myna.networks.voice import Voice, VoiceConfig, build
from myna.text.tokens import default_tokens

CONF = Path(__file__).parents[3] / "conf" / "tts" / "vits_mobile.yaml"
TINY: dict[str, Any] = {
    "tokens": len(default_tokens()),
    "condition": 8,
    "hidden": 16,
    "inner": 32,
    "text_layers": 1,
    "posterior_layers": 2,
    "posterior_stacks": 1,
    "flows": 2,
    "channels": 32,
    "decoder_inner": 64,
    "decoder_layers": 2,
}


@pytest.fixture(scope="module")
def model() -> VitsMobile:
    """Give a tiny network with random weights, none of them zero, and durations that sound."""
    torch.manual_seed(0)
    network = VitsMobile(**TINY)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.abs().sum() == 0:
                parameter.normal_(0, 0.1)
    network.duration_scale.fill_(3.0)
    return network.eval()


def test_four_to_eight_million_parameters_speak() -> None:
    """The configured size, posterior encoder and training half of the duration predictor not counted."""
    settings: Any = OmegaConf.to_container(OmegaConf.load(CONF).network)
    with torch.device("meta"):
        network = build({"tokens": len(default_tokens()), **settings})
    assert isinstance(network, VitsMobile)
    assert 4e6 < synthesis_parameters(network) < 8e6
    assert synthesis_parameters(network) < sum(p.numel() for p in network.parameters())


def test_a_row_sounds_the_same_alone_and_in_a_batch(model: VitsMobile) -> None:
    """Padding and neighbours change nothing, noise included; another speaker sounds otherwise."""
    tokens = torch.randint(3, 60, (2, 11), generator=torch.Generator().manual_seed(1))
    counts, speakers, languages = torch.tensor([7, 11]), torch.randn(2, 256), torch.tensor([0, 4])
    waves, lengths = model.infer(Texts(tokens, counts, speakers, languages), seed=3)
    assert waves.std() > 1e-4
    assert (lengths % model.hop_length == 0).all()
    for row in range(2):
        own = slice(row, row + 1)
        alone = (tokens[own, : int(counts[row])], counts[own], speakers[own], languages[own])
        wave, length = model.infer(Texts(*alone), seed=3)
        assert length.tolist() == lengths[own].tolist()
        assert torch.allclose(wave[0], waves[row, : int(length)], atol=1e-5)
    other, _ = model.infer(Texts(tokens, counts, -speakers, languages), seed=3)
    assert other.shape != waves.shape or not torch.allclose(other, waves)


def test_a_saved_voice_speaks_the_same(model: VitsMobile, tmp_path: Path) -> None:
    """Voice directory and back: the same samples for the same text."""
    described = VoiceConfig("Ana", "en-us", {"_target_": "myna.networks.tts.vits_mobile.VitsMobile", **TINY})
    voice = Voice(described, model, None, torch.nn.functional.normalize(torch.randn(256), dim=0), default_tokens())
    voice.save(tmp_path / "voice")
    spoken = voice.speak("Good morning.", seed=5)
    assert len(spoken) > 1000
    assert (Voice.load(sealed(tmp_path / "voice")).speak("Good morning.", seed=5) == spoken).all()
