"""Consent: records from corpora, the spoken clip, the commands."""

import json

import numpy as np
import pytest
import soundfile

from myna.cli import main
from myna.errors import MynaError
from myna.safety import clip, consent, records, trust
from myna.safety.encode import resample
from myna.safety.sound import Audio


def test_line_of_a_corpus_gives_the_same_record():
    line = "spk1 licence evaluation CC BY-SA 3.0"
    record = records.from_spk2consent(line)
    assert (record.speaker, record.basis, record.scope, record.licence) == (
        "spk1",
        "licence",
        "evaluation",
        "CC BY-SA 3.0",
    )
    assert records.from_spk2consent(line + "\n").id == record.id
    assert records.from_spk2consent("spk2 licence evaluation CC0").id != record.id
    consent.check(record, "evaluation")
    for broken in ("spk1 licence", "spk1 rumour evaluation x", "spk1 licence everything x"):
        with pytest.raises(MynaError, match="spk2consent"):
            records.from_spk2consent(broken)


def test_own_voice_stated_here_is_signed_for_use_at_home():
    consent.check(consent.stated(records.from_spk2consent("ann own_voice private stated")), "private")
    wider = consent.stated(records.from_spk2consent("ann own_voice publish stated"))
    assert not wider.signature and not consent.stated(records.from_spk2consent("a written private form")).signature
    with pytest.raises(MynaError, match="not signed"):
        consent.check(wider, "evaluation")


def test_record_survives_the_file(tmp_path):
    record = records.from_spk2consent("spk1 licence private CC0")
    record.save(tmp_path / "consent.yaml")
    assert records.load(tmp_path / "consent.yaml") == record


def test_commands_make_sign_check_and_revoke(tmp_path, capsys):
    path = str(tmp_path / "consent.yaml")
    new = ["consent", "new", path, "--speaker", "ann", "--who", "Ann", "--basis", "own_voice", "--scope", "private"]
    assert main([*new, "--expires", "2099-01-01", "--languages", "de"]) == 0
    assert main(["consent", "verify", path]) == 2
    assert "not signed" in capsys.readouterr().err
    assert main(["consent", "sign", path]) == 0
    assert main(["consent", "verify", path, "--purpose", "private", "--language", "de"]) == 0
    assert main(["consent", "verify", path, "--purpose", "commercial"]) == 2
    assert main(["consent", "verify", path, "--language", "fr-fr"]) == 2
    assert main(["consent", "revoke", path]) == 0
    assert main(["consent", "verify", path]) == 2
    assert "revoked" in capsys.readouterr().err
    assert main(["consent", "trust", "zz"]) == 2
    assert main(["consent", "trust", "ab" * 32, "--remark", "a friend"]) == 0
    assert trust.is_trusted("ab" * 32) and not trust.is_trusted("cd" * 32)


def test_key_of_a_file_signs(tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    records.from_spk2consent("spk1 licence publish CC0").save(tmp_path / "c.yaml")
    assert main(["consent", "sign", str(tmp_path / "c.yaml"), "--key", str(tmp_path / "key.pem")]) == 0
    record = records.load(tmp_path / "c.yaml")
    with pytest.raises(MynaError, match="unknown key"):
        consent.check(record, "publish")
    (tmp_path / "key.pem").write_text("nonsense")
    assert main(["consent", "sign", str(tmp_path / "c.yaml"), "--key", str(tmp_path / "key.pem")]) == 2


@pytest.fixture
def spoken(tmp_path, speech):
    """A clip and a recording on disk."""
    for name in ("clip.wav", "recording.wav"):
        soundfile.write(tmp_path / name, speech.wave, speech.sample_rate)
    return tmp_path


def unit(*values: float) -> np.ndarray:
    """A voice print of length 1."""
    return np.asarray(values, np.float32) / np.linalg.norm(values)


def test_spoken_consent_is_compared_with_sentence_and_voice(spoken):
    said = clip.sentence("Ann", "private")
    recordings = [spoken / "recording.wav"]
    asked = ("Ann", "private", recordings)
    proof = clip.check_clip(spoken / "clip.wav", *asked, lambda _: said.lower(), lambda _: unit(1, 0))
    assert proof.sentence == said and len(proof.sha256) == 64
    with pytest.raises(MynaError, match="record it again"):
        clip.check_clip(spoken / "clip.wav", *asked, lambda _: "good morning", lambda _: unit(1, 0))
    prints = iter([unit(1, 0), unit(0.3, 1)])
    with pytest.raises(MynaError, match="another voice"):
        clip.check_clip(spoken / "clip.wav", *asked, lambda _: said, lambda _: next(prints))
    with pytest.raises(MynaError, match="recordings"):
        clip.check_clip(spoken / "clip.wav", "Ann", "private", [], lambda _: said, lambda _: unit(1, 0))


def test_clip_goes_into_the_record(spoken, monkeypatch, capsys):
    from myna.measure import wer
    from myna.safety import voiceprint

    said = clip.sentence("Ann", "private")
    monkeypatch.setattr(wer, "transcribe", lambda *_: said)
    monkeypatch.setattr(voiceprint, "embed", lambda audio: unit(1, 1))
    path = spoken / "consent.yaml"
    new = [
        "consent",
        "new",
        str(path),
        "--speaker",
        "ann",
        "--who",
        "Ann",
        "--basis",
        "own_voice",
        "--scope",
        "private",
    ]
    assert main([*new, "--clip", str(spoken / "clip.wav"), "--recordings", str(spoken / "recording.wav")]) == 0
    assert main(["consent", "sign", str(path)]) == 0
    assert main(["consent", "verify", str(path), "--purpose", "private"]) == 0
    (spoken / "clip.wav").write_bytes(b"another clip")
    assert main(["consent", "verify", str(path), "--purpose", "private"]) == 2
    assert "evidence" in capsys.readouterr().err


def test_whisper_and_ge2e_hear_a_real_clip(clips):
    from myna.safety import voiceprint

    clip_ = clips["cen8-fcaw-b"]
    own = voiceprint.embed(clip_)
    quiet = voiceprint.embed(Audio(0.2 * resample(clip_.wave, 16000, 22050), 22050))
    assert np.isclose(np.linalg.norm(own), 1.0, atol=1e-3)
    assert own @ quiet > 0.95 and own @ voiceprint.embed(clips["cen8-mmxg-b"]) < 0.7


@pytest.mark.parametrize(
    ("language", "heard", "missing"),
    [
        ("en", "I am Ann, and I do not agree that Myna makes a synthetic copy of my voice for private use.", "i agree"),
        ("en", "I am Ann, and I agree that Myna makes a synthetic copy of my voice for evaluation use.", "private"),
        ("cmn", "我是安，我不同意用人工智能合成我的声音，用于个人用途。", "我同意"),
        ("cmn", "我是安，我同意用人工智能合成我的声音，用于商业用途。", "个人"),
    ],
)
def test_a_refusal_and_another_scope_are_no_consent(language, heard, missing, spoken):
    """They differ from the sentence in a word or two, which a share of wrong words lets pass."""
    said = clip.sentence("Ann", "private", language)
    asked = (spoken / "clip.wav", "Ann", "private", [spoken / "recording.wav"])
    assert clip.check_clip(*asked, lambda _: said, lambda _: unit(1, 0), language).sentence == said
    with pytest.raises(MynaError, match=f"'{missing}' was not heard"):
        clip.check_clip(*asked, lambda _: heard, lambda _: unit(1, 0), language)


def test_terms_are_shown_and_accepted(capsys):
    assert main(["consent", "terms", "--language", "zh"]) == 0
    assert "使用协议" in capsys.readouterr().out
    assert main(["consent", "terms", "--accept", "--requester", "eve"]) == 0
    assert main(["audit", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert shown["event"] == "terms" and shown["requester"] == "eve"
