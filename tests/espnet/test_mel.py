"""Mel models in ESPnet3: named losses, validations that can be compared, and stages 3 and 5 of each."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from omegaconf import DictConfig, OmegaConf
from partial_settings import constructed
from partial_settings import settings_and_workspace as given
from safetensors.torch import save_file

from myna.adapt import fine_tune
from myna.errors import MynaError
from myna.espnet import aligner, mel_train, train_tts
from myna.espnet.aligned_model import AlignedModel, load_aligner
from myna.espnet.dataset import Dataset
from myna.espnet.embeddings import write_embeddings
from myna.espnet.mel_model import MelModel, batch_of
from myna.espnet.mel_train import check_text, start
from myna.networks.tts.fastspeech2 import FastSpeech2
from myna.networks.tts.monophones import Monophones
from myna.networks.tts.vits_mel import VitsMel
from myna.networks.vocoder.griffin_lim import GriffinLim
from myna.networks.voice import Voice
from myna.settings.tts import MelTts
from myna.text.char_text import CharText
from myna.text.espeak_text import EspeakText
from myna.text.front_end import save_front_end
from myna.text.lexicon import Lexicon
from myna.text.tokens import default_tokens
from myna.workspace import Workspace

CONF = Path(__file__).parents[2] / "conf"
TRAINER = OmegaConf.load(CONF / "trainer" / "cpu.yaml")
SIZES = {
    "vits_mel": {
        "text_channels": 32,
        "text_layers": 1,
        "channels": 32,
        "layers": 2,
        "condition": 32,
        "decoder_layers": 1,
    },
    "tacotron2": {"channels": 16, "decoder": 16, "attention": 8, "prenet": 8},
    "fastspeech2": {"channels": 16, "layers": 1, "inner": 16, "predictor": 8},
}


def model() -> MelModel:
    torch.manual_seed(0)
    return MelModel(VitsMel(**SIZES["vits_mel"]), segment=16)


def batch() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return {
        "text": torch.randint(1, 90, (2, 8)),
        "text_lengths": torch.tensor([8, 6]),
        "mel": torch.randn(2, 40, 80) - 5,
        "mel_lengths": torch.tensor([40, 31]),
        "spembs": torch.nn.functional.normalize(torch.randn(2, 256), dim=1),
        "lids": torch.tensor([0, 1]),
    }


def test_training_gives_named_losses_whose_sum_is_minimised() -> None:
    loss, stats, weight = model().train()(**batch())
    named = {"prior", "duration", "pitch", "voicing", "mean", "flow"}
    assert set(stats) == {"loss"} | named
    assert float(loss.detach()) == pytest.approx(sum(float(stats[name]) for name in named))
    assert int(weight) == 2
    loss.backward()


def test_a_step_in_mixed_precision_as_on_a_gpu() -> None:
    network, data = model().train(), batch()
    with torch.autocast("cpu", torch.bfloat16):
        loss, _, _ = network(**data)
    loss.backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


def test_validation_is_the_same_twice_and_leaves_the_random_state_alone() -> None:
    network, data = model().eval(), batch()
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    with torch.no_grad():
        first, second = network(**data)[1], network(**data)[1]
    assert torch.rand(1) == expected
    assert first == second
    assert float(first["mel"]) > 0


def test_a_start_that_does_not_fit_is_refused(tmp_path) -> None:
    with pytest.raises(MynaError, match="choose base or scratch"):
        start(constructed(MelTts, {"name": "vits_mel", "init": "joe"}), tmp_path, 0)


def test_scratch_without_statistics_names_the_stage(tmp_path) -> None:
    network = {"_target_": "myna.networks.tts.vits_mel.VitsMel", "channels": 32, "layers": 1}
    with pytest.raises(MynaError, match="stage 1"):
        start(constructed(MelTts, {"name": "vits_mel", "init": "scratch", "network": network}), tmp_path, 0)


def write_recipe(root: Path, make_set: Callable[..., Path], name: str) -> DictConfig:
    """Write what stages 0, 1, 2 and 4 leave, and return a configuration in which each training is two steps."""
    front_end = EspeakText()
    front_end.lexicon = Lexicon({"myna": ["m", "a"]}, "myna\tma\n")
    (root / "dump").mkdir()
    save_front_end(front_end, root / "dump")
    np.savez(
        root / "dump" / "stats.npz", mel_mean=np.full(80, -4, np.float32), mel_std=np.ones(80, np.float32),
        f0_mean=np.float32(5), f0_std=np.float32(0.3), energy_mean=np.float32(1), energy_std=np.float32(1),
        frames=np.int64(9),
    )  # fmt: skip
    random = np.random.default_rng(0)
    for part, speakers in (("pool", ("ana", "ben")), ("target", ("tom",))):
        for kind, each in (("train", 4), ("dev", 2)):
            folder = make_set(root / "dump" / f"{part}_{kind}", speakers, each)
            names = [line.split()[0] for line in (folder / "utt2spk").read_text(encoding="utf-8").splitlines()]
            embeds = root / "exp" / "encoder" / "embeds" / folder.name
            write_embeddings(embeds, "utt", {n: random.normal(size=256).astype(np.float32) for n in names})
            write_embeddings(embeds, "spk", {s: random.normal(size=256).astype(np.float32) for s in speakers})
    (root / "data" / "target_train").mkdir(parents=True)
    (root / "data" / "target_train" / "spk2consent").write_text("tom licence evaluation CC0-1.0\n", encoding="utf-8")
    vocoder = root / "exp" / "vocoder"
    vocoder.mkdir()
    target = {"_target_": "myna.networks.vocoder.griffin_lim.GriffinLim", "args": {"iterations": 2}}
    (vocoder / "vocoder.yaml").write_text(yaml.safe_dump(target), encoding="utf-8")
    save_file({k: v.contiguous() for k, v in GriffinLim().state_dict().items()}, vocoder / "vocoder.safetensors")
    tts = OmegaConf.load(CONF / "tts" / f"{name}.yaml")
    tts = OmegaConf.merge(tts, {"network": SIZES[name], "init": "scratch", "max_steps": 2, "batch_size": 4})
    paths = {f"{kind}_dir": str(root / kind) for kind in ("data", "dump", "exp")}
    more: dict[str, Any] = {"seed": 1, "num_workers": 0, "trainer": TRAINER, "create_dataset": {}}
    config = OmegaConf.create({**paths, **more, "tts": tts})
    config.tts.adapt.max_steps, config.tts.adapt.batch_size = 2, 2
    return config


def tts_of(config: DictConfig) -> tuple[MelTts, Workspace]:
    """What the aligner reads of a recipe."""
    settings, workspace = given(config)
    return settings.tts, workspace


@pytest.mark.parametrize("name", SIZES)
def test_stages_3_and_5_end_in_a_voice(name: str, tmp_path: Path, make_set: Callable[..., Path]) -> None:
    """Two steps each: the voice loads with its front end, speaks, and a finished stage repeats to the same files."""
    config = write_recipe(tmp_path, make_set, name)
    train_tts.run(*given(config))
    fine_tune.run(*given(config))
    clone = tmp_path / "exp" / "clone"
    voice = Voice.load(clone / "voice")
    assert np.isfinite(voice.speak("Good morning, myna.")).all()
    assert len(voice.front_end.lexicon) == 1
    assert voice.config.tts["_target_"] == config.tts.network._target_
    curve = (clone / "log.jsonl").read_text(encoding="utf-8")
    assert "valid/mos" in curve and "valid/mel" in curve
    plots = list((tmp_path / "exp" / "tts" / "attention").glob("*.png"))
    assert [p.name for p in plots] == (["step2.png"] if name == "tacotron2" else [])
    assert ("valid/focus" in curve) == (name == "tacotron2")
    kept = [p.is_file() for p in (tmp_path / "exp" / "tts" / "aligner.safetensors", clone / "aligner.safetensors")]
    assert kept == [name != "tacotron2"] * 2
    before = (clone / "voice" / "tts.safetensors").read_bytes()
    fine_tune.run(*given(config))
    assert (clone / "voice" / "tts.safetensors").read_bytes() == before
    config.tts.network._target_ = "myna.networks.tts.vits_mel.Other"
    with pytest.raises(MynaError, match="holds another tts"):
        fine_tune.run(*given(config))


def test_text_that_the_weights_cannot_read_is_refused(tmp_path: Path) -> None:
    letters = CharText()
    letters.learn(["some text"])
    save_front_end(letters, tmp_path)
    for name, key in (("vits_mel", "init"), ("fastspeech2", "model.aligner")):
        settings = OmegaConf.load(CONF / "tts" / f"{name}.yaml")
        OmegaConf.update(settings, key, "base")
        with pytest.raises(MynaError, match=rf"text=char, and tts\.{key}=base reads text=espeak only"):
            check_text(settings, tmp_path)
    for name in ("vits_mel", "fastspeech2"):
        settings = OmegaConf.load(CONF / "tts" / f"{name}.yaml")
        settings.init = "scratch"
        check_text(settings, tmp_path)
    settings = OmegaConf.load(CONF / "tts" / "tacotron2.yaml")
    check_text(settings, tmp_path)
    settings.network.tokens = 10
    with pytest.raises(MynaError, match=r"text=char has 21 tokens, and tts=tacotron2 room for 10"):
        check_text(settings, tmp_path)
    save_front_end(EspeakText(), tmp_path)
    check_text(OmegaConf.load(CONF / "tts" / "vits_mel.yaml"), tmp_path)


def test_durations_come_from_the_aligner_which_is_not_part_of_the_model(tmp_path: Path) -> None:
    torch.manual_seed(0)
    trained = VitsMel(**SIZES["vits_mel"])
    save_file({k: v.contiguous() for k, v in trained.state_dict().items()}, tmp_path / "tts.safetensors")
    built = {"_target_": "myna.networks.tts.vits_mel.VitsMel", **SIZES["vits_mel"]}
    (tmp_path / "tts.yaml").write_text(yaml.safe_dump(built), encoding="utf-8")
    aligned = AlignedModel(FastSpeech2(**SIZES["fastspeech2"]), aligner=str(tmp_path))
    assert all(name.startswith("network.") for name in aligned.state_dict())
    data = batch()
    found = aligned.completed(batch_of(data), {"f0": torch.zeros(2, 40), "energy": torch.zeros(2, 40)}).durations
    assert found is not None and found.sum(1).tolist() == data["mel_lengths"].tolist()
    assert int(found[1, :6].min()) >= 1 and not found[1, 6:].any()
    with pytest.raises(MynaError, match=r"no tts\.yaml: name monophones, base, or exp/tts"):
        load_aligner(str(tmp_path / "nowhere"))
    (tmp_path / "tts.yaml").write_text(yaml.safe_dump({"_target_": "myna.networks.vocoder.griffin_lim.GriffinLim"}))
    save_file({k: v.contiguous() for k, v in GriffinLim().state_dict().items()}, tmp_path / "tts.safetensors")
    with pytest.raises(MynaError, match="GriffinLim', which is none of tts="):
        load_aligner(str(tmp_path))


def test_gaussians_find_the_durations_where_nobody_names_an_aligner() -> None:
    """A young network finds nonsense; the base found durations that cost a clone half of its words."""
    settings = OmegaConf.load(CONF / "tts" / "vits_mel.yaml")
    assert (settings.init, aligner.chosen(settings)) == ("base", "monophones")
    settings.model.aligner = "own"
    assert aligner.chosen(settings) == "own"
    assert aligner.chosen(OmegaConf.load(CONF / "tts" / "fastspeech2.yaml")) == "monophones"
    assert aligner.chosen(OmegaConf.load(CONF / "tts" / "tacotron2.yaml")) is None
    with pytest.raises(MynaError, match=r"FastSpeech2 cannot align: choose tts\.model\.aligner=monophones"):
        AlignedModel(FastSpeech2(**SIZES["fastspeech2"]), aligner="own")


def test_no_piece_of_a_recording_is_too_long_to_learn_from() -> None:
    """Somebody who reads without pauses was left with nothing: pieces go to 15 s, and 10.5 s were taken."""
    seconds = OmegaConf.load(CONF / "training.yaml").create_dataset.max_seconds
    assert OmegaConf.load(CONF / "tts" / "vits_mel.yaml").max_frames >= seconds * 22_050 / 256


def test_given_durations_replace_the_search() -> None:
    """The durations of the batch make another loss than those of the young network, and validation speaks with them."""
    torch.manual_seed(0)
    network, data = VitsMel(**SIZES["vits_mel"]), batch()
    given = torch.tensor([[26, 2, 2, 2, 2, 2, 2, 2], [21, 2, 2, 2, 2, 2, 0, 0]])
    own, told = (AlignedModel(network, aligner=word).eval() for word in ("own", "monophones"))
    with torch.no_grad():
        assert own(**data)[1] == MelModel(network).eval()(**data)[1]
        found = told(**data, durations=given, durations_lengths=torch.tensor([8, 6]))[1]
    assert found["duration"] != own(**data)[1]["duration"] and float(found["mel"]) > 0


def test_the_gaussians_are_kept_for_a_run_that_was_killed(tmp_path: Path, make_set: Callable[..., Path]) -> None:
    """What lies in the folder is used again; those of the target lean on those of the pool, whatever the text is."""
    config = write_recipe(tmp_path, make_set, "fastspeech2")
    letters = CharText()
    letters.learn(["h ə l o ʊ w ɜ l d"])
    save_front_end(letters, tmp_path / "dump")
    path = aligner.of_pool(*tts_of(config))
    assert path == tmp_path / "exp" / "tts" / "aligner.safetensors"
    written, made = path.read_bytes(), path.stat().st_mtime_ns
    assert aligner.of_pool(*tts_of(config)) == path and path.stat().st_mtime_ns == made
    path.unlink()
    own = aligner.of_target(*tts_of(config))
    assert path.read_bytes() == written and own.read_bytes() != written
    asked = {"fields": ["text", "mel", "durations"], "augmented": False, "aligner": str(own)}
    items = Dataset(str(tmp_path / "dump" / "target_train"), **asked)
    for item in (items[n] for n in range(len(items))):
        assert len(item["durations"]) == len(item["text"]) and item["durations"].min() >= 1
        assert item["durations"].sum() == len(item["mel"])
    save_front_end(EspeakText(), tmp_path / "dump")
    with pytest.raises(MynaError, match=r"trained with other tokens .*run stage 3 \(train_vits\) again"):
        Dataset(str(tmp_path / "dump" / "target_train"), **asked)


def test_a_clone_of_the_base_needs_no_pool(tmp_path: Path, make_set: Callable[..., Path]) -> None:
    """The shipped Gaussians lead to those of the target; a damaged file is refused by its hash."""
    config = write_recipe(tmp_path, make_set, "vits_mel")
    config.tts.init, config.tts.model.aligner = "base", "monophones"
    save_front_end(EspeakText(), tmp_path / "dump")
    shutil.rmtree(tmp_path / "dump" / "pool_train")
    own = aligner.of_target(*tts_of(config))
    assert own == tmp_path / "exp" / "clone" / "aligner.safetensors"
    assert Monophones.load(own).symbols == default_tokens().symbols
    assert not np.array_equal(Monophones.load(own).mean, Monophones.load(aligner.of_pool(*tts_of(config))).mean)


def test_an_utterance_with_more_symbols_than_frames_is_left_out(tmp_path: Path, make_set: Callable[..., Path]) -> None:
    config = write_recipe(tmp_path, make_set, "fastspeech2")
    phones = tmp_path / "dump" / "pool_train" / "phones"
    first, *others = phones.read_text(encoding="utf-8").splitlines()
    phones.write_text("\n".join([first.split()[0] + " a" * 99, *others]) + "\n", encoding="utf-8")
    path = aligner.of_pool(*tts_of(config))
    source = Dataset(str(phones.parent), ("text", "durations"), aligner=str(path))
    assert first.split()[0] not in [u.name for u in source.utterances] and len(source) == len(others)
    phones.write_text("\n".join(line.split()[0] + " a" * 99 for line in (first, *others)) + "\n", encoding="utf-8")
    path.unlink()
    with pytest.raises(MynaError, match="more symbols than frames"):
        aligner.of_pool(*tts_of(config))


def test_the_base_aligns_without_training() -> None:
    assert load_aligner("base").encoder.embed.num_embeddings == 256
    assert not any(p.requires_grad for p in load_aligner("base").parameters())


def test_the_base_is_no_start_for_another_network(tmp_path: Path) -> None:
    settings = OmegaConf.load(CONF / "tts" / "fastspeech2.yaml")
    settings.init = "base"
    with pytest.raises(MynaError, match=r"tts\.init=base does not fit tts=fastspeech2"):
        start(constructed(MelTts, OmegaConf.to_container(settings)), tmp_path, 0)


def test_from_scratch_the_number_of_steps_must_be_named(tmp_path: Path) -> None:
    """The base needs none, and its null must not leave a network untrained in silence."""
    settings = OmegaConf.load(CONF / "tts" / "vits_mel.yaml")
    settings.init = "scratch"
    config = OmegaConf.create(
        {"tts": settings, "trainer": TRAINER, "dump_dir": str(tmp_path), "exp_dir": str(tmp_path)}
    )
    with pytest.raises(MynaError, match=r"set tts\.max_steps"):
        mel_train.train(*given(config))
