"""What a campaign on a site is worth, in USD: how much better one would decide whether and how large to build.

Belongs here: the expected value of sample information, and which campaigns are left out. Does not belong here: drawing
(``campaigns``), plants (``outcome_plans``), the choice within a budget (``budget``).

References
----------
Raiffa & Schlaifer (1961), Applied statistical decision theory, chapters 4 and 5: preposterior analysis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data_sources.reference.campaign_costs import DRILLING, TEST_WORK, CampaignCosts
from data_sources.reference.economic_facts import EconomicTables
from scoring.waste.projects.project_facts import Project, Run, Terms
from scoring.waste.projects.project_inputs import not_sold, project_inputs, sold_products
from scoring.waste.projects.project_kernel import ProjectInputs
from scoring.waste.projects.project_model import REFERENCE_RATE_T, Floats
from scoring.waste.sampling.campaigns import (
    DRAWS,
    OUTCOMES,
    Factors,
    SampleCase,
    Step,
    sample_draws,
    steps_of,
)
from scoring.waste.sampling.outcome_plans import SitePlants, outcome_values

PAYS_AT_LEAST = 0.10
"""P(pays) that an outcome must give to be one that could change a mind."""
OUTCOMES_AT_LEAST = 0.05
"""Share of the outcomes that must give it; any site below P(pays) 0.5 % is left out by it."""


@dataclass(frozen=True)
class CampaignWorth:
    """One campaign on one site; money in USD.

    Parameters
    ----------
    campaign : ``tonnage_and_grade``, ``test`` or ``both``; step : what it raises, in words.
    worth_usd : V1 - V0, before cost, never negative; net_worth_usd : after it.
    p_pays_now : over all outcomes. p_outcomes_that_pay : share of the outcomes after which P(pays) is 10 % or more.
    left_out_reason : empty where the campaign stands to be chosen.
    """

    site_id: str
    campaign: str
    step: str
    cost_usd: float
    cost_inr_lakh: int
    cost_source: str
    worth_usd: float
    net_worth_usd: float
    p_pays_now: float
    p_outcomes_that_pay: float
    left_out_reason: str


class Decision(NamedTuple):
    """Value of deciding now and after a campaign [USD]."""

    now: float
    informed: float


def decision_of(mean_npv: Floats) -> Decision:
    """``V0 = max(0, max_Q mean of all NPV_Q)``, ``V1 = mean over outcomes of max(0, max_Q mean NPV_Q | outcome)``.

    Parameters
    ----------
    mean_npv : (O, Q) mean NPV of each plant size after each outcome; outcomes are equally likely.
    """
    now = max(0.0, float(mean_npv.mean(axis=0).max()))
    informed = float(np.maximum(0.0, mean_npv.max(axis=1)).mean())
    return Decision(now, max(now, informed))  # the mean of a maximum is above the maximum of means but for rounding


def worth_of_sampling(
    cases: Sequence[SampleCase],
    tables: EconomicTables,
    terms: Terms,
    run: Run,
    campaigns: CampaignCosts,
    profiles: Mapping[str, NDArray[np.float64]] | None = None,
) -> list[CampaignWorth]:
    """What each campaign that there is for each site is worth in the run's first deck, by site and campaign.

    Over 512 outcomes with the same 512 draws each, both Latin hypercubes named by what they draw: neither other sites
    nor their order change a number. From seed to seed a worth moves by 5 to 15 % (one sd; small ones by up to 30 %). A
    site with no step left has no row; one that sells nothing has rows worth 0.

    Parameters
    ----------
    profiles : as of ``project_inputs``.

    Raises
    ------
    ScoringError : what ``project_inputs`` refuses.
    """
    first = replace(run, decks=run.decks[:1], baskets=(), views=())
    x, ids, _ = project_inputs([c.project for c in cases], tables, terms, first, profiles)
    out: list[CampaignWorth] = []
    for case in sorted(cases, key=lambda c: c.project.site_id):
        project, steps = case.project, steps_of(case)
        if project.site_id not in ids:
            why = f"nothing is sold: {_unsold(project, tables, first.decks[0])}"
            out += [
                _row(case, name, step, campaigns, Decision(0.0, 0.0), 0.0, 0.0, why) for name, step in steps.items()
            ]
            continue
        row, sold = ids.index(project.site_id), sold_products(project, tables, first.decks[0])
        plants = _plants(x, row)
        factors = Factors(run.seed, project.site_id, OUTCOMES, DRAWS)
        found = {}
        for name, step in steps.items():
            drawn = sample_draws(case, step, x, row, sold, first.decks[0], tables, factors)
            mean, pays = np.empty((OUTCOMES, len(x.rates))), np.empty(OUTCOMES)
            outcome_values(drawn, plants, mean, pays)
            found[name] = (decision_of(mean), pays)
        p_now = float(np.mean([pays.mean() for _, pays in found.values()])) if found else 0.0
        for name, (decision, pays) in found.items():
            share = float((pays >= PAYS_AT_LEAST).mean())
            out.append(_row(case, name, steps[name], campaigns, decision, p_now, share))
    return out


def _unsold(project: Project, tables: EconomicTables, deck: Mapping[str, float]) -> str:
    products = [p for g in project.grades for p in g.products]
    reasons = dict.fromkeys(not_sold(p.element, p, project.plant.family, tables, deck) for p in products)
    return "; ".join(r for r in reasons if r) or "no figure of any metal"


def _cost(case: SampleCase, step: Step, campaigns: CampaignCosts) -> tuple[int, str]:
    """Lakh of rupees of a campaign, and the rows behind it.

    One programme of holes and assays serves tonnage and grades: where their classes differ, the dearer step is paid.
    """
    tonnes = float(np.exp(case.project.tonnage_t.mu))
    before = {"default": "analogue"}
    drilled = [
        campaigns.steps[DRILLING, before.get(level, level)]
        for level, after in ((case.class_tonnage, step.tonnage), (case.class_grade, step.grade))
        if after
    ]
    used = [max(drilled, key=lambda s: s.lakh(tonnes))] if drilled else []
    if step.test:
        used.append(campaigns.steps[TEST_WORK, case.project.test_level])
    told = "; ".join(f"{s.campaign_id}: {s.source}" + (f" ({s.source_seen})" if s.source_seen else "") for s in used)
    return sum(s.lakh(tonnes) for s in used), told


def _words(case: SampleCase, step: Step) -> str:
    raised = [
        ("tonnage", case.class_tonnage, step.tonnage),
        ("grades", case.class_grade, step.grade),
        ("test work", case.project.test_level, step.test),
    ]
    return ", ".join(f"{what} {before} to {after}" for what, before, after in raised if after)


def _row(
    case: SampleCase,
    name: str,
    step: Step,
    campaigns: CampaignCosts,
    decision: Decision,
    p_now: float,
    share: float,
    why: str = "",
) -> CampaignWorth:
    lakh, source = _cost(case, step, campaigns)
    worth = decision.informed - decision.now
    net = worth - campaigns.lakh_in_usd(lakh)
    if not why:
        reasons = [
            "worth no more than it costs" if net <= 0.0 else "",
            f"P(pays) stays below {PAYS_AT_LEAST:.0%} in {1.0 - OUTCOMES_AT_LEAST:.0%} of what could be found"
            if 1.0 - share >= 1.0 - OUTCOMES_AT_LEAST
            else "",
        ]
        why = "; ".join(r for r in reasons if r)
    return CampaignWorth(
        site_id=case.project.site_id,
        campaign=name,
        step=_words(case, step),
        cost_usd=campaigns.lakh_in_usd(lakh),
        cost_inr_lakh=lakh,
        cost_source=source,
        worth_usd=worth,
        net_worth_usd=net,
        p_pays_now=p_now,
        p_outcomes_that_pay=share,
        left_out_reason=why,
    )


def _plants(x: ProjectInputs, row: int) -> SitePlants:
    """What the kernel reads of the site in ``row`` that is no draw."""
    figures = slice(x.grade_ptr[row], x.grade_ptr[row + 1])
    products = slice(x.product_ptr[figures.start], x.product_ptr[figures.stop])
    counts = np.diff(x.product_ptr[figures.start : figures.stop + 1])
    size = x.rates / REFERENCE_RATE_T
    return SitePlants(
        figure=np.repeat(np.arange(len(counts)), counts),
        pure=x.grade_pure[figures],
        lean=1000.0 * x.product_lean[products],
        recovered=x.product_recovered[products],
        payable=x.product_payable[products],
        royalty=x.product_royalty[products],
        contained=x.product_contained[products],
        freight=x.product_freight[products],
        cap_kg=x.product_cap_kg[products],
        rates=x.rates,
        scale_operating=size ** x.operating_exponent[row],
        scale_capital=size ** x.capital_exponent[row],
        life_table=x.life_tables[x.maturity[row]],
        feed_freight=float(x.feed_freight[row]),
        v=x.v,
        min_life=x.min_life,
        sustaining=x.sustaining,
        closure=x.closure,
        failure_share=x.failure_share,
    )
