"""Where everything of a recipe lies: the folders and files of data/, dump/ and exp/, and which stage makes them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What a person types for a stage, as `run.sh` maps it.
NUMBERS = {
    "create_dataset": 0,
    "extract_features": 1,
    "train_encoder": 2,
    "train_vits": 3,
    "train_hifigan": 4,
    "fine_tune": 5,
    "decode": 6,
    "measure": 6,
    "pack": 7,
    "upload": 7,
}


def run_first(stage: str, how: str = "") -> str:
    """Say which stage has to run before this one: the end of an error.

    Args:
        stage: Its name.
        how: What to give it, such as `with text=sentencepiece`.
    """
    return f"run stage {NUMBERS[stage]} ({stage}) {f'{how} first' if how else 'first'}"


def run_again(stage: str) -> str:
    """Say which stage has to run once more: the end of an error."""
    return f"run stage {NUMBERS[stage]} ({stage}) again"


@dataclass(frozen=True)
class Workspace:
    """The folders of a recipe.

    Attributes:
        recipe: The recipe itself.
        data: Kaldi data directories (stage 0).
        dump: Features (stage 1).
        exp: What is trained, spoken and measured (stages 2 to 7).
    """

    recipe: Path
    data: Path
    dump: Path
    exp: Path

    @classmethod
    def of(cls, settings: Any) -> "Workspace":
        """Take the folders from a configuration: `recipe_dir`, `data_dir`, `dump_dir` and `exp_dir`.

        One that it does not name is the folder of the process, as `recipe_dir: .` would say.
        """
        named = (getattr(settings, f"{name}_dir", None) for name in ("recipe", "data", "dump", "exp"))
        return cls(*(Path(folder or ".") for folder in named))

    def recordings(self, name: str) -> Path:
        """Return the data directory of a set."""
        return self.data / name

    def features(self, name: str) -> Path:
        """Return the folder with the features of a set."""
        return self.dump / name

    def has_features(self, name: str) -> bool:
        """Tell whether stage 1 has made a set."""
        return (self.features(name) / "feats.scp").is_file()

    @property
    def tokens(self) -> Path:
        """The list of tokens of stage 1."""
        return self.dump / "tokens.txt"

    @property
    def statistics(self) -> Path:
        """Means and deviations of the features of the training sets."""
        return self.dump / "stats.npz"

    @property
    def encoder(self) -> Path:
        """The folder of stage 2: speaker encoders, embeddings, report."""
        return self.exp / "encoder"

    def embeddings(self, name: str = "") -> Path:
        """Return the folder with the embeddings of a set, or of all."""
        return self.encoder / "embeds" / name

    @property
    def base(self) -> Path:
        """The folder of stage 3: the acoustic model of many speakers."""
        return self.exp / "tts"

    @property
    def base_aligner(self) -> Path:
        """The Gaussians that find durations in recordings of the pool."""
        return self.base / "aligner.safetensors"

    @property
    def vocoder(self) -> Path:
        """The folder of stage 4."""
        return self.exp / "vocoder"

    @property
    def clone(self) -> Path:
        """The folder of stage 5 and of what is made with its voice."""
        return self.exp / "clone"

    @property
    def voice(self) -> Path:
        """The cloned voice."""
        return self.clone / "voice"

    @property
    def clone_aligner(self) -> Path:
        """The Gaussians that find durations in recordings of the target."""
        return self.clone / "aligner.safetensors"

    @property
    def decoded(self) -> Path:
        """What the decode stage spoke."""
        return self.clone / "decode"

    @property
    def report(self) -> Path:
        """What the measure stage found: results and the page."""
        return self.clone / "report"

    @property
    def results(self) -> Path:
        """The scores of the report."""
        return self.report / "results.json"

    @property
    def comparison(self) -> Path:
        """The folder of `run.sh --compare`."""
        return self.exp / "compare"

    @property
    def markers(self) -> Path:
        """The driver's records of stages."""
        return self.exp / "stages"

    @property
    def upload_record(self) -> Path:
        """What was uploaded where, or why not."""
        return self.exp / "upload.json"
