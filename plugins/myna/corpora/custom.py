"""A person's own folder of recordings: cut, judged, transcribed where needed, and dealt into the target sets."""

import logging
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

from tqdm import tqdm

from myna.audio.spread import Cluster, cluster_of, spread
from myna.corpora import account, mini_voices, transcripts
from myna.corpora import folder as folders
from myna.corpora.clip import Clip, Corpus, merge
from myna.corpora.findings import Findings, Segment
from myna.corpora.person import consent_of, speaker_id
from myna.corpora.pieces import Rules, examine, other_speakers
from myna.corpora.quality import Limits
from myna.corpora.recognise import require_model
from myna.corpora.select import sentence_groups, split, without_sentences
from myna.corpora.spoken_language import settle
from myna.errors import MynaError
from myna.files import atomic_text, shown
from myna.kaldi.rates import outliers, units
from myna.settings.corpus import CreateDataset
from myna.settings.recipe import Settings
from myna.workspace import Workspace, run_again

log = logging.getLogger(__name__)

# A piece to learn from, one to validate with and one to test on.
LEAST_PIECES = 3
# Without a recogniser a text is judged by its letters a second: this many times the person's usual is too many.
HASTY, HASTY_ENOUGH = 1.6, 5

Sets = dict[str, list[Clip]]


def build(settings: Settings, workspace: Workspace, downloads: Path) -> tuple[Corpus, Sets]:
    """Build the target sets from `create_dataset.target`, and the pool from the embedded corpora.

    Args:
        settings: Of the recipe; reads `create_dataset` and `parallel`.
        workspace: Gets the lists of what became of every file, and the consent's record.
        downloads: Folder of downloads.

    Returns:
        All clips with their consent, and set name → clips. Nothing in the person's folder is changed.

    Raises:
        MynaError: No folder, consent, name, recording or transcript, or too little usable speech.
    """
    node = settings.create_dataset
    if not node.target:
        raise MynaError("recipe custom needs --target, the folder with the recordings of the person")
    folder, speaker = Path(node.target), speaker_id(node.name)
    consent, record = consent_of(node, speaker)
    judged = judge(folder, node, cluster=cluster_of(settings))
    clips = [_clip(piece, speaker, judged.found.language) for piece in judged.found.kept]
    target = Corpus(tuple(clips), {speaker: consent})
    sets = deal(clips)
    _report(judged, folder, workspace.data, node.quality.confidence)
    if record:
        workspace.data.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(record, workspace.data / "consent.yaml")
    if node.pool == "none":
        return target, sets
    known, pool = _others(node, downloads)
    if speaker in known.consent:
        raise MynaError(f"the name {node.name!r} is that of a voice of the pool; choose another --name")
    for name in pool.keys() & {"pool_train", "pool_dev"}:
        pool[name] = without_sentences(pool[name], sets.get("target_test", []))
    return merge([known, target]), pool | sets


def _others(node: CreateDataset, cache: Path) -> tuple[Corpus, Sets]:
    """Fetch who is not the person: the whole pool, or those alone against whom a clone is measured."""
    if node.pool == "strangers":
        known = mini_voices.strangers(cache)
        return known, {"spk_test": list(known.clips)}
    return mini_voices.pool(node, cache)


@dataclass(frozen=True)
class Judged:
    """A folder, read: its files, the texts that were given, and what was found in the sound."""

    contents: folders.Contents
    texts: transcripts.Texts
    found: Findings


def judge(folder: Path, node: CreateDataset, enough: bool = True, cluster: Cluster | None = None) -> Judged:
    """Examine every recording of a folder; what is wrong with one costs that one only.

    Args:
        folder: Of the person; a single file will do.
        node: `create_dataset`.
        enough: Whether too little usable speech is an error.
        cluster: From `cluster_of`; on one that is not this machine the files are examined and transcribed there.

    Raises:
        MynaError: There is no recording, no transcript and no recogniser, or less than the least amount of usable
            speech is left.
    """
    contents = folders.scan(folder)
    language, line = settle(node.language, {take.id: take.path for take in contents.takes})
    if line:
        print(line, flush=True)
    texts = transcripts.find(folder, contents, language)
    limits = Limits(**node.quality.model_dump())
    rules = Rules(language, node.whisper, node.min_seconds, node.max_seconds, limits, node.check_texts)
    if lacking := [take for take in contents.takes if take.id not in texts.said and take.id not in texts.faults]:
        require_model(language, rules.whisper)
        log.info("%d of %d files have no transcript: Whisper writes it", len(lacking), len(contents.takes))
    fixed = transcripts.corrections(folder, language)
    found = _examine_all(contents, texts, fixed, rules, cluster)
    if len(found.kept) < LEAST_PIECES and rules.hears:
        # Few files, each a piece: shorter pieces leave something to validate with and to test on.
        found = _examine_all(contents, texts, fixed, replace(rules, max_seconds=rules.max_seconds / 2), cluster)
    _strangers(fixed, found)
    if enough:
        _enough(folder, contents, found, limits.min_total_seconds)
    return Judged(contents, texts, found)


def _examine_all(
    contents: folders.Contents,
    texts: transcripts.Texts,
    fixed: dict[str, str],
    rules: Rules,
    cluster: Cluster | None,
) -> Findings:
    found = Findings(rules.language)
    work = partial(_examined, texts=texts, fixed=fixed, rules=rules)
    if cluster is None or cluster.env == "local":
        for take in tqdm(contents.takes, desc="recordings", unit="file", disable=None):
            found.join(work(take))
    else:
        apart = dict(spread(work, contents.takes, cluster, "recordings"))
        for number in sorted(apart):
            found.join(apart[number])
    other_speakers(found, rules.limits.speaker)
    _odd_texts(found, rules.language)
    if not rules.hears:
        _hasty_texts(found)
    return found


def _examined(take: folders.Take, texts: transcripts.Texts, fixed: dict[str, str], rules: Rules) -> Findings:
    """Examine one file by itself, wherever this runs."""
    found = Findings(rules.language)
    if take.id in texts.faults:
        found.drop(take.path, 0.0, 0.0, texts.faults[take.id])
    else:
        examine(take, texts.said.get(take.id), fixed, rules, found)
    return found


def _strangers(fixed: dict[str, str], found: Findings) -> None:
    """Say which corrections belong to nothing."""
    for name in sorted(fixed.keys() - {piece.name for piece in found.kept}):
        found.notes.append(f"{transcripts.CORRECTIONS}: {name!r} is the name of no piece that is used")


def _enough(folder: Path, contents: folders.Contents, found: Findings, least: float) -> None:
    seconds = sum(piece.end - piece.start for piece in found.kept)
    if seconds < least:
        raise MynaError(
            f"{shown(folder)}: only {seconds:.0f} s of usable speech in {len(contents.takes)} files, at least "
            f"{least:.0f} s are needed; record more{_why(found)}"
        )
    if len(found.kept) < LEAST_PIECES:
        raise MynaError(
            f"{shown(folder)}: only {len(found.kept)} pieces of speech; at least {LEAST_PIECES} are needed, to learn "
            f"from, to validate and to test: cut the recordings into more files{_why(found)}"
        )


def _odd_texts(found: Findings, language: str) -> None:
    odd = outliers({piece.name: (piece.text, piece.end - piece.start, language) for piece in found.kept})
    for piece in found.kept:
        if piece.name in odd:
            found.drop(piece.file, piece.start, piece.end, f"the text cannot be right: {odd[piece.name]}")
    found.kept = [piece for piece in found.kept if piece.name not in odd]


def _hasty_texts(found: Findings) -> None:
    """Drop texts that are far too long for their sound, where nothing can hear the words."""
    rates = {p.name: units(p.text) / (p.end - p.start) for p in found.kept}
    if len(rates) < HASTY_ENOUGH:
        return
    usual = median(rates.values())
    for piece in found.kept:
        if rates[piece.name] > HASTY * usual:
            why = f"{rates[piece.name]:.0f} letters a second, usually {usual:.0f}: the text is longer than what is said"
            found.drop(piece.file, piece.start, piece.end, why)
    found.kept = [piece for piece in found.kept if rates[piece.name] <= HASTY * usual]


def _why(found: Findings) -> str:
    reasons = [f"{shown(file.name)}: {reason}" for file, _, _, reason in found.dropped]
    more = f" and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    return f" (dropped: {'; '.join(reasons[:3])}{more})" if reasons else ""


def _clip(piece: Segment, speaker: str, language: str) -> Clip:
    return Clip(speaker, piece.name, language, piece.text, piece.file, piece.end - piece.start, piece.start)


def deal(clips: list[Clip]) -> Sets:
    """Split a person's clips: a tenth (at most 2 minutes) for the test, another (at most half a minute) to validate.

    With twelve clips or more the test has three at least, with fewer one.

    Raises:
        MynaError: Fewer than three different sentences.
    """
    minutes = sum(clip.duration for clip in clips) / 60
    usual = median(clip.duration for clip in clips) / 60
    test = min(2.0, max(minutes / 10, usual * (3 if len(clips) >= 12 else 1)))
    dev = min(0.5, max(minutes / 10, usual))
    parts = split(clips, [test, dev, minutes + 1])
    names = ("target_test", "target_dev", "target_train")
    if not all(parts):
        parts = _shortest_apart(clips)
    return dict(zip(names, parts, strict=True))


def _shortest_apart(clips: list[Clip]) -> list[list[Clip]]:
    """Give the two shortest groups of like sentences to the test and to validation, where no share came out even."""
    groups = sorted(sentence_groups(clips), key=lambda group: sum(clip.duration for clip in group))
    if len(groups) < LEAST_PIECES:
        raise MynaError(
            f"the recordings say {len(groups)} different sentences in all; at least {LEAST_PIECES} are needed, to "
            "learn from, to validate and to test: record others"
        )
    test, dev, *rest = groups
    return [test, dev, [clip for group in rest for clip in group]]


def _report(judged: Judged, folder: Path, data_dir: Path, confidence: float) -> None:
    """Say what became of every file, what was converted and what is in doubt; and write the three lists."""
    found = judged.found
    for note in judged.texts.notes + found.notes:
        print(note)
    for path in transcripts.unused(judged.contents, judged.texts):
        print(f"{shown(path.relative_to(folder))}: not used, no recording has its name")
    rows = account.fates(folder, judged.contents, judged.texts, found)
    account.write(rows, data_dir / account.TABLE)
    lines = [f"{shown(file)}\t{start:.2f}\t{end:.2f}\t{reason}\n" for file, start, end, reason in found.dropped]
    atomic_text(data_dir / "dropped.tsv", "file\tstart\tend\treason\n" + "".join(lines))
    print(account.summary(rows, data_dir / account.TABLE))
    _doubts(found, folder, data_dir, confidence)
    minutes = sum(piece.end - piece.start for piece in found.kept) / 60
    print(f"{minutes:.1f} minutes of speech are left, in {len(found.kept)} pieces; {len(found.dropped)} were dropped")


def _doubts(found: Findings, folder: Path, data_dir: Path, confidence: float) -> None:
    """List the machine's transcripts that a person should check."""
    doubtful = sorted((p for p in found.kept if p.confidence < confidence), key=lambda p: p.confidence)
    atomic_text(data_dir / "to_check.csv", "".join(f"{piece.name}|{piece.text}\n" for piece in doubtful))
    if doubtful:
        print(
            f"{len(doubtful)} machine transcripts are in doubt: see {data_dir / 'to_check.csv'}; copy the lines that "
            f"are wrong, corrected, into {shown(folder / transcripts.CORRECTIONS)} and {run_again('create_dataset')}"
        )
