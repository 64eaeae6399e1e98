"""The embedded recipe: real voices that package registries carry, and one of them as the target to clone."""

from collections import defaultdict
from pathlib import Path

from myna.corpora import an4, asterisk, festvox_ru, flite, librivox
from myna.corpora.clip import Clip, Corpus, merge
from myna.corpora.select import cap, minutes_of, split, without_sentences
from myna.errors import MynaError
from myna.settings.corpus import CreateDataset
from myna.settings.recipe import Settings
from myna.workspace import Workspace

Sets = dict[str, list[Clip]]


def build(settings: Settings, workspace: Workspace, downloads: Path) -> tuple[Corpus, Sets]:
    """Fetch the corpora and deal them into the six sets.

    Args:
        settings: Of the recipe; reads `create_dataset`.
        workspace: Of the recipe.
        downloads: Folder of downloads.

    Returns:
        All clips with their consent, and set name → clips.
    """
    node = settings.create_dataset
    language = str(node.voice.language)
    target = asterisk.prepare(asterisk.download(downloads, (language,)), *_limits(node))
    test, dev, train = split(target.clips, minutes_of(node.voice))
    known, sets = pool(node, downloads, exclude=language)
    sets["pool_train"] = without_sentences(sets["pool_train"], test)
    sets["pool_dev"] = without_sentences(sets["pool_dev"], test)
    return merge([target, known]), sets | {"target_train": train, "target_dev": dev, "target_test": test}


def pool(node: CreateDataset, cache: Path, exclude: str = "") -> tuple[Corpus, Sets]:
    """Fetch the voices that the base model learns from, and those that nothing learns from.

    Args:
        node: `create_dataset`.
        cache: Folder of downloads.
        exclude: Language of the Asterisk voice that is the target, or "".

    Returns:
        The clips with their consent, and the sets pool_train, pool_dev and spk_test.
    """
    languages = tuple(language for language in node.asterisk if language != exclude)
    parts = [asterisk.prepare(asterisk.download(cache, languages), *_limits(node))] if languages else []
    if node.festvox_ru:
        parts.append(festvox_ru.prepare(festvox_ru.download(cache), *_limits(node)))
    if node.flite:
        parts.append(flite.prepare(flite.download(cache, node.flite), node.flite))
    learn = merge(parts)
    if not learn.clips:
        raise MynaError("the pool is empty; name at least one of create_dataset.asterisk, festvox_ru, flite")
    unknown = strangers(cache)
    train, dev = _train_dev(learn, node)
    return merge([learn, unknown]), {"pool_train": train, "pool_dev": dev, "spk_test": list(unknown.clips)}


def strangers(cache: Path) -> Corpus:
    """Fetch the voices that nothing learns from: what other people score against a clone."""
    return merge([an4.prepare(an4.download(cache)), librivox.prepare(librivox.download(cache))])


def _limits(node: CreateDataset) -> tuple[float, float]:
    return node.min_seconds, node.max_seconds


def _train_dev(corpus: Corpus, node: CreateDataset) -> tuple[list[Clip], list[Clip]]:
    """Give every speaker its minutes, a few of its sentences for validation."""
    speakers: dict[str, list[Clip]] = defaultdict(list)
    for clip in corpus.clips:
        speakers[clip.speaker].append(clip)
    train: list[Clip] = []
    dev: list[Clip] = []
    for speaker, clips in sorted(speakers.items()):
        limits = node.minutes_per_speaker
        most = limits.get(speaker, limits.get(speaker.split("_")[0], limits["default"]))
        validation, learning = split(cap(clips, most), [node.dev_minutes_per_speaker, most])
        train += learning
        dev += validation
    return train, dev
