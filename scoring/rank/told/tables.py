"""The layer ``ranked_blocks``: one row per block, fixed columns first.

Belongs here: which columns there are, and in which order. Does not belong here: formulas (``scoring.waste``, ``axes``,
``ranking``), sentences, or what one block has (``block_view``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import shapely

from data_sources.contracts.frames import table_of
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from khanij.foundation.wording import usd_to_inr_crore
from scoring.rank.state import RunState
from scoring.rank.told.access import (
    access_note,
    access_source,
    auction_outcome,
    auction_premium_pct,
    lease_holder,
    open_to_bid,
    operator,
    stated,
)
from scoring.rank.told.block_view import BlockView, block_views
from scoring.rank.told.cautions import cautions_of
from scoring.rank.told.classes import unfc_of
from scoring.rank.told.contents import contained_t, main_product, top_elements, top_sites
from scoring.rank.told.explanation import explain
from scoring.rank.told.guessed import figures_count, figures_expert_default, figures_own_knowledge
from scoring.rank.told.money import detail, finite, multiples_by_product, needed_recovery, prospect
from scoring.rank.told.notes import (
    completeness_pct,
    fertility_note,
    flags_of,
    missing_of,
    overlap_flags,
    sources_of,
)
from scoring.rank.told.shapes import position_known_to_km, shape_meaning
from scoring.rank.told.site_tables import rounded

BLOCK_COLUMNS = (
    "block_id name kind state district minerals area_ha geometry_basis status status_reason rank rank_all_recoverable "
    "rank_fertility rank_p50 rank_p05 rank_p95 tier p_top10 p_top20 score_mean score_p10 score_p50 score_p90 "
    "fertility_axis modifier contribution_value contribution_strategic contribution_fertility prospect main_product "
    "p_pays p_pays_if_built_today npv_usd_p10 npv_usd_p50 npv_usd_p90 npv_inr_crore_p50 capital_usd_p50 plant_mtpa_p50 "
    "life_years_p50 payback_years_p50 price_multiple_needed price_multiple_by_product recovery_needed "
    "affordable_premium_pct_p20 affordable_premium_pct_p50 royalty_inr_crore_per_year basket_value_usd_p10 "
    "basket_value_usd_p50 basket_value_usd_p90 tonnage_t_p50 top_sites top_elements knowledge_class class_tonnage "
    "class_grade class_recovery class_cost class_price unfc completeness_pct flags explanation sources"
).split()

Column = tuple[str, Callable[[BlockView], object]]
"""A column's name and what it says of a block."""
_QUANTILES = tuple(enumerate(("p10", "p50", "p90")))


def _of_block(name: str) -> Column:
    return name, lambda b: b.state.given.column[name][b.i]


def _said(name: str) -> Column:
    """What the source of blocks says in a column that it may lack."""
    return name, lambda b: stated(b, name) or None


def _score(name: str, read: Callable[[BlockView], float]) -> Column:
    """A figure that only a RANKED block has."""
    return name, lambda b: read(b) if b.scores is not None else math.nan


def _summary(name: str, field: str) -> Column:
    return _score(name, lambda b: getattr(b.scores.summary, field)[b.j])  # type: ignore[union-attr]


def _top(name: str, field: str, k: int) -> Column:
    return _score(name, lambda b: getattr(b.scores.summary, field)[k][b.j])  # type: ignore[union-attr]


def _array(name: str, field: str, column: int) -> Column:
    return _score(name, lambda b: getattr(b.scores, field)[b.j, column])


def _contribution_of_ground(b: BlockView) -> float:
    measured = b.scores is not None and b.state.decided.fertility_use(b.i) == "measured"
    return float(b.scores.contributions[b.j, 2]) if measured else math.nan  # type: ignore[union-attr]


def _fertility_axis(b: BlockView) -> float:
    """Of a ranked block whose ground counts, and of an unquantified one that has a place by it, its percentile."""
    counts = b.scores is not None and b.state.decided.fertility_use(b.i) == "measured"
    return b.state.given.fertility_of(b.i) if counts or b.fertility_place is not None else math.nan


def _tonnage(name: str, q: int) -> Column:
    return name, lambda b: b.metal.tonnage[b.i, q] if b.holds_tonnage else math.nan


def _money(name: str, array: str, *at: int) -> Column:
    """A figure of the projects under the ranking's price deck, where the block shows its value."""
    return name, lambda b: finite(float(getattr(b.money, array)[(0, b.i, *at)])) if b.is_valued else math.nan


def _premium(name: str, q: int) -> Column:
    return name, lambda b: 100.0 * finite(float(b.money.premium_q[0, b.i, q])) if b.is_valued else math.nan


def _detail(name: str, field: str, scale: float = 1.0) -> Column:
    """A figure of the plant of the main project; blank where it pays in under 5 % of the draws."""
    return name, lambda b: scale * detail(b.state, b.i, field) if b.is_valued else math.nan


def _basket_value(q: int) -> Column:
    def read(b: BlockView) -> float:
        shown = b.is_valued and b.status in ("RANKED", "OUT_OF_BASKET")
        return float(b.money.value[b.state.given.main_view, b.i, q]) if shown else math.nan

    return f"basket_value_usd_{_QUANTILES[q][1]}", read


def _npv_inr_crore(b: BlockView) -> float:
    npv = float(b.money.npv[0, b.i, 1]) if b.is_valued else math.nan
    return usd_to_inr_crore(npv, b.state.given.settings.inr_per_usd)


def _royalty_inr_crore(b: BlockView) -> float:
    royalty = detail(b.state, b.i, "royalty") if b.is_valued else math.nan
    return usd_to_inr_crore(royalty, b.state.given.settings.inr_per_usd)


def _unfc(b: BlockView) -> str | None:
    is_barred = bool(b.gate.status or b.gate.conditions)
    return unfc_of(b.state, b.i, b.classes, prospect(b.p_pays), is_barred=is_barred)


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
    ("fertility_axis", _fertility_axis),
    _array("contribution_value", "contributions", 0),
    _array("contribution_strategic", "contributions", 1),
    ("contribution_fertility", _contribution_of_ground),
    ("tier", lambda b: None if b.scores is None else b.scores.tiers[b.j]),
)
"""What a block is and how it scored."""

FACT_COLUMNS: tuple[Column, ...] = (
    ("modifier", lambda b: b.gate.multiplier if not b.gate.status else math.nan),
    _tonnage("tonnage_t_p50", 1),
    _tonnage("tonnage_t_p10", 0),
    _tonnage("tonnage_t_p90", 2),
    ("prospect", lambda b: prospect(b.p_pays)),
    ("main_product", lambda b: main_product(b.state, b.i) if b.is_valued else None),
    ("p_pays", lambda b: b.p_pays),
    _money("p_pays_if_built_today", "p_pays_today"),
    *(_money(f"npv_usd_{p}", "npv", q) for q, p in _QUANTILES),
    ("npv_inr_crore_p50", _npv_inr_crore),
    _detail("capital_usd_p50", "capital"),
    _detail("plant_mtpa_p50", "plant_t", 1e-6),
    _detail("life_years_p50", "life"),
    _detail("payback_years_p50", "payback"),
    _money("price_multiple_needed", "multiple_q", 1),
    _money("price_multiple_needed_p10", "multiple_q", 0),
    _money("price_multiple_needed_p90", "multiple_q", 2),
    ("price_multiple_by_product", lambda b: multiples_by_product(b.state, b.i) if b.is_valued else None),
    ("recovery_needed", lambda b: needed_recovery(b.state, b.i) if b.is_valued else math.nan),
    _premium("affordable_premium_pct_p20", 0),
    _premium("affordable_premium_pct_p50", 1),
    ("royalty_inr_crore_per_year", _royalty_inr_crore),
    *(_basket_value(q) for q, _ in _QUANTILES),
    ("top_sites", lambda b: top_sites(b.state, b.i)),
    ("top_elements", lambda b: top_elements(b.state, b.i)),
    ("contained_critical_t_p50", lambda b: contained_t(b.state, b.i, b.state.given.main_basket)),
    ("nearest_site_id", lambda b: b.nearest[0]),
    ("nearest_site_km", lambda b: b.nearest[1]),
    ("knowledge_class", lambda b: b.classes.worst),
    *((f"class_{f}", lambda b, f=f: getattr(b.classes, f)) for f in ("tonnage", "grade", "recovery", "cost", "price")),
    ("unfc", _unfc),
    ("completeness_pct", lambda b: completeness_pct(b.state, b.i)),
    ("likely_companions", lambda b: ", ".join(b.likely[0]) or None),
    ("likely_from", lambda b: b.likely[1] or None),
    ("missing", lambda b: "; ".join(missing_of(b.state, b.i)) or None),
    ("fertility_note", lambda b: fertility_note(b.state, b.i)),
    *((name, lambda b, name=name: b.measured_fertility(name)) for name in ("fertility_axis_p10", "fertility_axis_p90")),
    ("top_evidence", lambda b: b.top_evidence),
    ("flags", lambda b: "; ".join(flags_of(b.state, b.i, b.overlap)) or None),
    ("cautions", lambda b: cautions_of(flags_of(b.state, b.i, b.overlap))),
    ("shape_meaning", lambda b: shape_meaning(b.state, b.i)),
    ("position_known_to_km", lambda b: position_known_to_km(b.state, b.i)),
    ("sources", lambda b: sources_of(b.state, b.i)),
    ("figures_count", figures_count),
    ("figures_own_knowledge", figures_own_knowledge),
    ("figures_expert_default", figures_expert_default),
    ("rank_fertility", lambda b: b.fertility_place),
    ("open_to_bid", open_to_bid),
    ("operator", operator),
    ("lease_holder", lease_holder),
    ("auction_outcome", auction_outcome),
    ("auction_premium_pct", auction_premium_pct),
    *map(_said, ("concession", "auction_tranche", "auction_outcome_date", "preferred_bidder")),
    ("access_source", access_source),
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
    rows: list[dict[str, Any]] = []
    for view in block_views(state, overlap_flags(state)):
        row = {name: read(view) for name, read in columns}
        row["explanation"] = explain(state, view.i, row) + access_note(view)
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
