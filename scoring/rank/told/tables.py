"""The layer ``ranked_blocks``: one row per block, fixed columns first.

Belongs here: columns. Does not belong here: formulas (``scoring.waste``, ``axes``, ``ranking``) or sentences.
"""

from __future__ import annotations

import math

import geopandas as gpd
import pandas as pd
import shapely

from data_sources.contracts.frames import table_of
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from scoring.rank.scores import Scores
from scoring.rank.state import RunState
from scoring.rank.told.contents import contained_t, top_elements, top_sites
from scoring.rank.told.explanation import explain
from scoring.rank.told.notes import (
    capital_known,
    completeness_pct,
    fertility_note,
    flags_of,
    knowledge_of,
    likely_of,
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

_OF_RANKED = (
    "rank_p05 rank_p50 rank_p95 p_top10 p_top20 p_top10_se p_top20_se score_mean score_p10 score_p50 score_p90 "
    "value_axis strategic_axis fertility_axis contribution_value contribution_strategic contribution_fertility"
).split()
"""Figures that only a RANKED block has (``fertility_axis`` also an UNQUANTIFIED one)."""


def block_table(state: RunState) -> gpd.GeoDataFrame:
    """The layer ``ranked_blocks``: fixed columns first, then the ranks of other baskets and the useful extras."""
    rows: list[dict] = []
    likely_in: dict[str, str] = {}
    settings = state.settings
    place = {
        name: {i: (s, j) for kind, s in kinds.items() for j, i in enumerate(s.members)}
        for name, kinds in state.scores.items()
    }
    overlap = overlap_flags(state)
    near = state.allocation.nearest
    nearest = {b: (None if pd.isna(s) else s, km) for b, s, km in zip(*(near[c].tolist() for c in near.columns))}
    out = state.simulation.out
    main = state.basket_names.index(settings.basket)
    for i, block_id in enumerate(state.ids):
        source = {
            c: state.column[c][i]
            for c in ("name", "kind", "state", "district", "minerals", "area_ha", "geometry_basis")
        }
        gate, status = state.block_gates[block_id], state.status[i]
        row: dict = {"block_id": block_id, **source, "status": status, "status_reason": state.reason[i] or None}
        row.update(dict.fromkeys(_OF_RANKED, math.nan))
        ranked = status == "RANKED"
        for name in state.basket_names:
            if name != settings.basket:
                found = place[name].get(i)
                row[f"rank_{name}"] = None if found is None else int(found[0].rank[found[1]])
        found = place[settings.basket].get(i) if ranked else None
        row["rank"] = None if found is None else int(found[0].rank[found[1]])
        if settings.basket == "all_recoverable":
            row["rank_all_recoverable"] = row["rank"]
        if found is not None:
            _put_scores(row, *found)
        row["modifier"] = gate.multiplier if not gate.status else math.nan
        simulated = state.plan.units.ptr[i] < state.plan.units.ptr[i + 1]
        shows_value = simulated and bool(state.holds[i]) and status in ("RANKED", "OUT_OF_BASKET", "UNQUANTIFIED")
        # a site that hardly ever falls inside is not held: its share of some draws is no tonnage of the block
        held = simulated and (bool(state.holds[i]) or state.own_record(i) is not None)
        row["tonnage_t_p50"] = out.tonnage[i, 1] if held else math.nan
        row["tonnage_t_p10"], row["tonnage_t_p90"] = (
            (out.tonnage[i, 0], out.tonnage[i, 2]) if held else (math.nan, math.nan)
        )
        for q, p in enumerate(("p10", "p50", "p90")):
            row[f"net_value_usd_{p}"] = out.net_basket[main, i, q] if shows_value and status == "RANKED" else math.nan
            row[f"project_net_value_usd_{p}"] = out.net_project[i, q] if shows_value else math.nan
            row[f"margin_usd_per_t_{p}"] = out.margin[i, q] if simulated and record_known(state, i) else math.nan
        row["net_value_inr_crore_p50"] = usd_to_inr_crore(row["net_value_usd_p50"], settings.inr_per_usd)
        row["p_margin_positive"] = out.p_positive[i] if simulated and record_known(state, i) else math.nan
        row["breakeven_price_multiple"] = out.break_even[i, 1] if simulated and record_known(state, i) else math.nan
        row["breakeven_p10"], row["breakeven_p90"] = (
            (out.break_even[i, 0], out.break_even[i, 2])
            if simulated and record_known(state, i)
            else (math.nan, math.nan)
        )
        row["top_sites"] = top_sites(state, i)
        row["top_elements"] = top_elements(state, i)
        row["contained_critical_t_p50"] = contained_t(state, i, state.baskets[main])
        row["nearest_site_id"], row["nearest_site_km"] = nearest[block_id]
        row["knowledge_class"] = knowledge_of(state, i)
        row["completeness_pct"] = completeness_pct(state, i)
        likely, likely_where = likely_of(state, i, row["nearest_site_id"])
        row["likely_companions"] = ", ".join(likely) or None
        likely_in[block_id] = likely_where
        row["missing"] = "; ".join(missing_of(state, i)) or None
        row["fertility_note"] = fertility_note(state, i)
        told = state.fertility_columns.get(block_id, {})
        applies = state.fertility_use(row["kind"])[i] == "measured"
        for column in ("fertility_axis_p10", "fertility_axis_p90"):
            row[column] = float(told.get(column, math.nan)) if applies else math.nan
        row["top_evidence"] = (told.get("top_evidence") or None) if applies else None
        row["flags"] = "; ".join(flags_of(state, i, overlap)) or None
        row["sources"] = sources_of(state, i)
        row["capital_known"] = capital_known(state, i)
        rows.append(row)
    _rank_fertility(state, rows)
    for i, row in enumerate(rows):
        row["explanation"] = explain(state, i, row, likely_in[row["block_id"]])
    frame = rounded(table_of(rows, RANKED_BLOCKS))
    for column in ("rank", "rank_fertility", *settings.basket_columns()):
        frame[column] = frame[column].astype("Int64")
    # Whether every column is there is judged where all of them are: at the gate of publication.
    first = [c for c in BLOCK_COLUMNS if c in frame.columns]
    frame = frame[[*first, *(c for c in frame.columns if c not in BLOCK_COLUMNS)]]
    result = gpd.GeoDataFrame(frame, geometry=[_multipolygon(g) for g in state.blocks.geometry], crs=state.blocks.crs)
    last = [10**9 if r["rank"] is None else int(r["rank"]) for r in rows]
    order = sorted(range(len(rows)), key=lambda i: (rows[i]["kind"], last[i], rows[i]["block_id"]))
    return result.iloc[order].reset_index(drop=True)


def record_known(state: RunState, i: int) -> bool:
    """Whether margin and break-even of the block's waste can be said at all."""
    record = state.own_record(i)
    return bool(state.holds[i]) or (record is not None and record.has_value)


def _put_scores(row: dict, scores: Scores, j: int) -> None:
    s = scores.summary
    row.update(rank_p05=s.p05[j], rank_p50=s.p50[j], rank_p95=s.p95[j])
    row.update(
        p_top10=s.p_top[10][j], p_top20=s.p_top[20][j], p_top10_se=s.p_top_se[10][j], p_top20_se=s.p_top_se[20][j]
    )
    row.update(zip(("score_p10", "score_p50", "score_p90"), scores.quantiles[j, :3]), score_mean=scores.mean[j])
    row.update(zip(("value_axis", "strategic_axis", "fertility_axis"), scores.axes[j]))
    row.update(zip(("contribution_value", "contribution_strategic"), scores.contributions[j, :2]))
    row["contribution_fertility"] = (
        scores.contributions[j, 2] if scores.fertility_use[j] in ("measured", "drawn") else math.nan
    )


def _multipolygon(shape: shapely.Geometry | None) -> shapely.MultiPolygon:
    if shape is None or shape.is_empty:
        return shapely.MultiPolygon()
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])


def _rank_fertility(state: RunState, rows: list[dict]) -> None:
    """UNQUANTIFIED blocks by fertility within their kind, ties by id."""
    for kind in sorted(set(state.blocks["kind"])):
        mine = [
            i
            for i, r in enumerate(rows)
            if r["kind"] == kind
            and r["status"] == "UNQUANTIFIED"
            and not math.isnan(state.fertility_of(i))
            and state.fertility_use(kind)[i] == "measured"
        ]
        mine.sort(key=lambda i: (-state.fertility_of(i), state.ids[i]))
        for place, i in enumerate(mine, 1):
            rows[i]["rank_fertility"], rows[i]["fertility_axis"] = place, state.fertility_of(i)
    for row in rows:
        row.setdefault("rank_fertility", None)
