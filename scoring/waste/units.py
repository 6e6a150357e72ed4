"""Which sites the engine adds up in each unit: one unit per block, and one per site that no block holds whole.

Belongs here: allocation -> flat unit arrays. Does not belong here: shares (``allocation``), draws (``engine``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scoring.waste.allocation import Allocation
from scoring.waste.engine import Inputs, Units

SITE_PREFIX = "site:"


@dataclass(frozen=True)
class UnitPlan:
    """Units in order: their ids, the (site, share) pairs, the flat arrays, and where each site is whole."""

    ids: list[str]
    pairs: list[tuple[str, str]]
    units: Units
    whole: dict[str, int]


def plan_units(
    block_ids: Iterable[str], allocation: Allocation, inputs: Inputs, site_row: dict[str, int], usable: set[str]
) -> UnitPlan:
    """Units for the blocks in the order given, then for sites without a block of their own.

    Parameters
    ----------
    usable : sites whose metal counts in a block that is not their own (ranked, not withheld).
    site_row : row of each simulated site in ``inputs``.
    """
    held: dict[str, list[tuple[str, float, bool]]] = {}
    shares = allocation.shares
    for block_id, site_id, inside, is_own in zip(
        shares["block_id"], shares["site_id"], shares["inside"], shares["is_own"]
    ):
        if inside > 0.0 and site_id in site_row and (is_own or site_id in usable):
            held.setdefault(block_id, []).append((site_id, float(inside), bool(is_own)))
    ids: list[str] = []
    pairs: list[tuple[str, str]] = []
    ptr: list[int] = [0]
    draw_ptr: list[int] = [0]
    site: list[int] = []
    share: list[float] = []
    index: list[int] = []
    index_share: list[float] = []
    is_point: list[int] = []
    whole: dict[str, int] = {}
    for block_id in block_ids:
        for site_id, inside, is_own in sorted(held.get(block_id, [])):
            points = allocation.points.get((block_id, site_id))
            if points is not None:
                index.extend(points.draws.tolist())
                index_share.extend(points.share.tolist())
            point = int(points is not None)
            _add(pairs, site, share, is_point, draw_ptr, block_id, site_id, site_row, inside, point, len(index))
            if is_own:
                whole[site_id] = len(ids)
        ids.append(block_id)
        ptr.append(len(pairs))
    for site_id in sorted(site_row):
        if site_id not in whole:
            whole[site_id] = len(ids)
            _add(pairs, site, share, is_point, draw_ptr, SITE_PREFIX + site_id, site_id, site_row, 1.0, 0, len(index))
            ids.append(SITE_PREFIX + site_id)
            ptr.append(len(pairs))
    element_ptr, element = [0], []
    of_site = [
        sorted(
            set(
                inputs.part_element[
                    inputs.part_ptr[inputs.variate_ptr[s]] : inputs.part_ptr[inputs.variate_ptr[s + 1]]
                ].tolist()
            )
        )
        for s in range(len(site_row))
    ]
    for i in range(len(ids)):
        element.extend(sorted({e for p in range(ptr[i], ptr[i + 1]) for e in of_site[site[p]]}))
        element_ptr.append(len(element))
    units = Units(
        np.array(ptr, np.int64),
        np.array(site, np.int64),
        np.array(share, float),
        np.array(draw_ptr, np.int64),
        np.array(index, np.int64),
        np.array(index_share, float),
        np.array(is_point, np.int64),
        np.array(element_ptr, np.int64),
        np.array(element, np.int64),
    )
    return UnitPlan(ids, pairs, units, whole)


def _add(pairs, site, share, is_point, draw_ptr, unit, site_id, site_row, value, point, end) -> None:
    pairs.append((unit, site_id))
    site.append(site_row[site_id])
    share.append(value)
    is_point.append(point)
    draw_ptr.append(end)
