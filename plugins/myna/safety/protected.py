"""Voices that must not be cloned: a file of voice prints, without any audio.

The file is a NumPy archive: `embeddings` float32 `(N, 256)` of length 1, `names` `(N,)`, and `threshold`, the cosine
similarity from which a voice counts as protected. A site extends it; it is empty at first. `calibrate` measures the
threshold on a pool of speakers.
"""

import argparse
import json
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from myna.errors import MynaError, told
from myna.files import atomic_path, atomic_text
from myna.safety.sound import Audio
from myna.safety.state import state_dir

# Here GE2E takes 0.9 % of strangers for somebody on the list, and misses 2.9 % of those on it (docs/safety.md).
DEFAULT_THRESHOLD = 0.79
_LISTENED = 60.0  # seconds of a sound that its voice print is made from


def list_path() -> Path:
    """Return the list of this site, in the state folder."""
    return state_dir() / "protected.npz"


def check_protected(embedding: np.ndarray, path: Path | None = None) -> None:
    """Refuse a voice that is near to a protected one.

    Args:
        embedding: `(256,)` of the conditioning speaker encoder.
        path: The list; the site's own when missing.

    Raises:
        MynaError: The voice is protected, the list is broken, or its prints come from another encoder.
    """
    prints, names, threshold = load_list(path or list_path())
    if not len(prints):
        return
    vector = np.asarray(embedding, np.float32).reshape(-1)
    if vector.shape[0] != prints.shape[1]:
        raise MynaError(
            f"{path or list_path()}: prints have {prints.shape[1]} values, the voice {vector.shape[0]}: make the "
            "list with the encoder that conditions the voice"
        )
    scores = prints @ (vector / max(float(np.linalg.norm(vector)), 1e-9))
    nearest = int(scores.argmax())
    if scores[nearest] >= threshold:
        raise MynaError(
            f"the voice is that of a protected person ({names[nearest]!r}, similarity {scores[nearest]:.2f}, limit "
            f"{threshold:.2f}): it is not cloned; ask whoever keeps {path or list_path()}"
        )


def check_file(data: bytes, name: Path) -> None:
    """Refuse a voice whose `speaker.safetensors` holds an embedding near to a protected one.

    Args:
        data: The bytes of the file.
        name: What it is called in errors.

    Raises:
        MynaError: The voice is protected, or the file holds no embedding.
    """
    if not list_path().exists():
        return
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        embedding = load(data)["embedding"]
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise MynaError(f"{name}: holds no speaker embedding ({error}); make the voice again") from error
    check_protected(embedding)


def check_sound(sound: Audio) -> None:
    """Refuse speech that sounds like a protected person, whatever the voice says of itself.

    Raises:
        MynaError: Its voice print is near to one on the list.
    """
    if not list_path().exists() or not load_list(list_path())[1]:
        return
    from myna.safety import voiceprint

    most = int(_LISTENED * sound.sample_rate)
    check_protected(voiceprint.embed(sound._replace(wave=sound.wave[:most])))


def load_list(path: Path) -> tuple[np.ndarray, list[str], float]:
    """Read a list; one that does not exist is empty.

    Returns:
        Prints `(N, C)`, names, threshold.

    Raises:
        MynaError: The file is broken.
    """
    if not path.exists():
        return np.zeros((0, 256), np.float32), [], DEFAULT_THRESHOLD
    try:
        with np.load(path, allow_pickle=False) as data:
            prints, names = data["embeddings"].astype(np.float32), [str(name) for name in data["names"]]
            threshold = float(data["threshold"])
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        AttributeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise MynaError(
            f"{path}: not a list of voice prints ({error}); make one with `python -m myna.safety.protected add`"
        ) from error
    if prints.ndim != 2 or len(prints) != len(names):
        raise MynaError(f"{path}: {prints.shape} prints for {len(names)} names; make the list again")
    if not (np.isfinite(prints).all() and 0.0 < threshold < 1.0):  # such a list would let everybody pass
        raise MynaError(f"{path}: prints that are no numbers, or a limit of {threshold:g}; make the list again")
    return prints / np.maximum(np.linalg.norm(prints, axis=1, keepdims=True), 1e-9), names, threshold


def save_list(path: Path, prints: np.ndarray, names: list[str], threshold: float) -> None:
    """Write a list in one step."""
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        np.savez(stream, embeddings=prints.astype(np.float32), names=np.asarray(names, dtype=str), threshold=threshold)


def add(path: Path, name: str, embedding: np.ndarray) -> None:
    """Put one more voice on the list."""
    prints, names, threshold = load_list(path)
    row = np.asarray(embedding, np.float32).reshape(1, -1)
    save_list(path, np.concatenate([prints.reshape(-1, row.shape[1]), row]), [*names, name], threshold)


def error_rates(same: np.ndarray, different: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return false-accept and false-reject rates at each threshold of `points`.

    Here a false accept is a stranger taken for a protected person, a false reject is a protected person let through.
    """
    accepts = np.asarray([(different >= point).mean() for point in points])
    rejects = np.asarray([(same < point).mean() for point in points])
    return accepts, rejects


def calibrate(embeddings: np.ndarray, speakers: list[str], target: float = 0.01) -> dict[str, Any]:
    """Choose the lowest threshold at which at most `target` of the strangers are refused.

    Args:
        embeddings: One print a recording, `(N, C)`.
        speakers: Whose each is; a print is compared with the mean of the other recordings of each speaker, which is how
            an entry of the list is made.
        target: False-accept rate to keep under.

    Returns:
        `threshold`, `false_accept`, `false_reject`, `equal_error`, and the curves `points`, `accepts`, `rejects`.

    Raises:
        MynaError: Fewer than two speakers with two recordings each.
    """
    same, different = _trials(embeddings, np.asarray(speakers))
    if not len(same) or not len(different):
        raise MynaError("calibrate needs at least two speakers with two recordings each")
    points = np.round(np.arange(0.30, 1.0, 0.005), 3)
    accepts, rejects = error_rates(same, different, points)
    chosen = int(np.argmax(accepts <= target))
    crossing = int(np.abs(accepts - rejects).argmin())
    return {
        "threshold": float(points[chosen]),
        "false_accept": float(accepts[chosen]),
        "false_reject": float(rejects[chosen]),
        "equal_error": float((accepts[crossing] + rejects[crossing]) / 2),
        "trials": {"same": len(same), "different": len(different)},
        "points": points.tolist(),
        "accepts": accepts.tolist(),
        "rejects": rejects.tolist(),
    }


def _trials(embeddings: np.ndarray, speakers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    same: list[float] = []
    different: list[float] = []
    for name in sorted(set(speakers)):
        own = embeddings[speakers == name]
        if len(own) < 2:
            continue
        total = own.sum(axis=0)
        for row in own:
            rest = total - row
            same.append(float(row @ rest / max(float(np.linalg.norm(rest)), 1e-9)))
        others = embeddings[speakers != name]
        different.extend((others @ (total / max(float(np.linalg.norm(total)), 1e-9))).tolist())
    return np.asarray(same), np.asarray(different)


def plot(result: dict[str, Any], path: Path) -> None:
    """Draw both error rates over the threshold."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6))
    axes.plot(result["points"], result["accepts"], label="strangers refused (FAR)")
    axes.plot(result["points"], result["rejects"], label="protected let through (FRR)")
    axes.axvline(result["threshold"], color="grey", linestyle=":", label=f"threshold {result['threshold']:.3f}")
    axes.set(xlabel="cosine similarity", ylabel="rate")
    axes.legend()
    figure.tight_layout()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
    pyplot.close(figure)


def main(argv: list[str] | None = None) -> int:
    """Run `calibrate DIR` (a folder of sounds, one sub-folder a speaker) or `add NAME FILE…`."""
    parser = argparse.ArgumentParser(prog="python -m myna.safety.protected", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    measure = commands.add_parser("calibrate", help="measure the threshold on a pool of speakers")
    measure.add_argument("directory", type=Path, help="one sub-folder a speaker, or a Kaldi data directory")
    measure.add_argument(
        "--target", type=float, default=0.01, help="share of strangers that may be refused (default 0.01)"
    )
    measure.add_argument("--limit", type=int, default=20, help="recordings a speaker (default 20)")
    measure.add_argument(
        "--out", type=Path, default=Path("exp/safety/protected.json"), help="result; a plot goes beside it"
    )
    measure.add_argument("--set", action="store_true", help="use the threshold for the list of this site")
    put = commands.add_parser("add", help="put a voice on the list of this site")
    put.add_argument("name")
    put.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args(argv)
    try:
        return _calibrate(arguments) if arguments.command == "calibrate" else _add(arguments)
    except MynaError as error:
        print(f"error: {told(error)}", file=sys.stderr)
        return 2


def _calibrate(arguments: argparse.Namespace) -> int:
    from myna.safety.voiceprint import embed_file, speakers_of

    files = speakers_of(arguments.directory, arguments.limit)
    prints = np.stack([embed_file(path) for _, path in files])
    result = calibrate(prints, [speaker for speaker, _ in files], arguments.target)
    atomic_text(arguments.out, json.dumps(result))
    plot(result, arguments.out.with_suffix(".png"))
    if arguments.set:
        known, names, _ = load_list(list_path())
        save_list(list_path(), known, names, result["threshold"])
    print(
        f"threshold {result['threshold']:.3f}: {result['false_accept']:.2%} of strangers refused, "
        f"{result['false_reject']:.2%} of protected voices let through, "
        f"equal error {result['equal_error']:.2%}; {arguments.out}"
    )
    return 0


def _add(arguments: argparse.Namespace) -> int:
    from myna.safety.voiceprint import embed_file

    prints = np.stack([embed_file(path) for path in arguments.files]).mean(axis=0)
    add(list_path(), arguments.name, prints / np.linalg.norm(prints))
    print(f"{arguments.name} is on {list_path()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
