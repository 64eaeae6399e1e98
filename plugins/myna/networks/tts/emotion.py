"""What an emotion does to the spectrum and the dynamics of speech, laid on its mel spectrogram.

A voice that is angry has more in its high bands, one that is sad less, by which the two are told apart from joy and
fear of the same pitch (Banse & Scherer, Acoustic Profiles in Vocal Emotion Expression, 1996). The spectra are means
over the actors of EmoDB against the same actor's neutral speech, see `myna.text.emotion`.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from myna.text.emotion import Change

_AROUND = 5  # frames over which voiced turns into unvoiced
_SPEECH = 4.6  # how far below the loudest frame a frame is still speech, natural logarithm
_FARTHEST = 2.0  # what dynamics may move a frame, natural logarithm


def laid_on(mel: Tensor, voiced: Tensor, asked: Change) -> Tensor:
    """Change spectrum and dynamics of speech.

    Args:
        mel: `(B, T, n_mels)` log-mel.
        voiced: `(B, T)` probability of voice.
        asked: Of an emotion.

    Returns:
        `(B, T, n_mels)`.
    """
    share = F.avg_pool1d(voiced[:, None].clamp(0, 1), _AROUND, 1, _AROUND // 2, count_include_pad=False)
    share = share.transpose(1, 2)
    on, off = (torch.tensor(values).to(mel) for values in (asked.voiced, asked.unvoiced))
    mel = mel + share * on + (1 - share) * off
    level = mel.logsumexp(-1, keepdim=True)
    speech = level > level.amax(1, keepdim=True) - _SPEECH
    mean = (level * speech).sum(1, keepdim=True) / speech.sum(1, keepdim=True)
    return mel + ((asked.dynamics - 1) * (level - mean)).clamp(-_FARTHEST, _FARTHEST) * speech
