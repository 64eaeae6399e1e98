"""What a network draws is a lesson for another: the teacher itself has nothing left to learn, a pupil does learn."""

import pytest
import torch

from myna.networks.pretrained import base_like, load_part, part_config
from myna.networks.tts.batch import Texts
from myna.networks.tts.distillation import Lesson, draw_lesson, lesson_losses
from myna.networks.tts.vits_mel import VitsMel
from myna.targets import FRONT_END
from myna.text.front_end import build_front_end
from myna.text.languages import language_number

SIZES = {"text_channels": 32, "text_layers": 1, "channels": 32, "layers": 1, "condition": 16, "decoder_layers": 1}


@pytest.fixture(scope="module")
def teacher() -> VitsMel:
    network = load_part("tts").eval()
    assert isinstance(network, VitsMel)
    return network


@pytest.fixture(scope="module")
def lesson(teacher: VitsMel) -> Lesson:
    from myna.text.tokens import default_tokens

    texts = ("Good morning.", "The harbour was quiet before the storm.")
    reader = build_front_end(FRONT_END)
    rows = [torch.tensor(default_tokens().encode(reader.symbols(text, "en-us"))) for text in texts]
    tokens = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    speaker = torch.randn(2, 256, generator=torch.Generator().manual_seed(0)).abs()
    speaker = speaker / speaker.norm(dim=1, keepdim=True)
    language = torch.full((2,), language_number("en-us"))
    lengths = torch.tensor([len(row) for row in rows])
    return draw_lesson(teacher, (tokens, lengths, speaker, language), noise_scale=0.3, pitch=2.0)


def test_a_lesson_is_what_the_teacher_says(teacher: VitsMel, lesson: Lesson) -> None:
    frames = lesson.durations.sum(1)
    assert lesson.mel.shape == (2, int(frames.max()), 80) and lesson.tone.shape[-1] == 2
    quiet = draw_lesson(teacher, lesson[:4], noise_scale=0.0)
    said, lengths = teacher.infer(Texts(*lesson[:4]), noise_scale=0.0, variance=0.0)
    assert torch.equal(lengths, frames)
    torch.testing.assert_close(
        teacher.denormalised(quiet.mel)[0, : lengths[0]], said[0, : lengths[0]], atol=1e-4, rtol=0
    )


def test_the_teacher_has_nothing_to_learn_from_itself(teacher: VitsMel, lesson: Lesson) -> None:
    with torch.no_grad():
        losses = lesson_losses(teacher, lesson)
    assert {name: round(float(losses[name]), 3) for name in ("duration", "pitch", "mean", "mel")} == dict.fromkeys(
        ("duration", "pitch", "mean", "mel"), 0.0
    )


def test_a_pupil_of_another_size_learns_all_of_it(teacher: VitsMel, lesson: Lesson) -> None:
    torch.manual_seed(0)
    pupil = VitsMel(one_step=True, **SIZES)
    pupil.flow.requires_grad_(True)
    pupil.set_statistics(teacher.mel_mean, teacher.mel_std)
    optimizer = torch.optim.Adam([w for w in pupil.parameters() if w.requires_grad], 3e-3)
    course = []
    for _ in range(30):
        losses = lesson_losses(pupil, lesson, segment=64)
        optimizer.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        optimizer.step()
        course.append({name: float(loss.detach()) for name, loss in losses.items()})
    assert all(course[-1][name] < course[0][name] for name in ("prior", "mean", "mel", "voicing"))


def test_the_base_of_the_wanted_sizes_is_taken() -> None:
    whole = part_config("tts")
    assert base_like("tts", whole) == base_like("tts", {"_target_": whole["_target_"]})
    assert base_like("tts", {**whole, "channels": 64}) is None
