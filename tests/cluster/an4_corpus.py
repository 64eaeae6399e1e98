"""A corpus for a tiny recipe: real speech that the espnet package ships (CMU AN4), repeated to the length wanted."""

import os
import tarfile
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path

import soundfile
from omegaconf import DictConfig

from myna.corpora.clip import Clip, Corpus
from myna.kaldi import Consent

TEXT = "please enter the number and then the street"  # stands for all; the limits of speech rate are opened


def build(config: DictConfig, cache: Path) -> tuple[Corpus, dict[str, list[Clip]]]:
    """Give `pool_train` as many utterances as `AN4_UTTERANCES` says, and the other sets two each."""
    folder = Path(str(config.data_dir)).parent / "an4"
    package = Path(str(find_spec("espnet3").submodule_search_locations[0])).parent
    with tarfile.open(package / "egs3/mini_an4/esp2_asr/downloads.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    files = sorted(folder.rglob("*.sph"))
    many = {"pool_train": int(os.environ["AN4_UTTERANCES"]), "pool_dev": 2, "target_test": 2}
    sets = {
        name: [_clip(f"{name.replace('_', '')}", n, path) for n, path in enumerate(islice(cycle(files), count))]
        for name, count in many.items()
    }
    clips = tuple(clip for part in sets.values() for clip in part)
    return Corpus(clips, {clip.speaker: Consent("licence", "evaluation", "BSD") for clip in clips}), sets


def _clip(speaker: str, number: int, path: Path) -> Clip:
    return Clip(speaker, f"{number:05d}", "en-us", TEXT, path, soundfile.info(path).duration)
