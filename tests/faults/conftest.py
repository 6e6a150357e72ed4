"""The server behind the fault proxy: MapServer where it is installed, else a plain WFS of the tests' own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from servers import mapserver
from servers.fault_proxy import PlainWfs

ROWS = 40


@pytest.fixture(scope="session")
def samples() -> gpd.GeoDataFrame:
    """Forty points with a key, a number and a text."""
    rng = np.random.default_rng(11)
    columns = {"sampleno": [f"57E02/{i:03d}" for i in range(ROWS)], "la": rng.lognormal(3, 0.5, ROWS).round(3)}
    x, y = rng.uniform(76, 77.7, ROWS).round(6), rng.uniform(13.8, 15.7, ROWS).round(6)
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=4326)


@pytest.fixture(scope="session")
def upstream(samples: gpd.GeoDataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real WFS that serves the samples, without its path."""
    if mapserver.binary() is None:
        with PlainWfs(json.loads(samples.to_json())["features"]) as plain:
            yield f"http://127.0.0.1:{plain.port}"
        return
    server = mapserver.MapServer(tmp_path_factory.mktemp("faults"))
    server.add("samples", samples, "sampleno")
    with server:
        yield f"http://127.0.0.1:{server.port}"
