"""Through the exit: marks in every channel and in the mix, labels in order, objects that `ear` reads back."""

import warnings

import numpy as np
import pytest
import soundfile
from hearing import apart, direction_of, later_on_the_right

from myna.errors import MynaError
from myna.safety import audit, encode, records
from myna.safety.release_placed import Voiced, release_placed, release_placed_bytes
from myna.safety.sound import Audio
from myna.safety.types import Request, VoiceCard
from myna.safety.verify import LABELLED, verify
from myna.spatial.place import make_place
from myna.spatial.walk import Stand, directions, standing, walk_of

CARD = VoiceCard(name="corpus", consent=records.from_spk2consent("corpus licence evaluation CC BY-SA 3.0"))
ROUND = walk_of([{"time": 0, "azimuth": 90}, {"time": 3, "azimuth": -90, "distance": 3}], "walk")


def released(tmp_path, speech, kind, name="x.wav", walk=ROUND, **more):
    place = make_place(kind, [Stand(walk)], **more)
    request = Request(output=tmp_path / name, text="hello", watermark="spread")
    return release_placed([Voiced(speech, CARD, request)], place, request)


@pytest.mark.parametrize(
    ("kind", "name", "channels", "more"),
    [
        ("binaural", "x.wav", 2, {"room": 0.4}),
        ("binaural", "x.mp3", 2, {}),
        ("binaural", "x.opus", 2, {}),
        ("ambix", "x.wav", 9, {"order": 2}),
        ("ambix", "x.flac", 4, {"order": 1}),
        ("adm", "x.wav", 5, {"room": 0.4}),
    ],
)
def test_labels_and_marks_in_every_channel(tmp_path, speech, kind, name, channels, more) -> None:
    out = released(tmp_path, speech, kind, name, **more)
    finding = verify(out.path)
    assert finding.status == LABELLED, finding.problems
    assert encode.channels(out.path) == channels
    scores = finding.channels["spread"]
    assert {"1", "mix"} <= set(scores) and min(scores.values()) >= 0.5
    assert finding.cue and finding.cue[0][0] == pytest.approx(0, abs=0.1)


def test_it_is_heard_from_where_it_is(tmp_path, speech) -> None:
    for azimuth, side in ((90, 1), (-90, -1)):
        out = released(tmp_path, speech, "binaural", walk=standing(azimuth))
        wave, rate = soundfile.read(out.path)
        later = later_on_the_right(wave[int(out.lead * rate) :].T, rate)
        assert later == pytest.approx(side * 700, abs=60)
    out = released(tmp_path, speech, "ambix", walk=standing(-45, 30), order=2)
    wave, rate = soundfile.read(out.path)
    assert apart(direction_of(wave[int(out.lead * rate) :].T), directions(np.array([-45.0]), np.array([30.0]))[0]) < 10


def test_ear_reads_an_object_that_moves(tmp_path, speech) -> None:
    out = released(tmp_path, speech, "adm")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of pkg_resources
        from ear.fileio import openBw64Adm
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # ear warns of blocks that do not join
        with openBw64Adm(str(out.path)) as file:
            file.adm.validate()
            (channel,) = [one for one in file.adm.audioChannelFormats if not one.is_common_definition]
            (pack,) = [one for one in file.adm.audioPackFormats if not one.is_common_definition]
    blocks = channel.audioBlockFormats
    assert len(blocks) > 25 and pack.absoluteDistance == 3.0
    for block in blocks:
        end = float(block.rtime + block.duration) - out.lead
        wanted = ROUND.at(np.array([end]))
        assert block.position.azimuth == pytest.approx(wanted.azimuth[0], abs=0.01)
        assert block.position.distance * 3.0 == pytest.approx(wanted.distance[0], abs=0.01)


def test_a_scene_is_logged_voice_by_voice(tmp_path, speech) -> None:
    stands = [Stand(standing(60), 0.0), Stand(standing(-60), 1.0)]
    request = Request(output=tmp_path / "x.wav", watermark="spread")
    voices = [
        Voiced(speech, CARD.model_copy(update={"name": name}), request.model_copy(update={"text": name}))
        for name in ("ana", "ben")
    ]
    out = release_placed(voices, make_place("binaural", stands), request)
    assert verify(out.path).status == LABELLED
    entries = audit.check_chain()
    assert [(entry.event, entry.voice) for entry in entries] == [
        ("scene", "ana"),
        ("scene", "ben"),
        ("release", "ana, ben"),
    ]
    assert {entry.content_id for entry in entries} == {out.content_id}
    assert len({entry.text_sha256 for entry in entries}) == 3


def test_one_voice_without_consent_stops_all(tmp_path, speech) -> None:
    request = Request(output=tmp_path / "x.wav", watermark="spread")
    barred = request.model_copy(update={"purpose": "publish"})
    place = make_place("binaural", [Stand(standing()), Stand(standing())])
    with pytest.raises(MynaError, match="publish"):
        release_placed([Voiced(speech, CARD, request), Voiced(speech, CARD, barred)], place, request)
    assert not list(tmp_path.glob("*.wav")) and not audit.entries()


def test_a_channel_whose_mark_is_gone_is_named(tmp_path, speech) -> None:
    out = released(tmp_path, speech, "binaural", walk=standing(0))
    heard = encode.decode_channels(out.path)
    bare = np.interp(
        np.arange(heard.wave.shape[1]) * speech.sample_rate / heard.sample_rate,
        np.arange(len(speech.wave)),
        speech.wave,
    )
    mixed = Audio(np.stack([heard.wave[0], 0.3 * bare.astype(np.float32)]), heard.sample_rate)
    (tmp_path / "y.wav").write_bytes(encode.encode(mixed, encode.format_of("y.wav")))
    finding = verify(tmp_path / "y.wav")
    assert "spread" in finding.watermark_found
    assert any("not in channel 2" in problem for problem in finding.problems)


def test_bytes_are_those_of_a_file(tmp_path, speech) -> None:
    request = Request(output=tmp_path / "x.wav", watermark="spread")
    data, out = release_placed_bytes(
        [Voiced(speech, CARD, request)], make_place("ambix", [Stand(standing())], order=1), request
    )
    (tmp_path / "y.wav").write_bytes(data)
    assert verify(tmp_path / "y.wav").status == LABELLED and not out.path.exists()


@pytest.mark.parametrize(
    ("kind", "name", "more", "message"),
    [
        ("ambix", "x.mp3", {}, "16 channels of Ambisonics fit into .wav"),
        ("ambix", "x.flac", {"order": 2}, "9 channels"),
        ("adm", "x.flac", {}, "fit into .wav alone"),
        ("adm", "x.wav", {"hrtf": "me.sofa"}, "--hrtf is for ears"),
        ("stereo", "x.wav", {}, "unknown form"),
        ("binaural", "x.wav", {"room": 7.0}, "--room 7"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path, speech, kind, name, more, message) -> None:
    with pytest.raises(MynaError, match=message):
        released(tmp_path, speech, kind, name, **more)
    assert not (tmp_path / name).exists()
