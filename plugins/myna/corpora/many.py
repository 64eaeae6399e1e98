"""Sets of a corpus with many speakers: one is the target, some are never trained on, the rest is the pool."""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256

from myna.corpora.clip import Clip, Corpus
from myna.corpora.select import minutes_of, shuffled, split, without_sentences
from myna.errors import MynaError
from myna.settings.corpus import Many

Sets = dict[str, list[Clip]]


def deal(corpus: Corpus, node: Many, unseen: Sequence[str] = ()) -> Sets:
    """Deal a corpus into the six sets.

    Args:
        corpus: Clips of many speakers.
        node: `create_dataset`.
        unseen: Speakers that may be unknown speakers or the target but never in the pool, such as those of a
            corpus's own test part; empty lets any speaker serve.

    Returns:
        Set name → clips. No sentence of target_test, nor one near it, is in any other training set.

    Raises:
        MynaError: The target speaker is not in the corpus, or too few speakers are left for the pool.
    """
    speakers: dict[str, list[Clip]] = defaultdict(list)
    for clip in corpus.clips:
        speakers[clip.speaker].append(clip)
    target = str(node.voice.speaker)
    if target not in speakers:
        some = ", ".join(sorted(speakers)[:5])
        raise MynaError(f"create_dataset.voice.speaker={target} is not in the corpus; choose one such as {some}")
    test, dev, train = split(speakers.pop(target), minutes_of(node.voice))
    candidates = [name for name in unseen if name in speakers] or list(speakers)
    unknown = sorted(candidates, key=lambda name: sha256(name.encode()).digest())[: node.spk_test_speakers]
    sets: Sets = {"pool_train": [], "pool_dev": [], "spk_test": []}
    for name in unknown:
        sets["spk_test"] += shuffled(speakers.pop(name))[: node.spk_test_utterances]
    for name in sorted(set(speakers) - set(unseen)):
        order, count = shuffled(speakers[name]), node.dev_utterances_per_speaker
        sets["pool_dev"] += order[:count]
        sets["pool_train"] += order[count:]
    for name in ("pool_train", "pool_dev"):
        sets[name] = without_sentences(sets[name], test)
        if not sets[name]:
            raise MynaError(f"no speaker is left for {name}; take more parts of the corpus or fewer spk_test_speakers")
    return sets | {"target_train": train, "target_dev": dev, "target_test": test}
