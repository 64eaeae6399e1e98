"""The long-term spectrum of a person for an instant voice whose graphs are shared: `spectrum.safetensors`.

A voice of torch has it in the statistics of its own weights (`myna.adapt.spectrum`). Shared graphs draw with those of
the base, so the host changes each mel that they draw, frame by frame.
"""

from collections.abc import Iterable
from pathlib import Path

from myna.adapt.instant_choice import choice, compared_texts
from myna.adapt.long_term import Change, Spectrum, change_towards, spectrum_of
from myna.audio.bandwidth import usual_bandwidth
from myna.audio.load import load_audio
from myna.audio.mel_config import MelConfig
from myna.audio.mel_numpy import log_mel
from myna.deploy.engine import Engine
from myna.deploy.rows import Array

LISTENED = 180.0  # seconds of recordings that are measured


def change_of(engine: Engine, recordings: Iterable[Path]) -> Change | None:
    """Compare recordings of a person with what the voice of an engine says.

    Args:
        engine: Speaks with the person's embedding.
        recordings: Files of the person; the first three minutes of them are heard.

    Returns:
        None where there is nothing to change: in a language without sentences of the project's, for graphs of another
        mel than `myna.audio.mel` makes, or where the configuration wants none.
    """
    texts, strength = compared_texts(engine.config.language), choice()["adapt"]["spectrum"]
    if not texts or not strength or not _same_mel(engine):
        return None
    waves = _waves(recordings, engine.sample_rate)
    person = spectrum_of(log_mel(wave) for wave in waves)
    return change_towards(person, own_spectrum(engine, texts), usual_bandwidth(waves, engine.sample_rate), strength)


def own_spectrum(engine: Engine, texts: Iterable[str]) -> Spectrum:
    """Return the spectrum of what a voice says, of the first piece of each text."""
    mels = (engine.draw_piece(engine.reading(text).pieces[0]).mel for text in texts)
    return spectrum_of(mel(0, mel.total) for mel in mels)


def _same_mel(engine: Engine) -> bool:
    one, other = engine.config, MelConfig()
    return all(getattr(one, name) == getattr(other, name) for name in ("sample_rate", "n_fft", "hop_length", "n_mels"))


def _waves(recordings: Iterable[Path], rate: int) -> list[Array]:
    waves, left = [], int(LISTENED * rate)
    for path in recordings:
        wave = load_audio(path, rate).wave[:left]
        if len(wave) < MelConfig.n_fft:
            break
        waves.append(wave)
        left -= len(wave)
    return waves
