"""The little that a data directory needs to know of audio: does the file open, how long is it."""

from pathlib import Path


def audio_seconds(path: Path | str) -> float:
    """Give the duration of an audio file in seconds, from its header and its last frame.

    Raises:
        OSError: The file is missing, unreadable, empty or cut short.
    """
    import soundfile

    if not Path(path).is_file():
        raise OSError("missing")
    if Path(path).stat().st_size == 0:
        raise OSError("zero bytes")
    try:
        with soundfile.SoundFile(str(path)) as sound:
            frames, rate = len(sound), sound.samplerate
            if frames:
                sound.seek(frames - 1)
                if len(sound.read(1)) != 1:
                    raise OSError("cut short")
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise OSError(f"unreadable ({str(error).splitlines()[0]})") from error
    if frames == 0:
        raise OSError("no samples")
    return frames / rate


def audio_problem(path: str, expected: float | None = None) -> str | None:
    """Say in one line what is wrong with an audio file, or None.

    Args:
        path: The file named in wav.scp.
        expected: Seconds that utt2dur promises, or None.
    """
    if path.endswith("|"):
        return "a pipe, not a file; decode it to a wav file first"
    try:
        seconds = audio_seconds(path)
    except OSError as error:
        return f"audio {path}: {error}; record or fetch it again, or drop the utterance with `fix`"
    if expected is not None and abs(seconds - expected) > max(0.02, 0.01 * expected):
        return f"audio {path} lasts {seconds:.2f} s but utt2dur says {expected:.2f} s; run `fix`"
    return None
