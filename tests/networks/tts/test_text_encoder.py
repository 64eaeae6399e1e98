"""The text encoder takes one language a text, or one a token."""

import torch

from myna.networks.tts.text_encoder import TextEncoder, length_mask


def test_a_language_for_each_token_agrees_with_one_for_all_and_a_switch_is_heard() -> None:
    torch.manual_seed(0)
    encoder = TextEncoder(16, 1, 2, 8).eval()
    tokens, mask = torch.randint(1, 40, (2, 9)), length_mask(torch.tensor([9, 6]), 9)
    condition, language = torch.randn(2, 8), torch.tensor([0, 6])
    whole = encoder(tokens, mask, language, condition)
    every = language[:, None].expand(-1, 9).clone()
    assert torch.equal(encoder(tokens, mask, every, condition), whole)
    every[0, 4:] = 6
    assert not torch.allclose(encoder(tokens, mask, every, condition)[0], whole[0])
