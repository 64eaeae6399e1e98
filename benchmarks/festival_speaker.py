"""Let a voice of Festival read sentences of a language that no base has heard, as a Kaldi data directory.

    apt-get install festival festvox-ca-ona-hts festvox-suopuhe-mv
    python benchmarks/festival_speaker.py SENTENCES OUT --language ca --voice upc_ca_ona_hts --minutes 12

A stand-in for a person where the registries have no free recordings of a language: it tells how fast Myna learns a
language, not how a person would sound. SENTENCES has one sentence a line (`recipes/base/local/help_texts.py` takes them
out of manuals). Festival runs as a program of its own. For `benchmarks/new_language.py --kaldi OUT`.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import soundfile
from tqdm import tqdm

from myna import kaldi
from myna.errors import MynaError

ENCODING = "iso-8859-15"  # what Festival's European voices read
CONSENT = kaldi.Consent("synthetic", "evaluation", "a voice of Festival, see its Debian package")


def speak(text: str, voice: str, path: Path) -> float:
    """Write a sentence as FLAC; return its seconds.

    Raises:
        MynaError: Festival is not there, or fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        said, wave = Path(folder, "text.txt"), Path(folder, "wave.wav")
        said.write_text(text, encoding=ENCODING)
        command = ["text2wave", "-eval", f"(voice_{voice})", "-o", str(wave), str(said)]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise MynaError(f"festival could not speak with {voice!r}: {error}; install it with its voice") from error
        samples, rate = soundfile.read(wave, dtype="float32")
    soundfile.write(path, samples, rate, format="FLAC", subtype="PCM_16")
    return len(samples) / rate


def readable(path: Path) -> list[str]:
    """Return the sentences that Festival's letters can write."""
    lines = (line.replace("’", "'") for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line.encode(ENCODING, "ignore").decode(ENCODING) == line]


def main() -> None:
    """Speak for a number of minutes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--language", required=True, help="espeak-ng code")
    parser.add_argument("--voice", required=True, help="as Festival names it, without voice_")
    parser.add_argument("--minutes", type=float, default=12.0)
    args = parser.parse_args()
    if not args.voice.replace("_", "").isalnum():
        parser.error(f"--voice {args.voice!r}: letters, digits and _ only")
    folder = args.output.resolve() / "wav"
    folder.mkdir(parents=True, exist_ok=True)
    data = kaldi.DataDir()
    with tqdm(total=args.minutes, unit="min", mininterval=5) as bar:
        for number, text in enumerate(readable(args.sentences)):
            path = folder / f"{args.voice}-{number:05d}.flac"
            seconds = speak(text, args.voice, path)
            data.add(kaldi.Utterance(path.stem, args.voice, str(path), text, args.language, seconds))
            bar.update(seconds / 60)
            if data.seconds > args.minutes * 60:
                break
    data.consent = dict.fromkeys(data.speakers, CONSENT)
    kaldi.write(data, args.output)


if __name__ == "__main__":
    main()
