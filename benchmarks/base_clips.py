"""Sentences spoken by a base with a stranger's embedding, scored one by one and kept, so that nothing is done twice."""

import copy
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import torch
import yaml
from base_speakers import RATE, Person

from myna.adapt.instant_choice import HABITUAL, choice
from myna.adapt.spectrum import take_over
from myna.adapt.unseen import own_sentences
from myna.audio.bandwidth import bandwidth
from myna.audio.mel import log_mel
from myna.errors import MynaError
from myna.files import atomic_text, sha256
from myna.measure import mos, similarity, wer
from myna.measure.recogniser import languages_of
from myna.networks.pretrained import load_part, part_config
from myna.networks.voice import Voice, VoiceConfig
from myna.text.tokens import TokenList

Clip = dict[str, Any]
FILES = ("tts.safetensors", "vocoder.safetensors", "voice.yaml", "tokens.txt")


@dataclass(frozen=True)
class Task:
    """Who says what in which language."""

    person: Person
    language: str
    sentences: Sequence[str]


class Base:
    """The weights of a folder, which speak with any embedding.

    Args:
        folder: As `plugins/myna/pretrained`.
        output: Where scores are kept.

    Raises:
        MynaError: A file is missing.
    """

    def __init__(self, folder: Path, output: Path) -> None:
        """Load acoustic model and vocoder."""
        if missing := [name for name in FILES if not (folder / name).is_file()]:
            raise MynaError(f"{folder} is no base: {', '.join(missing)} missing; give a folder that export.py wrote")
        defaults, self.spectrum = choice()["infer"], choice()["adapt"]["spectrum"]
        told = [*(sha256(folder / name) for name in FILES), json.dumps(defaults), str(self.spectrum)]
        self.hash = hashlib.sha256("".join(told).encode()).hexdigest()[:12]
        self.cells = output / "cells" / self.hash
        self.tts, self.vocoder = load_part("tts", folder), load_part("vocoder", folder)
        self.config = VoiceConfig(
            "base",
            "en-us",
            part_config("tts", folder),
            part_config("vocoder", folder),
            defaults=defaults,
            text=_text(folder),
        )
        self.tokens = TokenList.load(folder / "tokens.txt")

    def voice(self, embedding: np.ndarray, given: np.ndarray | None = None) -> Voice:
        """Return a voice that speaks with a GE2E embedding `(256,)` and the spectrum of speech `(T,)` at 16 kHz.

        As `myna clone` makes an instant voice, but for the habits.
        """
        if given is None:
            return Voice(self.config, self.tts, self.vocoder, torch.from_numpy(embedding), self.tokens)
        tts = copy.deepcopy(self.tts)
        voice = Voice(self.config, tts, self.vocoder, torch.from_numpy(embedding), self.tokens)
        wave = librosa.resample(given, orig_sr=RATE, target_sr=voice.sample_rate)
        mels, texts = [log_mel(torch.from_numpy(wave))], own_sentences("en-us")[:HABITUAL]
        take_over(voice, mels, texts, bandwidth(given, RATE), self.spectrum)
        return voice


def _text(folder: Path) -> dict[str, Any]:
    from myna.targets import FRONT_END

    found = yaml.safe_load((folder / "voice.yaml").read_text(encoding="utf-8"))
    return dict(found.get("text") or FRONT_END)


def clips(base: Base, task: Task, embedding: np.ndarray, seed: int, accents: bool = False) -> list[Clip]:
    """Return the scores of each sentence; what was scored for these weights is read.

    Keys of a clip: `text`, `heard`, `mos`, `dvector` (None under 1.2 s), `seconds` of speech, `cpu` seconds; with
    `accents` also `language`, what Whisper takes it for, which costs as much time again as hearing it.
    """
    path = base.cells / f"{task.person.name}_{task.language}_{seed}.json"
    given = hashlib.sha256(task.person.given.tobytes()).hexdigest()[:12]
    kept: dict[str, Clip] = {}
    if path.is_file():
        found = json.loads(path.read_text(encoding="utf-8"))
        kept = found["clips"] if found["given"] == given else {}
    voice = base.voice(embedding, task.person.given)
    missing = [text for text in task.sentences if text not in kept or (accents and "language" not in kept[text])]
    if missing:
        voice.speak("A.", "en-us")  # the first sentence is slow
    for number, text in enumerate(task.sentences):
        if text in missing:
            kept[text] = _score(voice, text, task.language, seed + number, accents)
            atomic_text(path, json.dumps({"given": given, "clips": kept}, ensure_ascii=False) + "\n")
    return [kept[text] for text in task.sentences]


def _score(voice: Voice, text: str, language: str, seed: int, accents: bool) -> Clip:
    begin = time.process_time()
    wave, rate = voice.speak(text, language, seed=seed), voice.sample_rate
    spent = time.process_time() - begin
    clip: Clip = {"text": text, "seconds": len(wave) / rate, "cpu": spent, "dvector": None}
    clip["heard"] = wer.transcribe(wave, rate, language) if wer.can_transcribe(language) else None
    if accents:
        (told,) = languages_of([(wave, rate)])
        clip["language"] = max(told, key=told.__getitem__)
    clip["mos"] = round(mos.estimate(wave, rate), 4)
    if len(wave) >= similarity.MIN_SECONDS * rate:
        clip["dvector"] = [round(float(v), 5) for v in similarity.embed_dvector(wave, rate)]
    return clip


def recordings(person: Person, output: Path, most: int) -> list[Clip]:
    """Score recordings of a person as `clips` does, without d-vectors; `heard` only where there is a transcript."""
    from myna.audio.load import load_audio

    path = output / "recordings" / f"{person.name}.json"
    kept: dict[str, Clip] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    chosen = person.recordings[:most]
    for row in chosen:
        if row.name not in kept:
            wave = load_audio(row.path, RATE).wave
            heard = wer.transcribe(wave, RATE, row.language) if row.text else None
            kept[row.name] = {"text": row.text, "heard": heard, "mos": round(mos.estimate(wave, RATE), 4)}
            atomic_text(path, json.dumps(kept, ensure_ascii=False) + "\n")
    return [kept[row.name] for row in chosen]
