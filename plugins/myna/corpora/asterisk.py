"""The prompts of the Asterisk telephone exchange: one professional voice a language, 16 kHz, from Debian packages.

Licence: CC BY-SA 3.0 (en, es, fr) and CC BY 3.0 (it, ru). The voices are working professionals who licensed
these recordings, not clones of themselves: scope evaluation, never published.
"""

import re
from pathlib import Path

from myna.corpora import archives, fetch
from myna.corpora.clip import Clip, Corpus
from myna.corpora.spoken import spell_digits
from myna.errors import MynaError
from myna.kaldi.data import Consent
from myna.kaldi.rates import outliers

VERSION = "1.6.1-1"
LICENCE = {"en": "CC-BY-SA-3.0", "es": "CC-BY-SA-3.0", "fr": "CC-BY-SA-3.0", "it": "CC-BY-3.0", "ru": "CC-BY-3.0"}
LANGUAGE = {"en": "en-us", "es": "es", "fr": "fr-fr", "it": "it", "ru": "ru"}
SHA256 = {
    "en": "973e797d28e37fa6ca3c0a9d6fa717e77cf1268ae916bf09fd3503113cdffa50",
    "en-g722": "38c5261820b406dcb0ecb37675720da2b0864850690690352ca52707eb623806",
    "es": "9afdab7f559f036649fb406e625899306ca1004df8ebe39c30bfbd5912d66f74",
    "es-g722": "e4e3b4281057d3b81b779298fd6be705f57411513955c518eed1bcaabbd615b8",
    "fr": "04c82c78c570c43a7136cbc5e2488d0c470b775468dff9fbce4a131b18cf1056",
    "fr-g722": "7add61d5e42279ecff1bbdf842a5a946ac3644fac9a0fe44384731aa7270c8e0",
    "it": "3884d9457e12f21caa018c18f0d587df5d53ebea14b673d8453a134c5941ab3b",
    "it-g722": "46b4cf7afc508a5fcfc051b7ea233251c0d195dd4ef83cc4b7facb4c6429b016",
    "ru": "28a61616bb0cd3345a7ea532dec4df9f071e5d0fa9f8c1a563ea9669002f39ab",
    "ru-g722": "673b4238a6b8269960f055d868c6a11083f7a0d00979167cb01554046b48ed9b",
}
# G.722 at 64 kbit/s: a byte holds two samples at 16 kHz.
BYTES_PER_SECOND = 8000
# Folders of single letters, digits and silences; and prompts with sounds beside the words.
NOT_SPEECH = re.compile(r"^(letters|digits|phonetic|silence)/|tone|beep|monkeys$")
# Notes such as "[ascending tones]" or "(in inglese)", and letters lost to "?" inside a sentence.
DAMAGED = re.compile(r"[\[(]|\w\?\w|\?\s*[^\W\d_A-ZÀ-ÝА-Я]", re.UNICODE)


def download(cache: Path, languages: tuple[str, ...] = ("en", "fr", "it", "ru", "es")) -> dict[str, Path]:
    """Fetch and unpack the packages of some languages.

    Returns:
        Language → folder with the package's tree.

    Raises:
        MynaError: A package cannot be fetched, or a language has none.
    """
    return {language: _download_one(cache, language) for language in languages}


def _download_one(cache: Path, language: str) -> Path:
    if language not in LANGUAGE:
        raise MynaError(f"no Asterisk prompts in {language!r}; choose among {', '.join(LANGUAGE)}")
    parts = (language, f"{language}-g722")

    def unpack(folder: Path) -> None:
        for part in parts:
            archive = fetch.obtain_deb(f"asterisk-core-sounds-{part}", VERSION, SHA256[part], cache)
            archives.extract_deb(archive, folder, lambda name: name.endswith((".g722", ".txt.gz", "copyright")))

    key = "+".join(SHA256[part][:12] for part in parts)
    return archives.unpack_once(cache / "asterisk" / language, key, unpack)


def prepare(folders: dict[str, Path], min_seconds: float = 1.5, max_seconds: float = 15.0) -> Corpus:
    """List the prompts that are whole phrases with a trustworthy text.

    Args:
        folders: Result of `download`.
        min_seconds: Shorter prompts are single words and fragments.
        max_seconds: Longer ones are menus.
    """
    clips: list[Clip] = []
    for language, folder in folders.items():
        clips += _clips(language, folder, min_seconds, max_seconds)
    consent = {
        speaker_of(language): Consent("licence", "evaluation", LICENCE[language]) for language in sorted(folders)
    }
    return Corpus(tuple(clips), consent)


def speaker_of(language: str) -> str:
    """Give the speaker id of a language's voice."""
    return f"asterisk_{language}"


def _clips(language: str, folder: Path, min_seconds: float, max_seconds: float) -> list[Clip]:
    files = {path.stem: path for path in folder.glob("usr/share/asterisk/sounds/*/*.g722")}
    clips = {}
    for name, text in transcripts(folder, language).items():
        if name not in files or NOT_SPEECH.search(name) or DAMAGED.search(text):
            continue
        seconds = files[name].stat().st_size / BYTES_PER_SECOND
        spoken = clean(text, language)
        if min_seconds <= seconds <= max_seconds and any(c.isalpha() for c in spoken):
            clips[name] = Clip(speaker_of(language), name, LANGUAGE[language], spoken, files[name], seconds)
    odd = outliers({name: (clip.text, clip.duration, clip.language) for name, clip in clips.items()})
    return [clip for name, clip in sorted(clips.items()) if name not in odd]


def transcripts(folder: Path, language: str) -> dict[str, str]:
    """Read `name: text` lines; comments start with ";"."""
    path = folder / f"usr/share/doc/asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz"
    table = {}
    for line in archives.read_gzip(path).decode("utf-8-sig", errors="replace").splitlines():
        name, colon, text = line.partition(": ")
        if colon and not line.startswith(";"):
            table[name.strip()] = text.strip()
    return table


def clean(text: str, language: str) -> str:
    """Tidy a prompt: no quotation marks or runs of dots; English digits as words, because scores compare words."""
    text = re.sub(r"[“”\"«»�]", "", text)
    text = re.sub(r"(…|\.{2,})", " ", text)
    text = " ".join(text.split()).strip(" ,")
    if language == "en":
        text = spell_digits(text)
    return text if text.endswith((".", "!", "?")) else f"{text}."
