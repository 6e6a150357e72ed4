"""Numbers that mean "no data", in tables and grids alike.

Belongs here: the list. Does not belong here: how a table (``values``) or a grid (``connectors.grids.no_data``) tells them
from measured ones.
"""

from __future__ import annotations

NUMBER_SENTINELS = (
    -9999.0, -999.0, -99999.0, -99.0, -999999.0, -999.25, -999.9, -9999.9, -9999.99, -8888.0, -32768.0, -2147483648.0,
    1e20, 9.969209968386869e36,
)  # fmt: skip
HUGE = 1e30  # -3.4e38 and its neighbours: the lowest float32, which rasters and shapefiles write for "no data"
