"""``khanij validate FILE --as LAYER``: a column that no usual name gives is proposed, and the remedy works as printed."""

import json
import shlex

import openpyxl
import pytest

from data_sources.readers.survey import admit_frame
from pipelines.cli import main

REGISTER = """Sl No,Label,State,Lat,Long,Type of Waste,Lessee
1,North tailings,Madhya Pradesh,22.02,80.71,cu_flotation_tailings,HCL
2,South tailings,Madhya Pradesh,22.05,80.73,cu_flotation_tailings,HCL
"""


def remedied(asked, capsys):
    """What the command that an error proposes answers: the words of that command, the counts of its rows."""
    assert main(asked) == 2
    told = capsys.readouterr().err
    words = shlex.split(told.partition("say so: ")[2].partition("; else")[0])
    assert words[:2] == ["khanij", "validate"], told
    assert main([*words[1:], "--json"]) == 0
    return words, json.loads(capsys.readouterr().out)["rows"]


@pytest.mark.parametrize("mapped", [[], ["Nope=site_id"], ["Type of Waste=waste_type_code", "Nope=site_id"]])
def test_the_remedy_for_a_missing_column_works_as_it_is_printed(tmp_path, capsys, mapped):
    file = tmp_path / "the register.csv"
    file.write_text(REGISTER)
    asked = ["validate", str(file), "--as", "waste_sites", *(w for m in mapped for w in ("--map", m))]
    words, rows = remedied(asked, capsys)
    assert words.count("--map") == 2 and "Type of Waste=waste_type_code" in words and "Nope=site_id" not in words
    assert rows == {"in": 2, "kept": 2, "flagged": 0, "quarantined": 0}


def test_the_remedy_keeps_the_columns_that_the_user_named(tmp_path, capsys):
    file = tmp_path / "register.csv"
    file.write_text(REGISTER)
    words, rows = remedied(["validate", str(file), "--as", "waste_sites", "--map", "Label=site_id"], capsys)
    assert words[-4:] == ["--map", "Label=site_id", "--map", "Type of Waste=waste_type_code"] and rows["kept"] == 2


def test_the_remedy_says_the_header_row_the_sheet_and_the_decimal_mark_again(tmp_path, capsys):
    lines = [line.split(",") for line in REGISTER.splitlines()]
    lines[1][3], lines[1][4] = "22,02", "80,71"
    lines[2][3], lines[2][4] = "22,05", "80,73"
    # The row above the header names columns too: where the user's word is lost, it would be taken.
    book = openpyxl.Workbook()
    page = book.create_sheet("Register")
    for row in [["a", "b", "c", "d", "e", "f", "g"], *lines]:
        page.append(row)
    book.active.append(["Notes"])
    book.active.append(["none"])
    book.save(tmp_path / "register.xlsx")
    given = ["--sheet", "Register", "--header-row", "2", "--decimal", ","]
    words, rows = remedied(["validate", str(tmp_path / "register.xlsx"), "--as", "waste_sites", *given], capsys)
    assert all(word in words for word in given) and rows["kept"] == 2 and rows["quarantined"] == 0


def test_a_remedy_that_would_not_read_the_file_is_not_proposed(tmp_path, capsys):
    file = tmp_path / "register.csv"
    file.write_text("Label,Lat,Long\nNorth,22.02,80.71\nSouth,22.05,80.73\n")  # no waste that could be guessed
    asked = ["validate", str(file), "--as", "waste_sites", "--map", "Nope=waste_type_code"]
    assert main(asked) == 2
    assert "say so" not in capsys.readouterr().err


def test_where_nothing_can_be_proposed_the_error_stays_what_it_was(tmp_path, capsys):
    file = tmp_path / "numbers.csv"
    file.write_text("a,b\n1,2\n3,4\n")
    assert main(["validate", str(file), "--as", "waste_sites"]) == 2
    assert "say so" not in capsys.readouterr().err
    assert main(["validate", str(file), "--as", "no_such_layer"]) == 2
    assert "no_such_layer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("columns", "operator"),
    [
        ({"Lessee": "A"}, "A"),
        ({"Name of the Lessee": "A", "Operator": "B"}, "B"),
        ({"Owner": "C", "Lessee": "A"}, "A"),
        ({"Owner company": "C", "Name of the lease holder": "A"}, "A"),
        ({"Owner company": "C", "Company": "B"}, "B"),
        ({"Leaseholder": "A"}, "A"),
    ],
)
def test_who_runs_a_site_is_its_operator_before_its_lessee_before_its_owner(columns, operator):
    import pandas as pd

    row = {
        "site_id": "S1",
        "Name of Dump": "North",
        "lat": 22.0,
        "lon": 80.0,
        "waste_type_code": "cu_flotation_tailings",
    }
    kept = admit_frame(pd.DataFrame([row | columns]), "waste_sites").kept
    assert kept["operator"].tolist() == [operator] and kept["name"].tolist() == ["North"]
