"""What the page asks beside voices and speech: terms, sentences, the spoken consent, what recordings are worth."""

import subprocess
from pathlib import Path

import an4
import httpx
import pytest
import yaml
from http_server import Server, wait_for

ROOT = Path(__file__).resolve().parents[2]


def post(server: Server, path: str, fields: dict[str, str], **files: tuple[str, bytes]) -> httpx.Response:
    return httpx.post(f"{server.url}{path}", data=fields, files=files, timeout=300)


@pytest.fixture(scope="module")
def webm() -> bytes:
    """A recording as a browser's recorder writes it: Opus in WebM, with no length in its head."""
    command = ["ffmpeg", "-v", "error", "-i", "-", "-c:a", "libopus", "-b:a", "192k", "-f", "webm", "-live", "1", "-"]
    return subprocess.run(command, input=an4.wav(), capture_output=True, check=True).stdout


LINES = "Good morning to all of you. I read a few lines so that my voice is known."


def flite(text: str, voice: str = "slt") -> bytes:
    """Return what a voice of flite says."""
    command = ["flite", "-voice", voice, "-t", text, "-o", "/dev/stdout"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def test_terms_in_both_languages(server: Server) -> None:
    for language, name in (("en", "TERMS.md"), ("zh-CN", "TERMS.zh-CN.md")):
        found = server.json(f"/v1/terms?language={language}")
        assert found["text"] == (ROOT / name).read_text(encoding="utf-8") and found["language"] == language[:2]


def test_sentences_go_on_from_what_was_said(server: Server) -> None:
    languages = {one["id"]: one["sentences"] for one in server.json("/v1/languages")["languages"]}
    assert languages["en-us"] >= 20 and languages["cmn"] >= 20
    first = server.json("/v1/sentences?language=cmn&count=3")["sentences"]
    said = {"language": "cmn", "said": first, "count": 3}
    later = httpx.post(f"{server.url}/v1/sentences", json=said, timeout=60).json()
    assert len(first) == len(later["sentences"]) == 3 and not set(first) & set(later["sentences"])
    assert 0 < later["cover"]["share"] < 1 and later["cover"]["missing"]


def test_the_spoken_consent_is_listened_to(server: Server) -> None:
    """A synthetic speaker agrees; another one says the same, and the same one something else."""
    sentence = server.json("/v1/consent/sentence?who=Ann&scope=private")["sentence"]
    assert sentence.startswith("I am Ann")
    recording = ("recording.wav", flite(LINES))

    def checked(clip: bytes) -> dict:
        answer = post(
            server,
            "/v1/consent/check",
            {"who": "Ann", "scope": "private"},
            consent_recording=("x.wav", clip),
            recordings=recording,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert checked(flite(sentence)) == {"ok": True, "sentence": sentence}
    for clip, reason in (
        (flite(sentence, "rms"), "another voice"),
        (flite("Please call me a taxi."), "record it again"),
        (flite(sentence.replace("I agree", "I do not agree")), "'i agree' was not heard"),
        (flite(sentence.replace("private", "commercial")), "'private' was not heard"),
    ):
        found = checked(clip)
        assert not found["ok"] and reason in found["reason"] and str(server.home) not in found["reason"]
    assert not list((server.home / "people").iterdir())


@pytest.mark.parametrize(("voice", "state"), [("slt", "done"), ("rms", "failed")])
def test_a_voice_is_made_when_its_own_person_agrees_aloud(voice: str, state: str, empty: Server) -> None:
    """The job hears the sentence again: what a page says that it checked is no proof."""
    sentence = empty.json("/v1/consent/sentence?who=Sue&scope=private")["sentence"]
    stated = {"name": "Sue", "consent": "own_voice", "terms": "accepted", "language": "en-us", "kind": "instant"}
    spoken = {"consent_recording": ("c.wav", flite(sentence, voice)), "recordings": ("r.wav", flite(LINES))}
    made = post(empty, "/v1/audio/voices", stated, **spoken).json()
    wait_for(lambda: empty.json(f"/v1/jobs/{made['job']['id']}")["state"] in ("done", "failed"), 300)
    job, (folder,) = empty.json(f"/v1/jobs/{made['job']['id']}"), (empty.home / "people").glob("voice_*")
    assert job["state"] == state and "consent" in job["stages"]
    if state == "done":
        record = yaml.safe_load((folder / "voice" / "consent.yaml").read_text(encoding="utf-8"))
        assert record["evidence"]["sentence"] == sentence and record["scope"] == "private"
    else:
        assert "another voice" in job["error"]["message"] and not (folder / "voice").exists()


def test_what_a_browser_records_is_inspected(server: Server, webm: bytes) -> None:
    answer = post(server, "/v1/inspect", {"language": "en-us"}, recordings=("take-01.webm", webm))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    (file,) = found["files"]
    assert 0 <= found["score"] <= 10 and found["losses"] and file["name"].endswith("001.webm")
    assert found["minutes"] == pytest.approx(len(an4.recording()[0]) / 16_000 / 60, rel=0.2)
    assert all(loss["english"] and loss["chinese"] for loss in found["losses"])
    assert not list((server.home / "people").iterdir())
