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

from scoring.waste.companions import likely_elements
from scoring.waste.routes import RouteBook
from scoring.waste.streams import stream_key

CLASSES = ("G1", "G2", "G3", "G4", "analogue", "none")
TONNAGE_GSD = {"G1": 1.05, "G2": 1.15, "G3": 1.3, "G4": 1.5, "analogue": 2.0}
GRADE_GSD = {"G1": 1.10, "G2": 1.25, "G3": 1.5, "G4": 2.0, "analogue": 2.5}
Z90 = 1.2815515655446004
"""Standard normal quantile of 0.90."""
LOGIT_ABOVE_PPM = 1e4
CEILING_PPM = {
    "Fe": 699_400.0,
    "Mn": 632_000.0,
    "Cr": 465_000.0,
    "Zn": 671_000.0,
    "Pb": 866_000.0,
    "Cu": 798_000.0,
    "Ni": 647_000.0,
    "Ti": 599_400.0,
    "Al": 529_300.0,
    "Si": 467_400.0,
    "Mg": 603_000.0,
    "Ca": 714_700.0,
    "S": 534_500.0,
    "Zr": 497_600.0,
}
"""Grade of the pure mineral [g/t]: haematite, pyrolusite, chromite, sphalerite, galena, chalcocite, millerite, rutile,
corundum, quartz, periclase, lime, pyrite, zircon (stoichiometry; own computation). Elsewhere 1,000,000."""

LANTHANIDES = ("La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu")
TOTALS = ("TREE", "La..Lu")
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


def text(value: object) -> str:
    """A table cell as text; missing is the empty string."""
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA else str(value)


def truth(value: object) -> bool:
    """A table cell as a yes or no; missing is no (``bool(nan)`` would be yes)."""
    cell = text(value).strip().lower()
    return cell in ("true", "1", "1.0", "yes")


def _num(value: object) -> float:
    return math.nan if value is None or value is pd.NA or value == "" else float(value)  # type: ignore[arg-type]


def tonnage_distribution(
    low_t: float, mode_t: float, high_t: float, knowledge_class: str, gsd: float | None = None
) -> tuple[int, float, float, float] | None:
    """Triangular (0, low, mode, high) where all three are known, else lognormal (1, ln median, ln GSD, 0); None: no value.

    The median is the mode, or the geometric mean of low and high where only these are known; a single bound says
    nothing of the middle and gives no value. Inputs and outputs in tonnes.
    """
    known = [not math.isnan(v) for v in (low_t, mode_t, high_t)]
    if all(known):
        return (0, low_t, mode_t, high_t) if high_t > 0 else None
    if known[1]:
        median = mode_t
    elif known[0] and known[2] and low_t > 0:
        median = math.sqrt(low_t * high_t)
    else:
        return None
    spread = gsd or TONNAGE_GSD.get(knowledge_class)
    if spread is None or not median > 0:
        return None
    return 1, math.log(median), math.log(spread), 0.0


def grade_distribution(
    low: float, mode: float, high: float, knowledge_class: str, ceiling: float, gsd: float | None = None
) -> tuple[int, float, float, float] | None:
    """(kind, mu, sigma, median) of a grade in g/t: kind 0 lognormal, 1 logit-normal below ``ceiling``; None: no value.

    The median is the mode with the class's GSD; where only low and high are known they are P10 and P90. Above 1 % the
    logarithm is taken of the odds ``c / (ceiling - c)`` instead of c, so that no draw passes the pure mineral.
    """
    only_range = math.isnan(mode) and not math.isnan(low) and not math.isnan(high)
    if math.isnan(mode) and not only_range:
        return None
    middle = math.sqrt(low * high) if only_range else mode
    if not 0 < middle < ceiling or (only_range and not 0 < low <= high < ceiling):
        return None
    kind = 1 if middle > LOGIT_ABOVE_PPM else 0

    def scale(c: float) -> float:
        return math.log(c / (ceiling - c)) if kind else math.log(c)

    if only_range:
        mu, sigma = (scale(low) + scale(high)) / 2, (scale(high) - scale(low)) / (2 * Z90)
        if gsd is not None:
            sigma = min(sigma, math.log(gsd))
        median = ceiling / (1 + math.exp(-mu)) if kind else math.exp(mu)
        return kind, mu, sigma, median
    spread = gsd or GRADE_GSD.get(knowledge_class)
    return None if spread is None else (kind, scale(mode), math.log(spread), mode)


def _select_tonnage(record: SiteRecord, rows: list[dict], min_tonnage_mt: float) -> None:
    preferred = [r for r in rows if truth(r.get("is_preferred"))]
    if not preferred:
        record.reasons.append("no tonnage in the register")
        return
    row = preferred[0]
    record.tonnage = row
    record.tonnage_class = text(row.get("knowledge_class")) or "none"
    record.is_screening = truth(row.get("is_screening_only"))
    if text(row.get("quantity_kind")) == "contained_monazite":
        record.reasons.append(MONAZITE_REASON)
        return
    if text(row.get("basis_code")) == "capacity":
        record.reasons.append("only a capacity or a plan is known, not a stock")
        return
    low, mode, high = (_num(row.get(f"tonnage_{k}_mt")) * 1e6 for k in ("min", "mode", "max"))
    if record.tonnage_class == "none":
        record.reasons.append("no tonnage is known")
        return
    record.tonnage_spec = tonnage_distribution(low, mode, high, record.tonnage_class)
    if record.tonnage_spec is None:
        record.reasons.append(
            "only a bound on the tonnage is known"
            if any(not math.isnan(v) for v in (low, mode, high))
            else "no tonnage is known"
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
    elif middle < min_tonnage_mt * 1e6:
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


def _select_grades(record: SiteRecord, rows: list[dict], book: RouteBook, elements: set[str]) -> None:
    waste_type = text(record.row.get("waste_type_code"))
    usable = [r for r in rows if text(r.get("use")) in ("1", "1.0")]
    totals = [r for r in usable if text(r.get("element_kind")) == "total"]
    inside: set[str] = set()
    split = None
    if totals:
        with_y, with_sc = (
            _includes(text(totals[0].get("tree_includes")))
            if text(totals[0].get("element")) == "TREE"
            else (False, False)
        )
        split = _profile_for(book, waste_type, with_y, with_sc)
        if split:
            inside = {*LANTHANIDES, *({"Y"} if with_y else ()), *({"Sc"} if with_sc else ())}
            if with_sc and "Sc" not in split[1]:
                record.left_out.append("Sc inside the total has no published share: not split out")
    for row in usable:
        label, kind = text(row.get("element")), text(row.get("element_kind"))
        basis, klass = text(row.get("basis_code")), text(row.get("knowledge_class"))
        low, mode, high = (_num(row.get(f"ppm_{k}")) for k in ("min", "mode", "max"))
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
        if kind == "total" and row is not totals[0]:
            record.left_out.append(f"{label}: a second rare-earth total")
            continue
        ceiling = CEILING_PPM.get(label, 1e6)
        spec = grade_distribution(low, mode, high, klass, ceiling)
        if spec is None:
            record.left_out.append(f"{label}: no usable value")
            continue
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
