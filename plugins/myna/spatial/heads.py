"""Heads from files: the KEMAR that `slab` carries, or a person's own in a SOFA file (AES69)."""

import bz2
import io
from functools import lru_cache
from pathlib import Path
from pickletools import genops
from typing import Any

import numpy as np

from myna.errors import MynaError
from myna.packaged import packaged_weights
from myna.parsing import one_line, read_bytes
from myna.spatial.extra import spatial_module
from myna.spatial.head import Floats, Head
from myna.spatial.walk import directions

LARGEST_SOFA = 256 << 20  # bytes; KEMAR's has 1 MB, the largest sets of 11,950 directions some 100 MB
_MOST = (20_000, 2, 16_384)  # directions, ears, samples of a response
_RATES = (8_000.0, 192_000.0)  # Hz
_KEMAR = "slab/data/mit_kemar_normal_pinna.bz2"
_TAPS, _KEMAR_RATE = 512, 44_100
_LEAST = 16  # directions; between fewer there is nothing to mix


@lru_cache(maxsize=4)
def load_head(path: Path | None, sample_rate: int) -> Head:
    """Load a head, resampled.

    Args:
        path: A SOFA file of the convention SimpleFreeFieldHRIR; KEMAR when left out.
        sample_rate: Hz.

    Raises:
        MynaError: No such file, no SOFA, or a package of the extra is missing.
    """
    head = kemar() if path is None else read_sofa(path)
    if head.sample_rate == sample_rate:
        return head
    import soxr

    flat = head.responses.reshape(-1, head.responses.shape[-1]).T
    resampled = soxr.resample(flat, head.sample_rate, sample_rate).T * (head.sample_rate / sample_rate)
    responses = resampled.reshape(*head.responses.shape[:2], -1)
    return Head(head.directions, responses, sample_rate, head.name)


def kemar() -> Head:
    """Return the head of KEMAR (Gardner and Martin 1994, MIT), 710 directions at 44.1 kHz.

    Raises:
        MynaError: `slab` is missing, or its file is not the pinned one.
    """
    spatial_module("scipy")
    # slab itself is not imported: that needs the system's PortAudio, to read a file. The file is a pickle, of which the
    # arrays alone are taken, as bytes; nothing of it is run.
    data = bz2.decompress(packaged_weights(_KEMAR).read_bytes())
    arrays = [np.frombuffer(found) for _, found, _ in genops(data) if isinstance(found, bytes) and len(found) > _TAPS]
    responses = np.stack([array.reshape(2, _TAPS) for array in arrays if array.size == 2 * _TAPS])
    azimuth, elevation = arrays[-1].reshape(len(responses), 3)[:, :2].T
    return Head(directions(azimuth, elevation), responses, _KEMAR_RATE, "KEMAR")


def read_sofa(path: Path) -> Head:
    """Read a head from a SOFA file.

    Raises:
        MynaError: It cannot be read, or is no SOFA file of impulse responses of two ears.
    """
    reader = spatial_module("h5netcdf")
    data = read_bytes(path, LARGEST_SOFA)
    try:
        with reader.File(io.BytesIO(data), "r") as file:
            return _head_of(file, path)
    except MynaError:
        raise
    except Exception as error:  # of a broken file HDF5 and its readers raise whatever they come upon
        raise MynaError(f"{path}: not a SOFA file that is read here ({one_line(error)}); {_REMEDY}") from error


_REMEDY = "give impulse responses of two ears, convention SimpleFreeFieldHRIR"


def _head_of(file: Any, path: Path) -> Head:
    variables = file.variables
    if str(file.attrs.get("DataType", "")) != "FIR" or "Data.IR" not in variables:
        raise MynaError(f"{path}: holds no impulse responses; {_REMEDY}")
    shape = variables["Data.IR"].shape
    if len(shape) != 3 or shape[1] != 2 or any(not 0 < size <= most for size, most in zip(shape, _MOST, strict=True)):
        raise MynaError(f"{path}: responses of shape {shape}; {_REMEDY}")
    rate = float(np.asarray(variables["Data.SamplingRate"][...], np.float64).reshape(-1)[0])
    if not _RATES[0] <= rate <= _RATES[1]:
        raise MynaError(f"{path}: {rate:g} samples a second; {_REMEDY}")
    responses = np.asarray(variables["Data.IR"][...], np.float64)
    responses = _delayed(responses, np.asarray(variables["Data.Delay"][...], np.float64), path)
    places = _places(variables["SourcePosition"], shape[0])
    radius = np.linalg.norm(places, axis=1)
    if not (np.isfinite(responses).all() and np.isfinite(radius).all() and radius.min() > 1e-6 and responses.any()):
        raise MynaError(f"{path}: holds places or responses that are no numbers, or all zero; {_REMEDY}")
    # Of several distances the commonest: how a voice comes nearer is the walk's.
    values, counts = np.unique(radius.round(2), return_counts=True)
    kept = radius.round(2) == values[counts.argmax()]
    _, first = np.unique((places[kept] / radius[kept, None]).round(4), axis=0, return_index=True)
    if len(first) < _LEAST:
        raise MynaError(f"{path}: {len(first)} directions; {_REMEDY}, with at least {_LEAST} directions")
    chosen = np.flatnonzero(kept)[np.sort(first)]
    return Head(places[chosen] / radius[chosen, None], responses[chosen], round(rate), path.name)


def _delayed(responses: Floats, delays: Floats, path: Path) -> Floats:
    """Put the delays that a file keeps apart, `(1 or M, 2)` in samples, into its responses."""
    if not delays.any():
        return responses
    if delays.shape not in ((1, 2), (len(responses), 2)) or not np.all((delays >= 0.0) & (delays < _MOST[2] / 2)):
        raise MynaError(f"{path}: delays of shape {delays.shape} that do not fit the responses; {_REMEDY}")
    size = responses.shape[-1] + int(np.ceil(delays.max())) + 32
    turned = np.exp(-2j * np.pi * np.fft.rfftfreq(size) * np.broadcast_to(delays, responses.shape[:2])[..., None])
    return np.fft.irfft(np.fft.rfft(responses, size) * turned, size)


def _places(variable: Any, count: int) -> Floats:
    """Return where the sources stood, in metres `(M, 3)`."""
    places = np.broadcast_to(np.asarray(variable[...], np.float64), (count, 3))
    if str(variable.attrs.get("Type", "spherical")).lower().startswith("cartesian"):
        return places
    return directions(places[:, 0], places[:, 1]) * places[:, 2:]
