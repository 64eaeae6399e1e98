"""Speech over HTTP by the clients that people have: `openai`, Open WebUI's calls, curl, Wyoming."""

import asyncio
import base64
import io
import json
import subprocess
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from http_server import Server, error_of
from openai import NotFoundError, OpenAI
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

from myna.safety import audit
from myna.safety.encode import decode, essence
from myna.safety.verify import LABELLED, verify

LONG = "Good morning to all of you. This is the second sentence, and a longer one. And here is the last of the three."


def client(server: Server) -> OpenAI:
    return OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


def saved(data: bytes, path: Path) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["mp3", "wav", "flac", "opus", "aac"])
def test_whole_files_and_streams_carry_their_labels(kind: str, of_the_server: Server, tmp_path: Path) -> None:
    answers = {
        "whole": of_the_server.speech(input=LONG, response_format=kind),
        "streamed": of_the_server.speech(input=LONG, response_format=kind, stream_format="audio"),
    }
    assert "content-length" in answers["whole"].headers
    assert answers["streamed"].headers["transfer-encoding"] == "chunked"
    for name, answer in answers.items():
        assert answer.status_code == 200
        found = verify(saved(answer.content, tmp_path / f"{name}.{kind}"))
        assert found.status == LABELLED, found.problems
        assert found.aigc.ProduceID == answer.headers["x-myna-content-id"] and found.watermark_found == ["spread"]


def test_a_wav_has_its_length_and_a_streamed_one_says_until_the_end(server: Server) -> None:
    with wave.open(io.BytesIO(server.speech(input=LONG, response_format="wav").content)) as whole:
        frames = whole.getnframes()
        assert len(whole.readframes(frames + 1)) == 2 * frames and frames > 3 * 22_050
    streamed = server.speech(input=LONG, response_format="wav", stream_format="audio").content
    assert streamed[4:8] == b"\xff\xff\xff\xff"
    assert len(decode(streamed).wave) == frames


def test_a_stream_that_is_taken_from_its_site_holds_no_proof_of_its_sound(server: Server, tmp_path: Path) -> None:
    answer = server.speech(response_format="mp3", stream_format="audio")
    found = verify(
        saved(answer.content, tmp_path / "x.mp3")
    )  # with the keys and the log of this test, not the server's
    assert found.label_signature == "stream" and any("made before its sound" in line for line in found.problems)


def test_the_official_client(of_the_server: Server, tmp_path: Path) -> None:
    api = client(of_the_server)
    assert "tts-1" in [model.id for model in api.models.list()]
    whole = api.audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input=LONG, instructions="calm", speed=1.25)
    assert whole.response.headers["x-myna-ignored"] == "instructions"
    whole.write_to_file(tmp_path / "whole.mp3")
    assert verify(tmp_path / "whole.mp3").status == LABELLED
    asked = {"model": "tts-1", "voice": "Ana", "input": LONG, "response_format": "pcm", "stream_format": "audio"}
    with api.audio.speech.with_streaming_response.create(**asked) as answer:
        chunks = list(answer.iter_bytes())
    assert len(chunks) > 2
    events = [event for event in sse(of_the_server.speech(**{**asked, "stream_format": "sse"}).text)]
    assert b"".join(base64.b64decode(event["audio"]) for event in events[:-1]) == b"".join(chunks)
    assert events[-1]["type"] == "speech.audio.done" and events[-1]["usage"]["output_tokens"] > 100
    with pytest.raises(NotFoundError, match="no voice 'nobody'"):
        api.audio.speech.create(model="tts-1", voice="nobody", input="Hello.")


def test_a_prosody_is_followed_or_named(server: Server) -> None:
    plain, slow = (server.speech(response_format="pcm", **more).content for more in ({}, {"rate": 0.5, "pitch": 2.0}))
    assert len(slow) > 1.3 * len(plain)
    refused = server.speech(pitch=20)
    assert refused.status_code in (400, 422) and "pitch" in refused.text


def sse(text: str) -> list[dict]:
    return [json.loads(block.removeprefix("data: ")) for block in text.split("\n\n") if block]


def test_the_calls_of_open_webui(server: Server) -> None:
    assert {"id": "tts-1-hd"} in server.json("/v1/audio/models")["models"]
    voices = server.json("/v1/audio/voices")["voices"]
    assert [voice["name"] for voice in voices] == ["Ana"]
    body = {"model": "tts-1", "input": "Good morning to all of you.", "voice": voices[0]["id"]}
    answer = httpx.post(f"{server.url}/v1/audio/speech", json=body, headers={"X-OpenWebUI-User-Name": "x"}, timeout=60)
    assert answer.headers["content-type"] == "audio/mpeg" and answer.content[:3] == b"ID3"


def test_curl(server: Server, tmp_path: Path) -> None:
    body = '{"model":"tts-1","voice":"Ana","input":"Hello there, all of you."}'
    command = ["curl", "-sS", f"{server.url}/v1/audio/speech", "-H", "Content-Type: application/json", "-d", body]
    subprocess.run([*command, "-o", tmp_path / "hello.mp3"], check=True)
    assert len(decode(tmp_path / "hello.mp3").wave) > 22_050


def test_wyoming(server: Server) -> None:
    port = int(server.arguments[server.arguments.index("--wyoming") + 1])
    voice = SynthesizeVoice(name="Ana")

    async def talk() -> tuple[Info, list, list]:
        async with AsyncTcpClient("127.0.0.1", port) as home:
            await home.write_event(Describe().event())
            info = Info.from_event(await home.read_event())
            await home.write_event(Synthesize(text=LONG, voice=voice).event())
            whole = await until(home, AudioStop)
            events = (
                SynthesizeStart(voice=voice),
                SynthesizeChunk(LONG[:9]),
                SynthesizeChunk(LONG[9:]),
                SynthesizeStop(),
            )
            for event in events:
                await home.write_event(event.event())
            return info, whole, await until(home, SynthesizeStopped)

    async def until(home: AsyncTcpClient, last: type) -> list:
        events = []
        while not events or not last.is_type(events[-1].type):
            events.append(await asyncio.wait_for(home.read_event(), 60))
        return events

    info, whole, parts = asyncio.run(talk())
    assert [voice.name for voice in info.tts[0].voices] == ["Ana"] and info.tts[0].voices[0].languages == ["en"]
    assert AudioStart.from_event(whole[0]).rate == 24_000
    sounds = [
        b"".join(AudioChunk.from_event(event).audio for event in events if AudioChunk.is_type(event.type))
        for events in (whole, parts)
    ]
    assert sounds[0] == sounds[1] == server.speech(input=LONG, response_format="pcm").content


def test_word_times_lie_in_the_file(server: Server) -> None:
    found = server.speech(input="Good morning.", response_format="wav", timestamp_granularities=["word"]).json()
    assert [word["text"] for word in found["words"]] == ["Good", "morning."] and "sentences" not in found
    sound = decode(base64.b64decode(found["audio"]))
    assert found["seconds"] == pytest.approx(len(sound.wave) / sound.sample_rate, abs=1e-3)
    assert found["speech_start"] < found["words"][0]["start"] < found["words"][1]["end"] <= found["seconds"]
    assert error_of(server.speech(timestamp_granularities=["word"], stream_format="sse"))["param"] == "stream_format"


def test_answers_at_once_are_those_alone(server: Server) -> None:
    texts = [f"Number {n} says good morning to all of you." for n in range(6)]

    def ask(text: str) -> bytes:
        return server.speech(input=text, response_format="pcm", stream_format="audio").content

    alone = [ask(text) for text in texts]
    assert len(set(alone)) == len(texts)
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, texts)) == alone


def test_a_client_that_leaves_stops_the_work_and_stands_in_the_log(of_the_server: Server) -> None:
    body = {"model": "tts-1", "voice": "Ana", "input": LONG * 40, "response_format": "wav", "stream_format": "audio"}
    with httpx.stream("POST", f"{of_the_server.url}/v1/audio/speech", json=body, timeout=60) as answer:
        content_id, first = answer.headers["x-myna-content-id"], next(answer.iter_raw(4096))
    assert len(first) == 4096
    for _ in range(200):
        last = audit.find(content_id=content_id)
        if last is not None and last.event == "release":
            break
        asyncio.run(asyncio.sleep(0.05))
    assert last.note == "left before its end"
    metrics = httpx.get(f"{of_the_server.url}/metrics").text
    assert "myna_speaking 0.0" in metrics and 'path="/v1/audio/speech"' in metrics


def test_the_log_holds_the_sound_of_a_stream(of_the_server: Server) -> None:
    answer = of_the_server.speech(input=LONG, response_format="opus", stream_format="audio")
    entry = audit.find(content_id=answer.headers["x-myna-content-id"])
    assert entry.essence == essence(answer.content) and entry.note.startswith("stream, mark found with")
