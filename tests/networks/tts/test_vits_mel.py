"""The mel flow network: shapes, learning, independence of a batch, alignment."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from myna.audio.mel import MelConfig, mel_filters
from myna.networks.tts.alignment import expand, monotonic_durations
from myna.networks.tts.batch import Batch, Texts
from myna.networks.tts.intonation import normalised_pitch, partials, partials_at, pitch_in_hertz
from myna.networks.tts.mel_discriminator import MelPatchDiscriminator, discriminator_loss, generator_losses
from myna.networks.tts.vits_mel import ONE_STEP_DETAIL, VitsMel


def tiny() -> VitsMel:
    torch.manual_seed(0)
    return VitsMel(text_channels=32, text_layers=1, channels=48, layers=3, condition=32)


def batch(count: int = 4) -> Batch:
    source = torch.Generator().manual_seed(1)
    tokens = torch.randint(1, 100, (count, 12), generator=source)
    token_lengths = torch.tensor([12, 9, 7, 12])[:count]
    mel_lengths = torch.tensor([60, 50, 41, 33])[:count]
    # Each token has a spectrum of its own, so that there is something to learn.
    shape = torch.randn(100, 80, generator=source)
    mel = torch.stack([shape[row].repeat_interleave(5, 0) for row in tokens]) * 2 - 5
    for row, (tokens_in, frames) in enumerate(zip(token_lengths, mel_lengths, strict=True)):
        tokens[row, tokens_in:] = 0
        mel[row, frames:] = -11.5
    speaker = torch.nn.functional.normalize(torch.randn(count, 256, generator=source), dim=1)
    return Batch(tokens, token_lengths, mel, mel_lengths, speaker, torch.arange(count))


def test_every_loss_falls_when_four_utterances_are_learned_by_heart() -> None:
    model, data = tiny(), batch()
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
    history = []
    for step in range(60):
        torch.manual_seed(step)
        losses = model(data)
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
        history.append({k: float(v.detach()) for k, v in losses.items()})
    for name in ("prior", "duration", "mean", "flow"):
        early, late = (np.mean([h[name] for h in part]) for part in (history[:5], history[-5:]))
        assert late < 0.7 * early, name


def test_every_parameter_gets_a_gradient() -> None:
    model = tiny()
    torch.nn.init.normal_(model.flow.leave.weight, std=0.1)
    sum(model(batch(), segment=32).values()).backward()
    assert [name for name, p in model.named_parameters() if p.requires_grad and p.grad is None] == []


def test_speech_does_not_depend_on_the_neighbours_in_a_batch() -> None:
    model, data = tiny().eval(), batch()
    torch.nn.init.normal_(model.flow.leave.weight, std=0.1)
    together, lengths = model.infer(data.text)
    for row, tokens in enumerate(data.token_lengths.tolist()):
        alone, length = model.infer(
            Texts(
                data.tokens[row : row + 1, :tokens],
                data.token_lengths[row : row + 1],
                data.speaker[row : row + 1],
                data.language[row : row + 1],
            ),
        )
        assert int(length) == int(lengths[row])
        torch.testing.assert_close(together[row, : int(length)], alone[0], atol=2e-4, rtol=1e-4)


def test_restored_weights_speak_the_same(tmp_path) -> None:
    model, data = tiny().eval(), batch()
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    other = VitsMel(text_channels=32, text_layers=1, channels=48, layers=3, condition=32).eval()
    other.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    inputs = data.text
    torch.testing.assert_close(model.infer(inputs), other.infer(inputs))


def test_another_speaker_and_another_seed_sound_different() -> None:
    model, data = tiny().eval(), batch()
    torch.nn.init.normal_(model.flow.leave.weight, std=0.1)
    durations = torch.full((4, 12), 4)
    inputs = (data.tokens, data.token_lengths)
    first, _ = model.infer(Texts(*inputs, data.speaker, data.language), durations=durations)
    speaker, _ = model.infer(Texts(*inputs, data.speaker.flip(0), data.language), durations=durations)
    seed, _ = model.infer(Texts(*inputs, data.speaker, data.language), durations=durations, seed=5)
    assert (first - speaker).abs().max() > 1e-3
    assert (first - seed).abs().max() > 1e-3


def test_speed_shortens_speech() -> None:
    model, data = tiny().eval(), batch()
    inputs = data.text
    _, slow = model.infer(inputs, speed=0.5)
    _, fast = model.infer(inputs, speed=2.0)
    assert (fast < slow).all()


@settings(max_examples=60)
@given(st.integers(1, 9), st.integers(0, 30), st.integers(0, 2**31))
def test_alignment_is_monotonic_complete_and_best(tokens: int, more: int, seed: int) -> None:
    frames = tokens + more
    score = torch.from_numpy(np.random.default_rng(seed).normal(size=(1, tokens, frames)))
    durations = monotonic_durations(score, torch.tensor([tokens]), torch.tensor([frames]))[0]
    assert int(durations.sum()) == frames
    assert int(durations.min()) >= 1
    assert path_score(score[0].numpy(), durations.numpy()) == pytest.approx(best_score(score[0].numpy()), abs=1e-4)


def path_score(score: np.ndarray, durations: np.ndarray) -> float:
    owner = np.repeat(np.arange(len(durations)), durations)
    return float(score[owner, np.arange(score.shape[1])].sum())


def best_score(score: np.ndarray) -> float:
    tokens, frames = score.shape
    best = np.full((tokens, frames), -np.inf)
    best[0, 0] = score[0, 0]
    for t in range(1, frames):
        for i in range(tokens):
            best[i, t] = score[i, t] + max(best[i, t - 1], best[i - 1, t - 1] if i else -np.inf)
    return float(best[-1, -1])


def test_expand_repeats_and_fills_with_zeros() -> None:
    x = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]])
    spread = expand(x, torch.tensor([[1, 2], [1, 0]]), 4)
    assert spread[..., 0].tolist() == [[1.0, 2.0, 2.0, 0.0], [3.0, 0.0, 0.0, 0.0]]


@pytest.mark.parametrize("hertz", [330.0, 440.0, 600.0])
def test_partials_lie_where_the_pitch_puts_them(hertz: float) -> None:
    table, filters = partials(MelConfig()), mel_filters(MelConfig())
    assert table.shape == (256, 80) and table.isfinite().all()
    row = partials_at(torch.tensor([[hertz]]), table)[0, 0]
    centres = (filters * torch.linspace(0, 11_025, 513)[:, None]).sum(0) / filters.sum(0)
    first = int(row[centres < 1.5 * hertz].argmax())
    assert float(centres[first]) == pytest.approx(hertz, abs=25)  # bands are 37 Hz apart here


def test_pitch_survives_normalisation() -> None:
    hertz = torch.tensor([60.0, 120.0, 300.0, 600.0])
    torch.testing.assert_close(pitch_in_hertz(normalised_pitch(hertz)), hertz)


def test_no_step_of_the_flow_gives_the_mean_without_noise() -> None:
    model, data = tiny().eval(), batch()
    inputs = data.text
    first, _ = model.infer(inputs, steps=0, seed=1)
    second, _ = model.infer(inputs, steps=0, seed=2)
    assert torch.equal(first, second)


@pytest.mark.parametrize(("one_step", "times"), [(True, ONE_STEP_DETAIL), (False, 1.0)])
def test_detail_is_what_the_flow_adds_to_the_mean(one_step: bool, times: float) -> None:
    model, data = tiny().eval(), batch()
    model.one_step = one_step
    inputs = data.text
    mean, _ = model.infer(inputs, steps=0, variance=0)
    once, twice, usual = (model.infer(inputs, steps=1, variance=0, detail=d)[0] for d in (1.0, 2.0, None))
    torch.testing.assert_close(twice - mean, 2 * (once - mean), atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(usual - mean, times * (once - mean), atol=1e-4, rtol=1e-3)


def test_each_band_gets_the_variance_that_was_asked_for() -> None:
    model, data = tiny().eval(), batch()
    inputs = data.text
    flat, lengths = model.infer(inputs, variance=0)
    lively, _ = model.infer(inputs, variance=0.95)
    for row, length in enumerate(lengths.tolist()):
        before, after = (model.normalised(x[row, :length]).std(0, correction=0) for x in (flat, lively))
        torch.testing.assert_close(after, before * (0.95 / before).clamp(0.8, 1.5), atol=1e-3, rtol=1e-2)


def test_an_adversarial_flow_draws_in_one_step_and_the_gradient_reaches_it_alone() -> None:
    """What the discriminator says must not move what draws the mean."""
    model, data = tiny(), batch()
    torch.nn.init.normal_(model.flow.leave.weight, std=0.1)
    losses, real, made = model.learn_and_draw(data, segment=24)
    assert losses.keys() == {"prior", "duration", "pitch", "voicing", "mean"}
    assert real.shape == made.shape == (4, 24, 80)
    discriminator = MelPatchDiscriminator(4)
    sum(generator_losses(discriminator, real, made).values()).backward()
    moved = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert moved and all(name.startswith("flow.") for name in moved)


def test_generator_and_discriminator_win_over_each_other() -> None:
    """Both losses fall when their side alone learns."""
    torch.manual_seed(0)
    discriminator, real = MelPatchDiscriminator(4), torch.randn(2, 32, 80)
    made = torch.nn.Parameter(torch.zeros(2, 32, 80))
    for parameters, loss in (
        (discriminator.parameters(), lambda: discriminator_loss(discriminator, real, made)),
        ([made], lambda: sum(generator_losses(discriminator, real, made).values())),
    ):
        optimizer, first = torch.optim.Adam(parameters, 1e-2), float(loss().detach())
        for _ in range(20):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
        assert float(loss().detach()) < 0.7 * first


def test_a_one_step_flow_is_kept_as_it_is_and_needs_one_evaluation() -> None:
    torch.manual_seed(0)
    model, data = VitsMel(32, one_step=True, text_layers=1, channels=48, layers=3, condition=32).eval(), batch()
    torch.nn.init.normal_(model.flow.leave.weight, std=0.1)
    assert "flow" not in model(data._replace(mel=data.mel[..., :32]))
    assert not any(parameter.requires_grad for parameter in model.flow.parameters())
    inputs = data.text
    spoken, once, four = (model.infer(inputs, steps=steps)[0] for steps in (None, 1, 4))
    assert torch.equal(spoken, once)
    assert not torch.equal(spoken, four)
