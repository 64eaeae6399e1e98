"""Stage 2: a speaker encoder, and an embedding of every utterance and speaker."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from hydra.utils import get_method
from tqdm import tqdm

from myna.audio.features import FeatureSet, FeatureUtterance
from myna.errors import MynaError
from myna.espnet.embeddings import mean_embedding, read_embeddings, write_embeddings
from myna.espnet.encoder_report import choose, judge, trial_utterances, write_report
from myna.files import atomic_text
from myna.networks.speaker.trials import pairs
from myna.once import once
from myna.settings.recipe import Settings
from myna.workspace import Workspace, run_first

if TYPE_CHECKING:
    from myna.networks.speaker.encoder import SpeakerEncoder
    from myna.networks.speaker.own import OwnEncoder

log = logging.getLogger(__name__)

TOGETHER = 32  # utterances embedded in one pass
PRETRAINED = ("ge2e", "resemblyzer")


def run(settings: Settings, workspace: Workspace) -> None:
    """Train the own encoder, compare it with GE2E, and embed all sets with the one that conditions.

    Reads `dump/<set>/`. Writes `exp/encoder/<name>.safetensors`, `embeds/<set>/`, `similarity.png` and `report.json`.
    Parts that are finished are left as they are.

    Raises:
        MynaError: Features are missing, or a configured name is unknown.
    """
    out, wanted = workspace.encoder, settings.encoder
    sets = dump_sets(workspace.dump)
    extra: dict[str, Any] = {}
    encoders: dict[str, SpeakerEncoder] = {}
    if wanted.train:
        own, extra = train(settings, workspace)
        encoders[own.name] = own
    from myna.networks.speaker.ge2e import Ge2eEncoder

    encoders["ge2e"] = Ge2eEncoder()
    chosen, most = trial_utterances(wanted, workspace), wanted.trials.per_speaker
    judged = {name: judge_once(encoder, chosen, most, workspace) for name, encoder in encoders.items()}
    conditioning = choose(wanted.condition, judged)
    mark = f"{conditioning} {encoders[conditioning].fingerprint()}"
    for root in sets:
        embed_set(encoders[conditioning], root, out / "embeds" / root.name, mark, wanted.copies_per_speaker)
    embeddings, speakers = _of_speakers(sets, out)
    write_report(out, conditioning, judged, extra, embeddings, speakers)


def train(settings: Settings, workspace: Workspace) -> tuple["OwnEncoder", dict[str, Any]]:
    """Train the own encoder by the function `fit(settings, workspace)` that `encoder.fit` names.

    Args:
        settings: Of the recipe.
        workspace: Gets `exp/encoder`.

    Returns:
        The encoder, and what the report says of its training.

    Raises:
        MynaError: Its name is that of the pre-trained encoder, or training cannot start.
    """
    from myna.networks.speaker.own import OwnEncoder

    wanted = settings.encoder
    if wanted.name in PRETRAINED:
        raise MynaError(f"encoder.name={wanted.name} is the pre-trained encoder: give your own another name")
    report = get_method(wanted.fit["_target_"])(settings, workspace)
    own = OwnEncoder.load(workspace.encoder / f"{wanted.name}.safetensors", trusted=wanted.network["_target_"])
    parameters = sum(weights.numel() for weights in own.network.parameters())
    return own, {**report, "own_parameters": parameters}


def dump_sets(dump: Path) -> list[Path]:
    """Return the processed sets.

    Raises:
        MynaError: There is none.
    """
    sets = sorted(path.parent for path in dump.glob("*/feats.scp"))
    if not sets:
        raise MynaError(f"{dump} has no set with features (feats.scp): {run_first('extract_features')}")
    return sets


def embed(encoder: "SpeakerEncoder", utterances: Sequence[FeatureUtterance], title: str) -> dict[str, np.ndarray]:
    """Embed utterances, similar lengths together.

    Args:
        encoder: Any speaker encoder.
        utterances: What to embed.
        title: For the progress bar.

    Returns:
        (256,) by utterance id.
    """
    from myna.audio.load import load_audio

    ordered = sorted(utterances, key=lambda utterance: utterance.frames)
    found: dict[str, np.ndarray] = {}
    with tqdm(total=len(ordered), desc=title, unit="utt") as bar:
        for first in range(0, len(ordered), TOGETHER):
            part = ordered[first : first + TOGETHER]
            waves = [load_audio(utterance.wav, encoder.sample_rate).wave for utterance in part]
            found.update(zip((utterance.name for utterance in part), encoder.embed_waves(waves), strict=True))
            bar.update(len(part))
    return {utterance.name: found[utterance.name] for utterance in utterances}


def embed_set(encoder: "SpeakerEncoder", root: Path, folder: Path, mark: str, copies: int) -> None:
    """Embed a set, unless it is done.

    Of a speaker that augmentation made, some utterances are embedded and all get their mean: such a speaker is known
    well enough by a few, and the copies outnumber the originals.

    Args:
        encoder: The encoder that conditions.
        root: `dump/<set>`.
        folder: `exp/encoder/embeds/<set>`.
        mark: Names the encoder and its weights.
        copies: Utterances that are embedded of an augmented speaker.
    """
    source = list(FeatureSet(root))
    stamp = folder / "made_by"
    index = folder / "spk_embeds.scp"
    made_by = f"{mark} {len(source)} {copies}\n"
    if index.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == made_by:
        return
    index.unlink(missing_ok=True)
    originals = [utterance for utterance in source if utterance.original is None]
    found = embed(encoder, [*originals, *_some_of_each(source, copies)], root.name)
    grouped: dict[str, list[np.ndarray]] = defaultdict(list)
    for utterance in source:
        if utterance.name in found:
            grouped[utterance.speaker].append(found[utterance.name])
    speakers = {speaker: mean_embedding(rows) for speaker, rows in grouped.items()}
    everyone = {u.name: found[u.name] if u.original is None else speakers[u.speaker] for u in source}
    write_embeddings(folder, "utt", everyone)
    atomic_text(stamp, made_by)
    write_embeddings(folder, "spk", speakers)


def _some_of_each(source: Iterable[FeatureUtterance], many: int) -> list[FeatureUtterance]:
    """Choose longer copies of each augmented speaker: they say more about a voice."""
    grouped: dict[str, list[FeatureUtterance]] = defaultdict(list)
    for utterance in source:
        if utterance.original is not None:
            grouped[utterance.speaker].append(utterance)
    return [u for rows in grouped.values() for u in sorted(rows, key=lambda u: (-u.frames, u.name))[:many]]


def judge_once(encoder: "SpeakerEncoder", chosen: dict[str, dict[str, str]], most: int, workspace: Workspace) -> Any:
    """Score an encoder on the trials, or read what an earlier run found.

    Args:
        encoder: Any speaker encoder.
        chosen: See `trial_utterances`.
        most: Utterances of a speaker that are paired.
        workspace: Has the features; `exp/encoder/judged` keeps what was found.
    """
    path = workspace.encoder / "judged" / f"{encoder.name}.json"

    def found() -> Any:
        wanted = {key for speakers in chosen.values() for pair in pairs(speakers, most) for key in pair[:2]}
        embeddings: dict[str, np.ndarray] = {}
        for name in sorted({key.split("/")[0] for key in wanted}):
            part = [u for u in FeatureSet(workspace.features(name)) if f"{name}/{u.name}" in wanted]
            rows = embed(encoder, part, f"{encoder.name} on {name}")
            embeddings |= {f"{name}/{utterance}": row for utterance, row in rows.items()}
        return judge(embeddings, chosen, most)

    return once(path, {"weights": encoder.fingerprint(), "trials": chosen}, found)


def _of_speakers(sets: list[Path], out: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read a few embeddings of each real speaker of all sets, for the similarity matrix."""
    embeddings: dict[str, np.ndarray] = {}
    speakers: dict[str, str] = {}
    for root in sets:
        rows = read_embeddings(out / "embeds" / root.name, "utt")
        for utterance in FeatureSet(root, augmented=False):
            embeddings[f"{root.name}/{utterance.name}"] = rows[utterance.name]
            speakers[f"{root.name}/{utterance.name}"] = utterance.speaker
    return embeddings, speakers
