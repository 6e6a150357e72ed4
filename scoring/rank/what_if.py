"""What a reader needs to make the ranking again under other prices, costs, weights or gates: inputs, not results.

The page draws from the engine's own keys, so a draw here and a draw there are the same draw; only shares of rare-earth
totals are handed over drawn, as 32-bit floats. Factors of the run are left out of the figures and stand among the levers.
Belongs here: which inputs, in which shape. Does not belong here: the formulas (``scoring.waste.projects``; the page's
``kernel.js`` repeats them), how levers look.
"""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.rank.assess import given_of, plan_of
from scoring.rank.baskets import basket_title
from scoring.rank.gates import NOT_APPLIED
from scoring.rank.state import Decided, Given, RunState, decide
from scoring.waste.draws.stream_names import Stream
from scoring.waste.draws.streams import stream_key
from scoring.waste.prepare import metal_inputs
from scoring.waste.projects.project_inputs import finance_of
from scoring.waste.projects.project_kernel import ComplexInputs, ProjectInputs
from scoring.waste.projects.project_model import PLANT_RATES_T
from scoring.waste.settings import PRICE_DECKS
from scoring.waste.shares.units import UnitPlan
from scoring.waste.site_projects import inputs_of, price_deck

DRAWS = 1000
MOST_UNITS = 300
"""Blocks that are carried, the best placed of each kind first."""
LEVERS = (
    "price_deck", "price_factor", "price_factors", "strategic_premium", "discount_rate", "cost_factor", "capital_factor",
    "recovery_factor", "cap_factor", "ground_weight", "basket", "apply_gates",
)  # fmt: skip
"""Settings that a reader may move; each is a key of a region's ``ranking``."""
_NEUTRAL = {
    "price_factor": 1.0, "price_factors": {}, "strategic_premium": 1.0, "cost_factor": 1.0, "capital_factor": 1.0,
    "recovery_factor": 1.0, "cap_factor": 1.0,
}  # fmt: skip


def what_if_table(state: RunState) -> pd.DataFrame:
    """One row a part: ``model`` (what all blocks share), ``gates_on`` and ``gates_off`` (sites, blocks and who is ranked).

    ``content`` is JSON; keys of streams are 32 hexadecimal digits (four words of 32 bits), null stands for infinity.
    """
    settings = state.given.settings
    parts: dict[str, Any] = {}
    profiles: dict[str, int] = {}
    drawn: list[str] = []
    named: set[str] = set()
    for part, applied in (("gates_on", True), ("gates_off", False)):
        if applied == settings.apply_gates:
            given, decided = state.given, state.decided
        elif not _any_gate(state.given):
            parts[part] = None  # nothing is withheld and nothing lowered: the two are one
            continue
        else:
            given = given_of(state.given.case, settings.replace(apply_gates=applied))
            decided = decide(given)
        parts[part] = _case(_Part(given, decided, _chosen(state, decided)), profiles, drawn, named)
    parts = {"model": _model(state.given, sorted(named), drawn), **parts}
    rows = [(name, json.dumps(value, separators=(",", ":"), allow_nan=False)) for name, value in parts.items()]
    return pd.DataFrame(rows, columns=["part", "content"])


def _any_gate(given: Given) -> bool:
    gates = [*given.site_gates.values(), *given.block_gates.values()]
    return any(g.status or g.multiplier != 1.0 or any(f.startswith(NOT_APPLIED) for f in g.flags) for g in gates)


def _chosen(state: RunState, decided: Decided) -> list[int]:
    """Rows of the blocks that are carried: ranked in some basket, the best placed of each kind first."""
    best: dict[int, float] = {}
    for name in state.given.baskets:
        for kind in state.given.kinds:
            scores = state.scored.scores[name].get(kind)
            place = dict(zip(scores.members, scores.rank.tolist())) if scores else {}
            for i in decided.members(kind, name):
                best[i] = min(best.get(i, math.inf), place.get(i, 1e9))
    return sorted(sorted(best, key=lambda i: (best[i], i))[:MOST_UNITS])


def _model(g: Given, elements: list[str], drawn: list[str]) -> dict[str, Any]:
    settings, tables = g.settings, g.book.economics
    finance = finance_of(tables)
    neutral = settings.replace(**_NEUTRAL)
    decks = {d: price_deck(g.book, neutral, d) for d in PRICE_DECKS}
    groups = {e: tables.price_groups.get(e, ("", 0.0)) for e in elements}
    return {
        "draws": min(DRAWS, settings.draws),
        "of_draws": settings.draws,
        "levers": {name: getattr(settings, name) for name in LEVERS},
        "baskets": [[name, basket_title(name), sorted(wanted & set(elements))] for name, wanted in g.baskets.items()],
        "elements": [
            {
                "symbol": e,
                "name": g.book.element_name(e),
                "price": {d: decks[d].get(e, 0.0) for d in PRICE_DECKS},
                "log_sd": tables.log_sd_of(e),
                "key": _hex(stream_key(settings.seed, Stream.PRICE, e)),
                "group": groups[e][0],
                "rho": groups[e][1],
            }
            for e in elements
        ],
        "groups": {n: _hex(stream_key(settings.seed, Stream.PRICE_OF_GROUP, n)) for n, _ in groups.values() if n},
        "families": [_hex(stream_key(settings.seed, Stream.COST_OF_FAMILY, f)) for f in sorted(tables.families)],
        "ramps": [list(tables.maturity[m].ramp) for m in sorted(tables.maturity)],
        "rates": PLANT_RATES_T.tolist(),
        "finance": {
            "max_life": finance.max_life_years,
            "min_life": finance.min_life_years,
            "sustaining": finance.sustaining_share,
            "closure": finance.closure_share,
            "fixed": finance.fixed_share,
        },
        "failure_share": tables.failure_share,
        "profiles": drawn,
    }


class _Part:
    """One way of gating: what is given and decided, the kernel's inputs without factors, and the units."""

    def __init__(self, given: Given, decided: Decided, rows: list[int]) -> None:
        self.given, self.decided, self.rows = given, decided, rows
        settings = given.settings.replace(**_NEUTRAL, draws=min(DRAWS, given.settings.draws))
        decks = [price_deck(given.book, settings, d) for d in PRICE_DECKS]
        self.inputs, self.sites, self.products = inputs_of(
            given.records, given.book, settings, decks, [given.main_basket], [(0, 0)], complexes=given.complexes
        )
        metal, _, site_row = metal_inputs(given.records, given.book, settings)
        self.plan: UnitPlan = plan_of(given, metal, site_row, self.sites)
        self.draws = settings.draws


def _case(part: _Part, profiles: dict[str, int], drawn: list[str], named: set[str]) -> dict[str, Any]:
    given, units = part.given, part.plan.projects
    pairs = [range(units.ptr[i], units.ptr[i + 1]) for i in part.rows]
    used = sorted({int(units.site[p]) for of_unit in pairs for p in of_unit})
    place = {s: j for j, s in enumerate(used)}
    sites = [_site(part, s, profiles, drawn, named) for s in used]
    blocks = [
        {
            "id": given.ids[i],
            "kind": given.column["kind"][i],
            "x": given.block_gates[given.ids[i]].multiplier,
            "ground": part.decided.ground_of(i),
            "sites": [[place[int(units.site[p])], *_share(part, p)] for p in of_unit],
        }
        for i, of_unit in zip(part.rows, pairs)
    ]
    row_of = {i: j for j, i in enumerate(part.rows)}
    members = {
        name: {kind: [row_of[i] for i in part.decided.members(kind, name) if i in row_of] for kind in given.kinds}
        for name in given.baskets
    }
    return {"sites": sites, "blocks": blocks, "members": members}


def _share(part: _Part, p: int) -> list[Any]:
    """A share; or of a drawn position the draws in which it lies inside (a mask of bits) with one share or one each."""
    u = part.plan.projects
    if not u.is_point[p]:
        return [float(u.share[p])]
    inside = np.zeros(part.draws)
    for j in range(u.draw_ptr[p], u.draw_ptr[p + 1]):
        if u.draw_index[j] < part.draws:
            inside[u.draw_index[j]] += u.draw_share[j]
    mask = inside > 0.0
    shares = inside[mask]
    same = len(shares) == 0 or (shares == shares[0]).all()
    told = [float(shares[0]) if len(shares) else 0.0] if same else [float(v) for v in shares]
    return [told, np.packbits(mask, bitorder="little").tobytes().hex()]


def _site(part: _Part, s: int, profiles: dict[str, int], drawn: list[str], named: set[str]) -> dict[str, Any]:
    x, g = part.inputs, part.inputs.complexes
    assert isinstance(g, ComplexInputs)
    figures = [_figure(x, v) for v in range(x.grade_ptr[s], x.grade_ptr[s + 1])]
    products = []
    for v in range(x.grade_ptr[s], x.grade_ptr[s + 1]):
        for p in range(x.product_ptr[v], x.product_ptr[v + 1]):
            element = part.products[p][1]
            named.add(element)
            products.append(
                {
                    "element": element,
                    "figure": v - int(x.grade_ptr[s]),
                    "share": _profile(x, int(x.product_share[p]), profiles, drawn),
                    "logit": float(x.product_logit[p]),
                    "sd": float(x.product_sigma[p]),
                    "key": _hex(x.product_key[p]),
                    "recovered": float(x.product_recovered[p]),
                    "payable": float(x.product_payable[p]),
                    "royalty": float(x.product_royalty[p]),
                    "contained": int(x.product_contained[p]),
                    "freight": float(x.product_freight[p]),
                    "cap": _finite(x.product_cap_kg[p]),
                    "lean": _finite(x.product_lean[p]),
                    "need": float(x.product_importance[p]),
                }
            )
    return {
        "id": part.sites[s],
        "tonnage": [float(x.tonnage_mu[s]), float(x.tonnage_sigma[s]), _hex(x.tonnage_key[s])],
        "works": [float(x.p_works[s]), _hex(x.works_key[s])],
        "operating": [float(x.operating_ln[s]), float(x.operating_sigma[s]), float(x.operating_exponent[s]), _hex(x.operating_key[s])],
        "capital": [float(x.capital_ln[s]), float(x.capital_sigma[s]), float(x.capital_exponent[s]), _hex(x.capital_key[s])],
        "family": int(x.family[s]),
        "ramp": int(x.maturity[s]),
        "freight": float(x.feed_freight[s]),
        "recovery": _hex(x.recovery_key[s]),
        "figures": figures,
        "products": products,
        "members": [_member(g, m, x, profiles, drawn) for m in range(g.ptr[s], g.ptr[s + 1])],
    }  # fmt: skip


def _figure(x: ProjectInputs, v: int) -> list[Any]:
    return [
        float(x.grade_mu[v]), float(x.grade_sigma[v]), float(x.grade_pure[v]) if math.isfinite(x.grade_pure[v]) else None,
        _hex(x.grade_common_key[v]), _hex(x.grade_key[v]),
    ] if math.isfinite(x.grade_mu[v]) else []  # fmt: skip


def _member(g: Any, m: int, x: ProjectInputs, profiles: dict[str, int], drawn: list[str]) -> dict[str, Any]:
    figures = []
    for v in range(g.figure_ptr[m], g.figure_ptr[m + 1]):
        parts = [
            [int(g.part_product[q]), _profile(x, int(g.part_share[q]), profiles, drawn), int(g.part_recovered[q])]
            for q in range(g.part_ptr[v], g.part_ptr[v + 1])
        ]
        figures.append(
            [
                float(g.figure_mu[v]),
                float(g.figure_sigma[v]),
                float(g.figure_pure[v]),
                _hex(g.figure_common_key[v]),
                _hex(g.figure_key[v]),
                parts,
            ]
        )
    return {"tonnage": [float(g.tonnage_mu[m]), float(g.tonnage_sigma[m]), _hex(g.tonnage_key[m])], "figures": figures}


def _profile(x: ProjectInputs, row: int, profiles: dict[str, int], drawn: list[str]) -> int:
    """Place of a row of drawn shares among those handed over; -1: the figure is the whole."""
    if row < 0:
        return -1
    coded = base64.b64encode(x.profile_draws[row].astype("<f4").tobytes()).decode("ascii")
    if coded not in profiles:
        profiles[coded] = len(drawn)
        drawn.append(coded)
    return profiles[coded]


def _hex(key: NDArray[Any]) -> str:
    return "".join(f"{int(word):08x}" for word in key)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
