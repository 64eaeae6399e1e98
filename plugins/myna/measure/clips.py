"""What stage 6 scores: recordings, the clone's speech and the floors, each with the scores that make sense for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from myna.errors import MynaError
from myna.kaldi.data import Utterance, read
from myna.kaldi.tables import read_table
from myna.settings.scores import Measure
from myna.workspace import run_first

TEXT, SPEAKER, QUALITY, PAIR = "text", "speaker", "quality", "pair"

# Kinds that the decode stage may have left out (no vocoder, no espeak-ng program).
_FLOORS = ("copy", "griffin_lim", "espeak")


@dataclass(frozen=True)
class Scorable:
    """One wave to score.

    Attributes:
        kind: `reference`, `real`, `other`, `heldout`, `unseen`, `copy`, `griffin_lim` or `espeak`.
        id: Utterance id.
        path: Audio file.
        text: What is said, or None where it does not matter.
        language: espeak-ng code.
        recording: Recording of the same sentence by the target, for the scores that compare pairs.
        wants: Which of TEXT, SPEAKER, QUALITY, PAIR to take.
    """

    kind: str
    id: str
    path: str
    text: str | None
    language: str
    recording: str | None
    wants: tuple[str, ...]

    @property
    def key(self) -> str:
        """Name of the clip in the score file; it changes with the audio."""
        info = Path(self.path).stat()
        return f"{self.kind}/{self.id}/{info.st_size}/{info.st_mtime_ns}"


def collect(measure: Measure) -> list[Scorable]:
    """List every clip, from the data sets and from what the decode stage wrote.

    Raises:
        MynaError: A set or the decoded speech is missing; names the stage that makes it.
    """
    decoded = Path(measure.decode_dir)
    if not (decoded / "decode.json").is_file():
        raise MynaError(f"{decoded}/decode.json is missing; {run_first('decode')}")
    test = read(measure.test_set).utterances
    recordings = {key: utterance.audio for key, utterance in test.items()}
    spoken = _decoded(decoded / "heldout")
    language = next(iter(test.values())).language if test else "en-us"
    clips = [
        Scorable("real", key, test[key].audio, test[key].text, language, None, (TEXT, SPEAKER, QUALITY))
        for key in spoken
        if key in test
    ]
    clips += _clips("heldout", spoken, language, recordings, (TEXT, SPEAKER, QUALITY, PAIR))
    clips += _clips("unseen", _decoded(decoded / "unseen"), language, {}, (TEXT, SPEAKER, QUALITY))
    for kind in _FLOORS:
        if (decoded / kind / "wav.scp").is_file():
            clips += _clips(kind, _decoded(decoded / kind), language, recordings, (TEXT, SPEAKER, QUALITY, PAIR))
    clips += reference_clips(Path(measure.reference_set), measure.reference_clips)
    clips += _others([Path(p) for p in measure.other_sets], {u.speaker for u in test.values()}, measure.other_clips)
    return clips


def _decoded(folder: Path) -> dict[str, tuple[str, str]]:
    """Return audio and text by utterance."""
    audio, text = read_table(folder / "wav.scp"), read_table(folder / "text")
    return {key: (audio[key], text[key]) for key in audio}


def _clips(
    kind: str,
    spoken: Mapping[str, tuple[str, str]],
    language: str,
    recordings: Mapping[str, str],
    wants: tuple[str, ...],
) -> list[Scorable]:
    return [
        Scorable(kind, key, audio, text, language, recordings.get(key), wants) for key, (audio, text) in spoken.items()
    ]


def reference_clips(folder: Path, limit: int) -> list[Scorable]:
    """Recordings of the target that the clone was made from: their mean embedding is the target's voice."""
    data = read(folder)
    derived = data.extra.get("utt2orig", {})
    plain = [u for u in data.utterances.values() if u.id not in derived and u.duration >= 1.6]
    return [Scorable("reference", u.id, u.audio, None, u.language, None, (SPEAKER,)) for u in _spread(plain, limit)]


def _others(folders: list[Path], target: set[str], limit: int) -> list[Scorable]:
    """Recordings of other people, taken in turn from each speaker."""
    by_speaker: dict[str, list[Utterance]] = {}
    for folder in (folder for folder in folders if (folder / "wav.scp").is_file()):
        data = read(folder)
        derived = data.extra.get("utt2orig", {})
        for utterance in data.utterances.values():
            if utterance.speaker not in target and utterance.id not in derived and utterance.duration >= 1.6:
                by_speaker.setdefault(utterance.speaker, []).append(utterance)
    turns = [list(chosen) for chosen in by_speaker.values()]
    chosen = [turn[n] for n in range(max(map(len, turns), default=0)) for turn in turns if n < len(turn)][:limit]
    return [Scorable("other", u.id, u.audio, None, u.language, None, (SPEAKER,)) for u in chosen]


def _spread(items: list[Utterance], limit: int) -> list[Utterance]:
    """Take `limit` items at even distances."""
    if len(items) <= limit:
        return items
    return [items[n * len(items) // limit] for n in range(limit)]
