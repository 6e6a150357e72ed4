"""A wrong unit is held and reported, never mended; the card's word releases it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from contract_samples import samples
from hypothesis import given, settings
from hypothesis import strategies as st

from data_sources.cards import Unit
from data_sources.contracts.admitting.admission import admit
from data_sources.contracts.admitting.cells.mass_fractions import PPM_PER_UNIT, unit_of
from data_sources.contracts.admitting.chemistry import crust_ppm, parse_column
from data_sources.contracts.admitting.raw_columns import Said
from data_sources.contracts.survey import STREAM_SEDIMENTS

ELEMENTS = sorted(crust_ppm())


def admitted(frame: pd.DataFrame, units: dict[str, object] | None = None):
    says = Said(units=units or {})
    out = admit(frame, STREAM_SEDIMENTS, source="test", layer="stream_sediments", says=says)
    report = out.report
    assert report["rows_in"] == len(frame) == len(out.kept) + out.quarantine["row"].dropna().nunique()
    assert report["rows_kept"] + report["rows_quarantined"] == report["rows_in"]
    return out


def spread(median: float, n: int = 40) -> np.ndarray:
    return median * np.exp(0.3 * np.linspace(-1, 1, n))


def test_ppb_label_on_ppm_values_is_held_with_everything_a_reader_needs():
    out = admitted(samples(La_ppb=spread(28.7)))
    assert "La_ppm" not in out.kept and "La_ppm_censored" not in out.kept
    assert out.report["columns_held"] == ["La_ppb"]
    line = out.quarantine.iloc[0]
    assert line["field"] == "La_ppb" and pd.isna(line["row"])
    for piece in ("28.7", "31000", "ppb"):
        assert piece in line["value"]
    assert line["reason"].startswith("UNIT") and "fit ppm" in line["value"] and "card" in line["reason"]
    finding = next(u for u in out.report["units"] if u["column"] == "La_ppb")
    assert finding["fits_unit"] == "ppm" and finding["ratio"] == pytest.approx(28.7 / 31000, rel=0.02)
    assert len(out.kept) == 40, "no row is lost with a column"


@pytest.mark.parametrize(
    "card",
    [
        "ppm",
        {"unit": "ppm", "reason": "agrees with the crust"},
        Unit(unit="ppm", basis="evidence", label_says="ppb", reason="agrees"),
    ],
)
def test_the_card_confirms_and_the_confirmation_is_recorded(card):
    values = spread(28.7)
    out = admitted(samples(La_ppb=values), units={"La_ppb": card})
    assert np.allclose(out.kept["La_ppm"], values)
    finding = next(u for u in out.report["units"] if u["column"] == "La_ppb")
    assert finding["used"] and finding["label_unit"] == "ppb" and finding["stated_by"] == "card"
    assert "label says ppb" in finding["note"]


def test_a_card_that_only_repeats_the_wrong_label_confirms_nothing():
    out = admitted(samples(La_ppb=spread(28.7)), units={"La_ppb": "ppb"})
    assert out.report["columns_held"] == ["La_ppb"]


def test_a_card_that_is_itself_contradicted_does_not_help_unless_it_insists_with_a_reason():
    frame = samples(Cu_ppm=spread(28.0 * 500))
    assert admitted(frame, units={"Cu_ppm": "ppm"}).report["columns_held"] == ["Cu_ppm"]
    said = {"unit": "ppm", "reason": "a copper belt, certified", "despite_evidence": True}
    assert admitted(frame, units={"Cu_ppm": said}).report["columns_held"] == []


def test_card_with_other_unit_rescales():
    out = admitted(samples(Cu=spread(28_000.0)), units={"Cu": "ppb"})
    assert np.allclose(out.kept["Cu_ppm"], spread(28.0))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(ELEMENTS),
    st.sampled_from(sorted(PPM_PER_UNIT)),
    st.sampled_from(sorted(PPM_PER_UNIT)),
    st.floats(0.4, 2.5),
)
def test_any_element_in_any_unit(element, true_unit, label, natural):
    """Values of crustal size in ``true_unit`` under a label: used if the label is right, held if it is 1,000 times off."""
    if element == "Zn":
        return
    value = crust_ppm()[element] * natural / PPM_PER_UNIT[true_unit]
    out = admitted(samples(**{f"{element}_{label}": spread(value)}))
    right = true_unit == label
    assert (out.report["columns_held"] == []) is right
    if right:
        assert np.median(out.kept[f"{element}_ppm"]) == pytest.approx(crust_ppm()[element] * natural, rel=0.02)


@pytest.mark.parametrize(
    ("column", "values", "held"),
    [
        ("TiO2", spread(3800.0), True),  # titanium in ppm under an oxide in percent
        ("TiO2", spread(0.64), False),
        ("TiO2_ppm", spread(6400.0), False),
        ("K_ppm", spread(2.8), True),  # K2O in percent under an element in ppm
        ("Cr2O3_ppm", spread(130.0), False),
        ("Fe2O3", spread(0.05), True),  # a share of one instead of percent
        ("Au", spread(1.5), True),  # ppb by custom, no unit stated: ppm would be the default
        ("Au_ppb", spread(1.5), False),
    ],
)
def test_oxide_element_and_percent(column, values, held):
    assert (admitted(samples(**{column: values})).report["columns_held"] == [column]) is held


def test_trace_oxide_becomes_its_element():
    out = admitted(samples(La2O3_ppm=spread(31 / 0.85268)))
    assert np.median(out.kept["La_ppm"]) == pytest.approx(31.0, rel=0.01)


def test_unknown_unit_is_held():
    out = admitted(samples(Cu_foo=spread(28.0)))
    assert out.report["columns_held"] == ["Cu_foo"] and "unit is not known" in out.quarantine.iloc[0]["reason"]
    assert admitted(samples(Cu=spread(28.0)), units={"Cu": "cps"}).report["columns_held"] == ["Cu"]


def test_ratio_of_exactly_100_is_held_and_99_is_only_doubtful():
    held = admitted(samples(Cu_ppm=np.full(40, 2800.0)))
    kept = admitted(samples(Cu_ppm=np.full(40, 2772.0)))
    assert held.report["columns_held"] == ["Cu_ppm"] and kept.report["columns_held"] == []
    assert "doubtful" in next(u for u in kept.report["units"] if u["column"] == "Cu_ppm")["note"]


def test_a_doubtful_unit_is_marked_on_the_column():
    out = admitted(samples(Cu_ppm=np.full(40, 28.0 * 40)))
    line = out.flags.iloc[0]
    assert line["field"] == "Cu_ppm" and pd.isna(line["row"]) and "check the unit" in line["reason"]


def test_two_populations_in_one_column_are_marked_row_by_row():
    values = spread(28.0)
    values[7::10] *= 1000.0
    out = admitted(samples(Cu_ppm=values))
    marks = out.flags[out.flags["reason"].str.contains("mixed units")]
    assert marks["row"].tolist() == [8, 18, 28, 38] and out.report["columns_held"] == []
    one = spread(28.0)
    one[3] = 28_000.0
    assert not admitted(samples(Cu_ppm=one)).flags["reason"].str.contains("mixed units").any()


def test_a_few_anomalous_rows_do_not_hold_a_column():
    values = spread(28.0)
    values[:5] = 40_000.0
    assert admitted(samples(Cu_ppm=values)).report["columns_held"] == []


@pytest.mark.parametrize(
    ("name", "symbol", "unit"),
    [
        ("\ufeffLa_ppb", "La", "ppb"), ("Si02", "SiO2", ""), ("as_", "As", ""), ("in_", "In", ""), ("Cu (mg/kg)", "Cu", "ppm"),
        ("P205", "P2O5", ""), ("K20", "K2O", ""), ("Fe2O3 wt%", "Fe2O3", "pct"), ("LaPPM", "La", "ppm"), ("Au_g/t", "Au", "ppm"),
        ("LOI", "LOI", ""), ("TREE", "TREE", ""), ("REE_total_ppm", "TREE", "ppm"), ("Co_ICPMS_ppm", "Co", "ppm"),
    ],
)  # fmt: skip
def test_names(name, symbol, unit):
    parsed = parse_column(name)
    assert parsed is not None and (parsed.species.symbol, parsed.stated_unit) == (symbol, unit)


@pytest.mark.parametrize(
    "name", ["sampleno", "longitude", "toposheet", "objectid", "remarks", "date_of_collection", "x", ""]
)
def test_other_names_are_no_analyses(name):
    assert parse_column(name) is None


def test_y_beside_x_is_a_coordinate_and_y_alone_is_yttrium():
    frame = samples().rename(columns={"longitude": "X", "latitude": "Y"})
    assert "Y_ppm" not in admitted(frame).kept
    alone = samples(y=spread(21.0))
    assert np.median(admitted(alone).kept["Y_ppm"]) == pytest.approx(21.0, rel=0.02)


def test_units_by_any_name():
    assert [unit_of(t) for t in ("PPM", "mg/kg", "g/t", "%", "wt. %", "µg/kg", "stones")] == [
        "ppm",
        "ppm",
        "ppm",
        "pct",
        "pct",
        "ppb",
        None,
    ]


def test_total_of_rare_earths_is_recognised_recomputed_and_never_used():
    rng = np.random.default_rng(5)
    ree = {e: crust_ppm()[e] * rng.lognormal(0, 0.2, 40) for e in "La Ce Pr Nd Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Y".split()}
    fourteen = sum(v for e, v in ree.items() if e != "Y")
    for total, formula, wrong in [
        (fourteen + ree["La"] - ree["Lu"], "sum of 14 + La again - Lu, without Y", True),
        (fourteen, "sum of 14 (La to Lu), without Y", True),
        (fourteen + ree["Y"], "sum of 14 + Y", False),
        (fourteen * 3, "none of the usual sums", True),
    ]:
        out = admitted(samples(**{f"{e}_ppm": v for e, v in ree.items()}, TREE=total))
        found = out.report["derived_columns"][0]
        assert found["formula"] == formula and found["wrong"] is wrong and found["used"] is False
        assert not [c for c in out.kept.columns if "TREE" in c]
