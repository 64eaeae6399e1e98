"""What learns by each policy, and a voice that is stored as what it adds to the base."""

import json
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from myna.adapt.mel_fine_tune import shared_parts
from myna.adapt.policies import POLICIES
from myna.cli import main
from myna.errors import MynaError
from myna.networks.pretrained import FOLDER, load_part, part_config
from myna.networks.tts.vits_mel import VitsMel
from myna.networks.voice import Voice, VoiceConfig
from myna.safety.seal import seal
from myna.text.tokens import TokenList

SIZE = {"text_channels": 32, "text_layers": 1, "channels": 32, "layers": 1, "condition": 16, "decoder_layers": 1}
LEARNS = {
    "zero_shot": (),
    "embedding": ("speaker.0.bias",),
    "encoder": ("speaker", "modulation"),
    "decoder": ("decoder", "gain", "intonation"),
}


def small() -> VitsMel:
    torch.manual_seed(0)
    return VitsMel(**SIZE, one_step=True)


@pytest.mark.parametrize("name", LEARNS)
def test_parts_that_learn(name: str) -> None:
    network = small()
    POLICIES[name]().prepare(network)
    learning = [n for n, p in network.named_parameters() if p.requires_grad]
    assert all(any(part in n for part in LEARNS[name]) for n in learning)
    assert bool(learning) == POLICIES[name].trains
    assert not any(n.startswith(("flow", "tracker")) for n in learning)  # of the base, whoever speaks


@pytest.mark.parametrize("name", sorted(POLICIES.keys() - {"maml"}))  # which starts elsewhere, and from the base alone
def test_a_network_keeps_its_form(name: str) -> None:
    network = small()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    policy = POLICIES[name](rank=2)
    policy.prepare(network)
    policy.settle(network)
    after = network.state_dict()
    assert after.keys() == before.keys() and all(torch.equal(before[k], after[k]) for k in before)


@pytest.fixture(scope="module")
def lora(tmp_path_factory) -> tuple[Path, torch.Tensor]:
    """A voice of the base with low-rank changes that were drawn, and one of its changed weights."""
    network = load_part("tts")
    policy = POLICIES["lora"](rank=8)
    built, vocoder = part_config("tts"), load_part("vocoder")
    # As stage 4 writes it: with the arguments that are the defaults.
    config = VoiceConfig("Ana", "en-us", built, part_config("vocoder") | {"channels": 256, "inner": 768, "layers": 8})
    voice = Voice(config, network, vocoder, torch.nn.functional.normalize(torch.ones(256), dim=0), tokens())
    base = shared_parts(voice)
    policy.prepare(network)
    torch.manual_seed(1)
    for name, parameter in network.named_parameters():
        if name.endswith(".up"):
            torch.nn.init.normal_(parameter, std=0.01)
    factors = policy.factors(network)
    policy.settle(network)
    network.mel_mean += 0.5
    factors |= {"mel_mean": network.mel_mean, "mel_std": network.mel_std}
    folder = tmp_path_factory.mktemp("voices") / "ana"
    voice.save(folder, base=base, factors=factors)
    (folder / "consent.yaml").write_text(CONSENT, encoding="utf-8")
    seal(folder)
    return folder, network.state_dict()["encoder.attentions.0.qkv.weight"].clone()


CONSENT = "speaker: ana\nbasis: licence\nscope: evaluation\nlicence: CC0-1.0\n"


def tokens() -> TokenList:
    return TokenList.load(FOLDER / "tokens.txt")


def test_a_low_rank_voice_is_small_and_says_what_the_whole_one_says(lora) -> None:
    folder, changed = lora
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2_000_000
    voice = Voice.load(folder)
    assert torch.allclose(voice.tts.encoder.attentions[0].qkv.weight, changed, atol=1e-4)
    assert not torch.equal(
        voice.tts.encoder.attentions[0].qkv.weight, load_part("tts").encoder.attentions[0].qkv.weight
    )
    assert torch.allclose(voice.tts.mel_mean, load_part("tts").mel_mean + 0.5, atol=1e-2)
    whole = folder.parent / "whole"
    voice.save(whole)  # what is exported does not lean on a base
    assert "base" not in yaml.safe_load((whole / "voice.yaml").read_text())
    assert load_file(whole / "tts.safetensors").keys() == voice.tts.state_dict().keys()


def broken(folder: Path, to: Path, change) -> Path:
    import shutil

    shutil.copytree(folder, to)
    change(to)
    seal(to)
    return to


def another_base(folder: Path) -> None:
    path = folder / "voice.yaml"
    config = yaml.safe_load(path.read_text())
    config["base"]["tts"] = "0" * 64
    path.write_text(yaml.safe_dump(config))


def wrong_shape(folder: Path) -> None:
    path = folder / "tts.safetensors"
    weights = load_file(path)
    key = next(k for k in weights if k.endswith(":up"))
    save_file(weights | {key: weights[key][:, :1].contiguous()}, path)


def unknown_weight(folder: Path) -> None:
    save_file({"nothing:up": torch.ones(2, 1), "nothing:down": torch.ones(1, 2)}, folder / "tts.safetensors")


def half_missing(folder: Path) -> None:
    path = folder / "tts.safetensors"
    weights = load_file(path)
    weights.pop(next(k for k in weights if k.endswith(":down")))
    save_file(weights, path)


def statistics_of_nothing(folder: Path) -> None:
    path = folder / "tts.safetensors"
    save_file(load_file(path) | {"mel_std": torch.full((80,), float("nan"))}, path)


def statistics_of_other_bands(folder: Path) -> None:
    path = folder / "tts.safetensors"
    save_file(load_file(path) | {"mel_std": torch.ones(40)}, path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (statistics_of_nothing, "finite"),
        (statistics_of_other_bands, "(40,)"),
        (another_base, "adds to another base"),
        (wrong_shape, "has matrices"),
        (unknown_weight, "is no weight of the base"),
        (half_missing, "half of it is missing"),
    ],
)
def test_changes_that_do_not_fit_are_one_line(lora, tmp_path, capsys, change, said: str) -> None:
    folder = broken(lora[0], tmp_path / "broken", change)
    with pytest.raises(SystemExit) as caught:
        raise SystemExit(main(["say", "Hello.", "--voice", str(folder), "-o", str(tmp_path / "out.wav")]))
    error = capsys.readouterr().err.strip()
    assert caught.value.code == 2 and said in error and len(error.splitlines()) == 1
    assert not (tmp_path / "out.wav").exists()


def test_hashes_of_the_base_are_those_of_its_files() -> None:
    import hashlib

    pins = json.loads((FOLDER / "weights.json").read_text())
    assert hashlib.sha256((FOLDER / "tts.safetensors").read_bytes()).hexdigest() == pins["tts.safetensors"]["sha256"]


def test_the_learned_start_is_of_the_base_and_no_other() -> None:
    network = load_part("tts")
    policy = POLICIES["maml"]()
    policy.prepare(network)
    assert policy.factors(network) and any(value.abs().sum() > 0 for value in policy.factors(network).values())
    policy.settle(network)
    assert network.state_dict().keys() == load_part("tts").state_dict().keys()
    with pytest.raises(MynaError, match="starts from the base"):
        POLICIES["maml"]().prepare(small())
