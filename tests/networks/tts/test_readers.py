"""Who reads a text for a voice, in training's network and in the graphs of an export."""

import pytest
import torch
from torch.nn.functional import normalize

from myna.deploy.freeze import freeze, unfolded
from myna.deploy.graphs import Text
from myna.networks.tts.readers import PART, Readers
from myna.networks.tts.vits_mel import VitsMel, flow_times
from myna.text.languages import language_number

ENGLISH, GERMAN, MANDARIN = (language_number(code) for code in ("en-us", "de", "cmn"))


def some(count: int) -> torch.Tensor:
    """Return embeddings `(count, 256)`."""
    return normalize(torch.randn(count, 256), dim=-1)


@pytest.fixture(scope="module")
def network() -> VitsMel:
    """A network whose English and Mandarin have readers."""
    torch.manual_seed(0)
    model = VitsMel(text_channels=16, text_layers=1, channels=16, layers=1, decoder_layers=1, condition=8, readers=3)
    for norm in (m.modulation for m in model.encoder.modules() if hasattr(m, "modulation")):
        torch.nn.init.normal_(norm.weight, std=0.5)  # as after training: who reads is heard
    for language in (ENGLISH, MANDARIN):
        model.readers.embeddings[language] = some(3)
    return model.eval()


def test_a_person_is_drawn_towards_the_readers_who_sound_alike() -> None:
    torch.manual_seed(1)
    readers = Readers(3, 256)
    readers.embeddings[ENGLISH] = some(3)
    near = readers.embeddings[ENGLISH, 1]
    person = normalize(near + 0.3 * some(1)[0], dim=0)
    english, german = readers(person.repeat(2, 1), torch.tensor([ENGLISH, GERMAN]))
    assert torch.allclose(german, person, atol=1e-6)
    assert english @ near > person @ near
    assert torch.allclose(english, normalize((1 - PART) * person + PART * near, dim=0), atol=1e-2)
    mixed = readers(person[None], torch.tensor([[ENGLISH, GERMAN, GERMAN]]))
    assert torch.allclose(mixed[0], torch.stack((english, german, german)), atol=1e-6)


def test_a_network_tells_who_reads(network: VitsMel) -> None:
    assert [network.has_readers(language) for language in (ENGLISH, GERMAN, MANDARIN)] == [True, False, True]
    assert not VitsMel(text_channels=16, channels=16, condition=8).has_readers(ENGLISH)


def test_without_readers_everyone_reads_for_themselves() -> None:
    speaker = some(2)
    assert Readers(0, 256)(speaker, torch.tensor([[0, 1], [1, 0]])) is speaker
    assert "readers.embeddings" not in VitsMel(text_channels=16, channels=16, condition=8).state_dict()


@pytest.mark.parametrize("languages", [[ENGLISH] * 5, [MANDARIN] * 5, [GERMAN] * 5, [MANDARIN, ENGLISH, 1, 1, 6]])
def test_an_export_reads_as_the_network_does(network: VitsMel, languages: list[int]) -> None:
    speaker, tokens, spoken = some(1), torch.randint(1, 30, (1, 5)), torch.tensor([languages])
    with torch.no_grad():
        hidden = network._read(tokens, torch.ones(1, 5, 1), spoken, speaker)
        alone = network.encoder(tokens, torch.ones(1, 5, 1), spoken, network._condition(speaker))
        folded, timing = Text(freeze(network, speaker[0], flow_times(1)[:-1]))(tokens, spoken)
        whole, _ = Text(unfolded(network))(tokens, spoken, speaker)
        wanted = network.duration(hidden, torch.ones(1, 5, 1), network._condition(speaker))
    assert torch.allclose(folded[..., network.n_mels :], hidden, atol=1e-5)
    assert torch.allclose(whole[..., network.n_mels :], hidden, atol=1e-5)
    assert torch.allclose(timing, wanted, atol=1e-5)
    assert torch.allclose(hidden, alone, atol=1e-5) == (set(languages) == {GERMAN})
