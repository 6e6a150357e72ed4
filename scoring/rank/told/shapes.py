"""What the shape of a block on a map means: a surveyed outline, or a circle within which its waste lies.

Belongs here: the words for a basis of a geometry, and how well a position is known. Does not belong here: how a circle is
made (``scoring.waste.shares.waste_blocks``) or drawn (``publishing``).
"""

from __future__ import annotations

import math

from khanij.foundation.cells import is_known, text
from khanij.foundation.wording import number
from scoring.rank.state import RunState
from scoring.waste.shares.waste_blocks import DEFAULT_R90_M

CIRCLE = "position_circle"
_BASES = {
    "footprint": "mapped outline of the waste",
    "mapped": "outline as its source maps it",
    "tender_corners": "outline from the corner coordinates of the tender",
    "corner_coordinates": "outline from corner coordinates",
    "sheet_numbering": "a sheet of the Survey of India, no boundary of anything",
    "grid": "a cell of a grid, no boundary of anything",
}


def position_known_to_km(state: RunState, i: int) -> float:
    """Radius [km] of the circle that stands for block ``i``; NaN where an outline is drawn, or nothing."""
    record = state.given.own_record(i)
    if text(state.given.column["geometry_basis"][i]) != CIRCLE or record is None:
        return math.nan
    stated = record.row.position_accuracy_m
    return (stated if stated > 0 else DEFAULT_R90_M) / 1000.0


def shape_meaning(state: RunState, i: int) -> str | None:
    """What the shape of block ``i`` means, in words; of a circle: ``position known to 8 km``."""
    basis = text(state.given.column["geometry_basis"][i])
    if basis == CIRCLE:
        km = position_known_to_km(state, i)
        if math.isnan(km):
            return "circle, no boundary: position known to its radius"
        record = state.given.own_record(i)
        assumed = (
            "" if record is not None and record.row.position_accuracy_m > 0 else " (assumed, the source does not say)"
        )
        return f"circle, no boundary: position known to {number(km)} km{assumed}"
    if basis in ("none", ""):
        record = state.given.own_record(i)
        has_place = record is not None and is_known(record.row.lon)
        return "excluded, so it is on no map" if has_place else "position not known, so it is on no map"
    return _BASES.get(basis, f"outline: {basis.replace('_', ' ')}")
