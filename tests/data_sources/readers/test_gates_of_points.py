"""A gate is where something bars: places without an extent bar nothing, and must not look as if they did."""

import geopandas as gpd
import pytest
import shapely

from data_sources.readers.gates import read_gate
from data_sources.regions import GateSource
from khanij.foundation.errors import ContractError

SHAPES = {
    "points": [shapely.Point(76.6, 16.2)],
    "lines": [shapely.LineString([(76.6, 16.2), (76.7, 16.3)])],
    "outlines": [shapely.box(76.6, 16.2, 76.62, 16.22)],
    "outlines and a point": [shapely.box(76.6, 16.2, 76.62, 16.22), shapely.Point(76.7, 16.2)],
}


@pytest.mark.parametrize("kind", SHAPES)
def test_a_gate_of_places_without_an_extent_is_refused(tmp_path, kind):
    file = tmp_path / "villages.gpkg"
    gpd.GeoDataFrame({"name": ["v"] * len(SHAPES[kind])}, geometry=SHAPES[kind], crs=4326).to_file(file)
    source = GateSource(path="villages.gpkg", source="census")
    if kind in ("points", "lines"):
        with pytest.raises(ContractError, match="would bar nothing"):
            read_gate(file, "settlements", source)
    else:
        assert len(read_gate(file, "settlements", source)) == 1
