"""Voices as objects of the Audio Definition Model (ITU-R BS.2076) for a BWF file, by the EBU's `ear`.

A block of an object says where the voice is at its end; a renderer fades from the block before. All times are multiples
of 10 µs, as the file writes them, so that each block ends where the next one begins.
"""

import io
import warnings
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from myna.spatial.extra import spatial_module
from myna.spatial.walk import Stand, Walk

_STEP = Fraction(1, 10)  # seconds of a block while a voice moves
_TICK = 100_000  # a second
_BED = "room"


def need_ear() -> None:
    """Ask for the package before anything is spoken.

    Raises:
        MynaError: It is not installed.
    """
    _ear("fileio")


def chunks(data: bytes, stands: Sequence[Stand], lead: float, bed: bool) -> dict[bytes, bytes]:
    """Return the chunks `chna` and `axml` of a file.

    Args:
        data: The WAV file that they go into: a channel a voice, then four of a bed in AmbiX.
        stands: The voices.
        lead: Seconds of the file before the speech.
        bed: Whether there is one.

    Raises:
        MynaError: `ear` is missing.
    """
    reader = _ear("fileio.bw64").Bw64Reader(io.BytesIO(data))
    seconds = Fraction(len(reader), reader.sampleRate)
    builder = _ear("fileio.adm.builder").ADMBuilder()
    builder.load_common_definitions()
    builder.create_programme(audioProgrammeName="speech made by AI", end=_ticks(seconds))
    builder.create_content(audioContentName="speech made by AI")
    for number, stand in enumerate(stands):
        _object(builder, number, stand, Fraction(lead), seconds)
    if bed:
        _bed(builder, len(stands))
    return _written(builder.adm)


def _written(adm: Any) -> dict[bytes, bytes]:
    from lxml import etree

    _ear("fileio.adm.generate_ids").generate_ids(adm)
    chna = _ear("fileio.bw64.chunks").ChnaChunk()
    _ear("fileio.adm.chna").populate_chna_chunk(chna, adm)
    axml = etree.tostring(_ear("fileio.adm.xml").adm_to_xml(adm), pretty_print=True, encoding="UTF-8")
    return {b"chna": bytes(chna.asByteArray())[8:], b"axml": axml}


def _object(builder: Any, number: int, stand: Stand, lead: Fraction, seconds: Fraction) -> None:
    begin = lead + Fraction(stand.start)
    item = builder.create_item_objects(
        track_index=number, name=stand.name, block_formats=_blocks(stand.walk, begin, seconds)
    )
    item.pack_format.absoluteDistance = float(_farthest(stand.walk))


def _farthest(walk: Walk) -> float:
    return max(point.distance for point in walk.points)


def _blocks(walk: Walk, begin: Fraction, seconds: Fraction) -> list[Any]:
    """Return the blocks of a way that begins at a second of a file so long."""
    elements, farthest = _ear("fileio.adm.elements"), _farthest(walk)
    ends = _ends(walk, begin, seconds)
    placed = walk.at(np.array([float(end - begin) for end in ends]))
    blocks, start = [], Fraction(0)
    for end, azimuth, elevation, distance in zip(ends, *placed, strict=True):
        around = (azimuth + 180.0) % 360.0 - 180.0
        position = elements.ObjectPolarPosition(round(around, 4), round(elevation, 4), round(distance / farthest, 5))
        times = {"rtime": start, "duration": end - start} if len(ends) > 1 else {}
        blocks.append(elements.AudioBlockFormatObjects(position=position, **times))
        start = end
    return blocks


def _ends(walk: Walk, begin: Fraction, seconds: Fraction) -> list[Fraction]:
    """Return the seconds of the file at which blocks end: where the voice sets out, and while it moves."""
    last = _ticks(seconds)
    if not walk.moves:
        return [last]
    first, until = (Fraction(walk.points[place].time) + begin for place in (0, -1))
    count = int(np.ceil(float((min(until, last) - first) / _STEP))) if first < last else 0
    steps = [_ticks(min(first + n * _STEP, until)) for n in range(count + 1)]
    return sorted({end for end in steps if 0 < end < last} | {last})


def _ticks(seconds: Fraction) -> Fraction:
    return Fraction(round(seconds * _TICK), _TICK)


def _bed(builder: Any, first: int) -> None:
    tracks, harmonics = [first + number for number in range(4)], {"orders": [0, 1, 1, 1], "degrees": [0, -1, 0, 1]}
    builder.create_item_hoa(track_indices=tracks, name=_BED, normalization="SN3D", **harmonics)


def _ear(name: str) -> Any:
    spatial_module("ear")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pkg_resources, by which it finds its tables
        return spatial_module(f"ear.{name}")
