"""A KML that tells its facts in descriptions, as GIS programs export a layer."""

from pathlib import Path

import pytest

from data_sources.connectors.files import read_file
from data_sources.connectors.vectors.descriptions import READ
from data_sources.contracts.shapes.remarks import remarks_of

NESTED = """<html><body><table border="1"><tr style="x"><td><b>{name}</b></td></tr><tr><td><table>
<tr><td>FID</td><td>{n}</td></tr><tr bgcolor="#D4E4F3"><td>Waste_Type</td><td>Mill &amp; tailings</td></tr>
<tr><td>Qty_Mt</td><td>{q}</td></tr><tr><td>Remarks</td><td>&lt;Null&gt;</td></tr></table></td></tr></table></body></html>"""
PLAIN = "<table><tr><th>Waste_Type</th><td>Mill &amp; tailings</td></tr><tr><td>Qty_Mt</td><td>{q}</td></tr></table>"
BOLD = "<b>Waste_Type:</b> Mill &amp; tailings<br/><b>Qty_Mt:</b> {q}<br>seen from the road"
LINES = "Waste_Type: Mill & tailings\nQty_Mt = {q}\nseen from the road"


def kml(path: Path, form: str, told: str = "", folders: int = 1) -> Path:
    marks = [
        f"<Placemark><name>P{n}</name><description><![CDATA[{form.format(name=f'P{n}', n=n, q=n + 0.5)}]]></description>"
        f"{told}<Point><coordinates>82.{n},20.1,0</coordinates></Point></Placemark>"
        for n in range(1, 5)
    ]
    if folders > 1:
        marks = [f"<Folder><name>F{i}</name>{mark}</Folder>" for i, mark in enumerate(marks)]
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>d</name>'
        + "".join(marks) + "</Document></kml>"
    )  # fmt: skip
    return path


@pytest.mark.parametrize("folders", [1, 4])
@pytest.mark.parametrize("form", [NESTED, PLAIN, BOLD, LINES])
def test_names_and_values_of_descriptions_are_columns(tmp_path: Path, form: str, folders: int) -> None:
    got = read_file(kml(tmp_path / "m.kml", form, folders=folders))
    assert got["Waste_Type"].tolist() == ["Mill & tailings"] * 4
    assert got["Qty_Mt"].astype(float).tolist() == [1.5, 2.5, 3.5, 4.5]
    assert "Remarks" not in got.columns, "empty in every mark"
    assert READ in {reason for _, _, _, reason, _ in remarks_of(got)}


def test_a_name_that_is_told_twice_keeps_both_values(tmp_path: Path) -> None:
    got = read_file(kml(tmp_path / "m.kml", LINES + "\nQty_Mt: 9\nWaste_Type: Mill & tailings"))
    assert got["Qty_Mt"].tolist() == ["1.5; 9", "2.5; 9", "3.5; 9", "4.5; 9"]
    assert got["Waste_Type"].tolist() == ["Mill & tailings"] * 4


def test_equal_numbers_are_one_value(tmp_path: Path) -> None:
    told = "\nQty_Mt: 9\nDepth: 10\nDepth: 10.0\nDepth: 1e1\nNo: 007\nNo: 7\nRate: 1\nRate: 1.05"
    got = read_file(kml(tmp_path / "m.kml", LINES + told))
    assert got["Depth"].tolist() == ["10"] * 4 and got["No"].tolist() == ["007; 7"] * 4
    assert got["Rate"].tolist() == ["1; 1.05"] * 4


def test_the_files_own_field_is_not_touched(tmp_path: Path) -> None:
    own = '<ExtendedData><Data name="Waste_Type"><value>red mud</value></Data></ExtendedData>'
    got = read_file(kml(tmp_path / "m.kml", PLAIN, own))
    assert got["Waste_Type"].tolist() == ["red mud"] * 4 and got["Qty_Mt"].astype(float).tolist()[0] == 1.5


@pytest.mark.parametrize(
    "form", ["seen from the road", "<p>seen <i>from</i> the road</p>", "", "<table><tr><td>a</table>"]
)
def test_a_description_in_prose_gives_no_column(tmp_path: Path, form: str) -> None:
    plain, told = read_file(kml(tmp_path / "a.kml", "seen")), read_file(kml(tmp_path / "b.kml", form))
    assert set(told.columns) <= set(plain.columns) and not remarks_of(told)


@pytest.mark.parametrize(
    ("written", "is_named", "kept"),
    [
        ("layer.{n}", True, {"name"}),
        ("ID_0000{n}", True, {"name"}),
        ("layer.{n}", False, {"id"}),
        ("ML/{n}7", True, {"id", "name"}),
        ("{n}5/2019", False, {"id"}),
    ],
)
def test_numbers_of_the_writer_are_no_names_and_fields_that_nobody_filled_are_none(
    tmp_path: Path, written: str, is_named: bool, kept: set[str]
) -> None:
    marks = "".join(
        f'<Placemark id="{written.format(n=n)}">{"<name>Pond</name>" if is_named else ""}<Point><coordinates>82.{n},20.1,0</coordinates></Point></Placemark>'
        for n in range(1, 5)
    )
    (tmp_path / "n.kml").write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>')
    got = read_file(tmp_path / "n.kml")
    assert {str(c).lower() for c in got.columns} == {*kept, "geometry"}
