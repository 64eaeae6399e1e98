"""Make docs/samples: three short texts in voices that are nobody's, through `myna say`.

The base speaks with the embedding of a synthetic voice of flite (BSD-like licence, basis "synthetic", scope "publish"),
without fine-tuning. Run it again when the base changes, from the clone:

    .venv/bin/python local/samples.py

Purpose is "publish", so the terms have to be accepted once: `myna consent terms --accept`.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from omegaconf import OmegaConf

from myna import cli
from myna.corpora import flite
from myna.errors import MynaError
from myna.networks.pretrained import FOLDER, load_part, part_config
from myna.networks.voice import Voice, VoiceConfig
from myna.recipe.folders import CONF, project_root
from myna.safety import records, seal
from myna.safety.voiceprint import embed_file
from myna.text.tokens import TokenList

SAMPLES = {
    "woman": (
        "slt",
        "en-us",
        "Myna learns a voice from a few minutes of speech. This one has never belonged to anybody.",
    ),
    "man": ("rms", "en-us", "It costs $25, and on 3/4/2026 Dr. Smith will say so himself."),
    "mandarin": ("slt", "cmn", "今天天气很好，我们一起去公园走走吧。"),
}
RECORDINGS = 12  # synthetic sentences that an embedding is the mean of


def voice_of(speaker: str, folder: Path) -> Path:
    """Write and seal the voice of one of flite's speakers."""
    recordings = sorted((flite.download(folder, (speaker,), count=RECORDINGS) / speaker).glob("*.wav"))
    prints = np.mean([embed_file(path) for path in recordings], axis=0)
    infer = OmegaConf.to_container(OmegaConf.load(CONF / "tts" / "vits_mel.yaml").infer)
    config = VoiceConfig(f"flite_{speaker}", "en-us", part_config("tts"), part_config("vocoder"), defaults=dict(infer))
    embedding = torch.from_numpy(prints / np.linalg.norm(prints)).float()
    tokens = TokenList.load(FOLDER / "tokens.txt")
    out = folder / f"voice_{speaker}"
    Voice(config, load_part("tts"), load_part("vocoder"), embedding, tokens).save(out)
    record = records.from_spk2consent(f"flite_{speaker} synthetic publish flite BSD-like")
    record.save(out / "consent.yaml")
    seal.seal(out)
    if cli.main(["consent", "sign", str(out / "consent.yaml")]):
        raise MynaError(f"{out}: the consent could not be signed; see above")
    return out


def main() -> int:
    """Make every sample; stops at the first that fails."""
    out = project_root() / "docs" / "samples"
    with TemporaryDirectory() as folder:
        voices = {speaker: voice_of(speaker, Path(folder)) for speaker in {s for s, _, _ in SAMPLES.values()}}
        for name, (speaker, language, text) in SAMPLES.items():
            command = ["say", text, "--voice", str(voices[speaker]), "--language", language, "--purpose", "publish"]
            if status := cli.main([*command, "-o", str(out / f"{name}.opus")]):
                return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
