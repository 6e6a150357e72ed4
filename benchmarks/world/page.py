"""The table and the picture of ``docs/does_it_pay.md``, written by the command and held current by a test.

Belongs here: layout. Does not belong here: figures (``evaluate``), the words around the table (the page itself).
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.world.evaluate import Measures, Valued, tonnage_alone
from benchmarks.world.projects import Cases

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "does_it_pay.md"
PICTURE = ROOT / "docs" / "pictures" / "does_it_pay.png"
BEGIN, END = "<!-- table: python -m benchmarks.world --page -->", "<!-- end of table -->"
BARS = {"AUC": ">= 0.75", "pairs": ">= 0.70", "scale": ">= 0.15", "Brier": "<= 0.21"}


def _row(v: Valued) -> str:
    low, middle, high = (f"{x:,.0f}" for x in v.npv_musd)
    seen = [v.case.project.mineral_state.replace("_", " ")] if v.case.project.mineral_state != "unknown" else []
    seen += ["a mill stands"] if v.case.project.mill_stands else []
    return (
        f"| {v.case.name}, {v.case.country} | {v.case.project.plant.family} | {v.case.tonnage_mt:g} | {v.case.year} "
        f"| {', '.join(seen) or '-'} | {v.p_pays:.2f} | {low} / {middle} / {high} | {v.multiple:.2f} "
        f"| {'went ahead and lives' if v.case.built else 'failed or never built'} |"
    )


def table(valued: list[Valued], found: Cases, results: dict[str, Measures]) -> str:
    """The generated part of the page: every case, the measures with and without the judged marks, who was left out."""
    ordered = sorted(valued, key=lambda v: (-v.p_pays, v.case.outcome_id))
    lines = [
        BEGIN,
        "",
        "| project | plant | Mt | prices of | marks | P(pays) | NPV P10 / P50 / P90, M USD | multiple P50 | what became of it |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(v) for v in ordered),
        "",
        "| measure | bar | " + " | ".join(results) + " |",
        "|---|---|" + "---|" * len(results),
        _measure("AUC of P(pays)", BARS["AUC"], [f"{m.auc:.2f}" for m in results.values()]),
        _measure("its 5 to 95 % interval", "", [f"{m.auc_low:.2f} to {m.auc_high:.2f}" for m in results.values()]),
        _measure(
            "pairs of like tonnage in order",
            BARS["pairs"],
            [f"{m.pairs:.2f} of {m.n_pairs}" for m in results.values()],
        ),
        _measure("AUC without scale", "", [f"{m.without_scale:.2f}" for m in results.values()]),
        _measure("so lost", BARS["scale"], [f"{m.auc - m.without_scale:.2f}" for m in results.values()]),
        _measure("Brier score", BARS["Brier"], [f"{m.brier:.2f}" for m in results.values()]),
        "",
        f"{len(valued)} projects; tonnage alone has an AUC of {tonnage_alone(valued):.2f}. Not held against the model: "
        + "; ".join(f"{name} ({why.removeprefix('no: ')})" for _, name, why in found.left_out)
        + ".",
        "",
        END,
    ]
    return "\n".join(lines)


def _measure(name: str, bar: str, cells: list[str]) -> str:
    return f"| {name} | {bar or '-'} | " + " | ".join(cells) + " |"


def with_table(page: str, block: str) -> str:
    """The page with its generated part replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + block + after


def picture(valued: list[Valued], path: Path) -> None:
    """P(pays) of every case, those that went ahead above those that did not."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    ordered = sorted(valued, key=lambda v: (v.p_pays, v.case.outcome_id))
    figure, axes = plt.subplots(figsize=(8.0, 0.34 * len(ordered) + 1.4), layout="constrained")
    for y, v in enumerate(ordered):
        colour, marker = ("#1b7837", "o") if v.case.built else ("#b2182b", "X")
        axes.plot([0, v.p_pays], [y, y], color=colour, linewidth=1.2, alpha=0.5)
        axes.plot(v.p_pays, y, marker, color=colour, markersize=8)
    axes.set_yticks(range(len(ordered)), [f"{v.case.name}, {v.case.tonnage_mt:g} Mt" for v in ordered], fontsize=8)
    axes.axvline(0.5, color="grey", linewidth=0.8, linestyle=":")
    axes.set_xlim(0, 1)
    axes.set_xlabel("P(pays) before the decision, at the prices of its year")
    axes.plot([], [], "o", color="#1b7837", label="went ahead and lives")
    axes.plot([], [], "X", color="#b2182b", label="failed or never built")
    axes.legend(loc="lower right", fontsize=8, frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def write_page(valued: list[Valued], found: Cases, results: dict[str, Measures]) -> None:
    """Write the table into the page, and the picture beside it."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_table(page, table(valued, found, results)), encoding="utf-8")
    picture(valued, PICTURE)
    print(f"written: {PAGE.relative_to(ROOT)}, {PICTURE.relative_to(ROOT)}")
