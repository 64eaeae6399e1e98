"""A VITS of Hugging Face as a start: the same sound, and clear words where it does not fit."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from lively import enliven

from myna.errors import MynaError
from myna.networks.tts.batch import Texts
from myna.networks.tts.vits_hf import without_weight_norm
from myna.networks.tts.vits_hf_import import load_hf
from myna.text.tokens import TokenList, default_tokens

SMALL: dict[str, Any] = {
    "hidden_size": 16,
    "flow_size": 16,
    "num_hidden_layers": 2,
    "ffn_dim": 32,
    "spectrogram_bins": 33,
    "upsample_initial_channel": 32,
    "upsample_rates": [8, 8, 2, 2],
    "resblock_kernel_sizes": [3, 7],
    "resblock_dilation_sizes": [[1, 3], [1, 3]],
    "prior_encoder_num_flows": 2,
    "prior_encoder_num_wavenet_layers": 2,
    "posterior_encoder_num_wavenet_layers": 3,
    "sampling_rate": 22050,
    "speaking_rate": 0.5,
}
MORE: dict[str, Any] = {"condition": 8, "posterior_layers": 2, "posterior_stacks": 1}
IPA = "_;:,.!? abdefhijklmnoprstuvwzæðŋɐɑɔəɚɛɜɡɪɫɹɾʃʊʌʒˈˌːθ"


def checkpoint(folder: Path, vocabulary: str = IPA, **config: Any) -> Any:
    """Save a random VitsModel in the layout of kakao-enterprise/vits-ljs; returns it, with the noise off."""
    from transformers import VitsConfig, VitsModel

    torch.manual_seed(0)
    model = VitsModel(VitsConfig(**SMALL, vocab_size=len(vocabulary), **config)).eval()
    enliven(model, 0.5)
    model.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({s: i for i, s in enumerate(vocabulary)}), encoding="utf-8")
    settings = {"tokenizer_class": "VitsTokenizer", "add_blank": True, "phonemize": True, "normalize": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    model.noise_scale = model.noise_scale_duration = 0.0
    return model


def numbers(text: str, vocabulary: str = IPA) -> torch.Tensor:
    """What VitsTokenizer gives: a blank before, between and after."""
    spread = [0] * (2 * len(text) + 1)
    spread[1::2] = [vocabulary.index(symbol) for symbol in text]
    return torch.tensor([spread])


def spoken(network: Any, tokens: TokenList, text: str, speaker: torch.Tensor | None = None) -> torch.Tensor:
    encoded = torch.tensor([tokens.encode(list(text))])
    embedding = torch.randn(1, 256) if speaker is None else speaker
    length = torch.tensor([encoded.shape[1]])
    return network.eval().infer(Texts(encoded, length, embedding, torch.tensor([0])), noise_scale=0.0)[0][0]


def test_the_imported_network_gives_the_same_sound(tmp_path: Path) -> None:
    """One speaker: any embedding sounds the same until it is trained."""
    model, tokens, text = checkpoint(tmp_path), default_tokens(), "həlˈoʊ, wˈɜːld."
    network, args, hears = load_hf(str(tmp_path), tokens, MORE)
    assert not hears
    assert (args["blank_ends"], args["res_pairs"], args["channels"]) == (True, True, 32)
    with torch.no_grad():
        expected = model(numbers(text)).waveform[0]
    wave = spoken(network, tokens, text)
    assert wave.shape == expected.shape
    assert expected.std() > 1e-3
    assert (wave - expected).abs().max() < 1e-4


def test_speakers_of_a_table_become_their_mean(tmp_path: Path) -> None:
    """As kakao-enterprise/vits-vctk; what reads the condition has the checkpoint's weights."""
    model = checkpoint(tmp_path, num_speakers=3, speaker_embedding_size=12)
    tokens, text = default_tokens(), "ɡˈʊd"
    network, args, _ = load_hf(str(tmp_path), tokens, MORE)
    assert args["condition"] == 12
    with torch.no_grad():
        model.embed_speaker.weight[:] = model.embed_speaker.weight.mean(0)
        expected = model(numbers(text), speaker_id=1).waveform[0]
    wave = spoken(network, tokens, text)
    assert wave.shape == expected.shape
    assert (wave - expected).abs().max() < 1e-4
    assert torch.equal(wave, spoken(network, tokens, text))


def test_letters_need_the_front_end_of_letters(tmp_path: Path) -> None:
    """As facebook/mms-tts: its letters are in the token list of text=char, with a letter as the blank too."""
    letters = "kabcdefghijlmnopqrstuvwxyz' "
    model = checkpoint(tmp_path, letters)
    tokens = TokenList(["_", "^", "$", *sorted(letters)])
    network, _, _ = load_hf(str(tmp_path), tokens, MORE)
    assert int(network.known.sum()) == len(letters)
    with torch.no_grad():
        expected = model(numbers("a kid", letters)).waveform[0]
    assert (spoken(network, tokens, "a kid") - expected).abs().max() < 1e-4
    with pytest.raises(MynaError, match="choose text=char"):
        load_hf(str(tmp_path), TokenList(["_", "^", "$", *"абвгд"]), MORE)


def test_weight_norm_of_older_checkpoints_is_read() -> None:
    """The hub's files say weight_g and weight_v, newer ones parametrizations."""
    torch.manual_seed(0)
    layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Conv1d(4, 6, 3))
    torch.nn.init.normal_(layer.parametrizations.weight.original0)
    new = {f"a.{name}": value for name, value in layer.state_dict().items()}
    old = {
        "a.weight_g": layer.parametrizations.weight.original0,
        "a.weight_v": layer.parametrizations.weight.original1,
        "a.bias": layer.bias,
    }
    for state in (new, old):
        plain = without_weight_norm(state)
        assert set(plain) == {"a.weight", "a.bias"}
        assert torch.allclose(plain["a.weight"], layer.weight, atol=1e-6)


@pytest.mark.parametrize("missing", ["config.json", "vocab.json", "model.safetensors", "tokenizer_config.json"])
def test_a_missing_file_is_named(missing: str, tmp_path: Path) -> None:
    checkpoint(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(MynaError, match=f"{missing} is missing"):
        load_hf(str(tmp_path), default_tokens(), MORE)


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    checkpoint(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    for change, message in (
        ({"use_stochastic_duration_prediction": False}, "use_stochastic_duration_prediction=False"),
        ({"model_type": "bark"}, "model_type=bark"),
        ({"flow_size": 8}, "flow_size differs"),
    ):
        (tmp_path / "config.json").write_text(json.dumps(config | change), encoding="utf-8")
        with pytest.raises(MynaError, match=message):
            load_hf(str(tmp_path), default_tokens(), MORE)
    (tmp_path / "config.json").write_text("[", encoding="utf-8")
    with pytest.raises(MynaError, match="not JSON"):
        load_hf(str(tmp_path), default_tokens(), MORE)


def test_pickles_are_not_opened(tmp_path: Path) -> None:
    checkpoint(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(MynaError, match=r"only pickled weights.*safetensors"):
        load_hf(str(tmp_path), default_tokens(), MORE)


def test_no_folder_and_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is neither; a repository without network."""
    from huggingface_hub import constants

    with pytest.raises(MynaError, match="no such folder"):
        load_hf("/nowhere/at/all", default_tokens(), MORE)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(MynaError, match="hf:facebook/mms-tts-xyz is no folder here and cannot be fetched"):
        load_hf("facebook/mms-tts-xyz", default_tokens(), MORE)
