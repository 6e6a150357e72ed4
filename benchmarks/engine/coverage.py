"""Are the intervals and P(top 10) right? Simulated inventories whose truth is known.

In each inventory the truth of every site is drawn from a wide population; a published figure is ``truth / exp(s z - s^2 / 2)``
with the s of its knowledge class, its errors correlated within a site as the model assumes; the state of the world (prices,
recoveries, costs) is one more draw of the shared distributions. The engine sees the published figures only.

    python benchmarks/engine/coverage.py 1000 reliability.png
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pandas as pd

from data_sources.reference import load_reference
from scoring.rank.baskets import basket_elements
from scoring.rank.ranking import rank_draws
from scoring.rank.settings import RankingSettings
from scoring.waste.inventory import site_records
from scoring.waste.metal import simulate_metal
from scoring.waste.prepare import metal_inputs
from scoring.waste.projects.project_draws import GRADE_GSD, GRADE_SHARED, TONNAGE_GSD, Width, pure_ppm
from scoring.waste.projects.project_engine import simulate_projects
from scoring.waste.routes import RouteBook
from scoring.waste.shares.allocation import Allocation
from scoring.waste.shares.units import plan_units
from scoring.waste.site_projects import attach_projects, inputs_of, price_deck

KINDS = {
    "au_mill_tailings": ("cil_releach", {"Au": 0.6, "Ag": 3.0}),
    "cu_flotation_tailings": ("flotation_cu", {"Cu": 2500.0, "Au": 0.15, "Ag": 2.0}),
    "zn_pb_flotation_tailings": ("flotation_zn_pb", {"Zn": 20000.0, "Pb": 7000.0, "Ag": 30.0}),
    "cr_laterite_overburden": ("hpal_roast_leach", {"Ni": 9000.0, "Co": 500.0}),
    "red_mud": ("acid_leach_sx", {"Sc": 90.0}),
}
NONE = Allocation(
    pd.DataFrame(columns=["block_id", "site_id", "inside", "is_own", "share_basis"]), pd.DataFrame(), pd.DataFrame(), {}
)
Frames = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
REFERENCE = load_reference()
BOOK = RouteBook(REFERENCE)


def _figure(truth: float, gsd: float, z: float) -> float:
    s = math.log(gsd)
    return float(truth / math.exp(s * z - s * s / 2))


def inventory(rng: np.random.Generator, n_sites: int) -> tuple[Frames, Frames]:
    """Sites, published tonnages and grades; and the true figures in the same frames."""
    sites, tonnages, grades, true_t, true_g = [], [], [], [], []
    names = sorted(KINDS)
    for i in range(n_sites):
        waste = names[i % len(names)]
        route, typical = KINDS[waste]
        site, klass = f"S{i:03d}", str(rng.choice(["G2", "G3", "G4"]))
        sites.append(
            {"site_id": site, "waste_type_code": waste, "route_code": route, "test_level": "bench", "source": ""}
        )
        truth = float(20.0 * np.exp(1.0 * rng.normal()))
        row = {"tonnage_id": site, "site_id": site, "quantity_kind": "waste", "basis_code": "published"}
        row |= {"knowledge_class": klass, "is_preferred": True, "source": "", "note": ""}
        tonnages.append(row | {"tonnage_mode_mt": _figure(truth, TONNAGE_GSD[klass], rng.normal())})
        true_t.append(row | {"tonnage_mode_mt": truth})
        shared = rng.normal()
        for element, median in typical.items():
            ppm = float(min(2e5, median * np.exp(0.8 * rng.normal())))
            z = math.sqrt(GRADE_SHARED) * shared + math.sqrt(1 - GRADE_SHARED) * rng.normal()
            row = {"grade_id": site + element, "site_id": site, "element": element, "element_kind": "element"}
            row |= {"basis_code": "assay", "use": "1", "source": "", "knowledge_class": klass}
            grades.append(row | {"ppm_mode": min(0.9 * pure_ppm(element), _figure(ppm, GRADE_GSD[klass], z))})
            true_g.append(row | {"ppm_mode": ppm})
    frames = [pd.DataFrame(x) for x in (sites, tonnages, grades, true_t, true_g)]
    return (frames[0], frames[1], frames[2]), (frames[0], frames[3], frames[4])


def _simulate(frames: Frames, settings: RankingSettings, draws: int, *, exact: bool) -> tuple[Any, Any]:
    """Metal and projects of every site; of the truth itself where ``exact``: no width in a tonnage or a grade."""
    records = site_records(*frames, BOOK, 0.0)
    if exact:
        tonnes = dict(zip(frames[1]["site_id"], frames[1]["tonnage_mode_mt"] * 1e6))
        ppm = dict(zip(zip(frames[2]["site_id"], frames[2]["element"]), frames[2]["ppm_mode"]))
        for record in records.values():
            record.tonnage_width = Width(math.log(tonnes[record.site_id]), 0.0)
            for assay in record.assays:
                c = ppm[record.site_id, assay.label]
                assay.width = Width(math.log(c / (assay.pure_ppm - c)), 0.0)
    settings = settings.model_copy(update={"draws": draws})  # the truth is one draw, fewer than any ranking has
    attach_projects(records, BOOK, settings)
    basket = basket_elements("all_recoverable", settings, REFERENCE)
    metal, elements, rows = metal_inputs(records, BOOK, settings)
    deck = price_deck(BOOK, settings, settings.price_deck)
    inputs, project_ids, _ = inputs_of(records, BOOK, settings, [deck], [basket], [(0, 0)])
    plan = plan_units([], NONE, metal, rows, project_ids, set())
    held = simulate_metal(metal, plan.units, len(elements), draws, threads=1)
    return held, simulate_projects(inputs, plan.ids, plan.projects, draws, threads=1).out


def one(seed: int, n_sites: int = 25, draws: int = 500) -> dict[str, np.ndarray]:
    """One inventory: hits of P10-P90 for tonnage, metal and NPV; P(top 10) and whether it came true."""
    rng = np.random.default_rng(seed)
    published, true = inventory(rng, n_sites)
    metal, money = _simulate(published, RankingSettings(draws=draws, seed=seed), draws, exact=False)
    world = RankingSettings(draws=100, seed=10_000_000 + seed)
    true_metal, true_money = _simulate(true, world, 1, exact=True)

    def hit(interval: np.ndarray, value: np.ndarray) -> np.ndarray:
        return (interval[..., 0] <= value) & (value <= interval[..., 2])

    def keys(out: Any) -> np.ndarray:
        return np.where(out.score[0] > 0, -out.score[0], out.multiple[0]).astype(np.float32)

    return {
        "tonnage": hit(metal.tonnage, true_metal.tonnage[:, 1]),
        "contained": hit(metal.contained, true_metal.contained[:, 1]),
        "recoverable": hit(metal.recoverable, true_metal.recoverable[:, 1]),
        "npv": hit(money.npv[0], true_money.npv[0, :, 1]),
        "multiple": hit(money.multiple_q[0], true_money.multiple_q[0, :, 1]),
        "p_top10": rank_draws(keys(money), (10,), 1).p_top[10],
        "in_top10": rank_draws(keys(true_money), (10,), 1).p_top[10],
        "p_pays": money.p_pays[0],
        "pays": true_money.p_pays[0],
    }


def study(n: int) -> tuple[dict[str, float], pd.DataFrame]:
    """Coverage by quantity over ``n`` inventories, and the reliability table of P(top 10) in ten bins."""
    runs = [one(seed) for seed in range(1, n + 1)]
    quantities = ("tonnage", "contained", "recoverable", "npv", "multiple")
    coverage = {q: float(np.concatenate([r[q] for r in runs]).mean()) for q in quantities}
    return coverage, pd.concat(
        [reliability(runs, "p_top10", "in_top10"), reliability(runs, "p_pays", "pays")], ignore_index=True
    )


def reliability(runs: list[dict[str, np.ndarray]], forecast: str, outcome: str) -> pd.DataFrame:
    """Forecasts in ten bins beside the share that came true."""
    p, came = (np.concatenate([r[q] for r in runs]) for q in (forecast, outcome))
    bins = np.minimum((p * 10).astype(int), 9)
    rows = [
        (forecast, b / 10, (b + 1) / 10, int((bins == b).sum()), p[bins == b].mean(), came[bins == b].mean())
        for b in range(10)
        if (bins == b).any()
    ]
    return pd.DataFrame(rows, columns=["what", "from", "to", "n", "forecast", "observed"])


if __name__ == "__main__":
    found, table = study(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    print({k: round(v, 4) for k, v in found.items()})
    print(table.round(3).to_string(index=False))
    if len(sys.argv) > 2:
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(4, 4))
        axes.plot([0, 1], [0, 1], color="0.7")
        for what, rows in table.groupby("what"):
            axes.plot(
                rows["forecast"], rows["observed"], "o-", label={"p_top10": "P(top 10)", "p_pays": "P(pays)"}[what]
            )
        axes.legend()
        axes.set(xlabel="forecast", ylabel="share that came true", title="Reliability")
        figure.savefig(sys.argv[2], dpi=110, bbox_inches="tight")
