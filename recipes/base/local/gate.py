"""Hear what a teacher spoke, and name the clips that are not fit to learn from.

    python recipes/base/local/gate.py TEACHER

TEACHER is a Kaldi data directory of `teach.py`. Whisper hears each clip in its language, the estimator of MOS listens,
and the number of phonemes a second is counted. Writes TEACHER/heard.tsv (utterance, language, error, MOS estimate,
phonemes a second, text heard), goes on after its last line when it is called again, and TEACHER/unfit.tsv (utterance,
reasons): what `train_vits_mel.py` leaves out when it lies in the pool.
"""

import argparse
from pathlib import Path

import soundfile
import torch
from tqdm import tqdm

from myna import kaldi
from myna.files import atomic_text
from myna.measure import mos
from myna.measure.wer import cer, transcribe, wer
from myna.text.phonemes import phonemize

# What may be wrong at most: words in English, toned syllables in Mandarin, characters elsewhere.
ERRORS = {"en-us": 0.15, "en-gb": 0.15, "cmn": 0.2}
ERROR_ELSEWHERE = 0.15
LEAST_MOS = 3.6
RATES = (6.0, 34.0)


def hear(utterance: kaldi.Utterance) -> tuple[float, float, float, str]:
    """Return the share that was heard wrong, the MOS estimate, phonemes a second and the text that was heard."""
    wave, rate = soundfile.read(utterance.audio, dtype="float32")
    heard = transcribe(wave, rate, utterance.language)
    error = (wer if utterance.language in ERRORS else cer)([utterance.text], [heard], utterance.language)
    phones = len(phonemize(utterance.text, utterance.language)) / (len(wave) / rate)
    return error, mos.estimate(wave, rate), phones, " ".join(heard.split())


def reasons(row: str) -> list[str]:
    """Return what is wrong with a clip, from its line of `heard.tsv`."""
    _, language, error, estimate, phones, _ = row.split("\t")
    found = {
        f"error {error}": float(error) > ERRORS.get(language, ERROR_ELSEWHERE),
        f"MOS {estimate}": float(estimate) < LEAST_MOS,
        f"rate {phones}": not RATES[0] <= float(phones) <= RATES[1],
    }
    return [reason for reason, wrong in found.items() if wrong]


def main() -> None:
    """Hear what was not heard yet, then sort."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("teacher", type=Path)
    folder = parser.parse_args().teacher
    torch.set_num_threads(1)
    path = folder / "heard.tsv"
    rows = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    known = {row.split("\t")[0] for row in rows}
    waiting = [u for u in kaldi.read(folder).utterances.values() if u.id not in known]
    with open(path, "a", encoding="utf-8", buffering=1) as stream:
        for utterance in tqdm(waiting, mininterval=10):
            error, estimate, phones, heard = hear(utterance)
            rows.append(f"{utterance.id}\t{utterance.language}\t{error:.3f}\t{estimate:.2f}\t{phones:.1f}\t{heard}")
            stream.write(rows[-1] + "\n")
    unfit = {row.split("\t")[0]: reasons(row) for row in rows}
    atomic_text(folder / "unfit.tsv", "".join(f"{name}\t{', '.join(why)}\n" for name, why in unfit.items() if why))
    print(f"{len(rows)} heard, {sum(map(bool, unfit.values()))} unfit")


if __name__ == "__main__":
    main()
