"""Small voices that babble: of `tts=vits_mel` and `vocoder=istft`, and the end-to-end ones."""

from typing import Any

import torch
from hf_voices import TINY, V2

from myna.networks.tts.vits import Vits
from myna.networks.tts.vits_mel import VitsMel
from myna.networks.tts.vits_mobile import VitsMobile
from myna.networks.vocoder.source_istft import SourceIstftVocoder
from myna.networks.voice import Voice, VoiceConfig
from myna.text.languages import language_number
from myna.text.tokens import default_tokens

TTS = {
    "text_channels": 32,
    "text_layers": 1,
    "channels": 32,
    "layers": 2,
    "condition": 32,
    "decoder_layers": 2,
    "one_step": True,
    "readers": 3,
}
VOCODER = {"channels": 32, "inner": 64, "layers": 2}


def small_voice(**defaults: float) -> Voice:
    """Return a voice whose every layer matters; `defaults` are what `infer` gets."""
    torch.manual_seed(0)
    tts, vocoder = VitsMel(**TTS), SourceIstftVocoder(**VOCODER)
    with torch.no_grad():
        for part in (tts.decoder.leave, tts.flow.leave, tts.intonation.leave, vocoder.filters):
            part.weight.normal_(0, 0.1)
        for language in ("en-us", "cmn"):
            readers = torch.nn.functional.normalize(torch.randn(TTS["readers"], 256), dim=-1)
            tts.readers.embeddings[language_number(language)] = readers
    config = VoiceConfig(
        name="Ana",
        language="en-us",
        tts={"_target_": "myna.networks.tts.vits_mel.VitsMel", **TTS},
        vocoder={"_target_": "myna.networks.vocoder.source_istft.SourceIstftVocoder", **VOCODER},
        defaults={"variance": 0.0, "noise_scale": 0.3, **defaults},
    )
    speaker = torch.nn.functional.normalize(torch.randn(256), dim=0)
    return Voice(config, tts, vocoder, speaker, default_tokens())


KINDS: dict[str, tuple[type[Vits | VitsMobile], str, dict[str, Any]]] = {
    "vits": (Vits, "vits.Vits", {}),
    # HiFi-GAN's other residual blocks, four upsamplings, and blanks at both ends.
    "vits_gpu": (
        Vits,
        "vits.Vits",
        {
            **V2,
            "blank_ends": True,
        },
    ),
    "vits_mobile": (VitsMobile, "vits_mobile.VitsMobile", {"decoder_inner": 64, "decoder_layers": 2}),
}


def whole_voice(kind: str, **defaults: float) -> Voice:
    """Return an end-to-end voice of a kind of `KINDS`, whose every layer matters, languages too."""
    torch.manual_seed(0)
    tokens = default_tokens()
    make, target, more = KINDS[kind]
    arguments = {"tokens": len(tokens), **TINY, **more}
    network = make(**arguments)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if not weight.abs().sum() or "head.project" in name:
                weight.normal_(0, 0.1)
            elif name.startswith("decoder") and weight.dim() == 3:
                torch.nn.init.kaiming_normal_(weight, 0.1, "fan_out" if "upsamples" in name else "fan_in")
        network.duration_scale.fill_(1.5)
        network.known[40:44] = False
    config = VoiceConfig(
        name="Ana",
        language="en-us",
        tts={"_target_": f"myna.networks.tts.{target}", **arguments},
        defaults=defaults,
    )
    speaker = torch.nn.functional.normalize(torch.randn(256), dim=0)
    return Voice(config, network, None, speaker, tokens)
