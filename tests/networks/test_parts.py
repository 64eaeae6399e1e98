"""What stages leave of networks: whole again where it is loaded, and otherwise the stage that has to run."""

import re
from pathlib import Path

import pytest
import torch
import yaml
from sealing import sealed
from toy_voice import toy_voice

from myna.adapt.voice_parts import load_voice
from myna.errors import MynaError
from myna.networks.parts import load_base, load_vocoder, save_base, save_vocoder
from myna.networks.vocoder.griffin_lim import GriffinLim
from myna.workspace import Workspace

VOCODER = {"_target_": "myna.networks.vocoder.griffin_lim.GriffinLim", "iterations": 2}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, tmp_path / "data", tmp_path / "dump", tmp_path / "exp")


def test_a_base_comes_back_as_it_was_saved(workspace: Workspace) -> None:
    voice = toy_voice()
    save_base(workspace, voice.tts, voice.config.tts)
    network, described = load_base(workspace)
    assert described == voice.config.tts
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in voice.tts.state_dict().items())


def test_a_vocoder_comes_back_and_so_does_one_whose_arguments_stand_apart(workspace: Workspace) -> None:
    save_vocoder(workspace.vocoder, GriffinLim(iterations=2), VOCODER)
    assert load_vocoder(workspace)[1] == VOCODER
    older = {"_target_": VOCODER["_target_"], "args": {"iterations": 2}}
    (workspace.vocoder / "vocoder.yaml").write_text(yaml.safe_dump(older), encoding="utf-8")
    network, described = load_vocoder(workspace)
    assert isinstance(network, GriffinLim) and described == VOCODER


def test_a_voice_comes_back(workspace: Workspace) -> None:
    toy_voice().save(workspace.voice)
    sealed(workspace.voice)
    assert load_voice(workspace.voice).config.name == toy_voice().config.name


def test_what_is_missing_names_its_stage(workspace: Workspace) -> None:
    for load, file, stage in (
        (lambda: load_base(workspace), "tts/tts.yaml", "stage 3 (train_vits)"),
        (lambda: load_vocoder(workspace), "vocoder/vocoder.yaml", "stage 4 (train_hifigan)"),
        (lambda: load_voice(workspace.voice), "clone/voice/voice.yaml", "stage 5 (fine_tune)"),
    ):
        with pytest.raises(MynaError, match=re.escape(f"{file} is missing") + ".*" + re.escape(f"run {stage} first")):
            load()
