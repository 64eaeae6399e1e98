"""Which words of the configuration do not fit each other: asked right after composing, before anything runs.

Only what is known to clash is listed, so a member from outside the package passes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from omegaconf import DictConfig, OmegaConf

from myna.errors import MynaError

MEL = ("vits_mel", "vits_mel_small")
END_TO_END = ("vits", "vits_mobile")
SPEAKING = ("train_vits", "fine_tune", "decode")


@dataclass(frozen=True)
class Rule:
    """Where one key has one of these values, another key must have one of those.

    Attributes:
        key: Dotted key of the configuration.
        values: The rule concerns these values of it.
        other: The key that has to fit.
        fits: Its values that do; a value that ends in `*` stands for all that begin so.
        why: The reason, and what to type instead.
        stages: The rule matters to these stages.
        typed: The rule concerns only a person who typed both words: as defaults they may stand side by side.
    """

    key: str
    values: tuple[str, ...]
    other: str
    fits: tuple[str, ...]
    why: str
    stages: tuple[str, ...] = SPEAKING
    typed: bool = False


RULES = (
    Rule(
        "tts.init",
        ("base",),
        "encoder.condition",
        ("ge2e", "resemblyzer"),
        "base was trained on embeddings of ge2e and reads no others; choose encoder=ge2e, or tts.init=scratch",
    ),
    Rule(
        "tts.name",
        END_TO_END,
        "vocoder.name",
        (),
        "it makes the wave itself and the vocoder would stay unused; leave the vocoder out, or choose a tts that makes "
        "mels, such as tts=vits_mel",
        typed=True,
    ),
    Rule("tts.name", ("vits_mobile",), "tts.init", ("scratch",), "there are no weights of that size; use scratch"),
    Rule("tts.name", MEL, "tts.init", ("base", "scratch"), "choose tts.init=base or tts.init=scratch"),
    Rule(
        "tts.name",
        ("vits_mel_small",),
        "tts.adapt.policy",
        ("auto", "zero_shot", "embedding", "encoder", "decoder", "lora", "full"),
        "what adapt=maml starts from was learned on the larger base; choose adapt=lora, or tts=vits_mel",
    ),
    Rule("tts.name", ("vits",), "tts.init", ("joe", "scratch", "hf:*"), "choose joe, scratch or hf:<path>"),
    Rule(
        "tts.init",
        ("base", "joe"),
        "text.name",
        ("espeak",),
        "these weights read the IPA of espeak-ng; choose text=espeak, or tts.init=scratch",
    ),
    Rule("tts.name", ("tacotron2", "fastspeech2"), "tts.init", ("scratch",), "there are no weights of it; use scratch"),
    Rule(
        "tts.model.aligner",
        ("base",),
        "text.name",
        ("espeak",),
        "the base finds the durations and reads the IPA of espeak-ng; choose text=espeak, or "
        "tts.model.aligner=monophones, which reads any text",
    ),
    Rule(
        "tts.model.aligner",
        ("base",),
        "encoder.condition",
        ("ge2e", "resemblyzer"),
        "the base finds the durations and reads embeddings of ge2e only; choose encoder=ge2e, or "
        "tts.model.aligner=monophones, which reads none",
    ),
    Rule(
        "vocoder.init",
        ("base",),
        "vocoder.name",
        ("istft", "istft_small"),
        "the base is an istft vocoder; choose vocoder=istft or istft_small, or vocoder.init=scratch",
        stages=("train_hifigan",),
    ),
)


def check_words(config: DictConfig, typed: Sequence[str] = (), stages: Sequence[str] | None = None) -> None:
    """Refuse words that clash.

    Args:
        config: The composed configuration.
        typed: The overrides as the person typed them.
        stages: Names of the stages that are to run; all when left out.

    Raises:
        MynaError: Two words clash; the message names both, says why, and what fits.
    """
    asked = {override.split("=", 1)[0].lstrip("+") for override in typed}
    for rule in RULES:
        if stages is not None and not set(rule.stages) & set(stages):
            continue
        if rule.typed and not {_word(rule.key), _word(rule.other)} <= asked:
            continue
        one, two = (OmegaConf.select(config, key, default=None) for key in (rule.key, rule.other))
        if one in rule.values and two is not None and not _fits(str(two), rule.fits):
            words = f"{_shown(config, rule.key)} and {_shown(config, rule.other)}"
            raise MynaError(f"{words} clash: {rule.why}")


def _fits(value: str, patterns: Sequence[str]) -> bool:
    return any(value == p or (p.endswith("*") and value.startswith(p[:-1])) for p in patterns)


def _word(key: str) -> str:
    """Return what a person types to choose it: the group's own name, or the dotted key."""
    group, _, field = key.partition(".")
    return group if field in ("name", "condition") else key


def _shown(config: DictConfig, key: str) -> str:
    shown = f"{_word(key)}={OmegaConf.select(config, key)}"
    group = key.partition(".")[0]
    name = OmegaConf.select(config, f"{group}.name", default=None)
    return shown if _word(key) == group or name is None else f"{group}={name} with {shown}"
