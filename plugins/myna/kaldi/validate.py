"""Strict validation of a data directory: every problem with its file, utterance and remedy."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from myna.errors import MynaError
from myna.kaldi.audio import audio_problem
from myna.kaldi.data import CORE, DataDir, read, speakers_to_utterances
from myna.kaldi.rates import outliers
from myna.kaldi.tables import byte_order, read_table
from myna.workspace import run_first


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        where: File of the directory.
        what: One line: what is wrong and the remedy.
        utterance: The utterance concerned, or "".
    """

    where: str
    what: str
    utterance: str = ""

    def __str__(self) -> str:
        """Give `file, utterance: what`."""
        return f"{self.where}{f', utterance {self.utterance}' if self.utterance else ''}: {self.what}"


def validate(directory: Path | str, *, audio: bool = True, rates: bool = True) -> list[Problem]:
    """List everything that is wrong with a data directory.

    Args:
        directory: The folder.
        audio: Whether to open every audio file.
        rates: Whether to judge speaking rates.

    Returns:
        The problems; empty when the directory is sound.
    """
    directory = Path(directory)
    unreadable = list(_tables(directory))
    if unreadable:
        return unreadable
    try:
        data = read(directory)
    except MynaError as error:
        return [Problem(str(directory), str(error))]
    if not data.utterances:
        return [Problem(str(directory / "wav.scp"), "no utterance; the set is empty, so its source had none to give")]
    problems = [*_values(directory, data), *_speakers(directory, data)]
    if audio:
        problems += _audio(directory, data)
    if rates:
        judged = {u.id: (u.text, u.duration, u.language) for u in data.utterances.values()}
        for key, reason in outliers(judged).items():
            problems.append(
                Problem(str(directory / "text"), f"{reason}; the text is not what is said: correct or drop it", key)
            )
    return problems


def check(directory: Path | str, *, audio: bool = True, rates: bool = True) -> DataDir:
    """Read a directory that must be sound.

    Raises:
        MynaError: The first problem, the number of others and how to see them.
    """
    problems = validate(directory, audio=audio, rates=rates)
    if problems:
        more = f" (and {len(problems) - 1} more; `python -m myna.kaldi.cli validate {directory}` lists them)"
        raise MynaError(f"{problems[0]}{more if len(problems) > 1 else ''}")
    return read(directory)


def _tables(directory: Path) -> Iterator[Problem]:
    if not directory.is_dir():
        yield Problem(str(directory), f"missing, or not a folder; {run_first('create_dataset')}")
        return
    for name in CORE:
        try:
            keys = list(read_table(directory / name))
        except MynaError as error:
            yield Problem(str(directory / name), str(error))
            continue
        for first, second in pairwise(keys):
            if byte_order(first) > byte_order(second):
                yield Problem(
                    str(directory / name), f"not in C-locale order: {second} comes after {first}; run `fix`", second
                )
                break


def _speakers(directory: Path, data: DataDir) -> Iterator[Problem]:
    utt2spk = {u.id: u.speaker for u in data.utterances.values()}
    expected = speakers_to_utterances(utt2spk)
    found = read_table(directory / "spk2utt")
    for speaker in sorted(expected.keys() | found.keys(), key=byte_order):
        if expected.get(speaker) != found.get(speaker):
            yield Problem(
                str(directory / "spk2utt"), f"speaker {speaker} disagrees with utt2spk; run `fix` to make it anew"
            )
    by_utterance = [utt2spk[key] for key in sorted(utt2spk, key=byte_order)]
    for first, second in pairwise(by_utterance):
        if byte_order(first) > byte_order(second):
            yield Problem(
                str(directory / "utt2spk"),
                f"sorted by utterance, speaker {second} comes after {first}; start ids with the speaker and '-', "
                "and let no speaker's id be the beginning of another's",
            )
            break
    for speaker in data.speakers:
        if speaker not in data.consent:
            yield Problem(
                str(directory / "spk2consent"),
                f"no consent record for speaker {speaker}; add `{speaker} <basis> <scope> <licence>`",
            )


def _values(directory: Path, data: DataDir) -> Iterator[Problem]:
    for u in data.utterances.values():
        if not u.id.startswith(u.speaker + "-"):
            yield Problem(str(directory / "utt2spk"), f"the id must start with its speaker, {u.speaker}-", u.id)
        if not any(c.isalnum() for c in u.text):
            yield Problem(str(directory / "text"), "empty text; write what is said, or drop the utterance", u.id)
        if not u.language or " " in u.language:
            yield Problem(str(directory / "utt2lang"), f"bad language {u.language!r}; write one espeak-ng code", u.id)
        if not 0 < u.duration < 3600:
            yield Problem(str(directory / "utt2dur"), f"{u.duration} s is no duration; run `fix`", u.id)


def _audio(directory: Path, data: DataDir) -> Iterator[Problem]:
    for u in data.utterances.values():
        problem = audio_problem(u.audio, u.duration)
        if problem:
            yield Problem(str(directory / "wav.scp"), problem, u.id)
