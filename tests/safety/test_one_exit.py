"""No module but the exit writes sound for people: walk the package and look for every way to write one."""

import ast
from pathlib import Path

import myna

PACKAGE = Path(myna.__file__).parent
# Calls that turn samples into a file or into the bytes of one, by the last names of the call.
WRITERS = {
    *("soundfile.write", "sf.write", "torchaudio.save", "wavfile.write", "StreamWriter", "AudioSegment"),
    *("soundfile.SoundFile", "sf.SoundFile", "wave.open", "av.open", "sox.Transformer", "encode.encode"),
}
# Programs that can write sound when they are started by hand.
PROGRAMS = {"ffmpeg", "sox", "lame", "oggenc", "opusenc", "flac"}
# Who may, and why. Nothing here writes synthetic speech that a person gets without labels.
ALLOWED = {
    "safety": "the exit itself",
    "corpora": "stage 0 unpacks recordings of people, to train on",
    "audio": "stage 1 writes processed recordings, to train on",
    "measure/media.py": "the report plays recordings of people beside the marked copies of what was synthesised",
}
# A method of this name on text or bytes is not meant.
INNOCENT = {"encode"}


def name_of(call: ast.Call) -> str:
    """Return `a.b` of a call `x.a.b(…)`."""
    parts, node = [], call.func
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts[:2]))


def writes_sound(source: str) -> list[int]:
    """Return the lines on which a source writes sound."""
    tree = ast.parse(source)
    from_safety = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("myna.safety.encode")
        for alias in node.names
    }
    lines = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = name_of(node)
        if name in INNOCENT:
            found = name in from_safety
        elif name in ("av.open", "wave.open", "soundfile.SoundFile", "sf.SoundFile"):
            modes = [a.value for a in [*node.args, *(k.value for k in node.keywords)] if isinstance(a, ast.Constant)]
            found = any(mode in ("w", "wb") for mode in modes)
        else:
            found = name in WRITERS
        texts = [a.value for a in ast.walk(node) if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        starts = name in ("subprocess.run", "subprocess.Popen", "subprocess.check_call", "os.system", "run", "Popen")
        if found or (starts and PROGRAMS & {word for text in texts for word in text.split()[:1]}):
            lines.append(node.lineno)
    return lines


def allowed(path: Path) -> bool:
    """Tell whether a module stands in the list."""
    relative = path.relative_to(PACKAGE).as_posix()
    return any(relative == entry or relative.startswith(entry + "/") for entry in ALLOWED)


def test_only_the_exit_writes_sound():
    found = {
        str(path.relative_to(PACKAGE)): lines
        for path in sorted(PACKAGE.rglob("*.py"))
        if not allowed(path) and (lines := writes_sound(path.read_text(encoding="utf-8")))
    }
    assert found == {}, f"these modules write sound around myna.safety.release: {found}"


def test_the_walk_sees_what_it_looks_for():
    assert writes_sound("import soundfile\nsoundfile.write('a.wav', x, 1)") == [2]
    assert writes_sound("import torchaudio as t\nimport torchaudio\ntorchaudio.save('a.wav', x, 1)") == [3]
    assert writes_sound("import av\nwith av.open(p, 'w') as c: pass") == [2]
    assert writes_sound("import av\nwith av.open(p) as c: pass") == []
    assert writes_sound("subprocess.run(['ffmpeg', '-i', a, b])") == [1]
    assert writes_sound("from myna.safety.encode import encode\nencode(a, b)") == [2]
    assert writes_sound("'text'.encode()") == []


def test_the_allow_list_is_alive():
    for entry in ALLOWED:
        assert (PACKAGE / entry).exists(), f"{entry} is gone; take it off the list"
    assert any(writes_sound(p.read_text(encoding="utf-8")) for p in (PACKAGE / "safety").glob("*.py"))
