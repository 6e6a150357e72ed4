"""Site records -> the flat arrays from which their metal is drawn.

Belongs here: flattening. Does not belong here: the choice of a figure (``inventory``), the kernel (``metal``), money
(``site_projects``).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from scoring.waste.draws.stream_names import Stream
from scoring.waste.draws.streams import stream_keys
from scoring.waste.inventory import Assay, SiteRecord
from scoring.waste.metal import MetalInputs
from scoring.waste.profiles import profile_draws, profile_name
from scoring.waste.projects.project_draws import recovered_scale, recovery_logit
from scoring.waste.routes import RouteBook
from scoring.waste.settings import WasteSettings


def metal_inputs(
    records: dict[str, SiteRecord], book: RouteBook, settings: WasteSettings
) -> tuple[MetalInputs, list[str], dict[str, int]]:
    """The inputs, the elements in order, and the row of each site that has a tonnage."""
    sites = [r for r in records.values() if r.tonnage_width is not None and not r.is_excluded]
    widths = [r.tonnage_width for r in sites if r.tonnage_width is not None]
    figures = [(r, a) for r in sites for a in sorted(r.assays, key=lambda a: a.label)]
    parts = [(r, a, e, share is not None) for r, a in figures for e, share in a.parts]
    elements = sorted({e for _, _, e, _ in parts})
    shares = profile_draws([a for _, a in figures], settings)
    names = sorted(shares)
    tables, ids = book.economics, [r.site_id for r in sites]
    middles = [_recovery(r, a, e, book, settings.recovery_factor) for r, a, e, _ in parts]
    level = [tables.tests[r.row.test_level or "none"] for r in sites]
    plants = [book.plant_of(r.row.route_code, r.row.waste_type_code) for r in sites]
    lean = [tables.lean.get(e) for _, _, e, _ in parts]
    seed = settings.seed
    inputs = MetalInputs(
        tonnage_mu=np.array([w.mu for w in widths], float),
        tonnage_sigma=np.array([w.sigma for w in widths], float),
        tonnage_key=stream_keys(seed, [(Stream.TONNAGE, s) for s in ids]),
        p_works=np.array(
            [t.p_works * (tables.maturity[p.maturity].p_works if p else 1.0) for t, p in zip(level, plants)], float
        ),
        works_key=stream_keys(seed, [(Stream.ROUTE_WORKS, s) for s in ids]),
        recovery_key=stream_keys(seed, [(Stream.RECOVERY_OF_SITE, s) for s in ids]),
        grade_ptr=_ptr([len(r.assays) for r in sites]),
        grade_mu=np.array([a.width.mu for _, a in figures], float),
        grade_sigma=np.array([a.width.sigma for _, a in figures], float),
        grade_pure=np.array([a.pure_ppm for _, a in figures], float),
        grade_common_key=stream_keys(seed, [_common(a) for _, a in figures]),
        grade_key=stream_keys(seed, [(Stream.GRADE, r.site_id, a.label) for r, a in figures]),
        product_ptr=_ptr([len(a.parts) for _, a in figures]),
        product_element=np.array([elements.index(e) for _, _, e, _ in parts], np.int64),
        product_share=np.array(
            [names.index(profile_name(a, e)) if split else -1 for _, a, e, split in parts], np.int64
        ),
        product_logit=np.array([m[0] for m in middles], float),
        product_sigma=np.array([tables.tests[r.row.test_level or "none"].logit_sd for r, *_ in parts], float),
        product_recovered=np.array([m[1] for m in middles], float),
        product_key=stream_keys(seed, [(Stream.RECOVERY, r.site_id, e) for r, _, e, _ in parts]),
        product_lean=np.array([x.ratio / x.product_ppm if x else math.inf for x in lean], float),
        product_sold=np.array([int(e in r.sold) for r, _, e, _ in parts], np.int64),
        profile_draws=np.stack([shares[n] for n in names]) if names else np.zeros((0, settings.draws)),
        failure_share=tables.failure_share,
    )
    return inputs, elements, {s: i for i, s in enumerate(ids)}


def _ptr(counts: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _common(assay: Assay) -> tuple[object, ...]:
    """The stream that all who borrow a figure share, else the one that all grades of a site share."""
    if assay.borrowed_key is not None:
        return (Stream.BORROWED_GRADE, *assay.borrowed_key)
    return (Stream.GRADE_OF_SITE, assay.site_id)


def _recovery(record: SiteRecord, assay: Assay, element: str, book: RouteBook, factor: float) -> tuple[float, float]:
    """(logit of the median recovery, scale of a figure that is already recovered); zeros where nothing is sold."""
    if element not in record.sold:
        return 0.0, 0.0
    recovery, _ = book.metallurgy(record.site_id, record.row.route_code, record.row.waste_type_code, element)
    state = book.economics.states[record.row.mineral_state or "unknown"]
    return recovery_logit(recovery, state, factor), recovered_scale(recovery, state) if assay.recovered else 0.0
