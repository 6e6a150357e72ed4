"""Rare-earth totals: what is inside one, which single assays stand beside it, and what is left to split by a profile.

``rest = T - (a_1 + ... + a_n)`` [ppm], with ``T`` the total as stated and ``a_i`` the assays of elements inside it; the rest is
split among the other elements by the published profile, closed to 1, so all together are ``T`` once. The rest keeps the relative
width of the total. Assays that come to as much as the total or more stay as they are, and nothing is split.

Belongs here: a total and its assays. Does not belong here: the draws of shares (``profiles``), which row is used
(``sample_means``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from data_sources.reference.lanthanides import lanthanides
from scoring.waste.figures import CLASSES, class_of_grade
from scoring.waste.projects.project_draws import GRADE_GSD, Width, grade_width, pure_ppm
from scoring.waste.routes import RouteBook
from scoring.waste.rows import GradeRow

TOTALS = ("TREE", "La..Lu")
NO_VALUE = ("upper_limit", "subfraction", "withdrawn", "head_grade")
"""Bases of a figure that is not the grade of the whole waste; what entered the mill is not what left it as tailings."""
LESS_ASSAYS = "total_less_its_assays"
"""Flag of a site, and of its blocks, of which elements inside a total count by their own assays: ``TREE 212 ppm less Y 46``."""
ASSAYS_ABOVE = "assays_above_their_total"
"""Flag: the assays of elements inside a total come to as much as the total or more; they count, and the total does not."""
SET_ASIDE = "assay_set_aside_for_total"
"""Flag: the assay of an element inside a total does not count, for the total is known better or is of another kind."""


@dataclass(frozen=True)
class Total:
    """The rare-earth total of a site: its row, what of it is split, the split, and the elements inside and with an own assay.

    ``row`` is as the table has it, ``rest`` the same less the assays of the elements in ``own``; None where nothing is left to
    split, and then ``nothing_left`` says why.
    """

    row: GradeRow | None = None
    rest: GradeRow | None = None
    profile: str | None = None
    shares: dict[str, float] = field(default_factory=dict)
    inside: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    nothing_left: str = ""
    left_out: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


def kind_of(row: GradeRow) -> str:
    """``element``, ``total`` or ``sum``; where the table does not say, by what the label is."""
    label = row.element
    return row.element_kind or ("total" if label in TOTALS else "sum" if "+" in label else "element")


def width_of(row: GradeRow) -> Width | None:
    """The distribution of one grade row; None where it has no value of its own."""
    gsd = GRADE_GSD.get(class_of_grade(row.knowledge_class, row.basis_code))
    if row.basis_code in NO_VALUE or kind_of(row) == "sum" or gsd is None:
        return None
    figures = (row.ppm_min, row.ppm_mode, row.ppm_max)
    return grade_width(*figures, math.log(gsd), pure_ppm(row.element), is_conflict=row.is_conflict)


def stated_ppm(row: GradeRow) -> float:
    """The figure of a row [ppm] by which totals and assays are compared: the likely one, else ``sqrt(min max)`` of a range."""
    is_range = math.isnan(row.ppm_mode) or row.is_conflict
    return math.sqrt(row.ppm_min * row.ppm_max) if is_range else row.ppm_mode


def total_of(rows: list[GradeRow], book: RouteBook, waste_type: str) -> Total:
    """The total among the figures of a site that are used, and how it stands with the single assays.

    Parameters
    ----------
    rows : the site's, one an element, in the order of ``grade_id``. waste_type : its code, which decides the profile.
    """
    # a total without a value of its own (censored, of a subfraction) stands for nothing and hides no assay
    totals = [r for r in rows if kind_of(r) == "total" and width_of(r) is not None]
    if not totals:
        return Total()
    row = totals[0]
    with_y, with_sc = _includes(row.tree_includes) if row.element == "TREE" else (False, False)
    split = _profile_for(book, waste_type, with_y, with_sc)
    if split is None:
        return Total(row)
    inside = frozenset((*lanthanides(), *(("Y",) if with_y else ()), *(("Sc",) if with_sc else ())))
    singles = _singles(rows, inside)
    own = {e: r for e, r in singles.items() if _counts(r, row)}
    lost = [e for e in singles if e not in own]
    no_share = with_sc and "Sc" not in split[1] and "Sc" not in own
    told = Total(
        row, row, *split, inside,
        left_out=("Sc inside the total has no published share: not split out",) if no_share else (),
        flags=(f"{SET_ASIDE}:{', '.join(lost)} of {row.element}",) if lost else (),
    )  # fmt: skip
    return _less(told, own) if own else told


def split_said(total: str, elements: list[str], profile: str | None) -> str:
    """A total with what it is split into, none of which anyone assayed: ``TREE (split into La, Ce by ree_x)``."""
    return f"{total} (split into {', '.join(elements)} by {profile})"


def _includes(value: str) -> tuple[bool, bool]:
    """(Y inside, Sc inside) a rare-earth total; not said counts Y as inside (it is in most totals), Sc as outside."""
    return value in ("", "Y", "Y+Sc", "unknown"), value in ("Sc", "Y+Sc")


def _profile_for(book: RouteBook, waste_type: str, with_y: bool, with_sc: bool) -> tuple[str, dict[str, float]] | None:
    options = book.profiles_of(waste_type)
    if not options:
        return None
    fitting = [p for p in options if ("Sc" in p[1]) == with_sc] or options
    name, shares = fitting[0]
    return name, _closed({e: s for e, s in shares.items() if (e != "Y" or with_y) and (e != "Sc" or with_sc)})


def _closed(shares: dict[str, float]) -> dict[str, float]:
    """Shares whose sum is 1; none where there is nothing to share."""
    whole = math.fsum(shares.values())
    return {e: s / whole for e, s in shares.items()} if whole > 0 else {}


def _singles(rows: list[GradeRow], inside: frozenset[str]) -> dict[str, GradeRow]:
    """The first usable figure of each element inside a total."""
    out: dict[str, GradeRow] = {}
    for row in rows:
        if kind_of(row) == "element" and row.element in inside and width_of(row) is not None:
            out.setdefault(row.element, row)
    return out


def _counts(assay: GradeRow, total: GradeRow) -> bool:
    """Whether an assay goes before its share of the total: known no worse, and both before or both after recovery."""
    worse, known = (CLASSES.index(class_of_grade(r.knowledge_class, r.basis_code)) for r in (assay, total))
    return worse <= known and (assay.basis_code == "recovered") == (total.basis_code == "recovered")


def _less(total: Total, own: dict[str, GradeRow]) -> Total:
    """The total without the assays of its elements."""
    assert total.row is not None
    row, whole = total.row, stated_ppm(total.row)
    mine = math.fsum(stated_ppm(r) for r in own.values())
    shares = _closed({e: s for e, s in total.shares.items() if e not in own})
    left = (whole - mine) / whole
    said = f"{row.element} {whole:.4g} ppm less " + ", ".join(f"{e} {stated_ppm(r):.4g}" for e, r in own.items())
    if left <= 1e-12 or not shares:  # the sum's rounding is nothing to split
        over = f"the assays of {', '.join(own)} come to {mine:.4g} ppm, the total to {whole:.4g} ppm"
        why = (
            over
            if left <= 1e-12
            else f"every element of its profile has an assay of its own; {left * whole:.4g} ppm of it are of none"
        )
        flag = f"{ASSAYS_ABOVE}:{said}" if left <= 1e-12 else f"{LESS_ASSAYS}:{said}, the rest not split"
        return replace(
            total,
            rest=None,
            own=frozenset(own),
            nothing_left=f"{row.element}: {why}: not split",
            flags=(*total.flags, flag),
        )
    rest = replace(row, ppm_min=row.ppm_min * left, ppm_mode=row.ppm_mode * left, ppm_max=row.ppm_max * left)
    flag = f"{LESS_ASSAYS}:{said}, the rest of {whole * left:.4g} split by {total.profile}"
    return replace(total, rest=rest, shares=shares, own=frozenset(own), flags=(*total.flags, flag))
