"""Sizes of VITS that a test can train."""

from typing import Any

SMALL: dict[str, Any] = {"condition": 8, "hidden": 16, "inner": 32, "text_layers": 1, "posterior_layers": 2}
DISCRIMINATOR: dict[str, Any] = {
    "scales": 1,
    "follow_official_norm": False,
    "scale_discriminator_params": {"channels": 16, "max_downsample_channels": 16},
    "periods": [2, 3],
    "period_discriminator_params": {"channels": 2, "max_downsample_channels": 4},
}
