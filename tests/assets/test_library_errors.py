"""Whatever the libraries of geometry raise inside a reader, the layer is absent with its reason and nothing else stops."""

from __future__ import annotations

import inspect

import geopandas as gpd
import numpy as np
import pyogrio
import pyogrio._err
import pyogrio.errors
import pyproj.exceptions
import pytest
import rasterio.errors
import shapely
import shapely.errors
from dagster import DagsterExecutionInterruptedError
from shapely.geometry import LineString

from assets.survey import load_layer
from assets.workspace import Workspace
from data_sources.connectors.files import read_file
from data_sources.connectors.rasters import read_raster
from data_sources.connectors.vectors import plain_shapes
from data_sources.contracts import SourceError
from data_sources.contracts.shapes import repair
from data_sources.readers.blocks import read_blocks
from data_sources.regions import LayerSource, load_region

MODULES = (pyogrio.errors, pyogrio._err, pyproj.exceptions, rasterio.errors, shapely.errors)
FOUND = {
    kind for module in MODULES for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, Exception)
}
BELOW = (
    NotImplementedError,
    RuntimeError,
    ValueError,
    MemoryError,
    UnboundLocalError,
    OverflowError,
    UnicodeDecodeError,
)
RAISED = sorted({*FOUND, *BELOW}, key=lambda kind: f"{kind.__module__}.{kind.__name__}")


def made(kind: type[Exception]) -> Exception:
    for arguments in (("it broke",), (1, 1, "it broke"), ("utf-8", b"x", 0, 1, "it broke"), ()):
        try:
            return kind(*arguments)
        except TypeError:
            continue
    raise AssertionError(kind)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sources")


@pytest.fixture(scope="module")
def region(folder):
    shapes = [LineString([(300_000, 2_000_000), (310_000, 2_010_000)])]
    gpd.GeoDataFrame({"fault_type": ["normal"]}, geometry=shapes, crs=32643).to_file(folder / "f.gpkg")
    source = LayerSource(card="ngdr_faults_karnataka_andhra", path="f.gpkg")
    return load_region("india").model_copy(update={"layers": {"faults": source}})


@pytest.fixture(scope="module")
def workspace(folder):
    return Workspace(output_root=str(folder / "o"), cache_root=str(folder / "c"), data_root=str(folder))


@pytest.mark.parametrize("kind", RAISED, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_the_layer_is_absent_with_its_reason(monkeypatch, workspace, region, folder, kind):
    def fails(*arguments, **options):
        raise made(kind)

    monkeypatch.setattr(pyogrio, "read_dataframe", fails)
    monkeypatch.setattr(plain_shapes.pyogrio, "read_arrow", fails)
    bundle = load_layer(workspace, region, "faults")
    assert len(bundle["kept"]) == 0 and "What to do" in bundle["report"]["absent"]
    assert "f.gpkg" in bundle["quarantine"]["reason"].iloc[0] and str(folder) not in bundle["report"]["absent"]


@pytest.mark.parametrize(("module", "name"), [(repair, "plane"), (shapely, "is_valid")])
@pytest.mark.parametrize("kind", [pyproj.exceptions.ProjError, shapely.errors.GEOSException], ids=["proj", "geos"])
def test_an_error_behind_the_reading_is_told_the_same_way(monkeypatch, workspace, region, module, name, kind):
    def fails(*arguments, **options):
        raise kind("it broke")

    monkeypatch.setattr(module, name, fails)
    bundle = load_layer(workspace, region, "faults")
    assert len(bundle["kept"]) == 0 and "What to do" in bundle["report"]["absent"]


def test_an_interrupt_goes_through(monkeypatch, workspace, region):
    def stops(*arguments, **options):
        raise DagsterExecutionInterruptedError

    monkeypatch.setattr(pyogrio, "read_dataframe", stops)
    with pytest.raises(DagsterExecutionInterruptedError):
        load_layer(workspace, region, "faults")


@pytest.mark.parametrize("kind", [rasterio.errors.RasterioIOError, rasterio._err.CPLE_OpenFailedError, ValueError])
def test_a_raster_too(monkeypatch, tmp_path, kind):
    def fails(*arguments, **options):
        raise kind("it broke") if kind is not rasterio._err.CPLE_OpenFailedError else kind(1, 1, "it broke")

    file = tmp_path / "g.tif"
    profile = {"driver": "GTiff", "count": 1, "height": 2, "width": 2, "dtype": "float32", "crs": 4326}
    with rasterio.open(file, "w", transform=rasterio.Affine(0.1, 0, 77, 0, -0.1, 15), **profile) as out:
        out.write(np.ones((1, 2, 2), dtype="float32"))
    monkeypatch.setattr(rasterio, "open", fails)
    with pytest.raises(SourceError, match="What to do"):
        read_raster(file)


def test_blocks_too(monkeypatch, tmp_path):
    def fails(*arguments, **options):
        raise NotImplementedError("Nonlinear geometry types are not currently supported")

    file = tmp_path / "l.gpkg"
    gpd.GeoDataFrame({"block_id": ["a"]}, geometry=[shapely.box(77, 15, 77.1, 15.1)], crs=4326).to_file(file)
    assert len(read_file(file)) == 1
    monkeypatch.setattr(pyogrio, "read_dataframe", fails)
    monkeypatch.setattr(plain_shapes.pyogrio, "read_arrow", fails)
    with pytest.raises(SourceError, match=r"l\.gpkg"):
        read_blocks(file, "mining_leases")
