"""Tries with labels, logs, checkpoints, `.nemo` files and weights of encoders; each with a command or its own door."""

import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hostile import Bench, Try

from myna.safety import aigc, audit, encode
from myna.safety.canonical import sign
from myna.safety.state import public_hex


class Payload:
    """Touches the canary when it is unpickled."""

    def __init__(self, path: Path, way: str = "system") -> None:
        """Keep where."""
        self.path, self.way = path, way

    def __reduce__(self) -> Any:
        """Say how to run code on loading."""
        import os
        import subprocess

        ways: dict[str, Any] = {
            "system": (os.system, (f"touch {self.path}",)),
            "exec": (exec, (f"open({str(self.path)!r}, 'w')",)),
            "eval": (eval, (f"open({str(self.path)!r}, 'w')",)),
            "run": (subprocess.run, (["touch", str(self.path)],)),
            "open": (open, (str(self.path), "w")),
            "mknod": (os.mknod, (str(self.path),)),
        }
        return ways[self.way]


def _honest(bench: Bench) -> Path:
    return bench.folder / "honest.wav"


def _relabel(change: Callable[[dict[str, str], str], Any]) -> Callable[[Bench], list[str]]:
    """Change the JSON of the honest file's label, and verify."""

    def prepare(bench: Bench) -> list[str]:
        path = _honest(bench)
        label = aigc.read(path)
        assert label is not None
        value = change(label.model_dump(), encode.essence(path))
        stream = io.BytesIO(path.read_bytes())
        aigc._set_tag(stream, ".wav", value if isinstance(value, str) else json.dumps(value))
        path.write_bytes(stream.getvalue())
        return ["verify", str(path)]

    return prepare


def _by_another_key(label: dict[str, str], essence: str, **changes: str) -> dict[str, str]:
    import base64

    key = Ed25519PrivateKey.generate()
    public = aigc.PREFIX + base64.b64encode(bytes.fromhex(public_hex(key.public_key()))).decode()
    changed = {**label, **changes, "ReservedCode2": public}
    signed = {name: value for name, value in changed.items() if name != "ReservedCode1"}
    signature = bytes.fromhex(sign(key, {**signed, "essence": essence}))
    return {**changed, "ReservedCode1": aigc.PREFIX + base64.b64encode(signature).decode()}


def labels() -> Iterator[Try]:
    """Labels that were changed, taken off, copied or made up."""
    kind = "label or sound forged"
    forgeries: dict[str, Callable[[dict[str, str], str], Any]] = {
        "no signature": lambda label, _: label | {"ReservedCode1": "none"},
        "an empty signature": lambda label, _: label | {"ReservedCode1": ""},
        "no key": lambda label, _: label | {"ReservedCode2": ""},
        "possibly generated": lambda label, _: label | {"Label": "2"},
        "suspected": lambda label, _: label | {"Label": "3"},
        "not generated": lambda label, _: label | {"Label": "0"},
        "another producer": lambda label, _: label | {"ContentProducer": "Eve", "ContentPropagator": "Eve"},
        "another propagator": lambda label, _: label | {"ContentPropagator": "Eve"},
        "another propagated id": lambda label, _: label | {"PropagateID": "7"},
        "another id": lambda label, _: label | {"ProduceID": "7", "PropagateID": "7"},
        "a stranger's signature": lambda label, essence: _by_another_key(label, essence),
        "a stranger's id and signature": lambda label, essence: _by_another_key(
            label, essence, ProduceID="7", PropagateID="7"
        ),
        "nested": lambda label, _: json.dumps({"AIGC": label | {"Label": "3"}}),
        "nested 100,000 deep": lambda *_: "[" * 100_000,
        "mappings 100,000 deep": lambda *_: '{"AIGC":' * 100_000,
        "no JSON": lambda *_: "generated, honestly",
        "a list": lambda *_: "[1]",
        "empty": lambda *_: "{}",
        "longer than is read": lambda label, _: label | {"ProduceID": "7" * 100_000},
        "a signature of the wrong length": lambda label, _: label | {"ReservedCode1": aigc.PREFIX + "AAAA"},
        "a signature that is no base 64": lambda label, _: label | {"ReservedCode1": aigc.PREFIX + "€"},
    }
    for name, change in forgeries.items():
        yield Try(kind, name, _relabel(change), (1,))

    def bare(bench: Bench) -> list[str]:
        sound = encode.decode(_honest(bench))
        _honest(bench).write_bytes(encode.encode(sound, encode.FORMATS[".wav"]))
        return ["verify", str(_honest(bench))]

    def other_sound(bench: Bench) -> list[str]:
        label, sound = aigc.read(_honest(bench)), encode.decode(_honest(bench))
        turned = sound._replace(wave=sound.wave[::-1].copy())
        assert label is not None
        _honest(bench).write_bytes(aigc.write(encode.encode(turned, encode.FORMATS[".wav"]), ".wav", label))
        return ["verify", str(_honest(bench))]

    def cue_off(bench: Bench) -> list[str]:
        label, sound = aigc.read(_honest(bench)), encode.decode(_honest(bench))
        cut = sound._replace(wave=sound.wave[int(1.6 * sound.sample_rate) :])
        assert label is not None
        _honest(bench).write_bytes(aigc.write(encode.encode(cut, encode.FORMATS[".wav"]), ".wav", label))
        return ["verify", str(_honest(bench))]

    def no_entry(bench: Bench) -> list[str]:
        for name in ("audit.jsonl", "audit.head", "site.count"):
            (bench.folder / "state" / name).unlink()
        return ["verify", str(_honest(bench))]

    yield Try(kind, "label taken off", bare, (1,))
    yield Try(kind, "label on another sound", other_sound, (1,))
    yield Try(kind, "cue cut off, label put back", cue_off, (1,))
    yield Try(kind, "log taken away with head and anchor", no_entry, (1,))


def logs() -> Iterator[Try]:
    """The log edited, cut, replaced or taken away; asked with `myna audit`, and with a release after it."""
    kind = "log edited or replaced"

    def state_file(name: str, change: Callable[[str], str | None]) -> Callable[[Bench], None]:
        def make(bench: Bench) -> None:
            path = bench.folder / "state" / name
            value = change(path.read_text())
            path.unlink() if value is None else path.write_text(value)

        return make

    def older(bench: Bench) -> None:
        state = bench.folder / "state"
        kept = {name: (state / name).read_bytes() for name in ("audit.jsonl", "audit.head")}
        audit.append(audit.Entry(event="release", voice="later"))
        for name, data in kept.items():
            (state / name).write_bytes(data)

    def away(bench: Bench) -> None:
        for name in ("audit.jsonl", "audit.head"):
            (bench.folder / "state" / name).unlink()

    edits: dict[str, Callable[[Bench], None]] = {
        "a voice renamed": state_file("audit.jsonl", lambda text: text.replace('"Ana"', '"Eve"')),
        "a line less": state_file("audit.jsonl", lambda text: ""),
        "a line twice": state_file("audit.jsonl", lambda text: text + text),
        "the head gone": state_file("audit.head", lambda _: None),
        "the head edited": state_file("audit.head", lambda text: text.replace('"count": 1', '"count": 0')),
        "the head bottomless": state_file("audit.head", lambda _: "[" * 100_000),
        "the anchor edited": state_file("site.count", lambda text: text.replace('"count": 1', '"count": 0')),
        "log and head gone": away,
        "an older copy of both": older,
    }
    for name, edit in edits.items():

        def asked(bench: Bench, edit: Callable[[Bench], None] = edit) -> list[str]:
            edit(bench)
            return ["audit"]

        def released(bench: Bench, edit: Callable[[Bench], None] = edit) -> list[str]:
            edit(bench)
            return bench.say()

        # The newest line is in the signed head too, and is put back from there.
        yield Try(kind, name, asked, (0,) if name == "a line less" else (2,))
        # `myna audit` reads every line, a release the end.
        if name not in ("a voice renamed", "a line twice", "a line less"):
            yield Try(kind, f"{name}, and a release", released)

    def since(bench: Bench) -> list[str]:
        return ["audit", "--since", "0123456789abcdef"]

    yield Try(kind, "an entry that somebody noted is not there", since)


def pickles() -> Iterator[tuple[str, Callable[[Path, Path], None]]]:
    """Ways to write a hostile checkpoint: `write(path, canary)`."""
    for way in ("system", "exec", "eval", "run", "open", "mknod"):
        yield f"{way}", lambda path, canary, way=way: torch.save({"state_dict": Payload(canary, way)}, path)
        yield (
            f"{way}, in the older form",
            lambda path, canary, way=way: torch.save(
                {"optimizer_states": [Payload(canary, way)]}, path, _use_new_zipfile_serialization=False
            ),
        )
    yield "a bare pickle", lambda path, canary: path.write_bytes(__import__("pickle").dumps(Payload(canary)))
    yield "cut off", lambda path, canary: (torch.save({"a": torch.zeros(9999)}, path), _cut(path))
    yield "empty", lambda path, canary: path.write_bytes(b"")
    yield "no checkpoint", lambda path, canary: torch.save([1, 2], path)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def nemo_files(model: Path, config: dict[str, Any]) -> Iterator[tuple[str, Callable[[Path, Path], None]]]:
    """Ways to write a hostile `.nemo`: `write(path, canary)`.

    Args:
        model: A folder for parts.
        config: An honest configuration of a vocoder.
    """
    import yaml

    def pack(path: Path, described: Any, weights: Callable[[Path], Any], extra: tarfile.TarInfo | None = None) -> None:
        folder = model / "parts"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "model_config.yaml").write_bytes(
            described if isinstance(described, bytes) else yaml.safe_dump(described).encode()
        )
        weights(folder / "model_weights.ckpt")
        with tarfile.open(path, "w") as tar:
            for part in sorted(folder.iterdir()):
                tar.add(part, f"./{part.name}")
            if extra is not None:
                tar.addfile(extra)

    def plain(path: Path) -> None:
        torch.save({"generator.w": torch.zeros(2)}, path)

    def link(name: str, target: str) -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = tarfile.SYMTYPE, target
        return info

    evil = {"_target_": "myna.corpora.fetch.run", "command": ["touch", "CANARY"], "folder": "."}
    for place in ("generator", "spectrum_loss", "optim", "preprocessor"):

        def write(path: Path, canary: Path, place: str = place) -> None:
            described = json.loads(json.dumps(config | {place: evil}).replace("CANARY", str(canary)))
            pack(path, described, plain)

        yield f"{place} runs a command", write
    yield "the target is another class", lambda path, canary: pack(path, config | {"target": "os.system"}, plain)
    yield (
        "torch.load as optimizer",
        lambda path, canary: pack(path, config | {"optim": {"_target_": "torch.load"}}, plain),
    )
    yield (
        "pickled weights",
        lambda path, canary: pack(path, config, lambda out: torch.save({"w": Payload(canary)}, out)),
    )
    yield "a member outside", lambda path, canary: pack(path, config, plain, tarfile.TarInfo("../../canary"))
    yield "a link", lambda path, canary: pack(path, config, plain, link("./model_weights.ckpt", "/etc/passwd"))
    yield "YAML with a tag", lambda path, canary: pack(path, b"!!python/object/apply:os.getcwd []", plain)
    yield "no tar", lambda path, canary: path.write_bytes(b"no tar at all")
    yield "cut off", lambda path, canary: (pack(path, config, plain), path.write_bytes(path.read_bytes()[:700]))
