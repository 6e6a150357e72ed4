"""What the blocks look like in each reading: ranking, fertility, uncertainty, data quality.

Belongs here: which rows of the blocks are drawn how, and what is written beside them. Does not belong here: the other
layers (``styles``), how XML is written (``symbols``), a colour (``publishing.colours``).
"""

from __future__ import annotations

import itertools

import pandas as pd

from data_sources.contracts.published.outputs import KINDS
from khanij.foundation.wording import number
from publishing.colours import FERTILITY_CLASSES, KIND_SHAPES, RANK_CLASSES, STATUS_SYMBOLS
from publishing.qgis.symbols import (
    LabelLook,
    Rule,
    centroid_layer,
    fill_layer,
    label_settings,
    labels,
    line_layer,
    marker_layer,
    rule_renderer,
    symbol,
)
from publishing.words import CLASS_WORDS, KIND_WORDS

# A polygon narrower than this on the map is drawn as a marker; only below 1:500,000.
_MARKER_BELOW_MM = 7
_MARKER_SCALE = 500_000
_IS_SMALL = f"(@map_scale > {_MARKER_SCALE} AND coalesce(bounds_width($geometry), 0) * 111320000 / @map_scale < {_MARKER_BELOW_MM})"
_SHAPE_BY_KIND = (
    "CASE " + " ".join(f"WHEN \"kind\" = '{k}' THEN '{s}'" for k, s in KIND_SHAPES.items()) + " ELSE 'circle' END"
)
# What stands in brackets is said in the form.
_SHORT_NAME = "wordwrap(trim(left(regexp_replace(coalesce(\"name\", \"block_id\"), ' *[(].*$', ''), 44)), 24)"
_PRIORITY = 'if("rank" is null, 0, max(1, 9 - "rank" / 5))'
_EMPTY = {"fill_alpha": 90, "outline": "#909090", "style": "no"}
# A circle says how well a position is known and is no boundary: a hollow dashed ring, with the mark at its centre.
_IS_CIRCLE = "coalesce(\"geometry_basis\", '') = 'position_circle'"
_IS_MARK = f"({_IS_SMALL} OR {_IS_CIRCLE})"
# Sheets and cells cover the whole ground: they are drawn as frames, or nothing below them could be seen.
_IS_FRAME = "\"kind\" IN ('survey_sheet', 'grid_cell')"


def block_symbol(
    colour: str,
    shape: str = "circle",
    size_mm: float = 3.2,
    *,
    fill_alpha: int = 255,
    outline: str = "#303030",
    style: str = "solid",
    by_kind: bool = False,
) -> str:
    """A block: its polygon, and instead a marker at its centroid where the polygon would be too small to see."""
    stroke = shape in ("cross2", "cross", "x")
    dd = {"name": _SHAPE_BY_KIND} if by_kind else {}
    marker = marker_layer(
        shape, colour, size_mm, outline=colour if stroke else outline, outline_mm=0.6 if stroke else 0.25,
        fill_alpha=fill_alpha, dd=dd,
    )  # fmt: skip
    is_area = f"NOT {_IS_MARK}"
    fill = fill_layer(
        colour,
        alpha=min(fill_alpha, 190),
        outline=outline,
        outline_mm=0.35,
        style=style,
        dd={"enabled": f"{is_area} AND NOT {_IS_FRAME}"},
    )
    frame = line_layer(colour, 1.1, inward_mm=0.7, dd={"enabled": f"{is_area} AND {_IS_FRAME}"})
    return symbol("fill", fill + frame + centroid_layer(marker, dd={"enabled": _IS_MARK}))


def _circle_rules(frame: pd.DataFrame) -> list[Rule]:
    """The ring of every block whose position is known to a radius only, with its own entry in the legend."""
    circles = frame[frame["geometry_basis"] == "position_circle"]
    if circles.empty:
        return []
    known = circles["position_known_to_km"].dropna()
    low, high = (number(known.min(), 2), number(known.max(), 2)) if len(known) else ("", "")
    km = "its radius" if not low else f"{low} km" if low == high else f"{low} to {high} km"
    ring = fill_layer(
        "#ffffff",
        outline="#404040",
        outline_mm=0.45,
        style="no",
        outline_style="dash",
        dd={"enabled": f"NOT {_IS_SMALL}"},
    )
    return [Rule(f"Dashed circle: position known to {km}", _IS_CIRCLE, symbol("fill", ring))]


def _status_rules(frame: pd.DataFrame) -> list[Rule]:
    rules = []
    for status, label, shape, colour in STATUS_SYMBOLS:
        kinds = sorted(frame.loc[frame["status"] == status, "kind"].unique())
        if status == "UNQUANTIFIED":
            for kind in kinds:
                drawn = block_symbol(
                    colour, KIND_SHAPES.get(kind, "circle"), 1.8, fill_alpha=120, outline="#7a7a7a", style="no"
                )
                test = f"\"status\" = '{status}' AND \"kind\" = '{kind}'"
                rules.append(Rule(f"{label}: {KIND_WORDS[kind].lower()}", test, drawn))
        elif kinds:
            style = "b_diagonal" if status in ("GATED", "LEASED") else "solid"
            rules.append(
                Rule(
                    label, f"\"status\" = '{status}'", block_symbol(colour, shape, 3.0, outline="#404040", style=style)
                )
            )
    return rules


def _rank_number(test: str, overlap: bool) -> tuple[str, str]:
    """The place itself, inside the symbol; the symbols of the primary kind may overlap, so may their numbers."""
    settings = label_settings(
        'to_string("rank")', LabelLook(size_pt=6.5, bold=True, placement=1, distance_mm=0, overlap=overlap, buffer=False,
        dd={"Color": "if(\"rank\" < 11, '255,255,255,255', '40,20,10,255')", "Priority": "10"}))  # fmt: skip
    return f'"rank" is not null AND {test}', settings


def _names(
    expression: str, test: str, priority: str = _PRIORITY, *, below_mm: float = 0
) -> tuple[tuple[str, str], tuple[str, str]]:
    """A text beside a mark, or inside a polygon that is large enough to be drawn as one; there below what stands in its middle."""
    dd = {"Priority": priority}
    beside = label_settings(expression, LabelLook(size_pt=7.5, distance_mm=2.6, dd=dd))
    look = LabelLook(size_pt=7.5, placement=1 if below_mm else 4, distance_mm=0, dd=dd, below_mm=below_mm)
    return (f"({test}) AND {_IS_MARK}", beside), (f"({test}) AND NOT {_IS_MARK}", label_settings(expression, look))


def _ranking(frame: pd.DataFrame) -> tuple[str, str]:
    highest = frame["rank"].max()
    rules = []
    for low, high, colour in RANK_CLASSES:
        if pd.isna(highest) or low > highest:
            continue
        label = f"Rank {low} to {high}" if high else f"Rank {low} and after"
        test = f'"rank" >= {low}' + (f' AND "rank" <= {high}' if high else "")
        rules.append(
            Rule(
                label,
                f"\"status\" = 'RANKED' AND {test}",
                block_symbol(colour, size_mm=4.8 if low <= 10 else 4.2, by_kind=True),
            )
        )
    ranked = set(frame.loc[frame["rank"].notna(), "kind"])
    first = next((k for k in KINDS if k in ranked), KINDS[0])
    text = labels(
        _rank_number(f"\"kind\" = '{first}'", True),
        _rank_number(f"\"kind\" <> '{first}'", False),
        *_names(_SHORT_NAME, '"rank" is not null AND ("rank" <= 10 OR @map_scale < 3000000)', below_mm=1.9),
        *_names(_SHORT_NAME, '"rank" is null AND @map_scale < 250000', "0"),
    )
    rules += _status_rules(frame) + _circle_rules(frame)
    return rule_renderer(rules, order_by='coalesce("rank", 9999)'), text


def _classes(field: str, edges: tuple[float, ...], text: str, colours: tuple[str, ...], scale: float = 1) -> list[Rule]:
    rules = []
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        last = i == len(edges) - 2
        test = f'"{field}" >= {low:g} AND "{field}" {"<=" if last else "<"} {high:g}'
        rules.append(Rule(f"{text} {low * scale:g} to {high * scale:g}", test, block_symbol(colours[i], size_mm=3.6)))
    return rules


def _fertility(frame: pd.DataFrame) -> tuple[str, str]:
    edges = (*(low for low, _, _ in FERTILITY_CLASSES), 1)
    rules = _classes("fertility_axis", edges, "Percentile", tuple(c for _, _, c in FERTILITY_CLASSES), 100)
    none = block_symbol("#ffffff", size_mm=1.8, **_EMPTY)  # type: ignore[arg-type]
    rules += [Rule("No survey layer, or not applicable", '"fertility_axis" is null', none), *_circle_rules(frame)]
    test = '"rank_fertility" <= 20 OR (@map_scale < 1500000 AND "rank_fertility" is not null)'
    priority = 'if("rank_fertility" is null, 0, max(1, 9 - "rank_fertility" / 5))'
    text = labels(*_names(f"to_string(\"rank_fertility\") || '  ' || {_SHORT_NAME}", test, priority))
    return rule_renderer(rules, order_by='1 - coalesce("fertility_axis", 0)'), text


def _uncertainty(frame: pd.DataFrame) -> tuple[str, str]:
    rules = _classes("p_top20", (0, 0.25, 0.5, 0.75, 1), "P(top 20)", ("#f1eef6", "#bdaed6", "#8c6bb1", "#4d004b"))
    none = block_symbol("#ffffff", size_mm=1.6, **_EMPTY)  # type: ignore[arg-type]
    rules += [Rule("Not ranked", '"p_top20" is null', none), *_circle_rules(frame)]
    interval = "\"rank\" || ' (' || round(\"rank_p05\") || '–' || round(\"rank_p95\") || ')'"
    return rule_renderer(rules, order_by='coalesce("rank", 9999)'), labels(*_names(interval, '"rank" is not null'))


def _quality(frame: pd.DataFrame) -> tuple[str, str]:
    looks = (
        ("G1", "#00441b"), ("G2", "#1b7837"), ("G3", "#5aae61"), ("G4", "#a6dba0"), ("analogue", "#f1a340"),
        ("default", "#d8b365"), ("none", "#ffffff"),
    )  # fmt: skip
    present = set(frame["knowledge_class"].dropna())
    rules = [
        Rule(
            CLASS_WORDS[code],
            f"\"knowledge_class\" = '{code}'",
            block_symbol(
                colour, "diamond" if code in ("analogue", "default") else "circle", 2.0 if code == "none" else 3.4
            ),
        )
        for code, colour in looks
        if code in present
    ]
    if frame["knowledge_class"].isna().any():
        none = block_symbol("#ffffff", size_mm=1.6, **_EMPTY)  # type: ignore[arg-type]
        rules.append(Rule("Not stated", '"knowledge_class" is null', none))
    text = labels(*_names('wordwrap(left("cautions", 60), 30)', '@map_scale < 1500000 AND "cautions" is not null'))
    return rule_renderer(rules + _circle_rules(frame), order_by='coalesce("rank", 9999)'), text


READINGS = (
    ("Ranking", _ranking, "Rank within the kind by colour, status by symbol"),
    ("Fertility", _fertility, "Percentile of the fertility of the ground"),
    ("Uncertainty", _uncertainty, "P(top 20), and the rank from P05 (best) to P95 (worst)"),
    ("Data quality", _quality, "Knowledge class, and cautions"),
)
"""Name of a style of the blocks, what draws it from the frame (renderer, labels), what it shows."""
