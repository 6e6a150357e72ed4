"""What must hold in every world (docs/ranking.md), as checks that are run on made-up regions, on the register, and on broken models.

Each check raises AssertionError where the invariant is broken, and returns how many worlds (blocks) it looked at.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from waste import plain_projects

from scoring.rank.ranking import final_rank
from scoring.rank.state import RunState

from .districts import NAN, TYPICAL, block_rows, frames_of, grade_row, site_row, tonnage_row
from .worlds import OWN, Hook, better, region, run


def scores_of(state: RunState) -> dict[tuple[str, str], tuple[float, int]]:
    """(basket, block) -> (score_mean, place)."""
    out = {}
    for basket, kinds in state.scored.scores.items():
        for s in kinds.values():
            for j, i in enumerate(s.members):
                out[basket, state.given.ids[i]] = (float(s.mean[j]), int(s.rank[j]))
    return out


def places_if_alone(before: RunState, after: RunState) -> dict[tuple[str, str], int]:
    """(basket, block) -> its place if it alone were as it is after; no other block's score hangs on it."""
    out = {}
    for basket, kinds in before.scored.scores.items():
        for kind, s in kinds.items():
            then = after.scored.scores[basket][kind]
            ids = [before.given.ids[i] for i in s.members]
            assert ids == [after.given.ids[i] for i in then.members]
            for j, block in enumerate(ids):
                mean, needed = s.mean.copy(), s.needed.copy()
                mean[j], needed[j] = then.mean[j], then.needed[j]
                out[basket, block] = int(final_rank(mean, needed, ids)[j])
    return out


def not_worse(before: RunState, after: RunState, what: str, *, own: bool) -> int:
    """1: F, U, U_lambda in no draw, multiple, score_mean, place; lambda 0 makes the score h(U), of all metals h(F)."""
    a, b = before.scored.projects.out, after.scored.projects.out
    assert before.scored.plan.ids == after.scored.plan.ids
    assert (b.score >= a.score * (1 - 1e-6) - 1e-7).all(), f"{what}: U_lambda fell in a draw"
    assert (b.multiple[0] <= a.multiple[0] * np.float32(1 + 1e-6)).all(), f"{what}: the needed multiple rose in a draw"
    for name in ("mean_h", "mean_h_lifted", "gain"):
        assert (getattr(b, name) >= getattr(a, name) * (1 - 1e-9) - 1e-12).all(), f"{what}: {name} fell"
    old, new, alone = scores_of(before), scores_of(after), places_if_alone(before, after) if own else {}
    for key, (mean, place) in old.items():
        assert new[key][0] >= mean - 1e-9, f"{what}: the score of {key} fell from {mean} to {new[key][0]}"
        if own:
            assert alone[key] <= place, f"{what}: the place of {key} worsened from {place} to {alone[key]}"
    sold = np.isfinite(a.multiple_q[0, :, 1])
    moved = (b.multiple_q[0, sold, 1] < a.multiple_q[0, sold, 1] * (1 - 1e-9)).any()
    assert moved or what in ("cap", "freight", "haul", "mill", "one price"), f"{what} changed nothing"
    return len({block for _, block in old})


def check_better(seed: int, names: tuple[str, ...], n: int = 20, broken: Hook | None = None) -> int:
    """1: whatever is made better harms nobody; even seeds without, odd with the strategic premium."""
    frames = region(seed, n, strategic_premium=(0.0, 0.3)[seed % 2])
    before = run(frames, broken)
    count = 0
    for name in names:
        changed, hook = better(frames, name, seed)
        count += not_worse(before, run(changed, hook, broken), name, own=name in OWN)
    return count


def check_paying_site_added(seed: int, n: int = 20, broken: Hook | None = None) -> int:
    """1: a site that pays, found in a block, harms neither it nor any other block."""
    frames = region(seed, n, strategic_premium=(0.0, 0.3)[seed % 2])
    after = run(frames, broken)
    held = [i for i, b in enumerate(after.given.ids) if b.startswith("L") and after.decided.holds[i]]
    p = {s: after.scored.projects.out.p_pays[0, u] for s, u in after.scored.plan.whole.items()}
    site = max({s for i in held for s in after.decided.holds[i]}, key=lambda s: p.get(s, 0.0))
    assert p[site] > 0.05
    fewer = dict(frames)
    for name in ("sites", "tonnages", "grades"):
        fewer[name] = frames[name][frames[name]["site_id"] != site]
    fewer["blocks"] = frames["blocks"][frames["blocks"]["site_id"] != site]
    before = run(fewer, broken)
    a, b = before.scored.projects.out, after.scored.projects.out
    row = {block: i for i, block in enumerate(after.scored.plan.ids)}
    for i, block in enumerate(before.scored.plan.ids):
        assert (b.score[:, row[block]] >= a.score[:, i] * (1 - 1e-6) - 1e-7).all(), block
        assert (b.multiple[0, row[block]] <= a.multiple[0, i]).all(), block
    new = scores_of(after)
    old = scores_of(before)
    for key, (mean, _) in old.items():
        assert new[key][0] >= mean - 1e-9, key
    return len({block for _, block in old})


def crust(
    site: str, kind: tuple[str, str], million_t: float, klass: str = "G3", **more: Any
) -> tuple[dict, dict, list[dict]]:
    """A site of average upper crust, assayed for all that its route could sell."""
    from data_sources.reference import load_reference

    reference = load_reference()
    ppm = dict(zip(reference.elements["element"], reference.elements["ucc_ppm"]))
    table = reference.route_products
    table = table[(table["route_code"] == kind[1]) & (table["waste_type_code"] == kind[0])]
    row = site_row(np.random.default_rng(0), site, *kind) | {
        "test_level": "none", "mineral_state": "unknown", "is_mill_standing": False, "position_accuracy_m": 0.0,
        "product_freight_usd_per_t": NAN, "plant_distance_km": NAN, "is_transported": True,
    }  # fmt: skip
    figures = [grade_row(site, e, NAN, float(ppm[e]), NAN, klass) for e in table["element"] if not math.isnan(ppm[e])]
    return row | more, tonnage_row(site, NAN, million_t, NAN, klass), figures


AT_BEST = {"test_level": "plant", "mineral_state": "free", "is_mill_standing": True}


def check_average_crust(klass: str, draws: int = 1000, broken: Hook | None = None) -> int:
    """2: average crust of any tonnage by any route is NEEDS_MORE, of a known grade even tested and with a mill standing."""
    more = {} if klass == "default" else AT_BEST
    sites, tonnages, grades = [], [], []
    for i, kind in enumerate(TYPICAL):
        for j, million_t in enumerate((0.15, 1.0, 10.0, 100.0, 1000.0, 10_000.0)):
            row, tonnage, figures = crust(f"C{i}{j}", kind, million_t, klass, **more)
            sites.append(row)
            tonnages.append(tonnage)
            grades += figures
    state = run(frames_of(sites, tonnages, grades, draws=draws), broken)
    p = state.scored.projects.out.p_pays[0]
    worst = int(np.nanargmax(p))
    assert p[worst] < 0.05, f"{state.scored.plan.ids[worst]} pays in {p[worst]:.3f} of the draws"
    return len(sites)


def check_worthless(seed: int, n: int = 20, broken: Hook | None = None) -> int:
    """2: 500 Mt of ash and 10,000 Mt of average crust move a block by at most a point, and take nobody's place."""
    frames = region(seed, n)
    before = run(frames, broken)
    leases = frames["blocks"][frames["blocks"]["kind"] == "mining_lease"]
    more: dict[str, list[dict]] = {"sites": [], "tonnages": [], "grades": []}
    ash = {"Nd": 25.0, "La": 50.0, "Dy": 5.0}
    for j, shape in enumerate(leases.geometry):
        at = {"lon": shape.centroid.x, "lat": shape.centroid.y}
        kind = list(TYPICAL)[(seed + j) % len(TYPICAL)]
        rock = crust(f"Z{j}", kind, 10_000.0, **at)
        dyke = site_row(np.random.default_rng(j), f"Y{j}", "coal_fly_ash", "acid_leach_sx") | at
        dyke |= {"is_transported": True, "position_accuracy_m": 0.0}
        more["sites"] += [rock[0], dyke]
        more["tonnages"] += [rock[1], tonnage_row(f"Y{j}", NAN, 500.0, NAN, "G3")]
        more["grades"] += [*rock[2], *(grade_row(f"Y{j}", e, NAN, v, NAN, "G3") for e, v in ash.items())]
    added = frames_of(more["sites"], more["tonnages"], more["grades"])
    both = dict(frames)
    for name in ("sites", "tonnages", "grades"):
        both[name] = pd.concat([frames[name], added[name]], ignore_index=True)
    both["sites"] = gpd.GeoDataFrame(both["sites"], crs=4326)
    both["blocks"] = gpd.GeoDataFrame(pd.concat([frames["blocks"], added["blocks"]], ignore_index=True), crs=4326)
    after = run(both, broken)
    old, new = scores_of(before), scores_of(after)
    row_before, row_after = ({b: i for i, b in enumerate(s.given.ids)} for s in (before, after))
    draws = before.given.settings.draws

    def error(draw_by_draw: np.ndarray) -> float:
        return 2.0 * 100.0 * float(draw_by_draw.std()) / math.sqrt(draws)

    for (basket, block), (mean, _) in old.items():
        view = list(before.given.baskets).index(basket)
        a, b = before.scored.projects.out.score[view, row_before[block]], after.scored.projects.out.score[view]
        moved = abs(new[basket, block][0] - mean)
        assert moved <= 1.0 + error(b[row_after[block]] - a), f"{block}: {moved:.2f} points by worthless waste"
        above = [k[1] for k, v in new.items() if k[0] == basket and k not in old and v[1] < new[basket, block][1]]
        for other in above if mean >= 1.0 else ():
            if other[:1] == block[:1]:
                lead = new[basket, other][0] - mean
                assert lead <= error(b[row_after[other]] - a), f"{block} ({mean:.1f}) lost its place to worthless waste"
    return len({block for _, block in old})


def check_bounds(state: RunState) -> int:
    """3: ``score_mean <= 100 X P(pays)``; what hardly ever pays never stands above what brings a million as often as not."""
    out, count = state.scored.projects.out, 0
    for view, (_, kinds) in enumerate(state.scored.scores.items()):
        for s in kinds.values():
            x = np.array([state.given.block_gates[state.given.ids[i]].multiplier for i in s.members])
            p = out.p_pays[0, s.members]
            assert (s.mean <= 100 * x * p + 1e-9).all(), "a score above what the chance of paying allows"
            poor, rich = p < 0.05, out.value[view, s.members, 1] > 1e6
            for j in np.flatnonzero(poor):
                above = rich & (s.rank > s.rank[j]) & (x == x[j])
                assert not above.any(), "what hardly ever pays stands above what brings a million in half of the draws"
            count += len(s.members)
    return count


def check_one_mind(state: RunState) -> int:
    """6: P(pays), NPV, multiple and premium say the same on every row; U of all metals is F."""
    out, draws = state.scored.projects.out, state.given.settings.draws
    known = np.flatnonzero(~np.isnan(out.p_pays[0]))
    clear = known[abs(out.p_pays[0, known] - 0.5) > 1.0 / draws]
    pays = out.p_pays[0, clear] > 0.5
    assert np.array_equal(out.npv[0, clear, 1] > 0, pays), "median NPV"
    assert np.array_equal(out.multiple_q[0, clear, 1] < 1, pays), "median multiple"
    assert np.array_equal(out.premium_q[0, clear, 1] > 0, pays), "median premium"
    assert (out.p_pays_today[0, known] <= out.p_pays[0, known]).all(), "paying if built today is rarer than paying"
    view = list(state.given.baskets).index("all_recoverable")
    assert np.allclose(out.value[view, known, 3], out.gain[0, known], rtol=1e-9, atol=1e-6), "U of all metals is F"
    return len(known)


def check_sums(state: RunState) -> int:
    """9: contributions add up to the score of the draws; masses are conserved within a kind."""
    count = 0
    for s in state.main_scores.values():
        assert np.allclose(s.contributions.sum(axis=1), s.quantiles[:, 3], atol=2e-6, rtol=1e-6)  # draws in float32
        assert np.array_equal(s.contributions.sum(axis=1), s.mean) and (s.contributions >= -1e-12).all()
        count += len(s.members)
    shares = state.given.allocation.shares
    rest = state.given.allocation.unallocated.set_index(["kind", "site_id"])["unallocated"]
    held = shares.groupby(["kind", "site_id"])[["inside", "near"]].sum().sum(axis=1)
    assert np.allclose(held.reindex(rest.index, fill_value=0.0) + rest, 1.0, atol=1e-9)
    return count


def check_withheld(seed: int, n: int = 20, broken: Hook | None = None) -> int:
    """4: a layer that is withheld from a block, wholly or in part, and an assay that is removed, gain nobody anything."""
    frames, rng = region(seed, n), np.random.default_rng(seed)
    before = run(frames, broken)
    fertility = frames["fertility"]
    cases = {
        "layer": {"fertility": fertility[rng.random(len(fertility)) < 0.5]},
        "half a layer": {"fertility": fertility.assign(coverage_pct=fertility["coverage_pct"] / 2)},
        "all layers": {"fertility": None},
    }
    grades = frames["grades"].sample(frac=1, random_state=seed)
    first = grades.drop_duplicates("site_id").index
    several = grades["site_id"].duplicated(keep=False)
    cases["assay"] = {"grades": frames["grades"].drop([i for i in first if several[i]])}
    count = 0
    for name, change in cases.items():
        after = run(frames | change, broken)
        old, new = scores_of(before), scores_of(after)
        for key, (mean, _) in old.items():
            if key in new:
                assert new[key][0] <= mean + 1e-9, f"{name}: {key} gained {new[key][0] - mean}"
        if name == "all layers":
            continue  # for all blocks at once: their order may change, nobody gains
        assert set(new) <= set(old), f"{name}: a block came in"
        if set(new) == set(old):
            for key, place in places_if_alone(before, after).items():
                assert place >= old[key][1], f"{name}: {key} rose"
        count += len({b for _, b in old})
    return count


STEPS = ("G1", "G2", "G3", "G4", "default")


def check_class_lowered(
    seed: int, n: int = 20, draws: int = 600, broken: Hook | None = None
) -> tuple[int, float, float]:
    """4: a class lowered gains at most a point a step where P(pays) >= 25 %, two below; the largest gains are returned."""
    frames = region(seed, n, draws=draws)
    gains, counted = {True: 0.0, False: 0.0}, 0
    for table in ("tonnages", "grades"):
        states = [run(frames | {table: frames[table].assign(knowledge_class=k)}, broken) for k in STEPS]
        for one, other in pairwise(states):
            for basket, kinds in one.scored.scores.items():
                for kind, s in kinds.items():
                    then = other.scored.scores[basket][kind]
                    view = list(one.given.baskets).index(basket)
                    for j, i in enumerate(s.members):
                        often = bool(one.scored.projects.out.p_pays[0, i] >= 0.25)
                        w = 100.0 * (other.scored.projects.out.score[view, i] - one.scored.projects.out.score[view, i])
                        error = 2.0 * float(w.std()) / math.sqrt(draws)
                        gain = float(then.mean[j] - s.mean[j])
                        gains[often] = max(gains[often], gain - error)
                        allowed = 1.0 if often else 2.0
                        assert gain <= allowed + error, (
                            f"{table}, {one.given.ids[i]}: {gain:.2f} points by knowing less"
                        )
                        counted += 1
    return counted, gains[True], gains[False]


def check_fixed_plan(seed: int, n: int = 20, draws: int = 2000) -> tuple[int, float]:
    """4: mean NPV of one plan that pays on average never rises by over 2 % of its revenue (lean 1)."""
    import dataclasses
    from types import SimpleNamespace

    frames = region(seed, n, draws=draws)
    worst, counted = 0.0, 0
    for table in ("tonnages", "grades"):
        states = [run(frames | {table: frames[table].assign(knowledge_class=k)}) for k in STEPS]
        book = dataclasses.replace(states[0].given.book.economics, lean={})
        settings = frames["settings"]
        told = SimpleNamespace(
            seed=settings.seed, draws=draws, decks=(book.price_usd_per_kg["2025e"],), baskets=[],
            rates_t=np.geomspace(1e5, 4e7, 12), finance=SimpleNamespace(discount_rate=0.10),
        )  # fmt: skip
        terms = SimpleNamespace(
            royalty=None, cap_kg={}, freight_usd_per_kg={}, cost_factor=1.0, royalty_base="sold", importance={},
            strategic=0.0,
        )  # fmt: skip
        for site, record in states[0].given.records.items():
            if record.project is None:
                continue
            found = [plain_projects.value(s.given.records[site].project, book, terms, told) for s in states]
            q = int(found[0]["npv"].mean(axis=1).argmax())
            for a, b in pairwise(found):
                if a["npv"][q].mean() <= 0:
                    break
                rise = b["npv"][q] - a["npv"][q]
                error = 2 * rise.std() / math.sqrt(draws)
                share = (rise.mean() - error) / a["earned"][q].mean()
                worst, counted = max(worst, share), counted + 1
                assert share <= 0.02, f"{site}: {share:.3f} of its revenue by knowing less"
    return counted, worst


def check_others_added(seed: int, n: int = 20, broken: Hook | None = None) -> int:
    """5: other blocks and other sites change nobody's score, nor the order among the rest."""
    frames, far = region(seed, n), region(seed + 1, 6)
    shift = {"lon": far["sites"]["lon"] + 3.0}
    for name in ("sites", "tonnages", "grades"):
        far[name] = far[name].assign(site_id="F" + far[name]["site_id"])
    far["sites"] = far["sites"].assign(**shift)
    more = frames_of(
        far["sites"].drop(columns="geometry").to_dict("records"), far["tonnages"].to_dict("records"),
        far["grades"].to_dict("records"),
        block_rows(["LF1", "LF2"], "mining_lease", [shapely.box(82.8, 19.8, 83.0, 20.2), shapely.box(60, 10, 61, 11)]),
    )  # fmt: skip
    more["grades"]["grade_id"] = "F" + more["grades"]["grade_id"]
    more["tonnages"]["tonnage_id"] = "F" + more["tonnages"]["tonnage_id"]
    both = dict(frames)
    for name in ("tonnages", "grades"):
        both[name] = pd.concat([frames[name], more[name]], ignore_index=True)
    for name in ("sites", "blocks"):
        both[name] = gpd.GeoDataFrame(pd.concat([frames[name], more[name]], ignore_index=True), crs=4326)
    old, new = scores_of(run(frames, broken)), scores_of(run(both, broken))
    for basket in ("critical_30", "all_recoverable"):
        for kind in "WL":
            mine = [k for k in old if k[0] == basket and k[1].startswith(kind)]
            assert [new[k][0] for k in mine] == [old[k][0] for k in mine], "another block changed a score"
            by_old = sorted(mine, key=lambda k: old[k][1])
            assert by_old == sorted(mine, key=lambda k: new[k][1]), "another block changed the order of the rest"
    return len({block for _, block in old})
