"""Mel-frequency cepstral coefficients (Davis and Mermelstein, 1980) from a log-mel spectrogram."""

import numpy as np


def mfcc(log_mel: np.ndarray, coefficients: int = 13) -> np.ndarray:
    """Decorrelate log-mel frames by an orthonormal DCT-II.

    Args:
        log_mel: Log-mel spectrogram (T, mels).
        coefficients: How many to keep, the first (level) included.

    Returns:
        Coefficients (T, coefficients), float32.
    """
    bins = log_mel.shape[1]
    order, centre = np.arange(coefficients)[None, :], np.arange(bins)[:, None] + 0.5
    basis = np.cos(np.pi / bins * centre * order) * np.sqrt(2 / bins)
    basis[:, 0] /= np.sqrt(2)
    return (log_mel.astype(np.float32) @ basis.astype(np.float32)).astype(np.float32)
