"""The sentences that a finished voice reads for its test, and the check that training never saw them."""

import logging
from collections.abc import Iterable
from pathlib import Path

from myna.errors import MynaError
from myna.kaldi.same_sentence import alike, trigrams
from myna.kaldi.tables import read_lines, read_table

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parents[1] / "conf" / "sentences"
_FILES = {"cmn": "zh", "yue": "zh"}


def sentences_file(language: str, given: str | None = None) -> Path:
    """Return the file with one sentence a line: the one given, else the project's own for the language.

    Args:
        language: espeak-ng code, such as `en-us`.
        given: A path from the config, or None.

    Raises:
        MynaError: There is no such file.
    """
    path = Path(given) if given else FOLDER / f"{_FILES.get(language, language.split('-')[0])}.txt"
    if not path.is_file():
        raise MynaError(
            f"{path}: no test sentences for language {language}; write a file with one sentence a line and name it in "
            "decode.sentences"
        )
    return path


def own_sentences(language: str) -> list[str]:
    """Return the project's own sentences of a language.

    Raises:
        MynaError: There are none.
    """
    lines = sentences_file(language).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip()]


def unseen_sentences(path: Path, limit: int, training_texts: Iterable[Path]) -> list[str]:
    """Read test sentences, leaving out those that a training set holds (a warning names them).

    Args:
        path: One sentence a line.
        limit: How many to take, from the top.
        training_texts: Kaldi `text` files of the training sets.

    Raises:
        MynaError: No sentence is left, or the file holds a line twice.
    """
    trained = _trained(training_texts)
    chosen: list[str] = []
    for number, line in ((number, line.strip()) for number, line in read_lines(path)):
        if not line or len(chosen) == limit:
            continue
        if line in chosen:
            raise MynaError(f"{path}, line {number}: the same sentence stands there twice; change one of them")
        if origin := next((name for name, known in trained.items() if alike(trigrams(line), known)), None):
            logger.warning("%s, line %d: training utterance %s holds these words; left out", path, number, origin)
            continue
        chosen.append(line)
    if not chosen:
        raise MynaError(f"{path} holds no sentence that training has not seen; write new ones, one a line")
    return chosen


def _trained(paths: Iterable[Path]) -> dict[str, set[tuple[str, ...]]]:
    """Return the word trigrams of each training utterance, by `<set>/<utterance>`."""
    return {f"{path.parent.name}/{key}": trigrams(text) for path in paths for key, text in read_table(path).items()}
