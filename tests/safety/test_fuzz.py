"""Whatever bytes a stranger writes, each parser gives a value or one clear error."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from mangling import mangled, tries

from myna.errors import MynaError
from myna.networks.voice_files import describe
from myna.networks.weights import parse_weights
from myna.parsing import json_mapping, yaml_mapping
from myna.safety import aigc, encode, records

# Seeds that look like the real thing, from which bytes are cut, doubled and changed.
CORPUS = [
    b"name: Ana\nlanguage: en-us\ntts: {_target_: myna.networks.tts.vits_mel.VitsMel, layers: 2}\n",
    b"id: a\nspeaker: ana\nbasis: licence\nscope: evaluation\nissued: 2026-11-25\nexpires: null\n",
    b'{"Label":"1","ContentProducer":"Myna","ProduceID":"7","ReservedCode1":"ed25519:AAAA"}',
    b'{"files": {"a": "b"}, "public_key": "00", "signature": "00"}',
    (60).to_bytes(8, "little") + b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}      ' + b"\0" * 4,
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x22\x56\0\0\x44\xac\0\0\x02\0\x10\0data\0\0\0\0",
    b"fLaC\0\0\0\x22" + b"\x10" * 34,
    b"OggS\0\x02" + b"\0" * 20 + b"OpusHead\x01\x01",
    b"ID3\x04\0\0\0\0\0\x7fTXXX\0\0\0\x10\0\0\x03AIGC\0{}",
]


def _audio(data: bytes) -> None:
    encode.decode(data)
    encode.essence(data)
    encode.container_tags(data)


PARSERS: dict[str, Callable[[bytes], object]] = {
    "YAML": lambda data: yaml_mapping(data, "x"),
    "JSON": lambda data: json_mapping(data, "x"),
    "voice.yaml": lambda data: describe(data, "x"),
    "safetensors": lambda data: parse_weights(data, "x"),
    "AIGC label": lambda data: aigc.parse(data.decode("utf-8", "replace")),
    "AIGC in WAV": lambda data: aigc.values(data, ".wav"),
    "AIGC in MP3": lambda data: aigc.values(data, ".mp3"),
    "AIGC in FLAC": lambda data: aigc.values(data, ".flac"),
    "AIGC in Opus": lambda data: aigc.values(data, ".opus"),
    "AIGC in M4A": lambda data: aigc.values(data, ".m4a"),
    "consent": lambda data: records.parse(data, "x"),
    "audio": _audio,
}


@pytest.mark.parametrize("parser", PARSERS)
def test_a_value_or_one_error(parser: str) -> None:
    @tries(60)
    @given(mangled(CORPUS))
    def check(data: bytes) -> None:
        with contextlib.suppress(MynaError):
            PARSERS[parser](data)

    check()


def test_the_seeds_are_read() -> None:
    """The corpus reaches the parsers' insides: each of these gives a value."""
    assert describe(CORPUS[0], "x").name == "Ana"
    assert records.parse(CORPUS[1], "x").speaker == "ana"
    label = aigc.parse(CORPUS[2].decode())
    assert label is not None and label.ProduceID == "7"
    assert parse_weights(CORPUS[4], "x")["a"].shape == (1,)
