"""recipes/base, step by step as its README says: speech is packed, both networks go on from the shipped weights."""

import csv
import importlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from myna.commands.recipe import system_runner
from myna.corpora.kokoro_cast import PROSODY, Cast
from myna.corpora.kokoro_letters import letters
from myna.errors import MynaError
from myna.networks.pretrained import load_part
from myna.networks.tts.batch import Batch
from myna.networks.tts.readers import Readers
from myna.recipe.compose import compose_recipe
from myna.recipe.run import Recipe
from myna.text.languages import language_number
from myna.training.checkpoint import write_checkpoint
from myna.training.optimizers import MEL, adamw

ROOT = Path(__file__).parents[2]
LOCAL = ROOT / "recipes" / "base" / "local"
SHIPPED = ROOT / "plugins" / "myna" / "pretrained"
SENTENCES = (
    "The harbour was quiet before the storm.",
    "Please leave your name after the tone.",
    "Nobody knew the way.",
)


def step(script: str, *arguments: str | Path) -> str:
    """Run a step of the recipe in this process, which has torch already; returns what it printed."""
    said, threads = io.StringIO(), torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.setattr(sys, "argv", [script, *map(str, arguments)])
        load_script(script.removesuffix(".py")).main()
    torch.set_num_threads(threads)
    return said.getvalue()


def load_script(name: str) -> ModuleType:
    """Import a script of the recipe, which has its own folder on the path when it runs."""
    sys.path.insert(0, str(LOCAL))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(LOCAL))


def pieces(folder: Path, *ends: int) -> dict[str, torch.Tensor]:
    """Train a line in pieces that end at these steps; returns the average."""
    piecework = load_script("piecework")
    for end in ends:
        torch.manual_seed(0)
        network = torch.nn.Linear(3, 1)
        optimizer = adamw(network.parameters(), 1e-2, MEL)
        args = piecework.arguments("", batch=4, rate=1e-2).parse_args(["pool", str(folder), "--minutes", "9"])
        training = piecework.Training("line", args, {"model": network, "optimizer": optimizer}, network, 0.9, every=5)
        for step, random in training.steps():
            if step == end:
                training.keep(step)
                break
            made = torch.from_numpy(random.normal(size=(4, 3))).float() + torch.rand(4, 3)
            loss = (network(made) - made.sum(1, keepdim=True)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            training.log.add(step, {"square": loss})
    return training.average.weights


def test_two_pieces_are_one(tmp_path: Path) -> None:
    whole, broken = pieces(tmp_path / "whole", 50), pieces(tmp_path / "broken", 20, 50)
    assert all(torch.equal(value, broken[name]) for name, value in whole.items())
    logs = [(tmp_path / name / "line.jsonl").read_text().splitlines() for name in ("whole", "broken")]
    curves = [[{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in log] for log in logs]
    assert curves[0] == curves[1]
    assert [record["step"] for record in curves[0]] == [*range(5, 55, 5)]


def test_parts_of_older_checkpoints_are_found_by_their_names_of_today(tmp_path: Path) -> None:
    state = {"vocoder": {"a": torch.ones(1)}, "judge": {"b": torch.zeros(2)}, "critic": {}, "best": {}, "step": 3}
    write_checkpoint(state, tmp_path / "vocoder.ckpt")
    found = load_script("piecework").load(tmp_path / "vocoder.ckpt")
    assert set(found) == {"vocoder", "discriminator", "optimizer", "optimizer_d", "step"}
    assert torch.equal(found["discriminator"]["b"], torch.zeros(2))


TINY = [
    *("base.rounds=4", "num_workers=1", "base.gta=4", "base.acoustic.minutes=0.05", "base.vocoder.minutes=0.05"),
    *("base.acoustic.batch=2", "base.acoustic.rate=1e-3", "base.acoustic.options=[--warmup,1]"),
    *("base.vocoder.batch=2", "base.vocoder.rate=1e-3", "base.meta.minutes=0"),
]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recipe]:
    """The recipe in a folder of its own, on two synthetic speakers, after all that prepares the pool."""
    speech, folder = tmp_path_factory.mktemp("speech"), tmp_path_factory.mktemp("recipes") / "base"
    with open(speech / "metadata.tsv", "w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        table.writerow(["corpus", "utt_id", "speaker", "language", "path", "transcript"])
        for voice in ("m1", "f2"):
            for number, text in enumerate(SENTENCES):
                name = f"{voice}-{number}"
                wav = str(speech / f"{name}.wav")
                subprocess.run(["espeak-ng", "-v", f"en-us+{voice}", "-w", wav, text], check=True)
                table.writerow(["espeak", name, voice, "en-us", f"{name}.wav", text])
    shutil.copytree(LOCAL.parent / "conf", folder / "conf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYNA_CONF_PATH", str(LOCAL))
        patch.setenv("OMP_NUM_THREADS", "1")
        config = compose_recipe(folder, TINY, {"create_dataset.target": str(speech)})
        made = Recipe(config, system_runner, {})
        made.run(["create_dataset"])
        patch.setattr(load_script("base_stages"), "step", in_this_process(load_script("base_stages").step))
        made.run(["extract_features", "train_encoder"])
        yield made


def in_this_process(apart: Callable[..., None]) -> Callable[..., object]:
    """Return what runs a program of the recipe here, where torch is imported already: ten seconds less for each."""

    def run(program: str, *arguments: object) -> object:
        forks = program == "prepare_pitch.py"  # a process with torch in it is no good parent
        return apart(program, *arguments) if forks else step(program, *map(str, arguments))

    return run


def test_a_program_that_ends_with_an_error_ends_its_stage() -> None:
    with pytest.raises(MynaError, match=r"plot_curves\.py ended with status 2"):
        load_script("base_stages").step("plot_curves.py", "--no-such-word")


@pytest.fixture(scope="module")
def pool(recipe: Recipe) -> Path:
    """The prepared pool."""
    return Path(recipe.config.pool)


def test_the_pool_has_frames_phonemes_pitch_and_durations_of_every_recording(pool: Path) -> None:
    rows = [line.split("\t") for line in (pool / "mels.tsv").read_text(encoding="utf-8").splitlines()]
    spans = {name: int(frames) for name, _, frames in rows}
    assert len(spans) == 6
    assert np.fromfile(pool / "f0.f16", np.float16).size == sum(spans.values())
    durations = [line.split("\t") for line in (pool / "durations.tsv").read_text(encoding="utf-8").splitlines()]
    assert {name: sum(map(int, counts.split())) for name, counts in durations} == spans


def test_joined_pools_are_read_as_one(pool: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(pool, other)
    for table, column in (("index.tsv", 1), ("mels.tsv", 0), ("phones.tsv", 0), ("durations.tsv", 0)):
        lines = [line.split("\t") for line in (other / table).read_text(encoding="utf-8").splitlines()]
        named = ["\t".join((*f[:column], f"2-{f[column]}", *f[column + 1 :])) for f in lines]
        (other / table).write_text("\n".join(named) + "\n", encoding="utf-8")
    step("join_pools.py", tmp_path / "both", pool, other)
    with pytest.raises(SystemExit, match=r"2"):
        step("join_pools.py", tmp_path / "twice", pool, pool)
    assert not (tmp_path / "twice").exists()
    one, both = (load_script("train_vits_mel").Corpus(folder) for folder in (pool, tmp_path / "both"))
    assert len(both.spans) == 2 * len(one.spans)
    reader = load_script("pool").Pool
    first, again = reader(pool).utterances[4], reader(tmp_path / "both").utterances[10]
    assert again.name == f"2-{first.name}"
    assert np.array_equal(reader(pool).wave(first), reader(tmp_path / "both").wave(again))
    (at, frames), (start, count) = one.spans[4], both.spans[10]
    assert np.array_equal(one.mels[at : at + frames], both.mels[start : start + count])


def test_short_utterances_are_joined_to_longer_ones_and_nothing_of_them_is_lost(pool: Path) -> None:
    script = load_script("train_vits_mel")
    corpus, random = script.Corpus(pool), np.random.default_rng(0)
    readers = Readers(1, 256)
    draw, longest, joined = script.batches(corpus, 2, readers), max(map(corpus.frames, corpus.train)), 0
    for _ in range(12):
        batch = draw(random)
        assert batch.durations.sum(1).tolist() == batch.mel_lengths.tolist()
        assert torch.allclose(batch.speaker.norm(dim=1), torch.ones(2), atol=1e-3)
        assert bool(((batch.durations > 0).sum(1) == batch.token_lengths).all())
        joined += int((batch.mel_lengths > longest).sum())
    assert joined


def test_trainings_go_on_from_the_shipped_weights_and_are_exported(recipe: Recipe) -> None:
    """The acoustic model draws mels, the vocoder hears them; both count the steps that they go on from."""
    recipe.run(["train_vits", "train_hifigan", "fine_tune", "decode"])
    folder = Path(recipe.config.exp_dir) / "base"
    before, after = (json.loads((f / "weights.json").read_text(encoding="utf-8")) for f in (SHIPPED, folder))
    assert after["pitch.safetensors"] == before["pitch.safetensors"]
    for part in ("tts.safetensors", "vocoder.safetensors"):
        assert after[part]["steps"] > before[part]["steps"]
        old, new = load_file(SHIPPED / part), load_file(folder / part)
        moved = [float((new[k].float() - old[k].float()).abs().mean()) for k in old if old[k].ndim > 1]
        assert 0 < max(moved) < 1e-2


def test_an_export_can_stop_half_of_the_way(tmp_path: Path) -> None:
    before = {name: value.float() for name, value in load_file(SHIPPED / "tts.safetensors").items()}
    average = before | {"encoder.embed.weight": before["encoder.embed.weight"] + 1}
    state = {"average": average, "step": 7, "seconds": 1.0, "notes": {"one_step": True}}
    write_checkpoint(state, tmp_path / "vits_mel.ckpt")
    shutil.copytree(SHIPPED, tmp_path / "base", ignore=shutil.ignore_patterns("small"))
    step("export.py", tmp_path, tmp_path / "base", "--alpha", "0.5")
    found = load_file(tmp_path / "base" / "tts.safetensors")
    moved = found.pop("encoder.embed.weight").float() - before.pop("encoder.embed.weight")
    torch.testing.assert_close(moved, torch.full_like(moved, 0.5), rtol=0, atol=2e-3)
    assert all(torch.equal(found[name].float(), value) for name, value in before.items())


def test_new_people_are_the_old_ones_at_other_paces(pool: Path, tmp_path: Path) -> None:
    """Each recording twice, with the frames of its phonemes in proportion; what is played slower is longer."""
    step("more_people.py", pool, tmp_path)
    counts = {name: row[0].split() for name, row in rows(tmp_path / "durations.tsv").items()}
    frames, old = ({n: int(row[1]) for n, row in rows(p / "mels.tsv").items()} for p in (tmp_path, pool))
    assert len(counts) == 12 and {name: sum(map(int, c)) for name, c in counts.items()} == frames
    for name, length in frames.items():
        original, pace = name.rsplit("*", 1)
        assert length == pytest.approx(old[original] / float(pace), abs=2)
    assert {name: min(map(int, c)) > 0 for name, c in counts.items()} == dict.fromkeys(counts, True)
    embeds = np.fromfile(tmp_path / "embeds.f32", np.float32).reshape(-1, 256)
    assert np.linalg.norm(embeds, axis=1) == pytest.approx(np.ones(12), abs=1e-3)


def test_too_few_recordings_for_an_episode_are_one_line(pool: Path, tmp_path: Path) -> None:
    """It was a traceback."""
    with pytest.raises(SystemExit, match=re.escape(f"{pool}: no speaker has ")):
        step("train_meta.py", pool, tmp_path, "--minutes", "0.01")


def test_the_recipe_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYNA_CONF_PATH", str(LOCAL))
    shutil.copytree(LOCAL.parent / "conf", tmp_path / "base" / "conf")
    with pytest.raises(MynaError, match="recipe base needs --target"):
        Recipe(compose_recipe(tmp_path / "base"), system_runner, {}).run(["create_dataset"])


def test_pieces_carry_the_pool_to_a_gpu_and_small_files_the_checkpoint_back(pool: Path, tmp_path: Path) -> None:
    """The one command trains, leaves files of at most 15 MB, and goes on from them on another machine."""
    pieces, out = tmp_path / "pieces", tmp_path / "out"
    step("carry.py", "pack", pool, pieces, "--megabytes", "0.04")
    sizes = [piece.stat().st_size for piece in pieces.glob("piece*.tar")]
    assert len(sizes) > 1
    reached = []
    for machine in ("first", "second"):
        place = {"POOL": str(tmp_path / machine / "pool"), "WORK": str(tmp_path / machine / "work")}
        command = [str(LOCAL.parent / "gpu.sh"), pieces, out, "0.02", "vits_mel", "--batch", "2"]
        environment = os.environ | place | {"PYTHON": sys.executable, "DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
        subprocess.run(list(map(str, command)), check=True, env=environment)
        state = torch.load(tmp_path / machine / "work" / "vits_mel.ckpt", weights_only=True)
        reached.append(state["step"])
    assert json.loads((SHIPPED / "weights.json").read_text())["tts.safetensors"]["steps"] < reached[0] < reached[1]
    assert max(part.stat().st_size for part in out.iterdir()) <= 15e6
    carried = tmp_path / "first" / "pool"
    frames, before = ({n: row[1] for n, row in rows(p / "mels.tsv").items()} for p in (carried, pool))
    assert frames == before
    assert rows(carried / "durations.tsv") == rows(pool / "durations.tsv")

    (out / "vits_mel.ckpt.003").write_bytes(b"damaged")
    with pytest.raises(SystemExit, match=r"vits_mel\.ckpt\.003 is missing or damaged"):
        step("carry.py", "join", out, tmp_path / "vits_mel.ckpt")
    assert not (tmp_path / "vits_mel.ckpt").exists()


def rows(path: Path) -> dict[str, list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.split("\t")[0]: line.split("\t")[1:] for line in lines}


def test_every_speaker_of_the_teacher_speaks_every_language_and_no_text_twice_before_all_once(tmp_path: Path) -> None:
    teach = load_script("teach")
    for language, texts in {"en-us": "One.\nTwo.\n", "cmn": "你好。\n"}.items():
        (tmp_path / f"{language}.txt").write_text(texts, encoding="utf-8")
    shares = {"en-us": 1.0, "cmn": 1.0}
    found = [line for line, _ in zip(teach.lines(tmp_path, shares, ["a", "b", "c"], 1), range(60), strict=False)]
    assert {(line.speaker, line.language) for line in found} == {(s, la) for s in "abc" for la in shares}
    english = [line.text for line in found if line.language == "en-us"]
    assert english[:4] == ["One.", "Two.", "One.", "Two."]
    assert len({line.name for line in found}) == 60


def test_mixed_speakers_have_a_timbre_of_their_own_and_the_prosody_of_the_language(tmp_path: Path) -> None:
    names = {voice for pair in PROSODY.values() for several in pair for voice in several.split(" ")}
    random = np.random.default_rng(0)
    for name in names:
        random.normal(size=(510, 256)).astype(np.float32).tofile(tmp_path / f"{name}.bin")
    made, more = Cast(tmp_path, 4, seed=1), Cast(tmp_path, 8, seed=1)
    assert len(made.speakers) == len(names) + 4
    new = [made.style(s, "cmn", 20) for s in made.speakers if "mix" in s]
    assert len({tuple(style[:128]) for style in new}) == 4
    assert all(np.array_equal(made.style(s, "cmn", 20), more.style(s, "cmn", 20)) for s in made.speakers)
    zf = [made.prosody[name][20, 128:] for name in names if name.startswith("zf")]
    assert any(np.array_equal(made.style("mf_mix000", "cmn", 20)[128:], prosody) for prosody in zf)


def test_the_teacher_is_given_its_own_letters() -> None:
    assert letters("no judge", "en-us") == "nˈO ʤˈʌʤ"
    assert letters("no judge", "en-gb") == "nˈQ ʤˈʌʤ"
    assert letters("no giuge", "it") == "nˈɔ dʒˈudʒe"
    assert letters("中国人喜欢学习。", "cmn") == "ꭧʊ→ŋkwo↗ ɻə↗n ɕi↓xwa→n ɕɥe↗ɕi↗."


def test_ears_learn_and_the_base_is_asked_to_sound_like_people_and_to_be_understood(pool: Path, tmp_path: Path) -> None:
    small = ["--minutes", "0.05", "--batch", "2", "--rate", "1e-3"]
    asked = ["--start", SHIPPED, "--keep-flow", "--warmup", "1", "--alike", "0.5", "--clear", "0.1", "--natural", "0.2"]
    for ear in ("likeness", "clearness"):
        with pytest.raises(MynaError, match=rf"train_{ear}\.py"):
            step("train_vits_mel.py", pool, tmp_path, *small, *asked)
        assert "held-out people" in step(f"train_{ear}.py", pool, tmp_path, *small)
    step("train_vits_mel.py", pool, tmp_path, *small, *asked)
    trained = torch.load(tmp_path / "vits_mel.ckpt", weights_only=True)
    before = load_file(SHIPPED / "tts.safetensors")
    moved = {name for name, value in trained["model"].items() if not torch.equal(value, before[name].float())}
    assert "speaker.0.weight" in moved
    assert not any(name.startswith("flow.") for name in moved)


def test_a_small_base_learns_from_what_the_shipped_one_says_and_is_exported(pool: Path, tmp_path: Path) -> None:
    out, folder = tmp_path / "out", tmp_path / "base"
    for program in ("train_small.py", "train_small_vocoder.py"):
        step(program, pool, out, "--minutes", "0.05", "--batch", "2")
        step(program, pool, out, "--minutes", "0.02", "--batch", "2")  # goes on
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("small"))
    step("export.py", out, folder)
    for name in ("tts.safetensors", "weights.json"):
        assert (folder / name).read_bytes() == (SHIPPED / name).read_bytes()
    parts = [load_part(part, folder / "small") for part in ("tts", "vocoder")]
    assert sum(weights.numel() for part in parts for weights in part.parameters()) <= 5e6
    steps = json.loads((folder / "small" / "weights.json").read_text(encoding="utf-8"))
    for name in ("small_vits_mel", "small_vocoder"):
        assert torch.load(out / f"{name}.ckpt", weights_only=True)["step"] > 1
    assert set(steps) == {"tts.safetensors", "vocoder.safetensors"}


def test_whom_a_mixture_is_taken_for_is_asked_of_what_follows_the_text() -> None:
    likeness = load_script("likeness")
    from myna.networks.tts.vits_mel import VitsMel

    torch.manual_seed(1)
    model, listener = VitsMel(one_step=True), likeness.Listener().eval()
    people = torch.nn.functional.normalize(torch.rand(4, 256), dim=-1)
    batch = Batch(
        tokens=torch.randint(1, 40, (4, 9)),
        token_lengths=torch.full((4,), 9),
        mel=torch.randn(4, 45, 80) - 5,
        mel_lengths=torch.full((4,), 45),
        speaker=people,
        language=torch.zeros(4, dtype=torch.long),
        durations=torch.full((4, 9), 5),
    )
    torch.nn.init.normal_(model.decoder.leave.weight, std=0.1)
    centre = likeness.centres(people, batch.language, list("abcd"))
    recogniser = load_script("clearness").Recogniser().eval()
    for name in ("lent", "unclear"):
        model.zero_grad()
        _, asked, _ = likeness.likeness_losses(model, batch, 32, listener, centre, recogniser)
        asked[name].backward()
        assert model.speaker[0].weight.grad.abs().sum() > 0
        assert all(p.grad is None for p in model.encoder.parameters())
    own = listener(torch.randn(4, 30, 80), torch.ones(4, 30, 1))
    assert likeness.unlikeness(own, own) < likeness.unlikeness(own, own.flip(0))
    mixed, _ = likeness.lenders(people, batch.language)
    assert torch.allclose(mixed.norm(dim=-1), torch.ones(4))
    assert ((mixed @ people.T).max(1).values < 1 - 1e-5).any()
    lent, languages = likeness.lenders(people, torch.tensor([0, 6, 0, 6]))
    assert torch.allclose(lent, people.roll(1, 0), atol=1e-6)
    assert languages.tolist() == [6, 0, 6, 0]


def test_tokens_that_sound_are_asked_for_and_each_weighs_the_same() -> None:
    clearness = load_script("clearness")
    from myna.text.tokens import default_tokens

    blank, long, short = (default_tokens().symbols.index(symbol) for symbol in (" ", "a", "t"))
    tokens, weights = torch.tensor([[blank, long, long, long, short]]), torch.tensor([[1, 1 / 3, 1 / 3, 1 / 3, 1]])
    sure = 20.0 * torch.nn.functional.one_hot(tokens, len(default_tokens().symbols)).float()
    deaf, one_wrong = sure.clone(), sure.clone()
    deaf[0, 0] = 0  # a blank has no sound
    one_wrong[0, 4] = sure[0, 1]
    assert clearness.unclearness(deaf, tokens, weights) < 1e-6
    assert clearness.unclearness(one_wrong, tokens, weights) == pytest.approx(10, abs=0.1)


def test_the_centre_of_a_language_is_that_of_all_where_few_speak_it() -> None:
    likeness = load_script("likeness")
    embeddings, languages = torch.randn(50, 8), torch.tensor([0] * 40 + [6] * 10)
    centre = likeness.centres(embeddings, languages, [str(i) for i in range(50)])
    assert torch.allclose(centre[0], embeddings[:40].mean(0), atol=1e-6)
    for number in (1, 6):
        assert torch.allclose(centre[number], embeddings.mean(0), atol=1e-6)


def test_readers_lie_among_people_who_speak_clearly() -> None:
    script = load_script("readers")
    random = np.random.default_rng(0)

    def people(corpus: str, language: str, count: int) -> list:
        found = random.standard_normal((count, 256)).astype(np.float32)
        return [(corpus, f"{corpus}{i}", language, v / np.linalg.norm(v)) for i, v in enumerate(found)]

    clear, learners = people("vctk_vits_en", "en", 40), people("speechocean762_en", "en", 40)
    few, too_few = people("aishell3_zh", "cmn", script.OF + 1), people("festvox_ru", "ru", script.OF - 1)
    readers = script.readers_of([*clear, *learners, *few, *too_few])
    english, british, mandarin, russian = (readers[language_number(code)] for code in ("en-us", "en-gb", "cmn", "ru"))
    assert torch.equal(english, british)
    assert torch.allclose(english.norm(dim=-1), torch.ones(script.COUNT), atol=1e-5)
    assert not russian.any()
    assert torch.allclose(mandarin.norm(dim=-1), torch.ones(script.COUNT), atol=1e-5)  # few fill all places
    assert 1 < len(mandarin.unique(dim=0)) <= script.OF + 1

    shipped = torch.zeros_like(readers)
    shipped[language_number("en-us")] = 0.5
    script.complete(shipped, readers)
    assert bool((shipped[language_number("en-us")] == 0.5).all())  # what there was stays
    assert torch.equal(shipped[language_number("cmn")], mandarin)
    nearest = (english @ torch.from_numpy(np.stack([v for *_, v in clear])).T).max(1).values
    assert nearest.min() > 0.4 and nearest.max() < 0.9  # several people each, and none of them
