"""Protected voices, on made-up prints."""

import json

import numpy as np
import pytest
import soundfile
from safetensors.numpy import save_file

from myna.errors import MynaError
from myna.safety import consent, protected, records, seal, state
from myna.safety.admission import load_card


def people(count: int, each: int, noise: float, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """Prints of made-up speakers, around a common mean as real ones are."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((count, 256)) + 0.8
    rows = np.repeat(centres, each, axis=0) + noise * random.standard_normal((count * each, 256))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), [
        f"s{number // each}" for number in range(count * each)
    ]


def test_empty_list_refuses_nobody():
    protected.check_protected(np.ones(256))


def test_near_voice_is_refused_and_far_one_is_not():
    prints, _ = people(3, 1, 0.0)
    protected.add(protected.list_path(), "the queen", prints[0])
    near = prints[0] + 0.02 * np.random.default_rng(1).standard_normal(256)
    with pytest.raises(MynaError, match="'the queen'"):
        protected.check_protected(near)
    protected.check_protected(prints[1])
    with pytest.raises(MynaError, match="256 values"):
        protected.check_protected(np.ones(192))


def test_broken_list_refuses_everybody():
    protected.list_path().write_bytes(b"not an archive")
    with pytest.raises(MynaError, match="not a list"):
        protected.check_protected(np.ones(256))


def test_threshold_comes_from_error_rates(tmp_path):
    prints, names = people(20, 8, 0.9)
    result = protected.calibrate(prints, names, target=0.01)
    assert result["false_accept"] <= 0.01 and result["false_reject"] < 0.05
    assert result["trials"] == {"same": 160, "different": 160 * 19}
    stricter = protected.calibrate(prints, names, target=0.0)
    assert stricter["threshold"] >= result["threshold"] and stricter["false_accept"] == 0.0
    protected.plot(result, tmp_path / "rates.png")
    assert (tmp_path / "rates.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(MynaError, match="two speakers"):
        protected.calibrate(prints[:1], names[:1])


def test_command_measures_a_folder(tmp_path, clips, monkeypatch, capsys):
    from myna.safety import voiceprint

    prints, _ = people(2, 3, 0.5)
    for number in range(6):
        path = tmp_path / "pool" / f"s{number // 3}" / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, next(iter(clips.values())).wave, 16000)
    monkeypatch.setattr(voiceprint, "embed_file", lambda path: prints[int(path.stem)])
    out = tmp_path / "result.json"
    assert protected.main(["calibrate", str(tmp_path / "pool"), "--out", str(out), "--set"]) == 0
    assert json.loads(out.read_text())["trials"] == {"same": 6, "different": 6} and out.with_suffix(".png").exists()
    assert protected.main(["add", "ann", str(tmp_path / "pool/s0/0.wav")]) == 0
    assert protected.load_list(protected.list_path())[1] == ["ann"]
    assert protected.main(["calibrate", str(tmp_path / "nothing")]) == 2


def test_protected_voice_does_not_load(voice_folder):
    print_ = people(1, 1, 0.0)[0][0]
    save_file({"embedding": print_}, voice_folder / "speaker.safetensors")
    seal.seal(voice_folder)
    card = load_card(voice_folder, "publish")
    assert card.name == "ann" and card.pack_id
    protected.add(protected.list_path(), "ann herself", print_)
    with pytest.raises(MynaError, match="ann herself"):
        load_card(voice_folder)


def test_card_follows_the_consent(voice_folder):
    with pytest.raises(MynaError, match="covers 'publish', not 'commercial'"):
        load_card(voice_folder, "commercial")
    consent.revoke(records.load(voice_folder / "consent.yaml"), state.site_key())
    with pytest.raises(MynaError, match="revoked"):
        load_card(voice_folder)
