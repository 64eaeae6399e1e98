"""Each file says what the face does, to the end of the sound, and that a machine made it."""

import csv
import io
import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pygltflib
import pytest
from hypothesis import given
from spoken import said, speeches

from myna.errors import MynaError
from myna.face.arkit import INDEX, NAMES
from myna.face.face import Face, Mood, face
from myna.face.files import FORMATS, as_json, write_face
from myna.face.gltf import head_gltf, quaternions
from myna.face.live_link import csv as live_link
from myna.face.rhubarb import tsv
from myna.face.vrm import NAMES as EXPRESSIONS
from myna.face.vrma import EXTENSION
from myna.face.webvtt import vtt
from myna.networks.timing import Interval

FRAME = 256 / 22_050


def spoken() -> Face:
    sounds = said(["h", "ɛ", "l", "ˈ", "o", "ʊ", "p", "a"])
    return face(sounds, [Interval("Hello, pa?", 0.2, 1.0)], 1.3, lead=0.5, mood=Mood("happy"))


@given(speeches())
def test_rhubarb_goes_forward_and_ends_at_rest(speech) -> None:
    made = face(speech[0], [], speech[1])
    rows = [line.split("\t") for line in tsv(made).splitlines()]
    times = [float(time) for time, _ in rows]
    assert times[0] == 0 and all(a < b for a, b in pairwise(times))
    assert rows[-1][1] == "X" and times[-1] <= made.seconds + 0.006
    assert all(re.fullmatch("[A-HX]", shape) for _, shape in rows) and all(a[1] != b[1] for a, b in pairwise(rows[:-1]))


@given(speeches())
def test_webvtt_sums_to_the_sound(speech) -> None:
    made = face(speech[0], [], speech[1])
    text = vtt(made)
    assert text.startswith("WEBVTT\n\nNOTE AI-generated / AI生成\n")
    times = re.findall(r"^(\d+):(\d\d):(\d\d\.\d{3}) --> (\d+):(\d\d):(\d\d\.\d{3})$", text, re.MULTILINE)
    spans = [tuple(int(t[n]) * 3600 + int(t[n + 1]) * 60 + float(t[n + 2]) for n in (0, 3)) for t in times]
    assert sum(end - start for start, end in spans) == pytest.approx(made.seconds, abs=FRAME)
    assert all(a[1] == b[0] for a, b in pairwise(spans))


def test_json_holds_all_and_says_who_made_it() -> None:
    made = spoken()
    found = json.loads(json.dumps(as_json(made)))
    assert found["AIGC"]["Label"] == "1" and "AI" in found["notice"] and "生成" in found["notice"]
    assert found["speech_start"] == 0.5 and found["visemes"][-1]["end"] == found["seconds"] == 1.8
    assert {len(values) for values in found["curves"].values()} == {len(made.curves)}
    assert np.allclose(found["curves"]["jawOpen"], made.curves[:, INDEX["jawOpen"]], atol=6e-4)
    assert "happy" in found["vrm"] and "cheekPuff" not in found["curves"]


def test_gltf_is_read_by_a_library_of_others(tmp_path: Path) -> None:
    made = spoken()
    for name in ("face.gltf", "face.glb"):
        write_face(tmp_path / name, made)
        read = pygltflib.GLTF2().load(str(tmp_path / name))
        assert read.meshes[0].extras["targetNames"] == list(NAMES) and len(read.meshes[0].primitives[0].targets) == 52
        assert read.asset.extras["AIGC"]["Label"] == "1" and "AI生成" in read.asset.copyright
        moves = {channel.target.path: channel.sampler for channel in read.animations[0].channels}
        times, values = (
            numbers(read, getattr(read.animations[0].samplers[moves["weights"]], way)) for way in ("input", "output")
        )
        assert times[-1] == pytest.approx(made.seconds, abs=1 / made.fps)
        assert np.allclose(values.reshape(-1, 52), made.curves)
        turns = numbers(read, read.animations[0].samplers[moves["rotation"]].output).reshape(-1, 4)
        assert np.allclose(np.linalg.norm(turns, axis=1), 1, atol=1e-5)


def numbers(read: pygltflib.GLTF2, place: int) -> np.ndarray:
    accessor = read.accessors[place]
    view = read.bufferViews[accessor.bufferView]
    data = read.get_data_from_buffer_uri(read.buffers[0].uri) if read.buffers[0].uri else read.binary_blob()
    return np.frombuffer(data[view.byteOffset : view.byteOffset + view.byteLength], "<f4")


def test_vrma_moves_the_expressions(tmp_path: Path) -> None:
    made = spoken()
    write_face(tmp_path / "face.vrma", made)
    read = pygltflib.GLTF2().load_binary(str(tmp_path / "face.vrma"))
    preset = read.extensions[EXTENSION]["expressions"]["preset"]
    assert set(preset) == set(EXPRESSIONS) and EXTENSION in read.extensionsUsed
    place = {channel.target.node: channel.sampler for channel in read.animations[0].channels}[preset["oh"]["node"]]
    moved = numbers(read, read.animations[0].samplers[place].output).reshape(-1, 3)
    assert np.allclose(moved[:, 0], made.expressions[:, EXPRESSIONS.index("oh")]) and not moved[:, 1:].any()


def test_live_link_counts_frames() -> None:
    made = spoken()
    rows = list(csv.reader(io.StringIO(live_link(made))))
    assert rows[0][:3] == ["Timecode", "BlendshapeCount", "EyeBlinkLeft"] and rows[0][-1] == "AIGenerated"
    assert {len(row) for row in rows} == {64} and {row[1] for row in rows[1:]} == {"61"}
    assert rows[61][0] == "00:00:01:00.000" and len(rows) == len(made.curves) + 1


def test_turns_are_about_their_axes() -> None:
    x, y, z, w = quaternions(np.array([[90, 0, 0]], np.float32))[0]
    assert np.allclose([x, y, z, w], [0, np.sqrt(0.5), 0, np.sqrt(0.5)])  # to the person's left, +x
    assert quaternions(np.array([[0, 20, 0]], np.float32))[0][0] > 0  # chin down


def test_names_that_are_no_form_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MynaError, match=r"a face is written as \.json, \.tsv"):
        write_face(tmp_path / "face.fbx", spoken())
    assert not list(tmp_path.iterdir()) and len(FORMATS) == 7


def test_the_head_at_rest_is_small() -> None:
    assert len(head_gltf().text()) < 1_000_000
