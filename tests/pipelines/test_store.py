"""The bundle store: whole or not at all, checked when read, plain formats only."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from geopandas.testing import assert_geodataframe_equal
from shapely.geometry import Point, box

from khanij.foundation.grid import Band, Grid, RasterStack
from pipelines.stores.bundle_files import read_entry, write_entry
from pipelines.stores.io_managers import BundleStore, CorruptIntermediateError

ALBERS = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"


def bundle():
    grid = Grid(crs=ALBERS, transform=Affine(1000, 0, 5000, 0, -1000, 9000), shape=(3, 4))
    values = np.arange(12, dtype="float32").reshape(3, 4)
    values[1, 1] = np.nan
    return {
        "frame": pd.DataFrame({"a": [1.5, None], "b": ["x", None]}),
        "points": gpd.GeoDataFrame({"id": ["p"]}, geometry=[Point(78, 18)], crs="EPSG:4326"),
        "stack": RasterStack(grid, (Band("one", values, "ppm", "a band"),)),
        "report": {"rows_in": np.int64(2), "share": np.float64(0.5), "names": ("a", "b")},
    }


def test_what_goes_in_comes_out(tmp_path):
    store = BundleStore(str(tmp_path))
    store.save("asset", "region", bundle(), "f1")
    back = store.load("asset", "region")
    pd.testing.assert_frame_equal(back["frame"], bundle()["frame"])
    assert back["points"].crs.to_epsg() == 4326 and back["points"].geometry.iloc[0].equals(Point(78, 18))
    np.testing.assert_array_equal(back["stack"].bands[0].values, bundle()["stack"].bands[0].values)
    assert back["stack"].grid.transform == bundle()["stack"].grid.transform
    assert back["stack"].bands[0].unit == "ppm"
    assert back["report"] == {"rows_in": 2, "share": 0.5, "names": ["a", "b"]}


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32644", ALBERS, "OGC:CRS84", "EPSG:4326+5773", None])
def test_a_frame_is_read_as_geopandas_reads_it(tmp_path, crs):
    """Column by column, with its order, types, gaps, notes and coordinate system; twice, as the second is read from memory."""
    frame = gpd.GeoDataFrame(
        {
            "id": ["a", None],
            "shape": gpd.GeoSeries([box(78, 18, 79, 19), None], crs=crs),
            "n": pd.array([1, None], dtype="Int64"),
            "x": [0.5, np.nan],
            "geometry": gpd.GeoSeries([Point(78, 18), Point()], crs=crs),
        },
        geometry="geometry",
        crs=crs,
    )
    frame.attrs = {"held_columns": [["x", "a reason"]]}
    told = write_entry(tmp_path, "frame", frame)
    data = (tmp_path / told["file"]).read_bytes()
    wanted = gpd.read_parquet(tmp_path / told["file"])
    for _ in range(2):
        back = read_entry(data, told)
        assert_geodataframe_equal(back, wanted, check_crs=True)
        assert list(back.columns) == list(wanted.columns) and back.attrs == wanted.attrs
        assert back.geometry.name == wanted.geometry.name
        assert (back.crs is None) == (crs is None) and (crs is None or back.crs.to_wkt() == wanted.crs.to_wkt())


def test_the_same_bundle_has_the_same_bytes(tmp_path):
    first = BundleStore(str(tmp_path / "a")).save("asset", "region", bundle())
    second = BundleStore(str(tmp_path / "b")).save("asset", "region", bundle())
    assert first == second


def test_a_damaged_file_is_found_when_read_and_when_planned(tmp_path):
    store = BundleStore(str(tmp_path))
    store.save("asset", "region", bundle())
    victim = tmp_path / "region" / "asset" / "frame.parquet"
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 0xFF
    victim.write_bytes(bytes(data))
    assert not store.intact("asset", "region")
    with pytest.raises(CorruptIntermediateError, match="damaged"):
        store.load("asset", "region")
    store.save("asset", "region", bundle())
    assert store.intact("asset", "region")


def test_without_a_manifest_nothing_is_there(tmp_path):
    store = BundleStore(str(tmp_path))
    store.save("asset", "region", bundle())
    (tmp_path / "region" / "asset" / "manifest.json").unlink()
    assert store.manifest("asset", "region") is None
    assert not store.intact("asset", "region")


def test_files_of_an_older_bundle_do_not_linger(tmp_path):
    store = BundleStore(str(tmp_path))
    store.save("asset", "region", bundle())
    store.save("asset", "region", {"report": {"rows_in": 0}})
    assert sorted(p.name for p in (tmp_path / "region" / "asset").iterdir()) == ["manifest.json", "report.json"]


def test_what_cannot_be_stored_plainly_is_refused(tmp_path):
    with pytest.raises(TypeError, match="object"):
        BundleStore(str(tmp_path)).save("asset", "region", {"x": object()})
    assert BundleStore(str(tmp_path)).manifest("asset", "region") is None


def test_what_is_stored_is_not_held_in_memory_until_the_run_ends(tmp_path):
    import dagster as dg

    from assets.fingerprints import Bundle
    from pipelines.stores.io_managers import BundleIOManager

    manager, made = BundleIOManager(root=str(tmp_path)), Bundle(bundle())
    made.fingerprint = "f1"
    with dg.build_output_context(asset_key=dg.AssetKey("asset"), partition_key="region") as context:
        manager.handle_output(context, made)
    assert not made, "the run's own record of its outputs would keep every layer of a country"
    assert sorted(manager.store().load("asset", "region")) == sorted(bundle())
    assert manager.store().manifest("asset", "region")["fingerprint"] == "f1"
