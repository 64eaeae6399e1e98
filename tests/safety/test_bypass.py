"""Every way round the labels that we could think of is refused or seen."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from myna.errors import MynaError
from myna.safety import aigc, audit, consent, encode, perth, records, seal, state, trust, watermark
from myna.safety.admission import load_card
from myna.safety.release import release
from myna.safety.types import VoiceCard
from myna.safety.verify import verify


def refused(speech, voice, request, words: str) -> None:
    """Check that there is an error with these words, and neither a file nor a log entry."""
    with pytest.raises(MynaError, match=words):
        release(speech, voice, request)
    assert not request.output.exists()
    assert not list(request.output.parent.glob(".*")) if request.output.parent.is_dir() else True


def signed_card(**fields) -> VoiceCard:
    """A voice with a consent that this site signed."""
    record = records.ConsentRecord(**{"speaker": "ann", "basis": "own_voice", "scope": "private", **fields})
    return VoiceCard(name="ann", consent=consent.sign(record, state.site_key()))


def test_direct_call_without_consent(speech, request_for, tmp_path):
    voice = VoiceCard(name="x", consent=tmp_path / "consent.yaml")
    refused(speech, voice, request_for("a.wav"), "no consent record")


def test_scope_language_expiry_and_revocation(speech, card, request_for):
    today = datetime.now(UTC).date()
    refused(speech, card, request_for("a.wav", purpose="publish"), "covers 'evaluation', not 'publish'")
    refused(speech, signed_card(languages=["de"]), request_for("a.wav"), "languages de")
    refused(speech, signed_card(expires=today - timedelta(days=1)), request_for("a.wav"), "expired")
    refused(speech, signed_card(issued=today + timedelta(days=2)), request_for("a.wav"), "in the future")
    voice = signed_card()
    assert release(speech, voice, request_for("ok.wav")).path.exists()
    consent.revoke(voice.consent, state.site_key())
    # The copy that was handed out before still says nothing of the revocation.
    refused(speech, voice, request_for("a.wav"), "revoked")


def test_unknown_sound_or_suffix(speech, card, request_for):
    refused(speech, card, request_for("a.aiff"), "cannot write")
    refused((speech.wave[:2000], 22050), card, request_for("a.wav"), "cannot carry")
    refused((np.zeros(44100, np.float32), 22050), card, request_for("a.wav"), "watermark spread is not found")
    refused((speech.wave * np.nan, 22050), card, request_for("a.wav"), "NaN")
    refused(speech, card, request_for("a.wav", watermark="none"), "unknown watermark")
    refused(speech, card, request_for("a.wav", producer="麦娜"), "printable ASCII")


@pytest.mark.parametrize("loss", ["network is None", "package is missing", "dummy"])
def test_missing_dependency_fails_closed(speech, card, request_for, monkeypatch, loss):
    import perth as package

    watermark.load_watermark.cache_clear()
    if loss == "network is None":
        monkeypatch.setattr(package, "PerthImplicitWatermarker", None)
    elif loss == "package is missing":
        monkeypatch.setitem(sys.modules, "perth", None)
    else:
        monkeypatch.setattr(package, "PerthImplicitWatermarker", package.DummyWatermarker)
    refused(speech, card, request_for("a.wav", watermark="perth"), "perth")
    assert audit.check_chain() == []


def test_detector_that_hears_nothing(speech, card, request_for, monkeypatch):
    monkeypatch.setattr(watermark.load_watermark("spread"), "score", lambda audio: 0.0)
    refused(speech, card, request_for("a.wav"), "not found again")


def test_label_that_gets_lost(speech, card, request_for, monkeypatch):
    monkeypatch.setattr(aigc, "_set_tag", lambda stream, suffix, value: None)
    refused(speech, card, request_for("a.wav"), "not found again")


def test_disk_that_cannot_be_written(speech, card, request_for, monkeypatch):
    refused(
        speech, card, request_for("a.wav").model_copy(update={"output": state.Path("/proc/myna/a.wav")}), "cannot be w"
    )

    def read_only(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "replace", read_only)
    refused(speech, card, request_for("a.wav"), "Read-only file system|log")


def test_log_that_cannot_be_written(speech, card, request_for, monkeypatch):
    monkeypatch.setenv("MYNA_STATE_DIR", "/proc/myna")
    refused(speech, card, request_for("a.wav"), "state folder")


KILLED = """
import sys
from pathlib import Path
import numpy as np
from myna.safety.records import from_spk2consent
from myna.safety.release import release
from myna.safety.types import Request, VoiceCard
wave = np.load(sys.argv[1])
voice = VoiceCard(name="x", consent=from_spk2consent("x synthetic evaluation"))
for number in range(1000):
    release((wave, 22050), voice, Request(output=Path(sys.argv[2]) / f"{number}.flac", watermark="spread"))
    print(number, flush=True)
"""


def test_killed_midway(speech, tmp_path):
    np.save(tmp_path / "wave.npy", speech.wave[:44100])
    out = tmp_path / "out"
    for pause in (0.003, 0.017):
        command = [sys.executable, "-c", KILLED, str(tmp_path / "wave.npy"), str(out)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            for _ in range(2):
                assert process.stdout.readline()
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
    # Whatever has its name is whole, labelled and logged.
    logged = {entry.essence for entry in audit.check_chain()}
    for path in out.iterdir():
        if path.suffix == ".flac" and not path.name.startswith("."):
            assert aigc.signer(aigc.read(path), encode.essence(path)) == state.site_public()
            assert encode.essence(path) in logged


def test_log_completes_after_a_kill_between_head_and_line(speech, card, request_for, monkeypatch):
    release(speech, card, request_for("a.wav"))
    monkeypatch.setattr(audit, "_append_line", lambda stream, line: stream.write(line[:40]))
    release(speech, card, request_for("b.wav"))
    monkeypatch.undo()
    monkeypatch.setenv("MYNA_STATE_DIR", str(request_for("x.wav").output.parents[1] / "state"))
    assert [entry.file for entry in audit.check_chain()] == ["a.wav", "b.wav"]


@pytest.mark.parametrize("edit", ["change", "drop", "swap", "insert", "head", "cut"])
def test_edited_log(speech, card, request_for, edit):
    for number in range(4):
        audit.append(audit.Entry(voice=f"v{number}"))
    path = audit.log_path()
    lines = path.read_text().splitlines(keepends=True)
    changed = {
        "change": [lines[0], lines[1].replace("v1", "v9"), *lines[2:]],
        "drop": [lines[0], *lines[2:]],
        "swap": [lines[1], lines[0], *lines[2:]],
        "insert": [*lines[:2], lines[1], *lines[2:]],
        "head": lines,
        "cut": lines[:2],
    }[edit]
    path.write_text("".join(changed))
    if edit == "head":
        head = path.with_name("audit.head")
        head.write_text(head.read_text().replace('"count": 4', '"count": 3'))
    with pytest.raises(MynaError, match=r"edited|missing|fit"):
        audit.check_chain()
    if edit in ("head", "cut"):
        refused(speech, card, request_for("a.wav"), "edited|missing|fit")


def test_rewritten_log_with_a_valid_chain():
    for number in range(3):
        audit.append(audit.Entry(voice=f"v{number}"))
    lines, previous = [], "0" * 64
    for entry in audit.entries():
        forged = entry.model_copy(update={"voice": "other", "previous": previous})
        forged = forged.model_copy(update={"hash": forged.chained_hash()})
        previous = forged.hash
        lines.append(json.dumps(forged.model_dump()) + "\n")
    audit.log_path().write_text("".join(lines))
    with pytest.raises(MynaError, match="does not fit"):
        audit.check_chain()


def test_log_is_kept_half_a_year(monkeypatch):
    audit.append(audit.Entry(voice="old"))
    with pytest.raises(MynaError, match="at least 180"):
        audit.prune(30)
    assert audit.prune(180) == 0
    later = datetime.now(UTC) + timedelta(days=200)
    monkeypatch.setattr(audit, "_now", lambda: later)
    audit.append(audit.Entry(voice="new"))
    assert audit.prune(190) == 1
    assert [entry.voice for entry in audit.check_chain()] == ["new"]
    later += timedelta(days=400)
    assert audit.prune(190) == 1
    audit.append(audit.Entry(voice="newest"))
    assert [entry.number for entry in audit.check_chain()] == [3]


def test_forged_consent(speech, request_for, tmp_path):
    honest = signed_card().consent
    wider = honest.model_copy(update={"scope": "commercial"})
    refused(speech, VoiceCard(name="x", consent=wider), request_for("a.wav"), "changed after it was signed")
    stranger = consent.sign(wider, Ed25519PrivateKey.generate())
    refused(speech, VoiceCard(name="x", consent=stranger), request_for("a.wav"), "unknown key")
    unsigned = records.ConsentRecord(speaker="ann", basis="own_voice", scope="private")
    refused(speech, VoiceCard(name="x", consent=unsigned), request_for("a.wav"), "not signed")
    licence = records.from_spk2consent("ann licence commercial CC0")
    with pytest.raises(MynaError, match="not signed"):
        consent.check(licence, "publish")
    trust.add_key(stranger.public_key, "a friend")
    consent.check(stranger, "commercial")


def test_changed_evidence(tmp_path):
    (tmp_path / "form.txt").write_text("I agree")
    proof = records.Evidence(file="form.txt", sha256=encode.hashlib.sha256(b"I agree").hexdigest())
    record = consent.sign(
        records.ConsentRecord(speaker="ann", basis="written", scope="private", evidence=proof), state.site_key()
    )
    consent.check(record, "private", directory=tmp_path)
    (tmp_path / "form.txt").write_text("I do not agree")
    with pytest.raises(MynaError, match="evidence"):
        consent.check(record, "private", directory=tmp_path)


@pytest.mark.parametrize("swap", ["weights", "added", "consent", "no seal", "sealed elsewhere", "other pack"])
def test_swapped_voice_pack(speech, voice_folder, request_for, tmp_path, swap):
    voice = load_card(voice_folder)
    assert release(speech, voice, request_for("ok.wav")).path.exists()
    if swap == "weights":
        (voice_folder / "tts.safetensors").write_bytes(b"another person's weights")
    elif swap == "added":
        (voice_folder / "vocoder.safetensors").write_bytes(b"another person's vocoder")
    elif swap == "consent":
        record = records.ConsentRecord(speaker="ann", basis="own_voice", scope="commercial")
        consent.sign(record, state.site_key()).save(voice_folder / "consent.yaml")
    elif swap == "no seal":
        (voice_folder / seal.NAME).unlink()
    elif swap == "sealed elsewhere":
        content = json.loads((voice_folder / seal.NAME).read_text())
        content["files"]["tts.safetensors"] = "0" * 64
        (voice_folder / seal.NAME).write_text(json.dumps(content))
    else:
        (voice_folder / "tts.safetensors").write_bytes(b"another voice, sealed again")
        seal.seal(voice_folder)
    refused(speech, voice, request_for("a.wav"), "seal|changed|another pack")


def test_consent_can_be_revoked_after_the_seal(speech, voice_folder, request_for):
    from myna.cli import main

    voice = load_card(voice_folder)
    assert main(["consent", "revoke", str(voice_folder / "consent.yaml")]) == 0
    refused(speech, voice, request_for("a.wav"), "another pack")
    with pytest.raises(MynaError, match="was revoked"):
        load_card(voice_folder)
    assert [entry.event for entry in audit.check_chain()] == ["revoke"]


def test_wider_use_needs_the_sealed_directory(speech, request_for):
    refused(speech, signed_card(), request_for("a.wav", purpose="private"), "sealed directory")


def test_copied_and_missing_labels_are_seen(speech, card, request_for):
    first = release(speech, card, request_for("a.wav"))
    other = release((speech.wave[::-1].copy(), 22050), card, request_for("b.wav"))
    assert verify(first.path).status == 0
    forged = aigc.write(other.path.read_bytes(), ".wav", aigc.read(first.path))
    other.path.write_bytes(forged)
    found = verify(other.path)
    assert found.status == 1 and found.label_signature == "broken"
    bare = first.path.with_name("bare.wav")
    bare.write_bytes(encode.encode(encode.decode(first.path), encode.FORMATS[".wav"]))
    found = verify(bare)
    assert found.status == 1 and found.made_here.content_id == first.content_id and "missing" in found.problems[0]
    trimmed = first.path.with_name("trimmed.mp3")
    sound = encode.decode(first.path)
    trimmed.write_bytes(encode.encode(sound._replace(wave=sound.wave[40000:]), encode.FORMATS[".mp3"]))
    found = verify(trimmed)
    assert found.status == 1 and found.watermark_found == ["spread"] and found.cue == []


def test_real_speech_verifies_as_nothing(speech, tmp_path):
    path = tmp_path / "real.wav"
    path.write_bytes(encode.encode(speech, encode.FORMATS[".wav"]))
    assert verify(path).status == 3


def test_perth_reports_silence_as_unmarked(speech):
    assert perth.Perth().score(speech._replace(wave=np.zeros(44100, np.float32))) == 0.0


def test_unknown_fields_in_a_record(tmp_path):
    path = tmp_path / "consent.yaml"
    path.write_text(yaml.safe_dump({"speaker": "a", "basis": "licence", "scope": "evaluation", "allow_all": True}))
    with pytest.raises(MynaError, match="allow_all"):
        records.load(path)
