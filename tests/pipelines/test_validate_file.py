"""``khanij validate FILE --as LAYER``: a column that no usual name gives is proposed, and the remedy works as printed."""

import json
import shlex

import pytest

from data_sources.readers.survey import admit_frame
from pipelines.cli import main

REGISTER = """Sl No,Label,State,Lat,Long,Type of Waste,Lessee
1,North tailings,Madhya Pradesh,22.02,80.71,cu_flotation_tailings,HCL
2,South tailings,Madhya Pradesh,22.05,80.73,cu_flotation_tailings,HCL
"""


def test_the_remedy_for_a_missing_column_works_as_it_is_printed(tmp_path, capsys):
    file = tmp_path / "register.csv"
    file.write_text(REGISTER)
    asked = ["validate", str(file), "--as", "waste_sites"]
    assert main(asked) == 2
    told = capsys.readouterr().err
    words = shlex.split(told.partition("say so: ")[2].partition("; else")[0])
    assert words.count("--map") == 2 and "Type of Waste=waste_type_code" in words, told
    assert main([*asked, *words, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert rows == {"in": 2, "kept": 2, "flagged": 0, "quarantined": 0}


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
