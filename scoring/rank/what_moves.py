"""What moves P(pays) of a block most, and what would have to be true for it to pay in half of the draws.

One thing is changed at a time and all else stays drawn, in the same draws:

* held at its own P10 or P90 instead of drawn: what is not known of it, and what knowing it would tell;
* multiplied by the factor at which the project pays in half of the draws, found by halving.

Belongs here: the changes and the search. Does not belong here: the project model, words of a page.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_sources.contracts.frames import table_of
from data_sources.contracts.published.outputs import WHAT_MOVES
from khanij.foundation.wording import chance
from scoring.rank.state import RunState
from scoring.rank.told.contents import main_site
from scoring.rank.what_if import MOST_UNITS
from scoring.waste.projects.project_draws import HIGHEST_RECOVERY
from scoring.waste.projects.project_engine import ProjectUnits, simulate_projects
from scoring.waste.projects.project_kernel import ProjectInputs
from scoring.waste.site_projects import inputs_of, price_deck

DRAWS = 1000
Z10 = 1.2815515655446004
"""P90 of a standard normal."""
WIDEST = 100.0
"""The search goes from a hundredth to a hundred times."""
_STEPS = 20
Floats = NDArray[np.float64]
Change = Callable[[ProjectInputs, Floats], ProjectInputs]


def what_moves(state: RunState) -> pd.DataFrame:
    """Rows (block, factor) of every block that has a project, of each the largest swing first; P10 is the low case of a factor.

    A block stands for its main site as one whole project. ``factor_needed`` is blank where no factor within a hundred
    suffices; a recovery never passes 97 %.
    """
    asked = _asked(state)
    if not asked:
        return table_of([], WHAT_MOVES)
    given = state.given
    settings = given.settings.replace(draws=min(DRAWS, given.settings.draws))
    deck = price_deck(given.book, settings, settings.price_deck)
    inputs, ids, products = inputs_of(
        given.records, given.book, settings, [deck], [given.main_basket], [(0, 0)], complexes=given.complexes
    )
    row_of = {site: j for j, site in enumerate(ids)}
    sites = sorted({site for _, site in asked if site in row_of})
    run = _Runs(
        inputs, np.array([row_of[s] for s in sites], np.int64), settings.draws, given.book.economics.fixed_share
    )
    now, place = run.p_pays(inputs), {s: j for j, s in enumerate(sites)}
    elements = sorted({e for _, e in products})
    price = np.array([deck.get(e, 0.0) for e in elements])
    log_sd = np.array([given.book.economics.log_sd_of(e) for e in elements])
    swings = {name: (run.p_pays(low), run.p_pays(high)) for name, (low, high) in _held(inputs, price, log_sd).items()}
    needed = {name: _needed(run, change, rises=rises) for name, (change, rises) in _CHANGES.items()}
    rows: list[dict[str, Any]] = []
    for block, site in asked:
        if site not in place:
            continue
        j = place[site]
        of_block: list[dict[str, Any]] = [
            {
                "block_id": block,
                "site_id": site,
                "factor": name,
                "p_pays": float(now[j]),
                "p_pays_at_p10": float(low[j]),
                "p_pays_at_p90": float(high[j]),
                "swing": abs(float(high[j] - low[j])),
                "factor_needed": float(needed[name][j]) if name in needed else math.nan,
            }
            for name, (low, high) in swings.items()
        ]
        rows += sorted(of_block, key=lambda r: (-r["swing"], r["factor"]))
    for r in rows:
        r["said"] = _said(r)
    return table_of(rows, WHAT_MOVES)


def _asked(state: RunState) -> list[tuple[str, str]]:
    """(block, main site) of the blocks with economics: the ranked by place, then those whose metals are not the basket's."""
    places = {i: int(r) for s in state.main_scores.values() for i, r in zip(s.members, s.rank)}
    shown = [i for i, status in enumerate(state.decided.status) if status in ("RANKED", "OUT_OF_BASKET")]
    order = sorted(shown, key=lambda i: (places.get(i, math.inf), i))[:MOST_UNITS]
    found = [(state.given.ids[i], main_site(state, i)) for i in order]
    return [(block, site) for block, site in found if site is not None]


class _Runs:
    """P(pays) of some sites under changed inputs, in the same draws."""

    def __init__(self, inputs: ProjectInputs, rows: NDArray[np.int64], draws: int, fixed_share: float) -> None:
        self.inputs, self.rows, self.draws, self.fixed_share = inputs, rows, draws, fixed_share
        n = len(rows)
        self.units = ProjectUnits(
            ptr=np.arange(n + 1, dtype=np.int64),
            site=rows,
            share=np.ones(n),
            draw_ptr=np.zeros(n + 1, np.int64),
            draw_index=np.zeros(0, np.int64),
            draw_share=np.zeros(0),
            is_point=np.zeros(n, np.int64),
        )

    def p_pays(self, inputs: ProjectInputs) -> Floats:
        """(n,) share of the draws in which each site pays."""
        ids = [str(r) for r in self.rows]
        simulated = simulate_projects(inputs, ids, self.units, self.draws, fixed_share=self.fixed_share)
        return np.asarray(simulated.out.p_pays[0])

    def spread(self, factor: Floats) -> Floats:
        """A factor of each asked site as one of every site of the inputs; 1 of the others."""
        out = np.ones(len(self.inputs.tonnage_mu))
        out[self.rows] = factor
        return out


def _needed(run: _Runs, change: Change, *, rises: bool) -> Floats:
    """(n,) the factor at which half of the draws pay, by halving its logarithm; NaN where none within the search does."""
    n, sign = len(run.rows), 1.0 if rises else -1.0
    low, high = np.full(n, -math.log(WIDEST)), np.full(n, math.log(WIDEST))

    def pays(x: Floats) -> NDArray[np.bool_]:
        return np.asarray(run.p_pays(change(run.inputs, run.spread(np.exp(sign * x)))) >= 0.5)

    reached = pays(high)
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        enough = pays(middle)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(reached, np.exp(sign * high), math.nan)


def _per_figure(x: ProjectInputs, f: Floats) -> Floats:
    return np.repeat(f, np.diff(x.grade_ptr))


def _per_product(x: ProjectInputs, f: Floats) -> Floats:
    return np.repeat(_per_figure(x, f), np.diff(x.product_ptr))


def _per_member(x: ProjectInputs, f: Floats) -> Floats:
    return np.repeat(f, np.diff(_complexes(x).ptr))


def _complexes(x: ProjectInputs) -> Any:
    return x.complexes


def _tonnage(x: ProjectInputs, f: Floats) -> ProjectInputs:
    members = _complexes(x)._replace(tonnage_mu=_complexes(x).tonnage_mu + np.log(_per_member(x, f)))
    return x._replace(tonnage_mu=x.tonnage_mu + np.log(f), complexes=members)


def _raised(mu: Floats, f: Floats, most: float) -> Floats:
    """Logit of ``min(most, f p)`` for p whose logit is ``mu``."""
    p = np.minimum(most, f / (1.0 + np.exp(-mu)))
    return np.log(p / (1.0 - p))


def _grade(x: ProjectInputs, f: Floats) -> ProjectInputs:
    g = _complexes(x)
    of_members = np.repeat(_per_member(x, f), np.diff(g.figure_ptr))
    members = g._replace(figure_mu=_raised(g.figure_mu, of_members, 0.999))
    return x._replace(grade_mu=_raised(x.grade_mu, _per_figure(x, f), 0.999), complexes=members)


def _recovery(x: ProjectInputs, f: Floats) -> ProjectInputs:
    return x._replace(product_logit=_raised(x.product_logit, _per_product(x, f), HIGHEST_RECOVERY))


def _price(x: ProjectInputs, f: Floats) -> ProjectInputs:
    # what is paid and what is charged both go with the price; prices themselves are shared by all sites
    g = _per_product(x, f)
    return x._replace(product_payable=x.product_payable * g, product_royalty=x.product_royalty * g)


def _operating(x: ProjectInputs, f: Floats) -> ProjectInputs:
    return x._replace(operating_ln=x.operating_ln + np.log(f))


def _capital(x: ProjectInputs, f: Floats) -> ProjectInputs:
    return x._replace(capital_ln=x.capital_ln + np.log(f))


_CHANGES: dict[str, tuple[Change, bool]] = {
    "price": (_price, True),
    "grade": (_grade, True),
    "recovery": (_recovery, True),
    "tonnage": (_tonnage, True),
    "operating cost": (_operating, False),
    "capital": (_capital, False),
}
"""Factor -> how it is multiplied, and whether more of it helps."""


def _held(x: ProjectInputs, price: Floats, log_sd: Floats) -> dict[str, tuple[ProjectInputs, ProjectInputs]]:
    """Factor -> the inputs with it at its P10 and at its P90; of prices and grades all together, of the route its failure."""
    g = _complexes(x)
    zero = {name: np.zeros_like(getattr(x, name)) for name in ("tonnage_sigma", "grade_sigma", "product_sigma")}

    def at(z: float) -> dict[str, ProjectInputs]:
        held = price * np.exp(log_sd * z - log_sd * log_sd / 2.0)
        prices = np.broadcast_to(held[None, :, None], x.price.shape).copy()
        return {
            "tonnage": x._replace(
                tonnage_mu=x.tonnage_mu + z * x.tonnage_sigma,
                tonnage_sigma=zero["tonnage_sigma"],
                complexes=g._replace(
                    tonnage_mu=g.tonnage_mu + z * g.tonnage_sigma, tonnage_sigma=0.0 * g.tonnage_sigma
                ),
            ),
            "grade": x._replace(
                grade_mu=x.grade_mu + z * x.grade_sigma,
                grade_sigma=zero["grade_sigma"],
                complexes=g._replace(figure_mu=g.figure_mu + z * g.figure_sigma, figure_sigma=0.0 * g.figure_sigma),
            ),
            "recovery": x._replace(
                product_logit=x.product_logit + z * x.product_sigma, product_sigma=zero["product_sigma"]
            ),
            "price": x._replace(price=prices),
            "operating cost": x._replace(
                operating_ln=x.operating_ln + z * x.operating_sigma, operating_sigma=0.0 * x.operating_sigma
            ),
            "capital": x._replace(capital_ln=x.capital_ln + z * x.capital_sigma, capital_sigma=0.0 * x.capital_sigma),
            "route": x._replace(p_works=np.full_like(x.p_works, 0.0 if z < 0 else 1.0)),
        }

    low, high = at(-Z10), at(Z10)
    return {name: (low[name], high[name]) for name in low}


def _said(r: dict[str, Any]) -> str:
    """The row in a sentence."""
    name, needed = r["factor"], r["factor_needed"]
    if name == "route":
        return (
            f"if the route works it pays in {chance(r['p_pays_at_p90'])} of the draws, "
            f"if it fails in {chance(r['p_pays_at_p10'])}"
        )
    held = (
        f"at its P10 it pays in {chance(r['p_pays_at_p10'])} of the draws, at its P90 in {chance(r['p_pays_at_p90'])}"
    )
    if math.isnan(needed):
        return f"{held}; no {name} alone would make half of the draws pay"
    if r["p_pays"] >= 0.5:
        way = "rise to" if name in ("operating cost", "capital") else "fall to"
        return f"{held}; it could {way} {needed:.2g} times before less than half of the draws pay"
    return f"{held}; it would have to be {needed:.2g} times for half of the draws to pay"
