"""Fewer channels inside the blocks of a voice, and what is left made to do the work of all.

Each ConvNeXt block widens its frames, bends them, and narrows them again. Of the wide channels those go whose going
costs least once the narrowing layer has been fitted anew: for channel j that is |w_j|² / [G⁻¹]_jj with the Gram matrix
G of the channels over calibration sentences, as the optimal brain surgeon has it. They go one by one, and the
layer is fitted by least squares to what the whole block gave. Blocks follow one another, so each makes up for what the
ones before it lost. Sources: Hassibi and Stork, Second Order Derivatives for Network Pruning: Optimal Brain Surgeon
(1993); He et al., Channel Pruning for Accelerating Very Deep Neural Networks (2017).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy, deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from myna.deploy.calibration import TTS_PARTS, CalibrationSentence, Text, blocks_of
from myna.errors import MynaError
from myna.networks.convnext import ConvNextBlock
from myna.networks.tts.batch import Texts
from myna.networks.voice import Voice
from myna.text.languages import language_number

MULTIPLE = 16  # channels are a multiple of it, for the vectors of processors
RIDGE = 1e-3  # of the mean power of a channel: weights stay small enough for 8 bits
LEAST_KEPT = 0.25


@dataclass(frozen=True)
class Smaller:
    """How much of a voice is taken out.

    Attributes:
        keep: Share of the inner channels that stays, by part: `tts` and `vocoder`.
        texts: Calibration sentences, none of the gate's.
        recovery: Steps of training afterwards, see `myna.deploy.recover`.
    """

    keep: Mapping[str, float]
    texts: Sequence[Text]
    recovery: int = 0

    @classmethod
    def parse(cls, text: str, texts: Sequence[Text], recovery: int = 0) -> "Smaller":
        """Read `tts=0.75,vocoder=0.5`.

        Raises:
            MynaError: Another form, an unknown part, or a share outside 0.25 to 1.
        """
        try:
            keep = {part: float(share) for part, share in (word.split("=") for word in text.split(","))}
        except ValueError as error:
            raise MynaError(f"--prune {text}: say how much is kept, as tts=0.75,vocoder=0.5") from error
        check_shares(keep)
        return cls(keep, texts, recovery)

    def told(self) -> str:
        """Return what the card says, Markdown."""
        kept = ", ".join(f"{share:.0%} of those of {part}" for part, share in self.keep.items())
        trained = f", trained again for {self.recovery} steps" if self.recovery else ""
        return f"\nInner channels that were kept: {kept}{trained}.\n"

    def of(self, voice: Voice) -> Voice:
        """Return a smaller voice; the original stays as it is."""
        from myna.deploy.recover import recover

        smaller = prune(voice, self.keep, self.texts)
        if not self.recovery:
            return smaller
        return recover(smaller, voice, [speak(voice, *text) for text in self.texts], self.recovery)


@torch.no_grad()
def prune(voice: Voice, keep: Mapping[str, float], texts: Sequence[Text]) -> Voice:
    """Return a voice with narrower blocks; the original stays as it is.

    Args:
        voice: Of `tts=vits_mel` and the vocoder `istft`.
        keep: Share of the inner channels that stays, by part: `tts` and `vocoder`.
        texts: Calibration sentences, none of the gate's; hundreds of tokens more than a block has channels.

    Raises:
        MynaError: An unknown part, or a share outside 0.25 to 1.
    """
    check_shares(keep)
    spoken = [speak(voice, *text) for text in texts]
    smaller = copy(voice)
    if keep.get("tts", 1.0) < 1:
        smaller.tts = deepcopy(voice.tts)
        blocks = [block for part in TTS_PARTS for block in blocks_of(getattr(smaller.tts, part))]
        whole = [block for part in TTS_PARTS for block in blocks_of(getattr(voice.tts, part))]
        runs = [_reader(network.tts, voice, spoken) for network in (voice, smaller)]
        _narrow(whole, blocks, keep["tts"], *runs)
    if keep.get("vocoder", 1.0) < 1:
        assert voice.vocoder is not None
        smaller.vocoder = deepcopy(voice.vocoder)
        whole, blocks = (blocks_of(network.vocoder.blocks) for network in (voice, smaller))  # type: ignore[union-attr, arg-type]
        runs = [_filterer(network.vocoder, spoken) for network in (voice, smaller)]
        _narrow(whole, blocks, keep["vocoder"], *runs)
    return smaller


@torch.no_grad()
def speak(voice: Voice, text: str, language: str) -> CalibrationSentence:
    """Speak a sentence, and keep what another network needs to speak it alike."""
    numbers = voice.encode(text, language)
    tokens, length = torch.tensor([numbers]), torch.tensor([len(numbers)])
    inputs = Texts(tokens, length, voice.speaker[None], torch.tensor([language_number(language)]))
    durations = voice.tts.predict_durations(inputs)
    mel, _ = voice.tts.infer(inputs, durations=durations, **voice.config.defaults)
    return CalibrationSentence(inputs, durations, mel)


def check_shares(keep: Mapping[str, float]) -> None:
    """Refuse a share of channels that cannot be.

    Raises:
        MynaError: An unknown part, or a share outside 0.25 to 1.
    """
    for part, share in keep.items():
        if part not in ("tts", "vocoder") or not LEAST_KEPT <= share <= 1:
            raise MynaError(f"--prune {part}={share:g}: tts and vocoder keep {LEAST_KEPT} to 1 of their channels")


def _reader(network: nn.Module, voice: Voice, spoken: Sequence[CalibrationSentence]) -> Callable[[], None]:
    def run() -> None:
        for one in spoken:
            with suppress(_Enough):
                network.infer(one.inputs, durations=one.durations, **voice.config.defaults)  # type: ignore[operator]

    return run


def _filterer(network: nn.Module | None, spoken: Sequence[CalibrationSentence]) -> Callable[[], None]:
    def run() -> None:
        assert network is not None
        for one in spoken:
            with suppress(_Enough):
                network(one.mel)

    return run


def _narrow(
    whole: Sequence[ConvNextBlock],
    blocks: Sequence[ConvNextBlock],
    share: float,
    run_whole: Callable[[], None],
    run: Callable[[], None],
) -> None:
    """Narrow blocks in the order in which they run, each fitted to what its whole twin gives."""
    with _collected([block.project for block in whole], outputs=True) as wanted:
        run_whole()
    sentences = min(len(rows) for rows in wanted if rows)
    for block, rows in zip(blocks, wanted, strict=True):
        if not rows:
            continue  # no step of the flow: it draws nothing
        with _collected([block.project], last=len(rows) == sentences) as found:
            run()
        _fit(block, torch.cat(found[0]), torch.cat(rows), share)


class _Enough(Exception):
    """What is asked for was heard: the rest of the sentence need not be drawn."""


@contextmanager
def _collected(layers: Sequence[nn.Module], outputs: bool = False, last: bool = False) -> Iterator[list[list[Tensor]]]:
    """Collect what layers are given, or give, as rows `(N, C)`; `last` stops each sentence there (`_Enough`)."""
    found: list[list[Tensor]] = [[] for _ in layers]

    def listener(own: list[Tensor]) -> Callable[..., None]:
        def listen(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            own.append((output if outputs else inputs[0]).flatten(0, -2))
            if last:
                raise _Enough

        return listen

    hooks = [layer.register_forward_hook(listener(own)) for layer, own in zip(layers, found, strict=True)]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _fit(block: ConvNextBlock, hidden: Tensor, wanted: Tensor, share: float) -> None:
    """Keep a share of the channels of a block, and fit its second layer.

    Args:
        block: Changed in place.
        hidden: `(N, inner)` what the second layer is given.
        wanted: `(N, C)` what it is to give.
        share: Of the channels.
    """
    centre, target = hidden.double().mean(0), wanted.double().mean(0)
    x, y = hidden.double() - centre, wanted.double() - target
    gram, cross = x.T @ x, x.T @ y
    gram += RIDGE * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype)
    kept = _chosen(gram, cross * block.scale.double(), max(MULTIPLE, round(share * len(gram) / MULTIPLE) * MULTIPLE))
    weight = torch.linalg.solve(gram[kept][:, kept], cross[kept]).T
    narrow, back = nn.Linear(block.expand.in_features, len(kept)), nn.Linear(len(kept), len(weight))
    narrow.weight.copy_(block.expand.weight[kept])
    narrow.bias.copy_(block.expand.bias[kept])
    back.weight.copy_(weight)
    back.bias.copy_(target - weight @ centre[kept])
    block.expand, block.project = narrow, back


def _chosen(gram: Tensor, cross: Tensor, count: int) -> Tensor:
    """Return the numbers of the channels that stay, ascending; of twins one goes, and then the other is needed."""
    inverse = torch.linalg.inv(gram)
    weight, kept = inverse @ cross, torch.ones(len(gram), dtype=torch.bool)
    for _ in range(len(gram) - count):
        cost = weight.square().sum(1) / inverse.diagonal()
        going = int(cost.where(kept, torch.inf).argmin())
        kept[going] = False
        # Without it: a step of elimination in the inverse, and in the weights that are fitted anew.
        column = inverse[:, going] / inverse[going, going]
        weight -= column[:, None] * weight[going].clone()
        inverse -= column[:, None] * inverse[going].clone()
        inverse[going, going] = 1  # of no more use, but no zero to divide by
    return kept.nonzero()[:, 0]
