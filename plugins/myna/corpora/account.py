"""What became of every file of a person's folder: printed as a table, and written beside the data."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from myna.corpora.findings import Findings, Segment
from myna.corpora.folder import Contents
from myna.corpora.transcripts import Texts
from myna.files import atomic_text, shown

TABLE = "recordings.tsv"
_PRINTED = 40  # rows; the written table has all


@dataclass(frozen=True)
class Fate:
    """One file.

    Attributes:
        name: Path below the folder, printable.
        verdict: used, partly, left out or passed over.
        seconds: Length of the file.
        used: Seconds of it that are used.
        pieces: Pieces that are used.
        text: Where the text is from.
        why: What was dropped of it, and why.
    """

    name: str
    verdict: str
    seconds: float
    used: float
    pieces: int
    text: str
    why: str


def fates(folder: Path, contents: Contents, texts: Texts, found: Findings) -> list[Fate]:
    """Say of each file what became of it: recordings first, then what was passed over."""
    kept: dict[Path, list[Segment]] = defaultdict(list)
    lost: dict[Path, list[str]] = defaultdict(list)
    for piece in found.kept:
        kept[piece.file].append(piece)
    for file, start, end, reason in found.dropped:
        part = f"{start:.1f}–{end:.1f} s: " if 0 < end - start < 0.9 * found.seconds.get(file, 0.0) else ""
        lost[file].append(part + reason)
    rows = []
    for take in contents.takes:
        pieces, reasons = kept[take.path], lost[take.path]
        verdict = ("partly" if reasons else "used") if pieces else "left out"
        used = sum(piece.end - piece.start for piece in pieces)
        source = pieces[0].source if pieces else texts.said[take.id].source if take.id in texts.said else ""
        name = shown(take.path.relative_to(folder))
        why = "; ".join(dict.fromkeys(reasons))
        rows.append(Fate(name, verdict, found.seconds.get(take.path, 0.0), used, len(pieces), source, why))
    others = [
        Fate(shown(path.relative_to(folder)), "passed over", 0.0, 0.0, 0, "", why) for path, why in contents.passed
    ]
    return rows + others


def write(rows: list[Fate], path: Path) -> None:
    """Write the table, tab-separated, one file a line."""
    lines = ["file\tverdict\tseconds\tused\tpieces\ttext\twhy"]
    for row in rows:
        lines.append(
            f"{row.name}\t{row.verdict}\t{row.seconds:.2f}\t{row.used:.2f}\t{row.pieces}\t{row.text}\t{row.why}"
        )
    atomic_text(path, "\n".join(lines) + "\n")


def summary(rows: list[Fate], table: Path) -> str:
    """Lay out what a person should look at: first what is not used whole, then how much of everything there is."""
    odd = [row for row in rows if row.verdict in ("partly", "left out")]
    other = [row for row in rows if row.verdict == "passed over"]
    lines = [f"{row.verdict:<11}  {row.name}: {row.why}" for row in (odd + other)[:_PRINTED]]
    if len(odd) + len(other) > _PRINTED:
        lines.append(f"… and {len(odd) + len(other) - _PRINTED} more in {table}")
    counts = Counter(row.verdict for row in rows)
    sources = Counter(_source(row) for row in rows if row.pieces)
    texts = ", ".join(f"{count} by {name}" for name, count in sorted(sources.items()))
    lines.append(
        f"{len(rows)} files: {counts['used']} used, {counts['partly']} used in part, {counts['left out']} left out, "
        f"{counts['passed over']} passed over; texts: {texts or 'none'}; the table is {table}"
    )
    return "\n".join(lines)


def _source(row: Fate) -> str:
    name = row.text.split(", line")[0]
    return name if name.count(".") == 0 or name.endswith((".csv", ".tsv")) else ".txt files"
