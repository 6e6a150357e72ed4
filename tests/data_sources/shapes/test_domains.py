"""Codes whose meaning stands in another table of the file: numbers give way to their text, words stay and are explained."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from data_sources.connectors.files import read_file
from data_sources.connectors.vectors.domains import _coded, _tag
from data_sources.contracts.shapes.remarks import remarks_of
from data_sources.readers.survey import read_layer

NUMBERS = {"1": "cu_flotation_tailings", "2": "red_mud"}
WORDS = {"third_party": "Leased to somebody else", "none": "Free"}
SCHEMA = """
create table gpkg_data_columns (table_name text not null, column_name text not null, name text, title text,
  description text, mime_type text, constraint_name text, primary key (table_name, column_name));
create table gpkg_data_column_constraints (constraint_name text not null, constraint_type text not null, value text,
  min numeric, min_is_inclusive boolean, max numeric, max_is_inclusive boolean, description text);
create table if not exists gpkg_extensions (table_name text, column_name text, extension_name text not null,
  definition text not null, scope text not null);
insert into gpkg_extensions values ('gpkg_data_columns', null, 'gpkg_schema', 'schema', 'read-write');
insert into gpkg_extensions values ('gpkg_data_column_constraints', null, 'gpkg_schema', 'schema', 'read-write');
"""


def package(file: Path, codes: object, column: str = "waste_type_code", texts: dict[str, str] | None = None) -> Path:
    points = [shapely.Point(76.5 + i / 10, 14.5) for i in range(3)]
    columns = {"site_id": ["A", "B", "C"], "name": ["a", "b", "c"], column: codes}
    gpd.GeoDataFrame(columns, geometry=points, crs=4326).to_file(file, layer="dumps")
    with closing(sqlite3.connect(file)) as base:
        base.executescript(SCHEMA)
        base.execute("insert into gpkg_data_columns values ('dumps', ?, '', '', '', '', 'kinds')", (column,))
        for code, text in (NUMBERS if texts is None else texts).items():
            row = "insert into gpkg_data_column_constraints values ('kinds', 'enum', ?, null, null, null, null, ?)"
            base.execute(row, (code, text))
        base.commit()
    return file


@pytest.mark.parametrize(
    "codes",
    [np.array([1, 2, 2], dtype="int32"), np.array([1.0, 2.0, 2.0]), ["1", "2", " 2"]],
    ids=["whole numbers", "floats", "texts"],
)
def test_a_code_that_is_a_number_is_read_as_its_text(tmp_path: Path, codes: object) -> None:
    admission = read_layer(package(tmp_path / "dumps.gpkg", codes), "waste_sites")
    assert admission.kept["waste_type_code"].tolist() == ["cu_flotation_tailings", "red_mud", "red_mud"]
    told = admission.flags[admission.flags["row"].isna()]
    assert "codes of the file's domain kinds, read as their text" in told["reason"].tolist()
    assert "1 = cu_flotation_tailings, 2 = red_mud" in told["value"].tolist()


def test_a_code_that_the_domain_lacks_stays_and_is_marked(tmp_path: Path) -> None:
    file = package(tmp_path / "dumps.gpkg", pd.array([1, 7, None], dtype="Int32"))
    frame = read_file(file)
    assert frame["waste_type_code"].tolist()[:2] == ["cu_flotation_tailings", "7"]
    assert pd.isna(frame["waste_type_code"].iloc[2])
    assert [2] in [rows for rows, _, value, _, _ in remarks_of(frame) if value == "7"]


def test_a_code_that_is_a_word_stays_and_is_explained(tmp_path: Path) -> None:
    file = package(tmp_path / "dumps.gpkg", ["none", "third_party", "none"], "lease_status", WORDS)
    frame = read_file(file)
    assert frame["lease_status"].tolist() == ["none", "third_party", "none"]
    (said,) = remarks_of(frame)
    assert (
        said[1] == "lease_status"
        and "third_party = Leased to somebody else" in said[2]
        and "stay as they are" in said[3]
    )


def test_a_domain_of_another_layer_or_without_texts_is_nothing(tmp_path: Path) -> None:
    file = package(tmp_path / "dumps.gpkg", np.array([1, 2, 2], dtype="int32"))
    with closing(sqlite3.connect(file)) as base:
        base.execute("update gpkg_data_columns set table_name = 'other'")
        base.commit()
    assert [str(c) for c in read_file(file)["waste_type_code"]] == ["1", "2", "2"] and remarks_of(read_file(file)) == []
    blank = package(tmp_path / "blank.gpkg", np.array([1, 2, 2], dtype="int32"), texts={"1": "", "2": ""})
    assert [str(c) for c in read_file(blank)["waste_type_code"]] == ["1", "2", "2"] and remarks_of(
        read_file(blank)
    ) == []


def test_the_definition_of_a_geodatabases_domain() -> None:
    """As ArcGIS writes it, with its escapes."""
    definition = (
        '<GPCodedValueDomain2 xsi:type="typens:GPCodedValueDomain2"><DomainName>kinds</DomainName>'
        '<CodedValues xsi:type="typens:ArrayOfCodedValue"><CodedValue xsi:type="typens:CodedValue"><Name>Zn &amp; Pb</Name>'
        '<Code xsi:type="xs:int">1</Code></CodedValue><CodedValue><Name>लाल पंक</Name><Code>2</Code></CodedValue></CodedValues>'
        "</GPCodedValueDomain2>"
    )
    assert _tag(definition, "DomainName") == "kinds"
    assert list(_coded(definition)) == [("1", "Zn & Pb"), ("2", "लाल पंक")]


@pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="no ogr2ogr (apt-get install gdal-bin) to write the file")
def test_a_geodatabase_with_a_domain(tmp_path: Path) -> None:
    made = package(tmp_path / "dumps.gpkg", np.array([1, 2, 7], dtype="int32"))
    base = tmp_path / "dumps.gdb"
    subprocess.run(["ogr2ogr", "-f", "OpenFileGDB", str(base), str(made)], check=True, capture_output=True)
    if "GPCodedValueDomain2" not in "".join(p.read_bytes().decode("utf-8", "ignore") for p in base.iterdir()):
        pytest.skip("this ogr2ogr writes no domains")
    assert read_file(base)["waste_type_code"].tolist() == ["cu_flotation_tailings", "red_mud", "7"]
