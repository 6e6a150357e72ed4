"""What to sample next: campaigns by what knowing more is worth, less what it costs, and the best set within a budget.

Belongs here: which sites are asked about, and the rows. Does not belong here: the worth of a campaign and the choice
within a budget (``scoring.waste.sampling``).
"""

from __future__ import annotations

import math

import pandas as pd

from data_sources.contracts.frames import table_of
from data_sources.contracts.published.outputs import SAMPLE_NEXT
from data_sources.reference.campaign_costs import campaign_costs
from khanij.foundation.wording import chance, usd
from scoring.rank.state import RunState
from scoring.rank.told.classes import classes_of
from scoring.rank.told.site_tables import rounded
from scoring.waste.inventory import SiteRecord
from scoring.waste.profiles import profile_draws
from scoring.waste.sampling.budget import best_set
from scoring.waste.sampling.campaigns import SampleCase
from scoring.waste.sampling.decision_value import CampaignWorth, worth_of_sampling
from scoring.waste.shares.waste_blocks import PREFIX
from scoring.waste.site_projects import price_deck, run_of, terms_of

WORTH, NOT_WORTH, WOULD_ENTER = "worth its cost", "not worth its cost", "would become quantified"


def sample_next(state: RunState) -> pd.DataFrame:
    """Campaigns by net worth; then those that are not worth their cost; then sites that lack a figure, without a worth.

    Sites that a law bars or a third party leases are left out, those under their operator's own lease are not. Of a
    complex the largest site stands for all.
    """
    given, settings = state.given, state.given.settings
    asked = {s: r for s, r in given.records.items() if r.has_value and r.may_rank and not given.site_gates[s].status}
    cases = []
    for record in asked.values():
        classes = classes_of(state, record)
        if record.project is not None:
            cases.append(SampleCase(record.project, classes.tonnage, classes.grade))
    found = worth_of_sampling(
        cases,
        given.book.economics,
        terms_of(given.book, settings),
        run_of(given.book, settings, [price_deck(given.book, settings, settings.price_deck)]),
        campaign_costs(settings.inr_per_usd),
        profile_draws([a for r in asked.values() for a in r.assays], settings),
    )
    chosen = set(map(id, best_set(found, settings.budget_inr_crore, settings.inr_per_usd)))
    order = sorted(found, key=lambda c: (bool(c.left_out_reason), -c.net_worth_usd, c.site_id, c.campaign))
    rows = [_row(state, c, is_in_budget=id(c) in chosen) for c in order] + _would_enter(state)
    for n, row in enumerate(rows, 1):
        row["priority"] = n
    frame = rounded(table_of(rows, SAMPLE_NEXT))
    return frame.astype({"priority": "Int64", "cost_inr_lakh": "Int64"})


def _row(state: RunState, c: CampaignWorth, *, is_in_budget: bool) -> dict[str, object]:
    record = state.given.records[c.site_id]
    advice = (
        f"{c.step}: worth {usd(c.worth_usd)} and costs {usd(c.cost_usd)}; in draws of this advice's own, which are not the ranking's, it pays "
        f"in {chance(c.p_pays_now)} now, and after {chance(c.p_outcomes_that_pay)} of the outcomes it pays in 10 % or more"
    )
    if c.left_out_reason:
        advice += f"; left out: {c.left_out_reason}"
    return {
        **_site(record),
        "effect": NOT_WORTH if c.left_out_reason else WORTH,
        "campaign": c.campaign,
        "step": c.step,
        "cost_usd": c.cost_usd,
        "cost_inr_lakh": c.cost_inr_lakh,
        "worth_usd": c.worth_usd,
        "net_worth_usd": c.net_worth_usd,
        "is_in_budget": is_in_budget,
        "p_pays": c.p_pays_now,
        "p_outcomes_that_pay": c.p_outcomes_that_pay,
        "advice": advice,
        "sources": c.cost_source,
    }


def _site(record: SiteRecord) -> dict[str, object]:
    return {
        **dict.fromkeys(SAMPLE_NEXT.names()),
        "site_id": record.site_id,
        "name": record.row.name,
        "block_id": f"{PREFIX}{record.site_id}",
        "kind": "waste_block",
    }


def _would_enter(state: RunState) -> list[dict[str, object]]:
    """Sites that cannot be ranked for want of a figure, largest known tonnage first, then by id."""
    out = []
    for site, record in state.given.records.items():
        is_quantified = record.has_value and record.may_rank
        if is_quantified or record.is_excluded or state.given.site_gates[site].status or not record.reasons:
            continue
        if record.worked_with:
            continue  # its complex has been asked about
        unit = state.scored.plan.whole.get(site)
        tonnes = float(state.scored.metal.tonnage[unit, 1]) if unit is not None else math.nan
        likely = f"; likely companions {', '.join(record.likely[:6])}" if record.likely else ""
        row = {**_site(record), "effect": WOULD_ENTER, "advice": "; ".join(record.reasons) + likely}
        out.append((-tonnes if not math.isnan(tonnes) else math.inf, site, row))
    return [row for _, _, row in sorted(out, key=lambda x: (x[0], x[1]))]
