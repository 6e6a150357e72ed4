"""What a block holds, from the engine's outputs: its sites, its elements, their shares of revenue.

Belongs here: reading the outputs of one unit. Does not belong here: register facts (``notes``).
"""

from __future__ import annotations

import math

from scoring.rank.state import RunState


def pairs_of(state: RunState, i: int) -> dict[str, tuple[float, float]]:
    """site_id -> (mean tonnage inside [t], mean net revenue inside [USD]) of one unit."""
    scored, out = state.scored, {}
    revenue = {s: share * math.fsum(scored.revenue_of(s).values()) for s, share in project_shares(state, i).items()}
    for p in range(scored.plan.units.ptr[i], scored.plan.units.ptr[i + 1]):
        site = scored.plan.pairs[p][1]
        out[site] = (float(scored.metal.pair_tonnage[p]), revenue.get(site, 0.0))
    return out


def project_shares(state: RunState, i: int) -> dict[str, float]:
    """site_id -> mean share of its project that lies in one unit."""
    units, draws = state.scored.plan.projects, state.given.settings.draws
    out: dict[str, float] = {}
    for p in range(units.ptr[i], units.ptr[i + 1]):
        inside = units.draw_share[units.draw_ptr[p] : units.draw_ptr[p + 1]]
        share = math.fsum(inside) / draws if units.is_point[p] else float(units.share[p])
        out[state.scored.project_ids[units.site[p]]] = share
    return out


def main_site(state: RunState, i: int) -> str | None:
    """The site whose project brings most to a unit, ties by id; None where it holds no project."""
    pairs = {s: v for s, v in pairs_of(state, i).items() if s in state.scored.product_rows}
    return min(pairs, key=lambda s: (-pairs[s][1], -pairs[s][0], s), default=None)


def top_sites(state: RunState, i: int) -> str | None:
    """Three sites at most: those that give the block its revenue, or its tonnage, then the nearest; None without any."""
    pairs = pairs_of(state, i)
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
        near = [
            (x.distance_km, x.site_id)
            for x in state.given.shares_of.get(state.given.ids[i], [])
            if x.near > 0 and x.site_id not in pairs
        ]
        texts += [f"{site} (near, {km:.1f} km, not scored)" for km, site in sorted(near)[: 3 - len(texts)]]
    return "; ".join(texts) or None


def element_rows(state: RunState, unit: int) -> list[tuple[str, int]]:
    """(element, row of the outputs) of one unit."""
    u = state.scored.plan.units
    return [(state.scored.elements[u.element[p]], p) for p in range(u.element_ptr[unit], u.element_ptr[unit + 1])]


def revenue_shares(state: RunState, unit: int) -> dict[str, float]:
    """Element -> share of the unit's net revenue, largest first."""
    rows: dict[str, float] = {}
    for site, share in project_shares(state, unit).items():
        for element, value in state.scored.revenue_of(site).items():
            rows[element] = rows.get(element, 0.0) + share * value
    total = math.fsum(rows.values())
    return {e: v / total for e, v in sorted(rows.items(), key=lambda x: (-x[1], x[0])) if v > 0} if total > 0 else {}


def main_product(state: RunState, unit: int) -> str | None:
    """The metal with the largest mean net revenue; None where nothing is sold."""
    return next(iter(revenue_shares(state, unit)), None)


def top_elements(state: RunState, i: int) -> str | None:
    """The three elements that earn most, with their shares of the revenue; None without any."""
    shares = revenue_shares(state, i)
    return "; ".join(f"{e} {100 * s:.0f} %" for e, s in list(shares.items())[:3]) or None


def contained_t(state: RunState, i: int, basket: frozenset[str]) -> float:
    """Sum of the medians of contained basket metal [t]; NaN where none is assayed."""
    held = state.scored.metal
    values = [
        held.contained[p, 1]
        for e, p in element_rows(state, i)
        if e in basket and not math.isnan(held.recoverable[p, 1])
    ]
    return math.fsum(values) / 1000.0 if values else math.nan
