"""A small voice with random weights, sealed, with consent: it babbles, but it passes every gate."""

from pathlib import Path

import torch
from sealing import sealed

from myna.networks.tts.vits_mel import VitsMel
from myna.networks.vocoder.istft import IstftVocoder
from myna.networks.voice import Voice, VoiceConfig
from myna.text.tokens import default_tokens

TTS = {"text_channels": 32, "text_layers": 1, "channels": 32, "layers": 2, "condition": 32}
VOCODER = {"channels": 32, "inner": 64, "layers": 2}


def toy_voice() -> Voice:
    """Build the voice of the speaker "Ana", always the same."""
    torch.manual_seed(0)
    config = VoiceConfig(
        name="Ana",
        language="en-us",
        tts={"_target_": "myna.networks.tts.vits_mel.VitsMel", **TTS},
        vocoder={"_target_": "myna.networks.vocoder.istft.IstftVocoder", **VOCODER},
    )
    speaker = torch.nn.functional.normalize(torch.randn(256), dim=0)
    return Voice(config, VitsMel(**TTS), IstftVocoder(**VOCODER), speaker, default_tokens())


def write_voice(folder: Path) -> Path:
    """Write a voice directory of the speaker "Ana", for evaluation only."""
    toy_voice().save(folder)
    return sealed(folder)
