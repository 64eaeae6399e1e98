"""espeak-ng through the shared library that the package `espeakng-loader` carries.

One call is about 0.1 ms, where starting the program costs 10 ms. The library gives one clause at a time, so the
punctuation that ended the clause can be kept.
"""

import ctypes
import re
import threading
from collections.abc import Iterator
from functools import lru_cache

from myna.errors import MynaError

_AUDIO_OUTPUT_RETRIEVAL = 1
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_PHONEMES_IPA = 0x02
_lock = threading.Lock()


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
    # The library wants the folder that holds espeak-ng-data.
    data = espeakng_loader.get_data_path().encode()
    if library.espeak_Initialize(_AUDIO_OUTPUT_RETRIEVAL, 0, data, _INITIALIZE_DONT_EXIT) < 0:
        raise MynaError("espeak-ng did not start: its data is missing; reinstall the package espeakng-loader")
    return library


# Codes that this library knows under another voice name.
_VOICES = {"fr-fr": "fr", "en-gb": "en"}
# Mandarin and some others write retroflex sounds with a full stop, which would read as the end of a sentence.
_RETROFLEX = {"s.": "ʂ", "z.": "ʐ", "i.": "ɨ", "n.": "ɳ", "d.": "ɖ", "t.": "ʈ"}
_READ_AHEAD = 4
_CLAUSE_MARK = re.compile(r"[,.!?;:，。！？；：、…—–]")


def clauses_to_ipa(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Turn text into IPA with stress marks, clause by clause.

    Args:
        text: Any text; letters that the voice cannot read are skipped by espeak-ng.
        language: espeak-ng code, e.g. `en-us`, `de`, `cmn`.

    Yields:
        IPA of a clause, words separated by spaces, without marks of a switch of language such as `(en)`; and the
        punctuation mark that ended the clause, `""` if none did.

    Raises:
        MynaError: espeak-ng has no such voice.
    """
    with _lock:
        library = _library()
        if library.espeak_SetVoiceByName(_VOICES.get(language, language).encode()) != 0:
            raise MynaError(f"espeak-ng has no voice {language!r}: choose another language")
        encoded = text.encode("utf-8")
        buffer = ctypes.create_string_buffer(encoded)
        base = ctypes.addressof(buffer)
        pointer, start, found = ctypes.c_void_p(base), 0, []
        while pointer.value:
            piece = library.espeak_TextToPhonemes(ctypes.byref(pointer), _CHARS_UTF8, _PHONEMES_IPA) or b""
            # Where the library stopped reading tells which mark ended the clause.
            end = pointer.value - base if pointer.value else len(encoded)
            found.append((piece.decode("utf-8"), encoded[start:end].decode("utf-8", "ignore")))
            start = end
    for ipa, read in found:
        yield _clean(ipa), _ending_mark(read)


def _ending_mark(read: str) -> str:
    # The library reads a little ahead: the mark is the last one, with at most a few characters after it.
    marks = _CLAUSE_MARK.findall(read[-_READ_AHEAD:])
    return marks[-1] if marks else ""


def _clean(ipa: str) -> str:
    out, depth = [], 0
    for char in ipa:
        depth += char == "("
        if depth == 0:
            out.append(char)
        depth -= char == ")" and depth > 0
    plain = " ".join("".join(out).split())
    for spelled, symbol in _RETROFLEX.items():
        plain = plain.replace(spelled, symbol)
    return plain
