"""What every speaker encoder promises, for every network of conf/encoder, at small sizes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from embedded import embedded_alone
from learning import losses_of
from torch import Tensor, nn

from myna.errors import MynaError
from myna.networks.speaker.build import build_network, check_network
from myna.networks.speaker.losses import AamSoftmax, Ge2e
from myna.networks.speaker.own import OwnEncoder

PACKAGE = "myna.networks.speaker."
ENDS = {"inputs": 80, "embedding": 256}
SMALL: dict[str, dict[str, Any]] = {
    "cnn": {"_target_": PACKAGE + "cnn.ConvEncoder", "channels": [24, 32], "kernels": [5, 3], "dilations": [1, 2]},
    "mfcc": {"_target_": PACKAGE + "mfcc_lda.MfccEncoder"},
    "lstm_ge2e": {"_target_": PACKAGE + "lstm.LstmEncoder", "hidden": 24, "layers": 3, "window": 20, "hop": 10} | ENDS,
    "transformer": {
        "_target_": PACKAGE + "transformer.TransformerEncoder",
        "width": 32,
        "heads": 4,
        "inner": 48,
        "layers": 2,
        "dropout": 0.1,
    }
    | ENDS,
    "ecapa": {"_target_": PACKAGE + "ecapa.EcapaEncoder", "channels": 32, "outputs": 48, "scale": 8} | ENDS,
    "rawnet3": {
        "_target_": PACKAGE + "rawnet3.RawNet3Encoder",
        "sample_rate": 22_050,
        "filters": 32,
        "kernel": 251,
        "stride": 48,
        "channels": 32,
        "outputs": 48,
        "scale": 8,
        "embedding": 256,
    },
}
LEARNED = [name for name in SMALL if name != "mfcc"]


def small(member: str) -> nn.Module:
    """Build a member, with statistics of batch normalisation that are not those of the start."""
    torch.manual_seed(0)
    network = build_network(SMALL[member])
    if member != "mfcc":
        network.train()(*features(member))
    return network.eval()


def feature(member: str) -> str:
    return "speech" if member == "rawnet3" else "mel"


def features(member: str, frames: tuple[int, ...] = (57, 31, 57, 12)) -> tuple[Tensor, Tensor]:
    """Return noise and lengths, two of them equal."""
    generator = torch.Generator().manual_seed(1)
    if feature(member) == "speech":
        lengths = torch.tensor(frames) * 256
        return 0.1 * torch.randn(len(frames), int(lengths.max()), generator=generator), lengths
    return torch.randn(len(frames), max(frames), 80, generator=generator) - 4, torch.tensor(frames)


@pytest.mark.parametrize("member", SMALL)
def test_padded_batch_equals_each_alone(member: str) -> None:
    """The embedding does not know what else was in the batch, nor what the padding holds, numbers or not."""
    network, (rows, lengths) = small(member), features(member)
    together = embedded_alone(network, rows, lengths, 1e-5)
    assert not torch.allclose(together[0], together[1], atol=1e-3)


@pytest.mark.parametrize("member", LEARNED)
def test_four_utterances_are_learned(member: str) -> None:
    """The loss falls while the network learns two speakers with two utterances each; every weight takes part."""
    network, (rows, lengths) = build_network(SMALL[member]).train(), features(member)
    loss = Ge2e() if member == "lstm_ge2e" else AamSoftmax(2)
    values, accuracy = losses_of(network, loss, rows, lengths)
    assert values[-1] < 0.3 * values[0]
    assert accuracy == 1.0
    assert all(weights.grad is not None for weights in network.parameters())


@pytest.mark.parametrize("member", SMALL)
def test_saved_member_is_the_same(member: str, tmp_path: Path) -> None:
    """Waves give the same numbers after a round trip through the file; a batch gives what single waves give."""
    random = np.random.default_rng(0)
    waves = [0.1 * random.normal(size=n).astype(np.float32) for n in (9_000, 22_050, 600)]
    first = OwnEncoder(small(member), feature(member), member)
    first.save(tmp_path / "member.safetensors", SMALL[member])
    loaded = OwnEncoder.load(tmp_path / "member.safetensors")
    together = first.embed_waves(waves)
    assert (loaded.name, loaded.feature, loaded.fingerprint()) == (member, feature(member), first.fingerprint())
    assert np.array_equal(together, loaded.embed_waves(waves))
    for row, wave in enumerate(waves):
        assert np.allclose(loaded.embed(wave), together[row], atol=1e-5)


@pytest.mark.parametrize("member", SMALL)
def test_check_passes_and_leaves_no_trace(member: str) -> None:
    """Every member passes the trial that an own one must pass; random numbers and mode are as before."""
    network = build_network(SMALL[member]).train()
    state = torch.random.get_rng_state()
    check_network(network, feature(member), member)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert network.training


class Wrong(nn.Module):
    """A network that breaks one promise."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault

    def forward(self, mel: Tensor, lengths: Tensor) -> Tensor:
        mean = mel.mean((1, 2)) if self.fault == "padding" else mel[:, 0, 0]
        row = torch.stack([mean, torch.ones_like(mean)], dim=1)
        row = row if self.fault == "length" else nn.functional.normalize(row, dim=1)
        return nn.functional.pad(row, (0, 10 if self.fault == "size" else 254))


@pytest.mark.parametrize(
    ("fault", "message"),
    [("size", r"gives \(2, 12\).*must give \(2, 256\)"), ("length", "of length"), ("padding", "hears padding")],
)
def test_a_broken_promise_is_named(fault: str, message: str) -> None:
    """A network of one's own is told what is wrong with it before it is trained."""
    with pytest.raises(MynaError, match=f"toy.*{message}"):
        check_network(Wrong(fault), "mel", "toy")
    with pytest.raises(MynaError, match=r"encoder\.feature=smell: use mel, mfcc, speech"):
        check_network(Wrong(fault), "smell", "toy")


@pytest.mark.parametrize(("member", "heard"), [("rawnet3", "mel"), ("cnn", "speech"), ("mfcc", "mfcc")])
def test_a_feature_that_does_not_fit_is_named(member: str, heard: str) -> None:
    """Both words are named; the mode of the network is as before."""
    network = build_network(SMALL[member] | ({"inputs": 40} if member == "mfcc" else {})).train()
    network.inputs = 13
    with pytest.raises(MynaError, match=rf"{member} and encoder\.feature={heard} .* clash"):
        check_network(network, heard, member)
    assert network.training


@pytest.mark.parametrize("target", ["myna.networks.speaker.cnn.Nothing", "no_such_package.Net", "Net", ""])
def test_a_class_that_is_not_there_is_named(target: str) -> None:
    with pytest.raises(MynaError, match=f"'{target}'.*--conf-dir"):
        build_network({"_target_": target})


def test_arguments_that_do_not_fit_are_named() -> None:
    with pytest.raises(MynaError, match=r"ConvEncoder does not take these arguments.*chanels"):
        build_network({"_target_": PACKAGE + "cnn.ConvEncoder", "chanels": 3})


def test_a_file_may_not_name_a_foreign_class(tmp_path: Path) -> None:
    """Only the class that the configuration names is loaded from outside Myna."""
    path = tmp_path / "toy.safetensors"
    OwnEncoder(nn.Identity(), "mel", "toy").save(path, {"_target_": "torch.nn.Identity"})
    with pytest.raises(MynaError, match=r"names the class torch\.nn\.Identity"):
        OwnEncoder.load(path)
    with pytest.raises(MynaError, match=r"names the class torch\.nn\.Identity"):
        OwnEncoder.load(path, trusted="torch.nn.Linear")
    assert OwnEncoder.load(path, trusted="torch.nn.Identity").name == "toy"


def test_long_utterances_are_windows() -> None:
    """The LSTM hears a long utterance as windows: each frame is in one, and the last ends where the utterance does."""
    network = build_network(SMALL["lstm_ge2e"])
    rows = torch.arange(53.0)[:, None]
    windows = network._windows(rows)  # type: ignore[operator]
    assert [(int(w[0]), int(w[-1])) for w in windows] == [(0, 19), (10, 29), (20, 39), (30, 49), (33, 52)]
    assert [len(w) for w in network._windows(rows[:7])] == [7]  # type: ignore[operator]
    assert [len(w) for w in network._windows(rows[:20])] == [20]  # type: ignore[operator]


def statistics(speakers: int, each: int = 30) -> tuple[np.ndarray, list[str]]:
    """Return rows where speakers differ in the first five numbers and vary most in the others."""
    random = np.random.default_rng(0)
    means = np.zeros((speakers, 40))
    means[:, :5] = random.normal(0, 2, (speakers, 5))
    spread = np.r_[np.full(5, 0.5), np.full(35, 6.0)]
    rows = np.concatenate([mean + spread * random.normal(size=(each, 40)) for mean in means])
    return rows + 10, [f"s{i // each}" for i in range(speakers * each)]


def test_discriminant_analysis_finds_what_tells_speakers_apart() -> None:
    """Speakers lie apart after the turn, and the numbers that vary within a speaker weigh little."""
    network = build_network(SMALL["mfcc"])
    rows, speakers = statistics(8)
    assert network.fit(rows, speakers) == 7  # type: ignore[operator]
    embedded = nn.functional.normalize((torch.from_numpy(rows).float() - network.centre) @ network.turn, dim=1)  # type: ignore[operator]
    cosine = embedded @ embedded.T
    same = torch.tensor([[a == b for a in speakers] for b in speakers])
    assert cosine[same].mean() > 0.5
    assert cosine[~same].mean() < 0.1
    assert bool((network.turn[:, 7:] == 0).all())  # type: ignore[index]


def test_few_speakers_are_left_to_cosine_scoring() -> None:
    """Three speakers give too few directions: every statistic is kept, at unit variance."""
    network = build_network(SMALL["mfcc"])
    rows, speakers = statistics(3)
    assert network.fit(rows, speakers) == 40  # type: ignore[operator]
    turned = (torch.from_numpy(rows).float() - network.centre) @ network.turn  # type: ignore[operator]
    assert torch.allclose(turned[:, :40].std(0), torch.ones(40), atol=0.05)


def test_mfcc_leaves_the_level_out() -> None:
    """A recording that is played louder has the same embedding."""
    network, (rows, lengths) = small("mfcc"), features("mfcc")
    assert torch.allclose(network(rows, lengths), network(rows + 1.7, lengths), atol=1e-5)
