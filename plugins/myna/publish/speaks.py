"""Does a pack speak? Asked in a fresh process, as the person who downloads it would."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from myna.audio.load import load_audio
from myna.errors import MynaError
from myna.workspace import run_again

# A voice directory loads in seconds; the first import of the toolkits on a busy machine takes a minute.
_SECONDS = 600
_SILENT_DB = -50.0


def check_speaks(
    pack: Path, text: str, language: str, most_errors: float, whisper_model: str | None = None
) -> float | None:
    """Load the pack with `myna say` in a new process and listen to what it says.

    Args:
        pack: The pack, or a voice directory.
        text: A sentence or two.
        language: espeak-ng code of the voice.
        most_errors: Highest word error rate that passes.
        whisper_model: Recogniser for languages other than English.

    Returns:
        The word error rate; None where no recogniser knows the language.

    Raises:
        MynaError: It does not load, is silent, or cannot be understood.
    """
    from myna.measure import wer
    from myna.safety.cue import rhythm

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        command = [sys.executable, "-m", "myna.serve.say", text, "--voice", str(pack), "-o", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        if done.returncode != 0:
            reason = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
            raise MynaError(
                f"{pack}: the pack does not speak in a fresh process ({reason[0]}); {run_again('fine_tune')}"
            )
        sound = load_audio(path)
    speech = sound.wave[len(rhythm(sound.sample_rate)) :]
    level = 10 * np.log10(float(np.mean(np.square(speech, dtype=np.float64))) + 1e-12) if len(speech) else -120.0
    if level < _SILENT_DB:
        raise MynaError(f"{pack}: the pack speaks silence ({level:.0f} dB); {run_again('fine_tune')}")
    if not wer.can_transcribe(language, whisper_model):
        return None
    errors = wer.wer([text], [wer.transcribe(speech, sound.sample_rate, language, whisper_model)], language)
    if errors > most_errors:
        raise MynaError(
            f"{pack}: {100 * errors:.0f} % of the words of the check are not understood (pack.check_wer allows "
            f"{100 * most_errors:.0f} %); train longer in stage 5, or raise pack.check_wer"
        )
    return errors
