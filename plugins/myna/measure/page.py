"""The report page: gathers what the template shows and writes one file that opens from disk with no network."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from myna.files import atomic_text
from myna.measure import charts, media
from myna.measure.clips import Scorable
from myna.measure.curves import training_curves
from myna.measure.manners import Copy

logger = logging.getLogger(__name__)

Row = dict[str, Any]

# Score, English and Chinese name, unit, which way is better, and the kinds that show its floor.
MEASURES = (
    ("similarity", "Speaker similarity", "说话人相似度", "", "higher", ("other",)),
    ("wer", "Word error rate", "词错误率", "%", "lower", ("griffin_lim", "espeak")),
    ("cer", "Character error rate", "字符错误率", "%", "lower", ("griffin_lim", "espeak")),
    ("mos", "Estimated MOS", "估计 MOS", "", "higher", ("griffin_lim", "espeak")),
    ("mcd_db", "Mel-cepstral distortion", "梅尔倒谱失真", "dB", "lower", ("espeak",)),
    ("f0_rmse_semitones", "F0 error", "基频误差", "st", "lower", ("espeak",)),
    ("voicing_error", "Voicing error", "清浊误差", "%", "lower", ("espeak",)),
    ("comb_excess_db", "Hop-comb excess", "帧率梳状噪声", "dB", "lower", ("griffin_lim",)),
)
KINDS = {
    "real": ("Recordings", "真实录音"),
    "heldout": ("Clone: held-out", "克隆: 留出句"),
    "unseen": ("Clone: unseen", "克隆: 新句子"),
    "copy": ("Copy synthesis", "复制合成"),
    "griffin_lim": ("Griffin-Lim", "Griffin-Lim"),
    "espeak": ("espeak-ng", "espeak-ng"),
    "other": ("Other speakers", "其他说话人"),
}


@dataclass(frozen=True)
class Sample:
    """One playable line of the page.

    Attributes:
        kind: As in `Scorable`.
        row: Its scores.
        audio: Data URI.
        spectrogram: Data URI, or empty.
    """

    kind: str
    row: Row
    audio: str
    spectrogram: str = ""


@dataclass(frozen=True)
class Content:
    """Everything the template needs.

    Attributes:
        results: What `results.json` holds.
        rows: The scores of every clip.
        pairs: Held-out prompts: samples of the recording, the clone and the floors, by utterance.
        unseen: Samples of unseen sentences.
        curves: SVG charts of training, by log and name, with the names of the curves.
        encoder: The encoder's report, or empty.
        vocoder: The vocoder's report, or empty.
        manners: A sentence and how it sounds in several manners.
    """

    results: Mapping[str, Any]
    rows: Sequence[Row]
    pairs: Mapping[str, list[Sample]]
    unseen: Sequence[Sample]
    curves: Mapping[str, Mapping[str, tuple[str, list[str]]]]
    encoder: Mapping[str, Any] = field(default_factory=dict)
    vocoder: Mapping[str, Any] = field(default_factory=dict)
    manners: tuple[str, Sequence[Copy]] = ("", ())


def write_page(path: Path, content: Content) -> None:
    """Render the template to `path` in one step."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("myna.measure", "."), autoescape=True, undefined=StrictUndefined)
    environment.filters["score"] = format_score
    template = environment.get_template("report.html.j2")
    atomic_text(
        path,
        template.render(
            results=content.results,
            error_name=error_name(content.results),
            table=score_table(content.results),
            pairs=content.pairs,
            unseen=content.unseen,
            manners=content.manners,
            kinds=KINDS,
            strip=_similarity_strip(content.rows),
            curves=content.curves,
            encoder=content.encoder,
            vocoder=content.vocoder,
            matrix=_matrix(content.encoder),
            times=charts.bar_chart(content.results["stage_seconds"], "s") if content.results["stage_seconds"] else "",
        ),
    )


# What `wer` is called where it counts something else than words.
UNITS = {
    "toned syllables": ("Toned syllables wrong", "带调音节错误率"),
    "kana": ("Kana wrong", "假名错误率"),
    "characters": ("Characters wrong", "字错误率"),
}


def error_name(results: Mapping[str, Any]) -> tuple[str, str]:
    """Return the English and the Chinese name of `wer` in the language of the clone."""
    return UNITS.get(results.get("wer_unit", "words"), ("Word error rate", "词错误率"))


def score_table(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the table: each score with its floor on the left and its ceiling on the right."""
    table = []
    for name, english, chinese, unit, better, floors in MEASURES:
        if name not in results and f"{name}_unseen" not in results:
            continue
        table.append(
            {
                "name": name,
                "label": error_name(results) if name == "wer" else (english, chinese),
                "better": better,
                "unit": unit,
                "floors": [(KINDS[kind], results.get(f"{name}_{kind}")) for kind in floors],
                "clone": results.get(name),
                "unseen": results.get(f"{name}_unseen"),
                "copy": results.get(f"{name}_copy"),
                "ceiling": results.get(f"{name}_real"),
            }
        )
    return table


def format_score(value: float | None, unit: str = "") -> str:
    """Write a score for the table: a part as a percentage, others with two digits, a dash for none."""
    if value is None:
        return "–"
    if unit == "%":
        return f"{100 * value:.1f} %"
    return f"{value:.2f}{' ' + unit if unit else ''}"


def gather_samples(
    clips: Sequence[Scorable], rows: Sequence[Row], prompts: int, pictures: int
) -> tuple[dict[str, list[Sample]], list[Sample]]:
    """Choose what can be heard: prompts beside their recording, and every unseen sentence with a listening copy.

    Args:
        clips: As scored.
        rows: Their scores, in the same order.
        prompts: Held-out prompts to show.
        pictures: Of these and of the unseen sentences, how many with a spectrogram.
    """
    by_kind: dict[str, list[tuple[Scorable, Row]]] = {}
    for clip, row in zip(clips, rows, strict=True):
        by_kind.setdefault(clip.kind, []).append((clip, row))
    chosen = [clip.id for clip, _ in by_kind.get("heldout", []) if listening_copy(clip)][:prompts]
    pairs: dict[str, list[Sample]] = {key: [] for key in chosen}
    for kind in ("real", "heldout", "copy", "griffin_lim", "espeak"):
        for clip, row in by_kind.get(kind, []):
            # The floors sound much the same everywhere: the first prompt shows them.
            shown = kind == "real" or (listening_copy(clip) and (kind == "heldout" or clip.id == chosen[0]))
            if clip.id in pairs and shown:
                pairs[clip.id].append(_sample(clip, row, chosen.index(clip.id) < pictures))
    heard = [(clip, row) for clip, row in by_kind.get("unseen", []) if listening_copy(clip)]
    return pairs, [_sample(clip, row, n < pictures) for n, (clip, row) in enumerate(heard)]


def listening_copy(clip: Scorable) -> Path | None:
    """Return the labelled MP3 that the decode stage left beside a synthetic clip."""
    path = Path(clip.path)
    copy = path.parent / "listen" / f"{path.stem}.mp3"
    return copy if copy.is_file() else None


def _sample(clip: Scorable, row: Row, with_picture: bool) -> Sample:
    from myna.audio.load import load_audio

    sound = load_audio(clip.path)
    copy = listening_copy(clip)
    audio = media.file_uri(copy) if copy else media.recording_uri(sound.wave, sound.sample_rate)
    picture = media.spectrogram_uri(sound.wave, sound.sample_rate) if with_picture else ""
    return Sample(clip.kind, row | _as_read(clip), audio, picture)


def _as_read(clip: Scorable) -> Row:
    """Return what was said for numbers and signs, where that is not the text itself."""
    from myna.text.espeak_text import EspeakText
    from myna.text.reading import read_text

    if clip.text is None:
        return {}
    said = " ".join(piece.normalised for piece in read_text(clip.text, clip.language, EspeakText()).pieces)
    return {"read": said} if said != " ".join(clip.text.split()) else {}


def draw_curves(exp_dir: Path) -> dict[str, dict[str, tuple[str, list[str]]]]:
    """Return the training curves below `exp_dir` as SVG with the names of the curves in each."""
    return {
        log: {name: (charts.line_chart(curves, logarithmic=True), list(curves)) for name, curves in found.items()}
        for log, found in training_curves(exp_dir).items()
    }


def _similarity_strip(rows: Sequence[Row]) -> tuple[str, str]:
    """Draw every cosine to the target's voice, with English and with Chinese labels; empty without any."""
    groups: dict[str, list[float]] = {}
    for kind in KINDS:
        values = [row["similarity"] for row in rows if row["kind"] == kind and "similarity" in row]
        if values:
            groups[kind] = values
    if not groups:
        return "", ""
    low = max(min(*(min(values) for values in groups.values()), 0.5) - 0.05, -1.0)
    english, chinese = ({KINDS[kind][n]: values for kind, values in groups.items()} for n in (0, 1))
    return charts.strip_chart(english, low), charts.strip_chart(chinese, low)


def _matrix(encoder: Mapping[str, Any]) -> str:
    """Draw the similarity matrix of an encoder report, if it has one."""
    found: Any = encoder.get("similarity_matrix") or encoder.get("matrix")
    names: Any = encoder.get("names") or encoder.get("speakers")
    if not found or not names or len(found) != len(names):
        return ""
    return charts.matrix_chart(found, [str(name) for name in names])
