"""What it costs to know a waste better by one step: drilling and assays, test work; read and held to what can be.

Belongs here: the costs of campaigns and how they grow with the tonnes. Does not belong here: what a campaign is worth
(``scoring.waste.sampling``).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import pandas as pd

from data_sources.reference.economic_facts import checked_number, refuse
from data_sources.reference.tables import load_table
from khanij.foundation.cells import text
from khanij.foundation.errors import ContractError

TABLE = "campaign_costs"
DRILLING, TEST_WORK, BENCHMARK = "tonnage_and_grade", "test", "benchmark"
STEPS = {
    DRILLING: ("analogue", "G4", "G3", "G2", "G1"),
    TEST_WORK: ("none", "bench", "pilot", "plant"),
}
"""What a campaign of each kind climbs, a step at a time; a default is climbed from as an analogue is."""


@dataclass(frozen=True)
class StepCost:
    """One row: lakh of rupees, low, likely and high, for a waste of ``reference_t``, and where they come from."""

    campaign_id: str
    low_lakh: float
    likely_lakh: float
    high_lakh: float
    reference_t: float
    tonnage_exponent: float
    source: str
    source_seen: str

    def lakh(self, tonnage_t: float) -> int:
        """Expected cost [lakh of rupees, the next whole one]: the triangle's mean times ``(T / T_reference) ^ exponent``.

        Raises
        ------
        ContractError : a tonnage that is not above 0 and finite.
        """
        if not (math.isfinite(tonnage_t) and tonnage_t > 0.0):
            raise ContractError(f"a tonnage of {tonnage_t!r} t", field="tonnage_t", do="give tonnes above 0")
        mean = (self.low_lakh + self.likely_lakh + self.high_lakh) / 3.0
        return int(max(1, math.ceil(mean * (tonnage_t / self.reference_t) ** self.tonnage_exponent - 1e-9)))


@dataclass(frozen=True)
class CampaignCosts:
    """Every step's cost by (kind, level before it), and the rate at which rupees are dollars."""

    steps: Mapping[tuple[str, str], StepCost]
    inr_per_usd: float

    def lakh_in_usd(self, lakh: float) -> float:
        """Lakh of rupees in USD."""
        return lakh * 1e5 / self.inr_per_usd


def one_step_up(kind: str, level: str) -> str:
    """The level after a campaign of this kind; empty where there is none above, or nothing to begin with."""
    levels = STEPS[kind]
    level = "analogue" if kind == DRILLING and level == "default" else level
    place = levels.index(level) + 1 if level in levels else len(levels)
    return levels[place] if place < len(levels) else ""


def campaign_costs(inr_per_usd: float, replace: pd.DataFrame | None = None) -> CampaignCosts:
    """The table of campaigns, checked; ``replace`` is read in its place.

    Raises
    ------
    ContractError : a cost that is not above 0, a likely one outside low and high, a step that is none or stands twice, a
        step without a row; names table, row and field. A rate of exchange that is not above 0.
    """
    if not (math.isfinite(inr_per_usd) and inr_per_usd > 0.0):
        raise ContractError(f"a rate of {inr_per_usd!r}", field="inr_per_usd", do="give rupees per US dollar, above 0")
    frame = load_table(TABLE) if replace is None else replace
    found: dict[tuple[str, str], StepCost] = {}
    for i, r in enumerate(frame.to_dict("records"), start=2):
        kind = text(r["kind"])
        if kind == BENCHMARK:
            continue
        if kind not in STEPS:
            raise refuse(f"unknown kind {kind!r}", TABLE, i, "kind", f"write one of {', '.join([*STEPS, BENCHMARK])}")
        before, after = text(r["from_level"]), text(r["to_level"])
        if before not in STEPS[kind] or one_step_up(kind, before) != after:
            raise refuse(
                f"no step leads from {before!r} to {after!r}", TABLE, i, "to_level",
                f"write two neighbours of {', '.join(STEPS[kind])}",
            )  # fmt: skip
        if (kind, before) in found:
            raise refuse(f"the step from {before!r} stands twice", TABLE, i, "from_level", "keep one of the two rows")
        found[kind, before] = _step(r, i)
    for kind, levels in STEPS.items():
        for before in levels[:-1]:
            if (kind, before) not in found:
                raise refuse(f"no row for {kind} from {before!r}", TABLE, None, "from_level", "add the row")
    return CampaignCosts(found, inr_per_usd)


def _step(r: Mapping[Hashable, object], row: int) -> StepCost:
    low, likely, high = (
        checked_number(r[f"cost_{k}_inr_lakh"], TABLE, row, f"cost_{k}_inr_lakh", low=1e-6)
        for k in ("min", "mode", "max")
    )
    if not low <= likely <= high:
        raise refuse("a likely cost outside low and high", TABLE, row, "cost_mode_inr_lakh", "order the three costs")
    return StepCost(
        campaign_id=text(r["campaign_id"]),
        low_lakh=low,
        likely_lakh=likely,
        high_lakh=high,
        reference_t=1e6 * checked_number(r["reference_tonnage_mt"], TABLE, row, "reference_tonnage_mt", low=1e-6),
        tonnage_exponent=checked_number(r["tonnage_exponent"], TABLE, row, "tonnage_exponent", high=1.0),
        source=text(r["source"]),
        source_seen=text(r["source_seen"]),
    )
