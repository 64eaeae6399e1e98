"""Words that clash are refused with both names; presets choose three members by one word."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from myna.commands import recipe as command
from myna.errors import MynaError
from myna.recipe.compatibility import RULES, check_words
from myna.recipe.compose import compose_recipe, project_root


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A recipe that starts from Myna's own defaults."""
    folder = tmp_path / "recipes" / "own"
    (folder / "conf").mkdir(parents=True)
    (folder / "conf/recipe.yaml").write_text("defaults: [/myna, /mini_voices, _self_]\n")
    return folder


def refused(recipe: Path, *words: str, stages: list[str] | None = None) -> str:
    """The message that the words are refused with."""
    with pytest.raises(MynaError) as caught:
        check_words(compose_recipe(recipe, words), words, stages)
    return str(caught.value)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["tts=vits", "vocoder=griffin_lim"], ["tts=vits and vocoder=griffin_lim clash", "tts=vits_mel"]),
        (["tts=vits_mobile", "vocoder=hifigan_v2"], ["tts=vits_mobile and vocoder=hifigan_v2 clash", "unused"]),
        (["tts=vits_mel", "encoder=cnn"], ["tts=vits_mel with tts.init=base and encoder=cnn", "encoder=ge2e"]),
        (["tts=vits_mel", "encoder=auto"], ["encoder=auto clash", "tts.init=scratch"]),
        (["tts=vits_mobile", "tts.init=joe"], ["tts=vits_mobile and tts=vits_mobile with tts.init=joe", "scratch"]),
        (["tts=vits", "tts.init=base"], ["tts.init=base", "joe, scratch or hf:<path>"]),
        (["tts=tacotron2", "tts.init=base"], ["tts=tacotron2 with tts.init=base", "use scratch"]),
        (
            ["tts=fastspeech2", "tts.model.aligner=base", "text=char"],
            ["tts.model.aligner=base and text=char", "choose text=espeak", "tts.model.aligner=monophones"],
        ),
        (
            ["tts=fastspeech2", "tts.model.aligner=base", "encoder=cnn"],
            ["tts.model.aligner=base and encoder=cnn", "choose encoder=ge2e", "tts.model.aligner=monophones"],
        ),
        (["tts=vits_mel", "text=pinyin"], ["tts=vits_mel with tts.init=base and text=pinyin", "tts.init=scratch"]),
        (["vocoder=hifigan_v2", "vocoder.init=base"], ["vocoder.init=base", "vocoder=istft"]),
    ],
)
def test_clashing_words_are_named_with_what_fits(recipe: Path, words: list[str], named: list[str]) -> None:
    message = refused(recipe, *words)
    assert all(part in message for part in named), message
    assert "\n" not in message


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["vocoder=griffin_lim"],
        ["tts=vits"],
        ["tts=vits", "tts.init=hf:some/where"],
        ["tts=vits_mel", "vocoder=hifigan_v2"],
        ["tts=vits_mel", "encoder=cnn", "tts.init=scratch"],
        ["tts=vits_gpu", "encoder=mfcc"],
        ["tts=tacotron2", "text=char", "encoder=cnn"],
        ["encoder=transformer", "tts=fastspeech2", "vocoder=hifigan_v2"],
        ["tts=fastspeech2", "text=sentencepiece", "encoder=cnn"],
        ["tts=fastspeech2", "text=char", "encoder=cnn", "tts.model.aligner=elsewhere/exp/tts"],
    ],
)
def test_words_that_fit_pass(recipe: Path, words: list[str]) -> None:
    config = compose_recipe(recipe, words)
    check_words(config, words)
    assert OmegaConf.select(config, "tts.name") in ("vits", "vits_mel", "tacotron2", "fastspeech2")


def test_a_clash_matters_only_to_the_stages_that_it_concerns(recipe: Path) -> None:
    """Stage 2 alone trains any encoder, whatever text-to-speech model stands in the defaults."""
    words = ["tts=vits_mel", "encoder=cnn"]
    check_words(compose_recipe(recipe, words), words, ["train_encoder"])
    assert "clash" in refused(recipe, *words, stages=["train_encoder", "train_vits"])


def test_front_end_must_be_the_one_the_weights_read() -> None:
    config = OmegaConf.create({"tts": {"name": "vits", "init": "joe"}, "text": {"name": "char"}})
    with pytest.raises(MynaError, match=r"tts=vits with tts.init=joe and text=char clash.*text=espeak"):
        check_words(config)


def test_configurations_without_these_keys_pass() -> None:
    check_words(OmegaConf.create({"numbers": {"count": 4}}))
    assert all(rule.why.count("choose") + rule.why.count("use ") for rule in RULES)


def test_the_command_refuses_before_any_stage_runs(recipe: Path) -> None:
    words = ["tts=vits", "vocoder=griffin_lim"]
    with pytest.raises(MynaError, match="vocoder=griffin_lim clash"):
        command.main(["own", "--root", str(recipe.parents[1]), "--overrides", *words])
    assert not (recipe / "exp").exists()


@pytest.mark.parametrize(
    ("preset", "chosen"),
    [
        ("vits", {"tts": "vits", "vocoder": "istft", "condition": "ge2e"}),
        ("rtvc", {"tts": "tacotron2", "vocoder": "istft", "condition": "lstm_ge2e"}),
    ],
)
def test_a_preset_chooses_encoder_tts_and_vocoder(recipe: Path, preset: str, chosen: dict[str, str]) -> None:
    config = compose_recipe(recipe, [f"preset={preset}"])
    check_words(config, [f"preset={preset}"])
    found = {"tts": config.tts.name, "vocoder": config.vocoder.name, "condition": config.encoder.condition}
    assert found == chosen


def test_a_typed_word_wins_over_the_preset(recipe: Path) -> None:
    config = compose_recipe(recipe, ["preset=rtvc", "tts=vits_mel", "tts.init=scratch", "vocoder=griffin_lim"])
    assert (config.tts.name, config.vocoder.name, config.encoder.condition) == ("vits_mel", "griffin_lim", "lstm_ge2e")


def test_an_unknown_preset_lists_the_presets(recipe: Path) -> None:
    with pytest.raises(MynaError, match=r"'preset/tape'.*rtvc, vits"):
        compose_recipe(recipe, ["preset=tape"])


def test_presets_are_files_that_name_their_use() -> None:
    for path in (project_root() / "conf" / "preset").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# @package _global_") and "# Quick usage:" in text
