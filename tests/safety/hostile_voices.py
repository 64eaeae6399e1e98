"""Tries with voices: classes that run code, arguments out of range, broken files, YAML that hangs, consents edited."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import torch
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hostile import Bench, Try
from safetensors.torch import load_file, save_file

from myna.files import sha256
from myna.safety import consent, protected, records, seal

GADGETS: dict[str, dict[str, Any]] = {
    "a command of the corpora": {"_target_": "myna.corpora.fetch.run", "command": ["touch", "CANARY"], "folder": "."},
    "writes a file": {"_target_": "myna.files.atomic_text", "path": "CANARY", "text": "x"},
    "trusts a key": {"_target_": "myna.safety.trust.add_key", "public": "ab" * 32},
    "os.system": {"_target_": "os.system", "command": "touch CANARY"},
    "subprocess": {"_target_": "subprocess.run", "args": ["touch", "CANARY"]},
    "eval": {"_target_": "builtins.eval", "source": "open('CANARY','w')"},
    "import": {"_target_": "importlib.import_module", "name": "antigravity"},
    "torch.load": {"_target_": "torch.load", "f": "CANARY", "weights_only": False},
    "the command line": {"_target_": "myna.cli.main", "argv": ["doctor"]},
    "a network of torch": {"_target_": "torch.nn.Linear", "in_features": 1, "out_features": 1},
    "a helper of ours": {"_target_": "myna.networks.weights.load_into", "module": 1, "path": "CANARY"},
    "a module": {"_target_": "myna.networks.tts.vits_mel"},
    "a list": {"_target_": ["os.system", "touch CANARY"]},
    "nothing": {"_target_": ""},
    "a dunder": {"_target_": "myna.networks.tts.vits_mel.VitsMel.__init__.__globals__"},
    "hydra": {"_target_": "hydra.utils.instantiate", "config": {"_target_": "os.system", "command": "touch CANARY"}},
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "a million layers": {"layers": 1_000_000},
    "too wide": {"channels": 10**9},
    "so wide that memory ends": {"channels": 16_384, "layers": 128, "text_channels": 16_384, "text_layers": 128},
    "negative": {"layers": -1},
    "a word for a number": {"layers": "six"},
    "true for a number": {"layers": True},
    "a nested target": {"layers": {"_target_": "os.system", "command": "touch CANARY"}},
    "unknown": {"device": "cuda"},
    "self": {"self": 1},
    "not a number": {"channels": float("nan")},
    "a fraction": {"channels": 32.5},
    "a list": {"channels": [32]},
}
FIELDS: dict[str, dict[str, Any]] = {
    "name is a list": {"name": ["Ana"]},
    "name is empty": {"name": ""},
    "name of 300 letters": {"name": "A" * 300},
    "language is a number": {"language": 7},
    "language that is none": {"language": "xx"},
    "language with a path": {"language": "../../etc"},
    "a rate of 1 Hz": {"sample_rate": 1},
    "a rate of nothing": {"sample_rate": None},
    "tts is a word": {"tts": "vits"},
    "tts is missing": {"tts": None},
    "an unknown field": {"run": "touch CANARY"},
    "defaults take the seed": {"defaults": {"seed": 1}},
    "defaults take tokens": {"defaults": {"tokens": 1}},
    "a default that is unknown": {"defaults": {"loudness": 1.0}},
    "a default that is endless": {"defaults": {"noise_scale": float("inf")}},
    "a billion steps": {"defaults": {"steps": 10**9}},
    "defaults are a list": {"defaults": [1]},
    "text is a list": {"text": ["espeak"]},
}
YAMLS: dict[str, bytes] = {
    "empty": b"",
    "a list": b"- 1\n- 2\n",
    "a number": b"7\n",
    "latin-1": "name: Ané\n".encode("latin-1"),
    "UTF-16": "name: Ana\n".encode("utf-16"),
    "cut off": b"name: 'Ana",
    "a tag of Python": b"!!python/object/apply:os.system ['touch CANARY']\n",
    "a tag of Python inside": b"name: !!python/name:os.system\n",
    "a bomb of aliases": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9)) for c in range(98, 107)),
    "a bottomless list": b"[" * 50_000,
    "a bottomless mapping": b"{a: " * 5_000,
    "doubled keys": b"name: Ana\nname: Eve\n",
    "a megabyte": b"name: " + b"A" * 1_000_000,
    "null bytes": b"name: A\0na\n",
    "a huge number": b"name: " + b"9" * 5_000 + b"\n",
}


# Texts that are not English, though nothing or English is asked for.
STRAYING = {
    "a text in Mandarin": ("你好，世界。",),
    "a sentence of SSML in German": ('<speak>Hi. <lang xml:lang="de-DE">Guten Morgen.</lang></speak>',),
    "half a sentence of SSML in German": ('<speak>Say <lang xml:lang="de-DE">Guten Morgen</lang> please.</speak>',),
    "a text in Russian behind English": ("Hello there. Добрый день, дорогие друзья.", "--language", "en-us"),
    "German that is found": ("Guten Morgen, mein lieber alter Freund.", "--language", "auto"),
}


def _speaking(kind: str, name: str, change: Callable[[Bench], None], *more: str) -> Try:
    def prepare(bench: Bench) -> list[str]:
        change(bench)
        return bench.say(*more)

    return Try(kind, name, prepare)


def _sealed(change: Callable[[Bench], None]) -> Callable[[Bench], None]:
    def both(bench: Bench) -> None:
        change(bench)
        bench.seal()

    return both


def _with_canary(value: Any, bench: Bench) -> Any:
    if isinstance(value, dict):
        return {key: _with_canary(item, bench) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_canary(item, bench) for item in value]
    return value.replace("CANARY", str(bench.canary)) if isinstance(value, str) else value


def classes() -> Iterator[Try]:
    """Classes and functions that a voice has no business with, in each of its parts, sealed by a trusted key or not."""
    for part in ("tts", "vocoder", "text"):
        for name, gadget in GADGETS.items():

            def change(bench: Bench, part: str = part, gadget: dict[str, Any] = gadget) -> None:
                bench.describe(**{part: _with_canary(gadget, bench)})

            yield _speaking("voice: a class that runs code, sealed", f"{part}: {name}", _sealed(change))
            if part == "tts":
                yield _speaking("voice: a class that runs code, not sealed", f"{part}: {name}", change)


def arguments() -> Iterator[Try]:
    """Arguments of a registered class, and fields of voice.yaml."""
    from toy_voice import TTS

    target = {"_target_": "myna.networks.tts.vits_mel.VitsMel", **TTS}
    for name, change in ARGUMENTS.items():
        described = {"tts": target | change}
        yield _speaking(
            "voice: arguments and fields",
            f"tts: {name}",
            _sealed(lambda bench, d=described: bench.describe(**_with_canary(d, bench))),
        )
    for name, change in FIELDS.items():
        yield _speaking(
            "voice: arguments and fields",
            name,
            _sealed(lambda bench, c=change: bench.describe(**_with_canary(c, bench))),
        )
    for name, data in YAMLS.items():

        def write(bench: Bench, data: bytes = data) -> None:
            (bench.voice / "voice.yaml").write_bytes(data.replace(b"CANARY", str(bench.canary).encode()))

        yield _speaking("voice: YAML that hangs or lies", name, _sealed(write))


def _weights(part: str, change: Callable[[dict[str, torch.Tensor]], Any]) -> Callable[[Bench], None]:
    def rewrite(bench: Bench) -> None:
        path = bench.voice / f"{part}.safetensors"
        weights = load_file(path)
        change(weights)
        save_file(weights, path)

    return rewrite


def _bytes(name: str, change: Callable[[bytes], bytes]) -> Callable[[Bench], None]:
    def rewrite(bench: Bench) -> None:
        path = bench.voice / name
        path.write_bytes(change(path.read_bytes()))

    return rewrite


def _missing(name: str) -> Callable[[Bench], None]:
    return lambda bench: (bench.voice / name).unlink()


def broken() -> Iterator[Try]:
    """Weights, tokens and what else lies in a voice, broken in every way, under a seal that holds."""
    first = "encoder.embed.weight"
    changes: dict[str, Callable[[Bench], None]] = {
        "a wrong key": _weights("tts", lambda w: w.update(other=w.pop(first))),
        "a wrong shape": _weights("tts", lambda w: w.update({first: w[first][:, :3].clone()})),
        "NaN": _weights("tts", lambda w: w[first].fill_(float("nan"))),
        "infinite": _weights("vocoder", lambda w: next(iter(w.values())).fill_(float("inf"))),
        "integers for weights": _weights("tts", lambda w: w.update({first: w[first].long()[:1]})),
        "no embedding": _weights("speaker", lambda w: w.update(print=w.pop("embedding"))),
        "an embedding of 192": _weights("speaker", lambda w: w.update(embedding=w["embedding"][:192].clone())),
        "an embedding of nothing": _weights("speaker", lambda w: w["embedding"].zero_()),
        "an embedding of NaN": _weights("speaker", lambda w: w["embedding"].fill_(float("nan"))),
        "an embedding of numbers": _weights("speaker", lambda w: w.update(embedding=w["embedding"].long())),
        "tokens that are none": _bytes("tokens.txt", lambda _: b"\xff\xfe\x00"),
        "tokens twice": _bytes("tokens.txt", lambda d: d + b"_\n"),
        "more tokens than room": _bytes("tokens.txt", lambda d: d + b"".join(b"x%d\n" % n for n in range(5_000))),
        "no tokens": _bytes("tokens.txt", lambda _: b""),
        "a lexicon that is none": lambda bench: (bench.voice / "lexicon.txt").write_bytes(b"\xff\xff"),
        "a folder for weights": lambda bench: (
            _missing("tts.safetensors")(bench),
            (bench.voice / "tts.safetensors").mkdir(),
        ),
    }
    for part in ("tts", "vocoder", "speaker"):
        name = f"{part}.safetensors"
        changes |= {
            f"{name} is missing": _missing(name),
            f"{name} is empty": _bytes(name, lambda _: b""),
            f"{name} cut to 5 bytes": _bytes(name, lambda d: d[:5]),
            f"{name} cut to 1000 bytes": _bytes(name, lambda d: d[:1000]),
            f"{name} cut by a byte": _bytes(name, lambda d: d[:-1]),
            f"{name} with a header without end": _bytes(name, lambda d: b"\xff" * 8 + d[8:]),
            f"{name} with a bottomless header": _bytes(name, lambda _: (40_000).to_bytes(8, "little") + b"[" * 40_000),
            f"{name} is a pickle": _bytes(name, lambda _: b"\x80\x04cos\nsystem\n(S'touch x'\ntR."),
        }
    for name, change in changes.items():
        yield _speaking("voice: broken files", name, _sealed(change))


def pipes() -> Iterator[Try]:
    """What hangs whoever opens it."""

    def pipe(name: str) -> Callable[[Bench], None]:
        def make(bench: Bench) -> None:
            (bench.voice / name).unlink(missing_ok=True)
            os.mkfifo(bench.voice / name)

        return make

    for name in ("voice.yaml", "seal.json", "consent.yaml", "tts.safetensors", "tokens.txt", "more"):
        yield _speaking("voice: broken files", f"{name} is a pipe", pipe(name))


def swapped() -> Iterator[Try]:
    """Files changed, added, taken out or linked after the seal, and seals that are forged."""
    kind = "voice: files and seals swapped"

    def rewrite_seal(change: Callable[[bytes], bytes]) -> Callable[[Bench], None]:
        return _bytes(seal.NAME, change)

    def linked(bench: Bench) -> None:
        shutil.move(bench.voice / "tts.safetensors", bench.folder / "away.safetensors")
        data = bytearray((bench.folder / "away.safetensors").read_bytes())
        data[-1] ^= 1
        (bench.folder / "away.safetensors").write_bytes(data)
        (bench.voice / "tts.safetensors").symlink_to(bench.folder / "away.safetensors")

    def without_consent(bench: Bench) -> None:
        content = seal.json.loads((bench.voice / seal.NAME).read_bytes())
        content["files"].pop("consent.yaml")
        content.pop("signature")
        signature = seal.sign(seal.site_key(), content)
        (bench.voice / seal.NAME).write_text(seal.json.dumps({**content, "signature": signature}))

    changes: dict[str, Callable[[Bench], None]] = {
        "a bit of the weights": _bytes("tts.safetensors", lambda d: d[:-1] + bytes([d[-1] ^ 1])),
        "a comment in voice.yaml": _bytes("voice.yaml", lambda d: d + b"# x\n"),
        "a file more": lambda bench: (bench.voice / "text.model").write_bytes(b"x"),
        "a file deep inside": lambda bench: ((bench.voice / "a").mkdir(), (bench.voice / "a/.complete").write_text("")),
        "a file less": _missing("tokens.txt"),
        "weights by a link": linked,
        "no seal": _missing(seal.NAME),
        "an empty seal": rewrite_seal(lambda _: b""),
        "a seal that is a list": rewrite_seal(lambda _: b"[]"),
        "a bottomless seal": rewrite_seal(lambda _: b"[" * 100_000),
        "a seal of numbers": rewrite_seal(lambda _: b'{"files": 1, "public_key": 2, "signature": 3}'),
        "a hash in the seal": rewrite_seal(lambda d: d.replace(b"tts.safetensors", b"tts.safetensorz")),
        "another key in the seal": rewrite_seal(lambda d: d.replace(b'"public_key": "', b'"public_key": "00')),
        "sealed by a stranger": Bench.seal_as_stranger,
        "an older seal, without the consent": without_consent,
    }
    for name, change in changes.items():
        yield _speaking(kind, name, change)


def consents() -> Iterator[Try]:
    """Consents that were edited, ran out, or do not cover what is asked."""
    kind, day = "consent edited or not covering", timedelta(days=1)
    today = datetime.now(UTC).date()

    def expired_and_edited(bench: Bench) -> None:
        bench.consent(expires=today - day)
        bench.agree(basis="licence", signature="", public_key="", scope="evaluation", expires=None)

    def revoked_and_edited(bench: Bench) -> None:
        from hostile import run

        bench.consent()
        run(["consent", "revoke", str(bench.voice / "consent.yaml")])
        bench.agree(revoked=None, id="f" * 32, basis="licence", signature="", public_key="")

    def evidence(change: Callable[[Any], Any]) -> Callable[[Bench], None]:
        def make(bench: Bench) -> None:
            form = bench.folder / "form.txt"
            form.write_text("I agree")
            proof = records.Evidence(file=str(form), sha256=sha256(form))
            bench.consent(evidence=proof)
            change(form)

        return make

    def by_a_stranger(bench: Bench) -> None:
        record = records.ConsentRecord(speaker="ana", basis="own_voice", scope="commercial")
        consent.sign(record, Ed25519PrivateKey.generate()).save(bench.voice / "consent.yaml")
        bench.seal()

    edits: dict[str, Callable[[Bench], None]] = {
        "scope widened": lambda bench: bench.agree(scope="commercial"),
        "made a licence, unsigned": lambda bench: (bench.consent(), bench.agree(basis="licence", signature="")),
        "expired, then edited": expired_and_edited,
        "revoked, then edited": revoked_and_edited,
        "expired": lambda bench: bench.consent(expires=today - day),
        "of tomorrow": lambda bench: bench.consent(issued=today + 2 * day),
        "another person's": lambda bench: bench.agree(speaker="eve"),
        "gone": _missing("consent.yaml"),
        "empty": _bytes("consent.yaml", lambda _: b""),
        "an unknown field": _sealed_by_hand({"allow_all": True}),
        "evidence gone": evidence(lambda form: form.unlink()),
        "evidence changed": evidence(lambda form: form.write_text("I do not agree")),
        "by a stranger's key": by_a_stranger,
    }
    for name, change in edits.items():
        yield _speaking(kind, name, change)
    yield _speaking(kind, "commercial use", lambda bench: bench.consent(), "--purpose", "commercial")
    yield _speaking(kind, "another language", lambda bench: bench.consent(languages=["en-us"]), "--language", "de")
    yield _speaking(kind, "an alias of another", lambda bench: bench.consent(languages=["en-us"]), "--language", "fr")
    yield _speaking(kind, "the voice's own language", lambda bench: bench.consent(languages=["de"]))
    for name, (text, *more) in STRAYING.items():
        yield Try(
            kind, name, lambda bench, t=text, m=more: (bench.consent(languages=["en-us"]), bench.say(*m, text=t))[1]
        )


def _sealed_by_hand(fields: dict[str, Any]) -> Callable[[Bench], None]:
    # A broken record cannot be sealed by the command, so the seal is the honest one's and does not fit either.
    return lambda bench: bench.agree(**fields)


def protected_voices() -> Iterator[Try]:
    """A voice whose print stands on the list of the site."""

    def listed(turn: float) -> Callable[[Bench], None]:
        def make(bench: Bench) -> None:
            own = load_file(bench.voice / "speaker.safetensors")["embedding"].numpy()
            other = np.random.default_rng(0).standard_normal(256).astype(np.float32)
            protected.add(protected.list_path(), "somebody", own + turn * other / np.linalg.norm(other))

        return make

    for turn in (0.0, 0.3, 0.6):
        yield _speaking("a protected voice", f"say, print turned by {turn}", listed(turn))
        yield Try("a protected voice", f"export, {turn}", _exporting(listed(turn)))


def _exporting(change: Callable[[Bench], None]) -> Callable[[Bench], list[str]]:
    def prepare(bench: Bench) -> list[str]:
        change(bench)
        return ["export", "hf", str(bench.voice), str(bench.out)]

    return prepare


def exports() -> Iterator[Try]:
    """Exports without consent, terms or an intact voice."""
    kind = "export without the right to"
    yield Try(kind, "scope evaluation", _exporting(lambda bench: None))
    yield Try(kind, "terms not accepted", _exporting(lambda bench: bench.consent(scope="private")))
    yield Try(kind, "weights changed", _exporting(_bytes("tts.safetensors", lambda d: d[:-1])))
    yield Try(kind, "no seal", _exporting(_missing(seal.NAME)))


def all_voices() -> list[Try]:
    """Return every try with a voice."""
    makers = (classes, arguments, broken, pipes, swapped, consents, protected_voices, exports)
    return [attempt for maker in makers for attempt in maker()]
