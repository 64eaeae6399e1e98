"""Bad and unlucky inputs through the commands that people use: is each one clear line, status 2, and nothing written?

    python benchmarks/inputs.py [--slow]      # --slow: stage 0 of recipe custom too, through ./run.sh

Most tries call the function behind the command in this process; a few of each kind start the command itself.
"""

import argparse
import contextlib
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import traceback
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[1]
Try = tuple[str, str, Callable[[Path], int]]  # kind, what, what runs it in an empty folder and returns the status

BYTES = {
    "empty": b"",
    "NUL": bytes(64),
    "latin-1": "a caf\xe9\n".encode("latin-1"),
    "utf-16": "a one\n".encode("utf-16"),
    "utf-16 without a mark": "a one\n".encode("utf-16-le"),
    "gbk": "a 今天天气很好\n".encode("gbk"),
    "random": np.random.default_rng(0).bytes(200),
    "one long line": b"x" * 100_000,
    "blank lines": b"\n\n\n",
    "no values": b"a\nb\n",
    "twice the same": b"a 1\na 2\n",
}


def main() -> int:
    """Run every try; returns 1 where one fell short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slow", action="store_true")
    slow = parser.parse_args().slow
    os.environ["MYNA_STATE_DIR"] = tempfile.mkdtemp()
    rows: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for kind, what, run in tries(slow):
        rows[kind].append((what, verdict(run)))
        print(f"{kind}: {what}: {rows[kind][-1][1] or 'good'}", file=sys.stderr, flush=True)
    print("| kind | tried | one line, status 2, nothing written | fell short |")
    print("|---|---|---|---|")
    for kind, results in rows.items():
        bad = [f"{what}: {result}" for what, result in results if result]
        print(f"| {kind} | {len(results)} | {len(results) - len(bad)} | {'; '.join(bad) or '–'} |")
    total, good = sum(map(len, rows.values())), sum(not result for part in rows.values() for _, result in part)
    print(f"| all | {total} | {good} | {total - good} |")
    return int(good < total)


def verdict(run: Callable[[Path], int]) -> str:
    """Return "" for a good refusal, else what was wrong with it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shown = io.StringIO()
        before: list[str] = []
        try:
            with contextlib.redirect_stderr(shown), contextlib.redirect_stdout(io.StringIO()):
                status = run(folder)
                before = sorted(str(path) for path in folder.rglob("out*"))
        except SystemExit as stop:
            status = int(str(stop.code))
        except BaseException:
            return traceback.format_exc().splitlines()[-1]
    lines = shown.getvalue().strip().splitlines()
    if "Traceback" in shown.getvalue():
        return "a traceback"
    if status != 2:
        return f"status {status}"
    if len(lines) != 1:
        return f"{len(lines)} lines"
    return f"wrote {before[0]}" if before else ""


def tries(slow: bool) -> Iterator[Try]:
    """Yield everything that is tried."""
    yield from tables()
    yield from says()
    yield from archives()
    yield from sounds()
    yield from texts()
    yield from recipes()
    if slow:
        yield from commands()


def myna(*arguments: str) -> int:
    """Run a command of Myna in this process."""
    from myna.cli import main as command

    return command(list(arguments))


def guarded(work: Callable[[], object]) -> int:
    """Run a function behind the guard of the command."""
    from myna.cli import _guard

    def command() -> int:
        work()
        return 0

    return _guard(command)


def tables() -> Iterator[Try]:
    """Data directories of which one table holds any bytes, to the commands that read them."""
    sys.path.insert(0, str(ROOT / "tests/kaldi"))
    from kaldi_data import make

    def damaged(folder: Path, name: str, raw: bytes | None) -> int:
        make(folder)
        path = folder / "set" / name
        path.unlink()
        if raw is None:
            os.mkfifo(path)
        else:
            path.write_bytes(raw)
        return myna("data", "subset", str(folder / "set"), str(folder / "out"), "--first", "2")

    def subset(folder: Path, count: str, target: str) -> int:
        make(folder)
        where = folder / "set" if target == "." else folder / target
        return myna("data", "subset", str(folder / "set"), str(where), "--first", count)

    for name in ("wav.scp", "text", "utt2spk", "utt2lang", "utt2dur", "spk2consent"):
        for what, raw in [*BYTES.items(), ("a pipe", None)]:
            # No consent at all is for `validate` to say, and blank lines hold none.
            if (name, what) != ("spk2consent", "empty"):
                yield "Kaldi tables", f"{name}: {what}", lambda f, n=name, r=raw: damaged(f, n, r)
    for count in ("-1", "0", "x", "1e3"):
        yield "Kaldi tables", f"--first {count}", lambda f, c=count: subset(f, c, "out")
    for target in (".", "set", "./set/../set"):
        yield "Kaldi tables", f"subset onto {target}", lambda f, t=target: subset(f, "2", t)


def says() -> Iterator[Try]:
    """Command lines of `myna say`."""
    cases: dict[str, list[str]] = {
        f"--seed {value}": ["--seed", value] for value in ("1e23", "-1", "x", "", "9" * 40, "1.5", "٣", "nan")
    }
    cases |= {f"--speed {value}": ["--speed", value] for value in ("nan", "inf", "0", "-1", "9", "x", "")}
    cases |= {f"--language {value!r}": ["--language", value] for value in ("klingon", "../x", "x" * 500, "\n")}
    cases |= {f"--threads {value}": ["--threads", value] for value in ("0", "-1", "65", "x")}
    names = ("x" * 300 + ".wav", "a.xyz", "nosuffix", ".wav", "a\0.wav", "/", "", "/dev/full", "a.wav.exe")
    cases |= {f"-o {name[:20]!r}": ["-o", name] for name in names}
    voices = ("nowhere", "v" * 300, "v" * 5000, "/dev/null", "\n", os.fsdecode(b"caf\xe9"))
    cases |= {f"--voice {name[:20]!r}": ["--voice", name] for name in voices}
    cases |= {"an unknown option": ["--nothing"], "two texts": ["another"], "--purpose x": ["--purpose", "x"]}
    spoken = {
        what: text for what, text in {"nothing": "", "marks": "…?!", "controls": "\x01\x02", "blanks": " \t"}.items()
    }

    def say(folder: Path, text: str, more: list[str]) -> int:
        (folder / "voice").mkdir()
        (folder / "voice/voice.yaml").write_text("")
        with contextlib.chdir(folder):
            return myna("say", text, "--voice", str(folder / "voice"), "-o", "out.wav", *more)

    def piped(folder: Path, raw: bytes) -> int:
        before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(raw))
        try:
            return say(folder, "-", ["--language", "de"])
        finally:
            sys.stdin = before

    for what, more in cases.items():
        yield "myna say", what, lambda f, m=more: say(f, "hello", m)
    for what, text in spoken.items():
        yield "myna say", f"text: {what}", lambda f, t=text: say(f, t, [])
    for what, raw in {"NUL": b"a\0b\0\1", "endless": b"x" * (17 << 20), "undefined": b"\x81\x8d\x90"}.items():
        yield "myna say", f"standard input: {what}", lambda f, r=raw: piped(f, r)


def archives() -> Iterator[Try]:
    """Damaged archives, as stage 0 unpacks them."""
    from myna.corpora import archives as unpack

    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        member = tarfile.TarInfo("a")
        member.size = 4000
        tar.addfile(member, io.BytesIO(np.random.default_rng(0).bytes(4000)))
    tar_bytes, zipped = raw.getvalue(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", np.random.default_rng(0).bytes(4000))
    header = b"!<arch>\n" + b"data.tar".ljust(48)
    whole = {
        "zip": zipped.getvalue(),
        "tgz": gzip.compress(tar_bytes),
        "txz": lzma.compress(tar_bytes),
        "deb": header + b"%-10d`\n" % len(tar_bytes) + tar_bytes,
    }
    extract = {"zip": unpack.extract_zip, "deb": unpack.extract_deb}

    def run(folder: Path, kind: str, content: bytes) -> int:
        (folder / f"bad.{kind}").write_bytes(content)
        (folder / "in").mkdir()
        work = extract.get(kind, unpack.extract_tar)
        return guarded(lambda: work(folder / f"bad.{kind}", folder / "in", lambda _: True))

    for kind, content in whole.items():
        for share in (0, 1, 10, 30, 50, 80):
            cut = content[: len(content) * share // 100]
            yield "archives", f"{kind} cut to {share} %", lambda f, k=kind, c=cut: run(f, k, c)
        for what, other in BYTES.items():
            yield "archives", f"{kind}: {what}", lambda f, k=kind, c=other: run(f, k, c)
    for size in (b"-60", b"-1", b"x", b"999999", b""):
        content = header + size.ljust(10) + b"`\n" + tar_bytes
        yield "archives", f"deb member of size {size.decode()!r}", lambda f, c=content: run(f, "deb", c)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("zeros", bytes(100 << 20))
    yield "archives", "zip bomb", lambda f: run(f, "zip", bomb.getvalue())


def sounds() -> Iterator[Try]:
    """Recordings that are none, as every stage reads them."""
    from myna.audio.load import load_audio

    noise = np.random.default_rng(0).standard_normal(16_000) * 0.1

    def run(folder: Path, name: str, content: bytes | None) -> int:
        path = folder / name
        if content is None:
            os.mkfifo(path)
        else:
            path.write_bytes(content)
        return guarded(lambda: load_audio(path))

    def made(form: str, samples: np.ndarray = noise, rate: int = 16_000, subtype: str | None = None) -> bytes:
        raw = io.BytesIO()
        soundfile.write(raw, samples, rate, format=form, subtype=subtype)
        return raw.getvalue()

    for form in ("WAV", "AIFF", "FLAC", "OGG", "MP3", "CAF", "AU"):
        whole = made(form)
        for share in (0, 1, 30, 60):
            if (form, share) != ("MP3", 60):  # without a Xing header nobody can know
                cut = whole[: len(whole) * share // 100]
                yield "recordings", f"{form} cut to {share} %", lambda f, n=form, c=cut: run(f, f"a.{n.lower()}", c)
    yield "recordings", "no samples", lambda f: run(f, "a.wav", made("WAV", np.zeros(0)))
    for rate in (1, 100, 3999, 1_000_000):
        yield "recordings", f"{rate} Hz", lambda f, r=rate: run(f, "a.wav", made("WAV", noise, r))
    for value in (np.nan, np.inf, -np.inf):
        odd = np.full(100, value)
        yield "recordings", f"{value}", lambda f, o=odd: run(f, "a.wav", made("WAV", o, subtype="FLOAT"))
    yield "recordings", "a pipe", lambda f: run(f, "a.wav", None)
    for what, raw in BYTES.items():
        yield "recordings", what, lambda f, r=raw: run(f, "a.wav", r)


def texts() -> Iterator[Try]:
    """Folders of recordings whose texts are all of no use, and folders without a recording."""
    from myna.corpora import folder as folders
    from myna.corpora import transcripts

    def find(place: Path, name: str, raw: bytes) -> int:
        soundfile.write(place / "b.wav", np.zeros(100), 8000)
        (place / name).write_bytes(raw)
        return guarded(lambda: transcripts.find(place, folders.scan(place), "de"))

    def alone(place: Path, what: str, raw: bytes) -> int:
        (place / (".x.wav" if what == "hidden" else "a.jpg")).write_bytes(raw)
        return guarded(lambda: folders.scan(place))

    useless = {
        **{k: v for k, v in BYTES.items() if k not in ("empty", "blank lines", "no values")},
        "strangers": b"x|one\ny|two\n",
    }
    for name in ("metadata.csv", "text"):
        for what, raw in useless.items():
            yield "transcripts", f"{name}: {what}", lambda f, n=name, r=raw: find(f, n, r)
    for what, raw in {"a picture": b"\xff\xd8\xff\xe0", "hidden": b"x"}.items():
        yield "transcripts", f"only {what}", lambda f, w=what, r=raw: alone(f, w, r)


def recipes() -> Iterator[Try]:
    """Configurations of recipe custom with a wrong value."""
    quality = [f"create_dataset.quality{tail}" for tail in ("=null", "=5", ".snr_db=x", ".snr_db=null", ".clipped=2")]
    lengths = [
        f"create_dataset.{key}={value}" for key in ("min_seconds", "max_seconds") for value in ("null", "x", "0")
    ]
    others = ["create_dataset=null", "create_dataset=5", "create_dataset.voice=null", "create_dataset.asterisk=null"]
    others += ["create_dataset.pool=x", "create_dataset.scope=x", "create_dataset.minutes_per_speaker=null"]
    others += ["seed=1e23", "seed=-1", "seed=x", "seed=null", "create_dataset.min_seconds=20", "nothing=1", "=", "a b"]
    base = ("recipe", "custom", "--root", str(ROOT), "--stages", "create_dataset")
    for override in (*quality, *lengths, *others):
        yield "recipe custom", override, lambda f, o=override: myna(*base, "--name", "T", "--overrides", o)
    for name in ("x" * 300, "", ".", "..", "a/b", "a\nb", "${x}", "!"):
        yield "recipe custom", f"--name {name[:9]!r}", lambda f, n=name: myna(*base, f"--name={n}")
    yield "recipe custom", "no recipe", lambda f: myna("recipe", "x" * 300, "--root", str(ROOT))


def commands() -> Iterator[Try]:
    """Through the shell."""

    def shell(command: list[str]) -> int:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        print(done.stderr, end="", file=sys.stderr)
        return done.returncode

    lines = (["./run.sh", "--stage", "9"], ["./run.sh", "--recipe", "x"], ["./run.sh", "--target", "nowhere"])
    lines += (["./run.sh", "--name"], ["./run.sh", "--stage", "-1"], ["./run.sh", "--recipe", "../custom"])
    for line in lines:
        yield "./run.sh", " ".join(line[1:]), lambda f, c=line: shell(c)


if __name__ == "__main__":
    sys.exit(main())
