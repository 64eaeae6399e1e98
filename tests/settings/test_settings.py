"""A value that does not fit is refused when the configuration is composed: its key, the value and what fits."""

import copy
import functools
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf

from myna.cli import main
from myna.errors import MynaError
from myna.recipe.compose import compose_recipe, project_root
from myna.settings.recipe import Settings, settings_of
from myna.settings.tts import MelTts, Vits

MINI = project_root() / "recipes" / "mini_voices"
# What is typed (a later word is the wrong one), and what the line of error holds beside the key and the value.
WRONG = [
    ("seed=true", "a whole number from 0 to 4294967295"),
    ("seed=-1", "a whole number from 0"),
    ("num_workers=few", "a whole number from 0 to 4096"),
    ("tts.adapt.alpha=lots", "a number from 0 to 1"),
    ("tts.adapt.alpha=1.5", "a number from 0 to 1"),
    ("tts.adapt.freeze=encoder", "a list (of each: a text)"),
    ("tts.adapt.max_steps=1.5", "a whole number from 0"),
    ("tts.learning_rate=0", "a number above 0, up to 10"),
    ("tts.batch_size=0", "a whole number from 1 to 65536"),
    ("tts.infer.steps=many", "a whole number"),
    ("+tts.infer.speeed=2", "VitsMel takes no such argument; did you mean speed?"),
    ("+tts.adapt.alfa=1", "did you mean alpha?"),
    ("+tts.adapt.share=0.5", "did you mean alpha?"),  # its name before
    ("tts=vits tts.full.clip=0", "a number above 0"),
    ("tts=vits tts.losses.mel=loud", "a number from 0"),
    ("tts=vits tts.wave.adversary=3", "true or false"),
    ("tts=tacotron2 tts.network.channels=much", "a whole number"),
    ("tts=tacotron2 +tts.network.chanels=4", "did you mean channels?"),
    ("tts=fastspeech2 tts.infer.pitch=high", "a number"),
    ("decode.speed=fast", "a number from 0.25 to 4"),
    ("decode.speed=9", "a number from 0.25 to 4"),
    ("decode.unseen=-3", "a whole number from 0"),
    ("trainer.precision=7bit", "16-mixed"),
    ("trainer.devices=0", "auto"),
    ("trainer.max_seconds=soon", "a number above 0"),
    ("trainer.accelerator=abacus", "one of cpu, gpu"),
    ("parallel.env=moon", "one of local, local_gpu, slurm"),
    ("parallel.n_workers=many", "a whole number"),
    ("encoder.loss=aaam", "one of aam, ge2e"),
    ("encoder.feature=smell", "one of mel, mfcc, speech"),
    ("encoder.warps=[]", "a list of at least one"),
    ("encoder.crop=-2", "a whole number from 1"),
    ("encoder.batches.speakers=1", "a whole number from 2"),
    ("encoder.optimizer.lr=quick", "a number"),
    ("encoder.trials.per_speaker=none", "a whole number from 1"),
    ("encoder.network._target_=myna.networks.speaker.cnn.ConvEncodr", "did you mean ConvEncoder?"),
    ("encoder.fit._target_=nowhere.at_all", "there is no module nowhere"),
    ("vocoder.weights.mel=loud", "a number from 0"),
    ("vocoder.clip=-1", "a number above 0"),
    ("vocoder.augmented=perhaps", "true or false"),
    ("vocoder.discriminators.mpd.channels=wide", "a whole number"),
    ("vocoder=wavenet vocoder.generator.layers=deep", "a whole number"),
    ("measure.clips=-1", "a whole number from 1"),
    ("measure.similarity_encoder=ear", "one of ge2e, dvector"),
    ("compare.clock=sundial", "one of processor, wall"),
    ("compare.seconds=0", "a number above 0"),
    ("create_dataset.quality.snr_db=low", "a number from -100 to 100"),
    ("create_dataset.scope=world", "one of evaluation, private, publish, commercial"),
    ("create_dataset.voice=3", "a table of keys"),
    ("create_dataset.min_seconds=70", "it is over max_seconds=15"),
    ("features.mfcc=99", "a whole number from 1 to 80"),
    ("features.mel.hop_length=0", "a whole number from 1"),
    ("features.pitch.method=guess", "one of dio, harvest"),
    ("features.pitch.floor=900", "it is over ceiling=550"),
    ("features.keep=[mel]", "it lacks f0"),
    ("features.trim.threshold=2", "a number from 0 to 1"),
    ("augment.speed=[0.1]", "a number from 0.25 to 4"),
    ("augment.sets=target_train", "a list"),
    ("text.front_end=espeak", "a table of keys"),
    ("text=char text.front_end.vocabulary=big", "a whole number"),
    ("pack.check_wer=-0.1", "a number from 0"),
    ("upload.private=secret", "true or false"),
    ("stages.decode.after=measure", "a list"),
]


@functools.cache
def composed(*members: str) -> dict[str, Any]:
    """The default recipe with some members, as plain tables."""
    return OmegaConf.to_container(compose_recipe(MINI, members))  # type: ignore[return-value]


def with_value(typed: str) -> dict[str, Any]:
    """What `typed` composes to; the last word's value is set by hand, which is quicker than Hydra."""
    *members, last = typed.split()
    key, _, value = last.lstrip("+").partition("=")
    made = copy.deepcopy(composed(*members))
    *parents, name = key.split(".")
    functools.reduce(lambda node, part: node[part], parents, made)[name] = yaml.safe_load(value)
    return made


@pytest.mark.parametrize(("typed", "fits"), WRONG, ids=[typed for typed, _ in WRONG])
def test_wrong_value_is_refused_at_once(typed: str, fits: str) -> None:
    made = with_value(typed)
    began = time.process_time()
    with pytest.raises(MynaError) as caught:
        settings_of(made)
    assert time.process_time() - began < 1.0  # seconds of the processor: other work does not count
    said_well(str(caught.value), typed, fits)


@pytest.mark.parametrize(("typed", "fits"), WRONG[3::12], ids=[typed for typed, _ in WRONG[3::12]])
def test_the_command_refuses_it_too(typed: str, fits: str, capsys: pytest.CaptureFixture[str]) -> None:
    composed()  # Hydra is imported once, not in the time of the first value
    spent = []
    for _ in range(3):  # on a busy core even processor seconds are longer: the least of three counts
        began = time.process_time()
        status = main(["recipe", "mini_voices", "--root", str(project_root()), "--overrides", *typed.split()])
        spent.append(time.process_time() - began)
        assert status == 2
        said_well(capsys.readouterr().err, typed, fits)
    assert min(spent) < 1.0


def said_well(said: str, typed: str, fits: str) -> None:
    """One line holds the key, the value and what fits."""
    key, _, value = typed.split()[-1].lstrip("+").partition("=")
    assert len(said.splitlines()) == 1
    assert key in said
    assert value.strip("[]") in said
    assert fits in said


@pytest.mark.parametrize("typed", ["tts.adapt.alpha=lots", "decode.speed=fast"])
def test_the_driver_refuses_before_a_toolkit_is_imported(typed: str) -> None:
    run = subprocess.run(
        [str(project_root() / "run.sh"), "--stage", "5", "--stop_stage", "6", "--", typed],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 2
    assert f"{typed}: a number from" in run.stderr
    code = f"""
import sys
from myna.cli import main
status = main(["recipe", "mini_voices", "--overrides", {typed!r}])
heavy = {{name.split(".")[0] for name in sys.modules}} & {{"torch", "espnet2", "espnet3", "nemo", "lightning"}}
assert status == 2 and not heavy, (status, heavy)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("defaults: [_common, _self_]\nname: own\nnetwork: {_target_: own_net.Net, widht: 3}\n", "did you mean width?"),
        ("defaults: [_common, _self_]\nname: own\nnetwork: {_target_: own_net.Net, width: big}\n", "a whole number"),
        ("defaults: [_common, _self_]\nname: own\ncropp: 3\nnetwork: {_target_: own_net.Net}\n", "did you mean crop?"),
        ("name: own\nnetwork: {_target_: own_net.Net}\n", "encoder.condition is missing"),
    ],
)
def test_a_member_of_ones_own_is_checked_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yaml: str, said: str
) -> None:
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder/own.yaml").write_text(yaml)
    (tmp_path / "own_net.py").write_text("class Net:\n    def __init__(self, width: int = 3) -> None: ...\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("MYNA_CONF_PATH", str(tmp_path))
    with pytest.raises(MynaError) as caught:
        compose_recipe(MINI, ["encoder=own"])
    assert said in str(caught.value)


def test_what_another_package_reads_is_left_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder/own.yaml").write_text(
        "defaults: [_common, _self_]\nname: own\nfit: {_target_: own_fit.fit}\nrounds: 4\n"
        "network: {_target_: own_fit.N}\n"
    )
    (tmp_path / "own_fit.py").write_text("def fit(): ...\nclass N: ...\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("MYNA_CONF_PATH", str(tmp_path))
    assert compose_recipe(MINI, ["encoder=own"]).encoder.rounds == 4


def test_settings_are_typed_and_frozen() -> None:
    def made(*overrides: str) -> Settings:
        return settings_of(OmegaConf.to_container(compose_recipe(MINI, overrides)))  # type: ignore[arg-type]

    settings = made("tts.adapt.alpha=1")
    assert isinstance(settings.tts, MelTts)
    assert settings.tts.adapt.alpha == 1.0
    assert isinstance(made("tts=vits_mobile").tts, Vits)
    with pytest.raises(ValueError, match="frozen"):
        settings.tts.adapt.alpha = 0.5  # type: ignore[misc]
