"""Twins of unlucky command lines: to speak, export, clone, look into recordings, verify, handle data directories."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hostile import Bench, Try, run

from myna.safety import consent, records, state, terms

LONG = "a" * 300


def says() -> Iterator[Try]:
    """Arguments of `myna say`."""
    kind = "twins: myna say"
    for speed in ("nan", "inf", "-1", "1e-9", "0", "1,5", ""):
        yield Try(kind, f"speed {speed!r}", lambda b, s=speed: b.say("--speed", s))
    for seed in ("-1", "1.5", "1e3", "٣", " 7", "0x10", str(2**32)):
        yield Try(kind, f"seed {seed!r}", lambda b, s=seed: b.say("--seed", s))
    for threads in ("0", "-2", "65", "many", "1e1"):
        yield Try(kind, f"threads {threads}", lambda b, t=threads: b.say("--threads", t))
    for text in (
        "",
        " ",
        "\0",
        "\u200b\u200b",
        "\u202e",
        "\x1b",
        "...",
        "\ufeff",
        "\udcff\udcfe",
        "<speak></speak>",
    ):
        yield Try(kind, f"text {text!r}", lambda b, t=text: b.say(text=t))
    bombs = '<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><speak>&b;</speak>'
    outside = '<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]><speak>&a;</speak>'
    deep = "<speak>" + "<p>" * 3000 + "Hi."
    for name, text in (("entities", bombs), ("an entity from a file", outside), ("bottomless markup", deep)):
        yield Try(kind, name, lambda b, t=text: b.say(text=t))
    for language in ("", "xx", "en-us;de", "../en", "en\nus", "AUTO,", "1"):
        yield Try(kind, f"language {language!r}", lambda b, code=language: b.say("--language", code))
    outputs: dict[str, Callable[[Bench], str]] = {
        "no name": lambda b: "",
        "this folder": lambda b: ".",
        "a blank end": lambda b: str(b.folder / "x.wav "),
        "a suffix behind": lambda b: str(b.folder / "x.wav.exe"),
        "only a suffix": lambda b: str(b.folder / ".wav"),
        "a device": lambda b: "/dev/full",
        "in a device": lambda b: "/dev/null/x.wav",
        "in the processes": lambda b: "/proc/x.wav",
        "in the kernel": lambda b: "/sys/x.wav",
        "in a file": lambda b: str(b.folder / "honest.wav" / "x.wav"),
        "a NUL": lambda b: str(b.folder / "x\0.wav"),
        "300 letters": lambda b: str(b.folder / f"{LONG}.wav"),
        "a folder of 300 letters": lambda b: str(b.folder / LONG / "x.wav"),
        "a link to a device": lambda b: str(_link(b, "/dev/full")),
        "a pipe": lambda b: str(_pipe(b.folder / "pipe.wav")),
        "a folder": lambda b: str(b.voice.rename(b.folder / "voice.wav") and b.folder / "voice.wav"),
    }
    for name, place in outputs.items():
        yield Try(kind, f"output: {name}", lambda b, p=place: _to(b, p(b)))
    for name in ("x.wav", "x", "x.JSONL", "", f"{LONG}.json"):
        yield Try(kind, f"times {name!r}", lambda b, n=name: b.say("--times", str(b.folder / n)))
    files: dict[str, bytes] = {
        "empty": b"",
        "Latin-1": b"requester: Ren\xe9\n",
        "aliases": b"a: &a [x,x]\nb: *a\n",
        "a tag": b"!!python/object/apply:os.system [touch x]\n",
        "bottomless": b"[" * 50_000,
        "a list": b"- 1\n",
        "too short a duty": b"requester: local\naccepted: 2026-01-01\nreason: x\nduty: x\nterms_sha256: x\n",
    }
    for name, data in files.items():
        yield Try(kind, f"undertaking: {name}", lambda b, d=data: _cue_off(b, d))
    yield Try(kind, "undertaking: a pipe", lambda b: b.say("--cue", "off", "--undertaking", str(_pipe(b.folder / "u"))))
    yield Try(kind, "undertaking: none", lambda b: b.say("--cue", "off"))
    yield Try(kind, "undertaking: somebody else's", lambda b: _cue_off(b, _undertaken("eve").encode()))
    yield Try(kind, "undertaking: other terms", lambda b: _cue_off(b, _undertaken("local", terms_sha256="0").encode()))


def _to(bench: Bench, place: str) -> list[str]:
    voice = bench.folder / "voice.wav" if (bench.folder / "voice.wav").is_dir() else bench.voice
    return ["say", "Hi.", "--voice", str(voice), "-o", place]


def _link(bench: Bench, target: str) -> Path:
    path = bench.folder / "link.wav"
    path.symlink_to(target)
    return path


def _pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def _cue_off(bench: Bench, data: bytes) -> list[str]:
    (bench.folder / "duty.yaml").write_bytes(data)
    return bench.say("--cue", "off", "--undertaking", str(bench.folder / "duty.yaml"))


def _undertaken(requester: str, **changes: str) -> str:
    fields = {"requester": requester, "accepted": "2026-01-01T00:00:00+00:00", "reason": "radio", "duty": terms.DUTY}
    return yaml.safe_dump({**fields, "terms_sha256": "1" * 64, **changes})


def consents() -> Iterator[Try]:
    """Arguments of `myna consent` and `myna audit`."""
    kind = "twins: myna consent, myna audit"
    new = ["--speaker", "ana", "--who", "Ana", "--basis", "own_voice", "--scope", "private"]

    def record(bench: Bench) -> str:
        return str(bench.voice / "consent.yaml")

    lines: dict[str, Callable[[Bench], list[str]]] = {
        "a record that is there": lambda b: ["consent", "new", record(b), *new],
        "a link to a record": lambda b: ["consent", "new", str(_linked_record(b)), *new],
        "no speaker": lambda b: ["consent", "new", str(b.out), *new, "--speaker", ""],
        "who on two lines": lambda b: ["consent", "new", str(b.out), *new, "--who", "Ana\nEve"],
        "who with an escape": lambda b: ["consent", "new", str(b.out), *new, "--who", "\x1b[2J"],
        "an end that is no day": lambda b: ["consent", "new", str(b.out), *new, "--expires", "2026-02-30"],
        "evidence that is a pipe": lambda b: [
            "consent",
            "new",
            str(b.out),
            *new,
            "--evidence",
            str(_pipe(b.folder / "p")),
        ],
        "evidence that is a device": lambda b: ["consent", "new", str(b.out), *new, "--evidence", "/dev/zero"],
        "evidence that is absent": lambda b: ["consent", "new", str(b.out), *new, "--evidence", "absent.pdf"],
        "a clip that is text": lambda b: ["consent", "new", str(b.out), *new, "--clip", record(b)],
        "a place in a file": lambda b: ["consent", "new", f"{record(b)}/x.yaml", *new],
        "an unknown scope": lambda b: ["consent", "new", str(b.out), *new, "--scope", "all"],
        "a key that is a pipe": lambda b: ["consent", "sign", record(b), "--key", str(_pipe(b.folder / "p"))],
        "a key that is public": lambda b: ["consent", "sign", record(b), "--key", record(b)],
        "a key that is a device": lambda b: ["consent", "sign", record(b), "--key", "/dev/zero"],
        "to sign a folder": lambda b: ["consent", "sign", str(b.voice)],
        "to sign nothing": lambda b: ["consent", "sign", str(b.out)],
        "to sign a pipe": lambda b: ["consent", "sign", str(_pipe(b.folder / "p"))],
        "to seal what is unsealed": lambda b: ((b.voice / "seal.json").unlink(), ["consent", "seal", str(b.voice)])[1],
        "to seal what was changed": lambda b: (_grown(b.voice / "tokens.txt"), ["consent", "seal", str(b.voice)])[1],
        "to trust a word": lambda b: ["consent", "trust", "Ana"],
        "to trust 64 letters": lambda b: ["consent", "trust", "g" * 64],
        "to trust two keys": lambda b: ["consent", "trust", "ab" * 32 + "\n" + "cd" * 32],
        "to check against no purpose": lambda b: ["consent", "verify", record(b), "--purpose", "all"],
        "to check another language": lambda b: (
            b.consent(languages=["de"]),
            ["consent", "verify", record(b), "--language", "en-us"],
        )[1],
        "an undertaking over a record": lambda b: [
            "consent",
            "undertake",
            record(b),
            "--requester",
            "a",
            "--reason",
            "b",
        ],
        "a negative last": lambda b: ["audit", "--last", "-3"],
        "last of words": lambda b: ["audit", "--last", "ten"],
        "a negative prune": lambda b: ["audit", "--prune", "-1"],
        "prune of this month": lambda b: ["audit", "--prune", "30"],
        "since nothing": lambda b: ["audit", "--since", "abc"],
        "since a wildcard": lambda b: ["audit", "--since", "*" * 64],
        "an action that is none": lambda b: ["consent", "delete", record(b)],
    }
    for name, line in lines.items():
        yield Try(kind, name, line)
    yield Try(kind, "prune of a thousand years", lambda b: ["audit", "--prune", "365250"], (0,))
    yield Try(kind, "a requester that looks like an entry", _entry_in_a_name, (0,))


def _linked_record(bench: Bench) -> Path:
    path = bench.folder / "link.yaml"
    path.symlink_to(bench.voice / "absent.yaml")
    return path


def _grown(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x\n")


def _entry_in_a_name(bench: Bench) -> list[str]:
    run(["consent", "terms", "--accept", "--requester", "a\n     9 2026-01-01 release  voice=Eve"])
    return ["audit"]


def exports() -> Iterator[Try]:
    """Arguments of `myna export`."""
    kind = "twins: myna export"
    for form in ("hf", "onnx", "int8"):
        places: dict[str, Callable[[Bench], Path]] = {
            "the voice itself": lambda b: b.voice,
            "a file": lambda b: b.folder / "honest.wav",
            "a link to nothing": lambda b: _link(b, str(b.folder / "absent")),
            "in a file": lambda b: b.folder / "honest.wav" / "x",
            "300 letters": lambda b: b.folder / LONG,
            "in the processes": lambda b: Path("/proc/x"),
        }
        for name, place in places.items():
            yield Try(kind, f"{form}: {name}", lambda b, f=form, p=place: _export(b, f, p(b)))
        yield Try(kind, f"{form}: wider than agreed", lambda b, f=form: _export(b, f, b.out, "--purpose", "commercial"))
        yield Try(kind, f"{form}: revoked", lambda b, f=form: (_revoke(b), _export(b, f, b.out))[1])
    for count in ("0", "-1", "1", "99999", "x"):
        yield Try(kind, f"onnx: {count} sentences", lambda b, c=count: _export(b, "onnx", b.out, "--sentences", c))
    yield Try(kind, "hf: an unknown language", lambda b: _export(b, "hf", b.out, "--language", "xx"))
    yield Try(kind, "hf: a speaker that is no voice", lambda b: _export(b, "hf", b.out, "--speaker", "/etc"))


def _export(bench: Bench, form: str, out: Path, *more: str) -> list[str]:
    if form == "hf":
        bench.consent(scope="private")
    return ["export", form, str(bench.voice), str(out), *more]


def _revoke(bench: Bench) -> None:
    bench.consent()
    run(["consent", "revoke", str(bench.voice / "consent.yaml")])


def _recordings(bench: Bench) -> Path:
    """A folder with a sound that holds no speech, for what must be refused before anything is listened to."""
    folder = bench.folder / "recordings"
    folder.mkdir(exist_ok=True)
    soundfile.write(folder / "one.wav", np.zeros(22_050), 22_050)
    return folder


def clones() -> Iterator[Try]:
    """`myna clone`: consents that do not hold, names, places, and recordings that are none."""
    kind = "twins: myna clone"
    today, day = datetime.now(UTC).date(), timedelta(days=1)

    def clone(
        bench: Bench, *more: str, source: Path | None = None, name: str = "Ann", out: Path | None = None
    ) -> list[str]:
        recordings = source or _recordings(bench)
        return ["clone", str(recordings), "--name", name, "-o", str(out or bench.out), *more]

    def signed(bench: Bench, key: Any = None, **fields: Any) -> list[str]:
        record = records.ConsentRecord(**{"speaker": "ann", "basis": "written", "scope": "private", **fields})
        consent.sign(record, key or state.site_key()).save(bench.folder / "form.yaml")
        return ["--consent", str(bench.folder / "form.yaml")]

    def edited(bench: Bench, **fields: Any) -> list[str]:
        words = signed(bench)
        path = Path(words[1])
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | fields))
        return words

    def revoked(bench: Bench) -> list[str]:
        words = signed(bench)
        copy = Path(words[1]).read_bytes()
        run(["consent", "revoke", words[1]])
        Path(words[1]).write_bytes(copy)
        return words

    def gone(bench: Bench) -> list[str]:
        return signed(bench, evidence=records.Evidence(file="absent.pdf", sha256="0" * 64))

    forms: dict[str, Callable[[Bench], list[str]]] = {
        "expired": lambda b: signed(b, expires=today - day),
        "of tomorrow": lambda b: signed(b, issued=today + 2 * day),
        "revoked, an older copy": revoked,
        "another person's": lambda b: signed(b, speaker="eve", who="Eve"),
        "signed by a stranger": lambda b: signed(b, Ed25519PrivateKey.generate()),
        "edited after it was signed": lambda b: edited(b, scope="commercial"),
        "not signed": lambda b: edited(b, signature="", public_key=""),
        "made a licence of another person": lambda b: edited(
            b, basis="licence", signature="", speaker="eve", who="Eve"
        ),
        "its evidence gone": gone,
        "a pipe": lambda b: ["--consent", str(_pipe(b.folder / "p"))],
        "a folder": lambda b: ["--consent", str(b.voice)],
        "a device": lambda b: ["--consent", "/dev/zero"],
        "a word": lambda b: ["--consent", "yes"],
        "own_voice in capitals": lambda b: ["--consent", "OWN_VOICE"],
        "none": lambda b: [],
    }
    for name, words in forms.items():
        yield Try(kind, f"consent: {name}", lambda b, w=words: clone(b, *w(b)))
    own = ("--consent", "own_voice")
    for name in ("", "..", "../../x", "---", "\n", "\x1b[2J", "a\0b", LONG, "\u202e", "a/b"):
        yield Try(kind, f"name {name[:20]!r}", lambda b, n=name: clone(b, *own, name=n))
    for language in ("xx", "", "en-us,create_dataset.consent=own_voice", "${oc.env:HOME}", "../de"):
        yield Try(kind, f"language {language!r}", lambda b, code=language: clone(b, *own, "--language", code))
    yield Try(kind, "a scope that is none", lambda b: clone(b, *own, "--scope", "all"))
    yield Try(kind, "two ways", lambda b: clone(b, *own, "--instant", "--tuned"))
    yield Try(kind, "over a voice", lambda b: clone(b, *own, out=b.voice))
    yield Try(kind, "over a link to nothing", lambda b: clone(b, *own, out=_link(b, str(b.folder / "absent"))))
    for name, place in _sources().items():
        yield Try(kind, f"from {name}", lambda b, p=place: clone(b, *own, source=p(b)))


def inspections() -> Iterator[Try]:
    """`myna inspect` of what is no recording, and pages that cannot be written."""
    kind = "twins: myna inspect"
    for name, place in _sources().items():
        yield Try(kind, f"of {name}", lambda b, p=place: ["inspect", str(p(b))])
    pages: dict[str, Callable[[Bench], str]] = {
        "text": lambda b: str(b.folder / "page.txt"),
        "no suffix": lambda b: str(b.folder / "page"),
        "a sound": lambda b: str(b.folder / "honest.wav"),
    }
    for name, page in pages.items():
        yield Try(kind, f"to {name}", lambda b, p=page: ["inspect", str(_recordings(b)), "-o", p(b)])
    yield Try(kind, "an unknown language", lambda b: ["inspect", str(_recordings(b)), "--language", "xx"])


def _sources() -> dict[str, Callable[[Bench], Path]]:
    def folder(**files: bytes) -> Callable[[Bench], Path]:
        def make(bench: Bench) -> Path:
            place = bench.folder / "given"
            place.mkdir()
            for name, data in files.items():
                (place / name.replace("_", ".")).write_bytes(data)
            return place

        return make

    def looped(bench: Bench) -> Path:
        place = folder()(bench)
        (place / "again").symlink_to(place)
        return place

    def piped(bench: Bench) -> Path:
        place = folder()(bench)
        _pipe(place / "one.wav")
        return place

    def linked(bench: Bench) -> Path:
        place = folder()(bench)
        (place / "one.wav").symlink_to("/dev/zero")
        return place

    return {
        "nothing": lambda b: b.folder / "absent",
        "an empty folder": folder(),
        "a folder that holds itself": looped,
        "a folder with a pipe": piped,
        "a folder with a link to a device": linked,
        "a pipe": lambda b: _pipe(b.folder / "pipe.wav"),
        "a device": lambda b: Path("/dev/zero"),
        "the processes": lambda b: Path("/proc/self/fd"),
        "text named .wav": folder(one_wav=b"hello"),
        "a page named .mp3": folder(one_mp3=b"<html></html>"),
        "an empty file": folder(one_flac=b""),
        "a header alone": folder(
            one_wav=b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x22\x56\0\0\x44\xac\0\0\x02\0\x10\0data\0\0\0\0"
        ),
        "a voice": lambda b: b.voice,
        "a file of a voice": lambda b: b.voice / "tts.safetensors",
        "silence": _recordings,
        "a name of 5,000 letters": lambda b: Path("r" * 5000),
        "a name with a NUL": lambda b: Path("a\0b"),
    }


def verifications() -> Iterator[Try]:
    """`myna verify` of what is no sound."""
    kind = "twins: myna verify of no sound"
    files = {
        "empty.wav": b"",
        "text.wav": b"hello",
        "page.mp3": b"<html>",
        "zeros.flac": bytes(4096),
        "id3.mp3": b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
    }
    files |= {
        "ogg.opus": b"OggS" + bytes(100),
        "atom.m4a": b"\0\0\0\x08ftyp" * 9,
        "riff.wav": b"RIFF\xff\xff\xff\xffWAVE",
    }
    for name, data in files.items():

        def written(bench: Bench, name: str = name, data: bytes = data) -> list[str]:
            (bench.folder / name).write_bytes(data)
            return ["verify", str(bench.folder / name)]

        yield Try(kind, name, written)
    yield Try(kind, "a pipe", lambda b: ["verify", str(_pipe(b.folder / "pipe.wav"))])
    yield Try(kind, "a device", lambda b: ["verify", "/dev/zero"])
    yield Try(kind, "a folder", lambda b: ["verify", str(b.voice)])
    yield Try(kind, "a voice's weights", lambda b: ["verify", str(b.voice / "tts.safetensors")])
    yield Try(kind, "a name with a line end", lambda b: ["verify", "a\nb.wav"])
    yield Try(kind, "a name with a NUL", lambda b: ["verify", "a\0b.wav"])
    yield Try(kind, "a name with an escape", lambda b: ["verify", "\x1b[2Ja.wav"])
    yield Try(kind, "no name", lambda b: ["verify", ""])


def data_directories() -> Iterator[Try]:
    """`myna data`: commands in wav.scp, copies onto themselves, numbers."""
    kind = "twins: myna data"

    def directory(bench: Bench, **tables: str) -> Path:
        place = bench.folder / "data"
        place.mkdir()
        wave = bench.folder / "one.wav"
        soundfile.write(wave, np.zeros(22_050), 22_050)
        honest = {"wav.scp": f"a-1 {wave}\n", "text": "a-1 hello\n", "utt2spk": "a-1 a\n", "spk2utt": "a a-1\n"}
        honest |= {"utt2lang": "a-1 en-us\n", "utt2dur": "a-1 1.00\n", "spk2consent": "a licence evaluation CC0\n"}
        for name, text in (honest | {name.replace("_", "."): text for name, text in tables.items()}).items():
            (place / name).write_text(text.replace("CANARY", str(bench.canary)))
        return place

    pipes = (
        "touch CANARY |",
        "| touch CANARY",
        "$(touch CANARY)",
        "`touch CANARY`",
        "; touch CANARY",
        "/dev/stdin",
        "-",
    )
    for pipe in pipes:
        for action in (["validate"], ["fix"]):
            line = [*action]
            yield Try(
                kind,
                f"{action[0]}: wav.scp says {pipe}",
                lambda b, p=pipe, w=line: ["data", *w, str(directory(b, wav_scp=f"a-1 {p}\n"))],
                (0, 1, 2),
            )
    subsets: dict[str, Callable[[Bench, Path], list[str]]] = {
        "onto itself": lambda b, d: [str(d), str(d), "--first", "1"],
        "onto itself by another way": lambda b, d: [str(d), f"{d}/../data/.", "--first", "1"],
        "onto a link to itself": lambda b, d: [str(d), str(_linked_folder(b, d)), "--first", "1"],
        "none": lambda b, d: [str(d), str(b.out), "--first", "0"],
        "fewer than none": lambda b, d: [str(d), str(b.out), "--first", "-1"],
        "a word": lambda b, d: [str(d), str(b.out), "--first", "one"],
        "of nobody": lambda b, d: [str(d), str(b.out), "--speakers", "eve"],
        "of a pipe": lambda b, d: [str(d), str(b.out), "--utterances", str(_pipe(b.folder / "p"))],
        "of a device": lambda b, d: [str(d), str(b.out), "--utterances", "/dev/zero"],
        "into a file": lambda b, d: [str(d), str(b.folder / "honest.wav"), "--first", "1"],
        "of nothing": lambda b, d: [str(b.folder / "absent"), str(b.out), "--first", "1"],
    }
    for name, words in subsets.items():
        yield Try(kind, f"subset: {name}", lambda b, w=words: ["data", "subset", *w(b, directory(b))])


def _linked_folder(bench: Bench, folder: Path) -> Path:
    path = bench.folder / "other"
    path.symlink_to(folder)
    return path


def all_lines() -> list[Try]:
    """Return every try of this file."""
    makers = (says, consents, exports, clones, inspections, verifications, data_directories)
    return [attempt for maker in makers for attempt in maker()]
