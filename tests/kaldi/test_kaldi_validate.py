"""Strict validation: each fault is found, named and given its remedy; fix leaves nothing to find."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kaldi_data import make, tone

from myna.errors import MynaError
from myna.kaldi.fix import fix
from myna.kaldi.rates import outliers
from myna.kaldi.validate import check, validate


def edit(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Rewrite a table by its lines."""
    path.write_text("".join(f"{line}\n" for line in change(path.read_text().splitlines())))


def sound_of(folder: Path) -> Path:
    """The audio of utterance ana-01."""
    return folder.parent / "wav" / "1.wav"


def break_order(folder: Path) -> None:
    edit(folder / "text", lambda lines: lines[::-1])


def break_duplicate(folder: Path) -> None:
    edit(folder / "utt2lang", lambda lines: [lines[0], *lines])


def break_audio_missing(folder: Path) -> None:
    sound_of(folder).unlink(missing_ok=True)


def break_audio_empty(folder: Path) -> None:
    sound_of(folder).write_bytes(b"")


def break_audio_type(folder: Path) -> None:
    sound_of(folder).write_text("this is a text, whatever its ending says")


def break_audio_samples(folder: Path) -> None:
    tone(sound_of(folder), 0.0)


def break_text_empty(folder: Path) -> None:
    edit(folder / "text", lambda lines: [lines[0].split()[0] + " ...", *lines[1:]])


def break_text_encoding(folder: Path) -> None:
    path = folder / "text"
    path.write_bytes(path.read_bytes().replace(b"number 3", b"num\xe9ro 3"))


def break_rate(folder: Path) -> None:
    edit(folder / "text", lambda lines: [lines[0] + " and goes on and on for ever" * 20, *lines[1:]])


def break_spk2utt(folder: Path) -> None:
    edit(folder / "spk2utt", lambda lines: [lines[0].rsplit(" ", 1)[0], *lines[1:]])


def break_ids(folder: Path) -> None:
    edit(folder / "utt2spk", lambda lines: ["ana-01 bo", *lines[1:]])


def break_consent(folder: Path) -> None:
    edit(folder / "spk2consent", lambda lines: lines[1:])


def break_agreement(folder: Path) -> None:
    edit(folder / "utt2lang", lambda lines: lines[1:])


def break_duration(folder: Path) -> None:
    edit(folder / "utt2dur", lambda lines: ["ana-01 9.5", *lines[1:]])


def break_pipe(folder: Path) -> None:
    edit(folder / "wav.scp", lambda lines: ["ana-01 sox in.wav -t wav - |", *lines[1:]])


FAULTS: list[tuple[Callable[[Path], None], str]] = [
    (break_order, r"text.*not in C-locale order.*run `fix`"),
    (break_duplicate, r"utt2lang, line 2: duplicate id 'ana-01'"),
    (break_audio_missing, r"utterance ana-01: audio .*1\.wav: missing"),
    (break_audio_empty, r"utterance ana-01: audio .*zero bytes"),
    (break_audio_type, r"utterance ana-01: audio .*unreadable"),
    (break_audio_samples, r"utterance ana-01: audio .*no samples"),
    (break_text_empty, r"text, utterance ana-01: empty text"),
    (break_text_encoding, r"text, line 2: not UTF-8"),
    (break_rate, r"utterance ana-01: \d+\.\d characters a second.*correct or drop"),
    (break_spk2utt, r"spk2utt: speaker ana disagrees with utt2spk"),
    (break_ids, r"utterance ana-01: the id must start with its speaker, bo-"),
    (break_consent, r"spk2consent: no consent record for speaker ana"),
    (break_agreement, r"utterance ana-01 is in wav.scp but not in utt2lang"),
    (break_duration, r"utterance ana-01: audio .* lasts 2\.10 s but utt2dur says 9\.50"),
    (break_pipe, r"utterance ana-01: a pipe"),
]
BEYOND_REPAIR = {break_consent, break_text_encoding}


def test_sound_directory_has_no_problem(sound: Path) -> None:
    """And check gives it back."""
    assert validate(sound) == []
    assert len(check(sound).utterances) == 6


@pytest.mark.parametrize(("fault", "message"), FAULTS, ids=lambda value: getattr(value, "__name__", None))
def test_fault_is_found_and_named(sound: Path, fault: Callable[[Path], None], message: str) -> None:
    """Strict validation finds each fault; check raises it."""
    fault(sound)
    with pytest.raises(MynaError, match=message):
        check(sound)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.sampled_from([fault for fault, _ in FAULTS if fault not in BEYOND_REPAIR]), min_size=1, max_size=4))
def test_fix_leaves_nothing_to_find(tmp_path: Path, faults: set[Callable[[Path], None]]) -> None:
    """fix∘validate: whatever is broken, the fixed directory is sound, and fixing it again drops nothing."""
    shutil.rmtree(tmp_path)
    make(tmp_path)
    folder = tmp_path / "set"
    order = sorted(faults, key=lambda fault: fault in (break_order, break_duplicate, break_agreement))
    for fault in order:
        fault(folder)
    fix(folder)
    assert validate(folder) == []
    assert fix(folder) == {}


@pytest.mark.parametrize("fault", sorted(BEYOND_REPAIR, key=lambda fault: fault.__name__))
def test_fix_does_not_guess(sound: Path, fault: Callable[[Path], None]) -> None:
    """Consent and text cannot be guessed: an error, and nothing is written."""
    fault(sound)
    before = {path.name: path.read_bytes() for path in sound.iterdir()}
    with pytest.raises(MynaError):
        fix(sound)
    assert {path.name: path.read_bytes() for path in sound.iterdir()} == before


def test_missing_folder(tmp_path: Path) -> None:
    """The remedy is the stage that makes it."""
    with pytest.raises(MynaError, match="stage 0"):
        check(tmp_path / "nowhere")


def test_empty_set(sound: Path) -> None:
    """A set without utterances is a fault of its own."""
    for table in sound.iterdir():
        table.write_text("")
    with pytest.raises(MynaError, match="no utterance"):
        check(sound)


def test_rate_bounds_are_robust() -> None:
    """One wrong text among many does not hide behind the spread that it causes; each language has its own bounds."""
    items = {f"e{i}": ("a sentence of fair length", 1.8 + 0.02 * i, "en-us") for i in range(30)}
    items |= {f"z{i}": ("这是一个句子", 1.5 + 0.02 * i, "cmn") for i in range(30)}
    items["wrong"] = ("no", 8.0, "en-us")
    items["short"] = ("a very long text for an utterance that nobody judges", 0.5, "en-us")
    assert list(outliers(items)) == ["wrong"]
