"""Register, tonnages, grades and reference tables -> what is known of each site, and the engine's flat inputs.

Every figure that is left out is left out with a reason: a grade that is an upper limit, a sum of two metals, a product
without a recovery. No value is made up. Sites and elements are put in the order of their ids, so the order of the
tables has no effect on any result.

Belongs here: which row is used and as which distribution. Does not belong here: drawing (``engine``) or text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_sources.reference.lanthanides import lanthanides
from khanij.foundation.cells import number_of, text, truth
from scoring.waste.companions import likely_elements
from scoring.waste.figures import CEILING_PPM, CLASSES, grade_distribution, tonnage_distribution
from scoring.waste.routes import RouteBook
from scoring.waste.streams import stream_key

TOTALS = ("TREE", "La..Lu")
NO_VALUE = ("upper_limit", "subfraction", "withdrawn")
"""Bases of a figure that is not the grade of the whole waste."""
SEVERAL_PREFERRED = "several_preferred_tonnages"
"""Flag of a site, and of the blocks that hold it, of which several tonnages are marked as the preferred one."""
MONAZITE_REASON = "the tonnage is of contained monazite, not of waste"


@dataclass
class Assay:
    """One grade figure as a distribution: ``kind`` lognormal or logit, with its share among the elements it covers."""

    site_id: str
    label: str
    kind: int
    mu: float
    sigma: float
    ceiling: float
    borrowed_key: tuple[str, ...] | None
    recovered: bool
    knowledge_class: str
    median_ppm: float
    parts: list[tuple[str, float | None]]
    profile: str | None = None
    source: str = ""


@dataclass
class SiteRecord:
    """What is known of one site, in words and numbers; the engine's arrays are made from these."""

    site_id: str
    row: dict
    tonnage: dict | None = None
    tonnage_class: str = "none"
    tonnage_spec: tuple[int, float, float, float] | None = None
    is_screening: bool = False
    assays: list[Assay] = field(default_factory=list)
    upper_limits: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    sold: list[str] = field(default_factory=list)
    unvalued: list[str] = field(default_factory=list)
    cost_known: bool = False
    capital_known: bool = False
    likely: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    may_rank: bool = False

    @property
    def is_excluded(self) -> bool:
        return truth(self.row.get("is_excluded"))

    @property
    def has_value(self) -> bool:
        """Tonnage, a grade, and a route that sells it with a known cost."""
        return self.tonnage_spec is not None and bool(self.sold) and self.cost_known

    @property
    def knowledge_class(self) -> str:
        """The worse of the tonnage's class and the best-known class of the grades that are sold (else of any grade)."""
        useful = [a.knowledge_class for a in self.assays if any(e in self.sold for e, _ in a.parts)] or [
            a.knowledge_class for a in self.assays
        ]
        if self.tonnage_spec is None or not useful:
            return "none" if self.tonnage_spec is None else self.tonnage_class
        return max(self.tonnage_class, min(useful, key=CLASSES.index), key=CLASSES.index)


def _select_tonnage(record: SiteRecord, rows: list[dict], min_tonnage_mt: float) -> None:
    """The preferred tonnage; of several, the first in the order of ``tonnage_id``, and the flag says which."""
    preferred = [r for r in rows if truth(r.get("is_preferred"))]
    if not preferred and not any(text(r.get("is_preferred")) for r in rows) and len(rows) == 1:
        preferred = rows  # the only figure there is, of a table that marks none
    if not preferred:
        record.reasons.append(
            "no tonnage in the register" if not rows else "none of its tonnages is marked as the preferred one"
        )
        return
    row = preferred[0]
    if len(preferred) > 1:
        record.flags.append(f"{SEVERAL_PREFERRED}:{text(row.get('tonnage_id'))} used")
    record.tonnage = row
    record.tonnage_class = text(row.get("knowledge_class")) or "none"
    record.is_screening = truth(row.get("is_screening_only"))
    if text(row.get("quantity_kind")) == "contained_monazite":
        record.reasons.append(MONAZITE_REASON)
        return
    if text(row.get("basis_code")) == "capacity":
        record.reasons.append("only a capacity or a plan is known, not a stock")
        return
    low, mode, high = (number_of(row.get(f"tonnage_{k}_mt")) * 1e6 for k in ("min", "mode", "max"))
    if record.tonnage_class == "none":
        record.reasons.append("no tonnage is known")
        return
    record.tonnage_spec = tonnage_distribution(low, mode, high, record.tonnage_class)
    if record.tonnage_spec is None:
        figures = [v for v in (low, mode, high) if not math.isnan(v)]
        record.reasons.append(
            "no tonnage is known"
            if not figures
            else "the tonnage is given as nothing"
            if mode == 0 or max(figures) == 0
            else "only a bound on the tonnage is known"
        )
        return
    record.sources.append(f"tonnage: {text(row.get('source'))}")
    kind, a, b, _ = record.tonnage_spec
    middle = b if kind == 0 else math.exp(a)
    record.may_rank = True
    if record.is_screening:
        record.may_rank = False
        record.reasons.append("the tonnage is a screening figure (an order of magnitude): shown, not ranked")
    elif "do not rank" in text(row.get("note")).lower():
        record.may_rank = False
        record.reasons.append("the tonnage covers more than one facility (its note says: do not rank as one site)")
    elif middle < min_tonnage_mt * 1e6 * (1.0 - 1e-12):  # the logarithm's rounding is no reason
        record.may_rank = False
        record.reasons.append(f"below {min_tonnage_mt:g} Mt: listed, not ranked")


def _includes(value: str) -> tuple[bool, bool]:
    """(Y inside, Sc inside) a rare-earth total; ``unknown`` counts Y as inside (it is in most totals), Sc as outside."""
    return value in ("Y", "Y+Sc", "unknown"), value in ("Sc", "Y+Sc")


def _profile_for(book: RouteBook, waste_type: str, with_y: bool, with_sc: bool) -> tuple[str, dict[str, float]] | None:
    options = book.profiles_of(waste_type)
    if not options:
        return None
    fitting = [p for p in options if ("Sc" in p[1]) == with_sc] or options
    name, shares = fitting[0]
    kept = {e: s for e, s in shares.items() if (e != "Y" or with_y) and (e != "Sc" or with_sc)}
    whole = math.fsum(kept.values())
    return name, {e: s / whole for e, s in kept.items()}


def _is_used(row: dict, rows: list[dict]) -> bool:
    """Marked as used; where the table marks none of an element's figures, the only one there is."""
    if text(row.get("use")):
        return truth(row.get("use"))
    return sum(text(r.get("element")) == text(row.get("element")) for r in rows) == 1


def _kind(row: dict) -> str:
    """``element``, ``total`` or ``sum``; where the table does not say, by what the label is."""
    label = text(row.get("element"))
    return text(row.get("element_kind")) or ("total" if label in TOTALS else "sum" if "+" in label else "element")


def _spec(row: dict) -> tuple[int, float, float, float] | None:
    """The distribution of one grade row; None where it has no value of its own."""
    if text(row.get("basis_code")) in NO_VALUE or _kind(row) == "sum":
        return None
    low, mode, high = (number_of(row.get(f"ppm_{k}")) for k in ("min", "mode", "max"))
    ceiling = CEILING_PPM.get(text(row.get("element")), 1e6)
    return grade_distribution(low, mode, high, text(row.get("knowledge_class")), ceiling)


def _select_grades(record: SiteRecord, rows: list[dict], book: RouteBook, elements: set[str]) -> None:
    waste_type = text(record.row.get("waste_type_code"))
    usable = [r for r in rows if _is_used(r, rows)]
    # a total without a value of its own (censored, of a subfraction) stands for nothing and hides no assay
    totals = [r for r in usable if _kind(r) == "total" and _spec(r) is not None]
    inside: set[str] = set()
    counted: set[str] = set()
    split = None
    if totals:
        with_y, with_sc = (
            _includes(text(totals[0].get("tree_includes")))
            if text(totals[0].get("element")) == "TREE"
            else (False, False)
        )
        split = _profile_for(book, waste_type, with_y, with_sc)
        if split:
            inside = {*lanthanides(), *({"Y"} if with_y else ()), *({"Sc"} if with_sc else ())}
            if with_sc and "Sc" not in split[1]:
                record.left_out.append("Sc inside the total has no published share: not split out")
    for row in usable:
        label, kind = text(row.get("element")), _kind(row)
        basis, klass = text(row.get("basis_code")), text(row.get("knowledge_class"))
        low, mode, high = (number_of(row.get(f"ppm_{k}")) for k in ("min", "mode", "max"))
        if basis == "upper_limit":
            record.upper_limits.append(f"{label} below {high:g} ppm")
            continue
        if kind == "sum":
            record.left_out.append(f"{label} is a sum of metals that no source splits")
            continue
        if basis in ("subfraction", "withdrawn"):
            record.left_out.append(f"{label}: {basis}, not the grade of the whole")
            continue
        if kind == "element" and label not in elements:
            record.left_out.append(f"{label}: no such element in the reference table")
            continue
        if kind == "element" and label in inside:
            record.left_out.append(f"{label} is already inside the rare-earth total")
            continue
        if kind == "total" and split is None:
            record.left_out.append(f"{label}: no published rare-earth profile for this waste")
            continue
        ceiling, spec = CEILING_PPM.get(label, 1e6), _spec(row)
        if spec is None:
            over = max((v for v in (low, mode, high) if not math.isnan(v)), default=0.0) >= ceiling
            why = f"above the {ceiling:g} ppm of the pure mineral" if over else "no usable value"
            record.left_out.append(f"{label}: {why}")
            continue
        if kind == "total" and row is not totals[0]:
            record.left_out.append(f"{label}: a second rare-earth total")
            continue
        if label in counted:
            record.left_out.append(f"{label}: a second figure marked as used ({text(row.get('grade_id'))})")
            continue
        counted.add(label)
        borrowed = (
            (waste_type, label, repr(low), repr(mode), repr(high))
            if klass == "analogue" and basis != "pooled"
            else None
        )
        parts: list[tuple[str, float | None]] = [(label, None)]
        if kind == "total" and split is not None:
            parts = [(e, share) for e, share in sorted(split[1].items())]
        record.assays.append(
            Assay(
                record.site_id,
                label,
                spec[0],
                spec[1],
                spec[2],
                ceiling,
                borrowed,
                basis == "recovered",
                klass,
                spec[3],
                parts,
                split[0] if kind == "total" and split else None,
                text(row.get("source")),
            )
        )
        record.sources.append(f"{label}: {text(row.get('source'))}")
    if not record.assays:
        why = "; ".join([*record.left_out, *record.upper_limits])
        record.reasons.append(
            "no assay in the register" if not rows else f"no usable assay ({why})" if why else "no usable assay"
        )


def site_records(
    sites: pd.DataFrame, tonnages: pd.DataFrame, grades: pd.DataFrame, book: RouteBook, min_tonnage_mt: float
) -> dict[str, SiteRecord]:
    """One record per site, in the order of the ids."""
    by_site_t = _rows_by_site(tonnages, "tonnage_id")
    by_site_g = _rows_by_site(grades, "grade_id")
    records: dict[str, SiteRecord] = {}
    for row in sorted(_plain(sites), key=lambda r: str(r["site_id"])):
        record = SiteRecord(str(row["site_id"]), row)
        records[record.site_id] = record
        record.sources.append(f"site: {text(row.get('source'))}")
        if record.is_excluded:
            record.reasons.append(f"excluded: {text(row.get('exclusion_reason'))}")
            continue
        _select_tonnage(record, by_site_t.get(record.site_id, []), min_tonnage_mt)
        _select_grades(record, by_site_g.get(record.site_id, []), book, book.elements)
        route, waste = text(row.get("route_code")), text(row.get("waste_type_code"))
        record.cost_known = book.cost_row(route, waste) is not None
        record.capital_known = book.capital_known(route, waste)
        for assay in record.assays:
            for element, _ in assay.parts:
                sells = book.sells(route, waste, element)
                if sells is None:
                    continue
                if sells == "":
                    record.sold.append(element)
                else:
                    record.unvalued.append(f"{element}: {sells}")
        if record.tonnage_spec is not None and record.assays and not record.sold:
            record.reasons.append(_why_unsold(record, book, route, waste))
        if record.sold and not record.cost_known:
            record.reasons.append(f"no cost is known for the route {route}")
        record.likely = likely_elements(
            text(row.get("host_commodity")), frozenset(e for a in record.assays for e, _ in a.parts)
        )
    return records


def _why_unsold(record: SiteRecord, book: RouteBook, route: str, waste: str) -> str:
    if record.unvalued:
        return "what was assayed cannot be valued (" + "; ".join(record.unvalued[:3]) + ")"
    if not book.products_of(route, waste):
        return "no treatment route is known for this waste"
    have = ", ".join(dict.fromkeys(a.label for a in record.assays))
    return f"the assays ({have}) are of elements that the route does not sell"


def _plain(frame: pd.DataFrame) -> list[dict]:
    columns = [c for c in frame.columns if c != "geometry"]
    return pd.DataFrame(frame[columns]).to_dict("records")


def _rows_by_site(frame: pd.DataFrame, key: str) -> dict[str, list[dict]]:
    out: dict[str, list[dict]] = {}
    for row in sorted(_plain(frame), key=lambda r: str(r.get(key))):
        out.setdefault(str(row["site_id"]), []).append(row)
    return out


def keys_array(seed: int, names: list[tuple]) -> NDArray[np.uint64]:
    """(n, 4) stream keys of a list of names."""
    return np.array([stream_key(seed, *n) for n in names], dtype=np.uint64).reshape(len(names), 4)
