"""Sites of a user's own register that stand nowhere are among the first lines of a run; of the project's own it is known."""

import geopandas as gpd
import shapely

from assets.published.published_set import _without_position
from data_sources.regions import load_region


def test_sites_without_a_place_are_counted_by_their_shapes(tmp_path):
    file = tmp_path / "ranked_blocks.gpkg"
    shapes = [shapely.Point(76, 15), None, shapely.Point(77, 15)]
    gpd.GeoDataFrame({"site_id": ["a", "b", "c"]}, geometry=shapes, crs=4326).to_file(file, layer="waste_sites")
    own = load_region("india").model_copy(deep=True)
    assert _without_position(own, file) == [], "the project's own register"
    own = own.model_copy(update={"waste": own.waste.model_copy(update={"card": "own_waste_table"})})
    (told,) = _without_position(own, file)
    assert told.startswith("1 of 3 waste sites have no position")
    gpd.GeoDataFrame({"site_id": ["a"]}, geometry=shapes[:1], crs=4326).to_file(file, layer="waste_sites")
    assert _without_position(own, file) == []
