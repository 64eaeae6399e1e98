"""Measure libraries that write numbers, dates, money and signs as words, on the rows of tests/text/read.

Usage: python benchmarks/normalisers.py [LIBRARY:LANGUAGE …] [--cache exp/normalisers]

LIBRARY is `myna`, `wetext` or `nemo` (nemo_text_processing, Zhang et al., NeMo Inverse Text Normalization, 2021);
LANGUAGE an espeak-ng code that the library serves. Left out: everything that serves the languages of the rows. Each
pair runs in a process of its own, once with an empty cache of grammars and once with a full one, and prints processor
seconds until its first sentence in both, milliseconds a sentence (median and slowest twentieth), megabytes of memory
and of its cache, and the rows that it reads right; in brackets those right where linking words (`and`, `the`, `of`,
`und`, …) do not count, for libraries differ in them without being wrong. Only rows of kinds that are a normaliser's
work count: homographs, scripts, lists and markup are not.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "text"))
from rows import Row, misread, rows

KINDS = {
    "abbreviation", "date", "fraction", "money", "number", "ordinal", "percent", "phone", "range", "roman", "time",
    "unit", "url", "sign",
}  # fmt: skip
LINKS = {"and", "the", "of", "a", "und", "et", "y", "e", "con", "de", "le", "der", "am", "on"}
SERVED = {
    "myna": ("en-us", "cmn", "de", "fr-fr", "es", "it", "pt", "ru", "ja"),
    "nemo": ("en-us", "cmn", "de", "fr-fr", "es", "it", "pt", "ja"),
    "wetext": ("en-us", "cmn", "ja"),
}
SHORT = {"en-us": "en", "cmn": "zh", "fr-fr": "fr"}
Read = Callable[[str], str]


def myna(language: str, cache: Path) -> Read:
    """Return the normaliser of Myna, without sentences, languages and symbols."""
    from myna.text.clean import clean
    from myna.text.normalise import normalise
    from myna.text.traced import Traced

    return lambda text: normalise(clean(Traced.of(text)), language).text


def wetext(language: str, cache: Path) -> Read:
    """Return WeTextProcessing's."""
    from wetext import Normalizer

    read: Read = Normalizer(lang=SHORT.get(language, language), operator="tn").normalize
    return read


def nemo(language: str, cache: Path) -> Read:
    """Return NeMo's, whose grammars are compiled where the cache lacks them."""
    from nemo_text_processing.text_normalization.normalize import Normalizer

    made = Normalizer("cased", SHORT.get(language, language), cache_dir=str(cache))
    return lambda text: str(made.normalize(text, punct_post_process=True))


def _linkless(text: str) -> str:
    return " ".join(word for word in text.replace("-", " ").split() if word.strip(".,").lower() not in LINKS)


def _lenient(row: Row) -> Row:
    return replace(row, hold="|".join("/".join(map(_linkless, p.split("/"))) for p in row.hold.split("|")))


def _said(read: Read, text: str) -> str:
    try:
        return read(text)
    except Exception as error:  # a library that fails on a text has not read it
        return f"{type(error).__name__}: {error}"


def measure(library: str, language: str, cache: Path) -> dict[str, object]:
    """Start a library in this process and read the rows of a language with it."""
    begin = time.process_time()
    read: Read = {"myna": myna, "nemo": nemo, "wetext": wetext}[library](language, cache)
    _said(read, "1.")
    found: dict[str, object] = {"start_s": round(time.process_time() - begin, 2)}
    chosen = [row for row in rows() if row.language == language and row.kind in KINDS and row.hold]
    spent, wrong, lenient = [], [], 0
    for row in chosen:
        begin = time.process_time()
        said = _said(read, row.text)
        spent.append(1000 * (time.process_time() - begin))
        if misread(row, said):
            wrong.append(f"{row.place} {row.text!r}: {said!r}")
        lenient += not misread(_lenient(row), _linkless(said))
    found |= {"rows": len(chosen), "right": len(chosen) - len(wrong), "lenient": lenient, "wrong": wrong}
    slow = sorted(spent)[int(0.95 * len(spent))]
    found |= {"median_ms": round(statistics.median(spent), 2), "p95_ms": round(slow, 2)}
    return found | {"memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def both(library: str, language: str, cache: Path) -> dict[str, object]:
    """Measure in two processes: the first finds no cache, the second that of the first."""
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    command = [sys.executable, __file__, "--one", f"{library}:{language}", "--cache", str(cache)]
    found: list[dict[str, object]] = []
    for _ in range(2):
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    size = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file())
    return {"compile_s": found[0]["start_s"], **found[1], "cache_mb": round(size / 1e6, 1)}


def main() -> None:
    """Measure each pair and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="*", metavar="LIBRARY:LANGUAGE")
    parser.add_argument("--cache", type=Path, default=Path("exp/normalisers"))
    parser.add_argument("--one", metavar="LIBRARY:LANGUAGE", help="measure in this process and print JSON")
    args = parser.parse_args()
    if args.one:
        print("\n" + json.dumps(measure(*args.one.split(":"), args.cache), ensure_ascii=False))
        return
    pairs = args.pairs or [f"{library}:{code}" for library, codes in SERVED.items() for code in codes]
    print("| library | language | right | compiled in, s | starts in, s | ms a sentence | memory, MB | cache, MB |")
    print("|---" * 8 + "|")
    results = {}
    for pair in pairs:
        library, language = pair.split(":")
        found = results[pair] = both(library, language, args.cache / f"{library}_{language}")
        right = f"{found['right']} of {found['rows']} ({found['lenient']})"
        speed = f"{found['median_ms']} ({found['p95_ms']})"
        cells = [library, language, right, found["compile_s"], found["start_s"], speed]
        print("| " + " | ".join(map(str, [*cells, found["memory_mb"], found["cache_mb"]])) + " |", flush=True)
        (args.cache / "normalisers.json").write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
