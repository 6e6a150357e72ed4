"""The validation of fertility as one self-contained HTML page: what was used, how well it predicts, every table.

Belongs here: the page. Does not belong here: a measure of prediction (``scoring.ground.validation``).
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

from publishing.atomic import sha256_of, write_bytes_atomically
from publishing.publication import SAMPLE_MARK, PublishedFile, RegionLike
from publishing.wording import is_known, number

matplotlib.use("Agg")
_MAX_ROWS = 200
_BLUE, _ORANGE, _GREY = "#0072b2", "#d55e00", "#9a9a9a"
# Pairs of columns that are drawn as a curve where a table has them both.
_CURVES = (
    ("area_pct", "captured_pct"), ("area_share", "captured_share"), ("area_fraction", "capture"), ("area", "capture"),
    ("false_positive_rate", "true_positive_rate"), ("fpr", "tpr"), ("area_fraction", "deposit_fraction"),
)  # fmt: skip
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #ddd}
table{border-collapse:collapse;font-size:13px}th,td{padding:3px 9px;border-bottom:1px solid #e4e4e4;text-align:left}
th{background:#f4f2ec}td.n{text-align:right;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}
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
    region: RegionLike, summary: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], path: Path | str
) -> PublishedFile:
    """Write the fertility validation as one HTML page with plots; the same tables give the same bytes.

    Parameters
    ----------
    region : name, title and whether it is made up.
    summary : ``model_used``, ``notes`` (texts) and ``validation`` (measure to value).
    tables : the validation tables by name; curves are drawn where a table has their columns.
    path : where to write.
    """
    path = Path(path)
    title = f"Fertility of the ground: {region.title}"
    parts = [f"<h1>{html.escape(title)}</h1>"]
    if region.is_sample:
        parts.append(f'<p class="mark">{SAMPLE_MARK}</p>')
    parts.append(f"<p>Model: {html.escape(str(summary.get('model_used') or 'none'))}.</p>")
    notes = "".join(f"<li>{html.escape(str(n))}</li>" for n in summary.get("notes", ()))
    if notes:
        parts.append(f"<h2>Notes</h2><ul>{notes}</ul>")
    parts.append(_validation(summary.get("validation") or {}))
    for name, table in sorted(tables.items()):
        parts.append(f"<h2>{html.escape(name.replace('_', ' ').capitalize())}</h2>{_curve(table)}{_table(table)}")
    parts.append(
        "<p>Validation is spatially blocked: a block's cells are never in both training and test. A percentile of "
        "fertility says where the ground is favourable, not that there is an ore body.</p>"
    )
    body = "\n".join(parts)
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body>{body}</body></html>\n"
    )
    changed = write_bytes_atomically(path, page.encode())
    return PublishedFile(path, sha256_of(path), path.stat().st_size, changed)


def _validation(values: Mapping[str, Any]) -> str:
    if not values:
        return "<p>There is no validation: not enough known occurrences to hold any out.</p>"
    rows = "".join(
        f"<tr><td>{html.escape(str(k).replace('_', ' '))}</td><td>{html.escape(_cell(v))}</td></tr>"
        for k, v in values.items()
    )
    return f"<h2>Validation on held-out ground</h2><table>{rows}</table>"


def _cell(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(v) for v in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{k}: {_cell(v)}" for k, v in value.items())
    if isinstance(value, (int, float, np.integer, np.floating)):
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


def _curve(table: pd.DataFrame) -> str:
    from matplotlib.figure import Figure

    found = next((pair for pair in _CURVES if set(pair) <= set(table.columns)), None)
    if found is None or len(table) < 3:
        return ""
    x, y = found
    figure = Figure(figsize=(5.2, 3.6), layout="constrained")
    axes = figure.add_subplot()
    kinds = next((c for c in ("curve", "kind", "model", "layer") if c in table.columns), None)
    groups = [("", table)] if kinds is None else list(table.groupby(kinds, sort=True))
    for i, (label, part) in enumerate(groups[:6]):
        ordered = part.sort_values(x)
        colour = (_BLUE, _ORANGE, "#009e73", "#cc79a7", "#e69f00", "#56b4e9")[i]
        axes.plot(ordered[x], ordered[y], color=colour, label=str(label) or None)
    top = max(1.0, float(np.nanmax(table[[x, y]].to_numpy(dtype=float))))
    axes.plot([0, top], [0, top], color=_GREY, linestyle="--", linewidth=0.8)
    axes.set(xlabel=x.replace("_", " "), ylabel=y.replace("_", " "))
    axes.spines[["top", "right"]].set_visible(False)
    if kinds is not None:
        axes.legend(frameon=False)
    return svg_of(figure)


def svg_of(figure: Any) -> str:
    """A figure as inline SVG, the same bytes every time."""
    with matplotlib.rc_context({"svg.hashsalt": "khanij", "svg.fonttype": "none"}):
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]
