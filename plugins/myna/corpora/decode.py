"""Turn clips of any format into the plain wav files of a data directory."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from myna.audio.load import load_audio
from myna.corpora.clip import Clip, Corpus
from myna.errors import MynaError
from myna.files import atomic_path
from myna.kaldi.audio import audio_seconds
from myna.kaldi.data import DataDir, Utterance
from myna.workspace import run_again


def decode_g722(path: Path) -> tuple[np.ndarray, int]:
    """Decode raw G.722 within this process: hundreds of short prompts would each cost the start of an ffmpeg.

    Returns:
        Samples `(T,)` float32 in [-1, 1], and the rate, 16000 Hz.

    Raises:
        MynaError: The file cannot be decoded.
    """
    import av

    try:
        with av.open(str(path), format="g722") as container:
            blocks = [frame.to_ndarray().ravel() for frame in container.decode(audio=0)]
    except (av.FFmpegError, OSError) as error:
        raise MynaError(f"{path} cannot be decoded ({error}); delete it and {run_again('create_dataset')}") from error
    if not blocks:
        raise MynaError(f"{path} holds no samples; delete it and {run_again('create_dataset')}")
    return np.concatenate(blocks).astype(np.float32) / 32768.0, 16_000


def decode(path: Path) -> tuple[np.ndarray, int]:
    """Decode any recording as mono; returns samples `(T,)` float32 and the file's own rate in Hz."""
    if path.suffix.lower() == ".g722":
        return decode_g722(path)
    recording = load_audio(path)
    return recording.wave, recording.sample_rate


def write_wav(path: Path, samples: np.ndarray, rate: int) -> None:
    """Write mono PCM16 in one step.

    Args:
        path: The wav file.
        samples: `(T,)` float32 in [-1, 1].
        rate: Hz.
    """
    import soundfile

    with atomic_path(path) as temporary:
        soundfile.write(str(temporary), samples, rate, subtype="PCM_16")


def materialise(corpus: Corpus, clips: Iterable[Clip], folder: Path, workers: int = 2, copy: bool = True) -> DataDir:
    """Write the clips as wav files, at their own rate, and describe them as a data directory.

    Files that are there already are kept: each is written in one step, so it is whole.

    Args:
        corpus: Where the consent comes from.
        clips: What to write.
        folder: Files become `<folder>/<speaker>/<utterance>.wav`.
        workers: Threads (decoding releases Python's lock).
        copy: False leaves whole wav and flac files where they lie, which spares large corpora their size on disk.

    Raises:
        MynaError: A file cannot be decoded, or a speaker has no consent record.
    """
    data = DataDir()
    by_source: dict[Path, list[Clip]] = {}
    for clip in sorted(clips, key=lambda clip: clip.id.encode()):
        by_source.setdefault(clip.source, []).append(clip)
        if clip.speaker not in corpus.consent:
            raise MynaError(
                f"speaker {clip.speaker} has no consent record, so its voice is not used; state basis and scope "
                "(create_dataset.consent for a person, the corpus module for a corpus)"
            )
        data.consent[clip.speaker] = corpus.consent[clip.speaker]
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        for group in pool.map(lambda source: _cut(source, by_source[source], folder, copy), by_source):
            for utterance in group:
                data.add(utterance)
    return data


def _cut(source: Path, clips: list[Clip], folder: Path, copy: bool) -> list[Utterance]:
    """Write all clips of one file, which is decoded at most once."""
    if not copy and len(clips) == 1 and not clips[0].start and source.suffix.lower() in (".wav", ".flac"):
        clip = clips[0]
        return [Utterance(clip.id, clip.speaker, str(source.absolute()), clip.text, clip.language, clip.duration)]
    paths = [folder / clip.speaker / f"{clip.id}.wav" for clip in clips]
    if not all(path.is_file() for path in paths):
        samples, rate = decode(source)
        for clip, path in zip(clips, paths, strict=True):
            first = round(clip.start * rate)
            write_wav(path, samples[first : first + round(clip.duration * rate)], rate)
    return [
        Utterance(clip.id, clip.speaker, str(path), clip.text, clip.language, audio_seconds(path))
        for clip, path in zip(clips, paths, strict=True)
    ]
