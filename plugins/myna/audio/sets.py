"""The sets of stage 0 as work for stage 1, and the tables that stage 1 writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from myna.audio.augment import check_original, origin
from myna.audio.features import ARRAYS, format_phones
from myna.audio.process import Item, Record
from myna.errors import MynaError
from myna.files import atomic_text
from myna.kaldi.tables import byte_order, read_table, write_table
from myna.text.front_end import FrontEnd
from myna.workspace import run_first


@dataclass(frozen=True)
class SourceSet:
    """One data directory, with phonemes.

    Attributes:
        name: Name of the set.
        wav: Utterance to recording.
        text: Utterance to transcript.
        speaker: Utterance to speaker.
        language: Utterance to espeak-ng code.
        consent: Speaker to the rest of its line in `spk2consent`.
        phones: Utterance to phoneme symbols.
    """

    name: str
    wav: dict[str, Path]
    text: dict[str, str]
    speaker: dict[str, str]
    language: dict[str, str]
    consent: dict[str, str]
    phones: dict[str, list[str]]


def read_set(folder: Path, roots: Iterable[Path], front_end: FrontEnd) -> SourceSet:
    """Read a data directory.

    Args:
        folder: Such as `data/pool_train`.
        roots: Folders that relative paths in wav.scp may start from, in this order.
        front_end: Turns texts into symbols.

    Raises:
        MynaError: A table is missing or lacks an utterance, an id is reserved, or a text has no phonemes.
    """
    tables = {name: read_table(folder / name) for name in ("wav.scp", "text", "utt2spk", "utt2lang")}
    consent = read_table(folder / "spk2consent")
    for name in tables["wav.scp"]:
        for table, rows in tables.items():
            if not rows.get(name):
                raise MynaError(f"{folder / table} has nothing for utterance {name}; {run_first('create_dataset')}")
        speaker = tables["utt2spk"][name]
        check_original(name, str(folder / "wav.scp"))
        check_original(speaker, str(folder / "utt2spk"))
        if speaker not in consent:
            raise MynaError(f"{folder / 'spk2consent'} lacks speaker {speaker}; add who consented to what")
    texts, languages = tables["text"], tables["utt2lang"]
    phones = {name: _phones(folder, name, front_end, (texts[name], languages[name])) for name in tables["wav.scp"]}
    wav = {name: _resolve(folder, name, path, tuple(roots)) for name, path in tables["wav.scp"].items()}
    return SourceSet(folder.name, wav, texts, tables["utt2spk"], languages, consent, phones)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Say whether a set's name matches one of the shell patterns."""
    return any(fnmatch(name, pattern) for pattern in patterns)


def check_leaks(sets: Iterable[SourceSet], train: Iterable[str]) -> None:
    """Refuse sets in which something to be trained on is also something to be tested on.

    Raises:
        MynaError: An utterance id or a recording stands in a training set and in another set.
    """
    sets, train = list(sets), set(train)
    owners = {key: source.name for source in sets if source.name in train for key in _identities(source)}
    for source in sets:
        for key in _identities(source) if source.name not in train else ():
            if key in owners:
                raise MynaError(f"{key} is in {owners[key]} and in {source.name}; keep it out of one (stage 0)")


def write_tables(folder: Path, source: SourceSet, items: Mapping[str, Item], records: Mapping[str, Record]) -> None:
    """Write the Kaldi tables of a processed set, `phones`, `utt2band`, `utt2orig` and `dropped.tsv`.

    Args:
        folder: Such as `dump/pool_train`.
        source: The set as stage 0 made it.
        items: Utterance to its item.
        records: Utterance to its record.
    """
    tables: dict[str, dict[str, str]] = {name: {} for name in _TABLES}
    for utterance, record in records.items():
        for made in record.made:
            derived = origin(made.name)
            speaker = source.speaker[utterance]
            if derived is not None:
                speaker = derived[0].derive(speaker)
                tables["utt2orig"][made.name] = utterance
            row = {
                "wav.scp": str(items[utterance].wav(made.name)),
                ARRAYS: str(items[utterance].feats(made.name)),
                "text": source.text[utterance],
                "phones": format_phones(source.phones[utterance]),
                "utt2spk": speaker,
                "utt2lang": source.language[utterance],
                "utt2dur": f"{made.seconds:.4f}",
                "utt2num_frames": str(made.frames),
                "utt2band": f"{made.band:.0f}",
            }
            for table, value in row.items():
                tables[table][made.name] = value
            tables["spk2consent"][speaker] = source.consent[source.speaker[utterance]]
    tables["spk2utt"] = _speakers(tables["utt2spk"])
    for table, rows in tables.items():
        write_table(folder / table, rows)
    dropped = {name: record.reason for name, record in records.items() if record.reason}
    lines = [f"{name}\t{dropped[name]}\n" for name in sorted(dropped, key=byte_order)]
    atomic_text(folder / "dropped.tsv", "utterance\treason\n" + "".join(lines))


_TABLES = (
    "wav.scp",
    ARRAYS,
    "text",
    "phones",
    "utt2spk",
    "utt2lang",
    "utt2dur",
    "utt2num_frames",
    "utt2band",
    "utt2orig",
    "spk2consent",
)


def _speakers(utt2spk: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name in sorted(utt2spk, key=byte_order):
        found.setdefault(utt2spk[name], []).append(name)
    return {speaker: " ".join(names) for speaker, names in found.items()}


def _identities(source: SourceSet) -> list[str]:
    return [*source.wav, *(str(path) for path in source.wav.values())]


def _phones(folder: Path, name: str, front_end: FrontEnd, said: tuple[str, str]) -> list[str]:
    try:
        symbols = front_end.symbols(*said)
    except MynaError as error:
        raise MynaError(f"{folder / 'text'}: utterance {name}: {error}") from None
    if front_end.count_sounds(symbols) == 0:
        raise MynaError(f"{folder / 'text'}: utterance {name} ({said[0]!r}) gives no phonemes; correct or remove it")
    return symbols


def _resolve(folder: Path, name: str, value: str, roots: tuple[Path, ...]) -> Path:
    if value.endswith("|"):
        raise MynaError(f"{folder / 'wav.scp'}: utterance {name} is a command; write its output to a file first")
    for root in roots:
        if (root / value).exists():
            return root / value
    raise MynaError(f"{folder / 'wav.scp'}: utterance {name}: {value} does not exist; {run_first('create_dataset')}")
