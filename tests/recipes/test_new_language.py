"""recipes/new_language: a language that no base has heard, and its code everywhere else."""

import json
import subprocess
from pathlib import Path

import pytest

from myna.commands.recipe import system_runner
from myna.errors import MynaError
from myna.networks.voice import Voice
from myna.recipe.compose import compose_recipe
from myna.recipe.run import Recipe
from myna.text.front_end import build_front_end
from myna.text.languages import LANGUAGES, MAX_LANGUAGES, NEW_LANGUAGES, canonical, language_number
from myna.text.phonemes import phonemize
from myna.text.reading import read_text

ROOT = Path(__file__).parents[2]
STAGES = ["create_dataset", "extract_features", "train_encoder", "train_vits", "train_hifigan", "fine_tune"]
SWEDISH = (
    "Solen skiner över den gamla hamnen i dag.",
    "Min syster köper bröd och mjölk varje morgon.",
    "Tåget till Göteborg går klockan halv nio.",
    "Vi plockade blåbär i skogen hela eftermiddagen.",
    "Han glömde sin röda halsduk på bussen.",
    "Barnen bygger en snögubbe på gården.",
    "Kan du öppna fönstret en liten stund?",
    "Katten sover under bordet i köket.",
    "I morgon ska det regna i hela landet.",
    "Läraren läste en saga för klassen.",
    "Båten kom fram sent på kvällen.",
    "Hon skriver ett brev till sin mormor.",
)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("swedish")
    for number, text in enumerate(SWEDISH):
        subprocess.run(
            ["espeak-ng", "-v", "sv", "-s", "130", "-w", str(folder / f"s{number:02d}.wav"), text], check=True
        )
        (folder / f"s{number:02d}.txt").write_text(text + "\n", encoding="utf-8")
    return folder


def test_a_language_is_taught_from_nothing_but_the_speech(recordings: Path, tmp_path: Path) -> None:
    words = ["create_dataset.consent=own_voice", "create_dataset.language=sv", "create_dataset.check_texts=false"]
    words += ["create_dataset.quality.min_total_seconds=10", "create_dataset.quality.snr_db=0", "tts.init=scratch"]
    words += ["tts.adapt.max_steps=2", "tts.adapt.words=false", f"voice_dir={tmp_path / 'voice'}"]
    words += [f"create_dataset.target={recordings}", "create_dataset.name=Maj"]
    config = compose_recipe(ROOT / "recipes" / "new_language", words)
    Recipe(config, system_runner, {name: str(n) for n, name in enumerate(STAGES)}).run(STAGES)

    clone = tmp_path / "voice" / "exp" / "clone"
    told = json.loads((clone / "fine_tune.json").read_text(encoding="utf-8"))
    assert (told["policy"], told["alpha"], told["steps"]) == ("full", 1.0, 2)
    voice = Voice.load(clone / "voice")
    assert voice.config.language == "sv"
    assert len(voice.speak("Hej på dig.", language="sv")) > 0.3 * voice.sample_rate


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("sv", "Hej på dig, min vän."),
        ("fi", "Hyvää huomenta kaikille."),
        ("el", "Καλημέρα σε όλους."),
        ("ka", "გამარჯობა ყველას."),
        ("ar", "صباح الخير."),
        ("ta", "காலை வணக்கம்."),
    ],
)
def test_a_text_is_read_in_its_own_language_and_not_as_english(language: str, text: str) -> None:
    """Both where stage 1 makes phonemes and where the voice speaks: letters of Latin scripts were read as English."""
    front_end = build_front_end(None)
    (piece,) = read_text(text, language, front_end).pieces
    assert (piece.language, set(piece.languages)) == (language, {language})
    assert piece.symbols == front_end.symbols(text, language) == phonemize(text, language)


def test_what_espeak_reads_has_a_number_though_no_base_has_heard_it() -> None:
    assert not NEW_LANGUAGES & LANGUAGES.keys()
    assert language_number("sv") == language_number("fi") == MAX_LANGUAGES - 1
    assert language_number("zh") == LANGUAGES["cmn"]
    with pytest.raises(MynaError, match="unknown language 'xx'"):
        language_number("xx")


@pytest.mark.parametrize("language", sorted(NEW_LANGUAGES))
def test_every_new_language_can_be_written_in_phonemes(language: str) -> None:
    assert canonical(language) == language
    assert phonemize("1 2", language)
