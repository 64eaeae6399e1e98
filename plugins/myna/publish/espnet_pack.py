"""The pack as ESPnet3 knows it: `meta.yaml`, `conf/` and the voice, loaded by its `InferenceModel`."""

from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from myna.errors import MynaError
from myna.espnet.toolkit import lean_import
from myna.settings.recipe import Settings
from myna.workspace import run_again

INFERENCE = {
    "recipe_dir": ".",
    "device": "cpu",
    "model": {"_target_": "myna.serve.packed.PackedVoice", "voice": "${recipe_dir}/voice"},
    "input_key": "text",
    "contract": {"inputs": {"text": {"kind": "text"}}, "outputs": {"speech": {"kind": "audio"}}},
}
# What shaped the voice; paths of the person's machine are taken off.
_GROUPS = {"seed", "encoder", "tts", "vocoder"}


def write_espnet_pack(voice: Path, out: Path, settings: Settings) -> None:
    """Let ESPnet3's `pack_model` write a bundle with the voice directory in it.

    Args:
        voice: Voice directory; it comes to `out/voice`.
        out: Folder to make; one that is there is replaced.
        settings: Of the recipe, of which the groups that shaped the voice are kept.

    Raises:
        MynaError: ESPnet3 refuses.
    """
    with lean_import():
        from espnet3.utils.publication_utils import pack_model

    kept = without_paths(settings.model_dump(mode="json", by_alias=True, exclude_unset=True, include=_GROUPS))
    training = OmegaConf.create({**kept, "recipe_dir": str(voice.parent), "exp_dir": str(voice)})
    publication = OmegaConf.create({"pack_model": {"out_dir": str(out), "allow_overwrite": True}})
    try:
        pack_model(training, publication, inference_config=OmegaConf.create(INFERENCE))
    except RuntimeError as error:
        raise MynaError(f"ESPnet3 did not pack {voice}: {error}; {run_again('fine_tune')}") from error
    # It says where the bundle was made: nothing that helps to load it.
    (out / "conf" / "publication.yaml").unlink()
    meta = OmegaConf.load(out / "meta.yaml")
    meta.yaml_files.pop("publication_config")
    (out / "meta.yaml").write_text(OmegaConf.to_yaml(meta), encoding="utf-8")


def check_espnet_pack(pack: Path, text: str) -> None:
    """Load the bundle with ESPnet3's `InferenceModel` and let it speak.

    Raises:
        MynaError: What it speaks is silence.
    """
    with lean_import():
        from espnet3.publication.inference_model import InferenceModel

    speech = InferenceModel.from_packed(pack, trust_user_code=True)(text)["speech"]
    if float(np.abs(speech.array).max()) < 1e-3:
        raise MynaError(f"{pack}: ESPnet3 loads the pack, but it speaks silence; {run_again('fine_tune')}")


def without_paths(value: Any) -> Any:
    """Return tables and lists with every absolute path cut to its last name."""
    if isinstance(value, dict):
        return {key: without_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_paths(item) for item in value]
    return Path(value).name if isinstance(value, str) and value.startswith("/") else value
