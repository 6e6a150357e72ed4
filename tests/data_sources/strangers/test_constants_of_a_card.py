"""A word that a card gives to every row: how figures are known, in which State a register's sites lie."""

from __future__ import annotations

import pandas as pd
import pytest
from strangers import own_card

from data_sources.readers.common import CONSTANT
from data_sources.readers.survey import read_layer
from khanij.foundation.errors import ContractError


def test_rows_that_say_nothing_take_the_cards_word_and_others_keep_theirs(tmp_path):
    file = tmp_path / "g.csv"
    pd.DataFrame({"site_id": ["A", "B"], "Cu (%)": [0.1, 0.2], "knowledge_class": ["G2", None]}).to_csv(
        file, index=False
    )
    got = read_layer(
        file,
        "grades",
        card=own_card("grades", constants={"knowledge_class": "G3", "basis_code": "assay", "state": "Odisha"}),
    )
    assert got.kept["knowledge_class"].tolist() == ["G2", "G3"] and got.kept["basis_code"].tolist() == ["assay"] * 2
    told = got.flags[got.flags["reason"] == CONSTANT]
    assert set(zip(told["field"], told["value"])) == {("knowledge_class", "G3"), ("basis_code", "assay")}, (
        "of this layer alone"
    )


def test_the_state_of_a_register(tmp_path):
    file = tmp_path / "s.csv"
    table = {"site_id": ["A"], "name": ["a"], "lat": [21.0], "lon": [85.0], "waste_type_code": ["fe_slimes"]}
    pd.DataFrame(table).to_csv(file, index=False)
    got = read_layer(
        file, "waste_sites", card=own_card("waste_sites", constants={"state": "Odisha", "knowledge_class": "G3"})
    )
    assert got.kept["state"].tolist() == ["Odisha"]


@pytest.mark.parametrize(
    "constants", [{"knowledge_clas": "G3"}, {"knowledge_class": "G9"}, {"tonnage_mode_mt": "5"}, {"site_id": "A"}]
)
def test_a_constant_that_is_none_is_refused_with_what_may_stand_there(tmp_path, constants):
    file = tmp_path / "g.csv"
    pd.DataFrame({"site_id": ["A"], "Cu (%)": [0.1]}).to_csv(file, index=False)
    with pytest.raises(ContractError, match="constants") as told:
        read_layer(file, "grades", card=own_card("grades", constants=constants))
    assert "What to do" in str(told.value)
