"""What the files of a voice directory say, parsed from the very bytes that its seal was compared with.

torch is imported where networks are built: an exported voice (`myna.deploy`) has none and speaks without it.
"""

import inspect
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from myna.errors import MynaError
from myna.limits import HIGHEST_RATE, LARGEST_NUMBER, LARGEST_TABLE, LONGEST_NAME, LOWEST_RATE, MOST_STEPS, ONE_LINE
from myna.parsing import described, one_line
from myna.targets import FRONT_END
from myna.text.front_end import FrontEnd, load_front_end
from myna.text.tokens import BOS, EOS, PAD, TokenList

if TYPE_CHECKING:
    from torch import Tensor, nn

# What a voice never sets for itself: `infer` gets these from whoever speaks.
_CALLERS = {"self", "tokens", "token_lengths", "speaker", "language", "seed", "speed", "durations", "prosody"}


class DescribedHabits(BaseModel):
    """Habits in `voice.yaml`; the fields are those of `myna.networks.habits.Habits`."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    pitch: float = Field(ge=20.0, le=2000.0)
    within: float = Field(ge=0.0, le=48.0)
    between: float = Field(ge=0.0, le=48.0)
    rate: float | None = Field(ge=0.01, le=100.0)
    pauses: float = Field(ge=0.0, le=60.0)
    own_pitch: float = Field(ge=20.0, le=2000.0)
    own_within: float = Field(ge=0.01, le=48.0)
    own_between: float = Field(ge=0.0, le=48.0)


class Described(BaseModel):
    """`voice.yaml`; the fields are those of `myna.networks.voice.VoiceConfig`."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: str = Field(min_length=1, max_length=LONGEST_NAME, pattern=ONE_LINE)
    language: str = Field(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{1,12}){0,4}$")
    tts: dict[str, Any]
    vocoder: dict[str, Any] | None = None
    sample_rate: int = Field(default=22_050, ge=LOWEST_RATE, le=HIGHEST_RATE)
    defaults: dict[str, bool | int | float | None] = Field(default_factory=dict)
    habits: DescribedHabits | None = None
    text: dict[str, Any] = Field(default_factory=lambda: dict(FRONT_END))
    base: dict[Literal["tts", "vocoder"], Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = Field(default_factory=dict)


def describe(data: bytes, name: Path | str) -> Described:
    """Parse `voice.yaml`.

    Raises:
        MynaError: A field is missing, unknown, or of another type or range.
    """
    return described(Described, data, name, "get the voice again, or make it with stage 5")


def network_of(
    files: Mapping[str, bytes], part: str, config: Mapping[str, Any], folder: Path, base: str | None = None
) -> "nn.Module":
    """Build the network of a part, `tts` or `vocoder`, and give it its weights.

    Args:
        files: Of the voice, by name.
        part: Which network.
        config: Its `_target_` and arguments.
        folder: Of the voice, for errors.
        base: SHA-256 of the weights of the base that those of the voice are added to, if they are.

    Raises:
        MynaError: The class is not in the registry, the base is another one, or the weights are missing, broken or of
            another network.
    """
    from myna.networks.weights import build, fill, parse_weights

    name = f"{part}.safetensors"
    if base is not None:
        return _changed_base(files.get(name), part, config, folder, base)
    if name not in files:
        raise MynaError(f"{folder / name} is missing: the voice is incomplete; run the stage that makes it again")
    network = build(config, part, str(folder / "voice.yaml"))
    return fill(network, parse_weights(files[name], folder / name), folder / name)


def _changed_base(changes: bytes | None, part: str, config: Mapping[str, Any], folder: Path, base: str) -> "nn.Module":
    from myna.networks.low_rank import add_factors
    from myna.networks.pretrained import load_part, part_config, part_hash
    from myna.networks.weights import parse_weights

    if base != part_hash(part) or dict(config) != part_config(part):
        raise MynaError(
            f"{folder / 'voice.yaml'}: the voice adds to another base ({base[:12]}) than the one that is installed "
            f"({part_hash(part)[:12]}); install the Myna that made it, or clone the voice again"
        )
    network = load_part(part)
    if changes is not None:
        add_factors(network, parse_weights(changes, folder / f"{part}.safetensors"), folder / f"{part}.safetensors")
    return network


def speaker_of(files: Mapping[str, bytes], folder: Path) -> "Tensor":
    """Return the speaker embedding `(256,)`.

    Raises:
        MynaError: It is missing, of another shape, or all zero.
    """
    from myna.networks.weights import parse_weights

    path = folder / "speaker.safetensors"
    if path.name not in files:
        raise MynaError(f"{path} is missing: the voice is incomplete; run the stage that makes it again")
    weights = parse_weights(files[path.name], path)
    embedding = weights.get("embedding")
    if embedding is None or embedding.shape != (256,) or not embedding.is_floating_point():
        shape = "none" if embedding is None else f"{tuple(embedding.shape)} {embedding.dtype}"
        raise MynaError(f"{path} holds no speaker embedding (256,) of real numbers ({shape}); make the voice again")
    if not 1e-3 < float(embedding.float().norm()) < 1e3:
        raise MynaError(f"{path}: an embedding of length {float(embedding.float().norm()):g}; make the voice again")
    return embedding.float()


def front_end_of(files: Mapping[str, bytes], config: Mapping[str, Any], folder: Path) -> tuple[FrontEnd, TokenList]:
    """Return the text front end and the token list.

    Raises:
        MynaError: A file is missing or wrong, or the front end is none of Myna's.
    """
    with _unpacked(files, folder) as copy:
        try:
            return load_front_end(copy, config), TokenList.load(copy / "tokens.txt")
        except MynaError as error:
            raise MynaError(str(error).replace(str(copy), str(folder))) from error
        except (ValueError, RuntimeError, KeyError, TypeError) as error:
            raise MynaError(f"{folder}: tokens or lexicon cannot be read ({one_line(error)}); get it again") from error


def check_defaults(network: "nn.Module", defaults: Mapping[str, Any], name: Path | str) -> None:
    """Compare what a voice gives `infer` with its signature.

    Raises:
        MynaError: `infer` takes no such argument, or the value is out of range.
    """
    infer: Any = getattr(network, "infer", None)
    if infer is None:
        raise MynaError(f"{name}: a {type(network).__name__} does not speak; choose one of conf/tts")
    parameters = inspect.signature(infer).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for key, value in defaults.items():
        if key in _CALLERS or not (open_ended or key in parameters):
            raise MynaError(f"{name}: defaults.{key[:40]} is nothing that {type(network).__name__} takes")
        most = MOST_STEPS if key == "steps" else LARGEST_NUMBER
        if value is not None and not (math.isfinite(value) and abs(value) <= most):
            raise MynaError(f"{name}: defaults.{key}={str(value)[:20]} is outside ±{most:g}")


def check_room(network: "nn.Module", tokens: TokenList, name: Path | str) -> None:
    """Compare the length of the token list with the network's embedding of symbols.

    Raises:
        MynaError: The list lacks a mark, or has more symbols than the network has room for.
    """
    from torch import nn

    check_marks(tokens, name)
    room = [module.num_embeddings for module in network.modules() if isinstance(module, nn.Embedding)]
    if room and len(tokens) > max(room):
        raise MynaError(f"{name} has {len(tokens)} symbols, and the network room for {max(room)}; get the voice again")


def check_marks(tokens: TokenList, name: Path | str) -> None:
    """Look for the marks of padding, start and end in a token list.

    Raises:
        MynaError: One is missing, or there is nothing else.
    """
    if missing := [mark for mark in (PAD, BOS, EOS) if mark not in tokens.symbols]:
        raise MynaError(f"{name} lacks the symbol {missing[0]!r}; get the voice again")
    if len(tokens) == len((PAD, BOS, EOS)):
        raise MynaError(f"{name} holds marks and no sound; get the voice again")


@contextmanager
def _unpacked(files: Mapping[str, bytes], folder: Path) -> Iterator[Path]:
    # Front ends read folders: they get a private copy of what was compared with the seal.
    with TemporaryDirectory(prefix="myna-") as made:
        for name, data in files.items():
            if "/" not in name and Path(name).suffix in (".txt", ".model", ".yaml"):
                if len(data) > LARGEST_TABLE:
                    raise MynaError(f"{folder / name}: {len(data)} bytes, where {LARGEST_TABLE} are read at most")
                (Path(made) / name).write_bytes(data)
        yield Path(made)
