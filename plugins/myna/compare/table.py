"""The columns of the comparison, and the table in Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from myna.compare.kept import Row

Words = tuple[str, str]  # English and Chinese


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: Of the row.
        label: English and Chinese head.
        better: `higher`, `lower` or empty.
        form: How a number is written: `%`, `M` (millions), or a format such as `.2f`.
        chart: Whether the page draws it.
    """

    key: str
    label: Words
    better: str = ""
    form: str = ".2f"
    chart: bool = False


SIZE = (
    Column("parameters", ("Parameters", "参数"), "", "M"),
    Column("mb", ("MB", "MB"), "", ".1f"),
    Column("seconds", ("Training s", "训练秒数"), "", ".0f"),
    Column("steps", ("Steps", "步数"), "", ",.0f"),
)
RTF = Column("rtf", ("RTF, one thread", "实时率（单线程）"), "lower", ".4f", chart=True)
MOS = Column("mos", ("MOS estimate", "估计 MOS"), "higher", chart=True)
SIMILARITY = Column("similarity", ("Similarity", "相似度"), "higher")
COLUMNS: dict[str, tuple[Column, ...]] = {
    "encoder": (
        Column("eer", ("EER, new speakers", "等错误率（新说话人）"), "lower", "%", chart=True),
        Column("min_dcf", ("minDCF", "minDCF"), "lower", ".3f"),
        Column("eer_seen", ("EER, training speakers", "等错误率（训练说话人）"), "lower", "%"),
        RTF,
        *SIZE,
    ),
    "tts": (
        Column("wer", ("WER", "词错误率"), "lower", "%"),
        SIMILARITY,
        MOS,
        Column("mcd_db", ("MCD (mel distance), dB", "MCD（梅尔倒谱失真）dB"), "lower"),
        RTF,
        *SIZE,
    ),
    "vocoder": (
        MOS,
        SIMILARITY,
        Column("mel_l1", ("Mel distance, nepers", "梅尔距离（奈培）"), "lower"),
        RTF,
        *SIZE,
    ),
}
TITLES: dict[str, Words] = {
    "encoder": ("Speaker encoders", "说话人编码器"),
    "tts": ("Acoustic models", "声学模型"),
    "vocoder": ("Vocoders", "声码器"),
}
ORIGINS: dict[str, Words] = {
    "trained": ("trained here", "本次训练"),
    "pretrained": ("pre-trained", "预训练"),
    "shipped": ("shipped base", "自带权重"),
    "none": ("nothing to train", "无需训练"),
    "untrained": ("UNTRAINED", "未训练"),
    "failed": ("failed", "失败"),
    "reference": ("", ""),
}
REFERENCES: dict[str, Words] = {
    "recordings": ("recordings", "真实录音"),
    "copy": ("recordings, vocoded", "录音经声码器还原"),
    "espeak": ("espeak-ng", "espeak-ng"),
}


def value(row: Mapping[str, Any], column: Column) -> float | None:
    """Return a row's figure of a column, if it has one."""
    of_training = column.key in ("seconds", "steps")
    if of_training and row.get("origin") != "trained":
        return None
    source = row.get("training", {}) if of_training else row
    found = source.get(column.key)
    return None if found is None else float(found)


def cell(row: Mapping[str, Any], column: Column) -> str:
    """Write a row's figure of a column; a dash for none."""
    found = value(row, column)
    if found is None or (column.form == "M" and not found):
        return "–"
    if column.form == "M":
        return f"{found / 1e6:.2f} M"
    return f"{100 * found:.1f} %" if column.form == "%" else f"{found:{column.form}}"


def columns(group: str, rows: Sequence[Row]) -> list[Column]:
    """Return the columns of a group in which any row has a figure."""
    return [column for column in COLUMNS[group] if any(value(row, column) is not None for row in rows)]


def best(rows: Sequence[Row], column: Column) -> float | None:
    """Return the best figure of a column among the members that were trained here; none where all are alike."""
    found = [v for row in rows if row["origin"] == "trained" and (v := value(row, column)) is not None]
    if not column.better or len(set(found)) < 2:
        return None
    return max(found) if column.better == "higher" else min(found)


def title(row: Mapping[str, Any], chinese: bool = False) -> str:
    """Return the name of a row: a member's own word, or what a reference is called."""
    return REFERENCES[row["name"]][chinese] if row["origin"] == "reference" else str(row["name"])


def markdown(group: str, rows: Sequence[Row]) -> str:
    """Write the table of a group; the best of the members that were trained here is bold."""
    shown = columns(group, rows)
    heads = [TITLES[group][0], "Weights", *(column.label[0] for column in shown)]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for row in rows:
        name = title(row) if row["origin"] == "reference" else f"`{row['name']}`"
        cells = [name, ORIGINS[row["origin"]][0] or "–"]
        for column in shown:
            top = row["origin"] == "trained" and value(row, column) == best(rows, column) is not None
            cells.append(f"**{cell(row, column)}**" if top else cell(row, column))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
