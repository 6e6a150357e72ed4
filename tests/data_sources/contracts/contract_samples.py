"""Small frames of stream sediments for the tests of this folder."""

from __future__ import annotations

import numpy as np
import pandas as pd


def samples(n: int = 40, **columns: object) -> pd.DataFrame:
    """Samples on sheet 57E/02 (77.00-77.25 E, 15.50-15.75 N), each at its own place."""
    i = np.arange(n)
    base = {
        "sampleno": [f"57E02/{k:03d}/SS/14" for k in i],
        "longitude": 77.01 + 0.005 * (i % 40),
        "latitude": 15.51 + 0.005 * (i // 40),
        "Zn_ppm": 67.0 * np.exp(0.2 * np.sin(i)),
    }
    return pd.DataFrame(base | columns)
