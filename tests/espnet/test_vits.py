"""`tts=vits`: its losses fall, and stages 3 and 5 end in a voice that speaks."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from hf_voices import V2, make_voice
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from partial_settings import settings_and_workspace as given
from safetensors.torch import load_file
from torch import Tensor

from myna.adapt import fine_tune
from myna.audio.mel import log_mel
from myna.errors import MynaError
from myna.espnet import train_tts
from myna.espnet.embeddings import write_embeddings
from myna.espnet.vits_latent_model import PosteriorModel, VitsPriorModel
from myna.espnet.vits_losses import Adversary, align
from myna.espnet.vits_model import VitsModel, VitsWaveModel
from myna.networks.tts.vits import Vits, VitsCore
from myna.networks.vocoder.bandwidth import band_limit
from myna.networks.voice import Voice, build
from myna.publish.hf_export import write_hf
from myna.settings.recipe import group_of
from myna.text.phonemes import phonemize
from myna.text.tokens import default_tokens

ROOT = Path(__file__).parents[2]
TINY: dict[str, Any] = {
    "condition": 8,
    "hidden": 16,
    "inner": 32,
    "text_layers": 1,
    "dropout": 0.0,
    "duration_dropout": 0.0,
    "posterior_layers": 2,
    "posterior_stacks": 1,
    "flows": 2,
    "flow_layers": 2,
    "channels": 32,
    "res_kernels": [3],
    "res_dilations": [[1, 2]],
}
TINY_MOBILE: dict[str, Any] = {
    "_target_": "myna.networks.tts.vits_mobile.VitsMobile",
    **{name: value for name, value in TINY.items() if not name.startswith("res_")},
    "decoder_inner": 64,
    "decoder_layers": 2,
    "weight_norm": True,
}
COUNT = {"tokens": len(default_tokens())}
TEXTS = ("one", "two three", "hello world", "good morning")


def discriminator() -> torch.nn.Module:
    """Return the configured discriminator with two periods and few channels."""
    settings = OmegaConf.load(ROOT / "conf" / "tts" / "vits.yaml").discriminator
    settings.periods = [2, 3]
    settings.period_discriminator_params.update({"channels": 2, "max_downsample_channels": 4})
    settings.scale_discriminator_params.update({"channels": 16, "max_downsample_channels": 16})
    return instantiate(settings, _convert_="all")


def waves() -> list[np.ndarray]:
    """Return four harmonic sounds with a moving pitch, 0.7 to 1 s."""
    out = []
    for number in range(4):
        time = np.arange(int((0.7 + 0.1 * number) * 86) * 256) / 22_050
        phase = 2 * np.pi * (110 * (number + 1) * time + 20 * np.sin(2 * np.pi * time))
        out.append((0.1 * sum(np.sin(k * phase) / k for k in range(1, 8))).astype(np.float32))
    return out


@pytest.fixture(scope="module")
def batch() -> dict[str, Tensor]:
    """Give four utterances as the collate function gives them."""
    from myna.espnet.collate import Pad

    tokens = default_tokens()
    items = [
        {
            "utt_id": f"ana-{number}",
            "text": np.array(tokens.encode(phonemize(text, "en-us"))),
            "mel": log_mel(torch.from_numpy(wave))[0].numpy(),
            "speech": wave,
            "spembs": np.eye(256, dtype=np.float32)[number],
            "lids": np.int64(0),
            "band": np.float32(8000),
        }
        for number, (text, wave) in enumerate(zip(TEXTS, waves(), strict=True))
    ]
    return Pad()(items)[1]


def tiny(name: str = "vits") -> VitsCore:
    """Return a tiny network, always with the same weights."""
    torch.manual_seed(0)
    return build({"_target_": "myna.networks.tts.vits.Vits", **(TINY if name == "vits" else TINY_MOBILE), **COUNT})


def overfit(model: torch.nn.Module, batch: dict[str, Tensor], steps: int, figure: str) -> tuple[float, float]:
    """Train on one batch as ESPnet3 does; return the figure's mean at the start and at the end."""
    parts = {"generator": "network", "discriminator": "discriminator"}
    optimizers = {
        name: torch.optim.AdamW(getattr(model, part).parameters(), 3e-3, betas=(0.8, 0.99))
        for name, part in parts.items()
        if getattr(model, part, None) is not None
    }
    seen = []
    for step in range(steps):
        torch.manual_seed(step)
        losses, stats, _ = model(**batch)
        named = [(s.name, s.loss) for s in losses] if isinstance(losses, list) else [("generator", losses)]
        for name, loss in named:
            optimizers[name].zero_grad()
            loss.backward()
            optimizers[name].step()
        seen.append(float(stats[figure]))
    return float(np.mean(seen[:3])), float(np.mean(seen[-3:]))


@pytest.mark.parametrize("name", ["vits", "vits_mobile"])
def test_whole_network_learns_four_utterances(name: str, batch: dict[str, Tensor]) -> None:
    """Text, latents and waves together, with a discriminator: mels come closer, and generator comes first."""
    model = VitsModel(tiny(name), discriminator(), segment=16)
    steps, stats, count = model(**batch)
    assert [s.name for s in steps] == ["generator", "discriminator"]
    assert {"mel", "spectrum", "adversarial", "features", "discriminator", "divergence", "duration"} <= set(stats)
    assert int(count) == 4
    first, last = overfit(model, batch, 25, "mel")
    assert last < 0.8 * first


def test_judging_each_wave_once_gives_the_gradients_of_judging_it_for_each_side() -> None:
    """The generator's loss, its gradient at the wave, and the discriminator's gradients are those of plain losses."""
    network, adversary = discriminator(), Adversary(1.0, 2.0)
    fake, real = torch.randn(2, 4096, requires_grad=True), torch.randn(2, 4096)
    loss, verdict = adversary(network, fake, real, torch.full((2,), 8000.0))
    loss.backward()
    assert all(p.grad is None for p in network.parameters())
    verdict.discriminator.backward()
    found = [fake.grad, *(p.grad for p in network.parameters())]

    network.zero_grad()
    again = fake.detach().requires_grad_()
    waves = [band_limit(wave, torch.full((2,), 8000.0))[:, None] for wave in (again, real)]
    made, true = network(waves[0]), network(waves[1])
    plain = adversary.generator_loss(made) + 2 * adversary.feature_loss(made, true)
    (slope,) = torch.autograd.grad(plain, again)
    sum(adversary.discriminator_loss(network(waves[0].detach()), network(waves[1]))).backward()
    assert float(loss) == pytest.approx(float(plain), rel=1e-5)
    for one, two in zip(found, [slope, *(p.grad for p in network.parameters())], strict=True):
        assert one is not None and two is not None and torch.allclose(one, two, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("name", ["vits", "vits_mobile"])
def test_every_parameter_learns(name: str, batch: dict[str, Tensor]) -> None:
    """One step of the whole network reaches each parameter, but for those that inference never uses."""
    model = VitsModel(tiny(name), segment=16)
    model(**batch)[0][0].loss.backward()
    lost = [name for name, p in model.network.named_parameters() if p.grad is None]
    assert lost == []


@pytest.mark.parametrize("name", ["vits", "vits_mobile"])
def test_a_step_in_mixed_precision_as_on_a_gpu(name: str, batch: dict[str, Tensor]) -> None:
    """Relative attention once added half-precision numbers to whole ones, which torch refuses."""
    model, found = VitsModel(tiny(name), discriminator(), segment=16), []
    for mixed in (False, True):
        torch.manual_seed(3)
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            steps, stats, _ = model(**batch)
        for step in steps:
            step.loss.backward()
        found.append([float(stats[key]) for key in ("divergence", "duration", "discriminator")])
    assert found[1] == pytest.approx(found[0], rel=0.02)
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_waves_alone_learn_without_text(batch: dict[str, Tensor]) -> None:
    """Posterior encoder and decoder reconstruct better, and the text side gets no gradient."""
    model = VitsWaveModel(tiny(), segment=16, context=8)
    first, last = overfit(model, batch, 25, "mel")
    assert last < 0.8 * first
    assert all(p.grad is None for p in model.network.text_encoder.parameters())


def test_validation_does_not_depend_on_the_batch(batch: dict[str, Tensor]) -> None:
    """The mean over single utterances is the figure of the batch."""
    model = VitsWaveModel(tiny(), segment=16, context=8).eval()
    with torch.no_grad():
        whole = float(model(**batch)[1]["mel"])
        lengths = batch["mel_lengths"].tolist()
        single = [
            float(model(**{k: v[i : i + 1] for k, v in batch.items()} | {"mel": batch["mel"][i : i + 1, :n]})[1]["mel"])
            for i, n in enumerate(lengths)
        ]
    assert whole == pytest.approx(np.mean(single), rel=1e-4)


def test_alignment_is_monotonic_and_complete(batch: dict[str, Tensor]) -> None:
    """Every symbol lasts a frame or more, all frames are spent; a text too long for its frames gets none."""
    network = tiny().eval()
    prior = network.prior(batch["text"], batch["text_lengths"])
    z = torch.randn(4, 16, batch["mel"].shape[1])
    durations = align(prior, z, batch["mel_lengths"])
    assert durations.sum(1).tolist() == batch["mel_lengths"].tolist()
    assert (durations[prior.mask] >= 1).all()
    assert durations[~prior.mask].sum() == 0
    assert align(prior, z, torch.tensor([3, 3, 3, 3])).sum() == 0


def test_posterior_learns_known_latents(batch: dict[str, Tensor]) -> None:
    """Latents that depend on the spectrogram are learned."""
    network = tiny()
    latent = torch.tanh(batch["mel"] @ torch.randn(80, 16) * 0.1)
    model = PosteriorModel(network, window=32, edge=4)
    first, last = overfit(model, batch | {"latent": latent}, 40, "error")
    assert last < 0.6 * first


def test_prior_learns_cached_latents(batch: dict[str, Tensor]) -> None:
    """The divergence falls, and validation gives a distance of mels."""
    network = tiny()
    shape = (4, batch["mel"].shape[1], 16)
    cached = {"mean": torch.randn(shape).cumsum(1) * 0.1, "log_deviation": torch.full(shape, -1.0)}
    model = VitsPriorModel(network)
    first, last = overfit(model, batch | cached, 25, "loss")
    assert last < 0.8 * first
    with torch.no_grad():
        assert float(model.eval()(**batch | cached)[1]["mel"]) > 0


def write_recipe(root: Path) -> DictConfig:
    """Write what stages 0 to 2 leave, and return a configuration in which every phase is two steps."""
    tokens = default_tokens()
    tokens.save(root / "dump" / "tokens.txt")
    rng = np.random.default_rng(0)
    for name, speakers in (
        ("pool_train", "ab"),
        ("pool_dev", "ab"),
        ("target_train", "t"),
        ("target_dev", "t"),
    ):
        folder = root / "dump" / name
        (folder / "wav").mkdir(parents=True)
        tables: dict[str, list[str]] = {}
        embeddings = {}
        for speaker in speakers:
            for number in range(8 if name == "pool_train" else 2):
                utterance = f"{speaker}-{name}-{number}"
                wave = np.tile(waves()[number % 4], 3)[: 256 * 150]
                wave = wave[: len(wave) // 256 * 256]
                soundfile.write(folder / "wav" / f"{utterance}.wav", wave, 22_050)
                np.savez(folder / f"{utterance}.npz", mel=log_mel(torch.from_numpy(wave))[0].numpy().astype(np.float16))
                embeddings[utterance] = rng.normal(size=256).astype(np.float32)
                rows = {
                    "wav.scp": str(folder / "wav" / f"{utterance}.wav"),
                    "feats.scp": str(folder / f"{utterance}.npz"),
                    "utt2spk": speaker,
                    "utt2num_frames": str(len(wave) // 256),
                    "utt2dur": f"{len(wave) / 22_050:.3f}",
                    "utt2lang": "en-us",
                    "utt2band": "8000",
                    "text": TEXTS[number % 4],
                    "phones": " ".join(s if s != " " else "<space>" for s in phonemize(TEXTS[number % 4], "en-us")),
                }
                for table, value in rows.items():
                    tables.setdefault(table, []).append(f"{utterance} {value}\n")
        for table, lines in tables.items():
            (folder / table).write_text("".join(lines), encoding="utf-8")
        embeds = root / "exp" / "encoder" / "embeds" / name
        write_embeddings(embeds, "utt", embeddings)
        write_embeddings(embeds, "spk", {s: rng.normal(size=256).astype(np.float32) for s in speakers})
    data = root / "data" / "target_train"
    data.mkdir(parents=True)
    (data / "spk2consent").write_text("t licence evaluation CC-BY-SA-3.0\n", encoding="utf-8")
    tts, trainer = (OmegaConf.load(ROOT / "conf" / file) for file in ("tts/vits.yaml", "trainer/cpu.yaml"))
    paths = {f"{kind}_dir": str(root / kind) for kind in ("data", "dump", "exp")}
    more = {"seed": 1, "num_workers": 0, "trainer": {**trainer, "max_steps": 2}, "create_dataset": {}}
    config = OmegaConf.create({**paths, **more, "tts": tts})
    config.tts.pool_dev_utterances = 2
    config.tts.distil.utterances = 6
    for phase in (
        config.tts.distil,
        config.tts.wave,
        config.tts.full,
        *(config.tts.adapt[k] for k in ("wave", "full")),
    ):
        phase.batch_size = 2
    return config


def write_checkpoint(folder: Path) -> Path:
    """Write a VITS as Hugging Face has them: nothing in it tells that Myna made it."""
    voice = make_voice(**V2)
    write_hf(voice, {"Ana": voice.speaker}, "en-us", folder)
    (folder / "myna.json").unlink()
    return folder


@pytest.mark.parametrize(
    ("name", "init"),
    [("vits", "scratch"), ("vits", "joe"), ("vits", "hf"), ("vits_mobile", "scratch")],
)
def test_stages_3_and_5_end_in_a_voice(name: str, init: str, tmp_path: Path) -> None:
    """Two steps a phase: the voice loads, speaks the same again, and a finished stage repeats to the same files."""
    config = write_recipe(tmp_path)
    config.tts.init = init
    if init == "hf":
        config.tts.init = f"hf:{write_checkpoint(tmp_path / 'hf')}"
    if init == "scratch":
        config.tts.network = TINY if name == "vits" else TINY_MOBILE
    train_tts.run(*given(config))
    fine_tune.run(*given(config))
    folder = tmp_path / "exp" / "clone" / "voice"
    spoken = Voice.load(folder).speak("Good morning.", seed=4)
    assert len(spoken) > 2000
    assert np.isfinite(spoken).all()
    assert (folder / "consent.yaml").is_file()
    records = (tmp_path / "exp" / "clone" / "log.jsonl").read_text(encoding="utf-8")
    assert "valid/mos" in records and "valid/mel" in records
    before = (folder / "tts.safetensors").read_bytes()
    fine_tune.run(*given(config))
    assert (folder / "tts.safetensors").read_bytes() == before


def test_without_steps_the_start_speaks(tmp_path: Path) -> None:
    config = write_recipe(tmp_path)
    config.tts.init, config.tts.network, config.tts.adapt.full.max_steps = "scratch", TINY, 0
    train_tts.run(*given(config))
    fine_tune.run(*given(config))
    begun, ended = (load_file(tmp_path / "exp" / p / "tts.safetensors") for p in ("tts", "clone/voice"))
    assert all(torch.equal(ended[name], value) for name, value in begun.items() if name != "duration_scale")


def test_missing_stages_are_named(tmp_path: Path) -> None:
    """What is missing and which stage makes it stands in the error."""
    config = write_recipe(tmp_path)
    with pytest.raises(MynaError, match=r"tts\.yaml is missing: run stage 3"):
        fine_tune.run(*given(config))
    config.tts.init = "base"
    with pytest.raises(MynaError, match="choose joe, scratch or hf"):
        train_tts.run(*given(config))
    config.tts.train = {}
    with pytest.raises(MynaError, match=r"tts\.train.*_target_"):
        group_of("tts", OmegaConf.to_container(config.tts))


@pytest.mark.parametrize(("name", "generator", "discriminator_size"), [("vits", 21.5, 0.64), ("vits_gpu", 39.8, 51.0)])
def test_configured_sizes(name: str, generator: float, discriminator_size: float) -> None:
    """Both configurations build; their sizes in millions of parameters are those that are documented."""
    with initialize_config_dir(str(ROOT / "conf"), version_base=None):
        settings = compose("myna", [f"tts={name}"]).tts
    network = OmegaConf.to_container(settings.network)
    network.pop("_target_")
    with torch.device("meta"):
        built = (
            Vits(len(default_tokens()), **network),
            instantiate(settings.discriminator, _convert_="all"),
        )
    sizes = [sum(p.numel() for p in part.parameters()) / 1e6 for part in built]
    assert sizes == pytest.approx([generator, discriminator_size], rel=0.02)


def test_speakers_differ_after_a_step() -> None:
    """Conditions are mapped one by one: four speakers, four conditions."""
    network = tiny()
    conditions = network.condition(torch.eye(256)[:4], torch.zeros(4, dtype=torch.long))[..., 0]
    assert all(not torch.allclose(a, b) for a, b in pairwise(conditions))
