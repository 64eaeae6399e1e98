"""Train a speaker encoder for a budget, and measure it on speakers that it has not heard."""

import json
import time
from typing import Any

import numpy as np
import torch

from myna.audio.features import FeatureSet, FeatureUtterance
from myna.compare.clock import clock, with_clock
from myna.compare.kept import Row, size
from myna.compare.members import spread
from myna.espnet.collate import Pad
from myna.espnet.dataset import Dataset
from myna.espnet.encoder_report import trial_utterances
from myna.espnet.encoder_training import build_model, data_entries, own_network
from myna.espnet.train_encoder import embed, judge_once, train
from myna.files import atomic_text
from myna.networks.speaker.ge2e import Ge2eEncoder
from myna.settings.group import replaced
from myna.settings.recipe import Settings
from myna.workspace import Workspace

GRADIENT = "myna.espnet.encoder_training.train_own_encoder"
TIMED = 8  # utterances a speaker over which speed is taken


def measure(settings: Settings, seconds: float, steps: int | None = None) -> Row:
    """Train and score the encoder that a configuration chooses.

    Args:
        settings: Of the recipe; results go to `exp_dir/encoder`.
        seconds: Of training; of the processor, where no other clock is set.
        steps: Of training, in place of seconds.

    Returns:
        `steps` and `training_seconds` (None where nothing is trained), `parameters`, `mb`,
        `embedding_seconds_per_hour`, the trials of `unseen` and `seen` speakers, and `confused`: which two recordings
        of different people are the most alike to it.
    """
    workspace = Workspace.of(settings)
    encoder, training = trained(settings, workspace, seconds, steps)
    chosen = trial_utterances(settings.encoder, workspace)
    judged = judge_once(encoder, chosen, settings.encoder.trials.per_speaker, workspace)
    speech = some_of_each(workspace, chosen["unseen"])
    per_hour, rows = embedding_seconds(encoder, speech)
    weights = encoder.network.state_dict()
    return {
        **training,
        **size(weights, sum(p.numel() for p in encoder.network.parameters())),
        "embedding_seconds_per_hour": round(per_hour, 1),
        **judged,
        "confused": confused(speech, rows),
    }


def trained(settings: Settings, workspace: Workspace, seconds: float, steps: int | None = None) -> tuple[Any, Row]:
    """Train for the budget, or take the pre-trained encoder.

    Returns:
        The encoder, with its steps and seconds of training.
    """
    if not settings.encoder.train:
        return Ge2eEncoder(), {"steps": None, "training_seconds": None}
    settings = with_clock(settings)
    if settings.encoder.fit["_target_"] == GRADIENT:
        count = steps or affordable(settings, workspace, seconds)
        budget = {"encoder.max_steps": count, "encoder.validate_every": max(1, count // 2)}
        settings = replaced(settings, budget)
    encoder, report = train(settings, workspace)
    return encoder, {
        "steps": report.get("training_steps"),
        "training_seconds": round(float(report["training_seconds"]), 1),
    }


def affordable(settings: Settings, workspace: Workspace, seconds: float) -> int:
    """Return how many steps fit into so many seconds; a run that was killed goes on with what was found first."""
    path = workspace.exp / "steps.json"
    if not path.is_file():
        atomic_text(path, json.dumps(max(10, int(seconds / seconds_a_step(settings, workspace)))))
    return int(json.loads(path.read_text(encoding="utf-8")))


def seconds_a_step(settings: Settings, workspace: Workspace, tries: int = 4) -> float:
    """Time training steps on one batch; the quickest counts, since other work on the machine only slows them."""
    torch.manual_seed(0)
    wanted = settings.encoder
    model = build_model(wanted, workspace, own_network(wanted)).train()
    data = Dataset(**data_entries(wanted, workspace)[0])
    many = min(wanted.batches.speakers * wanted.batches.utterances, len(data))
    _, batch = Pad()([data[i * len(data) // many] for i in range(many)])
    optimizer = torch.optim.AdamW(model.parameters())
    spent, now = [], clock(settings.trainer)
    for _ in range(tries):
        began = now()
        optimizer.zero_grad()
        model(**batch)[0].backward()
        optimizer.step()
        spent.append(now() - began)
    return min(spent)


def some_of_each(workspace: Workspace, trials: dict[str, str]) -> list[FeatureUtterance]:
    """Return some utterances of each speaker of the trials, which name them `<set>/<utterance>`."""
    by_speaker: dict[str, list[str]] = {}
    for key, speaker in trials.items():
        by_speaker.setdefault(speaker, []).append(key)
    wanted = {keys[place] for keys in by_speaker.values() for place in spread(keys, TIMED)}
    sets = sorted({key.split("/")[0] for key in wanted})
    return [u for name in sets for u in FeatureSet(workspace.features(name)) if f"{name}/{u.name}" in wanted]


def embedding_seconds(encoder: Any, utterances: list[FeatureUtterance]) -> tuple[float, dict[str, np.ndarray]]:
    """Return processor seconds that an hour of speech takes, and the embeddings `(256,)` by utterance."""
    embed(encoder, utterances[:1], "warming up")
    began = time.process_time()
    rows = embed(encoder, utterances, encoder.name)
    return (time.process_time() - began) / sum(u.seconds for u in utterances) * 3600, rows


def confused(utterances: list[FeatureUtterance], rows: dict[str, np.ndarray]) -> Row | None:
    """Return the cosine, the speakers and the recordings of the two people who are most alike to an encoder."""
    best: Row | None = None
    for n, one in enumerate(utterances):
        for two in utterances[n + 1 :]:
            cosine = float(rows[one.name] @ rows[two.name])
            if one.speaker != two.speaker and (best is None or cosine > best["cosine"]):
                best = {
                    "cosine": round(cosine, 4),
                    "speakers": [one.speaker, two.speaker],
                    "recordings": [str(one.wav), str(two.wav)],
                }
    return best
