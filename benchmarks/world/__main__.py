"""Does the model's P(pays) tell tailings projects that went ahead from those that failed?

    python -m benchmarks.world [FILE] [--draws 5000] [--page]

FILE has the columns of ``benchmarks/world/outcomes.csv``, which is the default. ``--page`` writes the table and the
picture of ``docs/does_it_pay.md`` anew. The last line printed has the five measures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.world.evaluate import Measures, Valued, all_variants, tonnage_alone
from benchmarks.world.page import write_page
from benchmarks.world.projects import read
from data_sources.reference import load_table
from data_sources.reference.economics import economic_tables
from khanij.foundation.errors import KhanijError

DRAWS = 5000
DEFAULT = Path(__file__).with_name("outcomes.csv")


def last_line(m: Measures) -> str:
    """The five measures in the form that other programs read."""
    return (
        f"AUC {m.auc:.2f}, like-tonnage pairs {m.pairs:.2f}, without scale {m.without_scale:.2f}, "
        f"Brier {m.brier:.2f}, n {m.n}"
    )


def _line(v: Valued) -> str:
    low, middle, high = v.npv_musd
    return (
        f"{v.case.outcome_id:8} {v.case.name[:34]:34} {v.case.project.plant.family:11} {v.case.tonnage_mt:7.1f} Mt "
        f"{v.case.year}  P(pays) {v.p_pays:.2f}  NPV {low:6.0f} {middle:6.0f} {high:6.0f} MUSD  "
        f"multiple {v.multiple:5.2f}  {'built' if v.case.built else 'not built'}"
    )


def main(arguments: list[str]) -> int:
    """Print every case, the variants, and the five measures last."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.world", description="The value model against the world."
    )
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT, metavar="FILE")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--page", action="store_true", help="write docs/does_it_pay.md's table and picture")
    given = parser.parse_args(arguments)
    try:
        frame = read(given.file)
        tables = economic_tables()
        known = set(load_table("elements")["element"])
        found, valued, results = all_variants(frame, tables, known, given.file.name, given.draws)
    except KhanijError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for v in sorted(valued, key=lambda v: (-v.p_pays, v.case.outcome_id)):
        print(_line(v))
    for outcome_id, name, why in found.left_out:
        print(f"{outcome_id:8} {name[:34]:34} not held against the model: {why}")
    print(f"rows {len(frame)} = held {len(valued)} + left out {len(found.left_out)}; every case without its own plants")
    for name, m in results.items():
        print(
            f"{name:22} AUC {m.auc:.2f} ({m.auc_low:.2f} to {m.auc_high:.2f}), pairs {m.pairs:.2f} of {m.n_pairs}, "
            f"without scale {m.without_scale:.2f}, Brier {m.brier:.2f}"
        )
    if not valued:
        print("error: no row can be held against the model", file=sys.stderr)
        return 2
    print(f"tonnage alone          AUC {tonnage_alone(valued):.2f}")
    if given.page:
        write_page(valued, found, results)
    m = results["all that is known"]
    print(f"AUC 5-95 % {m.auc_low:.2f} to {m.auc_high:.2f} (bootstrap over {m.n} rows)")
    print(last_line(m))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
