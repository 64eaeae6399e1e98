"""`adapt=auto` and what a person may say instead."""

from typing import get_args

import pytest
import torch
from pydantic import ValidationError

from myna.adapt.mel_fine_tune import still_parts
from myna.adapt.plan import TABLE, plan_of, seconds_of
from myna.adapt.policies import POLICIES
from myna.networks.tts.vits_mel import VitsMel
from myna.settings.tts import MelAdapt, Policy

FIXED = {"augmented": False, "keep": 3, "mel_margin": 0.03, "batch_size": 16, "batch_frames": 6000}
FIXED |= {"validate_every": 25}


def asked(**words) -> MelAdapt:
    return MelAdapt.model_validate(FIXED | words)


def test_the_configuration_names_the_policies_that_there_are() -> None:
    assert set(get_args(Policy)) == {"auto", *POLICIES}


def test_every_row_of_the_table_names_a_policy_and_rows_rise() -> None:
    assert [row[0] for row in TABLE] == sorted({row[0] for row in TABLE})
    assert all(plan.policy in POLICIES and bool(plan.steps) == POLICIES[plan.policy].trains for _, plan in TABLE)


def test_more_speech_is_never_trained_less() -> None:
    steps = [plan_of(asked(), seconds).steps for seconds in (5, 15, 25, 45, 90, 180, 600, 3600)]
    assert steps == sorted(steps)
    assert steps[0] == 0 < steps[-1]


def test_numbers_hold_whatever_the_table_says() -> None:
    plan = plan_of(asked(max_steps=7, alpha=0.25, learning_rate=1e-5), 3.0)
    assert (plan.steps, plan.alpha, plan.learning_rate) == (7, 0.25, 1e-5)
    assert POLICIES[plan.policy].trains


def test_a_policy_by_name() -> None:
    assert plan_of(asked(policy="lora"), 5.0).policy == "lora"
    assert plan_of(asked(policy="lora"), 5.0).steps
    assert plan_of(asked(policy="zero_shot", max_steps=50), 600.0).steps == 0
    with pytest.raises(ValidationError):
        asked(policy="everything")


def test_copies_are_not_speech_at_hand(tmp_path) -> None:
    (tmp_path / "utt2dur").write_text("a-1 2.5\na-2 1.5\nsp0.9-a-1 2.8\nps+2-a-1 2.5\n")
    assert seconds_of(tmp_path) == 4.0


def test_under_a_minute_the_rhythm_stays_unless_parts_are_named() -> None:
    network = VitsMel(text_channels=32, text_layers=1, channels=32, layers=1, condition=16, decoder_layers=1)
    parts = {name: plan_of(asked(), seconds) for name, seconds in (("short", 45.0), ("long", 180.0))}
    still = still_parts(asked(), network, parts["short"])
    assert still and all(isinstance(network.get_submodule(part), torch.nn.Module) for part in still)
    assert still_parts(asked(), network, parts["long"]) == ()
    assert still_parts(asked(freeze=["encoder"]), network, parts["short"]) == ("encoder",)


def test_where_others_read_a_minute_teaches_nobody_to_read() -> None:
    plans = {seconds: (plan_of(asked(), seconds), plan_of(asked(), seconds, read=True)) for seconds in (5, 25, 45)}
    assert plans[5][0] == plans[5][1]
    for seconds in (25, 45):
        alone, read = plans[seconds]
        assert (alone.policy, read.policy) == ("full", "decoder")
        assert (alone.steps, alone.rhythm) == (read.steps, read.rhythm)
    assert plan_of(asked(policy="full"), 45.0, read=True).policy == "full"
