"""Decode any audio file with FFmpeg's libraries (PyAV), and write the plain wav files of a data directory."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from myna.corpora.clip import Clip, Corpus
from myna.errors import MynaError
from myna.files import atomic_path
from myna.kaldi import DataDir, Utterance
from myna.kaldi.audio import audio_seconds

# Formats that FFmpeg cannot recognise by their content.
RAW = {".g722": "g722"}


def decode(path: Path | str) -> tuple[np.ndarray, int]:
    """Decode a file.

    Args:
        path: wav, flac, mp3, m4a, ogg, g722, sph…

    Returns:
        Samples `(channels, T)` float32 in [-1, 1], and the sample rate in Hz.

    Raises:
        MynaError: The file is missing, empty, holds no sound or cannot be decoded.
    """
    import av

    path = Path(path)
    if not path.is_file():
        raise MynaError(f"{path} is missing; give the path of an audio file")
    if path.stat().st_size == 0:
        raise MynaError(f"{path} has zero bytes; record or copy it again")
    blocks = []
    try:
        with av.open(str(path), format=RAW.get(path.suffix.lower())) as container:
            if not container.streams.audio:
                raise MynaError(f"{path} holds no sound; give an audio file")
            stream = container.streams.audio[0]
            rate = stream.codec_context.sample_rate
            convert = av.AudioResampler(format="fltp", layout=stream.layout, rate=rate)
            for frame in container.decode(stream):
                blocks += [block.to_ndarray() for block in convert.resample(frame)]
            blocks += [block.to_ndarray() for block in convert.resample(None)]
    except (av.FFmpegError, ValueError) as error:
        raise MynaError(f"{path} cannot be decoded ({error}); convert it to wav and try again") from error
    if not blocks or not sum(block.shape[1] for block in blocks):
        raise MynaError(f"{path} holds no samples; record or copy it again")
    return np.concatenate(blocks, axis=1), rate


def write_wav(path: Path, samples: np.ndarray, rate: int) -> None:
    """Write mono PCM16 in one step.

    Args:
        path: The wav file.
        samples: `(T,)` float32.
        rate: Hz.
    """
    import soundfile

    with atomic_path(path) as temporary:
        soundfile.write(str(temporary), samples, rate, subtype="PCM_16")


def materialise(corpus: Corpus, clips: Iterable[Clip], folder: Path, workers: int = 2) -> DataDir:
    """Write the clips as wav files, at their own rate, and describe them as a data directory.

    Files that are there already are kept: each is written in one step, so it is whole.

    Args:
        corpus: Where the consent comes from.
        clips: What to write.
        folder: Files become `<folder>/<speaker>/<utterance>.wav`.
        workers: Threads (decoding releases Python's lock).

    Raises:
        MynaError: A file cannot be decoded, or a speaker has no consent record.
    """
    clips = sorted(clips, key=lambda clip: clip.id.encode())
    data = DataDir()
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        for clip, (path, seconds) in zip(clips, pool.map(lambda c: _one(c, folder), clips), strict=True):
            data.add(Utterance(clip.id, clip.speaker, str(path), clip.text, clip.language, seconds))
    for speaker in data.speakers:
        if speaker not in corpus.consent:
            raise MynaError(f"speaker {speaker} has no consent record; its corpus module must state basis and scope")
        data.consent[speaker] = corpus.consent[speaker]
    return data


def _one(clip: Clip, folder: Path) -> tuple[Path, float]:
    path = folder / clip.speaker / f"{clip.id}.wav"
    if not path.is_file():
        samples, rate = decode(clip.source)
        first = round(clip.start * rate)
        mono = samples.mean(axis=0)[first : first + round(clip.duration * rate)]
        write_wav(path, mono, rate)
    return path, audio_seconds(path)
