"""What Dagster's UI shows of a result: row counts, first rows, map and chart previews, links.

Belongs here: turning a frame into metadata. Does not belong here: what a contract says (``contract_columns``), judging a frame
(``quality.py``) or writing a file (``publishing``). Nothing here changes a result, and nothing here can fail a run.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import geopandas as gpd
import numpy as np
import pandas as pd

from assets.shown.contract_columns import table_schema
from data_sources.contracts import Contract

PREVIEW_ROWS = 5
PREVIEW_COLUMNS = 8
_MAIN_FRAMES = ("ranked_blocks", "kept", "units", "sites", "table", "sample_next")
_MAP_MARGINS = {"left": 0.22, "right": 0.97, "bottom": 0.13, "top": 0.97}
_RASTER_MARGINS = {"left": 0.02, "right": 0.98, "bottom": 0.02, "top": 0.92}
_TICKS = 5  # more of them, of eastings with seven digits, run into each other
_DENSE = 5000  # above this many features a map shows their density, which is also what can be seen at that size


def frame_metadata(frame: pd.DataFrame | None, contract: Contract | None = None) -> dict[str, Any]:
    """Metadata of one frame: row count, column schema with units, first rows, and a map where it has geometry.

    Parameters
    ----------
    frame : shape (n, columns), with or without geometry; None gives a row count of zero.
    contract : its contract; without one the schema has the frame's own types.
    """
    if frame is None:
        return {"dagster/row_count": 0}
    out: dict[str, Any] = {"dagster/row_count": len(frame)}
    out["dagster/column_schema"] = table_schema(contract) if contract else _schema_of(frame)
    if len(frame):
        out["first_rows"] = dg.MetadataValue.md(markdown_table(frame))
    if isinstance(frame, gpd.GeoDataFrame) and len(frame):
        picture = map_preview(frame)
        if picture is not None:
            out["map"] = picture
    return out


def bundle_metadata(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata of a whole result: its main frame's count, first rows and map, a raster's picture, the rank chart."""
    main = next((bundle[name] for name in _MAIN_FRAMES if isinstance(bundle.get(name), pd.DataFrame)), None)
    out = {} if main is None else frame_metadata(main)
    out.pop("dagster/column_schema", None)  # the definition has it, with units
    if isinstance(bundle.get("ranked_blocks"), pd.DataFrame):
        chart = rank_chart(bundle["ranked_blocks"])
        out |= {"rank_chart": chart} if chart is not None else {}
    bands = getattr(bundle.get("stack"), "bands", ())
    if bands:
        shown = next((b for b in bands if b.name == "posterior"), bands[0])
        picture = raster_preview(shown.values, f"{shown.name} {shown.unit}".strip())
        out |= {"raster": picture} if picture is not None else {}
        out["bands"] = ", ".join(f"{b.name} [{b.unit}]" if b.unit else b.name for b in bands)
    return out


def _schema_of(frame: pd.DataFrame) -> dg.TableSchema:
    return dg.TableSchema(columns=[dg.TableColumn(str(name), str(dtype)) for name, dtype in frame.dtypes.items()])


def markdown_table(frame: pd.DataFrame, rows: int = PREVIEW_ROWS, columns: int = PREVIEW_COLUMNS) -> str:
    """The first rows and columns of a frame as a table for the UI; source text is shown, never interpreted."""
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name) if isinstance(frame, gpd.GeoDataFrame) else frame)
    names = list(plain.columns[:columns])
    lines = ["| " + " | ".join(map(str, names)) + " |", "|" + "---|" * len(names)]
    for row in plain[names].head(rows).itertuples(index=False):
        lines.append("| " + " | ".join(_cell(value) for value in row) + " |")
    more = len(plain.columns) - len(names)
    return "\n".join(lines) + (f"\n\nand {more} more columns" if more > 0 else "")


def _cell(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    text = f"{value:.5g}" if isinstance(value, float) else str(value)
    # Source text is shown, never interpreted: no pipe may open a cell and no tag may reach the page.
    text = text.replace("|", "/").replace("<", "&lt;").replace("\n", " ")
    return text if len(text) <= 60 else text[:57] + "..."


def map_preview(frame: gpd.GeoDataFrame, column: str | None = None) -> dg.MarkdownMetadataValue | None:
    """A small map of a layer as a picture inside the metadata; None where nothing can be drawn."""
    shapes = frame.geometry.dropna()
    shapes = shapes[~shapes.is_empty]
    if not len(shapes):
        return None

    def draw(axes: Any) -> None:
        if len(shapes) > _DENSE:
            at = shapes.representative_point() if shapes.geom_type.iloc[0] != "Point" else shapes
            density, x, y = np.histogram2d(at.x, at.y, bins=100)
            shown = np.where(density.T > 0, np.log1p(density.T), np.nan)
            axes.imshow(shown, extent=(x[0], x[-1], y[0], y[-1]), origin="lower", cmap="viridis", aspect="auto")
        else:
            colours = frame.loc[shapes.index, column] if column in frame.columns else None
            gpd.GeoSeries(shapes).plot(
                ax=axes, color="#3b6e8f", markersize=4, linewidth=0.6, alpha=0.8
            ) if colours is None else gpd.GeoDataFrame({column: colours}, geometry=shapes).plot(
                ax=axes, column=column, cmap="viridis", markersize=6, legend=False
            )
        axes.set_aspect("auto")
        axes.set_xlabel("longitude, deg", fontsize=6)
        axes.set_ylabel("latitude, deg", fontsize=6)
        axes.tick_params(labelsize=6)
        axes.locator_params(nbins=_TICKS - 1)
        axes.ticklabel_format(style="plain", useOffset=False)

    return _picture(draw, (3.6, 3.2), f"map of {len(shapes)} features", margins=_MAP_MARGINS)


def raster_preview(values: np.ndarray, title: str = "") -> dg.MarkdownMetadataValue | None:
    """A raster band of shape (rows, columns), thinned to at most 400 cells a side, as a picture; NaN is blank."""
    step = max(1, int(np.ceil(max(values.shape) / 400)))
    thin = np.asarray(values, dtype=np.float64)[::step, ::step]
    if not np.isfinite(thin).any():
        return None

    def draw(axes: Any) -> None:
        axes.imshow(thin, cmap="viridis")
        axes.set_axis_off()
        axes.set_title(title, fontsize=7)

    return _picture(draw, (3.4, 3.4), title or "raster", margins=_RASTER_MARGINS)


def rank_chart(blocks: pd.DataFrame, top: int = 15) -> dg.MarkdownMetadataValue | None:
    """The first places of the main kind with their rank interval, P05 (best place) to P95 (worst)."""
    ranked = blocks[blocks["rank"].notna()] if "rank" in blocks.columns else blocks.iloc[:0]
    if not len(ranked):
        return None
    kind = ranked["kind"].value_counts().sort_index().idxmax()
    shown = ranked[ranked["kind"] == kind].sort_values("rank").head(top)

    def draw(axes: Any) -> None:
        places = np.arange(len(shown))
        axes.hlines(
            places, shown["rank_p05"].astype(float), shown["rank_p95"].astype(float), color="#9db8c9", linewidth=4
        )
        axes.plot(shown["rank_p50"].astype(float), places, "o", color="#1f4e6b", markersize=4)
        axes.set_yticks(places, [_cell(name)[:32] for name in shown["name"]], fontsize=6)
        axes.invert_yaxis()
        axes.set_xlabel(f"rank within {kind}: P05 (best place) to P95 (worst), dot P50", fontsize=6)
        axes.tick_params(axis="x", labelsize=6)

    return _picture(draw, (4.6, 0.6 + 0.2 * len(shown)), "rank intervals")


def _picture(
    draw: Callable[[Any], None], size: tuple[float, float], alt: str, margins: dict[str, float] | None = None
) -> dg.MarkdownMetadataValue | None:
    """``margins`` are shares of the picture; without them the margins are fitted to the words, for twice the time."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=size, dpi=110, layout=None if margins else "tight")
    if margins:
        figure.subplots_adjust(**margins)
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    try:
        draw(figure.add_subplot())
        figure.savefig(buffer, format="png")
    except (ValueError, TypeError, KeyError):
        return None  # a preview that cannot be drawn must not cost a result
    # A palette of 64 colours is a quarter of the size: previews live in Dagster's database.
    small = io.BytesIO()
    Image.open(buffer).convert("RGB").quantize(64).save(small, format="png", optimize=True)
    return dg.MetadataValue.md(f"![{alt}](data:image/png;base64,{base64.b64encode(small.getvalue()).decode()})")


def file_links(paths: Iterable[Path]) -> dict[str, dg.MetadataValue]:
    """Published files as paths that the UI lets one copy, keyed by their names."""
    return {f"file: {path.name}": dg.MetadataValue.path(str(path)) for path in paths}
