"""The compiled project model against the plain numpy one: time on the same cores in one run, and peak memory.

    python benchmarks/engine/projects.py [--sites 3000] [--draws 5000] [--numpy-sites 100] [--threads 0]

Every site sells five products; two decks, all baskets, lambda 0 and 0.3, twelve plant sizes. The numpy implementation is
the one that the tests hold the kernel against (``tests/scoring/waste/plain_projects.py``); it runs on some of the sites and
is scaled up. ``--one`` is one deck and one basket alone. The engine runs three times and the median counts; the first
run is told too, since a virtual machine's memory is often only lent when it is first touched.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np

from data_sources.reference.economics import economic_tables
from scoring.waste.projects.project_draws import grade_width, pure_ppm, tonnage_width
from scoring.waste.projects.project_engine import simulate_projects, whole_sites
from scoring.waste.projects.project_inputs import Grade, Product, Project, Run, Terms, finance_of, project_inputs

PRODUCTS = {"Cu": 2500.0, "Au": 0.15, "Ag": 3.0, "Co": 150.0, "Zn": 3000.0}
BASKETS = (
    frozenset({"Cu", "Co"}), frozenset(PRODUCTS), frozenset({"Co"}), frozenset({"Co", "Zn"}), frozenset({"Au", "Ag"}),
)  # fmt: skip


def _plain() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "tests" / "scoring" / "waste" / "plain_projects.py"
    spec = importlib.util.spec_from_file_location("plain_projects", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sites(n: int) -> list[Project]:
    """Projects of five products each, about a quarter of them paying."""
    rng = np.random.default_rng(1)
    tables = economic_tables()
    plant = next(r for r in tables.routes if r.family == "flot_cu")
    out = []
    for i in range(n):
        rich = math.exp(rng.normal(0.0, 0.8))
        grades = []
        for element, typical in PRODUCTS.items():
            own = (0.3, 0.5) if element == "Zn" else (None, None)
            width = grade_width(math.nan, min(2e5, rich * typical), math.nan, 0.4, pure_ppm(element))
            assert width is not None
            grades.append(Grade(element, width, pure_ppm(element), (Product(element, None, False, *own),)))
        tonnage = tonnage_width(math.nan, 10 ** rng.uniform(5.3, 8.5), math.nan, 0.3)
        assert tonnage is not None
        out.append(Project(f"S{i:05d}", tonnage, tuple(grades), plant, "bench"))
    return out


def setting(draws: int, one: bool) -> tuple[Terms, Run]:
    """Terms and run: two decks and five baskets, or one of each."""
    tables = economic_tables()
    decks = tuple(tables.price_usd_per_kg[d] for d in ("2025e", "2024"))[: 1 if one else 2]
    baskets = BASKETS[:1] if one else BASKETS
    terms = Terms(
        cap_kg={e: 0.1 * kg for e, kg in tables.production_kg.items()}, importance={"Co": 1.6, "Cu": 0.4}, strategic=0.3
    )
    views = tuple((d, b) for d in range(len(decks)) for b in range(len(baskets)))
    return terms, Run(seed=0, draws=draws, finance=finance_of(tables), decks=decks, baskets=baskets, views=views)


def _peak_gib() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main(arguments: list[str]) -> int:
    """Time both and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=3000)
    parser.add_argument("--draws", type=int, default=5000)
    parser.add_argument("--numpy-sites", type=int, default=100)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--one", action="store_true", help="one deck, one basket")
    given = parser.parse_args(arguments)
    tables = economic_tables()
    projects = sites(given.sites)
    terms, run = setting(given.draws, given.one)
    warm = project_inputs(projects[:2], tables, terms, run)
    simulate_projects(warm[0], warm[1], whole_sites(2), given.draws, threads=1)
    runs = []
    for _ in range(given.repeat):
        result = None  # the memory of one run at a time
        wall, cpu = time.perf_counter(), time.process_time()
        inputs, ids, _ = project_inputs(projects, tables, terms, run)
        result = simulate_projects(inputs, ids, whole_sites(len(ids)), given.draws, threads=given.threads)
        runs.append((time.perf_counter() - wall, time.process_time() - cpu))
    kernel = sorted(runs)[len(runs) // 2]
    assert result is not None
    peak = _peak_gib()
    plain = _plain()
    every = max(1, given.sites // given.numpy_sites)
    chosen = projects[::every][: given.numpy_sites]
    wall, cpu = time.perf_counter(), time.process_time()
    market = [plain.prices(list(PRODUCTS), tables, run, deck) for deck in run.decks]
    worst = 0.0
    for project in chosen:
        for deck in range(len(run.decks)):
            value = plain.value(project, tables, terms, run, deck, market[deck])
            mean = float(value["best"].mean())
            ours = float(result.out.npv[deck, ids.index(project.site_id), 3])
            worst = max(worst, abs(ours / mean - 1))
    scale = given.sites / len(chosen)
    numpy = (time.perf_counter() - wall) * scale, (time.process_time() - cpu) * scale
    threads = given.threads or os.cpu_count()
    print(
        f"{given.sites} sites x {given.draws} draws x {len(run.rates_t)} sizes, 5 products, {len(run.decks)} decks, "
        f"{len(run.baskets)} baskets, lambda 0 and {terms.strategic:g}; P(pays) on average {result.out.p_pays.mean():.2f}"
    )
    print(
        f"compiled, {threads} threads: {kernel[0]:.1f} s ({kernel[1]:.1f} s of processor), median of {len(runs)}; "
        f"the first {runs[0][0]:.1f} s ({runs[0][1]:.1f} s); peak {peak:.2f} GiB"
    )
    print(f"plain numpy, {len(chosen)} sites scaled up: {numpy[0]:.0f} s ({numpy[1]:.0f} s of processor)")
    print(f"largest difference in a mean {worst:.1e}")
    print(f"ratio {numpy[0] / kernel[0]:.1f} in time, {numpy[1] / kernel[1]:.1f} in processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
