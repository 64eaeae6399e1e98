"""A small voice of `tts=vits_mel` and `vocoder=istft` that babbles."""

import torch

from myna.networks.tts.vits_mel import VitsMel
from myna.networks.vocoder.source_istft import SourceIstftVocoder
from myna.networks.voice import Voice, VoiceConfig
from myna.text.tokens import default_tokens

TTS = {
    "text_channels": 32,
    "text_layers": 1,
    "channels": 32,
    "layers": 2,
    "condition": 32,
    "decoder_layers": 2,
    "one_step": True,
}
VOCODER = {"channels": 32, "inner": 64, "layers": 2}


def small_voice(**defaults: float) -> Voice:
    """Return a voice whose every layer matters; `defaults` are what `infer` gets."""
    torch.manual_seed(0)
    tts, vocoder = VitsMel(**TTS), SourceIstftVocoder(**VOCODER)
    with torch.no_grad():
        for part in (tts.decoder.leave, tts.flow.leave, tts.intonation.leave, vocoder.filters):
            part.weight.normal_(0, 0.1)
    config = VoiceConfig(
        name="Ana",
        language="en-us",
        tts={"_target_": "myna.networks.tts.vits_mel.VitsMel", **TTS},
        vocoder={"_target_": "myna.networks.vocoder.source_istft.SourceIstftVocoder", **VOCODER},
        defaults={"variance": 0.0, "noise_scale": 0.3, **defaults},
    )
    speaker = torch.nn.functional.normalize(torch.randn(256), dim=0)
    return Voice(config, tts, vocoder, speaker, default_tokens())
