"""`myna say` in a place, `myna scene`, and the field `spatial`: labelled files, or one clear line."""

import json
import warnings
from pathlib import Path

import pytest
from http_server import Server, error_of

from myna.cli import main as myna
from myna.errors import MynaError
from myna.safety import audit, encode
from myna.safety.verify import LABELLED, verify
from myna.serve.say import main
from myna.serve.scene import main as scene

SCENE = """
room: 0.3
lines:
  - {voice: voice, text: Hello from the left., azimuth: 70}
  - {voice: voice, text: And this walks by., at: 0.5, path: [{time: 0, azimuth: 30}, {time: 1, azimuth: -90}]}
  - {voice: voice, text: The last word., azimuth: -70, distance: 3}
"""


def test_a_voice_walks_by(voice_folder: Path, tmp_path: Path) -> None:
    walk, out = tmp_path / "walk.json", tmp_path / "out.flac"
    walk.write_text(json.dumps([{"time": 0, "azimuth": 90}, {"time": 1, "azimuth": -90}]), encoding="utf-8")
    words = ["Hello there, all of you.", "--voice", str(voice_folder), "-o", str(out), "--path", str(walk)]
    assert myna(["say", *words, "--room", "0.4", "--times", str(tmp_path / "x.json")]) == 0
    finding = verify(out)
    assert finding.status == LABELLED, finding.problems
    assert encode.channels(out) == 2 and "binaural KEMAR room 0.4 s" in finding.made_here.note
    times = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert times["speech_start"] == pytest.approx(1.57, abs=0.02)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--path", "none.json"], "cannot be read"),
        (["--path", "{tmp}/walk.json", "--azimuth", "3"], "leave out --azimuth"),
        (["--azimuth", "nan"], "finite"),
        (["--distance", "0.01"], "0.2"),
        (["--room", "9"], "0.1 to 3 s"),
        (["--order", "2"], "with --spatial ambix"),
        (["--hrtf", "none.sofa"], "cannot be read"),
        (["--spatial", "ambix", "-o", "{tmp}/x.mp3"], "fit into .wav"),
    ],
)
def test_what_cannot_be_is_one_line_before_anything_is_spoken(more, message, voice_folder, tmp_path) -> None:
    words = ["Hi", "--voice", str(voice_folder), "-o", str(tmp_path / "x.wav"), *more]
    with pytest.raises(MynaError, match=message):
        main([word.format(tmp=tmp_path) for word in words])
    assert not list(tmp_path.glob("x.*")) and not audit.entries()


def test_a_stream_has_no_place(voice_folder: Path) -> None:
    with pytest.raises(MynaError, match="needs a file"):
        main(["Hi", "--voice", str(voice_folder), "--stream", "wav", "--azimuth", "90"])


def test_a_scene_of_several(voice_folder: Path, tmp_path: Path) -> None:
    written, out = voice_folder.parent / "scene.yaml", tmp_path / "scene.wav"
    written.write_text(SCENE, encoding="utf-8")
    assert scene([str(written), "-o", str(out), "--spatial", "adm"]) == 0
    finding = verify(out)
    assert finding.status == LABELLED, finding.problems
    assert [entry.event for entry in audit.entries()] == ["scene"] * 3 + ["release"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pkg_resources
        from ear.fileio import openBw64Adm
    with openBw64Adm(str(out)) as file:
        file.adm.validate()
        assert [one.audioObjectName for one in file.adm.audioObjects] == ["Ana", "Ana", "Ana", "room"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lines: []", "at least 1"),
        ("lines: [{voice: none, text: Hi}]", "none"),
        ("lines: [{voice: voice, text: Hi, azimuth: left}]", "azimuth"),
        ("lines: [{voice: voice, text: Hi, path: [{time: 1}, {time: 0}]}]", "point 2 is not later"),
        ("- 1", "names and values are wanted"),
    ],
)
def test_a_scene_that_cannot_be_is_one_line(text, message, voice_folder, tmp_path) -> None:
    written = voice_folder.parent / "scene.yaml"
    written.write_text(text, encoding="utf-8")
    with pytest.raises(MynaError, match=message):
        scene([str(written), "-o", str(tmp_path / "x.wav")])
    assert not (tmp_path / "x.wav").exists()


def test_speech_over_http_has_a_place(of_the_server: Server, tmp_path: Path) -> None:
    answer = of_the_server.speech(
        input="Good morning to all.", response_format="flac", spatial={"azimuth": -60, "room": 0.3}
    )
    assert answer.status_code == 200, answer.text
    (tmp_path / "x.flac").write_bytes(answer.content)
    assert verify(tmp_path / "x.flac").status == LABELLED and encode.channels(tmp_path / "x.flac") == 2


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"spatial": {"azimuth": 999}}, "360"),
        ({"spatial": {"path": [{"time": 1}, {"time": 0}]}}, "not later"),
        ({"spatial": {}, "response_format": "pcm"}, "take no pcm"),
        ({"spatial": {}, "stream_format": "sse"}, "leave out stream_format"),
        ({"spatial": {"format": "adm"}, "response_format": "mp3"}, "fit into .wav"),
        ({"spatial": {"hrtf": "/etc/passwd"}}, "hrtf"),
    ],
)
def test_a_place_that_cannot_be_is_told(wish, message, server: Server) -> None:
    answer = server.speech(input="Hi there.", **{"response_format": "wav", **wish})
    assert answer.status_code == 400
    assert message in error_of(answer)["message"]
