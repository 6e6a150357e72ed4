"""Blocks without a rank beside each other: what speaks for each, in an order that is no ranking.

Belongs here: the order of a list and the evidence of a block's own minerals. Does not belong here: a score.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

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


def extra_fields(blocks: pd.DataFrame) -> list[Field]:
    """Those of ``EXTRA_FIELDS`` in which a list has anything."""
    return [f for f in EXTRA_FIELDS if f.name in blocks.columns and blocks[f.name].notna().any()]


def with_host_evidence(blocks: pd.DataFrame, evidence: pd.DataFrame) -> pd.DataFrame:
    """The blocks with ``host_evidence``: the survey evidence whose title names one of their minerals, the highest first."""
    shown = evidence[(evidence["role"] == "evidence") & evidence["percentile"].notna()]
    shown = shown.sort_values(["percentile", "evidence"], ascending=[False, True])
    of_block: dict[str, list[tuple[str, float]]] = {}
    for block, title, share in zip(shown["block_id"], shown["title"], shown["percentile"]):
        of_block.setdefault(str(block), []).append((str(title), float(share)))
    told = [_told(of_block.get(str(b), []), m) for b, m in zip(blocks["block_id"], blocks["minerals"])]
    return blocks.assign(**{EVIDENCE: pd.Series(told, index=blocks.index, dtype="str")})


def _told(evidence: list[tuple[str, float]], minerals: object) -> str | None:
    names = _plain(str(minerals)).split(";") if is_known(minerals) else []
    stems = [" ".join(n.split()[:2]) if "earth" in n else (n.split() or [""])[0] for n in names]
    mine = [(t, s) for t, s in evidence if any(stem and stem in _plain(t) for stem in stems)]
    return "; ".join(f"{title}: above {100 * share:.0f} %" for title, share in mine) or None


def _plain(words: str) -> str:
    return re.sub(r"[-_]", " ", words.lower()).strip()


def in_order(blocks: pd.DataFrame, sort: str) -> pd.DataFrame:
    """Ranked blocks first, by kind and rank; the others as ``ORDER_SAID`` has it; or by a column, missing values last."""
    keys = pd.DataFrame(
        {
            "unranked": blocks["rank"].isna(),
            "kind": blocks["kind"].map(KINDS.index),
            "rank": blocks["rank"],
            "fertility": blocks["rank_fertility"],
            "open": blocks["open_to_bid"].map(_OPEN).fillna(len(_OPEN)),
            "evidence": [-_share_of(v) for v in blocks[EVIDENCE]],
            "near": blocks["nearest_site_km"].astype("Float64").to_numpy(dtype=float, na_value=np.inf),
            "region": blocks["region"],
            "block_id": blocks["block_id"],
        }
    )
    order = keys.sort_values(list(keys.columns), na_position="last", kind="stable").index
    out = blocks.loc[order]
    if sort:
        column, _, way = sort.partition(":")
        out = out.sort_values(column, ascending=way != "desc", na_position="last", kind="stable")
    return out.reset_index(drop=True)


def _share_of(told: object) -> float:
    found = re.search(r"above (\d+) %", str(told)) if is_known(told) else None
    return float(found[1]) if found else -1.0
