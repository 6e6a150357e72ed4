"""The sample district, and the survey's own files where they are, served by MapServer: fetched rows are the file's rows,
and the contract says of them what it says of the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from servers import mapserver

from data_sources.cards import Card, load_card
from data_sources.connectors.archive import Archive
from data_sources.connectors.files import read_file
from data_sources.connectors.remote.fetching import fetch
from data_sources.connectors.remote.http import ClientSettings
from data_sources.connectors.remote.probing import probe
from data_sources.readers.survey import admit_frame
from data_sources.regions import data_folder, load_region
from khanij.sample import sample_district_folder

pytestmark = pytest.mark.integration
FAST = ClientSettings(per_second=1000)
LAYERS = {
    "stream_sediments": "stream_sediments.csv",
    "lithology": "lithology.gpkg",
    "faults": "faults.gpkg",
    "folds": "folds.gpkg",
    "occurrences": "mineralization.gpkg",
    "magnetic_stations": "magnetic_stations.gpkg",
    "gravity_stations": "gravity_stations.gpkg",
}
REAL = {
    "ngcm_karnataka_andhra": ("stream_sediments", "sampleno"),
    "ngdr_faults_karnataka_andhra": ("faults", "objectid"),
    "ngdr_folds_karnataka_andhra": ("folds", "OBJECTID"),
    "gsi_mineral_deposits": ("occurrences", "gsi_deposit_id"),
}


def placed(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Rows that a WFS can carry: those with a geometry."""
    assert isinstance(frame, gpd.GeoDataFrame)
    return frame[~frame.geometry.isna() & ~frame.geometry.is_empty].reset_index(drop=True)


def serve(folder: Path, frames: dict[str, gpd.GeoDataFrame]) -> mapserver.MapServer:
    if mapserver.binary() is None:
        pytest.skip(mapserver.HINT)
    server = mapserver.MapServer(folder, cap=400)
    for name, frame in frames.items():
        server.add(name, frame.assign(feature_key=np.arange(len(frame))), "feature_key")
    return server


@pytest.fixture(scope="module")
def district(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[mapserver.MapServer, dict[str, gpd.GeoDataFrame]]]:
    folder = sample_district_folder(tmp_path_factory.mktemp("sample"))
    frames = {name: placed(read_file(folder / file)) for name, file in LAYERS.items()}
    with serve(tmp_path_factory.mktemp("served"), frames) as server:
        yield server, frames


def remote(like: Card, server: mapserver.MapServer, layer: str) -> Card:
    """The NGDR card of this layer, pointed at the server on loopback."""
    changed: dict[str, Any] = {
        "name": like.name,
        "protocol": "wfs",
        "version": "1.0.0",
        "url": server.wfs,
        "layer": layer,
        "path": "",
        "handshake": None,
        "options": {},
        "params": {"outputFormat": "geojson"},
        "page_size": 1000,
    }
    return Card.model_validate({**like.model_dump(), **changed})


def assert_same_rows(got: pd.DataFrame, truth: gpd.GeoDataFrame) -> None:
    assert isinstance(got, gpd.GeoDataFrame) and len(got) == len(truth)
    got = got.sort_values("feature_key").reset_index(drop=True)
    assert shapely.equals_exact(got.geometry.to_numpy(), truth.geometry.to_numpy(), 1e-9).all()
    for name in truth.columns.drop("geometry"):
        one, two = got[name], truth[name]
        if pd.api.types.is_numeric_dtype(two):
            np.testing.assert_allclose(pd.to_numeric(one).to_numpy(float), two.to_numpy(float), rtol=1e-12)
        else:
            texts = [None if pd.isna(v) or v == "" else str(v) for v in one]
            assert texts == [None if pd.isna(v) or v == "" else str(v) for v in two], name


def verdict(frame: pd.DataFrame, layer: str, card: Card, **settings: Any) -> tuple[int, dict[str, int]]:
    admission = admit_frame(frame, layer, card=card, **settings)
    return len(admission.kept), admission.quarantine.groupby(["field"], dropna=False).size().to_dict()


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_of_the_sample_comes_back_whole_and_is_judged_alike(
    district: tuple[mapserver.MapServer, dict[str, gpd.GeoDataFrame]], tmp_path: Path, layer: str
) -> None:
    server, frames = district
    like = load_card("sample_district").for_layer(layer)
    card = remote(like, server, layer)
    got = fetch(card, Archive(tmp_path), settings=FAST)
    assert_same_rows(got.frame(), frames[layer])
    extent = load_region("sample_district").extent_deg
    ordered = got.frame().sort_values("feature_key").reset_index(drop=True)
    assert verdict(ordered, layer, card, extent_deg=extent) == verdict(frames[layer], layer, card, extent_deg=extent)
    assert probe(card).state == "ok", "the sample has the survey's own column names"


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_each_real_layer_comes_back_whole_and_is_judged_alike(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    folder = data_folder()
    if folder is None:
        pytest.skip("the survey's files are not here: see docs/sources.md")
    own, layer = load_card(name), REAL[name][0]
    frame = placed(read_file(folder / own.path, options={"crs": own.crs, **own.options}))
    with serve(tmp_path_factory.mktemp("real"), {layer: frame}) as server:
        card = remote(own, server, layer)
        got = fetch(card, Archive(tmp_path), settings=FAST)
    assert_same_rows(got.frame(), frame)
    ordered = got.frame().sort_values("feature_key").reset_index(drop=True)
    assert verdict(ordered, layer, card) == verdict(frame, layer, card)
