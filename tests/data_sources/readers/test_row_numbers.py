"""A row is told by the same number in every kind of file: the first row below the header, or the first feature, is 1."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from data_sources.connectors.files import read_file
from data_sources.contracts.waste import WASTE_CONTRACTS
from data_sources.readers.common import admit_layer

SITES = pd.DataFrame({
    "site_id": ["P-1", "P-2", "P-3"], "name": ["A", "B", "C"], "waste_type_code": "red_mud", "state": "Odisha",
    "lon": [83.0, 583.0, 83.2], "lat": [19.0, 19.1, 19.2], "source": "an office",
})  # fmt: skip


def written(folder: Path, kind: str) -> Path:
    path = folder / f"sites.{kind}"
    if kind in ("csv", "tsv"):
        SITES.to_csv(path, index=False, sep="," if kind == "csv" else "\t")
    elif kind == "titled.csv":
        path.write_text("Sites of an office\n\n" + SITES.to_csv(index=False).replace("\nP-2", "\n\nP-2"))
    elif kind == "xlsx":
        SITES.to_excel(path, index=False)
    elif kind == "parquet":
        SITES.to_parquet(path)
    else:
        shapes = gpd.points_from_xy(SITES["lon"], SITES["lat"])
        gpd.GeoDataFrame(SITES.drop(columns=["lon", "lat"]), geometry=shapes, crs=4326).to_file(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "tsv", "titled.csv", "xlsx", "gpkg", "geojson"])
def test_the_second_row_is_row_two(kind: str, tmp_path: Path) -> None:
    frame = read_file(written(tmp_path, kind), options={"skip_rows": 2} if kind == "titled.csv" else {})
    got = admit_layer(frame, WASTE_CONTRACTS["waste_sites"], card="own_waste_table", file="sites")
    assert set(got.quarantine["row"].dropna()) | set(got.flags["row"].dropna()) >= {2}
    assert set(got.quarantine["row"]) <= {2} and got.report["rows_in"] == 3
