"""Every vocoder of the configuration speaks in a voice directory, behind a mel acoustic model."""

import numpy as np
import pytest
import torch
from sealing import sealed

from myna.networks.tts.vits_mel import VitsMel
from myna.networks.voice import Voice, VoiceConfig, build
from myna.text.tokens import default_tokens

TTS = {"text_channels": 16, "text_layers": 1, "channels": 16, "layers": 1, "condition": 16}
SMALL = {
    "wavenet.WaveNet": {"channels": 8, "skip": 8, "layers": 4},
    "parallel_wavenet.ParallelWaveNet": {"channels": 8, "layers": 2},
    "parallel_wavegan.ParallelWaveGan": {"channels": 8, "layers": 2, "stacks": 1},
    "griffin_lim.GriffinLim": {"iterations": 2},
}


@pytest.mark.parametrize("name", SMALL)
def test_a_saved_voice_speaks_the_same(name, tmp_path):
    torch.manual_seed(0)
    vocoder = {"_target_": f"myna.networks.vocoder.{name}", **SMALL[name]}
    tts = {"_target_": "myna.networks.tts.vits_mel.VitsMel", **TTS}
    config = VoiceConfig(name="Ana", language="en-us", tts=tts, vocoder=vocoder)
    speaker = torch.nn.functional.normalize(torch.randn(256), dim=0)
    voice = Voice(config, VitsMel(**TTS), build(vocoder), speaker, default_tokens())
    voice.save(tmp_path)
    torch.manual_seed(1)
    wave = voice.speak("Hello.")
    assert len(wave) > 1000 and np.isfinite(wave).all() and wave.std() > 0
    np.testing.assert_array_equal(Voice.load(sealed(tmp_path)).speak("Hello."), wave)
