"""Real spherical harmonics up to the third order as AmbiX has them: ACN order, SN3D, no Condon–Shortley phase.

Nachbar, Zotter, Deleflie and Sontacchi (2011), "AmbiX – a suggested Ambisonics format".
"""

import numpy as np
from numpy.typing import NDArray

from myna.errors import MynaError

ORDERS = (1, 2, 3)


def harmonics(directions: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """Return the harmonics of unit vectors `(N, 3)` (x front, y left, z up): `(N, (order + 1)²)`.

    Raises:
        MynaError: The order is none of 1, 2, 3.
    """
    if order not in ORDERS:
        raise MynaError(f"Ambisonics of order {order}: choose 1, 2 or 3 (4, 9 or 16 channels)")
    x, y, z = directions.T
    first = [np.ones_like(x), y, z, x]
    second = [
        np.sqrt(3.0) * x * y,
        np.sqrt(3.0) * y * z,
        0.5 * (3.0 * z**2 - 1.0),
        np.sqrt(3.0) * x * z,
        0.5 * np.sqrt(3.0) * (x**2 - y**2),
    ]
    third = [
        np.sqrt(5.0 / 8.0) * y * (3.0 * x**2 - y**2),
        np.sqrt(15.0) * x * y * z,
        np.sqrt(3.0 / 8.0) * y * (5.0 * z**2 - 1.0),
        0.5 * z * (5.0 * z**2 - 3.0),
        np.sqrt(3.0 / 8.0) * x * (5.0 * z**2 - 1.0),
        0.5 * np.sqrt(15.0) * z * (x**2 - y**2),
        np.sqrt(5.0 / 8.0) * x * (x**2 - 3.0 * y**2),
    ]
    return np.stack([*first, *second, *third], axis=-1)[:, : (order + 1) ** 2]
