"""Tacotron 2 and FastSpeech 2: they learn, restore, speak each text by itself; the guard and the controls work."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import torch

from myna.networks.tts.batch import Batch, Texts
from myna.networks.tts.fastspeech2 import FastSpeech2
from myna.networks.tts.mel_network import MelNetwork, with_end
from myna.networks.tts.tacotron2 import Tacotron2
from myna.networks.tts.tacotron2_guard import judge

Fields = dict[str, torch.Tensor]
DURATION = 5


def fastspeech2() -> FastSpeech2:
    torch.manual_seed(0)
    return FastSpeech2(channels=32, layers=1, inner=64, predictor=32, dropout=0.0, variance_dropout=0.0)


def tacotron2() -> Tacotron2:
    torch.manual_seed(0)
    return Tacotron2(channels=32, attention=16, decoder=48, prenet=16, dropout=0.1, zoneout=0.0)


MAKE: dict[str, Callable[[], MelNetwork]] = {"fastspeech2": fastspeech2, "tacotron2": tacotron2}


@pytest.fixture
def batch() -> Fields:
    """Four utterances of tokens that each have a spectrum and a length, with F0 and energy."""
    source = torch.Generator().manual_seed(1)
    tokens = torch.randint(1, 100, (4, 9), generator=source)
    token_lengths = torch.tensor([7, 9, 6, 9])
    mel = torch.randn(100, 80, generator=source)[tokens].repeat_interleave(DURATION, 1) - 5
    durations = torch.full((4, 9), DURATION)
    for row, length in enumerate(token_lengths.tolist()):
        tokens[row, length:] = durations[row, length:] = 0
        mel[row, DURATION * length :] = -11.5
    return {
        "tokens": tokens,
        "token_lengths": token_lengths,
        "mel": mel,
        "mel_lengths": DURATION * token_lengths,
        "speaker": torch.nn.functional.normalize(torch.randn(4, 256, generator=source), dim=1),
        "language": torch.arange(4),
        "f0": (100 + 120 * torch.rand(4, 9, generator=source)).repeat_interleave(DURATION, 1),
        "energy": 0.03 + 0.01 * torch.randn(4, 45, generator=source),
        "durations": durations,
    }


def of(network: MelNetwork, batch: Fields) -> Batch:
    taken = ("tokens", "token_lengths", "mel", "mel_lengths", "speaker", "language", *network.fields)
    return Batch(**{name: batch[name] for name in taken})


def spoken(network: Any, batch: Fields, **more: Any) -> tuple[torch.Tensor, torch.Tensor]:
    return network.eval().infer(Texts(*(batch[n] for n in ("tokens", "token_lengths", "speaker", "language"))), **more)


def learn(network: MelNetwork, batch: Fields, steps: int, rate: float = 3e-3) -> list[dict[str, float]]:
    optimizer = torch.optim.Adam(network.train().parameters(), rate)
    history = []
    for _ in range(steps):
        losses = network(of(network, batch))
        optimizer.zero_grad()
        sum(losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        history.append({name: float(value.detach()) for name, value in losses.items()})
    return history


@pytest.mark.parametrize(
    ("name", "losses"),
    [("fastspeech2", ("spectrum", "duration", "pitch", "energy")), ("tacotron2", ("absolute", "squared", "stop"))],
)
def test_losses_fall_when_four_utterances_are_learned_by_heart(
    name: str, losses: tuple[str, ...], batch: Fields
) -> None:
    history = learn(MAKE[name](), batch, 40)
    for loss in losses:
        assert history[-1][loss] < 0.75 * history[0][loss], loss


@pytest.mark.parametrize("name", MAKE)
def test_every_parameter_that_takes_part_gets_a_gradient(name: str, batch: Fields) -> None:
    network = MAKE[name]()
    sum(network(of(network, batch)).values()).backward()
    assert [n for n, p in network.named_parameters() if p.grad is None] == []


@pytest.mark.parametrize("name", MAKE)
def test_restored_weights_speak_the_same(name: str, batch: Fields, tmp_path) -> None:
    network = MAKE[name]()
    network.set_statistics(torch.full((80,), -4.0), torch.ones(80), f0_mean=torch.tensor(5.1), f0_std=torch.tensor(0.2))
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    other = MAKE[name]()
    torch.manual_seed(99)
    other.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    torch.testing.assert_close(spoken(network, batch), spoken(other, batch), rtol=0, atol=0)


@pytest.mark.parametrize("name", MAKE)
def test_speech_does_not_depend_on_the_neighbours_in_a_batch(name: str, batch: Fields) -> None:
    network = MAKE[name]()
    together, lengths = spoken(network, batch)
    for row, length in enumerate(batch["token_lengths"].tolist()):
        own = {n: batch[n][row : row + 1] for n in ("token_lengths", "speaker", "language")}
        alone, count = spoken(network, {"tokens": batch["tokens"][row : row + 1, :length], **own})
        assert int(count) == int(lengths[row])
        torch.testing.assert_close(together[row, : int(count)], alone[0], rtol=0, atol=0)


@pytest.mark.parametrize("name", MAKE)
def test_speaker_and_language_are_heard(name: str, batch: Fields) -> None:
    network = MAKE[name]()
    more = {"durations": batch["durations"]} if name == "fastspeech2" else {"threshold": 2.0}
    plain, _ = spoken(network, batch, **more)
    for field in ("speaker", "language"):
        changed, _ = spoken(network, batch | {field: batch[field].flip(0)}, **more)
        assert (plain - changed).abs().max() > 1e-3, field


@pytest.mark.parametrize("name", MAKE)
def test_speed_shortens_speech(name: str, batch: Fields) -> None:
    network = MAKE[name]()
    learn(network, batch, 15)
    _, slow = spoken(network, batch, speed=0.5)
    _, fast = spoken(network, batch, speed=2.0)
    assert (fast < slow).all()


def test_pitch_and_energy_turn_the_mel(batch: Fields) -> None:
    """Where high F0 means more of the upper bands and energy more of all, the controls do just that."""
    network, source = fastspeech2(), torch.Generator().manual_seed(2)
    network.set_statistics(
        torch.full((80,), -5.0), torch.ones(80), f0_mean=torch.tensor(5.0), f0_std=torch.tensor(0.3),
        energy_mean=torch.tensor(0.03), energy_std=torch.tensor(0.01),
    )  # fmt: skip
    tilt = torch.linspace(-2, 2, 80)
    optimizer = torch.optim.Adam(network.train().parameters(), 3e-3)
    for _ in range(60):
        # Drawn anew each time, so that it cannot be told from the text.
        height, level = torch.randn(2, 4, 9, 1, generator=source).repeat_interleave(DURATION, 2)
        f0, energy = (5 + 0.3 * height[..., 0]).exp(), 0.03 + 0.01 * level[..., 0]
        losses = network(of(network, batch | {"mel": -5 + height * tilt + level, "f0": f0, "energy": energy}))
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()

    def heard(**more: float) -> tuple[torch.Tensor, torch.Tensor]:
        mel, lengths = spoken(network, batch, durations=batch["durations"], **more)
        means = torch.stack([m[:n].mean(0) for m, n in zip(mel, lengths.tolist(), strict=True)])
        return (means * tilt).mean(1), means.mean(1)

    tilts, levels = heard()
    assert (heard(pitch=1.2)[0] > tilts + 0.03).all()
    assert (heard(pitch=0.8)[0] < tilts - 0.03).all()
    assert (heard(energy=1.3)[1] > levels + 0.03).all()
    inputs = [batch[n][1:2] for n in ("tokens", "speaker", "language")]
    with torch.no_grad():
        assert network.prosody(*inputs).pitch.log().mean() == pytest.approx(5.0, abs=0.3)


def test_unvoiced_tokens_count_as_the_mean_pitch(batch: Fields) -> None:
    network = fastspeech2()
    f0 = batch["f0"].clone()
    f0[0, :DURATION] = 0
    f0[0, DURATION] = 0
    pitch, energy = network._by_token(batch["durations"], f0, batch["energy"])
    assert pitch[0, 0, 0] == 0
    expected = (f0[0, DURATION + 1].log() - network.pitch_mean) / network.pitch_std
    torch.testing.assert_close(pitch[0, 1, 0], expected)
    torch.testing.assert_close(energy[3, 8, 0], (batch["energy"][3, 40:].mean() - 0.03) / 0.03)
    assert (pitch[2, 6:] == 0).all()


def test_a_runaway_is_cut_and_reported(batch: Fields, caplog: pytest.LogCaptureFixture) -> None:
    network = tacotron2()
    torch.nn.init.zeros_(network.net.dec.prob_out.weight)
    torch.nn.init.constant_(network.net.dec.prob_out.bias, -20.0)
    with caplog.at_level(logging.WARNING):
        mel, lengths = spoken(network, batch, frames_per_token=20.0)
    assert (lengths <= 20 * (batch["token_lengths"] + 1)).all()
    assert mel.shape[1] == int(lengths.max())
    assert len([r for r in caplog.records if "ran away" in r.message]) == 4
    caplog.clear()
    torch.nn.init.constant_(network.net.dec.prob_out.bias, 20.0)
    _, lengths = spoken(network, batch)
    assert lengths.tolist() == [2] * 4
    assert "words may be missing" in caplog.text


def diagonal(steps: int, tokens: int, end: int | None = None) -> torch.Tensor:
    places = torch.linspace(0, (end or tokens) - 1, steps).round().long()
    return torch.nn.functional.one_hot(places, tokens).float()


def test_how_decoding_ended_is_judged() -> None:
    never, ends = torch.zeros(40), torch.zeros(40)
    ends[-1] = 0.9
    assert judge(ends, diagonal(40, 10), 0.5, 8).trouble is None
    assert "after token 4 of 10" in (judge(ends, diagonal(40, 10, 4), 0.5, 8).trouble or "")
    read = judge(never, diagonal(40, 10), 0.5, 8)
    assert read.steps < 40 and "where the text was read" in (read.trouble or "")
    hung = judge(never, diagonal(40, 10, 5), 0.5, 8)
    assert hung.steps == 40 and "hung at token 5 of 10" in (hung.trouble or "")


def test_the_end_mark_stands_behind_each_text() -> None:
    tokens, lengths = with_end(torch.tensor([[1, 2, 3, 0], [4, 0, 0, 0]]), torch.tensor([3, 1]), 9)
    assert tokens.tolist() == [[1, 2, 3, 9], [4, 9, 0, 0]]
    assert lengths.tolist() == [4, 2]
