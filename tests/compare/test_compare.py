"""run.sh --compare on a few utterances: members are found, measured alike, kept, and put on one page."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from omegaconf import OmegaConf

from myna.commands import recipe as command
from myna.compare import members
from myna.compare.kept import Keys, kept
from myna.compare.table import markdown
from myna.corpora import an4, flite
from myna.corpora.clip import Corpus, merge
from myna.errors import MynaError
from myna.recipe.compose import CONF
from myna.settings.recipe import Settings
from myna.settings.scores import Compare
from myna.workspace import Workspace

TINY = {
    "encoder/small_cnn.yaml": "defaults: [cnn, _self_]\nname: small_cnn\nnetwork:\n  channels: [16, 16]\n"
    "  kernels: [3, 3]\n  dilations: [1, 1]\nbatches: {speakers: 2, utterances: 2}\ncrop: 24\nmin_frames: 32\n",
    "tts/small_taco.yaml": "defaults: [tacotron2, _self_]\nname: small_taco\nbatch_size: 2\n"
    "network: {channels: 16, decoder: 16, attention: 8, prenet: 8}\ninfer: {threshold: 2.0, frames_per_token: 4.0}\n",
    "tts/raw_taco.yaml": "defaults: [small_taco, _self_]\nname: raw_taco\n",
    "vocoder/small_hifi.yaml": "defaults: [hifigan_v3, _self_]\nname: small_hifi\ngenerator: {channels: 16}\n"
    "batch_size: 2\nsegment_frames: 20\n",
}
CHOSEN = {
    "encoder": ["mfcc", "small_cnn"],
    "tts": ["raw_taco", "small_taco"],
    "vocoder": ["griffin_lim", "small_hifi"],
}
OVERRIDES = [
    "num_workers=1",
    "augment=none",
    "encoder=lstm_ge2e",  # a word that chooses a member does not get into the comparison's way
    f"compare.members=[{','.join(name for names in CHOSEN.values() for name in names)}]",
    "compare.untrained=[raw_taco]",
    "compare.max_steps=2",
    "compare.sentences=2",
    "compare.copies=2",
    "compare.copy_sets=[target_dev]",
    "compare.longest=12",
    "compare.reference_clips=2",
    "compare.rtf_sentences=1",
    "compare.rtf_seconds=0.5",
    "compare.prompts=1",
]


def few_voices(settings: Settings, workspace: Workspace, cache: Path):
    """Deal two synthetic voices and five real ones into the sets that every recipe has."""
    voices = ("awb", "slt")
    spoken = flite.prepare(flite.download(cache, voices), voices)
    strangers = an4.prepare(an4.download(cache))
    by_speaker = {name: [c for c in spoken.clips if c.speaker == f"flite_{name}"] for name in voices}
    long_enough = [c for c in by_speaker["slt"][8:] if c.duration > 2]
    people = sorted(strangers.clips, key=lambda clip: -clip.duration)
    sets = {
        "pool_train": [*by_speaker["awb"][:6], *people[:2]],
        "pool_dev": by_speaker["awb"][6:8],
        "spk_test": people[2:],
        "target_train": long_enough[:3],
        "target_dev": long_enough[3:5],
        "target_test": long_enough[5:7],
    }
    used = {clip.id for clips in sets.values() for clip in clips}
    corpus = merge([spoken, strangers])
    return Corpus(tuple(c for c in corpus.clips if c.id in used), corpus.consent), sets


def compare(root: Path, groups: str = "encoder,tts,vocoder", *overrides: str) -> int:
    stages = ["--stages", "create_dataset", "extract_features"]
    return command.main(
        ["few", "--root", str(root), *stages, "--compare", groups, "--overrides", *OVERRIDES, *overrides]
    )


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A comparison that was stopped between training and speaking, and then went on."""
    root = tmp_path_factory.mktemp("compare")
    for name, text in TINY.items():
        (root / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "own" / name).write_text(text, encoding="utf-8")
    conf = root / "recipes" / "few" / "conf"
    conf.mkdir(parents=True)
    (conf / "recipe.yaml").write_text("defaults: [/myna, /mini_voices, _self_]\n", encoding="utf-8")
    out = root / "recipes" / "few" / "exp" / "compare"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("myna.corpora.mini_voices.build", few_voices)
        patch.setenv("MYNA_CONF_PATH", str(root / "own"))
        patch.setenv("OMP_NUM_THREADS", "1")
        with pytest.MonkeyPatch.context() as killed:

            def stop(*_: object) -> None:
                raise KeyboardInterrupt

            killed.setattr("myna.compare.acoustic.make_voice", stop)
            with pytest.raises(KeyboardInterrupt):
                compare(root)
        done = [out / "encoder" / "small_cnn" / "measured.json", out / "tts" / "raw_taco" / "tts" / "tts.safetensors"]
        before = [path.stat().st_mtime_ns for path in done]
        assert compare(root) == 0
        yield SimpleNamespace(root=root, out=out, done=done, before=before)


class Page(HTMLParser):
    """Collects what the test asks for: rows of tables, players, and what they play."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.figures: list[str] = []
        self.sounds: list[str] = []
        self.links: list[str] = []
        self.place = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
        if tag == "figure":
            self.figures.append(str(values["class"]))
        if tag == "audio":
            self.sounds.append(str(values["src"]))
        self.links += [str(values[name]) for name in ("href", "src") if name in values and tag != "audio"]
        self.place = tag

    def handle_data(self, data):
        if self.rows and self.rows[-1] and self.place in ("td", "span"):
            self.rows[-1][-1] += data


def rows_of(out: Path, group: str) -> dict[str, dict]:
    found = json.loads((out / "compare.json").read_text(encoding="utf-8"))
    return {row["name"]: row for row in found[group]["rows"]}


def test_every_member_has_a_row_with_its_figures(compared: SimpleNamespace) -> None:
    encoders, voices, vocoders = (rows_of(compared.out, group) for group in CHOSEN)
    assert list(encoders) == CHOSEN["encoder"]
    assert [name for name, row in voices.items() if row["origin"] != "reference"] == CHOSEN["tts"]
    assert list(vocoders) == ["recordings", *CHOSEN["vocoder"]]
    assert all(0 <= row["eer"] <= 1 and row["rtf"] > 0 for row in encoders.values())
    assert encoders["small_cnn"]["training"]["steps"] == 2
    assert (voices["raw_taco"]["origin"], voices["small_taco"]["origin"]) == ("untrained", "trained")
    assert voices["small_taco"]["training"]["steps"] == 2
    for name in ("recordings", *CHOSEN["tts"]):
        assert {"wer", "similarity", "mos"} <= voices[name].keys(), name
    assert voices["small_taco"]["mcd_db"] > voices["copy"]["mcd_db"] > 0
    assert voices["recordings"]["similarity"] > voices["raw_taco"]["similarity"]
    assert {name: row["origin"] for name, row in vocoders.items()} == {
        "recordings": "reference",
        "griffin_lim": "none",
        "small_hifi": "trained",
    }
    assert vocoders["small_hifi"]["parameters"] > 0 == vocoders["griffin_lim"]["parameters"]
    assert all(row["mel_l1"] >= 0 for row in vocoders.values())


def test_the_page_has_a_row_and_a_player_for_each(compared: SimpleNamespace) -> None:
    text = (compared.out / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    shown = [row[0] for row in page.rows if row]
    everyone = [row for group in CHOSEN for row in rows_of(compared.out, group).values()]
    assert len(shown) == len(everyone) == len(page.figures)
    for group in CHOSEN.values():
        for name in group:
            assert sum(name in row for row in shown) == 1, name
    assert page.figures.count("sample untrained") == 1
    samples = [sample for row in everyone for sample in row["samples"]]
    assert len(page.sounds) == sum("silent" not in sample for sample in samples)
    marked = [row["name"] for row in everyone if "silent" not in row["samples"][0]]
    assert {"mfcc", "small_cnn", "recordings", "copy", "griffin_lim"} <= set(marked)
    assert all(sound.startswith("data:audio/mpeg;base64,") for sound in page.sounds)
    assert all(link.startswith(("data:", "#")) for link in page.links)
    table = (compared.out / "compare.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in table for group in CHOSEN.values() for name in group)
    assert "UNTRAINED" in table


def test_synthetic_sound_is_labelled(compared: SimpleNamespace) -> None:
    from myna.safety import aigc

    copies = sorted(compared.out.glob("*/*/speech/listen/*.mp3"))
    assert copies
    for path in copies:
        assert aigc.read(path.read_bytes(), ".mp3")


def test_what_was_finished_before_a_kill_is_kept(compared: SimpleNamespace) -> None:
    assert [path.stat().st_mtime_ns for path in compared.done[:1]] == compared.before[:1]


def test_nothing_is_measured_twice_and_other_groups_stay(
    compared: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a finished member was measured again")

    monkeypatch.setattr("myna.compare.encoders.measure", refuse)
    monkeypatch.setattr("myna.compare.vocoders.measure", refuse)
    before = (compared.out / "index.html").read_text(encoding="utf-8")
    assert compare(compared.root, "vocoder") == 0
    assert (compared.out / "index.html").read_text(encoding="utf-8") == before


def test_a_member_that_cannot_be_trained_says_why(compared: SimpleNamespace) -> None:
    own = compared.root / "own" / "vocoder" / "orphan.yaml"
    own.write_text("defaults: [parallel_wavenet, _self_]\nname: orphan\nteacher: /nowhere\n", encoding="utf-8")
    before = (compared.out / "vocoder" / "rows.json").read_bytes()
    try:
        assert compare(compared.root, "vocoder", "compare.members=[griffin_lim,orphan]") == 0
        row = rows_of(compared.out, "vocoder")["orphan"]
        assert row["origin"] == "failed" and "no WaveNet" in row["error"]
        assert row["error"].split(":")[0] in (compared.out / "index.html").read_text(encoding="utf-8")
    finally:
        own.unlink()
        (compared.out / "vocoder" / "rows.json").write_bytes(before)


def test_unknown_names_are_refused(compared: SimpleNamespace) -> None:
    with pytest.raises(MynaError, match=r"--compare text: there is no such group; choose from encoder, tts, vocoder"):
        compare(compared.root, "text")
    with pytest.raises(MynaError, match=r"compare\.members names 'nobody'; there is cnn, "):
        compare(compared.root, "encoder", "compare.members=[nobody]")


def test_members_are_the_files_of_conf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MYNA_CONF_PATH", raising=False)
    for group in members.GROUPS:
        names = members.member_names(group)
        files = {path.stem for path in (CONF / group).glob("*.yaml")}
        assert set(names) == {n for n in files if not n.startswith("_") and n not in ("auto", "ge2e")}
    assert members.member_names("vocoder")[:2] == ["griffin_lim", "wavenet"]
    plain = OmegaConf.to_container(OmegaConf.load(CONF / "metrics.yaml"))
    settings = Compare.model_validate(plain["compare"])
    labels = [member.label for member in members.choose_members(settings)]
    assert {"vits_mel", "vits_mel_base", "istft_base", "resemblyzer"} <= set(labels)
    assert labels.index("wavenet") < labels.index("parallel_wavenet")
    assert all(not m.trains for m in members.choose_members(settings) if m.name in ("vits_gpu", "hifigan_v1"))


def test_another_budget_trains_again_and_another_measure_measures_again(tmp_path: Path) -> None:
    weights = tmp_path / "member" / "weights"
    ran = []

    def work() -> dict[str, int]:
        ran.append(weights.is_file())
        weights.touch()
        return {"n": len(ran)}

    assert kept(tmp_path / "member", Keys("a", "x"), work) == {"n": 1}
    assert kept(tmp_path / "member", Keys("a", "x"), work) == {"n": 1}
    assert kept(tmp_path / "member", Keys("a", "y"), work) == {"n": 2}
    assert kept(tmp_path / "member", Keys("b", "y"), work) == {"n": 3}
    assert ran == [False, True, False]


def test_the_best_of_the_trained_is_bold() -> None:
    rows = [
        {"name": "recordings", "origin": "reference", "mos": 4.0},
        {"name": "one", "origin": "trained", "mos": 2.0, "rtf": 0.5, "parameters": 1_500_000},
        {"name": "two", "origin": "trained", "mos": 3.0, "rtf": 1.5, "parameters": 0},
        {"name": "big", "origin": "untrained", "mos": 3.5, "rtf": 0.1},
    ]
    lines = markdown("vocoder", rows).splitlines()
    assert lines[0] == "| Vocoders | Weights | MOS estimate | RTF, one thread | Parameters |"
    assert lines[2:] == [
        "| recordings | – | 4.00 | – | – |",
        "| `one` | trained here | 2.00 | **0.5000** | 1.50 M |",
        "| `two` | trained here | **3.00** | 1.5000 | – |",
        "| `big` | UNTRAINED | 3.50 | 0.1000 | – |",
    ]
