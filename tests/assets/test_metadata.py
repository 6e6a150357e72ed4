"""Metadata for the UI: generated from the contracts, safe against what sources write, never a reason to fail."""

import base64

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import Point

from assets.shown.contract_columns import ranked_lineage, table_schema
from assets.shown.metadata import frame_metadata, map_preview, rank_chart, raster_preview
from data_sources.contracts.published.outputs import RANKED_BLOCKS, WASTE_SITES_OUT


def png(preview) -> bytes:
    text = preview.md_str
    return base64.b64decode(text[text.index("base64,") + 7 : -1])


def test_the_schema_has_every_column_with_its_unit_and_meaning():
    columns = {c.name: c for c in table_schema(RANKED_BLOCKS).columns}
    assert list(columns) == RANKED_BLOCKS.names()
    assert columns["tonnage_t_p50"].type == "float [t]"
    assert "low case" in columns["npv_usd_p10"].description
    assert not columns["block_id"].constraints.nullable
    assert "RANKED" in columns["status"].constraints.other[0]


def test_every_published_column_says_where_it_comes_from():
    lineage = ranked_lineage(RANKED_BLOCKS).deps_by_column
    assert set(lineage) == set(RANKED_BLOCKS.names())
    assert {d.asset_key.to_user_string() for d in lineage["fertility_axis"]} == {"block_fertility", "assessment"}


def test_rows_are_counted_and_source_text_cannot_become_markup():
    frame = pd.DataFrame({"site_id": ["a|b"], "name": ["<img src=x onerror=alert(1)>"], "x": [np.nan]})
    out = frame_metadata(frame, WASTE_SITES_OUT)
    assert out["dagster/row_count"] == 1
    assert "<img" not in out["first_rows"].md_str and "a/b" in out["first_rows"].md_str
    assert frame_metadata(None) == {"dagster/row_count": 0}


def test_maps_are_pictures_for_few_and_for_many_features():
    rng = np.random.default_rng(0)
    for n in (3, 20_000):
        frame = gpd.GeoDataFrame(
            {"v": rng.normal(size=n)},
            geometry=gpd.points_from_xy(rng.uniform(77, 78, n), rng.uniform(17, 18, n)),
            crs="EPSG:4326",
        )
        assert png(map_preview(frame))[:8] == b"\x89PNG\r\n\x1a\n"
        assert len(png(map_preview(frame))) < 120_000
    assert map_preview(gpd.GeoDataFrame(geometry=[None, Point()], crs="EPSG:4326")) is None


def test_charts_and_rasters_are_pictures_or_nothing():
    blocks = pd.DataFrame(
        {
            "kind": "waste_block",
            "name": ["a", "b"],
            "rank": [1, 2],
            "rank_p05": [1, 1],
            "rank_p50": [1, 2],
            "rank_p95": [2, 2],
        }
    )
    assert png(rank_chart(blocks))[:4] == b"\x89PNG"
    assert rank_chart(blocks.assign(rank=np.nan)) is None
    assert raster_preview(np.full((4, 4), np.nan)) is None
    assert png(raster_preview(np.arange(1_000_000.0).reshape(1000, 1000)))[:4] == b"\x89PNG"
