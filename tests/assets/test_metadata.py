"""Metadata for the UI: generated from the contracts, safe against what sources write, never a reason to fail."""

import base64
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image
from shapely.geometry import Point

from assets.shown import metadata
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


@pytest.mark.parametrize(("x", "y", "size"), [(677_512.0, 1_943_208.0, 90.0), (3_412_345.0, 987_654.0, 4e5), (77.5, 17.5, 2e-4)])  # fmt: skip
def test_the_figures_at_the_axes_of_a_map_are_whole_and_stand_apart(monkeypatch, x, y, size):
    """Seven digits of an easting with a common part left out cannot be read; in full they must not run into each other."""
    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure) or figure.canvas.draw())
    monkeypatch.setattr(metadata.base64, "b64encode", lambda data: b"")
    monkeypatch.setattr("PIL.Image.open", lambda *_: Image.new("RGB", (2, 2)))
    map_preview(gpd.GeoDataFrame(geometry=gpd.points_from_xy([x, x + size], [y, y + size]), crs="EPSG:32644"))
    (axes,) = drawn[0].axes
    for axis, side in ((axes.xaxis, "x"), (axes.yaxis, "y")):
        low, high = sorted(axis.get_view_interval())
        shown = [t.label1 for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
        boxes = sorted((t.get_window_extent() for t in shown), key=lambda b: getattr(b, f"{side}0"))
        assert 2 <= len(shown) <= 5 and not axis.get_offset_text().get_text()
        assert all(float(t.get_text().replace("\u2212", "-")) for t in shown)
        assert all(getattr(a, f"{side}1") < getattr(b, f"{side}0") for a, b in pairwise(boxes))
        assert all(b.x0 >= 0 for b in boxes), "no digit is cut off at the left"


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
