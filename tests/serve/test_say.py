"""`myna say`: labelled sound out, or one clear line."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
import soundfile
import torch

from myna.errors import MynaError
from myna.safety import aigc
from myna.serve.say import main


def test_it_speaks_and_labels(voice_folder, tmp_path, capsys) -> None:
    out = tmp_path / "out" / "hello.wav"
    assert main(["Hello there. How are you?", "--voice", str(voice_folder), "-o", str(out), "--speed", "1.1"]) == 0
    wave, rate = soundfile.read(out)
    assert rate == 22_050
    assert len(wave) > rate
    label = aigc.read(out)
    assert label is not None
    assert label.Label == "1"
    assert label.ProduceID in capsys.readouterr().out


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """What the command sets ends with the command; here it would stay for the tests that follow."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("more", "count"), [([], 1), (["--threads", "2"], 2)])
def test_one_thread_unless_more_are_asked_for(more, count, voice_folder, tmp_path) -> None:
    """Two threads that share their cores with another program took forty times as long as one."""
    torch.set_num_threads(3)
    main(["Hello.", "--voice", str(voice_folder), "-o", str(tmp_path / "x.wav"), *more])
    assert torch.get_num_threads() == count


def test_a_pack_is_a_voice_too(voice_folder, tmp_path) -> None:
    out = tmp_path / "hello.flac"
    assert main(["Hello.", "--voice", str(voice_folder.parent), "-o", str(out)]) == 0
    assert out.stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Hi", "--voice", "{tmp}/none"], "no such folder"),
        (["Hi", "--voice", "{tmp}"], "holds no voice"),
        (["", "--voice", "{voice}"], "nothing to say"),
        (["...", "--voice", "{voice}"], "nothing to say"),
        (["Hi", "--voice", "{voice}", "--language", "klingon"], "unknown language 'klingon'"),
        (["Hej", "--voice", "{voice}", "--language", "sv"], "this voice cannot speak 'sv'"),
        (["<speak>Hi <lang xml:lang='sv'>hej</lang></speak>", "--voice", "{voice}"], "this voice cannot speak 'sv'"),
        (["Hi", "--voice", "{voice}", "--speed", "9"], "speed 9 is outside"),
        (["Hi", "--voice", "{voice}", "--pitch", "13"], "pitch 13 is outside -12 to 12 semitones"),
        (["Hi", "--voice", "{voice}", "--tilt", "nan"], "tilt nan is outside"),
        (
            ["Hi", "--voice", "{voice}", "--style-from", "{tmp}/none.wav"],
            "--style-from takes a recording",
        ),
        (["Hi", "--voice", "{voice}", "--style-text", "Hi"], "give it with --style-from"),
        (["Hi", "--voice", "{voice}", "-o", "{tmp}/x.txt"], r"cannot write \.txt"),
        (["Hi", "--voice", "{voice}", "-o", "{tmp}"], "without suffix"),
        (["Hi", "--voice", "{voice}", "--purpose", "publish"], "covers 'evaluation', not 'publish'"),
    ],
)
def test_mistakes_are_named_and_nothing_is_written(arguments, message, voice_folder, tmp_path) -> None:
    filled = [part.format(tmp=tmp_path, voice=voice_folder) for part in arguments]
    if "-o" not in filled:
        filled += ["-o", str(tmp_path / "x.wav")]
    with pytest.raises(MynaError, match=message):
        main(filled)
    assert not (tmp_path / "x.wav").exists()


def test_a_voice_that_was_swapped_does_not_speak(voice_folder, tmp_path) -> None:
    (voice_folder / "tokens.txt").write_text((voice_folder / "tokens.txt").read_text() + "\n")
    with pytest.raises(MynaError, match="changed"):
        main(["Hi", "--voice", str(voice_folder), "-o", str(tmp_path / "x.wav")])


def test_help_imports_no_torch() -> None:
    code = "import sys, runpy\ntry: runpy.run_module('myna.serve.say', run_name='__main__')\nexcept SystemExit: pass\n"
    code += "assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_times_of_the_file_and_one_line_about_what_is_left_out(voice_folder, tmp_path, capsys) -> None:
    out, times = tmp_path / "x.wav", tmp_path / "x.json"
    text = "Hello there, my good old friend สวัสดี."
    assert main([text, "--voice", str(voice_folder), "-o", str(out), "--times", str(times)]) == 0
    found = json.loads(times.read_text(encoding="utf-8"))
    wave, rate = soundfile.read(out)
    assert found["seconds"] == pytest.approx(len(wave) / rate, abs=0.02)
    assert found["words"][0]["start"] >= found["speech_start"] > 1.0
    assert "not spoken: สวัสดี (none of Myna's languages is written in Thai letters)" in capsys.readouterr().err
    with pytest.raises(MynaError, match=r"times are written as"):
        main(["Hi", "--voice", str(voice_folder), "-o", str(out), "--times", str(tmp_path / "x.doc")])


@pytest.mark.parametrize("name", ["face.json", "face.tsv", "face.vtt", "face.gltf", "face.csv", "face.vrma"])
def test_a_face_is_written_beside_the_sound(name: str, voice_folder, tmp_path, capsys) -> None:
    out, shown = tmp_path / "x.wav", tmp_path / name
    more = ["--face-emotion", "happy:0.8"]
    assert main(["Good morning.", "--voice", str(voice_folder), "-o", str(out), "--visemes", str(shown), *more]) == 0
    wave, rate = soundfile.read(out)
    label = aigc.read(out)
    assert label is not None
    if name == "face.json":
        found = json.loads(shown.read_text(encoding="utf-8"))
        assert sum(cue["end"] - cue["start"] for cue in found["visemes"]) == pytest.approx(len(wave) / rate, abs=0.0116)
        assert found["AIGC"]["ProduceID"] == label.ProduceID and found["vrm"]["happy"][0] == pytest.approx(0.48)
    elif name == "face.tsv":
        at, shape = shown.read_text(encoding="utf-8").splitlines()[-1].split("\t")
        assert shape == "X" and float(at) == pytest.approx(len(wave) / rate, abs=0.0116)
    elif name != "face.csv":
        assert label.ProduceID.encode() in shown.read_bytes()


def test_faces_that_cannot_be_written_are_refused_first(voice_folder, tmp_path) -> None:
    spoken = ["Hello.", "--voice", str(voice_folder), "-o", str(tmp_path / "x.wav")]
    with pytest.raises(MynaError, match="a face is written as"):
        main([*spoken, "--visemes", str(tmp_path / "face.mov")])
    with pytest.raises(MynaError, match="not both"):
        main([*spoken, "--visemes", str(tmp_path / "face.json"), "--check"])
    assert not (tmp_path / "x.wav").exists()


def test_check_listens_and_tells_what_it_heard(voice_folder, tmp_path, capsys) -> None:
    out = tmp_path / "out.wav"
    assert main(["Good morning.", "--voice", str(voice_folder), "-o", str(out), "--check"]) == 0
    assert "left out, seed" in capsys.readouterr().err  # a toy voice babbles
    assert out.is_file()
    with pytest.raises(MynaError, match="not both"):
        main(["Hi.", "--voice", str(voice_folder), "-o", str(out), "--check", "--times", str(tmp_path / "t.json")])


SENTENCES = "Good morning to all of you. " * 6


def streamed(folder, *more: str) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "myna.cli", "say", SENTENCES, "--voice", str(folder), "--stream", "wav", *more]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_stream_is_a_labelled_file(voice_folder, tmp_path) -> None:
    process = streamed(voice_folder)
    sound, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    (tmp_path / "x.wav").write_bytes(sound)
    assert len(soundfile.read(tmp_path / "x.wav")[0]) > 22_050
    label = aigc.read(tmp_path / "x.wav")
    assert label is not None
    assert label.ProduceID in told.decode()


def test_who_stops_listening_stops_the_work(voice_folder) -> None:
    process = streamed(voice_folder)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(100)
    process.stdout.close()
    told = process.stderr.read().decode()
    assert process.wait(120) == 0
    assert "nobody listens any more" in told and "Traceback" not in told


@pytest.mark.parametrize("more", [("-o", "x.wav"), ("--check",), ("--times", "x.json")])
def test_a_stream_is_no_file(more, voice_folder) -> None:
    with pytest.raises(MynaError, match=r"one of them|need a file"):
        main(["Hi", "--voice", str(voice_folder), "--stream", "wav", *more])
