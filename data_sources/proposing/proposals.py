"""The values of proposing: what is known beside a file, and a data set as one layer.

Belongs here: what is passed on. Does not belong here: how it is found (``judging``, ``whole_files``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from data_sources.proposing.folder import Found
from data_sources.proposing.telling import Bounds

GRID_LAYER = "geophysics"
OUTLINES = "outlines"
"""What a source of the waste register is called whose polygons are outlines of its sites."""
POSITIONS = "positions"
"""What one is called whose places are those of the sites that they name."""
FURTHER = (OUTLINES, POSITIONS)
"""Sources of the register that are no layers of their own; each is called after its kind."""
LEAST_SCORE = 3.0
"""What must speak for a layer, in the weights of ``judging``."""


@dataclass(frozen=True)
class Known:
    """What is known beside the file: ids of the waste sites, codes of wastes, gates that a run reads, a CRS for files without one.

    ``has_unplaced_sites``: the sites' own file has no places. ``own_key`` is (file of the sites, the
    column that identifies them), ``site_column`` (file of the sites, column that the other tables name, why).
    """

    site_ids: frozenset[str] = frozenset()
    site_column: tuple[Found, str, str] | None = None
    has_unplaced_sites: bool = False
    own_key: tuple[Found, str] | None = None
    codes: frozenset[str] = frozenset()
    gates: tuple[str, ...] = ()
    crs: str | None = None


@dataclass(frozen=True)
class Proposal:
    """A data set as one layer (or gate): what speaks for it, what to look at, and how it is read.

    ``bounds_deg`` is west, south, east, north of the rows that would be kept, where any has a place.
    """

    found: Found
    layer: str
    score: float
    why: tuple[str, ...]
    look_at: tuple[str, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    bounds_deg: Bounds | None = None
    site_ids: frozenset[str] = frozenset()
    is_gate: bool = False
