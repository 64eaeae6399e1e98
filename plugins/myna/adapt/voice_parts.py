"""What a cloned voice takes over from earlier stages: networks, speaker embedding, language, consent."""

from collections import Counter
from pathlib import Path

import numpy as np
import torch

from myna.audio.augment import origin
from myna.errors import MynaError
from myna.networks.parts import Loaded
from myna.networks.voice import Voice, VoiceConfig
from myna.settings.recipe import Settings
from myna.text.front_end import load_front_end
from myna.text.tokens import TokenList
from myna.workspace import Workspace, run_again, run_first


def target_voice(settings: Settings, workspace: Workspace, tts: Loaded, vocoder: Loaded | None) -> Voice:
    """Put networks and the target's embedding together.

    Args:
        settings: Of the recipe.
        workspace: Stages 1 and 2 have written into it.
        tts: The acoustic model, and what builds it again.
        vocoder: The same of the vocoder; None for an end-to-end model.

    Raises:
        MynaError: As of `target_embedding`.
    """
    network, vocoder_network = tts[0], vocoder[0] if vocoder else None
    described = VoiceConfig(
        name=target_name(settings),
        language=target_language(workspace),
        tts=tts[1],
        vocoder=vocoder[1] if vocoder else None,
        defaults=dict(settings.tts.infer),
    )
    speaker = torch.from_numpy(np.array(target_embedding(workspace)))
    tokens, front_end = TokenList.load(workspace.tokens), load_front_end(workspace.dump)
    return Voice(described, network, vocoder_network, speaker, tokens, front_end=front_end)


def load_voice(directory: Path) -> Voice:
    """Load the voice of stage 5.

    Args:
        directory: `Workspace.voice`, or what `decode.voice` names in its place.

    Raises:
        MynaError: Stage 5 has not run, or as of `Voice.load`.
    """
    if not (directory / "voice.yaml").is_file():
        raise MynaError(f"{directory}/voice.yaml is missing; {run_first('fine_tune')}")
    return Voice.load(directory)


def target_embedding(workspace: Workspace) -> np.ndarray:
    """Return the target's embedding `(256,)` from stage 2.

    Raises:
        MynaError: Stage 2 has not run, the target is not one speaker, or the voice is that of a protected person.
    """
    from myna.espnet.embeddings import read_embeddings
    from myna.safety.protected import check_protected

    embeds = read_embeddings(workspace.embeddings("target_train"), "spk")
    own = {name: e for name, e in embeds.items() if origin(name) is None}
    if len(own) != 1:
        raise MynaError(f"target_train has {len(own)} speakers ({', '.join(own)}): a clone is of one person")
    embedding = next(iter(own.values()))
    check_protected(embedding)
    return embedding


def target_name(settings: Settings) -> str:
    """Return what the person is called."""
    return settings.create_dataset.name or "target"


def target_language(workspace: Workspace) -> str:
    """Return the language that most of the target's recordings are in."""
    lines = (workspace.features("target_train") / "utt2lang").read_text(encoding="utf-8").split()
    return Counter(lines[1::2]).most_common(1)[0][0]


def dev_texts(workspace: Workspace, count: int = 5) -> list[str]:
    """Return the first texts of `dump/target_dev`: sentences that a clone does not learn from.

    Raises:
        MynaError: Stage 1 has not run.
    """
    path = workspace.features("target_dev") / "text"
    if not path.is_file():
        raise MynaError(f"{path} is missing: {run_first('extract_features')}")
    lines = [line.split(maxsplit=1) for line in path.read_text(encoding="utf-8").splitlines()]
    return [line[1] for line in lines if len(line) == 2][:count]


def consent_of(workspace: Workspace, path: Path) -> None:
    """Write the consent record of the target into the finished voice, and seal the voice with it.

    The record is the person's own, or one made from `spk2consent`.

    Raises:
        MynaError: The target's data directory has no consent, or it is revoked, expired or forged.
    """
    from myna.safety import consent, records
    from myna.safety.finish import finish

    folder = workspace.recordings("target_train")
    own, table = folder / "consent.yaml", folder / "spk2consent"
    if own.is_file():
        record = records.load(own)
    elif table.is_file():
        record = consent.stated(records.from_spk2consent(table.read_text(encoding="utf-8").splitlines()[0]))
    else:
        raise MynaError(f"{table} is missing: no voice without a record of consent; {run_again('create_dataset')}")
    finish(record, folder, path)
