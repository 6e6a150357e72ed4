"""The ratios of docs/performance.md in one picture: what was reached, its spread, and what was asked for.

python -m benchmarks.speed.ratios docs/performance.md docs/pictures/ratios.svg

Belongs here: drawing the table under "In one view". Does not belong here: measuring.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

HEADING = "## In one view"
_NUMBER = r"\d+(?:\.\d+)?"


@dataclass(frozen=True)
class Row:
    """One work: how many times less it takes than before, the least and the most that the runs allow, and what was asked for."""

    work: str
    asked: float
    ratio: float
    least: float
    most: float


def rows_of(text: str) -> list[Row]:
    """Rows of the table under the heading: ``work | asked | reached (least to most) | n``."""
    part = text.partition(HEADING)[2].partition("\n## ")[0]
    found = []
    for line in part.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        numbers = re.findall(_NUMBER, cells[2]) if len(cells) == 4 else []
        if numbers and re.fullmatch(_NUMBER, cells[1]):
            ratio, *spread = map(float, numbers)
            least, most = spread if len(spread) == 2 else (ratio, ratio)
            found.append(Row(cells[0].replace("`", ""), float(cells[1]), ratio, least, most))
    return found


def draw(rows: list[Row], file: Path) -> None:
    """Bars on a logarithmic axis, the spread of the runs as a line, what was asked for as a mark."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": "khanij", "svg.fonttype": "none", "font.size": 9}
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 0.36 * len(rows) + 1.1), layout="constrained")
    for i, row in enumerate(rows):
        met = row.ratio >= row.asked
        axes.barh(i, row.ratio - 0.1, left=0.1, height=0.6, color="#2b6a9b" if met else "#b5651d")
        axes.plot([row.least, row.most], [i, i], color="black", linewidth=1.2)
        axes.plot([row.asked, row.asked], [i - 0.42, i + 0.42], color="black", linewidth=2)
        axes.text(max(row.most, row.asked) * 1.08, i, f"{row.ratio:g}", va="center")
    axes.set_xscale("log")
    axes.set_xlim(0.1, 200)
    axes.set_xticks([0.1, 0.5, 1, 2, 5, 10, 20, 50, 100], ["0.1", "0.5", "1", "2", "5", "10", "20", "50", "100"])
    axes.axvline(1, color="0.6", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [row.work for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel("times less than 3ec25ae or a peer (upright: asked for; line: spread; brown: missed)")
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    """Read the page, draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    chosen = parser.parse_args()
    rows = rows_of(chosen.page.read_text(encoding="utf-8"))
    draw(rows, chosen.picture)
    print(f"{len(rows)} rows: {chosen.picture}")


if __name__ == "__main__":
    main()
