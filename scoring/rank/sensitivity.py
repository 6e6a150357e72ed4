"""Would the order survive other weights, prices, distances, market caps, or other units? The robustness report.

Belongs here: rerunning the ranking under other assumptions and comparing the orders. Does not belong here: the ranking.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from khanij.foundation.equal_area import require_equal_area
from scoring.rank.assess import Progress, run
from scoring.rank.kind_scores import kind_scores
from scoring.rank.ranking import final_rank, rank_draws
from scoring.rank.settings import RankingSettings
from scoring.rank.state import RunState
from scoring.waste.draws.stream_names import Stream
from scoring.waste.draws.streams import uniforms
from scoring.waste.projects.project_engine import ProjectOutputs, simulate_projects
from scoring.waste.projects.project_inputs import Terms
from scoring.waste.shares.allocation import R90_PER_SIGMA
from scoring.waste.site_projects import inputs_of, other_deck, price_deck, terms_of

N_WEIGHTS = 10_000
THRESHOLD = 0.6
ACCEPTABILITY = [
    "block_id",
    "kind",
    "acceptability_first",
    "acceptability_top10",
    "acceptability_top20",
    "rank_p05",
    "rank_p50",
    "rank_p95",
    "rank_mean",
]
DISTANCES_KM = (2.0, 5.0, 10.0)
PRICE_FACTORS = (0.7, 1.3)
STRATEGIC = (0.0, 1.0)
MOST_GROUND = 0.4
Orders = dict[str, dict[str, int]]
"""kind -> block_id -> rank."""


@dataclass(frozen=True)
class Robustness:
    """The robustness report.

    ``acceptability`` : block x what share of weight vectors (each with its own draw) puts it first, in the top 10, and
    its P05 (BEST), P50, P95 place. ``scenarios`` : kind x scenario with Kendall's tau-b and Jaccard at k. ``ranks`` :
    block x scenario. ``verdict`` : kind, is_robust, reason.
    """

    acceptability: pd.DataFrame
    scenarios: pd.DataFrame
    ranks: pd.DataFrame
    verdict: pd.DataFrame


def smaa(state: RunState, kind: str, members: list[int], n: int = N_WEIGHTS) -> pd.DataFrame:
    """Rank acceptabilities over the ground's weight and draws together (after SMAA-2; Lahdelma & Salminen 2001).

    Weight j, uniform on 0 to 0.4, is applied to draw ``j mod K``, so both uncertainties are in the result.
    """
    out, settings = state.scored.projects.out, state.given.settings
    weights = MOST_GROUND * uniforms(settings.seed, n, Stream.WEIGHTS, "ground")
    draw = np.arange(n) % settings.draws
    keys = np.empty((len(members), n), np.float32)
    for j, i in enumerate(members):
        x = state.given.block_gates[state.given.ids[i]].multiplier
        ground = state.decided.ground_of(i)
        score = 100.0 * x * (1.0 - weights + weights * ground) * out.score[state.given.main_view, i][draw]
        keys[j] = np.where(score > 0.0, -score, out.multiple[0, i][draw] / x)
    summary = rank_draws(keys, (1, 10, 20), settings.threads)
    return pd.DataFrame(
        {
            "block_id": [state.given.ids[i] for i in members],
            "kind": kind,
            "acceptability_first": summary.p_top[1],
            "acceptability_top10": summary.p_top[10],
            "acceptability_top20": summary.p_top[20],
            "rank_p05": summary.p05,
            "rank_p50": summary.p50,
            "rank_p95": summary.p95,
            "rank_mean": summary.ranks.mean(axis=1, dtype=np.float64),
        }
    )


def top_k(n: int) -> int:
    """``k = min(20, n / 4)``, at least 1."""
    return max(1, min(20, n // 4))


def compare(base: Mapping[str, int], other: Mapping[str, int]) -> tuple[float, float, int]:
    """Kendall's tau-b over the blocks ranked in both, and Jaccard of the two top k (k from the base's length)."""
    from scipy.stats import kendalltau

    common = sorted(set(base) & set(other))
    k = top_k(len(base))
    first = {b for b, r in base.items() if r <= k}
    second = {b for b, r in other.items() if r <= k}
    jaccard = len(first & second) / len(first | second)
    if len(common) < 2:
        return math.nan, jaccard, k
    tau = kendalltau([base[b] for b in common], [other[b] for b in common]).statistic
    return float(tau), jaccard, k


def robustness(state: RunState, progress: Progress | None = None, grid_km: float | None = 10.0) -> Robustness:
    """The ranking of a finished run under other assumptions.

    Parameters
    ----------
    progress : called with the share done (0..1) and a text.
    grid_km : side of the square cells that stand in for blocks (the modifiable areal unit problem); None leaves it out.

    Notes
    -----
    What is near a block is reported and not scored, so the distance cannot move the ranking itself: the distance
    scenarios count what is near as if it were inside, with a reach of 2, 5 and 10 km.
    A kind is not robust if tau or Jaccard falls below 0.6 in any scenario.
    """
    say = progress or (lambda share, what: None)
    case, settings = state.given.case, one_basket(state.given.settings)
    orders: dict[str, Orders] = {**_market_scenarios(state), **_weight_scenarios(state)}
    say(0.3, "prices, market caps, the ground's weight")
    for km in DISTANCES_KM:
        again = run(case, settings.replace(reach_km=km), count_near=True)
        orders[f"near counted, {km:g} km"] = ranks_of(again)
    say(0.7, "distances")
    acceptability = [smaa(state, kind, s.members) for kind, s in state.main_scores.items()]
    table = pd.concat(acceptability, ignore_index=True) if acceptability else pd.DataFrame(columns=ACCEPTABILITY)
    if grid_km is not None:
        orders[f"grid of {grid_km:g} km"] = _grid_scenario(state, settings, grid_km)
    say(1.0, "robustness")
    return _report(ranks_of(state), orders, table)


def one_basket(settings: RankingSettings) -> RankingSettings:
    """The settings without the baskets that are not compared: their draws would only take memory."""
    return settings.replace(baskets=(settings.basket,))


def ranks_of(state: RunState) -> Orders:
    """kind -> block_id -> rank in the default basket."""
    return {
        kind: {state.given.ids[i]: int(r) for i, r in zip(s.members, s.rank)} for kind, s in state.main_scores.items()
    }


def _market_scenarios(state: RunState) -> dict[str, Orders]:
    """Other prices and market caps, and a security premium of nothing and of everything."""
    g, s = state.given, state.given.settings
    decks = {f"prices x{f:g}": price_deck(g.book, s, s.price_deck, f) for f in PRICE_FACTORS}
    decks[f"price deck {other_deck(s)}"] = price_deck(g.book, s, other_deck(s))
    own, terms = price_deck(g.book, s, s.price_deck), terms_of(g.book, s)
    orders = dict(zip(decks, _orders(state, list(decks.values()), terms)))
    orders["market cap x2"] = _orders(state, [own], terms_of(g.book, s, cap_factor=2.0))[0]
    for strategic in STRATEGIC:
        premium = dataclasses.replace(terms, strategic=strategic)
        orders[f"security premium {strategic:g}"] = _orders(state, [own], premium)[0]
    return orders


def _orders(state: RunState, decks: list[dict[str, float]], terms: Terms) -> list[Orders]:
    """The order of every kind under each deck, in the ranked basket."""
    g, s, plan = state.given, state.given.settings, state.scored.plan
    views = [(i, 0) for i in range(len(decks))]
    inputs, _, _ = inputs_of(g.records, g.book, s, decks, [g.main_basket], views, terms, g.complexes)
    fixed = g.book.economics.fixed_share
    again = simulate_projects(
        inputs, plan.ids, plan.projects, s.draws, fixed_share=fixed, chunk=s.unit_chunk, threads=s.threads
    )
    return [
        {kind: _order(state, again.out, scores.members, i) for kind, scores in state.main_scores.items()}
        for i in range(len(decks))
    ]


def _weight_scenarios(state: RunState) -> dict[str, Orders]:
    """The ground's weight at nothing and at its most."""
    out: dict[str, Orders] = {}
    for w in (0.0, MOST_GROUND):
        given = dataclasses.replace(state.given, settings=state.given.settings.replace(ground_weight=w))
        again = dataclasses.replace(state, decided=dataclasses.replace(state.decided, given=given), given=given)
        out[f"ground's weight {w:g}"] = {
            kind: _order(again, state.scored.projects.out, scores.members, state.given.main_view, 0)
            for kind, scores in state.main_scores.items()
        }
    return out


def _order(
    state: RunState, out: ProjectOutputs, members: list[int], view: int, deck: int | None = None
) -> dict[str, int]:
    scores = kind_scores(state.decided, out, members, view, view if deck is None else deck)
    ids = [state.given.ids[i] for i in members]
    return dict(zip(ids, final_rank(scores.mean, scores.needed, ids).tolist()))


def _grid_scenario(state: RunState, settings: RankingSettings, grid_km: float) -> Orders:
    """Each ranked block takes the place of the grid cell that holds most of its sites' ground."""
    case = state.given.case
    cells = grid_cells(case.register.sites, case.register.footprints, case.crs, grid_km)
    again = run(dataclasses.replace(case, blocks=cells), settings)
    place = ranks_of(again).get("grid_cell", {})
    best: dict[str, tuple[float, str]] = {}
    for cell, shares in again.given.shares_of.items():
        for x in shares:
            if cell in place and x.inside > 0:
                best[x.site_id] = max(best.get(x.site_id, (0.0, "")), (x.inside, cell))
    out: Orders = {}
    for kind, scores in state.main_scores.items():
        order = {}
        for i in scores.members:
            cells_of = [place[best[s][1]] for s in state.decided.holds[i] if s in best]
            if cells_of:
                order[state.given.ids[i]] = min(cells_of)
        ids = sorted(order)
        places = np.array([order[b] for b in ids], float)
        out[kind] = dict(zip(ids, final_rank(np.zeros(len(ids)), places, ids).tolist()))
    return out


def grid_cells(
    sites: gpd.GeoDataFrame, footprints: gpd.GeoDataFrame | None, crs: str, grid_km: float
) -> gpd.GeoDataFrame:
    """Square cells (kind ``grid_cell``) of an equal-area grid, where a site may lie (to 3 sigma of its position)."""
    known = require_equal_area(crs)
    size = grid_km * 1000.0
    lon, lat = pd.to_numeric(sites["lon"]), pd.to_numeric(sites["lat"])
    here = lon.notna().to_numpy()
    points = gpd.GeoSeries(gpd.points_from_xy(lon[here], lat[here]), crs=4326).to_crs(known)
    reach = 3.0 * pd.to_numeric(sites["position_accuracy_m"]).fillna(0.0).to_numpy()[here] / R90_PER_SIGMA
    boxes = [(p.x - r, p.y - r, p.x + r, p.y + r) for p, r in zip(points, reach)]
    if footprints is not None and len(footprints):
        boxes += [tuple(b) for b in footprints.to_crs(known).bounds.to_numpy()]
    wanted = {
        (i, j)
        for x0, y0, x1, y1 in boxes
        for i in range(math.floor(x0 / size), math.floor(x1 / size) + 1)
        for j in range(math.floor(y0 / size), math.floor(y1 / size) + 1)
    }
    order = sorted(wanted)
    shapes = [
        shapely.segmentize(shapely.box(i * size, j * size, (i + 1) * size, (j + 1) * size), size / 4) for i, j in order
    ]
    ids = [f"GC-{i}-{j}" for i, j in order]
    columns = {
        "block_id": ids,
        "name": ids,
        "kind": "grid_cell",
        "state": "",
        "district": "",
        "minerals": "",
        "area_ha": grid_km**2 * 100.0,
    }
    more = {"geometry_basis": "grid", "site_id": None, "lease_status": "", "flags": None, "source": "grid"}
    return gpd.GeoDataFrame(
        pd.DataFrame({**columns, **more}), geometry=gpd.GeoSeries(shapes, crs=known).to_crs(4326).to_list(), crs=4326
    )


def _report(base: Orders, orders: dict[str, Orders], acceptability: pd.DataFrame) -> Robustness:
    rows, ranks, verdict = [], [], []
    for kind in sorted(base):
        weak = []
        for name in sorted(orders):
            tau, jaccard, k = compare(base[kind], orders[name].get(kind, {}))
            rows.append(
                (kind, name, tau, jaccard, k, len(base[kind]), len(set(orders[name].get(kind, {})) - set(base[kind])))
            )
            if tau < THRESHOLD:
                weak.append(f"{name}: Kendall tau {tau:.2f}")
            if jaccard < THRESHOLD:
                weak.append(f"{name}: top-{k} Jaccard {jaccard:.2f}")
            ranks += [(kind, name, b, r, base[kind].get(b)) for b, r in sorted(orders[name].get(kind, {}).items())]
        reason = (
            "; ".join(weak)
            if weak
            else f"Kendall tau and top-{top_k(len(base[kind]))} Jaccard stay at or above {THRESHOLD} in all {len(orders)} scenarios"
        )
        verdict.append((kind, not weak, f"ranking {'not robust' if weak else 'robust'}: {reason}"))
    table = pd.DataFrame(ranks, columns=["kind", "scenario", "block_id", "rank", "rank_base"])
    table["rank_base"] = table["rank_base"].astype("Int64")
    return Robustness(
        acceptability,
        pd.DataFrame(rows, columns=["kind", "scenario", "kendall_tau", "jaccard_top_k", "k", "n", "n_new"]),
        table,
        pd.DataFrame(verdict, columns=["kind", "is_robust", "reason"]),
    )
