"""The whole assessment of a region: blocks and sites in, ranked blocks with their reasons and tables out.

Belongs here: the order of the steps and the tables' columns. Does not belong here: a formula.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from data_sources.contracts import ContractError
from data_sources.reference import ReferenceTables
from khanij.foundation.cells import text
from scoring.rank.axes import kind_scores
from scoring.rank.baskets import basket_elements
from scoring.rank.gates import OF_THE_DUMP, Gate, combine, layer_gates, register_gates
from scoring.rank.ranking import final_rank, rank_draws
from scoring.rank.scores import Scores
from scoring.rank.settings import PRICE_DECKS, RankingSettings
from scoring.rank.state import RunState
from scoring.rank.told.site_tables import element_table, mass_balance_table, site_table
from scoring.rank.told.tables import block_table
from scoring.waste.allocation import allocate, near_as_inside
from scoring.waste.engine import simulate
from scoring.waste.inventory import site_records
from scoring.waste.pooling import pooled_grades
from scoring.waste.prepare import Market, Scenario, prepare
from scoring.waste.routes import RouteBook
from scoring.waste.units import plan_units

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Assessment:
    """What is published of a region; P10 is the LOW case, rank P05 the BEST place."""

    ranked_blocks: gpd.GeoDataFrame
    site_shares: pd.DataFrame
    site_potential: pd.DataFrame
    element_potential: pd.DataFrame
    basket_ranks: pd.DataFrame
    mass_balance: pd.DataFrame
    price_decks: pd.DataFrame


def market_of(settings: RankingSettings) -> Market:
    """The engine's economic settings."""
    return Market(
        seed=settings.seed,
        draws=settings.draws,
        life_years=settings.life_years,
        cap_share=settings.cap_share,
        cap_shares=dict(settings.cap_shares),
        site_gsd=settings.site_gsd,
        profile_gsd=settings.profile_gsd,
        ree_correlation=settings.ree_correlation,
        haulage_usd_per_t_km=settings.haulage_usd_per_t_km,
    )


def assess(
    blocks: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    footprints: gpd.GeoDataFrame | None,
    tonnages: pd.DataFrame,
    grades: pd.DataFrame,
    constraints: pd.DataFrame,
    fertility: pd.DataFrame | None,
    reference: ReferenceTables,
    settings: RankingSettings,
    crs: str,
    gates: Mapping[str, gpd.GeoDataFrame] | None = None,
    progress: Progress | None = None,
) -> Assessment:
    """Rank the blocks of every kind by the critical metal in the waste they hold.

    Parameters
    ----------
    blocks : columns of the frame ``blocks`` (docs/architecture.md), EPSG:4326, any order.
    sites, footprints, tonnages, grades, constraints : the waste register's frames.
    fertility : block_id, posterior_mean, posterior_max, coverage_pct, fertility_axis, fertility_note; None where the
        region has no survey layers.
    crs : equal-area CRS of the region.
    gates : user layers by name (``scoring.rank.gates``).
    progress : called with the share done (0..1) and a text.

    Raises
    ------
    CrsError : ``crs`` does not keep areas.
    ContractError : a key that repeats.
    """
    state = run(
        blocks, sites, footprints, tonnages, grades, constraints, fertility, reference, settings, crs, gates, progress
    )
    return state_to_assessment(state)


def run(
    blocks: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    footprints: gpd.GeoDataFrame | None,
    tonnages: pd.DataFrame,
    grades: pd.DataFrame,
    constraints: pd.DataFrame,
    fertility: pd.DataFrame | None,
    reference: ReferenceTables,
    settings: RankingSettings,
    crs: str,
    gates: Mapping[str, gpd.GeoDataFrame] | None = None,
    progress: Progress | None = None,
    count_near: bool = False,
) -> RunState:
    """Every step up to the ranks, with the draws still at hand (for robustness and the value of information).

    ``count_near`` scores what is near a block as if it were inside: a sensitivity, never the ranking.
    """
    say = progress or (lambda share, what: None)
    _unique(blocks, "block_id", "blocks")
    _unique(sites, "site_id", "waste_sites")
    frame = blocks.copy()
    frame["block_id"] = frame["block_id"].astype(str)
    frame = frame.sort_values("block_id", kind="stable").reset_index(drop=True)
    book = RouteBook(reference)
    if settings.pooling:
        grades = pd.concat([grades, pooled_grades(sites, grades)], ignore_index=True)
    records = site_records(sites, tonnages, grades, book, settings.min_tonnage_mt)
    say(0.05, "register read")
    site_gates = register_gates(records, constraints)
    on_dump = {s: g.multiplier for s, g in site_gates.items()}
    if gates:
        grounds = _site_grounds(sites, footprints)
        settled = layer_gates(grounds, {n: g for n, g in gates.items() if n in OF_THE_DUMP}, crs, settings, "site_id")
        on_dump = {s: x * settled[s].multiplier if s in settled else x for s, x in on_dump.items()}
        by_layer = layer_gates(grounds, gates, crs, settings, "site_id")
        site_gates = {s: combine(g, by_layer.get(s, Gate()), 0.0) for s, g in site_gates.items()}
    allocation = allocate(sites, footprints, frame, crs, settings)
    if count_near:
        allocation = near_as_inside(allocation)
    say(0.15, "sites shared among blocks")
    other = next(d for d in PRICE_DECKS if d != settings.price_deck)
    scenarios = [Scenario(d, settings.price_factor, settings.cap_factor) for d in (settings.price_deck, other)]
    names = list(settings.baskets)
    main = names.index(settings.basket)
    views = [(0, i) for i in range(len(names))] + [(1, main)]
    baskets = [basket_elements(n, settings, reference) for n in names]
    inputs, elements, site_row = prepare(records, book, market_of(settings), scenarios, baskets, views)
    usable = {s for s in site_row if records[s].may_rank and records[s].has_value and not site_gates[s].status}
    plan = plan_units(frame["block_id"].tolist(), allocation, inputs, site_row, usable)
    simulation = simulate(
        inputs,
        plan.ids,
        plan.units,
        settings.draws,
        chunk=settings.unit_chunk,
        threads=settings.threads,
        progress=lambda share: say(0.15 + 0.6 * share, "metal and margin drawn"),
    )
    block_gates = _block_gates(frame, site_gates, on_dump, gates, crs, settings, allocation)
    state = RunState(
        frame,
        records,
        book,
        settings,
        allocation,
        inputs,
        elements,
        plan,
        simulation,
        site_gates,
        block_gates,
        names,
        baskets,
        fertility,
    )
    state.decide()
    for position, name in enumerate(names):
        state.scores[name] = _rank_basket(state, position, name, position)
    deck_view = len(names)
    state.other_deck = _rank_basket(state, main, settings.basket, deck_view)
    state.other_deck_name = other
    say(0.9, "ranks inside every draw")
    return state


def _rank_basket(state: RunState, position: int, name: str, view: int) -> dict[str, Scores]:
    out: dict[str, Scores] = {}
    for kind in sorted(set(state.blocks["kind"])):
        members = state.members(kind, name)
        if len(members) < 2:
            continue
        scores = kind_scores(state, kind, members, view, position)
        scores.summary = rank_draws(scores.matrix, threads=state.settings.threads)
        scores.rank = final_rank(scores.mean, [state.ids[i] for i in members])
        if name != state.settings.basket or view != position:
            # only the ranking's own ranks are read again, draw by draw
            scores.matrix = np.empty((0, 0), np.float32)
            scores.summary = dataclasses.replace(scores.summary, ranks=scores.matrix)
        out[kind] = scores
    return out


def state_to_assessment(state: RunState) -> Assessment:
    """The published tables of a finished run."""
    return Assessment(
        ranked_blocks=block_table(state),
        site_shares=_shares_table(state),
        site_potential=site_table(state),
        element_potential=element_table(state),
        basket_ranks=_basket_table(state),
        mass_balance=mass_balance_table(state),
        price_decks=_deck_table(state),
    )


def _shares_table(state: RunState) -> pd.DataFrame:
    out = state.allocation.shares.drop(columns=["is_own"]).copy()
    weight: dict[tuple[str, str], float] = {}
    revenue: dict[tuple[str, str], float] = {}
    for i, pair in enumerate(state.plan.pairs):
        weight[pair] = weight.get(pair, 0.0) + float(state.simulation.out.pair_tonnage[i])
        revenue[pair] = revenue.get(pair, 0.0) + float(state.simulation.out.pair_revenue[i])
    pairs = list(zip(out["block_id"], out["site_id"]))
    out["tonnage_inside_t_mean"] = [weight.get(p, math.nan) for p in pairs]
    total: dict[str, float] = {}
    for (block, _), value in revenue.items():
        total[block] = total.get(block, 0.0) + value
    out["revenue_share"] = [revenue[p] / total[p[0]] if p in revenue and total[p[0]] > 0 else math.nan for p in pairs]
    out["distance_km"] = out["distance_km"].round(6)
    return out


def _basket_table(state: RunState) -> pd.DataFrame:
    rows = []
    for name in state.basket_names:
        for kind, scores in state.scores[name].items():
            for j, i in enumerate(scores.members):
                s = scores.summary
                rows.append(
                    (
                        name,
                        state.ids[i],
                        kind,
                        int(scores.rank[j]),
                        s.p05[j],
                        s.p50[j],
                        s.p95[j],
                        s.p_top[10][j],
                        s.p_top[20][j],
                        scores.mean[j],
                    )
                )
    columns = [
        "basket",
        "block_id",
        "kind",
        "rank",
        "rank_p05",
        "rank_p50",
        "rank_p95",
        "p_top10",
        "p_top20",
        "score_mean",
    ]
    return (
        pd.DataFrame(rows, columns=columns)
        .sort_values(["basket", "kind", "rank"], kind="stable")
        .reset_index(drop=True)
    )


def _deck_table(state: RunState) -> pd.DataFrame:
    main = state.basket_names.index(state.settings.basket)
    last = len(state.basket_names)
    rows = []
    for kind, scores in state.scores[state.settings.basket].items():
        other = state.other_deck[kind]
        for j, i in enumerate(scores.members):
            net_a, net_b = state.simulation.out.net_basket[main, i], state.simulation.out.net_basket[last, i]
            rows.append(
                (
                    state.ids[i],
                    kind,
                    state.settings.price_deck,
                    state.other_deck_name,
                    int(scores.rank[j]),
                    int(other.rank[j]),
                    scores.mean[j],
                    other.mean[j],
                    net_a[1],
                    net_b[1],
                )
            )
    columns = [
        "block_id",
        "kind",
        "deck",
        "other_deck",
        "rank",
        "rank_other_deck",
        "score_mean",
        "score_mean_other_deck",
        "net_value_usd_p50",
        "net_value_usd_p50_other_deck",
    ]
    return pd.DataFrame(rows, columns=columns).sort_values(["kind", "rank"], kind="stable").reset_index(drop=True)


def _unique(frame: pd.DataFrame, key: str, layer: str) -> None:
    repeated = frame[key].astype(str)
    repeated = repeated[repeated.duplicated()]
    if len(repeated):
        raise ContractError(
            f"{key} repeats: {repeated.iloc[0]}", layer=layer, field=key, do="give every row its own id"
        )


def _site_grounds(sites: gpd.GeoDataFrame, footprints: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Each site's mapped ground, else its point, for the gate layers."""
    mapped = (
        {}
        if footprints is None or not len(footprints)
        else dict(footprints.dissolve(by="site_id").geometry.to_crs(4326).items())
    )
    points = gpd.points_from_xy(pd.to_numeric(sites["lon"]), pd.to_numeric(sites["lat"]))
    ids = sites["site_id"].astype(str).tolist()
    return gpd.GeoDataFrame({"site_id": ids}, geometry=[mapped.get(s, p) for s, p in zip(ids, points)], crs=4326)


def _block_gates(frame, site_gates, on_dump, gates, crs, settings, allocation) -> dict[str, Gate]:
    """A block's gate: a waste block has its site's, with its mapped area; others their layers' and their lease status.

    A layer lowers another block's score once, by the share of the block that it covers; what only the dump can tell
    (``on_dump``: the register's multipliers, settlements on it) comes from the sites inside, by their shares.
    """
    own_layers = layer_gates(frame, gates, crs, settings, "block_id")
    spread = layer_gates(
        frame, {n: g for n, g in (gates or {}).items() if n not in OF_THE_DUMP}, crs, settings, "block_id"
    )
    held: dict[str, list[tuple[float, float]]] = {}
    for block_id, site_id, inside, is_own in zip(
        *(allocation.shares[c] for c in ("block_id", "site_id", "inside", "is_own"))
    ):
        if inside > 0 and not is_own:
            held.setdefault(block_id, []).append((inside, on_dump[site_id]))
    out = {}
    for block_id, kind, site_id, lease in zip(
        frame["block_id"], frame["kind"], frame["site_id"], frame["lease_status"]
    ):
        gate = own_layers[block_id]
        if kind == "waste_block" and text(site_id) in site_gates:
            # the site's own ground has been held against the layers; its position circle may reach far beyond it
            gate = combine(site_gates[text(site_id)], Gate(flags=gate.flags), settings.modifier_floor)
        else:
            weights = held.get(block_id, [])
            total = math.fsum(w for w, _ in weights)
            gate.multiplier = spread[block_id].multiplier
            soft = math.fsum(w * x for w, x in weights) / total if total > 0 else 1.0
            gate = combine(gate, Gate(multiplier=soft), settings.modifier_floor)
        if text(lease) == "third_party" and not gate.status:
            gate.status, gate.reason = "LEASED", "an operating third-party lease covers the block"
        out[block_id] = gate
    return out
