"""The validation of fertility as one self-contained HTML page: what was used, how well it predicts, every table.

Belongs here: the page. Does not belong here: a measure of prediction (``scoring.ground.models.validation``).
"""

from __future__ import annotations

import html
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd

from khanij.foundation.cells import is_known
from khanij.foundation.files import PublishedFile, sha256_of, write_bytes_atomically
from khanij.foundation.wording import number
from publishing.geopackage.publication import RegionLike
from publishing.geopackage.reading import SAMPLE_MARK
from publishing.sets.marks import meta_tag, visible_line

matplotlib.use("Agg")
_MAX_ROWS = 200
_BLUE, _ORANGE, _GREY = "#0072b2", "#d55e00", "#9a9a9a"
_MEASURES = {
    "capture_2pct": "captured in the best 2 % of area", "capture_5pct": "captured in the best 5 % of area",
    "capture_10pct": "captured in the best 10 % of area", "capture_20pct": "captured in the best 20 % of area",
    "success_rate_area": "area under the curve (0.5: blind)", "auc": "ROC AUC (0.5: blind)",
}  # fmt: skip
_CONTROLS = {"shuffled_labels": "shuffled labels", "random_blocks": "clusters moved whole"}
# What each working table is for, in the order of the work.
_TABLES = {
    "censoring": "non-detects of every column and how they were treated",
    "levelling": "elements held on a survey sheet for their laboratory's level",
    "association_members": "elements of each association, and the share that Th, Zr and Hf explain",
    "thresholds": "median + 2 MAD and Tukey's fence of every element, on logs and raw",
    "score_thresholds": "the same of every association's score, and the concentration-area break",
    "pca_loadings": "robust components, loadings in centred log-ratios",
    "variograms": "fitted variograms with their leave-one-out check",
    "evidence": "the evidence layers",
    "training_points": "known occurrences: the cell of each, and whether it was used",
    "weights": "weights of evidence, recountable by hand: cells, deposits, both",
    "weights_by_commodity": "weights tables of every commodity with enough points; a description of single layers",
    "conditional_independence": "are the layers independent, as the sum of their weights supposes?",
    "features": "coefficients or importances, over the bags",
    "platt": "calibration of each fold by the other folds",
    "capture": "held-out capture with 95 % block-bootstrap intervals",
    "prediction_curve": "held-out points captured against area",
    "success_curve": "the same of the map that saw every point: flattering, for comparison",
    "calibration": "expected against observed deposits",
    "controls": "each negative control",
}
_TRAPS = (
    ("units mislabelled in the survey's own headings, zeros, totals with an element twice", "unit checks at reading; censoring"),
    ("zircon and monazite sand that passes for rare-earth ore", "regression on Th, Zr, Hf; heavy_minerals is shown, not scored"),
    ("a laboratory batch off by a factor that ends at a sheet's border", "held on that sheet; table levelling"),
    ("closure: parts of a whole that correlate by arithmetic", "log-ratios before any mean or component"),
    ("washings of known dumps", "samples near and downstream are masked before anything is fitted"),
    ("neighbours that test each other", "whole spatial blocks are held out, and the bootstrap draws whole blocks"),
    ("a model of a handful of points", "refused below 20 cells with an occurrence"),
    ("dependent layers multiplied as if independent", "tested; logistic regression instead"),
)  # fmt: skip
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #ddd}
table{border-collapse:collapse;font-size:13px}th,td{padding:3px 9px;border-bottom:1px solid #e4e4e4;text-align:left}
th{background:#f4f2ec}td.n{text-align:right;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}
details{margin:.35rem 0}summary{cursor:pointer}summary span,.quiet{color:#666}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));gap:1rem;align-items:start}
figure{margin:0}figcaption{font-size:13px;color:#444}.first{font-size:1.05rem}
.mark{color:#b00020;font-weight:700}svg{max-width:100%;height:auto}
"""


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path | str) -> list[PublishedFile]:
    """Write every validation table as CSV, nine significant digits, so that a reviewer can recompute it by hand."""
    out = []
    for name, table in sorted(tables.items()):
        path = Path(folder) / f"{name}.csv"
        text = table.to_csv(index=False, lineterminator="\n", float_format="%.9g")
        changed = write_bytes_atomically(path, text.encode())
        out.append(PublishedFile(path, sha256_of(path), path.stat().st_size, changed))
    return out


def write_fertility_report(
    region: RegionLike,
    summary: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    path: Path | str,
    generation: str = "",
) -> PublishedFile:
    """Write the fertility validation as one HTML page with plots; the same tables give the same bytes.

    Parameters
    ----------
    region : name, title and whether it is made up.
    summary : ``model_used``, ``notes`` (texts) and ``validation`` (measure to value).
    tables : the validation tables by name; curves are drawn where a table has their columns.
    path : where to write.
    generation : of the set that the report belongs to.
    """
    path = Path(path)
    title = f"Fertility of the ground: {region.title}"
    parts = [f"<h1>{html.escape(title)}</h1>"]
    if region.is_sample:
        parts.append(f'<p class="mark">{SAMPLE_MARK}</p>')
    validation = summary.get("validation") or {}
    parts += [_opening(str(summary.get("model_used") or ""), validation, tables), _plots(tables)]
    if "capture" in tables:
        parts.append(_capture(tables["capture"]))
    if len(tables.get("refusals", ())):
        parts.append(f"<h2>Refused, and why</h2>{_table(tables['refusals'])}")
    notes = "".join(f"<li>{html.escape(str(n))}</li>" for n in summary.get("notes", ()))
    if notes:
        parts.append(f"<h2>What was found on the way</h2><ul>{notes}</ul>")
    if tables:
        rows = "".join(f"<tr><td>{html.escape(t)}</td><td>{html.escape(d)}</td></tr>" for t, d in _TRAPS)
        parts.append(f"<h2>Known traps</h2><table><tr><th>trap</th><th>what stops it here</th></tr>{rows}</table>")
    parts.append(_validation(validation))
    if tables:
        parts.append(_working(tables))
    parts.append(visible_line(generation))
    body = "\n".join(parts)
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{meta_tag(generation)}<style>{_STYLE}</style></head>'
        f"<body>{body}</body></html>\n"
    )
    changed = write_bytes_atomically(path, page.encode())
    return PublishedFile(path, sha256_of(path), path.stat().st_size, changed)


def _opening(model: str, validation: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> str:
    """Which model, tested on how many points in how many blocks, and what it found of what it was not shown."""
    words = model.replace("_", " ")
    text = [f"Model: {html.escape(words)}." if words else "No model was fitted."]
    capture = tables.get("capture")
    if not validation:
        text.append("There is no validation: not enough known occurrences to hold any out.")
    elif capture is not None and len(capture) and "capture_10pct" in set(capture["measure"]):
        row = _capture_10(capture)
        text.append(
            f"Tested on {row['n_points']:.0f} cells with a known occurrence in {row['n_blocks']:.0f} spatial blocks"
            f" ({html.escape(str(validation.get('held_out', '')))}): the best 10 % of the area hold"
            f" {100 * row['value']:.0f} % of them (95 %: {100 * row['low_95']:.0f} to {100 * row['high_95']:.0f} %)."
        )
        if row["low_95"] <= 0.10:
            text.append("<b>A blind map would hold 10 %: this test does not tell the map from a blind one.</b>")
    text.append(
        "Whole squares of ground are held out together, never single cells. A percentile of fertility says where the"
        " ground is favourable, not that there is an ore body."
    )
    return f'<p class="first">{" ".join(text)}</p>'


def _capture_10(capture: pd.DataFrame) -> dict[str, float]:
    row = capture[capture["measure"] == "capture_10pct"].iloc[0]
    return {c: float(row[c]) for c in ("value", "low_95", "high_95", "n_points", "n_blocks")}


def _capture(table: pd.DataFrame) -> str:
    head = "<tr><th>held-out measure</th><th>value</th><th>95 % interval</th></tr>"
    rows = []
    for row in table.to_dict("records"):
        share = str(row["measure"]).startswith("capture")
        value, low, high = (
            f"{100 * v:.0f} %" if share else f"{v:.3f}" for v in (row["value"], row["low_95"], row["high_95"])
        )
        name = html.escape(_MEASURES.get(str(row["measure"]), str(row["measure"])))
        rows.append(f"<tr><td>{name}</td><td class=n>{value}</td><td class=n>{low} to {high}</td></tr>")
    return f"<h2>Capture</h2><table>{head}{''.join(rows)}</table>"


def _working(tables: Mapping[str, pd.DataFrame]) -> str:
    """Every table, folded, in the order of the work; the same tables lie as CSV beside the page."""
    known = [name for name in _TABLES if name in tables]
    parts = ["<h2>Working</h2><p class=quiet>Every table whole, as CSV, in <code>fertility_tables/</code>.</p>"]
    for name in [*known, *sorted(set(tables) - set(_TABLES) - {"refusals"})]:
        title = html.escape(name.replace("_", " ").capitalize())
        about = f" <span>({len(tables[name])} rows): {html.escape(_TABLES.get(name, ''))}</span>"
        parts.append(f"<details><summary>{title}{about}</summary>{_table(tables[name])}</details>")
    return "".join(parts)


def _validation(values: Mapping[str, Any]) -> str:
    if not values:
        return ""
    rows = "".join(
        f"<tr><td>{html.escape(str(k).replace('_', ' '))}</td><td>{html.escape(_cell(v))}</td></tr>"
        for k, v in values.items()
    )
    return f"<details><summary>Every figure of the validation</summary><table>{rows}</table></details>"


def _cell(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(v) for v in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{k}: {_cell(v)}" for k, v in value.items())
    if isinstance(value, (int, float, np.integer, np.floating)):
        if is_known(value) and float(value).is_integer() and abs(float(value)) < 1e15:
            return f"{int(value):,}"
        return number(value, 4) if is_known(value) else "-"
    return str(value) if is_known(value) else "-"


def _table(table: pd.DataFrame) -> str:
    shown = table.head(_MAX_ROWS)
    head = "".join(f"<th>{html.escape(str(c))}</th>" for c in shown.columns)
    numeric = [pd.api.types.is_numeric_dtype(shown[c]) for c in shown.columns]
    rows = "".join(
        "<tr>"
        + "".join(f"<td{' class=n' if n else ''}>{html.escape(_cell(v))}</td>" for v, n in zip(row, numeric))
        + "</tr>"
        for row in shown.itertuples(index=False)
    )
    more = f"<p>{len(table) - _MAX_ROWS} more rows are in the table itself.</p>" if len(table) > _MAX_ROWS else ""
    return f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>{more}'


def _plots(tables: Mapping[str, pd.DataFrame]) -> str:
    made = [_curves(tables), _calibration(tables.get("calibration")), _controls(tables.get("controls"), tables)]
    figures = "".join(
        f"<figure>{svg}<figcaption>{html.escape(text)}</figcaption></figure>" for svg, text in made if svg
    )
    return f'<h2>How well it finds what it was not shown</h2><div class="plots">{figures}</div>' if figures else ""


def _axes(x: str, y: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _curves(tables: Mapping[str, pd.DataFrame]) -> tuple[str, str]:
    """Prediction and success curves, with the captures' intervals on the first."""
    drawn = [
        (name, tables[name], colour, label)
        for name, colour, label in (
            ("success_curve", _ORANGE, "success: the map that saw them"),
            ("prediction_curve", _BLUE, "prediction: held out"),
        )
        if name in tables and {"area_pct", "captured_pct"} <= set(tables[name].columns)
    ]
    if len(drawn) == 2 and drawn[0][1].equals(drawn[1][1]):
        drawn = drawn[1:]  # the map saw no occurrence: both curves are one
    if not drawn:
        return "", ""
    figure, axes = _axes("best part of the area, %", "known occurrences inside, %")
    for name, table, colour, label in drawn:
        style = "-" if name == "prediction_curve" else "--"
        axes.plot(table["area_pct"], table["captured_pct"], style, color=colour, label=label)
    axes.plot([0, 100], [0, 100], color=_GREY, linestyle=":", linewidth=1, label="a blind map")
    capture = tables.get("capture")
    if capture is not None:
        rows = capture[capture["measure"].astype(str).str.fullmatch(r"capture_\d+pct")]
        at = rows["measure"].str.extract(r"(\d+)")[0].astype(float)
        value = 100 * rows["value"].to_numpy(dtype=float)
        spread = [value - 100 * rows["low_95"], 100 * rows["high_95"] - value]
        axes.errorbar(
            at, value, np.maximum(spread, 0), fmt="o", color=_BLUE, capsize=3, markersize=4, label="95 % interval"
        )
    axes.set(xlim=(0, 100), ylim=(0, 103))
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    return svg_of(figure), "Known occurrences captured, against the share of the area looked at, best ground first."


def _calibration(table: pd.DataFrame | None) -> tuple[str, str]:
    needed = {"expected", "observed", "poisson_low_95", "poisson_high_95"}
    if table is None or not len(table) or not needed <= set(table.columns):
        return "", ""
    figure, axes = _axes("groups of ground, least favourable first", "deposits")
    at = np.arange(1, len(table) + 1)
    axes.fill_between(
        at,
        table["poisson_low_95"],
        table["poisson_high_95"],
        step="mid",
        color=_GREY,
        alpha=0.3,
        linewidth=0,
        label="expected, 95 %",
    )
    axes.plot(at, table["expected"], color=_GREY, drawstyle="steps-mid", label="expected")
    axes.plot(at, table["observed"], "o", color=_BLUE, label="observed")
    axes.set(xticks=at, ylim=(0, None))
    axes.legend(frameon=False, fontsize=8)
    outside = int(
        ((table["observed"] < table["poisson_low_95"]) | (table["observed"] > table["poisson_high_95"])).sum()
    )
    said = f"Held-out calibration, groups of equal expected number: {outside} of {len(table)} outside their range."
    return svg_of(figure), said + (" Read the order, not the probability." if outside > len(table) / 4 else "")


def _controls(table: pd.DataFrame | None, tables: Mapping[str, pd.DataFrame]) -> tuple[str, str]:
    if table is None or not len(table) or not {"control", "capture_10pct"} <= set(table.columns):
        return "", ""
    figure, axes = _axes("captured in the best 10 % of area, %", "")
    names = sorted(table["control"].unique())
    for i, name in enumerate(names):
        found = 100 * table.loc[table["control"] == name, "capture_10pct"].to_numpy(dtype=float)
        lift = i + np.linspace(-0.15, 0.15, len(found))
        axes.plot(found, lift, "o", color=_ORANGE, alpha=0.6, markersize=4)
        axes.plot([found.mean()] * 2, [i - 0.25, i + 0.25], color=_ORANGE, linewidth=2)
    labels = [_CONTROLS.get(str(n), str(n)) for n in names]
    capture = tables.get("capture")
    if capture is not None and "capture_10pct" in set(capture["measure"]):
        row = _capture_10(capture)
        value, low, high = (100 * row[c] for c in ("value", "low_95", "high_95"))
        reach = [[max(value - low, 0)], [max(high - value, 0)]]
        axes.errorbar([value], [len(names)], xerr=reach, fmt="o", color=_BLUE, capsize=3)
        labels.append("the map")
    axes.axvline(10, color=_GREY, linestyle=":", linewidth=1)
    axes.set(yticks=range(len(labels)), yticklabels=labels, xlim=(0, 105), ylim=(-0.6, len(labels) - 0.4))
    return svg_of(figure), "Negative controls, through the same machinery: the dotted line is a blind map's 10 %."


def svg_of(figure: Any) -> str:
    """A figure as inline SVG, the same bytes every time."""
    with matplotlib.rc_context({"svg.hashsalt": "khanij", "svg.fonttype": "none"}):
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]
