"""Draw ground-truth-aligned mels: the acoustic model's, with the timing and pitch of recordings, for the vocoder.

    python recipes/base/local/prepare_gta.py POOL OUT [--count 1500]

What the model draws is smoother than a true mel; a vocoder that has learned from such mels beside the true recordings
speaks them better. Reads OUT/vits_mel.ckpt; writes POOL/gta.f16 and gta.tsv (utterance, first frame, frames).
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

import piecework
from myna.files import atomic_path, atomic_text
from myna.networks.tts.vits_mel import ONE_STEP_NOISE, VitsMel
from pool import speaker_weights
from readers import COUNT
from train_vits_mel import Corpus, collate


def main() -> None:
    """Draw and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    state = piecework.load(args.out / "vits_mel.ckpt")
    if state is None:
        raise SystemExit(f"{args.out}/vits_mel.ckpt is missing: train the acoustic model first")
    model, corpus = VitsMel(readers=COUNT), Corpus(args.pool)
    model.load_state_dict(state["average"])
    model.eval()
    random = np.random.default_rng(args.seed)
    count = min(args.count, len(corpus.train))
    chosen = random.choice(len(corpus.train), count, replace=False, p=speaker_weights(corpus.train))
    rows, position = [], 0
    with atomic_path(args.pool / "gta.f16") as temporary, open(temporary, "wb") as stream:
        for utterance in tqdm([corpus.train[i] for i in chosen], mininterval=5):
            with torch.inference_mode():
                flow = {"steps": 1, "noise_scale": float(random.uniform(0, ONE_STEP_NOISE))}
                mel = model.teacher_forced(collate(corpus, [[utterance]], random), **flow)[0]
            stream.write(mel.numpy().astype(np.float16).tobytes())
            rows.append(f"{utterance.name}\t{position}\t{len(mel)}")
            position += len(mel)
    atomic_text(args.pool / "gta.tsv", "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
