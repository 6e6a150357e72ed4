"""A Shapefile has room for ten bytes in a column's name: three letters of Hindi and a third of one."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import shapely

from data_sources.connectors.files import read_file
from data_sources.contracts.contract import plain_name
from data_sources.contracts.shapes.remarks import remarks_of
from data_sources.readers.survey import read_layer


def test_names_cut_inside_a_letter_are_read_and_known(tmp_path: Path) -> None:
    texts = {"ब्लॉक": ["B-1", "B-2"], "नाम": ["पहला खंड", "दूसरा"], "राज्य": ["मध्य प्रदेश", "मध्य प्रदेश"]}
    squares = [shapely.box(80.7, 22.0, 80.74, 22.04), shapely.box(80.8, 22.0, 80.84, 22.04)]
    file = tmp_path / "khand.shp"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gpd.GeoDataFrame(texts, geometry=squares, crs=4326).to_crs(32644).to_file(file, encoding="utf-8")
    frame = read_file(file)
    assert list(frame.columns) == ["ब्ल", "नाम", "राज", "geometry"]
    assert frame["नाम"].tolist() == ["पहला खंड", "दूसरा"] and frame.crs.to_epsg() == 32644
    assert any("cut inside a letter" in remark[3] for remark in remarks_of(frame))
    kept = read_layer(file, "auction_blocks").kept
    assert kept["block_id"].tolist() == ["B-1", "B-2"] and set(kept["state"]) == {"Madhya Pradesh"}


def test_a_cut_name_that_could_be_two_is_none() -> None:
    assert plain_name("ब्ल") == "block_no" and plain_name("राज") == "state"
    assert plain_name("पट्") not in ("lease_no", "lessee"), "two headers begin so"
