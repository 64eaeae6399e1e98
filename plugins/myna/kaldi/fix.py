"""Repair what can be repaired: order, agreement of tables, durations; drop what cannot, and say so."""

from pathlib import Path

from myna.errors import MynaError
from myna.kaldi.audio import audio_seconds
from myna.kaldi.data import CORE, Consent, DataDir, Utterance, write
from myna.kaldi.rates import all_outliers
from myna.kaldi.tables import read_lines


def fix(directory: Path | str, *, audio: bool = True) -> dict[str, str]:
    """Put a data directory in order, in place; audio files are never touched.

    Rows that only some tables have, empty texts, broken audio and odd speaking rates are dropped; tables are sorted,
    `spk2utt` and `utt2dur` are made anew. Of duplicate rows the first is kept.

    Args:
        directory: The folder.
        audio: Whether to open the audio files.

    Returns:
        Utterance id → why it was dropped.

    Raises:
        MynaError: A table is missing or not UTF-8, a speaker has no consent record, or no utterance is left.
    """
    directory = Path(directory)
    tables = {name: _forgiving(directory / name) for name in CORE if name not in ("spk2utt", "utt2dur")}
    durations = _forgiving(directory / "utt2dur") if (directory / "utt2dur").exists() else {}
    names = set().union(*(tables[name] for name in ("wav.scp", "text", "utt2spk", "utt2lang")))
    data, dropped = DataDir(), {}
    for key in sorted(names):
        reason, utterance = _utterance(key, tables, durations, audio)
        if utterance:
            data.add(utterance)
        else:
            dropped[key] = reason
    judged = {u.id: (u.text, round(u.duration, 4), u.language) for u in data.utterances.values()}
    for key, reason in all_outliers(judged).items():
        del data.utterances[key]
        dropped[key] = reason
    if not data.utterances:
        first = next(iter(dropped.items()), ("", "the tables are empty"))
        raise MynaError(
            f"{directory}: nothing is left after fixing (first: {first[0]}: {first[1]}); nothing was written"
        )
    data.consent = _consent(directory, tables["spk2consent"], data.speakers)
    data.extra = _extra(directory, data)
    write(data, directory)
    return dropped


def _forgiving(path: Path) -> dict[str, str]:
    """Read a table of which order, duplicates and blank lines do not matter."""
    table: dict[str, str] = {}
    for _, line in read_lines(path):
        parts = line.split(maxsplit=1)
        if parts:
            table.setdefault(parts[0], parts[1].strip() if len(parts) > 1 else "")
    return table


def _utterance(
    key: str, tables: dict[str, dict[str, str]], durations: dict[str, str], audio: bool
) -> tuple[str, Utterance | None]:
    for name in ("wav.scp", "text", "utt2spk", "utt2lang"):
        if not tables[name].get(key):
            return f"no row in {name}", None
    if not any(c.isalnum() for c in tables["text"][key]):
        return "empty text", None
    speaker = tables["utt2spk"][key]
    if not key.startswith(speaker + "-"):
        return f"id does not start with its speaker {speaker}-", None
    path = tables["wav.scp"][key]
    try:
        seconds = audio_seconds(path) if audio else float(durations.get(key, "nan"))
    except (OSError, ValueError) as error:
        return f"audio {path}: {error}", None
    if not 0 < seconds < 3600:
        return f"{seconds} s is no duration", None
    return "", Utterance(key, speaker, path, tables["text"][key], tables["utt2lang"][key], seconds)


def _consent(directory: Path, table: dict[str, str], speakers: list[str]) -> dict[str, Consent]:
    consent = {}
    for speaker in speakers:
        words = table.get(speaker, "").split(maxsplit=2)
        if len(words) < 2:
            raise MynaError(
                f"{directory}/spk2consent: no consent record for speaker {speaker}; consent cannot be guessed, "
                f"write `{speaker} <basis> <scope> <licence>`; nothing was written"
            )
        consent[speaker] = Consent(words[0], words[1], words[2] if len(words) > 2 else "")
    return consent


def _extra(directory: Path, data: DataDir) -> dict[str, dict[str, str]]:
    extra = {}
    for path in sorted(directory.iterdir()):
        plain = path.is_file() and path.suffix in ("", ".scp") and not path.name.startswith((".", "spk"))
        if plain and path.name not in CORE:
            table = _forgiving(path)
            if table.keys() & data.utterances.keys():
                extra[path.name] = {key: value for key, value in table.items() if key in data.utterances}
    return extra
