"""Are the intervals and P(top 10) right? Simulated inventories whose truth is known.

In each inventory the truth of every site is drawn from a wide population, the published figures are the truth with the
error of their knowledge class, and the state of the world (prices, recoveries, costs, site factors) is one more draw of
the shared distributions. The engine sees the published figures only.

    python benchmarks/engine/coverage.py 1000 reliability.png
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
from scoring.waste.engine import simulate

from data_sources.reference import load_reference
from scoring.rank.baskets import basket_elements
from scoring.rank.ranking import rank_draws
from scoring.rank.settings import RankingSettings
from scoring.waste.figures import GRADE_GSD, TONNAGE_GSD
from scoring.waste.inventory import site_records
from scoring.waste.prepare import Scenario, prepare
from scoring.waste.routes import RouteBook
from scoring.waste.shares.allocation import Allocation
from scoring.waste.shares.units import plan_units

KINDS = {
    "cu_flotation_tailings": ("flotation_cu", {"Cu": 1200.0, "Au": 0.08, "Ag": 1.5}),
    "zn_pb_flotation_tailings": ("flotation_zn_pb", {"Zn": 9000.0, "Pb": 3000.0, "Ag": 20.0}),
    "cr_laterite_overburden": ("hpal_roast_leach", {"Ni": 7000.0, "Co": 400.0}),
    "red_mud": ("acid_leach_sx", {"Sc": 60.0}),
}
NONE = Allocation(pd.DataFrame(columns=["block_id", "site_id", "inside", "is_own"]), pd.DataFrame(), pd.DataFrame(), {})


def inventory(
    rng: np.random.Generator, n_sites: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Sites, published tonnages and grades, and the true ones in the same frames (class G1, no error in the figure)."""
    sites, tonnages, grades, true_t, true_g = [], [], [], [], []
    names = sorted(KINDS)
    for i in range(n_sites):
        waste = names[i % len(names)]
        route, typical = KINDS[waste]
        site = f"S{i:03d}"
        sites.append(
            {
                "site_id": site,
                "waste_type_code": waste,
                "route_code": route,
                "host_commodity": "",
                "is_excluded": False,
                "source": "",
            }
        )
        klass = str(rng.choice(["G2", "G3", "G4"]))
        truth = 20.0 * np.exp(1.0 * rng.normal())
        seen = truth * TONNAGE_GSD[klass] ** rng.normal()
        base = {
            "quantity_kind": "waste",
            "basis_code": "published",
            "is_screening_only": False,
            "is_preferred": True,
            "source": "",
            "note": "",
            "tonnage_min_mt": np.nan,
            "tonnage_max_mt": np.nan,
        }
        tonnages.append(
            {**base, "tonnage_id": site, "site_id": site, "tonnage_mode_mt": seen, "knowledge_class": klass}
        )
        true_t.append({**base, "tonnage_id": site, "site_id": site, "tonnage_mode_mt": truth, "knowledge_class": "G1"})
        for element, median in typical.items():
            truth_ppm = median * np.exp(0.8 * rng.normal())
            seen_ppm = truth_ppm * GRADE_GSD[klass] ** rng.normal()
            row = {
                "grade_id": site + element,
                "site_id": site,
                "element": element,
                "element_kind": "element",
                "ppm_min": np.nan,
                "ppm_max": np.nan,
                "basis_code": "assay",
                "use": "1",
                "source": "",
                "tree_includes": None,
            }
            grades.append({**row, "ppm_mode": seen_ppm, "knowledge_class": klass})
            true_g.append({**row, "ppm_mode": truth_ppm, "knowledge_class": "G1"})
    return tuple(pd.DataFrame(x) for x in (sites, tonnages, grades, true_t, true_g))  # type: ignore[return-value]


def _simulate(frames: tuple, settings: RankingSettings, draws: int, exact: bool) -> Any:
    book = RouteBook(load_reference())
    records = site_records(*frames, book, 0.0)
    if exact:
        for record in records.values():
            kind, a, _, c = record.tonnage_spec
            record.tonnage_spec = (kind, a, 0.0, c)
            for assay in record.assays:
                assay.sigma = 0.0
    settings = settings.model_copy(update={"draws": draws})  # the truth is one draw, fewer than any ranking has
    basket = basket_elements("all_recoverable", settings, load_reference())
    inputs, elements, rows = prepare(records, book, settings, [Scenario(settings.price_deck)], [basket], [(0, 0)])
    plan = plan_units([], NONE, inputs, rows, set())
    return simulate(inputs, plan.ids, plan.units, draws, threads=1), elements, plan


def one(seed: int, n_sites: int = 24, draws: int = 500) -> dict[str, np.ndarray]:
    """One inventory: hits of P10-P90 for contained metal, margin and tonnage; P(top 10) and whether it came true."""
    rng = np.random.default_rng(seed)
    sites, tonnages, grades, true_t, true_g = inventory(rng, n_sites)
    model, _, _ = _simulate((sites, tonnages, grades), RankingSettings(draws=draws, seed=seed), draws, exact=False)
    truth, _, _ = _simulate((sites, true_t, true_g), RankingSettings(draws=100, seed=10_000_000 + seed), 1, exact=True)

    def hit(interval: np.ndarray, value: np.ndarray) -> np.ndarray:
        return (interval[:, 0] <= value) & (value <= interval[:, 2])

    def score(s: Any) -> np.ndarray:
        return (100 * (2 / 3 * s.out.value[0] + 1 / 3 * s.out.strategic[0])).astype(np.float32)

    summary = rank_draws(score(model), (10,), 1)
    place = rank_draws(score(truth), (10,), 1)
    return {
        "tonnage": hit(model.out.tonnage, truth.out.tonnage[:, 1]),
        "contained": hit(model.out.contained, truth.out.contained[:, 1]),
        "margin": hit(model.out.margin, truth.out.margin[:, 1]),
        "p_top10": summary.p_top[10],
        "in_top10": place.p_top[10],
    }


def study(n: int) -> tuple[dict[str, float], pd.DataFrame]:
    """Coverage by quantity over ``n`` inventories, and the reliability table of P(top 10) in ten bins."""
    runs = [one(seed) for seed in range(1, n + 1)]
    coverage = {q: float(np.concatenate([r[q] for r in runs]).mean()) for q in ("tonnage", "contained", "margin")}
    p, came = (np.concatenate([r[q] for r in runs]) for q in ("p_top10", "in_top10"))
    bins = np.minimum((p * 10).astype(int), 9)
    rows = [
        (b / 10, (b + 1) / 10, int((bins == b).sum()), p[bins == b].mean(), came[bins == b].mean())
        for b in range(10)
        if (bins == b).any()
    ]
    return coverage, pd.DataFrame(rows, columns=["from", "to", "n", "forecast", "observed"])


if __name__ == "__main__":
    found, table = study(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    print({k: round(v, 4) for k, v in found.items()})
    print(table.round(3).to_string(index=False))
    if len(sys.argv) > 2:
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(4, 4))
        axes.plot([0, 1], [0, 1], color="0.7")
        axes.plot(table["forecast"], table["observed"], "o-")
        axes.set(xlabel="forecast P(top 10)", ylabel="share that came true", title="Reliability of P(top 10)")
        figure.savefig(sys.argv[2], dpi=110, bbox_inches="tight")
