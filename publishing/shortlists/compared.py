"""Blocks without a rank beside each other: what speaks for each, in an order that is no ranking.

Belongs here: the order of a list and the evidence of a block's own minerals. Does not belong here: a score.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from data_sources.contracts import Field
from data_sources.contracts.published.output_fields import number, text
from data_sources.contracts.published.outputs import KINDS
from khanij.foundation.cells import is_known
from publishing.shortlists.asked import DISTANCE

EVIDENCE = "host_evidence"
ORDER_SAID = (
    "blocks without a rank stand in this order, which is no ranking: by fertility where the ground is surveyed, then open to "
    "bid, then the evidence of their own minerals, then the nearest waste"
)
EXTRA_FIELDS: tuple[Field, ...] = (
    number(DISTANCE, "Distance", "Geodesic distance of the outline from the place that the filter names.", "km"),
    text(EVIDENCE, "Evidence of its minerals", "Survey evidence that speaks of the block's notified minerals, with the share of the region's ground that is lower."),
)  # fmt: skip
"""Columns that a shortlist has beside those of the ranked blocks."""
_OPEN = {word: place for place, word in enumerate(("yes", "unknown", "operator", "third_party"))}


def extra_fields(blocks: Iterable[SimpleNamespace]) -> list[Field]:
    """Those of ``EXTRA_FIELDS`` in which a list has anything."""
    rows = list(blocks)
    return [f for f in EXTRA_FIELDS if any(is_known(getattr(row, f.name, None)) for row in rows)]


def give_host_evidence(blocks: Sequence[SimpleNamespace], evidence: Iterable[SimpleNamespace]) -> None:
    """Give each block ``host_evidence``: the survey evidence whose title names one of its minerals, the highest first."""
    shown = [e for e in evidence if e.role == "evidence" and is_known(e.percentile)]
    of_block: dict[str, list[tuple[str, float]]] = {}
    for e in sorted(shown, key=lambda e: (-e.percentile, e.evidence)):
        of_block.setdefault(e.block_id, []).append((str(e.title), e.percentile))
    for block in blocks:
        setattr(block, EVIDENCE, _told(of_block.get(block.block_id, []), block.minerals))


def _told(evidence: list[tuple[str, float]], minerals: object) -> str | None:
    names = _plain(str(minerals)).split(";") if is_known(minerals) else []
    stems = [" ".join(n.split()[:2]) if "earth" in n else (n.split() or [""])[0] for n in names]
    mine = [(t, s) for t, s in evidence if any(stem and stem in _plain(t) for stem in stems)]
    return "; ".join(f"{title}: above {100 * share:.0f} %" for title, share in mine) or None


def _plain(words: str) -> str:
    return re.sub(r"[-_]", " ", words.lower()).strip()


def in_order(blocks: Iterable[SimpleNamespace], sort: str) -> list[SimpleNamespace]:
    """Ranked blocks first, by kind and rank; the others as ``ORDER_SAID`` has it; or by a column, missing values last."""

    def place(b: SimpleNamespace) -> tuple[Any, ...]:
        ranks = (math.inf if v is None else v for v in (b.rank, b.rank_fertility))
        near = math.inf if b.nearest_site_km is None else b.nearest_site_km
        is_open = _OPEN.get(b.open_to_bid, len(_OPEN))
        kind = KINDS.index(b.kind)
        return (b.rank is None, kind, *ranks, is_open, -_share_of(getattr(b, EVIDENCE)), near, b.region, b.block_id)

    out = sorted(blocks, key=place)
    if not sort:
        return out
    column, _, way = sort.partition(":")
    known = [b for b in out if is_known(getattr(b, column))]
    known.sort(key=lambda b: getattr(b, column), reverse=way == "desc")  # equal rows stay as they were
    return known + [b for b in out if not is_known(getattr(b, column))]


def _share_of(told: object) -> float:
    found = re.search(r"above (\d+) %", str(told)) if is_known(told) else None
    return float(found[1]) if found else -1.0
