"""Voices of `tts=vits` with random weights that matter, sealed, with consent."""

from pathlib import Path
from typing import Any

import torch

from myna.networks.tts.vits import Vits
from myna.networks.voice import Voice, VoiceConfig
from myna.safety import consent, records, seal, state, terms
from myna.text.tokens import TokenList, default_tokens

TINY: dict[str, Any] = {
    "condition": 8,
    "hidden": 16,
    "inner": 32,
    "text_layers": 2,
    "posterior_layers": 2,
    "posterior_stacks": 1,
    "flows": 2,
    "flow_layers": 2,
    "channels": 32,
}
# HiFi-GAN V2's decoder, narrower: ResBlock1, four upsamplings.
V2 = {
    "scales": [8, 8, 2, 2],
    "kernels": [16, 16, 4, 4],
    "res_kernels": [3, 7],
    "res_dilations": [[1, 3], [1, 3]],
    "res_pairs": True,
}


def lively(network: Vits) -> Vits:
    """Give every layer weights that matter, and durations that sound."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.abs().sum() == 0:
                parameter.normal_(0, 0.1)
            elif name.startswith("decoder") and parameter.dim() == 3 and parameter.shape[2] > 1:
                torch.nn.init.kaiming_normal_(parameter, 0.1, "fan_out" if "upsamples" in name else "fan_in")
                parameter.mul_(0.7)
            elif name.startswith("decoder") and name.endswith("weight_g"):
                parameter.fill_(1.0)
    network.speaker_proj.weight.data.mul_(20)
    network.duration_scale.fill_(3.0)
    return network.eval()


def make_voice(seed: int = 0, name: str = "Ana", tokens: TokenList | None = None, **decoder: Any) -> Voice:
    """Return a voice; `decoder` are further arguments of `Vits`."""
    torch.manual_seed(seed)
    tokens = tokens or default_tokens()
    args = {"tokens": len(tokens), **TINY, **decoder}
    described = VoiceConfig(name, "en-us", {"_target_": "myna.networks.tts.vits.Vits", **args})
    speaker = torch.nn.functional.normalize(torch.randn(256), dim=0)
    return Voice(described, lively(Vits(**args)), None, speaker, tokens)


def sealed(voice: Voice, folder: Path) -> Path:
    """Save a voice with a signed consent for private use; the terms are accepted too, as an export wants it."""
    voice.save(folder)
    record = records.from_spk2consent(f"{voice.config.name.lower()} licence private CC BY-SA 3.0")
    consent.sign(record, state.site_key()).save(folder / "consent.yaml")
    if not terms.accepted("local"):
        terms.accept("local")
    seal.seal(folder)
    return folder
