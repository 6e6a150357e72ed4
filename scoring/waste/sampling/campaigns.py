"""Campaigns on one site: which step each takes, what it tells, and the draws of what it tells and of what it does not.

Belongs here: knowledge classes and test levels before and after, the two Latin hypercubes. Does not belong here: plants
and their worth (``outcome_plans``, ``decision_value``), costs (``data_sources.reference.campaign_costs``).

Notes
-----
A factor ``z`` of a site is told in part: ``z = rho z1 + sqrt(1 - rho^2) z2``, ``rho^2 = 1 - (s' / s)^2``, s' the log sd
of the next class, at most s. z1 is the outcome, z2 a draw; what all grades (recoveries) share is told as their own parts
are. A test also passes, with probability ``p_test(now) / p_test(next)``: what is then left is that of the next level.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data_sources.reference.campaign_costs import DRILLING, STEPS, TEST_WORK, one_step_up
from data_sources.reference.economic_facts import EconomicTables
from khanij.foundation.errors import ScoringError
from scoring.waste.draws.stream_names import Stream
from scoring.waste.draws.streams import uniforms
from scoring.waste.projects.project_draws import (
    CAPITAL_WITH_COST,
    COST_SHARED,
    GRADE_GSD,
    GRADE_SHARED,
    RECOVERY_SHARED,
    TONNAGE_GSD,
    grouped_normals,
    price_draws,
)
from scoring.waste.projects.project_facts import Grade, Product, Project
from scoring.waste.projects.project_kernel import ProjectInputs
from scoring.waste.projects.project_model import Floats

BOTH = "both"
CAMPAIGNS = (DRILLING, TEST_WORK, BOTH)
OUTCOMES = DRAWS = 512


@dataclass(frozen=True)
class SampleCase:
    """A site that may be sampled, with the knowledge classes of its tonnage and of its main product's grade."""

    project: Project
    class_tonnage: str
    class_grade: str

    def __post_init__(self) -> None:
        known = ("default", *STEPS[DRILLING], "none")
        for name, value in (("class_tonnage", self.class_tonnage), ("class_grade", self.class_grade)):
            if value not in known:
                raise ScoringError(
                    f"unknown class {value!r}", layer=self.project.site_id, field=name,
                    do=f"write one of {', '.join(known)}",
                )  # fmt: skip


@dataclass(frozen=True)
class Step:
    """What one campaign raises: the classes after it, empty where it leaves them."""

    tonnage: str = ""
    grade: str = ""
    test: str = ""


def steps_of(case: SampleCase) -> dict[str, Step]:
    """The campaigns that there are for a site: drilling, test work, and both where both are left to do."""
    drilled = Step(one_step_up(DRILLING, case.class_tonnage), one_step_up(DRILLING, case.class_grade))
    tested = Step(test=one_step_up(TEST_WORK, case.project.test_level))
    out = {DRILLING: drilled} if drilled != Step() else {}
    if tested != Step():
        out[TEST_WORK] = tested
    if len(out) == 2:
        out[BOTH] = Step(drilled.tonnage, drilled.grade, tested.test)
    return out


def told_share(sigma: float, sigma_after: float) -> float:
    """rho, ``sqrt(1 - (s' / s)^2)``, ``s' = min(s, sigma_after)``: the part of a factor that a campaign tells."""
    return math.sqrt(1.0 - (min(sigma, sigma_after) / sigma) ** 2) if sigma > 0.0 else 0.0


def latin_uniforms(seed: int, n: int, stream: Stream, *ids: object) -> Floats:
    """(n,) one column of a Latin hypercube, the middle of each n-th of (0, 1) once; other names give another order."""
    place = np.empty(n)
    place[np.argsort(uniforms(seed, n, stream, *ids), kind="stable")] = np.arange(n)
    return (place + 0.5) / n


def latin_normals(seed: int, n: int, stream: Stream, *ids: object) -> Floats:
    """(n,) the same as normals, of mean 0 and variance 1 (the middles alone would fall short by 0.3 % at 512)."""
    from scipy.special import ndtri

    z = np.asarray(ndtri(latin_uniforms(seed, n, stream, *ids)))
    return np.asarray(z / np.sqrt((z * z).mean()))


@dataclass(frozen=True)
class Factors:
    """The columns of one site's two hypercubes under one seed; a column is the same for every campaign."""

    seed: int
    site_id: str
    outcomes: int = OUTCOMES
    draws: int = DRAWS

    def told(self, *ids: object) -> Floats:
        """(O,) normals of what a campaign finds."""
        return latin_normals(self.seed, self.outcomes, Stream.SAMPLING_OUTCOME, *ids, self.site_id)

    def rest(self, *ids: object) -> Floats:
        """(D,) normals of what of the site stays unknown."""
        return latin_normals(self.seed, self.draws, Stream.SAMPLING_DRAW, *ids, self.site_id)

    def market(self, *ids: object) -> Floats:
        """(D,) normals of what all sites share: prices, and the costs of a family."""
        return latin_normals(self.seed, self.draws, Stream.SAMPLING_DRAW, *ids)

    def together(self, share: float, stream: Stream, names: Sequence[str], rho: Floats) -> tuple[Floats, Floats]:
        """(n, O) and (n, D), ``rho z1`` and ``sqrt(1 - rho^2) z2`` of normals of which each two correlate by ``share``.

        By the Cholesky factor, so that the first, the main product's, is a column of its own and as even as one.
        """
        factor = np.linalg.cholesky(share + (1.0 - share) * np.eye(len(names)))
        told = factor @ np.stack([self.told(stream, n) for n in names])
        rest = factor @ np.stack([self.rest(stream, n) for n in names])
        return rho[:, None] * told, np.sqrt(1.0 - rho * rho)[:, None] * rest


class SampleDraws(NamedTuple):
    """A site as a campaign would show it: F figures, P products; what is told (O) times the rest (D) is the quantity."""

    tonnes_told: NDArray[Any]  # (O,) t
    tonnes_rest: NDArray[Any]  # (D,)
    odds_told: NDArray[Any]  # (F, O) (pure - c) / c
    odds_rest: NDArray[Any]  # (F, D)
    unrecovered_told: NDArray[Any]  # (P, O) (1 - R) / R before any failure
    unrecovered_rest: NDArray[Any]  # (P, D)
    passes: NDArray[Any]  # (O,) the test was passed, or none was made
    works: NDArray[Any]  # (D,) the route works where the test was passed
    operating: NDArray[Any]  # (D,) USD/t at 5 Mt/a
    capital: NDArray[Any]  # (D,) USD at 5 Mt/a
    price: NDArray[Any]  # (P, D) USD/kg
    share: NDArray[Any]  # (P, D) part of its figure that the product is


def _p_works(project: Project, step: Step, tables: EconomicTables) -> tuple[float, float]:
    """Probabilities that the test is passed (1: none is made) and, if so, that the route works."""
    p_route, now = tables.maturity[project.plant.maturity].p_works, tables.tests[project.test_level].p_works
    if not step.test:
        return 1.0, p_route * now
    after = tables.tests[step.test].p_works
    return (min(1.0, now / after), p_route * after) if after > 0.0 else (0.0, 0.0)


def sample_draws(
    case: SampleCase,
    step: Step,
    x: ProjectInputs,
    row: int,
    sold: list[tuple[Grade, Product]],
    deck: Mapping[str, float],
    tables: EconomicTables,
    factors: Factors,
) -> SampleDraws:
    """The two hypercubes of one campaign on the site in ``row`` of the kernel's inputs, of which ``sold`` is sold."""
    project = case.project
    elements, labels = [p.element for _, p in sold], list(dict.fromkeys(g.label for g, _ in sold))
    figures = slice(x.grade_ptr[row], x.grade_ptr[row + 1])
    products = slice(x.product_ptr[figures.start], x.product_ptr[figures.stop])
    s_t, s_test = x.tonnage_sigma[row], tables.tests[project.test_level].logit_sd
    rho = told_share(s_t, math.log(TONNAGE_GSD[step.tonnage])) if step.tonnage else 0.0
    s_g, after = x.grade_sigma[figures], math.log(GRADE_GSD[step.grade]) if step.grade else math.inf
    rho_test = told_share(s_test, tables.tests[step.test].logit_sd) if step.test else 0.0
    first = _by_worth(x, products, deck, elements)
    grades = _in_order(
        factors, GRADE_SHARED, Stream.GRADE, labels, np.array([told_share(s, after) for s in s_g]),
        list(dict.fromkeys(labels.index(sold[p][0].label) for p in first)),
    )  # fmt: skip
    recoveries = _in_order(factors, RECOVERY_SHARED, Stream.RECOVERY, elements, np.full(len(elements), rho_test), first)
    z_k = math.sqrt(COST_SHARED) * factors.market(Stream.COST_OF_FAMILY, project.plant.family) + math.sqrt(
        1.0 - COST_SHARED
    ) * factors.rest(Stream.COST_OF_SITE)
    z_c = CAPITAL_WITH_COST * z_k + math.sqrt(1.0 - CAPITAL_WITH_COST**2) * factors.rest(Stream.CAPITAL_OF_SITE)
    z_price = grouped_normals(elements, tables.price_groups, factors.draws, factors.market)
    p_pass, p_works = _p_works(project, step, tables)
    passed = latin_uniforms(
        factors.seed, factors.outcomes, Stream.SAMPLING_OUTCOME, Stream.ROUTE_WORKS, project.site_id
    )
    works = latin_uniforms(factors.seed, factors.draws, Stream.SAMPLING_DRAW, Stream.ROUTE_WORKS, project.site_id)
    return SampleDraws(
        tonnes_told=np.exp(x.tonnage_mu[row] + s_t * rho * factors.told(Stream.TONNAGE)),
        tonnes_rest=np.exp(s_t * math.sqrt(1.0 - rho * rho) * factors.rest(Stream.TONNAGE)),
        odds_told=np.exp(-(x.grade_mu[figures, None] + s_g[:, None] * grades[0])),
        odds_rest=np.exp(-s_g[:, None] * grades[1]),
        unrecovered_told=np.exp(-(x.product_logit[products, None] + s_test * recoveries[0])),
        unrecovered_rest=np.exp(-s_test * recoveries[1]),
        passes=passed < p_pass,
        works=works < p_works,
        operating=np.exp(x.operating_ln[row] + x.operating_sigma[row] * z_k),
        capital=np.exp(x.capital_ln[row] + x.capital_sigma[row] * z_c),
        price=price_draws(deck, elements, {e: tables.log_sd_of(e) for e in elements}, z_price),
        share=_shares(x, products, factors),
    )


def _by_worth(x: ProjectInputs, products: slice, deck: Mapping[str, float], elements: Sequence[str]) -> list[int]:
    """Places of the products by what the median figure of each would bring, the main one first."""
    from scipy.special import expit

    figure = np.repeat(np.arange(len(x.product_ptr) - 1), np.diff(x.product_ptr))[products]
    median = x.grade_pure[figure] * expit(x.grade_mu[figure]) * expit(x.product_logit[products])
    worth = median * x.product_payable[products] * np.array([deck[e] for e in elements])
    return [int(i) for i in np.argsort(-worth, kind="stable")]


def _in_order(
    factors: Factors, share: float, stream: Stream, names: Sequence[str], rho: Floats, order: list[int]
) -> tuple[Floats, Floats]:
    """``Factors.together`` with the names taken in an order, given back in their own."""
    parts = factors.together(share, stream, [names[i] for i in order], rho[order])
    back = np.argsort(order)
    return parts[0][back], parts[1][back]


def _shares(x: ProjectInputs, products: slice, factors: Factors) -> Floats:
    """(P, D) part of its figure that each product is; the elements of one profile keep together, row by row."""
    out = np.ones((products.stop - products.start, factors.draws))
    u = latin_uniforms(factors.seed, factors.draws, Stream.SAMPLING_DRAW, Stream.PROFILE, factors.site_id)
    for i, profile in enumerate(x.product_share[products]):
        if profile >= 0:
            row = x.profile_draws[profile]
            out[i] = row[(u * len(row)).astype(np.int64)]
    return out
