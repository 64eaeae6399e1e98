"""Exports on arm64, which phones are: what they speak there, under qemu, beside what they speak here.

Usage: python benchmarks/arm64.py FOLDER EXPORT... [--cpus cortex-a53 cortex-a76 cortex-a710] [--output exp/arm64]

FOLDER gets an arm64 system (benchmarks/arm64_system.py; 1.5 GB, of Debian's packages and wheels). EXPORT is what
`myna export onnx|int8|mnn|litert VOICE EXPORT` wrote. On each processor the engine speaks three sentences, and for each
ONNX export docs/mobile/host.cpp does, compiled for arm64; the steps of host.hpp are compared with numpy's there. The
processors differ in what products of 8 bits have: cortex-a53 nothing, cortex-a76 dot products, cortex-a710 matrices and
SVE2 as well. Says nothing of speed. Writes `arm64.json` and `arm64.md`; what was spoken is not spoken again.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
import torch
from arm64_system import ROOT, System, ran, system

from myna.audio.mel import log_mel
from myna.deploy.engine import Engine
from myna.deploy.export import gate_sentences
from myna.errors import MynaError
from myna.files import atomic_text
from myna.text.languages import language_number

SPEAK = ROOT / "benchmarks" / "arm64_env" / "speak.py"
HOST = ROOT / "docs" / "mobile" / "host.cpp"
LIBRARY = ROOT / "tests" / "deploy" / "host_shared.cpp"
SENTENCES = 3
HEADS = (
    "export",
    "processor",
    "tokens of other length",
    "mel, largest difference",
    "sound, mean",
    "correlation, least",
)


@dataclass(frozen=True)
class Spoken:
    """A sentence: ids of its tokens `(L,)`, their frames `(L,)`, log-mel `(T, n_mels)` and samples.

    Of host.cpp there is the sound alone.
    """

    wave: np.ndarray
    numbers: np.ndarray | None = None
    durations: np.ndarray | None = None
    mel: np.ndarray | None = None


@dataclass(frozen=True)
class Likeness:
    """How near sentences of one machine are to those of another.

    Attributes:
        moved: Tokens of other length; None where only the sound is known.
        mel: Largest difference of a value of the log-mel; None where lengths differ or only the sound is known.
        sound: Mean distance of the log-mels of the sounds; None where lengths differ.
        correlation: Of the samples, the least of a sentence; None likewise.
    """

    moved: int | None
    mel: float | None
    sound: float | None
    correlation: float | None


def likeness(here: Sequence[Spoken], there: Sequence[Spoken]) -> Likeness:
    """Compare the same sentences of two machines.

    Raises:
        MynaError: They were read differently.
    """
    pairs = list(zip(here, there, strict=True))
    whole = [(a, b) for a, b in pairs if b.durations is not None]
    if any(not np.array_equal(a.numbers, b.numbers) for a, b in whole):
        raise MynaError("the sentences have other symbols there than here")
    moved = int(sum((a.durations != b.durations).sum() for a, b in whole)) if whole else None
    if any(len(a.wave) != len(b.wave) for a, b in pairs) or moved:
        return Likeness(moved, None, None, None)
    return Likeness(
        moved,
        max(float(np.abs(a.mel - b.mel).max()) for a, b in whole) if whole else None,
        float(np.mean([_apart(a.wave, b.wave) for a, b in pairs])),
        min(float(np.corrcoef(a.wave, b.wave)[0, 1]) for a, b in pairs),
    )


def _apart(here: np.ndarray, there: np.ndarray) -> float:
    mels = [log_mel(torch.from_numpy(np.ascontiguousarray(wave, np.float32))) for wave in (here, there)]
    return float((mels[0] - mels[1]).abs().mean())


def read(path: Path) -> list[Spoken]:
    """Read what arm64_env/speak.py wrote."""
    with np.load(path) as found:
        count = sum(name.startswith("wave_") for name in found)
        kinds = ("wave", "numbers", "durations", "mel")
        return [Spoken(*(found[f"{kind}_{number}"] for kind in kinds)) for number in range(count)]


class Bench:
    """Lets exports speak here and there.

    Args:
        arm: The arm64 system.
        output: Gets what was spoken.
    """

    def __init__(self, arm: System, output: Path) -> None:
        """Make the folder."""
        self.arm, self.output = arm, output.resolve()
        self.output.mkdir(parents=True, exist_ok=True)
        sources = (HOST, HOST.with_suffix(".hpp"), LIBRARY)
        self.source = sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]

    def engine(self, export: Path, cpu: str | None) -> list[Spoken]:
        """Let the engine speak, here (no processor) or there."""
        loaded = Engine.load(export)
        out = self.output / f"{export.name}-{loaded.pack_id[:12]}-{cpu or 'here'}.npz"
        if not out.exists():
            sentences = sorted(gate_sentences(loaded.config.language, 12), key=len)[:SENTENCES]
            job = self._job(out.stem, export=str(export), sentences=sentences, out=str(out))
            if cpu:
                self.arm.python(cpu, SPEAK, job)
            else:
                ran([sys.executable, SPEAK, job], {"PYTHONPATH": ROOT / "plugins"})
        return read(out)

    def program(self, export: Path, cpu: str, here: Sequence[Spoken]) -> list[Spoken]:
        """Let docs/mobile/host.cpp speak the same ids there."""
        program, loaded = self._program(), Engine.load(export)
        spoken = []
        for number, sentence in enumerate(here):
            out = self.output / f"{export.name}-{loaded.pack_id[:12]}-{self.source}-{cpu}-{number}.wav"
            if not out.exists():
                words = [export, str(language_number(loaded.config.language)), out, *map(str, sentence.numbers)]
                self.arm.run(cpu, program, *words, LD_LIBRARY_PATH=program.parent)
            spoken.append(Spoken(soundfile.read(out, dtype="float32")[0]))
        return spoken

    def steps(self, export: Path, cpu: str) -> None:
        """Compare the steps of host.hpp with numpy's there.

        Raises:
            MynaError: One differs.
        """
        library = self.output / f"libhost-{self.source}.so"
        if not library.exists():
            self.arm.compiled(library, "-shared", "-fPIC", "-I", HOST.parent, LIBRARY)
        done = self.output / f"steps-{self.source}-{cpu}"
        if not done.exists():
            self.arm.python(cpu, SPEAK, self._job(done.name, export=str(export), library=str(library)))
            done.touch()

    def _program(self) -> Path:
        """Compile host.cpp against the library of the wheel and Debian's headers, which are of an older interface."""
        program = self.output / f"host-{self.source}"
        if not program.exists():
            library = next((self.arm.site / "onnxruntime/capi").glob("libonnxruntime.so.*"))
            name = self.output / "libonnxruntime.so.1"
            name.unlink(missing_ok=True)
            name.symlink_to(library)
            self.arm.compiled(program, "-I", self.arm.root / "usr/include/onnxruntime", HOST, name)
        return program

    def _job(self, name: str, **job: object) -> Path:
        path = self.output / f"{name}.json"
        atomic_text(path, json.dumps(job))
        return path


def measured(bench: Bench, exports: Sequence[Path], cpus: Sequence[str]) -> list[tuple[str, str, Likeness]]:
    """Measure everything: export or program, processor, likeness."""
    found = []
    for export in exports:
        here = bench.engine(export, None)
        for cpu in cpus:
            found.append((export.name, cpu, likeness(here, bench.engine(export, cpu))))
            print(row(*found[-1]), flush=True)
            if (export / "text.onnx").exists():
                bench.steps(export, cpu)
                found.append((f"{export.name}, host.cpp", cpu, likeness(here, bench.program(export, cpu, here))))
                print(row(*found[-1]), flush=True)
    return found


def row(name: str, cpu: str, found: Likeness) -> str:
    """Write a row of the table."""
    cells = [name, cpu, "–" if found.moved is None else str(found.moved)]
    cells += [_shown(found.mel, ".1g"), _shown(found.sound, ".1g"), _shown(found.correlation, ".6f")]
    return "| " + " | ".join(cells) + " |"


def _shown(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("exports", type=Path, nargs="+")
    parser.add_argument("--cpus", nargs="+", default=["cortex-a53", "cortex-a76", "cortex-a710"])
    parser.add_argument("--output", type=Path, default=Path("exp/arm64"))
    arguments = parser.parse_args()
    bench = Bench(system(arguments.folder), arguments.output)
    found = measured(bench, [export.resolve() for export in arguments.exports], arguments.cpus)
    rows = [{"export": name, "cpu": cpu, **asdict(one)} for name, cpu, one in found]
    result = {"date": datetime.now(UTC).date().isoformat(), "rows": rows}
    atomic_text(bench.output / "arm64.json", json.dumps(result, indent=1) + "\n")
    lines = ["| " + " | ".join(HEADS) + " |", "|---" * len(HEADS) + "|", *(row(*one) for one in found)]
    atomic_text(bench.output / "arm64.md", "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
