"""The Piper voice joe in torch against its ONNX file in onnxruntime."""

import numpy as np
import onnxruntime
import pytest
import torch

from myna.errors import MynaError
from myna.networks.tts import joe
from myna.networks.tts.batch import Texts
from myna.networks.tts.vits import BLANK, Vits
from myna.text.phonemes import phonemize
from myna.text.tokens import TokenList, default_tokens

TEXT = "The quick brown fox jumps over the lazy dog, doesn't it?"


@pytest.fixture(scope="module")
def tokens() -> TokenList:
    """Give the project's token list."""
    return default_tokens()


@pytest.fixture(scope="module")
def model(tokens: TokenList) -> Vits:
    """Give a VITS with joe's weights."""
    return joe.load_joe(Vits(len(tokens)), tokens).eval()


def _piper(symbols: list[str]) -> np.ndarray:
    ids = joe.phoneme_ids()
    marked = [ids["^"], *(ids[s] for s in symbols), ids["$"]]
    spread = [n for symbol in marked for n in (symbol, ids["_"])][:-1]
    session = onnxruntime.InferenceSession(str(joe.onnx_path()))
    scales = np.array([0.0, 1.0, 0.0], np.float32)
    feed = {"input": np.array([spread]), "input_lengths": np.array([len(spread)]), "scales": scales}
    return session.run(None, feed)[0].squeeze()


def test_wave_equals_that_of_the_onnx_file(model: Vits, tokens: TokenList) -> None:
    """At noise 0 the two differ by at most 1e-3, whoever the speaker is."""
    symbols = phonemize(TEXT, "en-us")
    encoded = torch.tensor([tokens.encode(symbols)])
    lengths = torch.tensor([encoded.shape[1]])
    wave, samples = model.infer(Texts(encoded, lengths, torch.randn(1, 256), torch.tensor([3])), noise_scale=0.0)
    expected = _piper(symbols)
    assert samples.tolist() == [len(expected)]
    assert np.abs(expected).max() > 0.1
    assert np.abs(wave[0].numpy() - expected).max() < 1e-3


def test_symbols_joe_lacks_are_left_out(model: Vits, tokens: TokenList) -> None:
    """A tone letter is no sound of joe's: the text with it reads as without."""
    assert "˥" in tokens.symbols
    assert not model.known[tokens.symbols.index("˥")]
    with_tone = torch.tensor([tokens.encode(["m", "˥", "a"])])
    without = torch.tensor([tokens.encode(["m", "a"])])
    spread, lengths = model.spread(with_tone, torch.tensor([5]))
    expected, _ = model.spread(without, torch.tensor([4]))
    assert spread.tolist() == expected.tolist()
    assert lengths.tolist() == [7]
    assert spread[0, 1::2].tolist() == [BLANK] * 3


def test_english_symbols_are_all_known(model: Vits, tokens: TokenList) -> None:
    """Whatever espeak-ng says of English, joe has a symbol for."""
    assert all(model.known[n] for n in tokens.encode(phonemize(TEXT, "en-us")))


def test_other_sizes_are_refused(tokens: TokenList) -> None:
    """A model of other sizes names the weight that does not fit."""
    small = Vits(len(tokens), hidden=32, inner=64, text_layers=1, flows=2, channels=32)
    with pytest.raises(MynaError, match="init: joe fits only joe's own sizes"):
        joe.load_joe(small, tokens)
