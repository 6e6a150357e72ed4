"""Register, tonnages, grades and reference tables -> what is known of each site, and the engine's flat inputs.

Every figure that is left out is left out with a reason: a grade that is an upper limit, a sum of two metals, a product
without a recovery. No value is made up. Sites and elements are put in the order of their ids, so the order of the
tables has no effect on any result.

Belongs here: which row is used and as which distribution. Does not belong here: drawing (``engine``) or text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TypeVar

import pandas as pd

from khanij.foundation.cells import flag_of, is_known, truth
from scoring.waste.companions import likely_elements
from scoring.waste.figures import CLASSES, class_of_grade, class_of_tonnage, worst
from scoring.waste.projects.project_draws import TONNAGE_GSD, Width, pure_ppm, tonnage_width
from scoring.waste.projects.project_inputs import Project
from scoring.waste.routes import RouteBook
from scoring.waste.rows import GradeRow, SiteRow, TonnageRow, rows_of
from scoring.waste.sample_means import MEAN_OF_SAMPLES, chosen_grades, is_unstated_limit
from scoring.waste.totals import Total, kind_of, split_said, total_of, width_of

FigureRow = TypeVar("FigureRow", TonnageRow, GradeRow)
SEVERAL_PREFERRED = "several_preferred_tonnages"
"""Flag of a site, and of the blocks that hold it, of which several tonnages are marked as the preferred one."""
WET_TONNES = "wet_tonnes_without_moisture"
NO_CLASS = "class_not_stated"
"""Flag of a tonnage of wet waste whose moisture no source gives: taken as it stands, which is too much."""
MONAZITE_REASON = "the tonnage is of contained monazite, not of waste"


@dataclass
class Assay:
    """One grade figure as a distribution (``project_draws.grade_width``), with its share among the elements it covers."""

    site_id: str
    label: str
    width: Width
    pure_ppm: float
    borrowed_key: tuple[str, ...] | None
    recovered: bool
    knowledge_class: str
    median_ppm: float
    parts: list[tuple[str, float | None]]
    profile: str | None = None
    source: str = ""

    @property
    def said(self) -> str:
        """What was assayed; of a total with the elements that it is split into, none of which anyone assayed."""
        return self.label if self.profile is None else split_said(self.label, [e for e, _ in self.parts], self.profile)


@dataclass
class SiteRecord:
    """What is known of one site, in words and numbers; the engine's arrays are made from these."""

    site_id: str
    row: SiteRow
    tonnage: TonnageRow | None = None
    tonnage_class: str = "none"
    tonnage_width: Width | None = None
    is_screening: bool = False
    assays: list[Assay] = field(default_factory=list)
    upper_limits: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    sold: list[str] = field(default_factory=list)
    unvalued: list[str] = field(default_factory=list)
    project: Project | None = None
    worked_with: str = ""
    likely: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    may_rank: bool = False

    @property
    def is_excluded(self) -> bool:
        """The register lists the site and does not count it, such as one facility under another name."""
        return self.row.is_excluded

    @property
    def has_value(self) -> bool:
        """Tonnage, a grade, and a plant with a cost law that sells it; not a part of another site's project."""
        return self.project is not None and not self.worked_with

    @property
    def knowledge_class(self) -> str:
        """The worse of the tonnage's class and the best-known class of the grades that are sold (else of any grade)."""
        useful = [a.knowledge_class for a in self.assays if any(e in self.sold for e, _ in a.parts)] or [
            a.knowledge_class for a in self.assays
        ]
        if self.tonnage_width is None or not useful:
            return "none" if self.tonnage_width is None else self.tonnage_class
        return worst(self.tonnage_class, min(useful, key=CLASSES.index))


def _select_tonnage(record: SiteRecord, rows: list[TonnageRow], min_tonnage_mt: float) -> None:
    """The preferred tonnage; of several, the first in the order of ``tonnage_id``, and the flag says which."""
    preferred = [r for r in rows if truth(r.is_preferred)]
    if not preferred and not any(r.is_preferred for r in rows) and len({_figure(r) for r in rows}) == 1:
        preferred = rows[:1]  # the only figure there is, be it said twice, of a table that marks none
    if not preferred:
        record.reasons.append(
            "no tonnage in the register"
            if not rows
            else "none of its tonnages is marked as the preferred one"
            if any(r.is_preferred for r in rows)
            else f"{len(rows)} tonnages that differ, and none is marked as the preferred one (is_preferred: true)"
        )
        return
    row = preferred[0]
    if len(preferred) > 1:
        record.flags.append(flag_of(SEVERAL_PREFERRED, f"{row.tonnage_id} used"))
    record.tonnage = row
    record.tonnage_class = class_of_tonnage(row.knowledge_class, row.basis_code)
    record.is_screening = row.is_screening_only
    nothing = _why_no_stock(row, record.tonnage_class)
    if nothing:
        record.reasons.append(nothing)
        return
    record.tonnage_width = _tonnage_width(row, record.tonnage_class)
    if record.tonnage_width is None:
        record.reasons.append(_why_no_figure(*_tonnes(row)))
        return
    if row.mass_basis == "wet" and not is_known(row.moisture_pct):
        record.flags.append(WET_TONNES)
    if row.basis_code == "plan":
        record.flags.append("tonnage_is_a_plan")
    if not row.knowledge_class:
        record.flags.append(f"{NO_CLASS}:tonnage")
    record.sources.append(f"tonnage: {row.source}")
    barred = _why_not_ranked(record, row, min_tonnage_mt)
    record.may_rank = not barred
    if barred:
        record.reasons.append(barred)


def _figure(row: TonnageRow) -> tuple[object, ...]:
    """All by which two tonnages of a site may differ; what is not known is alike."""
    numbers = (row.tonnage_min_mt, row.tonnage_mode_mt, row.tonnage_max_mt, row.moisture_pct)
    said = (row.quantity_kind, row.basis_code, row.knowledge_class, row.mass_basis, row.is_screening_only, row.note)
    return (*(None if math.isnan(v) else v for v in numbers), *said)


def _tonnes(row: TonnageRow) -> tuple[float, float, float]:
    """(min, mode, max) in dry tonnes: ``wet (1 - moisture / 100)`` where the figure is of wet tonnes."""
    wet = row.mass_basis == "wet" and is_known(row.moisture_pct)
    scale = 1e6 * (1.0 - row.moisture_pct / 100.0 if wet else 1.0)
    return row.tonnage_min_mt * scale, row.tonnage_mode_mt * scale, row.tonnage_max_mt * scale


def stated_tonnes(record: SiteRecord) -> float:
    """Dry tonnage [t] as the source states it: the likely figure, else the middle ``sqrt(min max)`` of a range; NaN for none."""
    if record.tonnage is None or record.tonnage_width is None:
        return math.nan
    low, mode, high = _tonnes(record.tonnage)
    return mode if not math.isnan(mode) else math.sqrt(low * high)


def _tonnage_width(row: TonnageRow, tonnage_class: str) -> Width | None:
    """The tonnage as a distribution; a likely figure of 0 with a range says nothing of the middle."""
    gsd = TONNAGE_GSD.get(tonnage_class)
    return None if gsd is None else tonnage_width(*_tonnes(row), math.log(gsd), is_conflict=row.is_conflict)


def _why_no_stock(row: TonnageRow, tonnage_class: str) -> str:
    """Why a tonnage is not one of waste that lies there; "" if it is."""
    if row.quantity_kind == "contained_monazite":
        return MONAZITE_REASON
    if row.basis_code == "capacity":
        return "only a capacity or a plan is known, not a stock"
    return "no tonnage is known" if tonnage_class == "none" else ""


def _why_no_figure(low: float, mode: float, high: float) -> str:
    figures = [v for v in (low, mode, high) if not math.isnan(v)]
    if not figures:
        return "no tonnage is known"
    nothing = mode == 0 or max(figures) == 0
    return "the tonnage is given as nothing" if nothing else "only a bound on the tonnage is known"


def _why_not_ranked(record: SiteRecord, row: TonnageRow, min_tonnage_mt: float) -> str:
    """Why a known tonnage is shown and not ranked; "" if it may rank."""
    assert record.tonnage_width is not None
    low, mode, high = _tonnes(row)
    middle = mode if not math.isnan(mode) else math.sqrt(low * high)
    if record.is_screening:
        return "the tonnage is a screening figure (an order of magnitude): shown, not ranked"
    if "do not rank" in row.note.lower():
        return "the tonnage covers more than one facility (its note says: do not rank as one site)"
    if middle < min_tonnage_mt * 1e6 * (1.0 - 1e-12):  # the logarithm's rounding is no reason
        return f"below {min_tonnage_mt:g} Mt: listed, not ranked"
    return ""


def _why_left_out(row: GradeRow, total: Total, elements: set[str]) -> str:
    """Why a figure marked as used is no grade of the whole waste; "" if it is."""
    label, kind = row.element, kind_of(row)
    if kind == "sum":
        return f"{label} is a sum of metals that no source splits"
    if row.basis_code in ("subfraction", "withdrawn"):
        return f"{label}: {row.basis_code}, not the grade of the whole"
    if row.basis_code == "head_grade":
        return f"{label}: the grade of the ore that was milled, not of the tailings"
    if kind == "element" and label not in elements:
        return f"{label}: no such element in the reference table"
    if kind == "total" and not total.shares:
        return f"{label}: no published rare-earth profile for this waste"
    if width_of(row) is None:
        ceiling = pure_ppm(label)
        known = (v for v in (row.ppm_min, row.ppm_mode, row.ppm_max) if not math.isnan(v))
        over = max(known, default=0.0) >= ceiling
        return f"{label}: {f'above the {ceiling:g} ppm of the pure mineral' if over else 'no usable value'}"
    if kind == "total":
        return total.nothing_left if row is total.row else f"{label}: a second rare-earth total"
    if label in total.inside and label not in total.own:
        return f"{label} is already inside the rare-earth total"
    return ""


def _assay(record: SiteRecord, row: GradeRow, total: Total) -> Assay:
    of_total = kind_of(row) == "total"
    label, basis, width = row.element, row.basis_code, width_of(total.rest if of_total and total.rest else row)
    assert width is not None
    is_borrowed = row.knowledge_class == "analogue" and basis != "pooled"
    figures = (repr(row.ppm_min), repr(row.ppm_mode), repr(row.ppm_max))
    parts: list[tuple[str, float | None]] = [*sorted(total.shares.items())] if of_total else [(label, None)]
    return Assay(
        site_id=record.site_id,
        label=label,
        width=width,
        pure_ppm=pure_ppm(label),
        borrowed_key=(record.row.waste_type_code, label, *figures) if is_borrowed else None,
        recovered=basis == "recovered",
        knowledge_class=class_of_grade(row.knowledge_class, basis),
        median_ppm=pure_ppm(label) / (1.0 + math.exp(-width.mu)),
        parts=parts,
        profile=total.profile if of_total else None,
        source=row.source,
    )


def _select_grades(record: SiteRecord, rows: list[GradeRow], book: RouteBook) -> None:
    chosen = chosen_grades(rows)
    usable = chosen.rows
    record.left_out += chosen.left_out
    if chosen.means:
        record.flags.append(f"{MEAN_OF_SAMPLES}:{', '.join(chosen.means)}")
    total = total_of(usable, book, record.row.waste_type_code)
    record.left_out += total.left_out
    record.flags += total.flags
    counted: set[str] = set()
    for row in usable:
        if row.basis_code == "upper_limit":
            limit = "a limit that is not stated" if is_unstated_limit(row) else f"{row.ppm_max:g} ppm"
            record.upper_limits.append(f"{row.element} below {limit}")
            continue
        why = _why_left_out(row, total, book.elements)
        if not why and row.element in counted:
            why = f"{row.element}: a second figure marked as used ({row.grade_id})"
        if why:
            record.left_out.append(why)
            continue
        counted.add(row.element)
        record.assays.append(_assay(record, row, total))
        if not row.knowledge_class and f"{NO_CLASS}:grade" not in record.flags:
            record.flags.append(f"{NO_CLASS}:grade")
        record.sources.append(f"{row.element}: {row.source}")
    if not record.assays:
        why = "; ".join([*record.left_out, *record.upper_limits])
        record.reasons.append(
            "no assay in the register" if not rows else f"no usable assay ({why})" if why else "no usable assay"
        )


def site_records(
    sites: pd.DataFrame, tonnages: pd.DataFrame, grades: pd.DataFrame, book: RouteBook, min_tonnage_mt: float
) -> dict[str, SiteRecord]:
    """One record per site, in the order of the ids."""
    tonnages_of = _by_site(sorted(rows_of(tonnages, TonnageRow), key=lambda r: r.tonnage_id))
    grades_of = _by_site(sorted(rows_of(grades, GradeRow), key=lambda r: r.grade_id))
    records: dict[str, SiteRecord] = {}
    for row in sorted(rows_of(sites, SiteRow), key=lambda r: r.site_id):
        record = SiteRecord(row.site_id, row)
        records[record.site_id] = record
        record.sources.append(f"site: {row.source}")
        if record.is_excluded:
            record.reasons.append(f"excluded: {row.exclusion_reason}")
            continue
        _select_tonnage(record, tonnages_of.get(record.site_id, []), min_tonnage_mt)
        _select_grades(record, grades_of.get(record.site_id, []), book)
        _value(record, book)
    return records


def _value(record: SiteRecord, book: RouteBook) -> None:
    """What the site's route sells of what was assayed, and what stands in the way."""
    route, waste = record.row.route_code, record.row.waste_type_code
    assayed = [element for assay in record.assays for element, _ in assay.parts]
    for element in assayed:
        sells = book.sells(record.site_id, route, waste, element)
        if sells == "":
            record.sold.append(element)
        elif sells is not None:
            record.unvalued.append(f"{element}: {sells}")
    if record.tonnage_width is not None and record.assays and not record.sold:
        record.reasons.append(_why_unsold(record, book, route, waste))
    if record.sold and book.plant_of(route, waste) is None:
        record.reasons.append(f"no cost is known for the route {route}")
    record.likely = likely_elements(record.row.host_commodity, frozenset(assayed))


def _why_unsold(record: SiteRecord, book: RouteBook, route: str, waste: str) -> str:
    if record.unvalued:
        return "what was assayed cannot be valued (" + "; ".join(record.unvalued[:3]) + ")"
    if not book.products_of(route, waste):
        return "no treatment route is known for this waste"
    have = ", ".join(dict.fromkeys(a.label for a in record.assays))
    return f"the assays ({have}) are of elements that the route does not sell"


def _by_site(rows: list[FigureRow]) -> dict[str, list[FigureRow]]:
    """site_id -> its rows, in their order."""
    out: dict[str, list[FigureRow]] = {}
    for row in rows:
        out.setdefault(row.site_id, []).append(row)
    return out
