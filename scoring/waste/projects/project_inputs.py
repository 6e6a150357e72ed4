"""Projects described in words and figures -> the flat arrays of the kernel.

Belongs here: which recovery, price, royalty and cost law a project gets from the tables, and the names of its streams.
Does not belong here: the choice of a figure (``inventory``), formulas, draws of a site (``project_kernel``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data_sources.reference.economic_facts import EconomicTables, Family
from khanij.foundation.errors import ScoringError
from scoring.waste.draws.stream_names import Stream
from scoring.waste.draws.streams import normals, stream_key
from scoring.waste.projects.complexes import by_carrier
from scoring.waste.projects.project_draws import Width, price_draws, price_normals, recovered_scale, recovery_logit
from scoring.waste.projects.project_facts import Grade, Product, Project, Run, Terms, finance_of
from scoring.waste.projects.project_kernel import ProjectInputs
from scoring.waste.projects.project_model import life_table
from scoring.waste.projects.project_rows import ComplexRows, Rows, figure_row, profile_rows

__all__ = [
    "Grade", "Product", "Project", "Run", "Terms", "finance_of", "not_sold", "project_inputs", "sold_products",
]  # fmt: skip
_MEMBERS_FIGURES = Grade("figures of the members", Width(math.nan, math.nan), math.nan, ())
"""Stands in the row of a carrier, which is never drawn as a site on its own."""


def not_sold(element: str, product: Product, family: str, tables: EconomicTables, deck: Mapping[str, float]) -> str:
    """Why an element earns nothing in this family, in words; empty: it is sold."""
    if (product.recovery is None or product.payable is None) and (family, element) not in tables.recoveries:
        return f"no recovery of {element} by {family}"
    recovery, payable = _metallurgy(product, family, tables)
    if not recovery > 0.0 or not payable > 0.0:
        return f"nothing of {element} is recovered or paid by {family}"
    return "" if deck.get(element, 0.0) > 0.0 else f"no price of {element}"


def _metallurgy(product: Product, family: str, tables: EconomicTables) -> tuple[float, float]:
    """Median recovery and payable share: the site's own, else those of the family."""
    default = tables.recoveries.get((family, product.element))
    recovery = product.recovery if product.recovery is not None else default.median if default else math.nan
    payable = product.payable if product.payable is not None else default.payable if default else math.nan
    for name, value in (("recovery", recovery), ("payable", payable)):
        if not 0.0 <= value <= 1.0:
            raise ScoringError(
                f"{value!r} is no share", field=f"{name} of {product.element}", do="give a share between 0 and 1"
            )
    return recovery, payable


def _known(project: Project, tables: EconomicTables) -> Family:
    """The project's family, after every word of the project was found in the tables."""
    for value, table, name in (
        (project.plant.family, tables.families, "plant"),
        (project.plant.maturity, tables.maturity, "maturity"),
        (project.test_level, tables.tests, "test_level"),
        (project.mineral_state, tables.states, "mineral_state"),
    ):
        if value not in table:
            raise ScoringError(
                f"unknown {name} {value!r}",
                layer=project.site_id,
                field=name,
                do=f"write one of {', '.join(sorted(table))}",
            )
    if not (math.isfinite(project.feed_freight_usd_per_t) and project.feed_freight_usd_per_t >= 0.0):
        raise ScoringError(
            "a freight of the feed that cannot be", layer=project.site_id, field="feed_freight_usd_per_t",
            do="give USD per t, at least 0",
        )  # fmt: skip
    return tables.families[project.plant.family]


def sold_products(project: Project, tables: EconomicTables, deck: Mapping[str, float]) -> list[tuple[Grade, Product]]:
    """The products of a project that find a recovery, a payable share and a price, in the order of their labels."""
    found = []
    for grade in sorted(project.grades, key=lambda g: g.label):
        for product in grade.products:
            if not not_sold(product.element, product, project.plant.family, tables, deck):
                found.append((grade, product))
    return found


def _site_row(rows: Rows, project: Project, tables: EconomicTables, terms: Terms, seed: int) -> None:
    family = _known(project, tables)
    plant, site = project.plant, project.site_id
    building = tables.mill_capital_factor if project.mill_stands else 1.0
    rows.add(
        tonnage_mu=project.tonnage_t.mu,
        tonnage_sigma=project.tonnage_t.sigma,
        tonnage_key=stream_key(seed, Stream.TONNAGE, site),
        family=sorted(tables.families).index(plant.family),
        maturity=sorted(tables.maturity).index(plant.maturity),
        p_works=tables.maturity[plant.maturity].p_works * tables.tests[project.test_level].p_works,
        works_key=stream_key(seed, Stream.ROUTE_WORKS, site),
        operating_ln=math.log(family.operating.value * terms.cost_factor),
        operating_sigma=family.operating.log_sd,
        operating_exponent=family.operating.exponent,
        operating_key=stream_key(seed, Stream.COST_OF_SITE, site),
        capital_ln=math.log(family.capital.value * 1e6 * building * terms.cost_factor * terms.capital_factor),
        capital_sigma=family.capital.log_sd,
        capital_exponent=family.capital.exponent,
        capital_key=stream_key(seed, Stream.CAPITAL_OF_SITE, site),
        feed_freight=project.feed_freight_usd_per_t,
        recovery_key=stream_key(seed, Stream.RECOVERY_OF_SITE, site),
    )


def _product_row(
    rows: Rows, project: Project, product: Product, tables: EconomicTables, terms: Terms, run: Run
) -> None:
    element, family = product.element, project.plant.family
    recovery, payable = _metallurgy(product, family, tables)
    state = tables.states[project.mineral_state]
    lean = tables.lean.get(element)
    royalty = tables.royalty_of(element) if terms.royalty is None else terms.royalty.get(element, 0.0)
    on_contained = terms.royalty_base == "contained" and element in tables.royalty_on_contained
    rows.add(
        element=element,
        share=product.share,
        logit=recovery_logit(recovery, state, terms.recovery_factor),
        sigma=tables.tests[project.test_level].logit_sd,
        recovered=recovered_scale(recovery, state) if product.recovered else 0.0,
        product_key=stream_key(run.seed, Stream.RECOVERY, project.site_id, element),
        payable=payable,
        royalty=royalty,
        contained=int(on_contained),
        freight=terms.freight_usd_per_kg.get(element, 0.0)
        if product.freight_usd_per_kg is None
        else product.freight_usd_per_kg,
        cap=terms.cap_kg.get(element, math.inf),
        lean=lean.ratio / lean.product_ppm if lean else math.inf,
        importance=terms.strategic * terms.importance.get(element, 0.0),
    )


def _sold_by_complex(members: Sequence[Project], tables: EconomicTables, market: Mapping[str, float]) -> list[Product]:
    """What the carrier's plant sells of what the members' figures hold, one product an element.

    A test of recovery is the plant's: another member's counts where it is of the same family and the carrier has none.
    """
    carrier = members[0]
    found: dict[str, Product] = {}
    for member in members:
        for grade in sorted(member.grades, key=lambda g: g.label):
            for product in grade.products:
                if member.plant.family != carrier.plant.family:
                    product = Product(product.element)
                found.setdefault(product.element, product)
    sold = [p for e, p in sorted(found.items()) if not not_sold(e, p, carrier.plant.family, tables, market)]
    # the members' figures say whether they are recovered; the row of a product holds what a recovered one is divided by
    return [replace(p, share=None, recovered=True) for p in sold]


def _check_decks(decks: Sequence[Mapping[str, float]]) -> None:
    for i, deck in enumerate(decks):
        for element, price in deck.items():
            if not (math.isfinite(price) and price >= 0.0):
                raise ScoringError(
                    f"a price of {price!r} for {element}", layer=f"deck {i}", field="price",
                    do="give USD per kg, at least 0, or leave the element out",
                )  # fmt: skip


def project_inputs(
    projects: Sequence[Project],
    tables: EconomicTables,
    terms: Terms,
    run: Run,
    profiles: Mapping[str, NDArray[np.float64]] | None = None,
    complexes: Sequence[tuple[str, ...]] = (),
) -> tuple[ProjectInputs, list[str], list[tuple[str, str]]]:
    """The kernel's inputs, the ids of the sites in order, and (site, element) of each product in order.

    Sites without any product that is sold are left out: they have no economics, which is not the same as worth nothing.
    Prices, costs and the order of rows are shared or keyed by name, so that neither a row's place nor another row
    changes a draw.

    Parameters
    ----------
    profiles : name -> (K,) share of a total that is the element.
    complexes : site ids of each complex, the largest first, whose row then stands for all of them; the others' rows stay
        those of sites on their own. Ids of sites that are no project are passed over.

    Raises
    ------
    ScoringError : a family, test level or state that the tables do not have; a price or a share that cannot be; a site
        in two complexes.
    """
    _check_decks(run.decks)
    sites, figures, products, together = Rows(), Rows(), Rows(), ComplexRows()
    ids: list[str] = []
    sold: list[tuple[str, str]] = []
    figure_ptr, product_ptr = [0], [0]
    market = {e: p for deck in run.decks for e, p in deck.items() if p > 0.0}
    members_of = by_carrier(complexes, {p.site_id: p for p in projects})
    for project in sorted(projects, key=lambda p: p.site_id):
        _known(project, tables)
        members = members_of.get(project.site_id)
        chosen = (
            [(_MEMBERS_FIGURES, p) for p in _sold_by_complex(members, tables, market)]
            if members
            else sold_products(project, tables, market)
        )
        if not chosen:
            continue
        ids.append(project.site_id)
        _site_row(sites, project, tables, terms, run.seed)
        together.add(members or (), [p.element for _, p in chosen], run.seed)
        for grade in {id(g): g for g, _ in chosen}.values():
            figure_row(figures, project, grade, run.seed)
            for _, product in (pair for pair in chosen if pair[0] is grade):
                _product_row(products, project, product, tables, terms, run)
                sold.append((project.site_id, product.element))
            product_ptr.append(len(sold))
        figure_ptr.append(len(product_ptr) - 1)
    filled = _Filled(sites, figures, products, together, figure_ptr, product_ptr)
    return _arrays(filled, tables, run, profiles or {}), ids, sold


@dataclass(frozen=True)
class _Filled:
    """Rows of every site, figure, product and complex, and where each site's figures and each figure's products begin."""

    sites: Rows
    figures: Rows
    products: Rows
    together: ComplexRows
    figure_ptr: list[int]
    product_ptr: list[int]


def _arrays(
    filled: _Filled, tables: EconomicTables, run: Run, profiles: Mapping[str, NDArray[np.float64]]
) -> ProjectInputs:
    sites, figures, products, together = filled.sites, filled.figures, filled.products, filled.together
    names = products.columns.get("element", [])
    elements = sorted(set(names))
    row_of = {e: i for i, e in enumerate(elements)}
    named = [*products.columns.get("share", []), *together.parts.columns.get("share", [])]
    profile_names = sorted({s for s in named if s is not None})
    z = price_normals(elements, tables.price_groups, run.seed, run.draws)
    log_sd = {e: tables.log_sd_of(e) for e in elements}
    levels = sorted(tables.maturity)
    return ProjectInputs(
        **{n: sites.array(n) for n in (
            "tonnage_mu", "tonnage_sigma", "p_works", "operating_ln", "operating_sigma", "operating_exponent",
            "capital_ln", "capital_sigma", "capital_exponent", "feed_freight",
        )},
        **{n: sites.array(n, np.int64) for n in ("family", "maturity")},
        **{n: sites.keys(n) for n in ("tonnage_key", "works_key", "operating_key", "capital_key", "recovery_key")},
        grade_ptr=np.array(filled.figure_ptr, np.int64),
        grade_mu=figures.array("mu"),
        grade_sigma=figures.array("sigma"),
        grade_pure=figures.array("pure"),
        grade_common_key=figures.keys("common_key"),
        grade_key=figures.keys("key"),
        product_ptr=np.array(filled.product_ptr, np.int64),
        product_element=np.array([row_of[e] for e in names], np.int64),
        product_share=profile_rows(products, profile_names),
        product_logit=products.array("logit"),
        product_sigma=products.array("sigma"),
        product_recovered=products.array("recovered"),
        product_key=products.keys("product_key"),
        product_payable=products.array("payable"),
        product_royalty=products.array("royalty"),
        product_contained=products.array("contained", np.int64),
        product_freight=products.array("freight"),
        product_cap_kg=products.array("cap"),
        product_lean=products.array("lean"),
        product_importance=products.array("importance"),
        price=np.stack([price_draws(deck, elements, log_sd, z) for deck in run.decks]),
        family_normals=np.stack([normals(run.seed, run.draws, Stream.COST_OF_FAMILY, f) for f in sorted(tables.families)]),
        profile_draws=np.stack([profiles[n] for n in profile_names]) if profile_names else np.zeros((0, run.draws)),
        rates=np.asarray(run.rates_t, float),
        life_tables=np.stack([life_table(tables.maturity[m].ramp, run.finance) for m in levels]),
        v=run.finance.v,
        min_life=run.finance.min_life_years,
        sustaining=run.finance.sustaining_share,
        closure=run.finance.closure_share,
        failure_share=tables.failure_share,
        in_basket=np.array([[int(e in b) for e in elements] for b in run.baskets], np.int64).reshape(
            len(run.baskets), len(elements)
        ),
        view_deck=np.array([v[0] for v in run.views], np.int64),
        view_basket=np.array([v[1] for v in run.views], np.int64),
        complexes=together.arrays(profile_names),
    )  # fmt: skip
