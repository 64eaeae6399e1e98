"""Twins of forged labels, in each container that Myna writes, and files that play something else than is labelled."""

import io
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from hostile import Bench, Try, run

from myna.safety import aigc, encode
from myna.safety.sound import Audio

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a")
KIND = "twins: labels in every container"


def _honest(bench: Bench, suffix: str) -> Path:
    path = bench.folder / f"honest{suffix}"
    if not path.exists():
        command = ["say", "Hello there.", "--voice", str(bench.voice), "-o", str(path)]
        status, told = run(command)
        assert status == 0, told
    return path


def _relabelled(suffix: str, change: Callable[[aigc.Label], str]) -> Callable[[Bench], Path]:
    def make(bench: Bench) -> Path:
        path = _honest(bench, suffix)
        label = aigc.read(path)
        assert label is not None
        _retag(path, change(label))
        return path

    return make


def _retag(path: Path, value: str) -> None:
    stream = io.BytesIO(path.read_bytes())
    aigc._set_tag(stream, path.suffix, value)
    path.write_bytes(stream.getvalue())


def _json(label: aigc.Label, **changes: str) -> str:
    return json.dumps(label.model_dump() | changes, separators=(",", ":"))


FORGERIES: dict[str, Callable[[aigc.Label], str]] = {
    "Label 2": lambda label: _json(label, Label="2"),
    "another propagator": lambda label: _json(label, ContentPropagator="Eve", PropagateID="1"),
    "a field twice, the first a lie": lambda label: '{"Label":"3",' + label.to_json()[1:],
    "a field twice, the last a lie": lambda label: label.to_json()[:-1] + ',"Label":"3"}',
    "a field more": lambda label: _json(label, Note="a real recording"),
    "the true label in a lie": lambda label: json.dumps({"Label": "3", "AIGC": label.model_dump()}),
    "a lie in the true label": lambda label: _json(label)[:-1] + ',"AIGC":{"Label":"3"}}',
    "another number": lambda label: label.to_json().replace('"Label":"1"', '"Label":1.0'),
}


def forged() -> Iterator[Try]:
    """The label's JSON changed so that some readers believe another thing."""
    for suffix in SUFFIXES:
        for name, change in FORGERIES.items():
            make = _relabelled(suffix, change)
            yield Try(KIND, f"{suffix}: {name}", lambda bench, m=make: ["verify", str(m(bench))], (1,))
        yield Try(KIND, f"{suffix}: a second label", lambda b, s=suffix: ["verify", str(_second(b, s))], (1,))
        yield Try(KIND, f"{suffix}: on another sound", lambda b, s=suffix: ["verify", str(_other_sound(b, s))], (1,))


def _second(bench: Bench, suffix: str) -> Path:
    """Write a second label beside the true one, as the container allows it."""
    from mutagen.id3 import TXXX
    from mutagen.mp4 import MP4FreeForm

    path = _honest(bench, suffix)
    label = aigc.read(path)
    assert label is not None
    lie = _json(label, Label="3")
    stream = io.BytesIO(path.read_bytes())
    file: Any = aigc._open(stream, suffix)
    if suffix in (".wav", ".mp3"):
        file.tags.add(TXXX(encoding=3, desc="aigc", text=[lie]))
    elif suffix == ".m4a":
        file.tags["----:org.example:AIGC"] = [MP4FreeForm(lie.encode())]
    else:
        file.tags["AIGC"] = [label.to_json(), lie]
    stream.seek(0)
    file.save(stream)
    path.write_bytes(stream.getvalue())
    return path


def _other_sound(bench: Bench, suffix: str) -> Path:
    path = _honest(bench, suffix)
    label, sound = aigc.read(path), encode.decode(path)
    assert label is not None
    quieter = sound._replace(wave=(sound.wave * 0.9).astype(np.float32))
    path.write_bytes(aigc.write(encode.encode(quieter, encode.FORMATS[suffix]), suffix, label))
    return path


def _two_tracks(bench: Bench, container: str, suffix: str) -> Path:
    """Put a second track behind the labelled one, which a player may choose."""
    import av

    path = _honest(bench, ".m4a" if suffix == ".m4a" else ".opus")
    label = aigc.read(path)
    assert label is not None
    target = bench.folder / f"two{suffix}"
    with av.open(str(path)) as source, av.open(str(path)) as again, av.open(str(target), "w", format=container) as out:
        streams = [out.add_stream_from_template(place.streams.audio[0]) for place in (source, again)]
        for place, stream in zip((source, again), streams, strict=True):
            for packet in place.demux(place.streams.audio[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
    _retag(target, label.to_json())
    return target


def _slower(bench: Bench) -> Path:
    """Halve the rate in the header: the coded samples stay, and are played at half the pace."""
    path = _honest(bench, ".wav")
    data = bytearray(path.read_bytes())
    at = data.index(b"fmt ") + 12
    rate = struct.unpack_from("<I", data, at)[0]
    struct.pack_into("<II", data, at, rate // 2, rate)
    path.write_bytes(data)
    return path


def _information(bench: Bench) -> Path:
    """Add the other kind of metadata that WAV has, with a lie in it."""
    path = _honest(bench, ".wav")
    label = aigc.read(path)
    assert label is not None
    text = _json(label, Label="3").encode() + b"\0"
    text += b"\0" * (len(text) % 2)
    chunk = b"INFO" + b"AIGC" + struct.pack("<I", len(text)) + text
    data = bytearray(path.read_bytes() + b"LIST" + struct.pack("<I", len(chunk)) + chunk)
    struct.pack_into("<I", data, 4, len(data) - 8)
    path.write_bytes(data)
    return path


def _id3_before(bench: Bench, suffix: str) -> Path:
    """Put a tag of another kind before the file."""
    from mutagen.id3 import ID3, TXXX

    path = _honest(bench, suffix)
    label = aigc.read(path)
    assert label is not None
    tags, stream = ID3(), io.BytesIO()
    tags.add(TXXX(encoding=3, desc="AIGC", text=[_json(label, Label="3")]))
    tags.save(stream)
    path.write_bytes(stream.getvalue() + path.read_bytes())
    return path


def _ape_behind(bench: Bench) -> Path:
    from mutagen.apev2 import APEv2

    path = _honest(bench, ".mp3")
    label = aigc.read(path)
    assert label is not None
    tags = APEv2()
    tags["AIGC"] = _json(label, Label="3")
    tags.save(path)
    return path


def _joined(bench: Bench, suffix: str) -> Path:
    path = _honest(bench, suffix)
    other = encode.encode(Audio(encode.decode(path).wave[::-1].copy(), 22050), encode.FORMATS[suffix])
    path.write_bytes(path.read_bytes() + other)
    return path


def _cut(bench: Bench, suffix: str) -> Path:
    path = _honest(bench, suffix)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    return path


def _flipped(bench: Bench, suffix: str) -> Path:
    path = _honest(bench, suffix)
    data = bytearray(path.read_bytes())
    data[len(data) * 2 // 3] ^= 0x40
    path.write_bytes(data)
    return path


def _renamed(bench: Bench, suffix: str, other: str) -> Path:
    path = _relabelled(suffix, FORGERIES["Label 2"])(bench)
    return path.rename(path.with_suffix(other))


def elsewhere() -> Iterator[Try]:
    """The label is true, and what is played is not what it is about."""
    made: dict[str, Callable[[Bench], Path]] = {
        ".m4a: a second track": lambda bench: _two_tracks(bench, "ipod", ".m4a"),
        ".wav: the rate of the header halved": _slower,
        ".wav: a lie in the other metadata": _information,
        ".flac: a lie in a tag before it": lambda bench: _id3_before(bench, ".flac"),
        ".mp3: a lie in a tag before its tag": lambda bench: _id3_before(bench, ".mp3"),
        ".mp3: a lie in a tag behind it": _ape_behind,
        ".mp3: another sound behind it": lambda bench: _joined(bench, ".mp3"),
        ".ogg: another sound behind it": lambda bench: _joined(bench, ".ogg"),
        ".wav named .mp3": lambda bench: _renamed(bench, ".wav", ".mp3"),
        ".mp3 named .wav": lambda bench: _renamed(bench, ".mp3", ".wav"),
        ".flac with no suffix": lambda bench: _renamed(bench, ".flac", ""),
        ".m4a named .opus": lambda bench: _renamed(bench, ".m4a", ".opus"),
    }
    made |= {f"{s}: cut": lambda bench, s=s: _cut(bench, s) for s in (".wav", ".flac", ".mp3", ".ogg")}
    made |= {
        f"{s}: a bit of the sound": lambda bench, s=s: _flipped(bench, s) for s in (".wav", ".flac", ".mp3", ".ogg")
    }
    for name, make in made.items():
        wanted = (1, 2) if name.endswith("cut") else (1,)
        yield Try("twins: another sound than the labelled one", name, lambda b, m=make: ["verify", str(m(b))], wanted)


def all_labels() -> list[Try]:
    """Return every try of this file."""
    return [*forged(), *elsewhere()]
