"""What every layer looks like: one default style a layer, and the other readings of the blocks.

Belongs here: colours, classes, shapes and labels. Does not belong here: how XML is written (``symbols``) or what a
field is called (the contracts, through ``forms``).

Colours: the rank ramp falls in lightness from best (dark) to last (pale) and holds for all common kinds of colour
blindness; a status is told by shape first, by colour second.
"""

# ruff: noqa: E501 -- QGIS expressions and table rows read better whole
from __future__ import annotations

import itertools
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from data_sources.contracts.outputs import OUTPUT_CONTRACTS
from publishing.publication import SAMPLE_MARK, Publication
from publishing.qgis import forms
from publishing.qgis.symbols import (
    Rule,
    centroid_layer,
    fill_layer,
    labels,
    marker_layer,
    rule_renderer,
    single_renderer,
    symbol,
)

RANK_CLASSES = ((1, 5, "#5b1a18"), (6, 10, "#a63d1e"), (11, 20, "#e0762a"), (21, 50, "#f5b35c"), (51, None, "#fbe3b3"))
SEQUENTIAL = ("#fde725", "#7ad151", "#22a884", "#2a788e", "#414487", "#440154")
# A polygon narrower than this on the map gets a marker; only below 1:500,000.
_MARKER_BELOW_MM = 7
_MARKER_SCALE = 500_000
_SIZE = "if(@map_scale > {scale} AND bounds_width($geometry) * 111320000 / @map_scale < {mm}, {size}, 0)"
STATUS_SYMBOLS = (
    ("OUT_OF_BASKET", "Holds other metals than the basket's", "diamond", "#4a90c2"),
    ("GATED", "Barred by law or court", "cross2", "#606060"),
    ("LEASED", "Leased to a third party", "square", "#8c8c8c"),
    ("UNQUANTIFIED", "Not quantified yet", "circle", "#ffffff"),
)
WASTE_FAMILIES = (
    ("Tailings and slimes", "triangle", "#8c510a", ("tailings", "slimes", "rejects")),
    ("Red mud", "circle", "#b2182b", ("red_mud",)),
    ("Ash", "hexagon", "#7f7f7f", ("ash",)),
    ("Gypsum, jarosite", "diamond", "#4393c3", ("gypsum", "jarosi")),
    ("Dumps, overburden, slag", "square", "#35978f", ("dump", "overburden", "rock", "slag")),
)


@dataclass(frozen=True)
class LayerStyle:
    """One style of one layer; ``body`` is what stands between the ``<qgis>`` tags."""

    layer: str
    name: str
    body: str
    is_default: bool
    description: str
    labels_on: bool = True
    form: str = ""

    @property
    def geometry(self) -> int:
        """QGIS's number of the geometry type: 0 point, 2 polygon, 4 none."""
        kind = OUTPUT_CONTRACTS[self.layer].geometry
        return 4 if kind is None else 0 if kind == "POINT" else 2

    def qml(self) -> str:
        """The style as a QML document."""
        return (
            "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
            f'<qgis version="3.22.0" styleCategories="AllStyleCategories" labelsEnabled="{int(self.labels_on)}" '
            f'simplifyDrawingHints="0" hasScaleBasedVisibilityFlag="0" readOnly="1">{self.body}{self.form}'
            f"<layerGeometryType>{self.geometry}</layerGeometryType></qgis>"
        )


def _marker_size(size_mm: float) -> str:
    return _SIZE.format(scale=_MARKER_SCALE, mm=_MARKER_BELOW_MM, size=size_mm)


def block_symbol(
    colour: str, shape: str = "circle", size_mm: float = 3.0, *, fill_alpha: int = 255, outline: str = "#303030", style: str = "solid"
) -> str:  # fmt: skip
    """A block: its polygon, and a marker at its centroid where the polygon would be too small to see."""
    stroke = shape in ("cross2", "cross", "x")
    marker = marker_layer(
        shape, colour, size_mm, outline=colour if stroke else outline, outline_mm=0.55 if stroke else 0.25,
        fill_alpha=fill_alpha, dd={"size": _marker_size(size_mm)},
    )  # fmt: skip
    fill = fill_layer(colour, alpha=min(fill_alpha, 190), outline=outline, outline_mm=0.3, style=style)
    return symbol("fill", fill + centroid_layer(marker))


def _status_rules(skip: tuple[str, ...] = ()) -> list[Rule]:
    rules = []
    for status, label, shape, colour in STATUS_SYMBOLS:
        if status in skip:
            continue
        style = "no" if status == "UNQUANTIFIED" else "b_diagonal" if status in ("GATED", "LEASED") else "solid"
        size = 2.0 if status == "UNQUANTIFIED" else 2.6
        alpha = 90 if status == "UNQUANTIFIED" else 255
        outline = "#707070" if status == "UNQUANTIFIED" else "#ffffff"
        rules.append(
            Rule(
                label,
                f"\"status\" = '{status}'",
                block_symbol(
                    colour,
                    shape,
                    size,
                    fill_alpha=alpha,
                    outline=outline if status == "UNQUANTIFIED" else "#404040",
                    style=style,
                ),
            )
        )
    return rules


_BLOCK_LABEL = (
    'CASE WHEN "status" = \'RANKED\' THEN to_string("rank") || CASE WHEN "rank" <= 10 OR @map_scale < 3000000 THEN \'  \' || '
    'wordwrap(left(coalesce("name", "block_id"), 42), 22) ELSE \'\' END WHEN @map_scale < 800000 THEN wordwrap(left(coalesce("name", "block_id"), 42), 22) END'
)


def _block_labels(expression: str = _BLOCK_LABEL) -> str:
    return labels(
        expression,
        dd={
            "Priority": 'if("rank" is null, 0, greatest(1, 10 - "rank" / 5))',
            "Size": 'if("rank" <= 10, 8.5, 7)',
            "Bold": 'coalesce("rank" <= 10, false)',
        },
    )


def _ranking(frame: pd.DataFrame) -> tuple[str, str]:
    highest = frame["rank"].max()
    rules = []
    for low, high, colour in RANK_CLASSES:
        if pd.notna(highest) and low > highest:
            continue
        label = f"Rank {low} to {high}" if high else f"Rank {low} and after"
        test = f'"rank" >= {low}' + (f' AND "rank" <= {high}' if high else "")
        rules.append(
            Rule(label, f"\"status\" = 'RANKED' AND {test}", block_symbol(colour, size_mm=4.2 if low <= 10 else 3.4))
        )
    return rule_renderer(rules + _status_rules(), order_by='coalesce("rank", 9999)'), _block_labels()


def _classes(
    field: str, edges: tuple[float, ...], text: str, colours: tuple[str, ...], *, scale: float = 1, unit: str = ""
) -> list[Rule]:
    rules = []
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        last = i == len(edges) - 2
        test = f'"{field}" >= {low:g} AND "{field}" {"<=" if last else "<"} {high:g}'
        rules.append(Rule(f"{text} {low * scale:g} to {high * scale:g}{unit}", test, block_symbol(colours[i])))
    return rules


def _fertility(frame: pd.DataFrame) -> tuple[str, str]:
    colours = ("#fde725", "#5ec962", "#21918c", "#3b528b", "#440154")
    rules = _classes("fertility_axis", (0, 0.5, 0.75, 0.9, 0.95, 1), "Percentile", colours, scale=100)
    none = Rule(
        "No survey layer, or not applicable",
        "",
        block_symbol("#ffffff", size_mm=2.0, fill_alpha=90, outline="#707070", style="no"),
    )
    label = labels(
        'CASE WHEN "rank_fertility" <= 20 OR (@map_scale < 1500000 AND "rank_fertility" is not null) THEN to_string("rank_fertility") || \'  \' || left(coalesce("name", "block_id"), 42) END',
        dd={"Priority": 'if("rank_fertility" is null, 0, greatest(1, 10 - "rank_fertility" / 5))'},
    )
    return rule_renderer(rules, order_by='1 - coalesce("fertility_axis", 0)', else_rule=none), label


def _uncertainty(frame: pd.DataFrame) -> tuple[str, str]:
    colours = ("#f7f7f7", "#cfc6e4", "#9e86c4", "#5e3c99")
    rules = _classes("p_top20", (0, 0.25, 0.5, 0.75, 1), "P(top 20)", colours)
    none = Rule("Not ranked", "", block_symbol("#ffffff", size_mm=1.6, fill_alpha=90, outline="#909090", style="no"))
    label = labels(
        "CASE WHEN \"status\" = 'RANKED' THEN \"rank\" || ' (' || round(\"rank_p05\") || '–' || round(\"rank_p95\") || ')' END",
        dd={"Priority": 'if("rank" is null, 0, greatest(1, 10 - "rank" / 5))'},
    )
    return rule_renderer(rules, order_by='coalesce("rank", 9999)', else_rule=none), label


def _quality(frame: pd.DataFrame) -> tuple[str, str]:
    words = (
        ("G1", "G1, detailed exploration", "#00441b"), ("G2", "G2, general exploration", "#1b7837"), ("G3", "G3, prospecting", "#5aae61"),
        ("G4", "G4, reconnaissance", "#a6dba0"), ("analogue", "Analogue: borrowed or derived", "#f1a340"), ("none", "Nothing usable", "#ffffff"),
    )  # fmt: skip
    present = set(frame["knowledge_class"].dropna())
    rules = [Rule(text, f"\"knowledge_class\" = '{code}'", block_symbol(colour, "circle" if code[0] == "G" else "diamond" if code == "analogue" else "circle", 3.0 if code != "none" else 2.0)) for code, text, colour in words if code in present]  # fmt: skip
    none = Rule("Not stated", "", block_symbol("#ffffff", size_mm=1.6, fill_alpha=90, outline="#909090", style="no"))
    label = labels('CASE WHEN @map_scale < 3000000 AND "flags" is not null THEN left("flags", 40) END', size_pt=7)
    return rule_renderer(rules, order_by='coalesce("rank", 9999)', else_rule=none), label


def _sites(frame: pd.DataFrame) -> tuple[str, str]:
    size = 'CASE WHEN "tonnage_t_p50" is null THEN 2.4 ELSE greatest(2.4, least(6, 1.2 * log10(greatest("tonnage_t_p50", 1e4) / 1e4) + 2)) END'
    # A hollow symbol is a borrowed or missing figure; a filled one is the site's own.
    weak = "coalesce(\"knowledge_class\", 'none') IN ('analogue', 'none')"
    rules = []
    for label, shape, colour, words in WASTE_FAMILIES:
        code = "lower(coalesce(\"waste_type_code\", ''))"
        test = " OR ".join(f"{code} LIKE '%{w}%'" for w in words)
        used = frame["waste_type_code"].astype("object").fillna("").str.lower()
        if not any(used.str.contains(w, regex=False).any() for w in words):
            continue
        dd = {
            "size": size,
            "fillColor": f"if({weak}, '255,255,255,200', '{_rgb(colour)}')",
            "outlineColor": f"if({weak}, '{_rgb(colour)}', '40,40,40,255')",
            "outlineWidth": f"if({weak}, 0.5, 0.2)",
        }
        rules.append(
            Rule(
                label,
                f"({test})",
                symbol("marker", marker_layer(shape, colour, 3.2, outline="#282828", outline_mm=0.2, dd=dd)),
            )
        )
    other = Rule(
        "Other waste",
        "",
        symbol("marker", marker_layer("star", "#984ea3", 3.2, outline="#282828", outline_mm=0.2, dd={"size": size})),
    )
    label = labels(
        'CASE WHEN @map_scale < 2500000 THEN wordwrap(left("name", 44), 24) END',
        size_pt=7,
        dd={"Priority": 'if("tonnage_t_p50" is null, 1, 6)'},
    )
    return rule_renderer(rules, else_rule=other), label


def _rgb(colour: str) -> str:
    return f"{int(colour[1:3], 16)},{int(colour[3:5], 16)},{int(colour[5:7], 16)},255"


def layer_style_list(
    layers: dict[str, gpd.GeoDataFrame], tables: dict[str, pd.DataFrame], publication: Publication
) -> list[LayerStyle]:
    """Every style of the publication, the default of each layer first."""
    mark = SAMPLE_MARK if publication.region.is_sample else ""
    out: list[LayerStyle] = []
    blocks = layers["ranked_blocks"]
    fields = forms.field_xml(OUTPUT_CONTRACTS["ranked_blocks"])
    tip = forms.tip_xml(forms.block_tip(mark)) + '<previewExpression>coalesce("name", "block_id")</previewExpression>'
    form = forms.block_form(OUTPUT_CONTRACTS["ranked_blocks"])
    fertility_first = blocks["rank"].isna().all() and blocks["rank_fertility"].notna().any()
    readings = [
        ("Ranking", _ranking(blocks), "Rank within the kind by colour, status by symbol"),
        ("Fertility", _fertility(blocks), "Percentile of the fertility of the ground"),
        ("Uncertainty", _uncertainty(blocks), "P(top 20), and the rank from P05 (best) to P95 (worst)"),
        ("Data quality", _quality(blocks), "Knowledge class, and flags"),
    ]
    default = "Fertility" if fertility_first else "Ranking"
    for name, (renderer, label), text in sorted(readings, key=lambda r: r[0] != default):
        out.append(LayerStyle("ranked_blocks", name, renderer + label + fields + tip, name == default, text, form=form))
    if "waste_sites" in layers:
        renderer, label = _sites(layers["waste_sites"])
        body = (
            renderer
            + label
            + forms.field_xml(OUTPUT_CONTRACTS["waste_sites"])
            + forms.tip_xml(forms.site_tip(mark))
            + '<previewExpression>coalesce("name", "site_id")</previewExpression>'
        )
        out.append(
            LayerStyle(
                "waste_sites",
                "Waste",
                body,
                True,
                "Waste type by shape, tonnage by size, hollow where the figure is borrowed or missing",
            )
        )
    plain = {
        "waste_footprints": (symbol("fill", fill_layer("#8c510a", alpha=70, outline="#8c510a", outline_mm=0.4)), ""),
        "survey_sheets": (symbol("fill", fill_layer("#ffffff", outline="#c4c4c4", outline_mm=0.12, style="no")), labels('CASE WHEN @map_scale < 1500000 THEN "sheet" END', size_pt=6.5, colour="#8a8a8a", placement=1)),
        "state_labels": (symbol("marker", marker_layer("circle", "#ffffff", 0, outline_mm=0, fill_alpha=0, outline_style="no")), labels('CASE WHEN @map_scale > 1500000 THEN upper("state") END', size_pt=8, colour="#a8a49a", placement=1, distance_mm=0, buffer=False)),
        "anomalies": (symbol("marker", marker_layer("circle", "#cc79a7", 2.2, outline="#5a2a48", outline_mm=0.2)), labels('CASE WHEN @map_scale < 800000 THEN "element" END', size_pt=6.5)),
        "occurrences": (symbol("marker", marker_layer("diamond", "#f0e442", 2.2, outline="#5a5200", outline_mm=0.25)), labels('CASE WHEN @map_scale < 800000 THEN "name" END', size_pt=6.5)),
    }  # fmt: skip
    for name, (symbol_xml, label) in plain.items():
        if name in layers:
            body = single_renderer(symbol_xml) + label + forms.field_xml(OUTPUT_CONTRACTS[name])
            out.append(
                LayerStyle(
                    name, OUTPUT_CONTRACTS[name].title[:30], body, True, OUTPUT_CONTRACTS[name].title, bool(label)
                )
            )
    for name in tables:
        body = forms.field_xml(OUTPUT_CONTRACTS[name])
        out.append(LayerStyle(name, OUTPUT_CONTRACTS[name].title[:30], body, True, OUTPUT_CONTRACTS[name].title, False))
    return out
