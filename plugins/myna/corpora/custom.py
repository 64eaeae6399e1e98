"""A person's own folder of recordings: cut, judged, transcribed where needed, and dealt into the target sets."""

import logging
import re
import shutil
from pathlib import Path
from statistics import median

from omegaconf import DictConfig
from tqdm import tqdm

from myna.corpora import mini_voices, transcripts
from myna.corpora.clip import Clip, Corpus, merge
from myna.corpora.person import consent_of, speaker_id
from myna.corpora.pieces import Findings, Piece, Rules, examine, other_speakers
from myna.corpora.quality import Limits
from myna.corpora.recognise import require_model
from myna.corpora.select import split, without_sentences
from myna.corpora.spoken_language import settle
from myna.errors import MynaError
from myna.files import atomic_text
from myna.kaldi.rates import outliers

log = logging.getLogger(__name__)

Sets = dict[str, list[Clip]]


def build(config: DictConfig, cache: Path) -> tuple[Corpus, Sets]:
    """Build the target sets from `create_dataset.target`, and the pool from the embedded corpora.

    Args:
        config: The whole config.
        cache: Folder of downloads.

    Returns:
        All clips with their consent, and set name → clips. Nothing in the person's folder is changed.

    Raises:
        MynaError: No folder, consent, name, recording or transcript, or too little usable speech.
    """
    node = config.create_dataset
    if not node.get("target"):
        raise MynaError("recipe custom needs --target, the folder with the recordings of the person")
    folder, speaker = Path(str(node.target)), speaker_id(node.get("name"))
    consent, record = consent_of(node, speaker)
    found = judge(folder, node)
    clips = [_clip(piece, speaker, found.language) for piece in found.kept]
    target = Corpus(tuple(clips), {speaker: consent})
    _report(found, folder, Path(config.data_dir), float(node.quality.confidence))
    if record:
        Path(config.data_dir).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(record, Path(config.data_dir) / "consent.yaml")
    sets = deal(clips)
    if str(node.pool) == "none":
        return target, sets
    known, pool = mini_voices.pool(node, cache)
    if speaker in known.consent:
        raise MynaError(f"the name {node.name!r} is that of a voice of the pool; choose another --name")
    for name in ("pool_train", "pool_dev"):
        pool[name] = without_sentences(pool[name], sets.get("target_test", []))
    return merge([known, target]), pool | sets


def judge(folder: Path, node: DictConfig) -> Findings:
    """Examine every recording of a folder.

    Raises:
        MynaError: A file cannot be read, or less than the least amount of usable speech is left.
    """
    files = transcripts.recordings(folder)
    language, line = settle(str(node.language), files)
    if line:
        print(line, flush=True)
    texts, fixed = transcripts.find(folder, files), transcripts.corrections(folder)
    rules = Rules(
        language, node.get("whisper"), float(node.min_seconds), float(node.max_seconds), Limits(**node.quality)
    )
    if len(texts) < len(files):
        require_model(language, rules.whisper)
        log.info("%d of %d files have no transcript: Whisper writes it", len(files) - len(texts), len(files))
    found = Findings(language)
    for name, file in tqdm(files.items(), desc="recordings", unit="file", disable=None):
        examine(re.sub(r"\s+", "_", name.replace("/", "_")), file, texts.get(name), fixed, rules, found)
    other_speakers(found, rules.limits.speaker)
    _odd_texts(found, language)
    seconds = sum(piece.end - piece.start for piece in found.kept)
    if seconds < rules.limits.min_total_seconds:
        raise MynaError(
            f"{folder}: only {seconds:.0f} s of usable speech in {len(files)} files, at least "
            f"{rules.limits.min_total_seconds:.0f} s are needed; record more{_why(found)}"
        )
    return found


def _odd_texts(found: Findings, language: str) -> None:
    odd = outliers({piece.name: (piece.text, piece.end - piece.start, language) for piece in found.kept})
    for piece in found.kept:
        if piece.name in odd:
            found.drop(piece.file, piece.start, piece.end, f"the text cannot be right: {odd[piece.name]}")
    found.kept = [piece for piece in found.kept if piece.name not in odd]


def _why(found: Findings) -> str:
    reasons = [f"{file.name}: {reason}" for file, _, _, reason in found.dropped]
    more = f" and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    return f" (dropped: {'; '.join(reasons[:3])}{more})" if reasons else ""


def _clip(piece: Piece, speaker: str, language: str) -> Clip:
    return Clip(speaker, piece.name, language, piece.text, piece.file, piece.end - piece.start, piece.start)


def deal(clips: list[Clip]) -> Sets:
    """Split a person's clips: a tenth (at most 2 minutes) for the test, another (at most half a minute) to validate.

    With twelve clips or more the test has three at least, with fewer one; with under three clips all are for learning.
    """
    minutes = sum(clip.duration for clip in clips) / 60
    usual = median(clip.duration for clip in clips) / 60
    test = min(2.0, max(minutes / 10, usual * (3 if len(clips) >= 12 else 1)))
    dev = min(0.5, max(minutes / 10, usual))
    parts = split(clips, [test, dev, minutes + 1] if len(clips) >= 3 else [0.0, 0.0, minutes + 1])
    names = ("target_test", "target_dev", "target_train")
    return {name: part for name, part in zip(names, parts, strict=True) if part}


def _report(found: Findings, folder: Path, data_dir: Path, confidence: float) -> None:
    """Say what was converted, dropped and is in doubt; and write the two lists."""
    for note in found.notes:
        print(note)
    rows = [f"{file}\t{start:.2f}\t{end:.2f}\t{reason}\n" for file, start, end, reason in found.dropped]
    atomic_text(data_dir / "dropped.tsv", "file\tstart\tend\treason\n" + "".join(rows))
    for file, start, end, reason in found.dropped:
        print(f"dropped {file.name} {start:.1f}–{end:.1f} s: {reason}")
    doubtful = sorted((p for p in found.kept if p.confidence < confidence), key=lambda p: p.confidence)
    lines = [f"{piece.name}|{piece.text}\n" for piece in doubtful]
    atomic_text(data_dir / "to_check.csv", "".join(lines))
    if doubtful:
        print(
            f"{len(doubtful)} machine transcripts are in doubt: see {data_dir / 'to_check.csv'}; copy the lines that "
            f"are wrong, corrected, into {folder / 'corrections.csv'} and run stage 0 again"
        )
    minutes = sum(piece.end - piece.start for piece in found.kept) / 60
    print(f"{minutes:.1f} minutes of speech are left, in {len(found.kept)} pieces; {len(found.dropped)} were dropped")
