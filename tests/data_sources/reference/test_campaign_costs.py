"""What a campaign costs: rows against their source, growth with the tonnes, and what is refused at the door."""

from __future__ import annotations

import pytest

from data_sources.reference.campaign_costs import DRILLING, TEST_WORK, campaign_costs, one_step_up
from data_sources.reference.tables import load_table
from khanij.foundation.errors import ContractError


def test_costs_are_the_triangles_means_in_whole_lakhs():
    costs = campaign_costs(87.7)
    assert costs.steps[DRILLING, "G4"].lakh(20e6) == 139, "(77.9 + 129.8 + 207.7) / 3 = 138.5"
    assert costs.steps[TEST_WORK, "bench"].lakh(20e6) == 384 == costs.steps[TEST_WORK, "bench"].lakh(500e6), "1150 / 3"
    assert costs.lakh_in_usd(139) == pytest.approx(13.9e6 / 87.7)
    assert "Mineral Exploration Trust" in costs.steps[DRILLING, "G4"].source
    assert costs.steps[DRILLING, "G4"].source_seen == "recalled"


def test_four_times_the_waste_costs_twice_as_much_and_the_smallest_one_lakh():
    step = campaign_costs(80.0).steps[DRILLING, "G3"]
    assert step.lakh(80e6) == pytest.approx(2 * step.lakh(20e6), abs=1)
    assert step.lakh(1.0) == 1
    for odd in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ContractError, match="tonnage"):
            step.lakh(odd)


def test_steps_are_climbed_one_at_a_time():
    assert [one_step_up(DRILLING, c) for c in ("default", "analogue", "G4", "G2", "G1", "none")] == [
        "G4", "G4", "G3", "G1", "", "",
    ]  # fmt: skip
    assert [one_step_up(TEST_WORK, c) for c in ("none", "bench", "pilot", "plant")] == ["bench", "pilot", "plant", ""]


def _with(column, value, row=1):
    frame = load_table("campaign_costs").astype(object)
    frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("cost_mode_inr_lakh", -5.0, "below"),
        ("cost_max_inr_lakh", float("inf"), "not a finite number"),
        ("cost_min_inr_lakh", 500.0, "outside low and high"),
        ("reference_tonnage_mt", 0.0, "below"),
        ("tonnage_exponent", 1.5, "above 1"),
        ("kind", "seismics", "unknown kind"),
        ("to_level", "G1", "no step leads from 'G4' to 'G1'"),
    ],
)
def test_what_cannot_be_is_refused_with_table_row_and_field(column, value, words):
    with pytest.raises(ContractError, match=words) as told:
        campaign_costs(87.7, _with(column, value))
    assert told.value.file == "campaign_costs.csv" and told.value.row == 3
    assert told.value.field == ("cost_mode_inr_lakh" if words.startswith("outside") else column)


def test_a_step_twice_or_missing_is_refused():
    frame = load_table("campaign_costs")
    twice = frame.copy()
    twice.loc[1, ["from_level", "to_level"]] = ["analogue", "G4"]
    with pytest.raises(ContractError, match="stands twice"):
        campaign_costs(87.7, twice)
    with pytest.raises(ContractError, match="no row for test from 'none'"):
        campaign_costs(87.7, frame[frame["campaign_id"] != "CC-11"])


@pytest.mark.parametrize("rate", [0.0, -80.0, float("nan")])
def test_a_rate_of_exchange_that_cannot_be_is_refused(rate):
    with pytest.raises(ContractError, match="rate"):
        campaign_costs(rate)
