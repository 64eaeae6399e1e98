"""Mean opinion score estimated by DistillMOS (Stahl and Gamper, 2025): 1 bad to 5 excellent."""

import io
from contextlib import redirect_stdout
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myna.measure.waves import prepare
from myna.packaged import packaged_weights

RATE = 16_000


@cache
def _model() -> Any:
    packaged_weights("distillmos/weights/distill_mos_v7.pt")
    # The package prints where its weights lie; a report's log has no use for it.
    with redirect_stdout(io.StringIO()):
        import distillmos

        model = distillmos.ConvTransformerSQAModel()
    return model.eval()


def estimate(wave: NDArray[np.floating], sample_rate: int) -> float:
    """Return the estimated MOS of one utterance, 1 to 5.

    It hears quality (noise, buzz, artefacts), hardly whether the words or the speaker are right.

    Args:
        wave: `(T,)` mono samples.
        sample_rate: Hz.
    """
    import torch

    audio = torch.from_numpy(prepare(wave, sample_rate, RATE))
    with torch.inference_mode():
        return float(_model()(audio[None]).mean())
