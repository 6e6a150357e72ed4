"""The state of a run and the tables made from it: ranked blocks, sites, elements, the mass balance.

Belongs here: columns. Does not belong here: formulas (``scoring.waste``, ``axes``, ``ranking``) or sentences.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from scoring.rank.axes import Scores, fertility_uses
from scoring.rank.gates import Gate
from scoring.rank.settings import RankingSettings
from scoring.units import significant, usd_to_inr_crore
from scoring.waste.allocation import Allocation
from scoring.waste.engine import Inputs, Simulation
from scoring.waste.inventory import CLASSES, SiteRecord, text
from scoring.waste.routes import RouteBook
from scoring.waste.units import UnitPlan

BLOCK_COLUMNS = (
    "block_id name kind state district minerals area_ha geometry_basis status status_reason rank rank_all_recoverable "
    "rank_fertility rank_p50 rank_p05 rank_p95 p_top10 p_top20 score_mean score_p10 score_p50 score_p90 value_axis "
    "strategic_axis fertility_axis modifier contribution_value contribution_strategic contribution_fertility "
    "net_value_usd_p10 net_value_usd_p50 net_value_usd_p90 margin_usd_per_t_p10 margin_usd_per_t_p50 "
    "margin_usd_per_t_p90 p_margin_positive breakeven_price_multiple tonnage_t_p50 top_sites top_elements "
    "knowledge_class completeness_pct flags explanation sources"
).split()


@dataclass
class RunState:
    """One run with its draws: what the tables, the robustness report and the value of information read."""

    blocks: gpd.GeoDataFrame
    records: dict[str, SiteRecord]
    book: RouteBook
    settings: RankingSettings
    allocation: Allocation
    inputs: Inputs
    elements: list[str]
    plan: UnitPlan
    simulation: Simulation
    site_gates: dict[str, Gate]
    block_gates: dict[str, Gate]
    basket_names: list[str]
    baskets: list[frozenset[str]]
    fertility: pd.DataFrame | None
    ids: list[str] = field(default_factory=list)
    status: list[str] = field(default_factory=list)
    reason: list[str] = field(default_factory=list)
    holds: list[list[str]] = field(default_factory=list)
    scores: dict[str, dict[str, Scores]] = field(default_factory=dict)
    other_deck: dict[str, Scores] = field(default_factory=dict)
    other_deck_name: str = ""
    _uses: dict[str, dict[int, str]] = field(default_factory=dict)

    def decide(self) -> None:
        """Status and reason of every block; GATED, LEASED, UNQUANTIFIED, OUT_OF_BASKET, RANKED in this precedence."""
        self.ids = self.blocks["block_id"].tolist()
        self.holds = self._quantified_sites()
        main = self.baskets[self.basket_names.index(self.settings.basket)]
        for i, block_id in enumerate(self.ids):
            gate = self.block_gates[block_id]
            if gate.status:
                status, reason = gate.status, gate.reason
            elif not self.holds[i] and not self._is_shown_out_of_basket(i, main):
                status, reason = "UNQUANTIFIED", self._why_unquantified(i)
            elif not self.sold_by(i) & main:
                status, reason = "OUT_OF_BASKET", self._why_out(i)
            else:
                status, reason = "RANKED", ""
            self.status.append(status)
            self.reason.append(reason)
        for kind in sorted(set(self.blocks["kind"])):
            alone = self.members(kind, self.settings.basket)
            if len(alone) == 1:
                self.status[alone[0]] = "UNQUANTIFIED"
                self.reason[alone[0]] = (
                    "the only block of its kind with a quantified site: one block alone is not ranked"
                )

    def _quantified_sites(self) -> list[list[str]]:
        """Per block, the sites whose metal counts: quantified, allowed to rank, not withheld, with enough inside."""
        out: dict[str, list[str]] = {b: [] for b in self.blocks["block_id"]}
        s = self.allocation.shares
        for block_id, site_id, inside, is_own in zip(s["block_id"], s["site_id"], s["inside"], s["is_own"]):
            record = self.records.get(site_id)
            if record is None or not record.has_value or not record.may_rank or inside < self.settings.min_inside:
                continue
            if is_own or not self.site_gates[site_id].status:
                out[block_id].append(site_id)
        return [out[b] for b in self.blocks["block_id"]]

    def _is_shown_out_of_basket(self, i: int, basket: frozenset[str]) -> bool:
        """A site with published figures that may not be ranked as one is still known to hold none of the basket."""
        record = self.own_record(i)
        return (
            record is not None
            and record.has_value
            and not record.may_rank
            and not record.is_screening
            and "more than one facility" in " ".join(record.reasons)
            and not set(record.sold) & basket
        )

    def own_record(self, i: int) -> SiteRecord | None:
        """The record of a waste block's own site."""
        site = text(self.blocks["site_id"].iat[i])
        return self.records.get(site) if self.blocks["kind"].iat[i] == "waste_block" else None

    def sold_by(self, i: int) -> set[str]:
        """Elements that the routes of the block's counted sites sell."""
        sites = self.holds[i] or ([text(self.blocks["site_id"].iat[i])] if self.own_record(i) else [])
        return {e for s in sites for e in self.records[s].sold}

    def members(self, kind: str, basket: str) -> list[int]:
        """Rows of one kind that are ranked in a basket."""
        wanted = self.baskets[self.basket_names.index(basket)]
        kinds = self.blocks["kind"].to_numpy()
        out = []
        for i, block_id in enumerate(self.ids):
            if (
                kinds[i] == kind
                and not self.block_gates[block_id].status
                and self.holds[i]
                and self.sold_by(i) & wanted
            ):
                out.append(i)
        return out

    def fertility_of(self, i: int) -> float:
        """Fertility percentile of a block in [0, 1]; NaN where it is missing."""
        return self._fertility_value(self.ids[i], "fertility_axis")

    def _fertility_value(self, block_id: str, column: str) -> float:
        if self.fertility is None or column not in self.fertility.columns:
            return math.nan
        if not hasattr(self, "_fertility_index"):
            self._fertility_index = self.fertility.assign(block_id=self.fertility["block_id"].astype(str)).set_index(
                "block_id"
            )
        table = self._fertility_index
        return (
            float(table.at[block_id, column])
            if block_id in table.index and not pd.isna(table.at[block_id, column])
            else math.nan
        )

    def fertility_use(self, kind: str) -> dict[int, str]:
        """How F enters each block of a kind (``axes.fertility_uses``); it does not apply to transported waste."""
        if kind not in self._uses:
            rows = [i for i in range(len(self.ids)) if self.blocks["kind"].iat[i] == kind]
            applies = [not self._all_transported(i) for i in rows]
            self._uses[kind] = dict(zip(rows, fertility_uses([self.fertility_of(i) for i in rows], applies)))
        return self._uses[kind]

    def _all_transported(self, i: int) -> bool:
        record = self.own_record(i)
        if record is not None:
            return bool(record.row.get("is_transported"))
        return bool(self.holds[i]) and all(bool(self.records[s].row.get("is_transported")) for s in self.holds[i])

    def _why_unquantified(self, i: int) -> str:
        record = self.own_record(i)
        if record is not None:
            return "; ".join(record.reasons) or "no quantified site"
        shares = self.allocation.shares
        mine = shares[(shares["block_id"] == self.ids[i]) & (shares["inside"] >= self.settings.min_inside)]
        why = []
        for site_id in mine["site_id"]:
            gate, site = self.site_gates[site_id], self.records[site_id]
            why.append(
                f"{text(site.row.get('name'))} inside it is withheld ({gate.status.lower()}: {gate.reason})"
                if gate.status
                else f"{text(site.row.get('name'))} inside it: {'; '.join(site.reasons)}"
            )
        return "; ".join(why) or "no known waste site inside"

    def _why_out(self, i: int) -> str:
        have = ", ".join(self.book.element_name(e) for e in sorted(self.sold_by(i)))
        return f"no metal of {self.settings.basket} is known to be recoverable here; the route sells {have}"


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    for column in frame.columns:
        if pd.api.types.is_float_dtype(frame[column]):
            frame[column] = [significant(float(v)) if not pd.isna(v) else math.nan for v in frame[column]]
    return frame


def block_table(state: RunState) -> tuple[gpd.GeoDataFrame, list[dict]]:
    """The layer ``ranked_blocks``: fixed columns first, then the ranks of other baskets and the useful extras."""
    from scoring.rank.explanation import explain

    rows: list[dict] = []
    settings = state.settings
    place = {
        name: {i: (s, j) for kind, s in kinds.items() for j, i in enumerate(s.members)}
        for name, kinds in state.scores.items()
    }
    overlap = _overlap_flags(state)
    nearest = state.allocation.nearest.set_index("block_id")
    out = state.simulation.out
    main = state.basket_names.index(settings.basket)
    for i, block_id in enumerate(state.ids):
        source = {
            c: state.blocks[c].iat[i]
            for c in ("name", "kind", "state", "district", "minerals", "area_ha", "geometry_basis")
        }
        gate, status = state.block_gates[block_id], state.status[i]
        record = state.own_record(i)
        row: dict = {"block_id": block_id, **source, "status": status, "status_reason": state.reason[i] or None}
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
        row["tonnage_t_p50"] = out.tonnage[i, 1] if simulated else math.nan
        row["tonnage_t_p10"], row["tonnage_t_p90"] = (
            (out.tonnage[i, 0], out.tonnage[i, 2]) if simulated else (math.nan, math.nan)
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
        row["top_sites"] = _top_sites(state, i)
        row["top_elements"] = _top_elements(state, i)
        row["contained_critical_t_p50"] = _contained_t(state, i, state.baskets[main])
        near = nearest.loc[block_id]
        row["nearest_site_id"] = None if pd.isna(near["nearest_site_id"]) else near["nearest_site_id"]
        row["nearest_site_km"] = near["nearest_site_km"]
        row["knowledge_class"] = _knowledge(state, i)
        row["completeness_pct"] = _completeness(state, i)
        row["likely_companions"] = ", ".join(_likely(state, i, row["nearest_site_id"])) or None
        row["missing"] = "; ".join(_missing(state, i)) or None
        row["fertility_note"] = _fertility_note(state, i)
        row["flags"] = "; ".join(_flags(state, i, overlap)) or None
        row["sources"] = _sources(state, i)
        row["capital_known"] = _capital(state, i)
        rows.append(row)
    _rank_fertility(state, rows)
    for i, row in enumerate(rows):
        row["explanation"] = explain(state, i, row)
    frame = pd.DataFrame(rows)
    for column in BLOCK_COLUMNS:
        if column not in frame:
            frame[column] = None
    ranks = [
        c
        for c in frame.columns
        if c in ("rank", "rank_fertility") or (c.startswith("rank_") and c not in ("rank_p05", "rank_p50", "rank_p95"))
    ]
    frame = _rounded(frame)
    for column in ranks:
        frame[column] = frame[column].astype("Int64")
    extras = [c for c in frame.columns if c not in BLOCK_COLUMNS]
    frame = frame[[*BLOCK_COLUMNS, *extras]]
    result = gpd.GeoDataFrame(frame, geometry=[_multipolygon(g) for g in state.blocks.geometry], crs=state.blocks.crs)
    order = sorted(
        range(len(result)),
        key=lambda i: (
            frame["kind"].iat[i],
            frame["rank"].iat[i] if not pd.isna(frame["rank"].iat[i]) else 10**9,
            frame["block_id"].iat[i],
        ),
    )
    return result.iloc[order].reset_index(drop=True), rows


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


def _pairs_of(state: RunState, i: int) -> dict[str, tuple[float, float]]:
    """site_id -> (mean tonnage inside, mean unit revenue) of one block."""
    out: dict[str, tuple[float, float]] = {}
    for p in range(state.plan.units.ptr[i], state.plan.units.ptr[i + 1]):
        site = state.plan.pairs[p][1]
        t, r = out.get(site, (0.0, 0.0))
        out[site] = (t + float(state.simulation.out.pair_tonnage[p]), r + float(state.simulation.out.pair_revenue[p]))
    return out


def _top_sites(state: RunState, i: int) -> str | None:
    pairs = _pairs_of(state, i)
    shares = state.allocation.shares
    total_r, total_t = math.fsum(v[1] for v in pairs.values()), math.fsum(v[0] for v in pairs.values())
    texts = []
    for site in sorted(pairs, key=lambda s: (-pairs[s][1], -pairs[s][0], s))[:3]:
        t, r = pairs[site]
        part = (
            f"{100 * r / total_r:.0f} % of revenue"
            if total_r > 0
            else f"{100 * t / total_t:.0f} % of tonnage"
            if total_t > 0
            else "inside"
        )
        texts.append(f"{site} (inside, {part})")
    if len(texts) < 3:
        mine = shares[
            (shares["block_id"] == state.ids[i]) & (shares["near"] > 0) & ~shares["site_id"].isin(list(pairs))
        ]
        for site, km in sorted(zip(mine["site_id"], mine["distance_km"]), key=lambda x: (x[1], x[0]))[: 3 - len(texts)]:
            texts.append(f"{site} (near, {km:.1f} km, not scored)")
    return "; ".join(texts) or None


def element_rows(state: RunState, unit: int) -> list[tuple[str, int]]:
    """(element, row of the outputs) of one unit."""
    u = state.plan.units
    return [(state.elements[u.element[p]], p) for p in range(u.element_ptr[unit], u.element_ptr[unit + 1])]


def revenue_shares(state: RunState, unit: int) -> dict[str, float]:
    """Element -> share of the unit's revenue, largest first."""
    rows = {e: float(state.simulation.out.revenue[p]) for e, p in element_rows(state, unit)}
    total = math.fsum(rows.values())
    return {e: v / total for e, v in sorted(rows.items(), key=lambda x: (-x[1], x[0])) if v > 0} if total > 0 else {}


def _top_elements(state: RunState, i: int) -> str | None:
    shares = revenue_shares(state, i)
    return "; ".join(f"{e} {100 * s:.0f} %" for e, s in list(shares.items())[:3]) or None


def _contained_t(state: RunState, i: int, basket: frozenset[str]) -> float:
    """Sum of the medians of contained basket metal [t]; NaN where none is assayed."""
    values = [
        state.simulation.out.contained[p, 1]
        for e, p in element_rows(state, i)
        if e in basket and not math.isnan(state.simulation.out.recoverable[p, 1])
    ]
    return math.fsum(values) / 1000.0 if values else math.nan


def _knowledge(state: RunState, i: int) -> str:
    record = state.own_record(i)
    if record is not None:
        return record.knowledge_class
    return max((state.records[s].knowledge_class for s in state.holds[i]), key=CLASSES.index, default="none")


def _site_items(state: RunState, record: SiteRecord) -> dict[str, bool]:
    sold = [a for a in record.assays if any(e in record.sold for e, _ in a.parts)]
    return {
        "position": not pd.isna(record.row.get("lon")),
        "mapped footprint": state.blocks.loc[state.blocks["site_id"] == record.site_id, "geometry_basis"]
        .eq("footprint")
        .any(),
        "tonnage": record.tonnage_spec is not None and not record.is_screening,
        "assays of what can be sold": bool(sold),
        "assays of the site itself": any(a.knowledge_class != "analogue" for a in sold),
        "treatment route with costs": record.cost_known,
        "capital cost": record.capital_known,
        "lease status": text(record.row.get("lease_status")) not in ("", "unknown"),
    }


def _items(state: RunState, i: int) -> dict[str, bool]:
    record = state.own_record(i)
    sites = [record] if record is not None else [state.records[s] for s in state.holds[i]]
    if not sites:
        items = {k: False for k in ("quantified waste inside", "tonnage", "assays of what can be sold", "lease status")}
        items["lease status"] = text(state.blocks["lease_status"].iat[i]) not in ("", "unknown")
    else:
        each = [_site_items(state, r) for r in sites]
        items = {k: all(e[k] for e in each) for k in each[0]}
    if state.fertility_use(state.blocks["kind"].iat[i])[i] != "not_applicable":
        items["survey layers (fertility)"] = not math.isnan(state.fertility_of(i))
    return items


def _completeness(state: RunState, i: int) -> float:
    items = _items(state, i)
    return 100.0 * sum(items.values()) / len(items)


def _missing(state: RunState, i: int) -> list[str]:
    return [k for k, known in _items(state, i).items() if not known]


def _likely(state: RunState, i: int, nearest: str | None) -> list[str]:
    record = state.own_record(i) or (state.records.get(nearest) if nearest and not state.holds[i] else None)
    if record is None:
        return list(dict.fromkeys(e for s in state.holds[i] for e in state.records[s].likely))
    return record.likely


def _fertility_note(state: RunState, i: int) -> str:
    use = state.fertility_use(state.blocks["kind"].iat[i])[i]
    return {
        "measured": "fertility of the ground from held-out survey evidence",
        "drawn": "fertility missing for this block only: drawn U(0, 1) in every realisation",
        "missing": "fertility missing: no survey layers cover any block of this kind; the other weights are scaled to 1",
        "not_applicable": "fertility does not apply: transported waste says nothing of the ground beneath it",
    }[use]


def _flags(state: RunState, i: int, overlap: dict[str, list[str]]) -> list[str]:
    block_id, record = state.ids[i], state.own_record(i)
    flags = [f.strip() for f in text(state.blocks["flags"].iat[i]).split(";") if f.strip()]
    flags += state.block_gates[block_id].flags
    if record is not None:
        if record.is_screening:
            flags.append("screening_tonnage")
        if text(record.row.get("shares_complex_with")):
            flags.append(f"shares_complex_with:{text(record.row.get('shares_complex_with'))}")
    shares = state.allocation.shares
    mine = shares[(shares["block_id"] == block_id) & (shares["inside"] > 0) & ~shares["is_own"].astype(bool)]
    for site in mine["site_id"]:
        if state.site_gates[site].status:
            flags.append(f"withheld_site:{site}")
    if _is_district_level(state, i, mine["site_id"].tolist()):
        flags.append("district_level")
    flags += overlap.get(block_id, [])
    return list(dict.fromkeys(flags))


def _is_district_level(state: RunState, i: int, sites: list[str]) -> bool:
    """Position accuracy worse than half the block's equivalent diameter, ``sqrt(A / pi)``."""
    area_ha = state.blocks["area_ha"].iat[i]
    if not sites or pd.isna(area_ha):
        return False
    half_diameter_m = math.sqrt(float(area_ha) * 1e4 / math.pi)
    basis = dict(zip(state.allocation.shares["site_id"], state.allocation.shares["share_basis"]))
    accuracy = [
        float(state.records[s].row.get("position_accuracy_m") or 0.0) for s in sites if basis.get(s) != "footprint"
    ]
    return any(a > half_diameter_m for a in accuracy)


def _overlap_flags(state: RunState) -> dict[str, list[str]]:
    """Blocks of different kinds over one site name each other."""
    shares = state.allocation.shares
    out: dict[str, list[str]] = {}
    for _, group in shares[shares["inside"] >= state.settings.min_inside].groupby("site_id", sort=True):
        if group["kind"].nunique() > 1:
            for block, kind in zip(group["block_id"], group["kind"]):
                out.setdefault(block, []).extend(
                    f"overlaps:{b}" for b, k in sorted(zip(group["block_id"], group["kind"])) if k != kind
                )
    return out


def _sources(state: RunState, i: int) -> str:
    record = state.own_record(i)
    parts = (
        [f"block: {text(state.blocks['source'].iat[i])}"]
        if text(state.blocks["source"].iat[i]) and record is None
        else []
    )
    for r in [record] if record is not None else [state.records[s] for s in state.holds[i]]:
        parts += r.sources
        cost = state.book.cost_row(text(r.row.get("route_code")), text(r.row.get("waste_type_code")))
        if cost is not None and r.has_value:
            parts.append(f"cost {cost['cost_id']}: {text(cost.get('source'))}")
    parts += [f"constraint: {s}" for s in state.block_gates[state.ids[i]].sources]
    return " | ".join(dict.fromkeys(parts)) or "blocks layer of the region"


def _capital(state: RunState, i: int) -> bool | None:
    return all(state.records[s].capital_known for s in state.holds[i]) if state.holds[i] else None


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


def site_table(state: RunState) -> pd.DataFrame:
    """One row per site: tonnage, margin, break-even, net value, class, gate, what is likely and why it is unquantified."""
    out, rows = state.simulation.out, []
    for site_id, record in state.records.items():
        gate, unit = state.site_gates[site_id], state.plan.whole.get(site_id)
        row: dict = {
            "site_id": site_id,
            "name": text(record.row.get("name")),
            "waste_type_code": text(record.row.get("waste_type_code")),
            "route_code": text(record.row.get("route_code")),
        }
        status = gate.status or (
            "EXCLUDED"
            if record.is_excluded
            else "QUANTIFIED"
            if record.has_value and record.may_rank
            else "UNQUANTIFIED"
        )
        row["status"] = status
        row["status_reason"] = gate.reason or None
        row["reason_unquantified"] = "; ".join(record.reasons) or None
        row["knowledge_class"] = record.knowledge_class
        row["tonnage_class"], row["is_screening_only"] = record.tonnage_class, record.is_screening
        known = unit is not None and record.has_value
        shown = unit is not None and record.tonnage_spec is not None
        for q, p in enumerate(("p10", "p50", "p90")):
            row[f"tonnage_t_{p}"] = out.tonnage[unit, q] if shown else math.nan
        for q, p in enumerate(("p10", "p50", "p90")):
            row[f"margin_usd_per_t_{p}"] = out.margin[unit, q] if known else math.nan
        row["p_margin_positive"] = out.p_positive[unit] if known else math.nan
        row["breakeven_price_multiple"] = out.break_even[unit, 1] if known else math.nan
        for q, p in enumerate(("p10", "p50", "p90")):
            row[f"net_value_usd_{p}"] = (
                out.net_project[unit, q] if known and record.may_rank and not gate.status else math.nan
            )
        shares = revenue_shares(state, unit) if known else {}
        row["top_elements"] = "; ".join(f"{e} {100 * s:.0f} %" for e, s in list(shares.items())[:3]) or None
        row["assayed_elements"] = ", ".join(dict.fromkeys(e for a in record.assays for e, _ in a.parts)) or None
        row["upper_limits"] = "; ".join(record.upper_limits) or None
        row["not_valued"] = "; ".join(dict.fromkeys([*record.unvalued, *record.left_out])) or None
        row["likely_elements"] = ", ".join(record.likely) or None
        row["flags"] = "; ".join(gate.flags) or None
        row["sources"] = " | ".join(dict.fromkeys(record.sources))
        rows.append(row)
    return _rounded(pd.DataFrame(rows))


def element_table(state: RunState) -> pd.DataFrame:
    """Block x element: contained and recoverable kilograms (P10 the low case), and the share of revenue."""
    out, rows = state.simulation.out, []
    for i, block_id in enumerate(state.ids):
        shares = revenue_shares(state, i)
        for element, p in element_rows(state, i):
            rows.append(
                (block_id, element, *out.contained[p, :3], *out.recoverable[p, :3], shares.get(element, math.nan))
            )
    names = [f"{what}_kg_{p}" for what in ("contained", "recoverable") for p in ("p10", "p50", "p90")]
    return _rounded(pd.DataFrame(rows, columns=["block_id", "element", *names, "revenue_share"]))


def mass_balance_table(state: RunState) -> pd.DataFrame:
    """For each kind: inside + near + unallocated = all sites, for tonnes, kilograms contained and USD of net value."""
    out, rows = state.simulation.out, []
    quantity: dict[str, dict[str, float]] = {"tonnes": {}, "contained_kg": {}, "net_value_usd": {}}
    for site_id, unit in state.plan.whole.items():
        quantity["tonnes"][site_id] = float(out.tonnage[unit, 3])
        quantity["contained_kg"][site_id] = math.fsum(float(out.contained[p, 3]) for _, p in element_rows(state, unit))
        quantity["net_value_usd"][site_id] = float(out.net_project[unit, 3])
    shares, rest = state.allocation.shares, state.allocation.unallocated
    for kind in sorted(set(state.blocks["kind"])):
        mine, left = shares[shares["kind"] == kind], rest[rest["kind"] == kind]
        for name, values in quantity.items():
            inside = math.fsum(values.get(s, 0.0) * v for s, v in zip(mine["site_id"], mine["inside"]))
            near = math.fsum(values.get(s, 0.0) * v for s, v in zip(mine["site_id"], mine["near"]))
            unallocated = math.fsum(values.get(s, 0.0) * v for s, v in zip(left["site_id"], left["unallocated"]))
            rows.append((kind, name, inside, near, unallocated, math.fsum(values.values())))
    return pd.DataFrame(rows, columns=["kind", "quantity", "inside", "near", "unallocated", "total"])
