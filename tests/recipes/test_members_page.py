"""docs/members.md, followed word for word: its files are written where it says, its tests run, its members are used."""

import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import DictConfig
from run_stage import run_stage
from script import load
from sealing import sealed

import myna.networks.tts
import myna.networks.vocoder
from myna.recipe.compose import compose_recipe
from myna.text.tokens import default_tokens

PAGE = Path(__file__).parents[2] / "docs" / "members.md"
FILE = re.compile(r"^`([^`\n]+)`:\n\n```(?:python|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\./run\.sh .*$|`(\./run\.sh [^`]+)`", re.MULTILINE)
SETS = {
    "pool_train": (("ana", "ben", "eva", "tom"), 4, 0),
    "pool_dev": (("ana", "ben"), 2, 1),
    "spk_test": (("kim", "lea"), 3, 2),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with the page's files: what goes into the package is found as if it lay there."""
    for name, text in FILE.findall(PAGE.read_text(encoding="utf-8")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for package in (myna.networks.tts, myna.networks.vocoder):
        folder = tmp_path / "plugins" / package.__name__.replace(".", "/")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("gru_encoder", "myna.networks.tts.gru_mel", "myna.networks.vocoder.frames"):
        sys.modules.pop(name, None)


@pytest.fixture
def dump(project: Path) -> Path:
    """What stage 1 leaves, for a few synthetic speakers."""
    path = Path(__file__).parents[1] / "espnet" / "conftest.py"
    write_set = load(path, "conftest_of_espnet").write_set
    folder = project / "recipe" / "dump"
    for name, (speakers, each, seed) in SETS.items():
        write_set(folder / name, speakers, each, seed)
    default_tokens().save(folder / "tokens.txt")
    np.savez(folder / "stats.npz", mel_mean=np.full(80, -4, np.float32), mel_std=np.ones(80, np.float32))
    return folder


def typed(word: str) -> list[str]:
    """Return the page's command that chooses a member, as the shell splits it."""
    commands = [match[1] or match[0] for match in COMMAND.finditer(PAGE.read_text(encoding="utf-8"))]
    found = [shlex.split(command) for command in commands]
    return next(command for command in found if word in command)


def configuration(project: Path, monkeypatch: pytest.MonkeyPatch, word: str, **values: object) -> DictConfig:
    """Compose what the page's command composes, the recipe being a folder of the test's own."""
    command = typed(word)
    folders = [project / command[i + 1] for i, option in enumerate(command) if option == "--conf-dir"]
    monkeypatch.setenv("MYNA_CONF_PATH", ":".join(map(str, folders or [project / "conf"])))
    (project / "recipe" / "conf").mkdir(parents=True, exist_ok=True)
    (project / "recipe" / "conf" / "recipe.yaml").write_text("defaults: [/myna, /mini_voices, _self_]\n")
    return compose_recipe(project / "recipe", command[command.index("--") + 1 :], values)


def test_the_encoder_goes_through_stage_2(project: Path, dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from myna.espnet.train_encoder import run

    small = {"encoder.max_steps": 3, "encoder.crop": 24, "encoder.min_frames": 32, "encoder.trials.min_seconds": 0.3}
    config = configuration(project, monkeypatch, "encoder=gru", **small)
    run_stage(run, config)
    report = json.loads((Path(config.exp_dir) / "encoder" / "report.json").read_text(encoding="utf-8"))
    assert (report["conditioning"], report["training_steps"]) == ("gru", 3)
    assert (Path(config.exp_dir) / "encoder" / "gru.safetensors").is_file()
    run_tests(project / "members" / "test_gru_encoder.py")


def test_the_acoustic_model_goes_through_stage_3(project: Path, dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from myna.espnet.embeddings import write_embeddings
    from myna.espnet.train_tts import run

    small = {"tts.max_steps": 2, "tts.validate_every": 2, "tts.network.channels": 16}
    config = configuration(project, monkeypatch, "tts=gru_mel", **small)
    for name in ("pool_train", "pool_dev"):
        lines = (dump / name / "utt2spk").read_text(encoding="utf-8").splitlines()
        rows = {line.split()[0]: np.eye(256, dtype=np.float32)[number] for number, line in enumerate(lines)}
        write_embeddings(Path(config.exp_dir) / "encoder" / "embeds" / name, "utt", rows)
    run_stage(run, config)
    report = json.loads((Path(config.exp_dir) / "tts" / "report.json").read_text(encoding="utf-8"))
    assert (report["chosen"], report["best_step"]) == ("trained", 2)
    run_tests(project / "tests" / "networks" / "tts" / "test_gru_mel.py")


def test_the_vocoder_is_built_as_stage_4_builds_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hydra.utils import instantiate

    settings = configuration(project, monkeypatch, "vocoder=frames").vocoder
    generator = instantiate(settings.generator)
    wave = generator(torch.randn(2, 7, 80))
    wave.square().mean().backward()
    assert wave.shape == (2, 7 * 256)
    assert all(weights.grad is not None for weights in generator.parameters())
    assert settings.discriminators.mpd.periods == [2, 3, 5]
    run_tests(project / "tests" / "networks" / "vocoder" / "test_frames.py")


def test_both_speak_in_a_voice(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A voice directory with the two is saved, loaded and speaks."""
    from omegaconf import OmegaConf

    from myna.networks.voice import Voice, VoiceConfig, build

    described: Callable[[str, str], dict] = lambda word, node: OmegaConf.to_container(  # noqa: E731
        OmegaConf.select(configuration(project, monkeypatch, word), node), resolve=True
    )
    tts, vocoder = described("tts=gru_mel", "tts.network"), described("vocoder=frames", "vocoder.generator")
    config = VoiceConfig(name="Ana", language="en-us", tts=tts, vocoder=vocoder)
    Voice(config, build(tts), build(vocoder), torch.eye(256)[0], default_tokens()).save(project / "voice")
    assert len(Voice.load(sealed(project / "voice")).speak("Hello there.")) > 1_000


def run_tests(path: Path) -> None:
    """Call the test functions of a file of the page."""
    module = load(path, path.stem)
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test()


def test_every_file_of_the_page_is_followed(project: Path) -> None:
    """Nine files, and no block of code on the page that these tests pass over."""
    text = PAGE.read_text(encoding="utf-8")
    assert len(FILE.findall(text)) == 9
    assert len(re.findall(r"^```\w+$", text, re.MULTILINE)) == 9 + 1  # and the command
    assert {typed(word)[0] for word in ("encoder=gru", "tts=gru_mel", "vocoder=frames")} == {"./run.sh"}
