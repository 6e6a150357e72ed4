"""The published columns against the score written out plainly, on districts drawn at random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from cases import assess
from pyproj import Transformer
from scipy.stats import rankdata

from scoring.waste.draws.streams import normals

from .districts import CRS, made_up_district
from .plain import Plain, h, quantile, worse


def inside(frames: dict[str, Any]) -> dict[str, dict[str, np.ndarray]]:
    """block -> site -> (K,) share: whole in its own block, by the drawn position in leases."""
    settings, blocks, ids = frames["settings"], frames["blocks"], list(frames["sites"]["site_id"])
    to_degrees = Transformer.from_crs(CRS, 4326, always_xy=True)
    leases = blocks[blocks["kind"] == "mining_lease"]
    out: dict[str, dict[str, np.ndarray]] = {f"WB-{s}": {s: np.ones(settings.draws)} for s in ids}
    for s, point, r90 in zip(ids, frames["sites"].to_crs(CRS).geometry, frames["sites"]["position_accuracy_m"]):
        at = [
            c + r90 / 2.146 * normals(settings.seed, settings.draws, f"position {a}", s)
            for a, c in (("x", point.x), ("y", point.y))
        ]
        hits = np.array([shapely.intersects_xy(g, *to_degrees.transform(*at)) for g in leases.geometry])
        for block, hit in zip(leases["block_id"], hits):
            if hit.any():
                out.setdefault(block, {})[s] = hit / np.maximum(1, hits.sum(axis=0))
    return out


def multiplier(frames: dict[str, Any], shares: dict[str, np.ndarray]) -> float:
    """X: the site's own, else the mean of the sites inside by their shares."""
    soft = dict(zip(frames["constraints"]["site_id"], frames["constraints"]["multiplier"]))
    weight = {s: a.mean() for s, a in shares.items()}
    return max(0.3, sum(weight[s] * soft.get(s, 1.0) for s in shares) / sum(weight.values()))


def ground(frames: dict[str, Any], block: str, held: list[str]) -> tuple[float, bool]:
    """What the ground earns, and whether it was measured and counts."""
    facts = frames["sites"].set_index("site_id")
    row = frames["fertility"].set_index("block_id")
    if all(facts.at[s, "is_transported"] for s in held) or block not in row.index:
        return 0.0, False
    return row.at[block, "fertility_axis"] * row.at[block, "coverage_pct"] / 100, True


def money(x: dict[str, np.ndarray], rate: float) -> dict[str, float]:
    """The columns that speak of all draws."""
    out = {"p_pays": x["pays"].mean(), "p_pays_if_built_today": x["today"].mean()}
    for p in (10, 50, 90):
        out |= {f"npv_usd_p{p}": quantile(x["npv"], p / 100), f"basket_value_usd_p{p}": quantile(x["u"][0], p / 100)}
        out[f"price_multiple_needed_p{p}"] = quantile(x["multiple"], p / 100)
    out["price_multiple_needed"] = out.pop("price_multiple_needed_p50")
    out["npv_inr_crore_p50"] = out["npv_usd_p50"] * rate / 1e7
    out["affordable_premium_pct_p20"] = -100 * quantile(-x["premium"], 0.8)
    out["affordable_premium_pct_p50"] = -100 * quantile(-x["premium"], 0.5)
    return {k: v if math.isfinite(v) else math.nan for k, v in out.items()}


def of_main_site(plain: Plain, shares: dict[str, np.ndarray]) -> dict[str, object]:
    """What is told of the plant of the project that brings most: medians, its products, its classes."""
    worth = {s: a.mean() * math.fsum(plain.sites[s]["revenue"].values()) for s, a in shares.items()}
    held = {s: float((a * plain.sites[s]["tonnes"]).mean()) for s, a in shares.items()}
    main = min(shares, key=lambda s: (-worth[s], -held[s], s))
    site = plain.sites[main]
    out: dict[str, object] = dict(plain.plant_columns(site))
    out["royalty_inr_crore_per_year"] = out.pop("royalty") * plain.s.inr_per_usd / 1e7  # type: ignore[operator]
    by_element: dict[str, float] = {}
    for s, a in shares.items():
        for e, v in plain.sites[s]["revenue"].items():
            by_element[e] = by_element.get(e, 0.0) + a.mean() * v
    product = max(sorted(by_element), key=lambda e: by_element[e]) if max(by_element.values()) > 0 else None
    multiples = {e: m for e, m in plain.product_multiples(site["value"]).items() if math.isfinite(m)}
    told = sorted(multiples, key=lambda e: (-site["revenue"][e], e))
    out["main_product"] = product
    out["price_multiple_by_product"] = "; ".join(f"{e} {multiples[e]:.3g}" for e in told) or None
    return out


def check_contents(result: Any, plain: Plain, shares: dict[str, dict[str, np.ndarray]]) -> None:
    """Kilograms contained and recoverable of every element of every unit."""
    table = result.element_potential.set_index(["block_id", "element"])
    checked = 0
    for block, of_site in shares.items():
        known = {
            s: a for s, a in of_site.items()
            if plain.sites[s]["tonnes"] is not None and (block.startswith("WB-") or plain.sites[s]["value"] is not None)
        }  # fmt: skip
        for what in ("contained", "recoverable"):
            for e in {e for s in known for e in plain.sites[s][what]}:
                kg = sum(a * plain.sites[s][what].get(e, 0.0) for s, a in known.items())
                got = table.loc[(block, e), [f"{what}_kg_p{p}" for p in (10, 50, 90)]].tolist()
                assert got == pytest.approx(np.percentile(kg, [10, 50, 90]).tolist(), rel=1e-6, abs=1e-3), (block, e)
                checked += 1
    assert checked > 40


def tiers_of(ids: list[str], order: list[str], ranks: dict[str, np.ndarray]) -> dict[str, str]:
    """The walk: a block joins while it stands above the tier's first in more than a fifth of the draws."""
    groups: list[list[str]] = []
    for b in order:
        if groups:
            first = ranks[groups[-1][0]]
            above = sum(1.0 if x < y else 0.5 if x == y else 0.0 for x, y in zip(ranks[b], first)) / len(first)
            if above > 0.2:
                groups[-1].append(b)
                continue
        groups.append([b])
    places = {b: i + 1 for i, b in enumerate(order)}
    return {
        b: str(places[g[0]]) if len(g) == 1 else f"{places[g[0]]}-{places[g[-1]]}" for g in groups for b in g
    }  # fmt: skip


def check_order(table: Any, scores: dict[str, np.ndarray], needed: dict[str, np.ndarray]) -> None:
    """Ranks inside every draw, place, P(top 10) and tier of one kind."""
    ids = sorted(scores)
    keys = np.array([np.where(scores[b] > 0, -scores[b], needed[b]) for b in ids], np.float32)
    ranks = dict(zip(ids, rankdata(keys, axis=0)))
    order = sorted(ids, key=lambda b: (-round(scores[b].mean(), 1), quantile(needed[b], 0.5), b))
    told = tiers_of(ids, order, ranks)
    for b in ids:
        row = table.loc[b]
        assert row["rank"] == order.index(b) + 1, b
        got = row[["rank_p05", "rank_p50", "rank_p95"]].tolist()
        assert got == pytest.approx(np.percentile(ranks[b], [5, 50, 95]).tolist(), abs=1e-6), b
        assert row["tier"] == told[b], b


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_published_columns_are_the_plain_score(seed):
    frames = made_up_district(seed)
    settings = frames["settings"]
    result = assess(**frames)
    table = result.ranked_blocks.set_index("block_id")
    plain, w = Plain(frames), settings.ground_weight
    shares = inside(frames)
    exact = dict(zip(frames["sites"]["site_id"], frames["sites"]["position_accuracy_m"] == 0.0))
    counted = {
        block: {s: a for s, a in of_site.items() if block.startswith("WB-") or exact[s] or a.mean() >= 0.05}
        for block, of_site in shares.items()
    }
    check_contents(result, plain, counted)
    scores: dict[str, dict[str, np.ndarray]] = {"waste_block": {}, "mining_lease": {}}
    needed: dict[str, dict[str, np.ndarray]] = {"waste_block": {}, "mining_lease": {}}
    for block, of_site in shares.items():
        known = {s: a for s, a in counted[block].items() if plain.sites[s]["value"] is not None}
        held = list(known)
        row = table.loc[block]
        if not held:
            assert row["status"] == "UNQUANTIFIED"
            assert math.isnan(row["npv_usd_p50"])
            continue
        in_basket = plain.baskets["critical_30"] & {e for s in held for e in plain.sites[s]["sold"]}
        assert row["status"] == ("RANKED" if in_basket else "OUT_OF_BASKET"), block
        x = plain.block(known)
        expected: dict[str, Any] = money(x, settings.inr_per_usd) | of_main_site(plain, known)
        p = x["pays"].mean()
        expected["prospect"] = "PAYS" if p >= 0.5 else "MAY_PAY" if p >= 0.05 else "NEEDS_MORE"
        if in_basket:
            factor, (earned, counts) = multiplier(frames, of_site), ground(frames, block, held)
            of = {name: np.array([h(v) for v in x[name][0]]) for name in ("u", "lifted")}
            score = 100 * factor * of["lifted"] * (1 - w + w * earned)
            scores[row["kind"]][block], needed[row["kind"]][block] = score, x["multiple"] / factor
            expected |= {"score_mean": score.mean(), "modifier": factor}
            expected |= {f"score_p{q}": np.percentile(score, q) for q in (10, 50, 90)}
            expected["contribution_value"] = 100 * factor * (1 - w) * of["u"].mean()
            expected["contribution_strategic"] = 100 * factor * (1 - w) * (of["lifted"].mean() - of["u"].mean())
            expected["contribution_fertility"] = 100 * factor * w * earned * of["lifted"].mean() if counts else math.nan
        for column, figure in expected.items():
            got = row[column]
            if isinstance(figure, str) or figure is None:
                assert (got or None) == figure, (block, column)
            else:
                assert got == pytest.approx(figure, rel=2e-6, abs=2e-6, nan_ok=True), (block, column)
        if block.startswith("WB-"):
            check_classes(plain, block.removeprefix("WB-"), row)
    for kind, of_kind in scores.items():
        check_order(table, of_kind, needed[kind])
    assert sum(map(len, scores.values())) >= 4


def check_classes(plain: Plain, site: str, row: Any) -> None:
    """The five classes and the UNFC triple of a site's own block."""
    x = plain.sites[site]
    classes = plain.classes(x)
    for factor, klass in classes.items():
        assert row[f"class_{factor}"] == klass, (site, factor)
    assert row["knowledge_class"] == worse(*classes.values())
    known = worse(classes["tonnage"], classes["grade"])
    e = "E2" if row["prospect"] == "PAYS" else "E3"
    f = "F2" if x["project"].test_level in ("pilot", "plant") else "F3"
    assert row["unfc"] == f"{e}-{f}-{known if known.startswith('G') else 'G4'}"


def test_the_districts_hold_what_the_score_must_tell_apart():
    """Blocks that pay, may pay and do not; conflicts, derived, wet and recovered figures; totals and borrowed grades."""
    seen: set[str] = set()
    for seed in (1, 2, 3, 4):
        frames = made_up_district(seed)
        table = assess(**frames).ranked_blocks
        seen |= set(table["prospect"].dropna()) | set(table["status"]) | set(table["unfc"].dropna().str[:2])
        for name in ("tonnages", "grades"):
            seen |= set(frames[name]["basis_code"]) | (
                {f"{name} conflict"} if frames[name]["is_conflict"].any() else set()
            )
        seen |= (
            set(frames["tonnages"]["mass_basis"])
            | set(frames["grades"]["element_kind"])
            | {frames["settings"].royalty_base}
        )
        seen |= set(frames["grades"]["knowledge_class"])
    wanted = (
        "PAYS MAY_PAY NEEDS_MORE RANKED OUT_OF_BASKET UNQUANTIFIED E2 E3 derived plan recovered head_grade upper_limit"
    )
    assert (
        set(wanted.split()) | {"tonnages conflict", "grades conflict", "wet", "total", "sold", "contained", "analogue"}
        <= seen
    )
