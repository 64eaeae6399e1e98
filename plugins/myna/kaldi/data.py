"""A Kaldi data directory in memory, and its reading and writing."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from myna.errors import MynaError
from myna.kaldi.tables import byte_order, read_table, write_table
from myna.workspace import run_first

BASES = ("own_voice", "written", "licence", "public_domain", "synthetic")
SCOPES = ("evaluation", "private", "publish", "commercial")
CORE = ("wav.scp", "text", "utt2spk", "spk2utt", "utt2lang", "utt2dur", "spk2consent")


@dataclass(frozen=True)
class Utterance:
    """One recording of one speaker.

    Attributes:
        id: Starts with the speaker's id and "-".
        speaker: Speaker id.
        audio: Path of a plain audio file.
        text: What is said.
        language: espeak-ng code, such as `en-us`.
        duration: Seconds.
    """

    id: str
    speaker: str
    audio: str
    text: str
    language: str
    duration: float


@dataclass(frozen=True)
class Consent:
    """What a speaker's voice may be used for, and why.

    Attributes:
        basis: One of `BASES`.
        scope: One of `SCOPES`: the widest use that the basis allows for a clone of this voice.
        licence: Name of the licence or of the record.
    """

    basis: str
    scope: str
    licence: str = ""

    def __post_init__(self) -> None:
        """Refuse words outside the lists."""
        if self.basis not in BASES:
            raise MynaError(f"consent basis {self.basis!r} is unknown; choose one of {', '.join(BASES)}")
        if self.scope not in SCOPES:
            raise MynaError(f"consent scope {self.scope!r} is unknown; choose one of {', '.join(SCOPES)}")


@dataclass
class DataDir:
    """Utterances by id, consent by speaker, and any further tables keyed by utterance."""

    utterances: dict[str, Utterance] = field(default_factory=dict)
    consent: dict[str, Consent] = field(default_factory=dict)
    extra: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, utterance: Utterance) -> None:
        """Add an utterance; an id that is there already is an error."""
        if utterance.id in self.utterances:
            raise MynaError(f"utterance {utterance.id} occurs twice; give every recording an id of its own")
        self.utterances[utterance.id] = utterance

    @property
    def speakers(self) -> list[str]:
        """Speaker ids in byte order."""
        return sorted({u.speaker for u in self.utterances.values()}, key=byte_order)

    @property
    def seconds(self) -> float:
        """Total duration."""
        return sum(u.duration for u in self.utterances.values())


def read(directory: Path | str) -> DataDir:
    """Read a data directory.

    Raises:
        MynaError: A file is missing or malformed, or the tables disagree about the ids.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise MynaError(f"{directory} is missing or not a folder; {run_first('create_dataset')}")
    wav = read_table(directory / "wav.scp")
    tables = {name: read_table(directory / name) for name in ("text", "utt2spk", "utt2lang", "utt2dur")}
    for name, table in tables.items():
        for key in sorted(wav.keys() ^ table.keys(), key=byte_order):
            here, there = (name, "wav.scp") if key in table else ("wav.scp", name)
            raise MynaError(f"{directory}: utterance {key} is in {here} but not in {there}; run `fix` on the folder")
    data = DataDir()
    for key, audio in wav.items():
        data.add(
            Utterance(
                id=key,
                speaker=tables["utt2spk"][key],
                audio=audio,
                text=tables["text"][key],
                language=tables["utt2lang"][key],
                duration=_seconds(directory, key, tables["utt2dur"][key]),
            )
        )
    data.consent = _read_consent(directory)
    data.extra = _read_extra(directory, data)
    return data


def write(data: DataDir, directory: Path | str) -> None:
    """Write every table in one step each; `wav.scp` comes last, so that its presence means all are there."""
    directory = Path(directory)
    values = data.utterances.values()
    write_table(directory / "text", {u.id: u.text for u in values})
    write_table(directory / "utt2spk", {u.id: u.speaker for u in values})
    write_table(directory / "spk2utt", speakers_to_utterances({u.id: u.speaker for u in values}))
    write_table(directory / "utt2lang", {u.id: u.language for u in values})
    write_table(directory / "utt2dur", {u.id: f"{u.duration:.4f}" for u in values})
    consent = {s: f"{c.basis} {c.scope} {c.licence}".rstrip() for s, c in data.consent.items() if s in data.speakers}
    write_table(directory / "spk2consent", consent)
    for name, table in data.extra.items():
        write_table(directory / name, {key: value for key, value in table.items() if key in data.utterances})
    write_table(directory / "wav.scp", {u.id: u.audio for u in values})


def speakers_to_utterances(utt2spk: dict[str, str]) -> dict[str, str]:
    """Turn utt2spk round: speaker → its utterances in byte order, separated by spaces."""
    lists: dict[str, list[str]] = defaultdict(list)
    for utterance in sorted(utt2spk, key=byte_order):
        lists[utt2spk[utterance]].append(utterance)
    return {speaker: " ".join(utterances) for speaker, utterances in lists.items()}


def _seconds(directory: Path, key: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise MynaError(f"{directory}/utt2dur: utterance {key} has {value!r}, not a number of seconds") from error


def _read_consent(directory: Path) -> dict[str, Consent]:
    path = directory / "spk2consent"
    consent = {}
    for speaker, value in read_table(path).items():
        basis, _, rest = value.partition(" ")
        scope, _, licence = rest.strip().partition(" ")
        try:
            consent[speaker] = Consent(basis, scope, licence.strip())
        except MynaError as error:
            raise MynaError(f"{path}, speaker {speaker}: {error}") from error
    return consent


def _read_extra(directory: Path, data: DataDir) -> dict[str, dict[str, str]]:
    """Read tables of later stages (phones, feats.scp, utt2num_frames…): plain files keyed by utterance."""
    extra = {}
    for path in sorted(directory.iterdir()):
        if path.name in CORE or path.name.startswith(".") or not path.is_file():
            continue
        if path.suffix not in ("", ".scp") or path.name.startswith("spk"):
            continue
        table = read_table(path)
        if table and table.keys() <= data.utterances.keys():
            extra[path.name] = table
    return extra
