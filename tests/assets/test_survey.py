"""A survey layer that cannot be read is absent with its reason; the others are not held up by it."""

import pandas as pd
import pytest

from assets.survey import load_layer
from assets.workspace import Workspace
from data_sources.regions import LayerSource, load_region


def region_with(**layers):
    india = load_region("india")
    return india.model_copy(update={"layers": {name: LayerSource(**source) for name, source in layers.items()}})


@pytest.fixture
def workspace(tmp_path):
    return Workspace(output_root=str(tmp_path / "output"), cache_root=str(tmp_path / "cache"), data_root=str(tmp_path))


def test_a_layer_that_no_one_connected_is_absent_and_counts_nothing(workspace):
    bundle = load_layer(workspace, region_with(), "faults")
    assert len(bundle["kept"]) == 0 and len(bundle["quarantine"]) == 0
    assert "not connected" in bundle["report"]["absent"]


def test_a_missing_file_is_named_with_what_to_do(workspace):
    bundle = load_layer(
        workspace, region_with(faults={"card": "ngdr_faults_karnataka_andhra", "path": "nowhere.shp"}), "faults"
    )
    reason = bundle["quarantine"]["reason"].iloc[0]
    assert "nowhere.shp" in reason and "What to do" in reason


def test_a_remote_layer_that_was_never_fetched_says_how_to_fetch_it(workspace):
    bundle = load_layer(workspace, region_with(faults={"card": "ngdr_faults"}), "faults")
    assert "khanij fetch --region india" in bundle["quarantine"]["reason"].iloc[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [("a,b\n1,2\n", "coordinate column"), ("", "empty"), ("X,Y,sampleno\n", "")],
)
def test_a_file_that_is_no_such_layer_does_not_stop_the_run(workspace, tmp_path, text, says):
    (tmp_path / "samples.csv").write_text(text, encoding="utf-8")
    bundle = load_layer(
        workspace,
        region_with(stream_sediments={"card": "ngcm_karnataka_andhra", "path": "samples.csv"}),
        "stream_sediments",
    )
    assert len(bundle["kept"]) == 0
    told = " ".join(bundle["quarantine"]["reason"].astype(str)) + str(bundle["report"].get("absent", ""))
    assert says.lower() in told.lower()
    assert str(tmp_path) not in told
    assert isinstance(bundle["quarantine"], pd.DataFrame)


def test_a_layer_without_crs_is_absent_with_its_reason(workspace, tmp_path):
    import geopandas as gpd
    from shapely.geometry import LineString

    gpd.GeoDataFrame({"fault_type": ["normal"]}, geometry=[LineString([(77, 18), (78, 19)])]).to_file(
        tmp_path / "f.shp"
    )
    bundle = load_layer(
        workspace, region_with(faults={"card": "ngdr_faults_karnataka_andhra", "path": "f.shp"}), "faults"
    )
    told = bundle["quarantine"]["reason"].astype(str).tolist()
    assert len(bundle["kept"]) == 1 or any("CRS" in t or "coordinate" in t for t in told)
