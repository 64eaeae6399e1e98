"""Every hostile try: nothing of it runs, nothing leaves, and each is refused in one line (see benchmarks/trust.py)."""

from collections import defaultdict
from pathlib import Path

import hostile_files
import hostile_voices
import pytest
import torch
from hostile import Carrying, Try
from omegaconf import OmegaConf
from safetensors.torch import save_file

from myna.errors import MynaError

TRIES: dict[str, list[Try]] = defaultdict(list)
for _attempt in [*hostile_voices.all_voices(), *hostile_files.labels(), *hostile_files.logs()]:
    TRIES[_attempt.kind].append(_attempt)


@pytest.mark.parametrize("kind", TRIES)
def test_refused_or_seen(kind: str, outcomes_of: Carrying) -> None:
    outcomes = outcomes_of(TRIES[kind])
    assert {o.attempt.name: o.fault for o in outcomes if o.fault} == {}
    assert all(("Traceback" not in line) for o in outcomes for line in o.lines)


def test_checkpoints_run_nothing(tmp_path: Path) -> None:
    from myna.espnet.checkpoints import Checkpoints

    for name, write in hostile_files.pickles():
        path, canary = tmp_path / "last.ckpt", tmp_path / "canary"
        write(path, canary)
        with pytest.raises(MynaError, match=r"last\.ckpt"):
            Checkpoints().load_checkpoint(path)
        assert not canary.exists(), name


def test_nemo_files_build_nothing(tmp_path: Path) -> None:
    from myna.nemo.nemo_file import check_nemo_file

    node = OmegaConf.to_container(OmegaConf.load(Path(__file__).parents[2] / "conf" / "vocoder" / "_training.yaml"))
    generator = {"_target_": "myna.networks.vocoder.istft.IstftVocoder", "channels": 16, "inner": 32, "layers": 1}
    config = {"generator": generator, **{key: node[key] for key in ("discriminators", "spectrum_loss", "optim")}}
    for name, write in hostile_files.nemo_files(tmp_path, config):
        path, canary = tmp_path / "vocoder.nemo", tmp_path / "canary"
        write(path, canary)
        with pytest.raises(MynaError, match=r"\.nemo"):
            check_nemo_file(path)
        assert not canary.exists(), name


@pytest.mark.parametrize(
    "encoder",
    [
        '{"name": "x", "feature": "mel", "network": {"_target_": "myna.corpora.fetch.run", "command": ["touch", "C"]}}',
        '{"name": "x", "feature": "mel", "network": {"_target_": "myna.networks.tts.vits_mel.VitsMel"}}',
        '{"name": "x", "feature": "mel", "network": ["os.system"]}',
        '{"name": 1, "feature": "mel", "network": {}}',
        '{"name": "x", "feature": "taste", "network": {}}',
        "[" * 50_000,
        "",
    ],
)
def test_weights_of_an_encoder_name_no_other_class(encoder: str, tmp_path: Path) -> None:
    from myna.networks.speaker.own import OwnEncoder

    save_file({"w": torch.zeros(1)}, tmp_path / "x.safetensors", metadata={"encoder": encoder})
    with pytest.raises(MynaError, match=r"x\.safetensors"):
        OwnEncoder.load(tmp_path / "x.safetensors")


def test_no_pickle_is_opened_anywhere() -> None:
    """Every call that reads tensors or arrays says that it reads no objects; nothing else unpickles."""
    import re

    import myna

    wrong = []
    for path in Path(myna.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        wrong += [f"{path.name}: {m[0]}" for m in re.finditer(r"torch\.load\((?![^)]*weights_only=True)[^)]*\)", text)]
        unpickling = r"\bpickle\.loads?\(|Unpickler|joblib|allow_pickle=True|weights_only=False|yaml\.load\(|dill\b"
        wrong += [f"{path.name}: {m[0]}" for m in re.finditer(unpickling, text)]
    assert wrong == []
