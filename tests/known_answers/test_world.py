"""The model against what became of tailings projects of the world: bars on the given projects, and honest inputs."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.world import evaluate, page
from benchmarks.world.__main__ import DEFAULT, DRAWS, last_line, main
from benchmarks.world.measures import auc, bootstrap_auc, brier, like_tonnage_pairs
from benchmarks.world.projects import cases, read
from data_sources.reference import load_table
from data_sources.reference.economics import economic_tables
from khanij.foundation.errors import KhanijError

TABLES = economic_tables()
KNOWN = set(load_table("elements")["element"])
NOT_AN_INPUT = (
    "throughput_mtpa", "recovery", "capex_musd", "capex_usd_per_annual_t", "opex_usd_per_t", "opex_text", "start_year",
    "end_year", "outcome", "reason_kind", "reason", "source", "source_seen", "confidence", "note", "correction",
    "plant_stood_source", "mineral_state_source", "operator",
)  # fmt: skip


@pytest.fixture(scope="module")
def results():
    return evaluate.all_variants(read(DEFAULT), TABLES, KNOWN, "outcomes.csv", DRAWS)


def test_the_bars(results):
    """AUC at least 0.75, pairs of like tonnage 0.70, loss without scale 0.15, Brier at most 0.21."""
    m = results[2]["all that is known"]
    assert m.auc >= 0.75 and m.pairs >= 0.70 and m.auc - m.without_scale >= 0.15 and m.brier <= 0.21, m
    assert m.n == 12 and m.n_pairs == 10 and m.auc_low < m.auc < m.auc_high


def test_what_the_two_judged_marks_are_worth_is_known(results):
    """Mineral state and standing mill were set by people who knew the outcomes: without them little is left of 12 rows."""
    assert results[2]["without either"].auc < results[2]["all that is known"].auc - 0.15


def test_the_page_is_current(results):
    found, valued, variants = results
    text = page.PAGE.read_text(encoding="utf-8")
    assert text == page.with_table(text, page.table(valued, found, variants)), "run: python -m benchmarks.world --page"
    assert page.PICTURE.is_file() and "pictures/does_it_pay.png" in text
    for bar in page.BARS.values():
        assert bar in text


def test_the_picture_is_made_by_the_command(results, tmp_path: Path):
    path = tmp_path / "picture.png"
    page.picture(results[1], path)
    first = path.read_bytes()
    page.picture(list(reversed(results[1])), path)
    assert path.read_bytes() == first and first[:4] == b"\x89PNG"


def test_rows_are_conserved(results):
    found = results[0]
    assert len(found.used) + len(found.left_out) == len(read(DEFAULT)) and all(why for _, _, why in found.left_out)


def test_nothing_of_what_became_of_a_project_is_an_input():
    frame = read(DEFAULT)
    found = cases(frame, TABLES, KNOWN)
    expected = [v.p_pays for v in evaluate.value_all(found, TABLES, 500)]
    hidden = frame.copy()
    for column in NOT_AN_INPUT:
        hidden[column] = "999" if column.endswith(("mtpa", "musd", "_t")) else "x"
    hidden["outcome_binary"] = hidden["outcome_binary"].map({"1": "0", "0": "1"}).fillna("")
    again = [v.p_pays for v in evaluate.value_all(cases(hidden, TABLES, KNOWN), TABLES, 500)]
    assert again == expected
    assert set(NOT_AN_INPUT) | {"outcome_binary"} | set(evaluate_inputs()) == set(frame.columns)


def evaluate_inputs() -> tuple[str, ...]:
    """Columns of which the model sees something, or which name the row."""
    return (
        "outcome_id", "project", "country", "waste_type_code", "route_code", "route_fit", "main_product", "tonnage_mt",
        "grades_ppm", "grade_basis", "decision_year", "decision_prices_usd_per_kg", "usable_for_value_test",
        "plant_stood", "mineral_state", "test_level", "recalled_fields",
    )  # fmt: skip


def test_every_case_is_valued_without_its_own_plants(monkeypatch):
    seen = []
    monkeypatch.setattr(evaluate, "refitted", lambda tables, costs, out: seen.append(set(out)) or tables)
    found = cases(read(DEFAULT), TABLES, KNOWN)
    evaluate.value_all(found, TABLES, 50)
    assert seen == [{c.outcome_id} for c in found.used]


def test_order_of_rows_changes_nothing():
    frame = read(DEFAULT)
    shuffled = frame.sample(frac=1, random_state=4)
    a, b = (
        {v.case.outcome_id: v.p_pays for v in evaluate.value_all(cases(f, TABLES, KNOWN), TABLES, 300)}
        for f in (frame, shuffled)
    )
    assert a == b


def test_measures_on_hand_made_figures():
    p, y, t = [0.9, 0.6, 0.6, 0.1], [1, 1, 0, 0], [10.0, 100.0, 25.0, 400.0]
    assert auc(p, y) == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert like_tonnage_pairs(p, y, t) == (1.0, 1), "only 10 against 25 lie within a factor of three"
    assert brier(p, y) == pytest.approx((0.01 + 0.16 + 0.36 + 0.01) / 4)
    low, high = bootstrap_auc([0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0], 500)
    assert low == high == 1.0
    assert auc([0.5, 0.5], [1, 1]) != auc([0.5, 0.5], [1, 1]), "one outcome only: no AUC"


def test_the_command_prints_the_five_measures_last(capsys):
    assert main(["--draws", "400"]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    form = r"AUC \d\.\d\d, like-tonnage pairs \d\.\d\d, without scale \d\.\d\d, Brier \d\.\d\d, n 12"
    assert re.fullmatch(form, lines[-1]) and re.fullmatch(r"AUC 5-95 % .* \(bootstrap over 12 rows\)", lines[-2])
    assert last_line(evaluate.Measures(0.5, 0.1, 0.9, 0.25, 4, 0.4, 0.2, 12)) == (
        "AUC 0.50, like-tonnage pairs 0.25, without scale 0.40, Brier 0.20, n 12"
    )
    assert sum("not held against the model" in line for line in lines) == 8


def test_any_file_with_the_columns_works(tmp_path: Path, capsys):
    frame = read(DEFAULT)
    extra = frame[frame["outcome_id"] == "WO-025"].copy()
    extra["outcome_id"], extra["route_fit"], extra["grades_ppm"] = "ZZ-1", "near (coarse, sorting)", "Sn=2500"
    frame.loc[len(frame)] = extra.iloc[0]
    minimal = frame[[c for c in frame.columns if c not in NOT_AN_INPUT or c == "outcome"]]
    path = tmp_path / "mine.csv"
    minimal.to_csv(path, index=False)
    assert main([str(path), "--draws", "200"]) == 0
    out = capsys.readouterr().out
    assert "grav_simple" in out and out.strip().endswith("n 13")


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("tonnage_mt", "-3", "below"), ("tonnage_mt", "lots", "not a finite number"), ("grades_ppm", "Au=nan", "not a finite number"),
        ("grades_ppm", "Xx=4", "unknown element"), ("grades_ppm", "Au 4", "not element=figure"), ("outcome_binary", "0.5", "an outcome of 0.5"),
        ("decision_prices_usd_per_kg", "Au=-4", "below"), ("decision_year", "1950", "no consumer price index"), ("test_level", "guess", "test_level"),
        ("mineral_state", "odd", "mineral_state"), ("outcome_id", "WO-003", "stands twice"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_refused_by_name(tmp_path: Path, column, value, words, capsys):
    frame = read(DEFAULT)
    frame.loc[0, column] = value
    path = tmp_path / "bad.csv"
    frame.to_csv(path, index=False)
    assert main([str(path), "--draws", "50"]) == 2
    assert words in capsys.readouterr().err


def test_a_missing_file_or_column_is_refused(tmp_path: Path):
    with pytest.raises(KhanijError, match="no such table"):
        read(tmp_path / "none.csv")
    path = tmp_path / "short.csv"
    pd.DataFrame({"outcome_id": ["a"]}).to_csv(path, index=False)
    with pytest.raises(KhanijError, match="a column is missing"):
        read(path)
