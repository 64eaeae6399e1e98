"""The gate of every export: it speaks what the voice speaks in torch, and what differs too much is refused."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from myna.deploy.engine import Drawn, Engine
from myna.deploy.findings import Findings
from myna.deploy.rows import Array
from myna.errors import MynaError
from myna.networks.tts.batch import Texts
from myna.networks.tts.vits import VitsCore
from myna.networks.tts.vits_mobile import synthesis_parameters
from myna.networks.voice import Voice
from myna.text.languages import language_number

MEL_NEAR = 1e-3  # a value of the log-mel counts as the same
# Where the network is undecided whether a frame has voice, a rounding decides, and its neighbours hear it.
MEL_SHARE = 0.99
UNDECIDED = 1e-4  # of a frame: so near to a half, a rounding decides which way a duration goes
MOST_LONGER, MOST_LONGER_PRUNED = 0.02, 0.03
MOST_MOS_LOST = 0.15
MOST_WER_MORE = 0.03
WORDS = "words"  # the fault of more than that
LEAST_ALIKE, LEAST_ALIKE_PRUNED = 0.97, 0.95
SOUND_NEAR = 0.05  # mean distance of log-mels of the two sounds; phases may drift, so samples are not compared


@dataclass(frozen=True)
class _Sentence:
    """A sentence, spoken by both: frames of each token, log-mel, samples, seconds of computing.

    `predicted` are the frames of each token before torch rounds them.
    """

    text: str
    predicted: Array
    durations: tuple[NDArray[np.int64], NDArray[np.int64]]
    mels: tuple[Array, Array]
    waves: tuple[Array, Array]
    seconds: tuple[float, float]
    first: float

    @property
    def aligned(self) -> bool:
        """Every token lasts the same."""
        return np.array_equal(*self.durations)

    @property
    def rounded(self) -> bool:
        """Only tokens whose length lay at a half last a frame more or less."""
        moved = np.abs(self.durations[0] - self.durations[1])
        half = np.abs(self.predicted % 1 - 0.5) < UNDECIDED
        return bool((moved <= half).all())


def judge(voice: Voice, engine: Engine, sentences: Sequence[str], exact: bool, pruned: bool = False) -> Findings:
    """Let both speak, and refuse an export that differs too much.

    A dozen sentences have some hundred words, so that three of them decide: where too many are wrong and nothing else
    is, both speak again, with other noise too.

    Args:
        voice: In torch.
        engine: Its export.
        sentences: In the language of the voice.
        exact: Durations and mels must be torch's, as those of 32 bits are.
        pruned: Channels were taken out, which durations and embeddings show a little.

    Raises:
        MynaError: It differs too much; the message says in what.
    """
    found = examine(voice, engine, sentences, scored=not exact)
    if {*_faults(found, exact, pruned)} == {WORDS}:
        found = examine(voice, engine, sentences, scored=True, seeds=(0, 1, 2))
    check(found, exact, pruned)
    return found


def examine(
    voice: Voice, engine: Engine, sentences: Sequence[str], scored: bool, seeds: Sequence[int] = (0,)
) -> Findings:
    """Let both speak, and compare.

    Args:
        voice: In torch.
        engine: Its export.
        sentences: In the language of the voice.
        scored: Estimate MOS, word errors and similarity too.
        seeds: Of the noise; each sentence is spoken with each.
    """
    spoken = [_speak(voice, engine, sentence, seed) for seed in seeds for sentence in sentences]
    seconds = [sum(s.seconds[i] for s in spoken) for i in (0, 1)]
    lengths = [[float(s.durations[i].sum()) for s in spoken] for i in (0, 1)]
    aligned = [s for s in spoken if s.aligned] if all(s.rounded for s in spoken) else []
    megabytes = sum(p.stat().st_size for p in Path(engine.directory or ".").glob(f"*{engine.config.suffix}")) / 1e6
    whole = 4 * _weights(voice) / 1e6
    return Findings(
        sentences=len(spoken),
        megabytes=megabytes,
        smaller=whole / max(megabytes, 1e-9),
        faster=seconds[0] / max(seconds[1], 1e-9),
        first_sound=float(np.median([s.first for s in spoken])),
        real_time_factor=seconds[1] * engine.sample_rate / sum(len(s.waves[1]) for s in spoken),
        durations=float(np.mean([abs(b / a - 1) for a, b in zip(*lengths, strict=True)])),
        mel=float(np.mean(np.concatenate([_near(s.mels) for s in aligned]))) if aligned else 0.0,
        sound=float(np.mean([_distance(s.waves) for s in aligned])) if aligned else float("inf"),
        **(_scores(voice, spoken) if scored else {}),
    )


def check(found: Findings, exact: bool, pruned: bool = False) -> None:
    """Refuse an export; arguments and errors as those of `judge`, for what `examine` gave."""
    if faults := _faults(found, exact, pruned):
        raise MynaError(
            f"the export does not speak as the voice does ({'; '.join(faults.values())}, over {found.sentences} "
            "sentences); nothing was written"
        )


def _faults(found: Findings, exact: bool, pruned: bool) -> dict[str, str]:
    """Return what differs too much, by name, and how much it does."""
    mos, wer = found.mos or (0.0, 0.0), found.wer or (0.0, 0.0)
    most_longer, least_alike = MOST_LONGER, LEAST_ALIKE
    if pruned:
        most_longer, least_alike = MOST_LONGER_PRUNED, LEAST_ALIKE_PRUNED
    alike = found.similarity
    wrong = {
        "mel": (exact and found.mel < MEL_SHARE, f"{1 - found.mel:.1%} of the mel differs"),
        "sound": (exact and found.sound > SOUND_NEAR, f"the sounds differ by {found.sound:.3f}"),
        "lengths": (found.durations > most_longer, f"sentences are {found.durations:.1%} longer or shorter"),
        "mos": (mos[1] < mos[0] - MOST_MOS_LOST, f"MOS estimate {mos[0]:.2f} → {mos[1]:.2f}"),
        WORDS: (wer[1] > wer[0] + MOST_WER_MORE, f"words wrong {wer[0]:.1%} → {wer[1]:.1%}"),
        "similarity": (alike is not None and alike < least_alike, f"similarity {alike or 0:.3f}"),
    }
    return {name: text for name, (is_wrong, text) in wrong.items() if is_wrong}


def _weights(voice: Voice) -> int:
    """Return how many numbers the networks are that speak."""
    if isinstance(voice.tts, VitsCore):
        return synthesis_parameters(voice.tts)
    parts = [part for part in (voice.tts, voice.vocoder) if part is not None]
    return sum(weights.numel() for part in parts for weights in part.state_dict().values())


def _speak(voice: Voice, engine: Engine, text: str, seed: int) -> _Sentence:
    language = voice.config.language
    numbers = voice.encode(text)
    speaking = _torch_whole if isinstance(voice.tts, VitsCore) else _torch
    theirs, seconds = _timed(lambda: speaking(voice, numbers, language, seed))
    codes = [language_number(language)] * len(numbers)
    _whole(engine, numbers, codes, seed)  # some runtimes prepare a length when it comes for the first time
    (drawn, wave), mine = _timed(lambda: _whole(engine, numbers, codes, seed))
    next(engine.stream(text))
    _, first = _timed(lambda: next(engine.stream(text)))
    predicted, mel, sound = theirs
    durations = np.maximum(predicted.round(), 1).astype(np.int64), drawn.durations
    mels = (_log_mel(sound), _log_mel(wave)) if mel is None else (mel, drawn.mel(0, drawn.mel.total))
    return _Sentence(text, predicted, durations, mels, (sound, wave), (seconds, mine), first)


def _whole(engine: Engine, numbers: list[int], codes: list[int], seed: int) -> tuple[Drawn, Array]:
    drawn = engine.draw(numbers, codes, seed)
    return drawn, drawn.wave(0, drawn.wave.total).reshape(-1)


@torch.inference_mode()
def _torch(voice: Voice, numbers: list[int], language: str, seed: int) -> tuple[Array, Array, Array]:
    """Return durations `(L,)` before they are rounded, log-mel `(T, n_mels)` and samples `(T,)`."""
    tokens, length = torch.tensor([numbers]), torch.tensor([len(numbers)])
    code = torch.tensor([language_number(language)])
    found: list[torch.Tensor] = []
    hook = voice.tts.duration.register_forward_hook(lambda _module, _inputs, output: found.append(output))
    try:
        mel, _ = voice.tts.infer(Texts(tokens, length, voice.speaker[None], code), seed=seed, **voice.config.defaults)
    finally:
        hook.remove()
    assert voice.vocoder is not None
    wave = voice.vocoder(mel)
    predicted = found[0][0].clamp(0, 5).exp()
    return predicted.numpy(), mel[0].numpy(), wave[0].numpy()


@torch.inference_mode()
def _torch_whole(voice: Voice, numbers: list[int], language: str, seed: int) -> tuple[Array, None, Array]:
    """Return durations `(L,)`, no mel, and samples `(T,)` of an end-to-end network."""
    network: VitsCore = voice.tts
    condition = network.condition(voice.speaker[None], torch.tensor([language_number(language)]))
    prior = network.prior(torch.tensor([numbers]), torch.tensor([len(numbers)]))
    frames, noise = network.drawn(prior, condition, seed=seed, **voice.config.defaults)
    wave, _ = network.decode(prior, condition, frames, noise)
    return frames[0].float().numpy(), None, wave[0].numpy()


def _timed[T](call: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def _near(mels: tuple[Array, Array]) -> NDArray[np.bool_]:
    return np.abs(mels[0] - mels[1]).reshape(-1) <= MEL_NEAR


def _distance(waves: tuple[Array, Array]) -> float:
    return float(np.abs(_log_mel(waves[0]) - _log_mel(waves[1])).mean())


def _log_mel(wave: Array) -> Array:
    from myna.audio.mel import MelConfig, log_mel

    found: Array = log_mel(torch.from_numpy(np.ascontiguousarray(wave))[None], MelConfig())[0].numpy()
    return found


def _scores(voice: Voice, spoken: Sequence[_Sentence]) -> dict[str, Any]:
    from myna.measure import mos, wer
    from myna.measure.similarity import cosine, embed_dvector

    rate, language = voice.sample_rate, voice.config.language
    estimates = [[mos.estimate(s.waves[i], rate) for s in spoken] for i in (0, 1)]
    alike = [cosine(*(embed_dvector(wave, rate) for wave in s.waves)) for s in spoken]
    errors = None
    if wer.can_transcribe(language):
        texts = [s.text for s in spoken]
        heard = [[wer.transcribe(s.waves[i], rate, language) for s in spoken] for i in (0, 1)]
        errors = (wer.wer(texts, heard[0], language), wer.wer(texts, heard[1], language))
    return {
        "mos": (float(np.mean(estimates[0])), float(np.mean(estimates[1]))),
        "wer": errors,
        "similarity": float(np.mean(alike)),
    }
