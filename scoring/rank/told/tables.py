"""The layer ``ranked_blocks``: one row per block, fixed columns first.

Belongs here: which columns there are, and in which order. Does not belong here: formulas (``scoring.waste``, ``axes``,
``ranking``), sentences, or what one block has (``block_view``).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import geopandas as gpd
import shapely

from data_sources.contracts.frames import table_of
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from scoring.rank.state import RunState
from scoring.rank.told.block_view import BlockView, block_views
from scoring.rank.told.contents import contained_t, top_elements, top_sites
from scoring.rank.told.explanation import explain
from scoring.rank.told.notes import (
    capital_known,
    completeness_pct,
    fertility_note,
    flags_of,
    knowledge_of,
    missing_of,
    overlap_flags,
    sources_of,
)
from scoring.rank.told.site_tables import rounded
from scoring.waste.economics import usd_to_inr_crore

BLOCK_COLUMNS = (
    "block_id name kind state district minerals area_ha geometry_basis status status_reason rank rank_all_recoverable "
    "rank_fertility rank_p50 rank_p05 rank_p95 p_top10 p_top20 score_mean score_p10 score_p50 score_p90 value_axis "
    "strategic_axis fertility_axis modifier contribution_value contribution_strategic contribution_fertility "
    "net_value_usd_p10 net_value_usd_p50 net_value_usd_p90 margin_usd_per_t_p10 margin_usd_per_t_p50 "
    "margin_usd_per_t_p90 p_margin_positive breakeven_price_multiple tonnage_t_p50 top_sites top_elements "
    "knowledge_class completeness_pct flags explanation sources"
).split()

Column = tuple[str, Callable[[BlockView], object]]
"""A column's name and what it says of a block."""
_QUANTILES = tuple(enumerate(("p10", "p50", "p90")))


def _of_block(name: str) -> Column:
    return name, lambda b: b.state.given.column[name][b.i]


def _score(name: str, read: Callable[[BlockView], float]) -> Column:
    """A figure that only a RANKED block has."""
    return name, lambda b: read(b) if b.scores is not None else math.nan


def _summary(name: str, field: str) -> Column:
    return _score(name, lambda b: getattr(b.scores.summary, field)[b.j])  # type: ignore[union-attr]


def _top(name: str, field: str, k: int) -> Column:
    return _score(name, lambda b: getattr(b.scores.summary, field)[k][b.j])  # type: ignore[union-attr]


def _array(name: str, field: str, column: int) -> Column:
    return _score(name, lambda b: getattr(b.scores, field)[b.j, column])


def _contribution_of_fertility(b: BlockView) -> float:
    if b.scores is None or b.scores.fertility_use[b.j] not in ("measured", "drawn"):
        return math.nan
    return float(b.scores.contributions[b.j, 2])


def _fertility_axis(b: BlockView) -> float:
    """Of a ranked block its axis, of an unquantified one that has a place by fertility its percentile."""
    if b.fertility_place is not None:
        return b.state.given.fertility_of(b.i)
    return math.nan if b.scores is None else float(b.scores.axes[b.j, 2])


def _drawn(name: str, array: str, q: int, when: str) -> Column:
    """A quantile of what was simulated, where the block shows it."""
    return name, lambda b: getattr(b.out, array)[b.i, q] if getattr(b, when) else math.nan


def _net_value(q: int) -> Column:
    def read(b: BlockView) -> float:
        shown = b.shows_value and b.status == "RANKED"
        return float(b.out.net_basket[b.state.given.main_view, b.i, q]) if shown else math.nan

    return f"net_value_usd_{_QUANTILES[q][1]}", read


def _inr_crore(b: BlockView) -> float:
    return usd_to_inr_crore(_net_value(1)[1](b), b.state.given.settings.inr_per_usd)  # type: ignore[arg-type]


SCORE_COLUMNS: tuple[Column, ...] = (
    ("block_id", lambda b: b.block_id),
    *map(_of_block, ("name", "kind", "state", "district", "minerals", "area_ha", "geometry_basis")),
    ("status", lambda b: b.status),
    ("status_reason", lambda b: b.state.decided.reason[b.i] or None),
    _summary("rank_p05", "p05"),
    _summary("rank_p50", "p50"),
    _summary("rank_p95", "p95"),
    _top("p_top10", "p_top", 10),
    _top("p_top20", "p_top", 20),
    _top("p_top10_se", "p_top_se", 10),
    _top("p_top20_se", "p_top_se", 20),
    _score("score_mean", lambda b: b.scores.mean[b.j]),  # type: ignore[union-attr]
    *(_array(f"score_{p}", "quantiles", q) for q, p in _QUANTILES),
    _array("value_axis", "axes", 0),
    _array("strategic_axis", "axes", 1),
    ("fertility_axis", _fertility_axis),
    _array("contribution_value", "contributions", 0),
    _array("contribution_strategic", "contributions", 1),
    ("contribution_fertility", _contribution_of_fertility),
)
"""What a block is and how it scored."""

FACT_COLUMNS: tuple[Column, ...] = (
    ("modifier", lambda b: b.gate.multiplier if not b.gate.status else math.nan),
    _drawn("tonnage_t_p50", "tonnage", 1, "holds_tonnage"),
    _drawn("tonnage_t_p10", "tonnage", 0, "holds_tonnage"),
    _drawn("tonnage_t_p90", "tonnage", 2, "holds_tonnage"),
    *(_net_value(q) for q, _ in _QUANTILES),
    *(_drawn(f"project_net_value_usd_{p}", "net_project", q, "shows_value") for q, p in _QUANTILES),
    *(_drawn(f"margin_usd_per_t_{p}", "margin", q, "is_valued") for q, p in _QUANTILES),
    ("net_value_inr_crore_p50", _inr_crore),
    ("p_margin_positive", lambda b: b.out.p_positive[b.i] if b.is_valued else math.nan),
    _drawn("breakeven_price_multiple", "break_even", 1, "is_valued"),
    _drawn("breakeven_p10", "break_even", 0, "is_valued"),
    _drawn("breakeven_p90", "break_even", 2, "is_valued"),
    ("top_sites", lambda b: top_sites(b.state, b.i)),
    ("top_elements", lambda b: top_elements(b.state, b.i)),
    ("contained_critical_t_p50", lambda b: contained_t(b.state, b.i, b.state.given.main_basket)),
    ("nearest_site_id", lambda b: b.nearest[0]),
    ("nearest_site_km", lambda b: b.nearest[1]),
    ("knowledge_class", lambda b: knowledge_of(b.state, b.i)),
    ("completeness_pct", lambda b: completeness_pct(b.state, b.i)),
    ("likely_companions", lambda b: ", ".join(b.likely[0]) or None),
    ("missing", lambda b: "; ".join(missing_of(b.state, b.i)) or None),
    ("fertility_note", lambda b: fertility_note(b.state, b.i)),
    *((name, lambda b, name=name: b.measured_fertility(name)) for name in ("fertility_axis_p10", "fertility_axis_p90")),
    ("top_evidence", lambda b: b.top_evidence),
    ("flags", lambda b: "; ".join(flags_of(b.state, b.i, b.overlap)) or None),
    ("sources", lambda b: sources_of(b.state, b.i)),
    ("capital_known", lambda b: capital_known(b.state, b.i)),
    ("rank_fertility", lambda b: b.fertility_place),
)
"""What a block holds, what that is worth, and what is known of it."""


def rank_columns(state: RunState) -> tuple[Column, ...]:
    """The block's place in every basket; ``rank`` is the one in the ranked basket."""
    main = state.given.settings.basket

    def place(name: str) -> Callable[[BlockView], int | None]:
        return lambda b: b.rank_in(name)

    def own(b: BlockView) -> int | None:
        return None if b.scores is None else int(b.scores.rank[b.j])

    others: list[Column] = [(f"rank_{name}", place(name)) for name in state.given.baskets if name != main]
    again: list[Column] = [("rank_all_recoverable", own)] if main == "all_recoverable" else []
    return (*others, ("rank", own), *again)


def block_table(state: RunState) -> gpd.GeoDataFrame:
    """The layer ``ranked_blocks``: fixed columns first, then the ranks of other baskets and the useful extras."""
    columns = (*SCORE_COLUMNS, *rank_columns(state), *FACT_COLUMNS)
    rows: list[dict] = []
    for view in block_views(state, overlap_flags(state)):
        row = {name: read(view) for name, read in columns}
        row["explanation"] = explain(state, view.i, row, view.likely[1])
        rows.append(row)
    frame = rounded(table_of(rows, RANKED_BLOCKS))
    for column in ("rank", "rank_fertility", *state.given.settings.basket_columns()):
        frame[column] = frame[column].astype("Int64")
    # Whether every column is there is judged where all of them are: at the gate of publication.
    first = [c for c in BLOCK_COLUMNS if c in frame.columns]
    frame = frame[[*first, *(c for c in frame.columns if c not in BLOCK_COLUMNS)]]
    blocks = state.given.blocks
    result = gpd.GeoDataFrame(frame, geometry=[_multipolygon(g) for g in blocks.geometry], crs=blocks.crs)
    last = [10**9 if r["rank"] is None else int(r["rank"]) for r in rows]
    order = sorted(range(len(rows)), key=lambda i: (rows[i]["kind"], last[i], rows[i]["block_id"]))
    return result.iloc[order].reset_index(drop=True)


def _multipolygon(shape: shapely.Geometry | None) -> shapely.MultiPolygon:
    if shape is None or shape.is_empty:
        return shapely.MultiPolygon()
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
