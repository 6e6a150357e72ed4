"""The maps and charts of a dossier, and the book of rows that its pages are made from.

Belongs here: one axes at a time. Does not belong here: where on the page it stands (``dossier_pages``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Polygon, Rectangle
from matplotlib_scalebar.scalebar import ScaleBar

from data_sources.contracts.frames import empty_table
from data_sources.contracts.published.cited import BIBLIOGRAPHY
from data_sources.sheets import sheet_of
from khanij.foundation.cells import is_known
from khanij.foundation.wording import number
from publishing.colours import CONTRIBUTIONS, RANK_CLASSES
from publishing.geopackage.reading import records

A4 = (8.27, 11.69)
MAP_SIZE = (0.40, 0.27)
BOX = MAP_SIZE[0] * A4[0] / (MAP_SIZE[1] * A4[1])  # width over height of a map
INK, SOFT, LINE, RED, LINK = "#1d1c1a", "#66635c", "#c9c5ba", "#b00020", "#0b57a4"


@dataclass(frozen=True)
class Book:
    """The frames behind a set of dossiers."""

    blocks: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    shares: pd.DataFrame
    elements: pd.DataFrame
    advice: pd.DataFrame
    evidence: pd.DataFrame
    states: gpd.GeoDataFrame | None
    info: dict[str, str]
    peers: dict[tuple[str, str], int] = field(default_factory=dict)
    moves: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"block_id": [], "swing": []}))
    bibliography: pd.DataFrame = field(default_factory=lambda: empty_table(BIBLIOGRAPHY))

    @property
    def is_sample(self) -> bool:
        """True if the region is made up."""
        return self.info.get("warning", "").startswith("SAMPLE")

    @cached_property
    def shapes(self) -> dict[str, Any]:
        """Block to geometry."""
        return dict(zip(self.blocks["block_id"], self.blocks.geometry))

    @cached_property
    def centres(self) -> np.ndarray:
        """Longitude and latitude of every placed block, shape (n, 2)."""
        placed = [g for g in self.blocks.geometry if g is not None and not g.is_empty]
        return shapely.get_coordinates(shapely.centroid(placed)) if placed else np.empty((0, 2))

    def peers_of(self, r: SimpleNamespace) -> int:
        """Blocks that are ranked with a block: of its kind in its region, not only those of the list at hand."""
        return self.peers.get((str(getattr(r, "region", "")), str(r.kind)), 0)

    @cached_property
    def site_of(self) -> dict[str, SimpleNamespace]:
        """Site to its row, with ``point``."""
        rows = records(pd.DataFrame(self.sites.drop(columns="geometry")))
        for row, point in zip(rows, self.sites.geometry):
            row.point = point
        return {r.site_id: r for r in rows}

    @cached_property
    def _groups(self) -> dict[str, dict[str, list[SimpleNamespace]]]:
        frames = {
            "shares": self.shares.sort_values(["inside", "near", "site_id"], ascending=[False, False, True]),
            "elements": self.elements.sort_values(
                ["revenue_share", "contained_kg_p50"], ascending=False, na_position="last"
            ),
            "advice": self.advice.sort_values("priority"),
            "moves": self.moves.sort_values("swing", ascending=False, kind="stable"),
            "evidence": self.evidence[self.evidence["role"] != "result"].sort_values(
                ["percentile", "evidence"], ascending=[False, True]
            ),
        }
        return {k: {str(b): records(part) for b, part in f.groupby("block_id", sort=False)} for k, f in frames.items()}

    @cached_property
    def advice_of_site(self) -> dict[str, list[SimpleNamespace]]:
        """Advice on sites that would first have to enter a ranking, by site."""
        free = self.advice[self.advice["block_id"].isna()]
        return {r.site_id: [r] for r in records(free)}

    def rows(self, table: str, block_id: str) -> list[SimpleNamespace]:
        """The rows of ``shares``, ``elements``, ``advice``, ``moves`` or ``evidence`` of one block."""
        return self._groups[table].get(block_id, [])


def draw_locator(axes: Axes, book: Book, shape: Any) -> None:
    """Where in the region: all blocks as dots, this one marked; no boundary is drawn."""
    points = book.centres
    axes.set_facecolor("#fbfaf6")
    if len(points):
        axes.scatter(points[:, 0], points[:, 1], s=5, color="#c8bfae", linewidths=0, zorder=2)
        if book.states is not None:
            for state, p in zip(book.states["state"], book.states.geometry):
                axes.text(
                    p.x,
                    p.y,
                    str(state).removeprefix("UT: ").upper(),
                    fontsize=4.6,
                    color="#9a9484",
                    ha="center",
                    zorder=1,
                    clip_on=True,
                )
        low, high = points.min(axis=0), points.max(axis=0)
        x, y = (low + high) / 2
        squeeze = np.cos(np.radians(y))
        half = 0.53 * max(high[1] - low[1], (high[0] - low[0]) * squeeze / BOX, 0.2)
        axes.set_xlim(x - half * BOX / squeeze, x + half * BOX / squeeze)
        axes.set_ylim(y - half, y + half)
    if shape is not None and not shape.is_empty:
        c = shape.centroid
        axes.plot(
            [c.x],
            [c.y],
            marker="o",
            markersize=9,
            markerfacecolor="none",
            markeredgecolor=RED,
            markeredgewidth=1.6,
            zorder=4,
        )
        axes.plot([c.x], [c.y], marker="o", markersize=3, color=RED, zorder=4)
    axes.grid(True, color="#e6e2d6", linewidth=0.5)
    axes.tick_params(labelsize=6, length=2, colors=SOFT)
    axes.set_title("In the region", fontsize=8, loc="left", color=SOFT)


def draw_close_up(axes: Axes, book: Book, r: SimpleNamespace, shape: Any) -> None:
    """The block itself with sheets and sites."""
    axes.tick_params(labelsize=6, length=2, colors=SOFT)
    axes.set_title("Close up, with Survey of India sheets", fontsize=8, loc="left", color=SOFT)
    if shape is None or shape.is_empty:
        axes.text(0.5, 0.5, "position not known", ha="center", va="center", transform=axes.transAxes, color=SOFT)
        axes.set_xticks([])
        axes.set_yticks([])
        return
    west, south, east, north = shape.bounds
    x, y = (west + east) / 2, (south + north) / 2
    squeeze = np.cos(np.radians(y))
    half = max(north - south, (east - west) * squeeze, 0.012) * 0.95
    quarter = np.arange(4 * 60, 4 * 102) / 4  # sheets of 15 minutes
    for edge in quarter[(quarter > x - half * 1.2 / squeeze) & (quarter < x + half * 1.2 / squeeze)]:
        axes.axvline(edge, color="#cfcaba", linewidth=0.7, zorder=1)
    quarter -= 60
    for edge in quarter[(quarter > y - half) & (quarter < y + half)]:
        axes.axhline(edge, color="#cfcaba", linewidth=0.7, zorder=1)
    colour = next(
        (c for low, high, c in RANK_CLASSES if is_known(r.rank) and low <= r.rank and (high is None or r.rank <= high)),
        "#9a9a9a",
    )
    parts = [Polygon(shapely.get_coordinates(p.exterior)) for p in getattr(shape, "geoms", [shape])]
    if r.geometry_basis == "position_circle":
        hollow = PatchCollection(parts, facecolor="none", edgecolor=INK, linewidth=1.1, linestyle="--", zorder=2)
        axes.add_collection(hollow)
        axes.plot([x], [y], marker="o", markersize=6, color=colour, markeredgecolor=INK, markeredgewidth=0.5, zorder=2)
        axes.set_title(f"Close up; dashed: {_circle_said(r)}", fontsize=8, loc="left", color=SOFT)
    else:
        solid = PatchCollection(parts, facecolor=colour, alpha=0.35, edgecolor=colour, linewidth=1.4, zorder=2)
        axes.add_collection(solid)
    for s in book.rows("shares", r.block_id)[:8]:
        site = book.site_of.get(s.site_id)
        if site is not None and site.point is not None and not site.point.is_empty:
            axes.plot(
                [site.point.x],
                [site.point.y],
                marker="^",
                markersize=6,
                color="#8c510a",
                markeredgecolor="white",
                markeredgewidth=0.6,
                zorder=3,
            )
            axes.annotate(
                s.site_id,
                (site.point.x, site.point.y),
                xytext=(4, 4),
                textcoords="offset points",
                fontsize=6,
                clip_on=True,
            )
    axes.set_xlim(x - half * BOX / squeeze, x + half * BOX / squeeze)
    axes.set_ylim(y - half, y + half)
    axes.ticklabel_format(useOffset=False)
    axes.locator_params(nbins=4)
    axes.text(
        0.98,
        0.97,
        str(sheet_of(x, y) or ""),
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=9,
        color="#9a9484",
        weight="bold",
    )
    axes.add_artist(
        ScaleBar(
            111_320 * squeeze,
            "m",
            location="lower left",
            box_alpha=0.7,
            font_properties={"size": 6},
            rotation="horizontal-only",
        )
    )


def _circle_said(r: SimpleNamespace) -> str:
    km = f"{number(r.position_known_to_km)} km" if is_known(r.position_known_to_km) else "its radius"
    return f"position known to {km}, no boundary"


def draw_contributions(axes: Axes, r: SimpleNamespace) -> None:
    """The points of a block's score, axis by axis, on a scale of 0 to 100."""
    start = 0.0
    axes.add_patch(Rectangle((0, 0), 100, 1, facecolor="#ecebe6", linewidth=0))
    for column, word, colour in CONTRIBUTIONS:
        points = getattr(r, column)
        if not is_known(points):
            continue
        axes.add_patch(Rectangle((start, 0), float(points), 1, facecolor=colour, linewidth=0))
        if points > 7:
            axes.text(
                start + points / 2,
                0.5,
                f"{word} {number(points)}",
                ha="center",
                va="center",
                fontsize=7.5,
                color="white",
            )
        start += float(points)
    axes.plot([r.score_p10, r.score_p90], [-0.25, -0.25], color=INK, linewidth=1.2, clip_on=False)
    axes.plot([r.score_p50], [-0.25], marker="|", color=INK, markersize=6, clip_on=False)
    axes.set_xlim(0, 100)
    axes.set_ylim(-0.45, 1)
    axes.axis("off")


def draw_rank_axis(axes: Axes, r: SimpleNamespace, n: int) -> None:
    """The rank from the best place (P05) to the worst (P95) among ``n`` blocks, the median and the rank marked."""
    axes.barh([0], [r.rank_p95 - r.rank_p05], left=[r.rank_p05], height=0.5, color="#bdaed6")
    axes.plot([r.rank_p50], [0], marker="|", color="#4d004b", markersize=11, markeredgewidth=2)
    axes.plot([float(r.rank)], [0], marker="o", color="#4d004b", markersize=5)
    axes.set_xlim(0.5, max(n, 2) + 0.5)
    axes.set_ylim(-0.5, 0.5)
    axes.set_yticks([])
    axes.tick_params(labelsize=6.5, length=2)
    axes.spines[["top", "right", "left"]].set_visible(False)


def draw_evidence(axes: Axes, r: SimpleNamespace, rows: list[SimpleNamespace]) -> None:
    """The fertility of the ground with its interval, and below it each evidence at its percentile."""
    axes.axvspan(0, 50, color="#f4f2ec", linewidth=0)
    if is_known(r.fertility_axis_p10) and is_known(r.fertility_axis_p90):
        low, high = 100 * float(r.fertility_axis_p10), 100 * float(r.fertility_axis_p90)
        axes.plot([low, high], [0, 0], color="#3b528b", linewidth=5, alpha=0.45, solid_capstyle="butt")
    axes.plot([100 * float(r.fertility_axis)], [0], marker="o", color="#3b528b", markersize=6)
    for i, row in enumerate(rows, start=1):
        colour = RED if row.role == "warning" else "#009e73"
        axes.plot([0, 100 * float(row.percentile)], [i, i], color=LINE, linewidth=0.6)
        axes.plot([100 * float(row.percentile)], [i], marker="o", color=colour, markersize=4)
    axes.set_yticks(range(len(rows) + 1), ["fertility", *(str(row.evidence).replace("_", " ") for row in rows)])
    axes.set_xlim(0, 100)
    axes.set_ylim(len(rows) + 0.6, -0.6)
    axes.set_xlabel("share of the region's ground with a lower value, %", fontsize=6.5, color=SOFT)
    axes.tick_params(labelsize=6.5, length=2)
    axes.spines[["top", "right"]].set_visible(False)
