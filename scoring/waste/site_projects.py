"""Sites of the register as projects: which figures, products, plant and tests each has, and which belong together.

Belongs here: from a site's record to a ``Project``, and what all projects of a run share. Does not belong here: the
choice of a figure (``inventory``), the model (``projects``).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from khanij.foundation.cells import flag_of, is_known
from scoring.waste.inventory import Assay, SiteRecord
from scoring.waste.profiles import profile_draws, profile_name
from scoring.waste.projects.complexes import alike_pairs, complexes_of
from scoring.waste.projects.project_inputs import Grade, Product, Project, Run, Terms, finance_of, project_inputs
from scoring.waste.projects.project_kernel import ProjectInputs
from scoring.waste.routes import RouteBook
from scoring.waste.settings import PRICE_DECKS, WasteSettings

ALIKE = "alike_site_within_1_km"
"""Flag of a site, and of the blocks that hold it: another site may be the same waste, or of the same plant."""


def attach_projects(records: dict[str, SiteRecord], book: RouteBook, settings: WasteSettings) -> None:
    """Give every site that has a tonnage, sold metal and a plant its ``project``."""
    for record in records.values():
        plant = book.plant_of(record.row.route_code, record.row.waste_type_code)
        if record.is_excluded or record.tonnage_width is None or not record.sold or plant is None:
            continue
        row = record.row
        haul = settings.haulage_usd_per_t_km * row.plant_distance_km if is_known(row.plant_distance_km) else 0.0
        record.project = Project(
            record.site_id,
            record.tonnage_width,
            tuple(_grade(a, record, book) for a in record.assays if any(e in record.sold for e, _ in a.parts)),
            plant,
            test_level=row.test_level or "none",
            mineral_state=row.mineral_state or "unknown",
            mill_stands=row.is_mill_standing,
            feed_freight_usd_per_t=haul,
        )


def link_complexes(records: dict[str, SiteRecord], barred: Collection[str]) -> list[tuple[str, ...]]:
    """Sites that share a complex as one project, the largest first; each of the others says whom it is worked with.

    Only sites that are projects and may rank are worked together, so that nothing barred or doubtful comes in by the way.
    """
    may = {s: r for s, r in records.items() if r.project is not None and r.may_rank and s not in barred}
    links = {s: r.row.shares_complex_with for s, r in records.items() if r.row.shares_complex_with}
    tonnes = {s: math.exp(r.tonnage_width.mu) if r.tonnage_width is not None else math.nan for s, r in records.items()}
    out = []
    for sites in complexes_of(links, tonnes):
        worked = tuple(s for s in sites if s in may)
        if len(worked) < 2:
            continue
        out.append(worked)
        for site in worked[1:]:
            records[site].worked_with = worked[0]
            records[site].reasons.append(f"worked with {worked[0]}: one complex, one project")
    return out


def flag_alike(records: dict[str, SiteRecord]) -> None:
    """Flag the sites that may be one waste or one plant (``alike_pairs``) with each other's id; nothing is merged."""
    live = [r for r in records.values() if not r.is_excluded]
    lon, lat = (np.array([getattr(r.row, k) for r in live], dtype=float) for k in ("lon", "lat"))
    links = {r.site_id: r.row.shares_complex_with for r in live if r.row.shares_complex_with}
    for a, b in alike_pairs([r.site_id for r in live], [r.row.name for r in live], lon, lat, links):
        records[a].flags.append(flag_of(ALIKE, b))
        records[b].flags.append(flag_of(ALIKE, a))


def _grade(assay: Assay, record: SiteRecord, book: RouteBook) -> Grade:
    products = tuple(
        _product(element, assay, record, book, split=share is not None)
        for element, share in assay.parts
        if element in record.sold
    )
    return Grade(assay.label, assay.width, assay.pure_ppm, products, assay.borrowed_key)


def _product(element: str, assay: Assay, record: SiteRecord, book: RouteBook, *, split: bool) -> Product:
    row = record.row
    recovery, payable = book.metallurgy(record.site_id, row.route_code, row.waste_type_code, element)
    freight = row.product_freight_usd_per_t
    if not is_known(freight):
        freight = book.products_of(row.route_code, row.waste_type_code)[element].freight_usd_per_t_product
    return Product(
        element,
        share=profile_name(assay, element) if split else None,
        recovered=assay.recovered,
        recovery=recovery,
        payable=payable,
        freight_usd_per_kg=freight / 1000.0 if is_known(freight) else None,
    )


def terms_of(book: RouteBook, settings: WasteSettings, cap_factor: float = 1.0) -> Terms:
    """What market and State impose: the cap ``phi W`` of each metal, the schedule's royalty, the strategic premium."""
    phi = {e: settings.cap_shares.get(e, settings.cap_share) for e in book.economics.production_kg}
    cap = {e: phi[e] * settings.cap_factor * cap_factor * kg for e, kg in book.economics.production_kg.items()}
    return Terms(
        cap_kg=cap,
        cost_factor=settings.cost_factor,
        capital_factor=settings.capital_factor,
        recovery_factor=settings.recovery_factor,
        royalty_base=settings.royalty_base,
        importance=book.importance(),
        strategic=settings.strategic_premium,
    )


def price_deck(book: RouteBook, settings: WasteSettings, deck: str, price_factor: float = 1.0) -> dict[str, float]:
    """Prices of a deck [USD/kg] with the run's factors on all and on single elements."""
    return {
        e: p * settings.price_factor * price_factor * settings.price_factors.get(e, 1.0)
        for e, p in book.economics.price_usd_per_kg[deck].items()
    }


def other_deck(settings: WasteSettings) -> str:
    """The deck that does not rank."""
    return next(d for d in PRICE_DECKS if d != settings.price_deck)


def run_of(book: RouteBook, settings: WasteSettings, decks: Sequence[dict[str, float]]) -> Run:
    """How the projects of a run are computed under some price decks, without baskets."""
    finance = finance_of(book.economics, settings.discount_rate)
    return Run(seed=settings.seed, draws=settings.draws, finance=finance, decks=decks)


def inputs_of(
    records: dict[str, SiteRecord],
    book: RouteBook,
    settings: WasteSettings,
    decks: Sequence[dict[str, float]],
    baskets: Sequence[frozenset[str]],
    views: Sequence[tuple[int, int]],
    terms: Terms | None = None,
    complexes: Sequence[tuple[str, ...]] = (),
) -> tuple[ProjectInputs, list[str], list[tuple[str, str]]]:
    """The project kernel's inputs, the ids of its sites in order, and (site, element) of each product in order.

    ``decks[0]`` is the ranking's own; ``views`` are pairs (deck, basket). What is drawn does not hang on which sites are
    told: every stream has a name of its own.
    """
    projects = [r.project for r in records.values() if r.project is not None]
    run = replace(run_of(book, settings, decks), baskets=baskets, views=views)
    shares: dict[str, NDArray[np.float64]] = profile_draws([a for r in records.values() for a in r.assays], settings)
    return project_inputs(projects, book.economics, terms or terms_of(book, settings), run, shares, complexes)
