"""Tables of shares and ranks: sites in blocks, the baskets' ranks, and the ranking under the other price deck.

Belongs here: columns. Does not belong here: formulas.
"""

from __future__ import annotations

import math

import pandas as pd

from scoring.rank.state import RunState
from scoring.rank.told.contents import pairs_of


def shares_table(state: RunState) -> pd.DataFrame:
    """Block x site: what is inside and near, the mean tonnage inside, and the share of the block's revenue."""
    out = state.given.allocation.shares.drop(columns=["is_own"]).copy()
    held = {(unit, site): v for i, unit in enumerate(state.given.ids) for site, v in pairs_of(state, i).items()}
    weight = {pair: tonnes for pair, (tonnes, _) in held.items()}
    revenue = {pair: usd for pair, (_, usd) in held.items()}
    pairs = list(zip(out["block_id"], out["site_id"]))
    out["tonnage_inside_t_mean"] = [weight.get(p, math.nan) for p in pairs]
    total: dict[str, float] = {}
    for (block, _), value in revenue.items():
        total[block] = total.get(block, 0.0) + value
    out["revenue_share"] = [revenue[p] / total[p[0]] if p in revenue and total[p[0]] > 0 else math.nan for p in pairs]
    out["distance_km"] = out["distance_km"].round(6)
    return out


def basket_table(state: RunState) -> pd.DataFrame:
    """Basket x block: rank with its interval, P(top k) and mean score."""
    rows = []
    for name in state.given.baskets:
        for kind, scores in state.scored.scores[name].items():
            for j, i in enumerate(scores.members):
                s = scores.summary
                rows.append(
                    (
                        name,
                        state.given.ids[i],
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


def deck_table(state: RunState) -> pd.DataFrame:
    """Block: rank, mean score, P(pays) and NPV under the ranking's price deck and under the other one."""
    out, rows = state.scored.projects.out, []
    for kind, scores in state.main_scores.items():
        other = state.scored.other_deck[kind]
        for j, i in enumerate(scores.members):
            rows.append(
                (
                    state.given.ids[i],
                    kind,
                    state.given.settings.price_deck,
                    state.scored.other_deck_name,
                    int(scores.rank[j]),
                    int(other.rank[j]),
                    scores.mean[j],
                    other.mean[j],
                    *out.p_pays[:, i],
                    *out.npv[:, i, 1],
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
        "p_pays",
        "p_pays_other_deck",
        "npv_usd_p50",
        "npv_usd_p50_other_deck",
    ]
    return pd.DataFrame(rows, columns=columns).sort_values(["kind", "rank"], kind="stable").reset_index(drop=True)
