"""Fresh twins of every kind of fault that was found: voices, consents, lists and logs, and the commands around them.

Labels in all containers are in `hostile_labels.py`, command lines and recordings in `hostile_lines.py`.
"""

import json
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from hostile import Bench, Try, run
from safetensors.numpy import load_file, save_file

from myna.safety import audit, protected, records, seal

VITS = "myna.networks.tts.vits_mel.VitsMel"
RUNS = {"_target_": "os.system", "command": "touch CANARY"}


def trying(kind: str, name: str, change: Callable[[Bench], Any], *more: str, sealed: bool = True) -> Try:
    """Make a try that changes a voice, seals it if wanted, and speaks."""

    def prepare(bench: Bench) -> list[str]:
        change(bench)
        if sealed:
            bench.seal()
        return bench.say(*more)

    return Try(kind, name, prepare)


def _with(**fields: Any) -> Callable[[Bench], None]:
    def change(bench: Bench) -> None:
        text = json.dumps(fields).replace("CANARY", str(bench.canary))
        bench.describe(**json.loads(text))

    return change


def _tts(**more: Any) -> Callable[[Bench], None]:
    from toy_voice import TTS

    return _with(tts={"_target_": VITS, **TTS, **more})


def classes() -> Iterator[Try]:
    """`_target_` in places where nobody would look, and names that are nearly in the registry."""
    kind = "twins: classes in nested places, names nearly right"
    places: dict[str, Callable[[Bench], None]] = {
        "in a default": _with(defaults={"noise_scale": RUNS}),
        "the defaults themselves": _with(defaults=RUNS),
        "the name": _with(name=RUNS),
        "in a list of an argument": _tts(layers=[RUNS]),
        "three levels down": _tts(layers={"a": {"b": RUNS}}),
        "hydra's arguments": _tts(_args_=[1]),
        "hydra's recursion": _tts(_recursive_=True),
        "hydra's partial": _tts(_partial_=True),
        "hydra's conversion": _tts(_convert_="all"),
        "an interpolation": _tts(layers="${oc.env:HOME}"),
        "a resolver": _with(name="${oc.create:{_target_:os.system}}", tts={"_target_": "${oc.env:HOME}"}),
        "a Cyrillic letter": _with(tts={"_target_": VITS.replace("Mel", "M\u0435l")}),
        "another case": _with(tts={"_target_": VITS.lower()}),
        "a blank behind": _with(tts={"_target_": VITS + " "}),
        "a line end behind": _with(tts={"_target_": VITS + "\n"}),
        "a method of it": _with(tts={"_target_": VITS + ".load_state_dict"}),
        "its module's import": _with(tts={"_target_": "myna.networks.tts.vits_mel.torch.load"}),
        "a vocoder for a model": _with(tts={"_target_": "myna.networks.vocoder.istft.IstftVocoder"}),
        "a model for a vocoder": _with(vocoder={"_target_": VITS}),
        "an encoder for a vocoder": _with(vocoder={"_target_": "myna.networks.speaker.cnn.ConvEncoder"}),
        "a front end for a model": _with(tts={"_target_": "myna.text.espeak_text.EspeakText"}),
        "a model for a front end": _with(text={"_target_": VITS}),
        "a front end with a path": _with(
            text={"_target_": "myna.text.espeak_text.EspeakText", "lexicon": "/etc/passwd"}
        ),
        "a discriminator": _with(tts={"_target_": "myna.networks.vocoder.discriminator.MultiSpectrumDiscriminator"}),
        "a torch optimiser": _with(vocoder={"_target_": "torch.optim.AdamW", "lr": 1}),
        "two targets": _tts(__target__="os.system"),
        "a key that is a number": lambda bench: _append(bench, b"7: 8\n"),
    }
    for name, change in places.items():
        yield trying(kind, name, change)


def _append(bench: Bench, data: bytes) -> None:
    path = bench.voice / "voice.yaml"
    path.write_bytes(path.read_bytes() + data)


def _yaml(change: Callable[[bytes], bytes]) -> Callable[[Bench], None]:
    def rewrite(bench: Bench) -> None:
        path = bench.voice / "voice.yaml"
        path.write_bytes(change(path.read_bytes()).replace(b"CANARY", str(bench.canary).encode()))

    return rewrite


def yamls() -> Iterator[Try]:
    """YAML whose form is legal somewhere and means something else."""
    kind = "twins: YAML"
    forms: dict[str, Callable[[bytes], bytes]] = {
        "a merge key": lambda d: d + b"<<: {name: Eve}\n",
        "an anchor that is used": lambda d: d + b"a: &x 1\nb: *x\n",
        "a key twice, once escaped": lambda d: d + b'"n\\x61me": Eve\n',
        "two documents": lambda d: d + b"---\nname: Eve\n",
        "a document end and more": lambda d: d + b"...\nname: Eve\n",
        "a version that is none": lambda d: b"%YAML 9.9\n---\n" + d,
        "a tag of its own": lambda d: (
            b"%TAG ! tag:yaml.org,2002:python/\n---\nname: !object/apply:os.system [touch CANARY]\n"
        ),
        "a binary name": lambda d: d.replace(b"name: Ana", b"name: !!binary QW5h"),
        "a set": lambda d: d.replace(b"name: Ana", b"name: !!set {Ana}"),
        "a time for a name": lambda d: d.replace(b"name: Ana", b"name: 2026-11-25"),
        "no for a language": lambda d: d.replace(b"language: en-us", b"language: no"),
        "a time for a rate": lambda d: d.replace(b"22050", b"22:50"),
        "a real rate": lambda d: d.replace(b"22050", b"22050.0"),
        "a key that is a list": lambda d: d + b"? [a, b]\n: c\n",
        "a key that is a mapping": lambda d: d + b"? {a: b}\n: c\n",
        "tabs": lambda d: b"\tname: Ana\n",
        "a lone surrogate": lambda d: d.replace(b"name: Ana", b'name: "\\ud800"'),
        "an escape in the name": lambda d: d.replace(b"name: Ana", b'name: "\\e[2JAna"'),
        "two lines in the name": lambda d: d.replace(b"name: Ana", b'name: "Ana\\n  1 2026-01-01 release"'),
        "a name that turns round": lambda d: d.replace(b"name: Ana", b'name: "\\u202eanA"'),
        "UTF-32": lambda d: d.decode().encode("utf-32"),
        "a thousand levels by lines": lambda d: d + b"".join(b" " * n + b"a:\n" for n in range(1000)),
        "a comment alone": lambda d: b"# nothing\n",
        "a bell": lambda d: d + b"\x07",
        "a number of a million digits": lambda d: d.replace(b"22050", b"1" * 200_000),
        "quotes without end": lambda d: d + b'"',
    }
    for name, change in forms.items():
        yield trying(kind, name, _yaml(change))


def _header(change: Callable[[dict[str, Any]], Any], pad: int = 0, tail: bytes = b"") -> Callable[[Bench], None]:
    """Rewrite the header of the model's weights; the tensors stay."""

    def rewrite(bench: Bench) -> None:
        path = bench.voice / "tts.safetensors"
        data = path.read_bytes()
        length = int.from_bytes(data[:8], "little")
        changed = change(json.loads(data[8 : 8 + length]))
        text = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
        path.write_bytes((len(text) + pad).to_bytes(8, "little") + text + b" " * pad + data[8 + length :] + tail)

    return rewrite


def _first(header: dict[str, Any], **fields: Any) -> dict[str, Any]:
    name = next(key for key in header if key != "__metadata__")
    return {**header, name: {**header[name], **fields}}


def weights() -> Iterator[Try]:
    """Headers of safetensors that lie."""
    kind = "twins: safetensors"
    lies: dict[str, Callable[[Bench], None]] = {
        "a type that is none": _header(lambda h: _first(h, dtype="F7")),
        "another type": _header(lambda h: _first(h, dtype="I8")),
        "a negative size": _header(lambda h: _first(h, shape=[-1, 4])),
        "a size beyond 64 bits": _header(lambda h: _first(h, shape=[2**70])),
        "sizes whose product overflows": _header(lambda h: _first(h, shape=[2**33, 2**33])),
        "a terabyte of nothing": _header(lambda h: _first(h, shape=[0, 2**40])),
        "a real size": _header(lambda h: _first(h, shape=[1.5])),
        "no size": _header(lambda h: _first(h, shape=None)),
        "offsets turned round": _header(lambda h: _first(h, data_offsets=[64, 0])),
        "negative offsets": _header(lambda h: _first(h, data_offsets=[-64, 0])),
        "offsets behind the end": _header(lambda h: _first(h, data_offsets=[2**40, 2**40 + 64])),
        "one offset": _header(lambda h: _first(h, data_offsets=[0])),
        "everything at the same place": _header(
            lambda h: {k: {**v, "data_offsets": [0, 64]} if k != "__metadata__" else v for k, v in h.items()}
        ),
        "a tensor more": _header(lambda h: {**h, "more": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}),
        "metadata that are a list": _header(lambda h: {**h, "__metadata__": ["x"]}),
        "metadata that name a class": _header(
            lambda h: {**h, "__metadata__": {"_target_": "os.system", "a": {"b": 1}}}
        ),
        "a header that is a list": _header(lambda h: [h]),
        "a header that is a word": _header(lambda h: b'"weights"'),
        "a header that is empty": _header(lambda h: {}),
        "a key twice": _header(lambda h: json.dumps(h).encode()[:-1] + b', "a": 1, "a": 2}'),
        "a name of 100,000 letters": _header(lambda h: {**h, "a" * 100_000: _first(h)}),
        "bytes behind the end": _header(lambda h: h, tail=b"more"),
        "a header of NUL": _header(lambda h: bytes(400)),
        "a header in UTF-16": _header(lambda h: json.dumps(h).encode("utf-16")),
        "a zip": lambda bench: _zip(bench.voice / "tts.safetensors"),
    }
    for name, change in lies.items():
        yield trying(kind, name, change)


def _zip(path: Path) -> None:
    path.unlink()
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("archive/data.pkl", b"cos\nsystem\n(S'touch x'\ntR.")


def packs() -> Iterator[Try]:
    """What lies around a voice: links, folders, archives, names."""
    kind = "twins: packs, links, names"

    def given(name: str, make: Callable[[Bench], Path]) -> Try:
        return Try(kind, name, lambda bench: ["say", "Hi.", "--voice", str(make(bench)), "-o", str(bench.out)])

    def moved(bench: Bench, target: Path) -> Path:
        pack = bench.folder / "pack"
        pack.mkdir()
        (pack / "voice").symlink_to(target)
        return pack

    def hard_link(bench: Bench) -> Path:
        twin = bench.folder / "twin"
        os.link(bench.voice / "tts.safetensors", twin)
        with open(twin, "r+b") as stream:
            stream.seek(-4, 2)
            stream.write(b"\1\2\3\4")
        return bench.voice

    def zipped(bench: Bench) -> Path:
        return Path(shutil.make_archive(str(bench.folder / "voice"), "zip", bench.voice))

    def tarred(bench: Bench) -> Path:
        path = bench.folder / "voice.tar"
        with tarfile.open(path, "w") as tar:
            tar.add(bench.voice, "voice")
        return path

    def beside(name: str) -> Callable[[Bench], Path]:
        def make(bench: Bench) -> Path:
            (bench.voice / name).write_bytes(b"x")
            return bench.voice

        return make

    def many(bench: Bench) -> Path:
        for number in range(300):
            (bench.voice / f"{number}.txt").write_bytes(b"x")
        return bench.voice

    def loop(bench: Bench) -> Path:
        path = bench.folder / "loop"
        path.symlink_to(path)
        return path

    def device(bench: Bench) -> Path:
        (bench.voice / "tokens.txt").unlink()
        (bench.voice / "tokens.txt").symlink_to("/dev/zero")
        return bench.voice

    def table(bench: Bench) -> Path:
        (bench.voice / "tokens.txt").unlink()
        (bench.voice / "tokens.txt").symlink_to("/etc/passwd")
        return bench.voice

    def seal_elsewhere(bench: Bench) -> Path:
        content = json.loads((bench.voice / seal.NAME).read_text())
        content["files"] = {f"../voice/{name}": value for name, value in content["files"].items()}
        (bench.voice / seal.NAME).write_text(json.dumps(content))
        return bench.voice

    def two_file_lists(bench: Bench) -> Path:
        text = (bench.voice / seal.NAME).read_text()
        (bench.voice / seal.NAME).write_text(text.replace("{", '{"files": {"x": "y"}, ', 1))
        (bench.voice / "tokens.txt").write_text("_\n")
        return bench.voice

    yield given("a pack whose voice lies elsewhere, in a folder of the system", lambda b: moved(b, Path("/etc")))
    yield given("a pack whose voice is a loop", lambda b: moved(b, b.folder / "pack" / "voice"))
    yield given("weights changed through a hard link", hard_link)
    yield given("a zip", zipped)
    yield given("a tar", tarred)
    for name in (
        "Voice.yaml",
        "SEAL.JSON",
        "consent.yaml ",
        "a\nb",
        "\x1b[2J",
        "..voice.yaml",
        ".hidden",
        "tokens.txt~",
    ):
        yield given(f"a file {name!r} more", beside(name))
    yield given("300 files more", many)
    yield given("a link to itself", loop)
    yield given("tokens from a device", device)
    yield given("tokens from the system", table)
    yield given("a seal over files elsewhere", seal_elsewhere)
    yield given("a seal with two lists", two_file_lists)
    yield given("a file for a voice", lambda b: b.voice / "voice.yaml")
    yield given("a device for a voice", lambda b: Path("/dev/zero"))
    yield given("the processes for a voice", lambda b: Path("/proc/self"))
    yield given("no name", lambda b: Path(""))
    yield given("a name of 5,000 letters", lambda b: Path("v" * 5000))
    yield given("a name with a line end", lambda b: Path("Ana\nEve"))


def texts_of_voices() -> Iterator[Try]:
    """Token lists and lexicons that nobody could have written by mistake."""
    kind = "twins: tokens and lexicon"
    files: dict[str, tuple[str, bytes]] = {
        "Latin-1": ("tokens.txt", b"_\n^\n$\n\xe9\n"),
        "UTF-16": ("tokens.txt", "_\n^\n$\na\n".encode("utf-16")),
        "no end mark": ("tokens.txt", b"_\n^\na\n"),
        "NUL": ("tokens.txt", b"_\n^\n$\n\0\n\0\n"),
        "CRLF": ("tokens.txt", b"_\r\n^\r\n$\r\n"),
        "9 MB": ("tokens.txt", b"a" * (9 << 20)),
        "a lexicon of NUL": ("lexicon.txt", bytes(100)),
        "a lexicon without sounds": ("lexicon.txt", b"hello\n"),
        "a lexicon in UTF-16": ("lexicon.txt", "hello\thəloʊ\n".encode("utf-16")),
    }
    for name, (file, data) in files.items():
        yield trying(kind, name, lambda bench, f=file, d=data: (bench.voice / f).write_bytes(d))


def consents() -> Iterator[Try]:
    """Consents, edited and sealed by a site that is trusted: the record itself must be refused."""
    kind = "twins: consents"
    today, day = datetime.now(UTC).date(), timedelta(days=1)

    def evidence(place: str, digest: str = "0" * 64) -> Callable[[Bench], None]:
        def make(bench: Bench) -> None:
            bench.consent()
            path = place.replace("HERE", str(bench.folder))
            bench.consent(evidence=records.Evidence(file=path, sha256=digest))

        return make

    def pipe(bench: Bench) -> None:
        os.mkfifo(bench.folder / "form")
        evidence("HERE/form")(bench)

    def revoked(record_id: str) -> Callable[[Bench], None]:
        def make(bench: Bench) -> None:
            bench.agree(id=record_id, basis="licence", scope="evaluation", signature="", public_key="")
            run(["consent", "revoke", str(bench.voice / "consent.yaml")])
            bench.agree(revoked=None, signature="", public_key="")

        return make

    def clock_back(bench: Bench) -> None:
        bench.consent(expires=today + 300 * day)
        later, audit._now = audit._now, lambda: datetime.now(UTC) + timedelta(days=700)
        try:
            audit.append(audit.Entry(event="terms"))
        finally:
            audit._now = later

    def pasted(bench: Bench) -> None:
        bench.consent(scope="commercial")
        other = records.load(bench.voice / "consent.yaml")
        bench.consent(scope="private")
        bench.agree(signature=other.signature, scope="commercial")

    def own_key(bench: Bench) -> None:
        bench.consent()
        bench.agree(public_key="ab" * 32)

    edits: dict[str, Callable[[Bench], Any]] = {
        "a scope in capitals": lambda b: b.agree(scope="Commercial"),
        "two scopes": lambda b: b.agree(scope=["evaluation", "commercial"]),
        "a basis in two words": lambda b: b.agree(basis="own voice"),
        "languages in a word": lambda b: b.agree(languages="en-us"),
        "a language that is a number": lambda b: b.agree(languages=[1]),
        "an end that is no day": lambda b: b.agree(expires="2026-02-30"),
        "an end with a time": lambda b: b.agree(expires="2020-01-01T00:00:01"),
        "an end before the beginning of time": lambda b: b.agree(expires=-(10**12)),
        "an end in seconds": lambda b: b.agree(expires=1_000_000_000),
        "dated the day after tomorrow": lambda b: b.agree(issued=str(today + 2 * day)),
        "revoked in the future": lambda b: b.agree(revoked=str(today + 300 * day)),
        "who with an escape": lambda b: b.agree(who="\x1b]0;Ana\x07"),
        "who on two lines": lambda b: b.agree(who="Ana\nallows commercial"),
        "a licence that turns round": lambda b: b.agree(licence="\u202e0CC"),
        "an id of two words, revoked": revoked("abc def"),
        "an id with a line end, revoked": revoked("abc\ndef"),
        "an empty id, revoked": revoked(""),
        "an id that is revoked, and the date taken off": revoked("a" * 32),
        "an id with another case": lambda b: b.agree(id=["x"]),
        "evidence that never ends": evidence("/proc/kmsg"),
        "evidence that is a device": evidence("/dev/zero"),
        "evidence that is a folder": evidence("HERE"),
        "evidence that is a pipe": pipe,
        "evidence with a name of 5,000 letters": evidence("x" * 5000),
        "evidence with a NUL": evidence("x\0y"),
        "evidence that is empty": evidence("HERE/voice/tokens.txt"),
        "evidence with a short hash": lambda b: b.agree(evidence={"file": "x", "sha256": "00"}),
        "the signature of another record": pasted,
        "the key of somebody else": own_key,
        "a clock set back": clock_back,
    }
    for name, change in edits.items():
        yield trying(kind, name, lambda bench, c=change: (c(bench), _seal_by_hand(bench)), sealed=False)
    yield trying(kind, "private use of an evaluation", lambda b: None, "--purpose", "private")
    yield trying(
        kind, "commercial use of a publication", lambda b: b.consent(scope="publish"), "--purpose", "commercial"
    )
    tongues = {
        "Japanese in English": ("Hello. こんにちは、元気ですか。",),
        "Hindi in English": ("Hello there. नमस्ते मेरे प्यारे दोस्तों।",),
        "Cyrillic in English": ("Hello there. Здравствуйте, как ваши дела?",),
        "the language of the document": ('<speak xml:lang="fr-FR">Bonjour à tous.</speak>',),
        "the language of a paragraph": ('<speak>Hi.<p xml:lang="es-ES">Buenos días a todos.</p></speak>',),
        "the language of a voice": ('<speak>Hi. <voice xml:lang="it-IT">Buongiorno a tutti quanti.</voice></speak>',),
        "two levels of languages": (
            '<speak><lang xml:lang="en-US">Hi <lang xml:lang="de-DE">Guten Tag.</lang></lang></speak>',
        ),
        "an alias in capitals": ("Bonjour.", "--language", "FR"),
        "a language with a blank": ("Bonjour.", "--language", " fr-fr "),
        "French that is found": ("Bonjour à tous, comment allez-vous aujourd'hui ?", "--language", "auto"),
    }
    for name, (text, *more) in tongues.items():
        yield Try(kind, name, lambda b, t=text, m=more: (b.consent(languages=["en-us"]), b.say(*m, text=t))[1])


def _seal_by_hand(bench: Bench) -> None:
    """Seal as a trusted site would that has no scruples: `myna consent seal` would refuse a broken record."""
    import hashlib

    content = json.loads((bench.voice / seal.NAME).read_text())
    data = (bench.voice / "consent.yaml").read_bytes()
    content["files"]["consent.yaml"] = hashlib.sha256(data).hexdigest()
    content.pop("signature")
    signature = seal.sign(seal.site_key(), content)
    (bench.voice / seal.NAME).write_text(json.dumps({**content, "signature": signature}))


def protections() -> Iterator[Try]:
    """A protected person by every way out, and lists that would let everybody pass."""
    kind = "twins: a protected voice"

    def listed(bench: Bench) -> np.ndarray:
        own = load_file(bench.voice / "speaker.safetensors")["embedding"]
        protected.add(protected.list_path(), "somebody", own)
        return own

    def scaled(factor: float, kept: Any) -> Callable[[Bench], None]:
        def change(bench: Bench) -> None:
            save_file({"embedding": (listed(bench) * factor).astype(kept)}, bench.voice / "speaker.safetensors")

        return change

    def second(bench: Bench) -> None:
        rng = np.random.default_rng(0)
        for number in range(20):
            protected.add(protected.list_path(), f"other {number}", rng.standard_normal(256).astype(np.float32))
        listed(bench)

    yield trying(kind, "100 times as long", scaled(100.0, np.float32))
    yield trying(kind, "a hundredth as long", scaled(0.01, np.float32))
    yield trying(kind, "in 16 bits", scaled(1.0, np.float16))
    yield trying(kind, "in 64 bits", scaled(1.0, np.float64))
    yield trying(kind, "one of many", second)
    for form in ("onnx", "int8"):
        yield Try(kind, f"export {form}", lambda b, f=form: (listed(b), ["export", f, str(b.voice), str(b.out)])[1])

    def pack(bench: Bench) -> list[str]:
        listed(bench)
        (bench.folder / "pack").mkdir()
        (bench.folder / "voice").rename(bench.folder / "pack" / "voice")
        return ["say", "Hi.", "--voice", str(bench.folder / "pack"), "-o", str(bench.out)]

    yield Try(kind, "as a pack", pack)
    one = np.ones((1, 256), np.float32)

    def written(**content: Any) -> Callable[[Bench], None]:
        return lambda bench: np.savez(protected.list_path(), **content)

    def cut(bench: Bench) -> None:
        listed(bench)
        path = protected.list_path()
        path.write_bytes(path.read_bytes()[:400])

    lists: dict[str, Callable[[Bench], Any]] = {
        "a list of NaN": written(embeddings=one * np.nan, names=np.array(["x"]), threshold=0.79),
        "a list of infinity": written(embeddings=one * np.inf, names=np.array(["x"]), threshold=0.79),
        "a limit of 7": written(embeddings=one, names=np.array(["x"]), threshold=7.0),
        "a limit of NaN": written(embeddings=one, names=np.array(["x"]), threshold=np.nan),
        "a limit that is a word": written(embeddings=one, names=np.array(["x"]), threshold="high"),
        "a limit that is a list": written(embeddings=one, names=np.array(["x"]), threshold=[0.7, 0.8]),
        "prints that are words": written(embeddings=np.array([["x"]]), names=np.array(["x"]), threshold=0.79),
        "prints that are pickled": written(embeddings=np.array([{}], object), names=np.array(["x"]), threshold=0.79),
        "more names than prints": written(embeddings=one, names=np.array(["x", "y"]), threshold=0.79),
        "prints of another encoder": written(embeddings=one[:, :192], names=np.array(["x"]), threshold=0.79),
        "no names": written(embeddings=one, threshold=0.79),
        "a list that was cut": cut,
        "an empty list": lambda bench: protected.list_path().write_bytes(b""),
        "a list that is text": lambda bench: protected.list_path().write_text("nobody"),
        "a list that is a folder": lambda bench: protected.list_path().mkdir(),
    }
    for name, change in lists.items():
        yield trying(kind, name, change, sealed=False)


def states() -> Iterator[Try]:
    """The state folder after bad luck or a clumsy hand; asked with `myna audit` or a release."""
    kind = "twins: log, keys and lists of the state folder"

    def state_file(name: str, data: bytes | Callable[[bytes], bytes]) -> Callable[[Bench], None]:
        def make(bench: Bench) -> None:
            path = bench.folder / "state" / name
            old = path.read_bytes() if path.exists() else b""
            path.write_bytes(data(old) if callable(data) else data)

        return make

    def folder(name: str) -> Callable[[Bench], None]:
        def make(bench: Bench) -> None:
            (bench.folder / "state" / name).unlink(missing_ok=True)
            (bench.folder / "state" / name).mkdir()

        return make

    def pipe(name: str) -> Callable[[Bench], None]:
        def make(bench: Bench) -> None:
            (bench.folder / "state" / name).unlink(missing_ok=True)
            os.mkfifo(bench.folder / "state" / name)

        return make

    def two(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Bench], None]:
        def make(bench: Bench) -> None:
            audit.append(audit.Entry(event="terms"))
            path = bench.folder / "state" / "audit.jsonl"
            path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))

        return make

    def another_site(*names: str) -> Callable[[Bench], None]:
        def make(bench: Bench) -> None:
            here, there = bench.folder / "state", bench.folder / "elsewhere"
            os.environ["MYNA_STATE_DIR"] = str(there)
            audit.append(audit.Entry(event="release"))
            os.environ["MYNA_STATE_DIR"] = str(here)
            for name in names:
                shutil.copy(there / name, here / name)

        return make

    def anchor(place: str, data: bytes | None) -> Callable[[Bench], None]:
        def make(bench: Bench) -> None:
            path = bench.folder / place
            os.environ["MYNA_AUDIT_ANCHOR"] = str(path)
            if data is not None:
                path.write_bytes(data)

        return make

    def anchored_elsewhere(bench: Bench) -> None:
        state = bench.folder / "state"
        os.environ["MYNA_AUDIT_ANCHOR"] = str(bench.folder / "anchor")
        shutil.copytree(state, bench.folder / "copy")
        audit.append(audit.Entry(event="release"))
        shutil.rmtree(state)
        (bench.folder / "copy").rename(state)

    edits: dict[str, Callable[[Bench], None]] = {
        "a letter in Latin-1 in the log": state_file("audit.jsonl", lambda d: d.replace(b"Ana", b"An\xe9")),
        "a line end of another system": state_file("audit.jsonl", lambda d: d.replace(b"\n", b"\r\n")),
        "an empty line": state_file("audit.jsonl", lambda d: b"\n" + d),
        "a field more": state_file("audit.jsonl", lambda d: d.replace(b'"number"', b'"x": 1, "number"')),
        "a field twice": state_file(
            "audit.jsonl", lambda d: d.replace(b'"voice": "Ana"', b'"voice": "Ana", "voice": "Eve"')
        ),
        "entries exchanged": two(lambda lines: lines[::-1]),
        "the first entry gone": two(lambda lines: lines[1:]),
        "an entry put in": two(lambda lines: [lines[0], lines[0], lines[1]]),
        "a log of zeros": two(lambda lines: [bytes(sum(map(len, lines)))]),
        "a log that is a folder": folder("audit.jsonl"),
        "a head in UTF-16": state_file("audit.head", lambda d: d.decode().encode("utf-16")),
        "a head of NaN": state_file("audit.head", lambda d: d.replace(b'"count": 1', b'"count": NaN')),
        "an empty head": state_file("audit.head", b""),
        "a head that is a folder": folder("audit.head"),
        "the head of another site": another_site("audit.head"),
        "log and head of another site": another_site("audit.head", "audit.jsonl"),
        "an anchor in Latin-1": state_file("site.count", b"\xe9\xe9\n"),
        "an anchor of another site": another_site("site.count"),
        "an anchor that is a list": state_file("site.count", b"[1, 2]\n"),
        "another key": another_site("site.key"),
        "a key of zeros": state_file("site.key", bytes(64)),
        "an empty key": state_file("site.key", b""),
        "a key that is a pipe": pipe("site.key"),
        "a key that is a folder": folder("site.key"),
        "an anchor elsewhere that is no anchor": anchor("anchor", b"hello\n"),
        "an anchor elsewhere that knows more": anchored_elsewhere,
    }
    for name, edit in edits.items():
        yield Try(kind, name, lambda b, e=edit: (e(b), ["audit"])[1])
    speaking: dict[str, Callable[[Bench], None]] = {
        "a log that is a folder, and a release": folder("audit.jsonl"),
        "a lock that is a folder": folder("audit.lock"),
        "an anchor elsewhere in no folder": anchor("absent/anchor", None),
        "revocations that are a folder": folder("revoked"),
        "revocations that are a pipe": pipe("revoked"),
    }
    for name, edit in speaking.items():
        yield trying(kind, name, edit, sealed=False)
    terms: dict[str, bytes] = {
        "terms that are a list": b"- local\n",
        "terms with a tag": b"!!python/object/apply:os.system [touch x]\n",
        "terms in Latin-1": b"loc\xe9l: {}\n",
        "terms without end": b"{" * 9000,
        "terms that say yes": b"local: yes\n",
        "terms of other terms": b"local: {terms_sha256: '00', time: now}\n",
    }
    for name, data in terms.items():

        def agreed(bench: Bench, data: bytes = data) -> list[str]:
            bench.consent(scope="private")
            (bench.folder / "state" / "terms.yaml").write_bytes(data)
            return bench.say("--purpose", "private")

        yield Try(kind, name, agreed)
    yield Try(kind, "a state folder that is a file", _state_is_a_file)
    yield Try(kind, "trusted keys in Latin-1", _keys_in_latin_1, (0,))


def _state_is_a_file(bench: Bench) -> list[str]:
    (bench.folder / "file").write_text("")
    os.environ["MYNA_STATE_DIR"] = str(bench.folder / "file")
    return ["audit"]


def _keys_in_latin_1(bench: Bench) -> list[str]:
    (bench.folder / "state" / "trusted_keys").write_bytes(b"ab" * 32 + b" Ren\xe9\n")
    return ["consent", "verify", str(bench.voice / "consent.yaml")]


def all_twins() -> list[Try]:
    """Return every try of this file."""
    makers = (classes, yamls, weights, packs, texts_of_voices, consents, protections, states)
    return [attempt for maker in makers for attempt in maker()]
