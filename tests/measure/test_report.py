"""The measure stage from decoded speech to page and figures."""

import json
import re

import pytest
from run_stage import run_stage

from myna.errors import MynaError
from myna.measure import ledger, page, results, stage
from myna.measure.clips import Scorable
from myna.measure.curves import training_curves

KEYS = (
    "wer", "wer_real", "wer_unseen", "cer", "similarity", "similarity_real", "similarity_other", "mos", "mos_real",
    "mcd_db", "f0_rmse_semitones", "rtf", "first_audio_s", "seconds_total", "stage_seconds", "peak_rss_mb", "versions",
    "seed", "similarity_encoder", "conditioning_encoder", "encoder_eer",
)  # fmt: skip


def test_figures_and_page_and_a_second_run_that_scores_nothing(recipe, monkeypatch, tmp_path) -> None:
    run_stage(stage.run, recipe)
    folder = tmp_path / "exp/clone/report"
    found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert not [key for key in KEYS if key not in found]
    assert found["similarity_encoder"] == "dvector"
    assert found["similarity_real"] > found["similarity"] > found["similarity_other"]
    assert 0 < found["similarity_scale"] < 1
    assert found["wer_unit"] == "words"
    assert found["whisper_model"] == "tiny.en"
    assert found["mos"] < found["mos_real"]
    assert found["seconds_total"] >= 61.5
    assert found["peak_rss_mb"] == 1234.5
    assert found["counts"]["heldout"] == 1
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!data:)""", page)
    assert "http" not in re.sub(r"data:[a-z/]+;base64,[A-Za-z0-9+/=]+", "", page)
    assert page.count("<audio") == 4
    assert "Speaker similarity" in page
    assert "说话人相似度" in page
    assert "valid" in page

    # A killed run left half a line: only that clip is scored again, and the figures are the same.
    scores = folder / "scores.jsonl"
    whole = scores.read_text(encoding="utf-8")
    scores.write_text(whole[:-40], encoding="utf-8")
    scored = []
    original = ledger.score
    monkeypatch.setattr(ledger, "score", lambda clip, scorers: scored.append(clip.id) or original(clip, scorers))
    run_stage(stage.run, recipe)
    assert len(scored) == 1
    again = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert {key: again[key] for key in KEYS[:10]} == {key: found[key] for key in KEYS[:10]}


def test_mandarin_counts_toned_syllables_and_opens_in_chinese(tmp_path) -> None:
    found = {"language": "cmn", "wer": 0.1, "wer_real": 0.05, "wer_unit": "toned syllables", "similarity_scale": 0.8}
    rest = {"speaker": "a", "rtf": 0.1, "first_audio_s": 0.1, "seed": 1, "versions": {}, "stage_seconds": {}}
    rest |= {
        "seconds_total": 1.0,
        "peak_rss_mb": 1.0,
        "counts": {},
        "whisper_model": "base",
        "mos": 4.0,
        "mos_real": 4.0,
    }
    rest |= {"similarity": 0.7, "similarity_real": 0.8, "similarity_other": 0.2, "similarity_encoder": "dvector"}
    page.write_page(tmp_path / "a.html", page.Content(found | rest, [], {}, [], {}))
    written = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert '<html data-lang="en" data-clone="cmn">' in written
    assert "带调音节错误率" in written
    assert "词错误率" not in written


def test_missing_speech_names_the_stage(recipe, tmp_path) -> None:
    (tmp_path / "exp/clone/decode/decode.json").unlink()
    with pytest.raises(MynaError, match="run stage 6"):
        run_stage(stage.run, recipe)


def test_curves_of_one_name_share_a_chart(recipe, tmp_path) -> None:
    charts = training_curves(tmp_path / "exp")["clone"]
    assert list(charts) == ["mel"]
    assert set(charts["mel"]) == {"train", "valid"}
    assert charts["mel"]["valid"][1] == (1.0, 1.5)


def test_times_are_brought_up_to_date(tmp_path) -> None:
    report = tmp_path / "clone/report/results.json"
    results.write(report, {"wer": 0.1, "seconds_total": 1.0})
    (tmp_path / "stages").mkdir()
    for name, seconds in (("decode", 10.0), ("pack", 5.0)):
        record = {"stage": name, "seconds": seconds, "peak_rss_mb": 100 * seconds}
        (tmp_path / "stages" / f"{name}.json").write_text(json.dumps(record))
    results.refresh(tmp_path)
    found = json.loads(report.read_text())
    assert found["seconds_total"] == 15.0
    assert found["peak_rss_mb"] == 1000.0
    assert found["wer"] == 0.1


def test_the_page_shows_how_a_text_with_numbers_was_read() -> None:
    numbers, words = (
        Scorable("unseen", "a", "a.wav", text, "en-us", None, ()) for text in ("I paid $5.", "I paid him.")
    )
    assert "five dollars" in page._as_read(numbers)["read"]
    assert page._as_read(words) == {}
