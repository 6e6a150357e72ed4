"""Which grade figures of one site are used: those marked, the only one of an element, or the mean of its samples.

``mean = (x_1 + ... + x_n) / n``, the plain arithmetic mean [ppm]: no length, depth or area is known by which to weight. It
stands for the whole waste as well as the samples lie in it, which a table does not say; so its width stays that of its
knowledge class (``GRADE_GSD``), and is not narrowed by ``sqrt(n)``.

A sample below detection counts at half its limit, ``x = L / 2``, as the Superfund programme of the US EPA has recommended
(Floit et al. 1996, ASTM, pages 70 to 83, doi 10.1520/STP16018S: the abstract, which also shows how little it tells where
most samples are below). So the flag says how many are. Of limits alone there is no mean: the highest of them is the upper
limit. A sample below a limit that nobody states has no figure to count by; it is left out, the mean lies too high by it, and
the flag says how many were. A figure that is missing is no sample.

Belongs here: the choice among the rows of one site. Does not belong here: what a row is worth (``inventory``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from khanij.foundation.cells import is_known, truth
from scoring.waste.rows import GradeRow

UPPER_LIMIT = "upper_limit"
MEAN_OF_SAMPLES = "grade_is_mean_of_samples"
"""Flag of a site, and of the blocks that hold it, of which grades are means of several samples: ``Zn 3, Pb 3``."""


@dataclass(frozen=True)
class Chosen:
    """``rows``: one an element; ``means``: element with the number of samples, and how many of them are below detection; ``left_out``: elements without a choice, and why."""

    rows: list[GradeRow]
    means: list[str]
    left_out: list[str]


def chosen_grades(rows: list[GradeRow]) -> Chosen:
    """The figures of one site that count.

    A row marked as used counts, and of its element no other. Of an element that no row marks, the only unmarked figure counts;
    several that are samples of one kind (same basis, class, medium, size fraction and source, a single value or limit each, and no
    number of samples of their own) count by their mean; several of another kind count for nothing, with the reason.

    Parameters
    ----------
    rows : the site's, in the order of ``grade_id``.
    """
    out, means, left_out = [r for r in rows if truth(r.use)], [], []
    marked = {r.element for r in out}
    open_: dict[str, list[GradeRow]] = {}
    for row in rows:
        if not row.use and row.element not in marked:
            open_.setdefault(row.element, []).append(row)
    for element, figures in open_.items():
        unstated = [r for r in figures if is_unstated_limit(r)]
        several = [r for r in figures if _has_figure(r)] or unstated[:1] or figures[:1]
        several, idle = _without_idle_limits(several)
        limits = [r for r in several if _is_limit(r)]
        measured = len(several) - len(limits) if _has_figure(several[0]) else 0
        if len(several) == 1:
            out.append(several[0])
        elif why := _why_no_mean(several):
            left_out.append(f"{element}: {len(several)} figures, none marked as used, and {why}")
            continue
        else:
            out.append(_mean(several))
        if measured and (len(several) > 1 or unstated or idle):
            means.append(_said(element, len(several), len(limits), len(unstated), idle))
    order = {r.grade_id: i for i, r in enumerate(rows)}
    return Chosen(sorted(out, key=lambda r: order[r.grade_id]), means, left_out)


def _said(element: str, n: int, limits: int, unstated: int, idle: int) -> str:
    """``Ge 3 (1 below detection, 2 more below a limit that is not stated left out)``."""
    more = [f"{limits} below detection"] if limits else []
    more += [f"{unstated} more below a limit that is not stated left out"] if unstated else []
    more += [f"{idle} more below a limit above every figure left out"] if idle else []
    return f"{element} {n}" + (f" ({', '.join(more)})" if more else "")


def is_unstated_limit(row: GradeRow) -> bool:
    """Whether a row is known to be below detection and nothing says below what."""
    return row.basis_code == UPPER_LIMIT and not _has_figure(row)


def _why_no_mean(rows: list[GradeRow]) -> str:
    """Why figures are no samples of one kind; "" if they are. A limit is of the basis of the samples beside it."""
    measured = [r for r in rows if not _is_limit(r)]
    for field, said in (
        ("basis_code", "of several bases"), ("knowledge_class", "of several classes"), ("medium", "of several media"), ("size_fraction", "of several size fractions"),
        ("source", "of several sources"), ("element_kind", "of several kinds"), ("tree_includes", "totals of several kinds"),
    ):  # fmt: skip
        if len({getattr(r, field) for r in (measured if field == "basis_code" else rows)}) > 1:
            return f"they are {said}"
    if any(is_known(r.n_samples) for r in rows):
        return "they are averages already"
    if not all(is_known(r.ppm_mode) for r in measured) or any(
        is_known(r.ppm_min) or is_known(r.ppm_max) for r in measured
    ):
        return "not each is one value"
    return ""


def _has_figure(row: GradeRow) -> bool:
    return any(map(is_known, (row.ppm_min, row.ppm_mode, row.ppm_max)))


def _is_limit(row: GradeRow) -> bool:
    """Whether a row is nothing but an upper limit."""
    return row.basis_code == UPPER_LIMIT and is_known(row.ppm_max) and not is_known(row.ppm_mode)


def _without_idle_limits(rows: list[GradeRow]) -> tuple[list[GradeRow], int]:
    """Without limits above every measured sample, and how many: a coarse method says nothing of what a fine one measured."""
    most = max((r.ppm_mode for r in rows if is_known(r.ppm_mode)), default=math.inf)
    kept = [r for r in rows if not _is_limit(r) or r.ppm_max <= most]
    return kept, len(rows) - len(kept)


def _mean(rows: list[GradeRow]) -> GradeRow:
    """The mean of samples of one kind, those below detection at half their limit; of limits alone the highest."""
    measured = [r for r in rows if not _is_limit(r)]
    if not measured:
        return max(rows, key=lambda r: r.ppm_max)
    return replace(
        measured[0], ppm_mode=math.fsum(r.ppm_max / 2 if _is_limit(r) else r.ppm_mode for r in rows) / len(rows)
    )
