"""Which sites the engine adds up in each unit: one unit per block, and one per site that no block holds whole.

Belongs here: allocation -> flat unit arrays. Does not belong here: shares (``allocation``), draws (``engine``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from scoring.waste.metal import MetalInputs, Units
from scoring.waste.projects.project_engine import ProjectUnits
from scoring.waste.shares.allocation import Allocation, PointShare

SITE_PREFIX = "site:"


@dataclass(frozen=True)
class UnitPlan:
    """Units in order: their ids, the (unit, site) pairs, the flat arrays of metal and projects, where each site is whole."""

    ids: list[str]
    pairs: list[tuple[str, str]]
    units: Units
    projects: ProjectUnits
    whole: dict[str, int]


def plan_units(
    block_ids: Iterable[str],
    allocation: Allocation,
    inputs: MetalInputs,
    site_row: dict[str, int],
    project_ids: list[str],
    usable: set[str],
    min_inside: float = 0.0,
) -> UnitPlan:
    """Units for the blocks in the order given, then for sites without a block of their own.

    Parameters
    ----------
    usable : sites whose metal counts in a block that is not their own (ranked, not withheld).
    min_inside : a site of drawn position counts in a block only if it lies inside in this share of the draws, whatever
        else the block holds.
    site_row : row of each site with a tonnage in ``inputs``. project_ids : sites that are projects, in their order.
    """
    held: dict[str, list[tuple[str, float, bool]]] = {}
    shares = allocation.shares
    columns = (shares[c] for c in ("block_id", "site_id", "inside", "is_own", "share_basis"))
    for block_id, site_id, inside, is_own, basis in zip(*columns):
        is_rare = inside < min_inside and basis == "position drawn"
        if inside > 0.0 and not is_rare and site_id in site_row and (is_own or site_id in usable):
            held.setdefault(block_id, []).append((site_id, float(inside), bool(is_own)))
    flat = _Flat(site_row)
    for block_id in block_ids:
        for site_id, inside, is_own in sorted(held.get(block_id, [])):
            flat.add(block_id, site_id, inside, allocation.points.get((block_id, site_id)))
            if is_own:
                flat.whole[site_id] = len(flat.ids)
        flat.close(block_id)
    for site_id in sorted(site_row):
        if site_id not in flat.whole:
            flat.whole[site_id] = len(flat.ids)
            flat.add(SITE_PREFIX + site_id, site_id, 1.0, None)
            flat.close(SITE_PREFIX + site_id)
    return UnitPlan(flat.ids, flat.pairs, _units(flat, inputs), _project_units(flat, project_ids), flat.whole)


@dataclass
class _Flat:
    """The flat arrays of ``Units`` while they grow."""

    site_row: dict[str, int]
    ids: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    ptr: list[int] = field(default_factory=lambda: [0])
    draw_ptr: list[int] = field(default_factory=lambda: [0])
    site: list[int] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    index: list[int] = field(default_factory=list)
    index_share: list[float] = field(default_factory=list)
    is_point: list[int] = field(default_factory=list)
    whole: dict[str, int] = field(default_factory=dict)

    def add(self, unit: str, site_id: str, share: float, points: PointShare | None) -> None:
        """One site in the unit under way; ``points`` are the draws in which it lies inside, where they differ."""
        if points is not None:
            self.index.extend(points.draws.tolist())
            self.index_share.extend(points.share.tolist())
        self.pairs.append((unit, site_id))
        self.site.append(self.site_row[site_id])
        self.share.append(share)
        self.is_point.append(int(points is not None))
        self.draw_ptr.append(len(self.index))

    def close(self, unit: str) -> None:
        """The unit under way is whole."""
        self.ids.append(unit)
        self.ptr.append(len(self.pairs))


def _units(flat: _Flat, inputs: MetalInputs) -> Units:
    """The arrays, with the elements of each unit in order."""
    element_ptr, element = [0], []
    of_site = [
        sorted(
            set(
                inputs.product_element[
                    inputs.product_ptr[inputs.grade_ptr[s]] : inputs.product_ptr[inputs.grade_ptr[s + 1]]
                ].tolist()
            )
        )
        for s in range(len(flat.site_row))
    ]
    for i in range(len(flat.ids)):
        element.extend(sorted({e for p in range(flat.ptr[i], flat.ptr[i + 1]) for e in of_site[flat.site[p]]}))
        element_ptr.append(len(element))
    return Units(
        np.array(flat.ptr, np.int64),
        np.array(flat.site, np.int64),
        np.array(flat.share, float),
        np.array(flat.draw_ptr, np.int64),
        np.array(flat.index, np.int64),
        np.array(flat.index_share, float),
        np.array(flat.is_point, np.int64),
        np.array(element_ptr, np.int64),
        np.array(element, np.int64),
    )


def _project_units(flat: _Flat, project_ids: list[str]) -> ProjectUnits:
    """The same units with only those of their sites that are projects."""
    row_of = {s: i for i, s in enumerate(project_ids)}
    ptr, site, share, draw_ptr, index, index_share, is_point = [0], [], [], [0], [], [], []
    for i in range(len(flat.ids)):
        for p in range(flat.ptr[i], flat.ptr[i + 1]):
            row = row_of.get(flat.pairs[p][1])
            if row is None:
                continue
            site.append(row)
            share.append(flat.share[p])
            is_point.append(flat.is_point[p])
            index += flat.index[flat.draw_ptr[p] : flat.draw_ptr[p + 1]]
            index_share += flat.index_share[flat.draw_ptr[p] : flat.draw_ptr[p + 1]]
            draw_ptr.append(len(index))
        ptr.append(len(site))
    return ProjectUnits(
        np.array(ptr, np.int64),
        np.array(site, np.int64),
        np.array(share, float),
        np.array(draw_ptr, np.int64),
        np.array(index, np.int64),
        np.array(index_share, float),
        np.array(is_point, np.int64),
    )
