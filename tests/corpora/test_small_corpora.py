"""The corpora of mini_voices, on trees of the same layout made of generated speech and on what espnet ships."""

import gzip
from pathlib import Path

import av
import numpy as np
import pytest
import soxr
from speech import SENTENCES, speak

from myna.corpora import an4, asterisk, festvox_ru, flite, librivox
from myna.corpora.decode import decode, materialise
from myna.corpora.spoken import spell_digits
from myna.errors import MynaError


def write_g722(path: Path, samples: np.ndarray) -> None:
    """Encode 16 kHz samples as raw G.722."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="g722") as container:
        stream = container.add_stream("g722", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tree as the Asterisk packages unpack it."""
    root = tmp_path_factory.mktemp("asterisk")
    texts = {f"say-{number:02d}": text for number, text in enumerate(SENTENCES)}
    texts |= {
        "press": "please press 1 to go on...",
        "beep": "[this is a simple beep tone]",
        "digits/7": "seven",
        "short": "Yes.",
        "noted": "The line is open (in English)",
        "damaged": "The line ? open for everybody",
        "wrong": "This text is far too long for what is really said here, " * 6,
    }
    for name, text in texts.items():
        said = {"wrong": "Good morning to you.", "noted": "The line is open now", "digits/7": "seven and seven"}
        samples = soxr.resample(speak(said.get(name, text), root / "x.wav"), 22_050, 16_000)
        write_g722(root / f"usr/share/asterisk/sounds/en_US_f_Someone/{name}.g722", samples)
    lines = "; a comment\n\n" + "".join(f"{name}: {text}\n" for name, text in texts.items()) + "absent: No sound.\n"
    table = root / "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
    table.parent.mkdir(parents=True)
    table.write_bytes(gzip.compress(lines.encode()))
    return {"en": root}


def test_asterisk_keeps_whole_phrases_only(prompts: dict[str, Path]) -> None:
    """Tones, digits, fragments, notes, damaged and mismatched texts are dropped."""
    corpus = asterisk.prepare(prompts, min_seconds=1.0)
    assert {clip.name for clip in corpus.clips} == {f"say-{n:02d}" for n in range(len(SENTENCES))} | {"press"}
    said = {clip.name: clip.text for clip in corpus.clips}
    assert said["press"] == "please press one to go on."
    assert corpus.consent["asterisk_en"].scope == "evaluation"
    assert corpus.consent["asterisk_en"].basis == "licence"


def test_g722_is_decoded_at_its_own_rate(prompts: dict[str, Path], tmp_path: Path) -> None:
    """16 kHz, as long as its bytes say, and loud: then written as wav once and kept."""
    clip = asterisk.prepare(prompts).clips[0]
    samples, rate = decode(clip.source)
    assert rate == 16_000
    assert abs(len(samples) / rate - clip.duration) < 0.01
    assert np.abs(samples).max() > 0.1
    corpus = asterisk.prepare(prompts)
    first = materialise(corpus, [clip], tmp_path)
    path = Path(first.utterances[clip.id].audio)
    before = path.stat().st_mtime_ns
    assert materialise(corpus, [clip], tmp_path) == first
    assert path.stat().st_mtime_ns == before


def test_a_voice_without_consent_record_is_not_used(prompts: dict[str, Path], tmp_path: Path) -> None:
    """Nothing is written for it."""
    corpus = asterisk.prepare(prompts)
    corpus.consent.clear()
    with pytest.raises(MynaError, match="asterisk_en has no consent record"):
        materialise(corpus, corpus.clips, tmp_path / "wav")
    assert not (tmp_path / "wav").exists()


def test_unknown_asterisk_language(tmp_path: Path) -> None:
    """The message lists those that there are."""
    with pytest.raises(MynaError, match="'de'; choose among en"):
        asterisk.download(tmp_path, ("de",))


def test_festvox_transcripts(tmp_path: Path) -> None:
    """Stress marks go; a bad line is named."""
    root = tmp_path / festvox_ru.TREE
    for number in range(3):
        speak("Она ушла домой вчера вечером.", root / "wav" / f"ru_000{number}.wav", "ru")
    rows = '( ru_0000 "Она ушл+а домой вчера вечером." )\n( ru_0001 "Она ушла домой вчера." )\n( ru_0009 "Нет." )\n'
    (root / "etc").mkdir()
    (root / "etc/txt.done.data").write_text(rows, encoding="utf-8")
    corpus = festvox_ru.prepare(tmp_path, min_seconds=0.5)
    assert [clip.text for clip in corpus.clips] == ["Она ушла домой вчера вечером.", "Она ушла домой вчера."]
    assert corpus.clips[0].language == "ru"
    (root / "etc/txt.done.data").write_text(rows + "ru_0003 text\n", encoding="utf-8")
    with pytest.raises(MynaError, match=r"txt.done.data, line 4"):
        festvox_ru.prepare(tmp_path)


def test_an4_of_the_espnet_package(tmp_path: Path) -> None:
    """Seven utterances of five people with text, decoded from NIST sphere."""
    corpus = an4.prepare(an4.download(tmp_path))
    assert len(corpus.clips) == 7
    assert len(corpus.consent) == 5
    data = materialise(corpus, corpus.clips, tmp_path / "wav")
    assert data.utterances["an4_fash-an251"].text == "yes"
    assert 0.9 < data.utterances["an4_fash-an251"].duration < 1.1


def test_librivox_layout(tmp_path: Path) -> None:
    """A text file beside each wav file."""
    root = tmp_path / librivox.TREE
    speak(SENTENCES[0], root / "sense_and_sensibility_01-0870.wav")
    (root / "sense_and_sensibility_01-0870.txt").write_text("the old keeper\n")
    corpus = librivox.prepare(tmp_path)
    assert [(clip.id, clip.text) for clip in corpus.clips] == [("librivox_austen-0870", "the old keeper")]


def test_flite_speaks_once_and_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finished sentences are kept; without flite the remedy is named."""
    monkeypatch.setattr(flite, "ENGLISH", SENTENCES[:2])
    folder = flite.download(tmp_path, ("slt",))
    corpus = flite.prepare(folder, ("slt",))
    assert [clip.text for clip in corpus.clips] == list(SENTENCES[:2])
    assert corpus.consent["flite_slt"].basis == "synthetic"
    with pytest.raises(MynaError, match="no voice nobody"):
        flite.download(tmp_path, ("nobody",))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert flite.download(tmp_path, ("slt",)) == folder
    with pytest.raises(MynaError, match="apt-get install flite"):
        flite.download(tmp_path, ("slt", "rms"))


def test_spelled_digits() -> None:
    """Small numbers become words; larger ones and names with digits stay."""
    assert spell_digits("press 4 or 16, then 250; H.323 and v2") == "press four or sixteen, then 250; H.323 and v2"
