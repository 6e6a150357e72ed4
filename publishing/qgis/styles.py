"""What every layer looks like: one default style a layer, and the other readings of the blocks.

Belongs here: shapes and labels. Does not belong here: how XML is written (``symbols``) or what a
field is called (the contracts, through ``forms``), or a colour (``publishing.colours``).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from data_sources.contracts.published.outputs import KINDS, OUTPUT_CONTRACTS
from publishing.colours import FERTILITY_CLASSES, KIND_SHAPES, RANK_CLASSES, STATUS_SYMBOLS, WASTE_FAMILIES
from publishing.geopackage.publication import SAMPLE_MARK, Publication
from publishing.qgis import forms
from publishing.qgis.symbols import (
    LabelLook,
    Rule,
    centroid_layer,
    fill_layer,
    font_marker_layer,
    label_settings,
    labels,
    marker_layer,
    rgba,
    rule_renderer,
    single_renderer,
    symbol,
)
from publishing.words import KIND_WORDS

# A polygon narrower than this on the map is drawn as a marker; only below 1:500,000.
_MARKER_BELOW_MM = 7
_MARKER_SCALE = 500_000
_IS_SMALL = f"(@map_scale > {_MARKER_SCALE} AND coalesce(bounds_width($geometry), 0) * 111320000 / @map_scale < {_MARKER_BELOW_MM})"
_SHAPE_BY_KIND = (
    "CASE " + " ".join(f"WHEN \"kind\" = '{k}' THEN '{s}'" for k, s in KIND_SHAPES.items()) + " ELSE 'circle' END"
)
# What stands in brackets is said in the form.
_SHORT_NAME = "wordwrap(trim(left(regexp_replace(coalesce(\"name\", \"block_id\"), ' *[(].*$', ''), 44)), 24)"
_PRIORITY = 'if("rank" is null, 0, greatest(1, 10 - "rank" / 5))'
_EMPTY = {"fill_alpha": 90, "outline": "#909090", "style": "no"}


@dataclass(frozen=True)
class LayerStyle:
    """One style of one layer; ``body`` is what stands between the ``<qgis>`` tags, ``form`` the attribute form."""

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
    fill = fill_layer(
        colour,
        alpha=min(fill_alpha, 190),
        outline=outline,
        outline_mm=0.35,
        style=style,
        dd={"enabled": f"NOT {_IS_SMALL}"},
    )
    return symbol("fill", fill + centroid_layer(marker, dd={"enabled": _IS_SMALL}))


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
        dd={"Color": "if(\"rank\" < 11, '255,255,255,255', '40,20,10,255')", "Priority": "1"}))  # fmt: skip
    return f'"rank" is not null AND {test}', settings


def _names(expression: str, test: str, priority: str = _PRIORITY) -> tuple[tuple[str, str], tuple[str, str]]:
    """A text beside a marker, or inside a polygon that is large enough to be drawn as one."""
    beside = label_settings(expression, LabelLook(size_pt=7.5, distance_mm=2.4, dd={"Priority": priority}))
    inside = label_settings(expression, LabelLook(size_pt=7.5, placement=4, distance_mm=0, dd={"Priority": priority}))
    return (f"({test}) AND {_IS_SMALL}", beside), (f"({test}) AND NOT {_IS_SMALL}", inside)


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
        *_names(_SHORT_NAME, '"rank" is not null AND ("rank" <= 10 OR @map_scale < 3000000)'),
        *_names(_SHORT_NAME, '"rank" is null AND @map_scale < 250000', "0"),
    )
    return rule_renderer(rules + _status_rules(frame), order_by='coalesce("rank", 9999)'), text


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
    none = Rule("No survey layer, or not applicable", "", block_symbol("#ffffff", size_mm=1.8, **_EMPTY))  # type: ignore[arg-type]
    test = '"rank_fertility" <= 20 OR (@map_scale < 1500000 AND "rank_fertility" is not null)'
    priority = 'if("rank_fertility" is null, 0, greatest(1, 10 - "rank_fertility" / 5))'
    text = labels(*_names(f"to_string(\"rank_fertility\") || '  ' || {_SHORT_NAME}", test, priority))
    return rule_renderer(rules, order_by='1 - coalesce("fertility_axis", 0)', else_rule=none), text


def _uncertainty(frame: pd.DataFrame) -> tuple[str, str]:
    rules = _classes("p_top20", (0, 0.25, 0.5, 0.75, 1), "P(top 20)", ("#f1eef6", "#bdaed6", "#8c6bb1", "#4d004b"))
    none = Rule("Not ranked", "", block_symbol("#ffffff", size_mm=1.6, **_EMPTY))  # type: ignore[arg-type]
    interval = "\"rank\" || ' (' || round(\"rank_p05\") || '–' || round(\"rank_p95\") || ')'"
    return rule_renderer(rules, order_by='coalesce("rank", 9999)', else_rule=none), labels(
        *_names(interval, '"rank" is not null')
    )


def _quality(frame: pd.DataFrame) -> tuple[str, str]:
    words = (
        ("G1", "G1, detailed exploration", "#00441b"), ("G2", "G2, general exploration", "#1b7837"),
        ("G3", "G3, prospecting", "#5aae61"), ("G4", "G4, reconnaissance", "#a6dba0"),
        ("analogue", "Analogue: borrowed or derived", "#f1a340"), ("none", "Nothing usable", "#ffffff"),
    )  # fmt: skip
    present = set(frame["knowledge_class"].dropna())
    rules = [
        Rule(text, f"\"knowledge_class\" = '{code}'", block_symbol(colour, "diamond" if code == "analogue" else "circle", 2.0 if code == "none" else 3.4))
        for code, text, colour in words
        if code in present
    ]  # fmt: skip
    none = Rule("Not stated", "", block_symbol("#ffffff", size_mm=1.6, **_EMPTY))  # type: ignore[arg-type]
    text = labels(*_names('wordwrap(left("flags", 60), 30)', '@map_scale < 1500000 AND "flags" is not null'))
    is_last = not bool(frame["knowledge_class"].isna().any())
    return rule_renderer(rules, order_by='coalesce("rank", 9999)', else_rule=None if is_last else none), text


def _sites(frame: pd.DataFrame) -> tuple[str, str]:
    size = 'CASE WHEN "tonnage_t_p50" is null THEN 2.2 ELSE greatest(2.2, least(6.5, 1.15 * log10(greatest("tonnage_t_p50", 1e4) / 1e4) + 1.6)) END'
    # A hollow symbol is a borrowed or missing figure; a filled one is the site's own.
    weak = "coalesce(\"knowledge_class\", 'none') IN ('analogue', 'none')"
    code = "lower(coalesce(\"waste_type_code\", ''))"
    used = sorted(set(frame["waste_type_code"].astype("object").fillna("").str.lower()))
    rules = []
    for label, shape, colour, words in WASTE_FAMILIES:
        if not any(w in u for w in words for u in used):
            continue
        dd = {
            "size": size,
            "fillColor": f"if({weak}, '255,255,255,200', '{rgba(colour)}')",
            "outlineColor": f"if({weak}, '{rgba(colour)}', '40,40,40,255')",
            "outlineWidth": f"if({weak}, 0.5, 0.2)",
        }
        test = " OR ".join(f"{code} LIKE '%{w}%'" for w in words)
        marker = marker_layer(shape, colour, 3.2, outline="#282828", outline_mm=0.2, dd=dd)
        rules.append(Rule(label, f"({test})", symbol("marker", marker)))
    known = [w for _, _, _, words in WASTE_FAMILIES for w in words]
    left_over = [u for u in used if not any(w in u for w in known)]
    drawn = symbol("marker", marker_layer("star", "#984ea3", 3.2, outline="#282828", outline_mm=0.2, dd={"size": size}))
    priority = {"Priority": 'if("tonnage_t_p50" is null, 1, 6)'}
    text = labels(
        (
            "@map_scale < 2500000",
            label_settings('wordwrap(left("name", 44), 24)', LabelLook(size_pt=7, distance_mm=2, dd=priority)),
        )
    )
    return rule_renderer(rules, else_rule=Rule("Other waste", "", drawn) if left_over else None), text


def _plain(has_sheet_blocks: bool) -> dict[str, tuple[str, str]]:
    """Symbol and labels of the layers that have one look."""
    sheet = labels(
        ("bounds_width($geometry) * 111320000 / @map_scale > 9",
         label_settings('"sheet"', LabelLook(size_pt=6, colour="#b5b2a8", placement=1, distance_mm=0, buffer=False))),
    )  # fmt: skip
    state = font_marker_layer("upper(regexp_replace(\"state\", '^UT: *', ''))", 2.3, "#b9b4a6")
    near = "@map_scale < 800000"
    return {
        "waste_footprints": (symbol("fill", fill_layer("#8c510a", alpha=70, outline="#8c510a", outline_mm=0.4)), ""),
        # Where sheets are the blocks, the blocks' own names are enough.
        "survey_sheets": (
            symbol("fill", fill_layer("#ffffff", outline="#d2d0c8", outline_mm=0.12, style="no")),
            "" if has_sheet_blocks else sheet,
        ),
        "state_labels": (symbol("marker", state), ""),
        "anomalies": (
            symbol("marker", marker_layer("cross", "#b0308a", 1.6, outline="#b0308a", outline_mm=0.3)),
            labels((near, label_settings('"association"', LabelLook(size_pt=6.5)))),
        ),
        "occurrences": (
            symbol("marker", marker_layer("diamond", "#f0e442", 2.4, outline="#5a5200", outline_mm=0.25)),
            labels((near, label_settings('"name"', LabelLook(size_pt=6.5)))),
        ),
    }


def layer_style_list(
    layers: dict[str, gpd.GeoDataFrame], tables: dict[str, pd.DataFrame], publication: Publication
) -> list[LayerStyle]:
    """Every style of the publication, the default of each layer first."""
    mark = SAMPLE_MARK if publication.region.is_sample else ""
    out: list[LayerStyle] = []
    blocks = layers["ranked_blocks"]
    contract = OUTPUT_CONTRACTS["ranked_blocks"]
    shared = (
        forms.field_xml(contract)
        + forms.tip_xml(forms.block_tip(mark))
        + '<previewExpression>coalesce("name", "block_id")</previewExpression>'
    )
    form = forms.block_form(contract)
    readings = [
        ("Ranking", _ranking(blocks), "Rank within the kind by colour, status by symbol"),
        ("Fertility", _fertility(blocks), "Percentile of the fertility of the ground"),
        ("Uncertainty", _uncertainty(blocks), "P(top 20), and the rank from P05 (best) to P95 (worst)"),
        ("Data quality", _quality(blocks), "Knowledge class, and flags"),
    ]
    fertility_first = blocks["rank"].isna().all() and blocks["rank_fertility"].notna().any()
    default = "Fertility" if fertility_first else "Ranking"
    for name, (renderer, text), told in sorted(readings, key=lambda r: r[0] != default):
        out.append(LayerStyle("ranked_blocks", name, renderer + text + shared, name == default, told, form=form))
    if "waste_sites" in layers:
        renderer, text = _sites(layers["waste_sites"])
        body = renderer + text + forms.field_xml(OUTPUT_CONTRACTS["waste_sites"]) + forms.tip_xml(forms.site_tip(mark))
        body += '<previewExpression>coalesce("name", "site_id")</previewExpression>'
        out.append(
            LayerStyle(
                "waste_sites",
                "Waste",
                body,
                True,
                "Waste type by shape, tonnage by size, hollow where the figure is borrowed or missing",
            )
        )
    for name, (symbol_xml, text) in _plain(bool((blocks["kind"] == "survey_sheet").any())).items():
        if name in layers:
            body = single_renderer(symbol_xml) + text + forms.field_xml(OUTPUT_CONTRACTS[name])
            out.append(LayerStyle(name, "default", body, True, OUTPUT_CONTRACTS[name].title, bool(text)))
    for name in tables:
        body = forms.field_xml(OUTPUT_CONTRACTS[name])
        out.append(LayerStyle(name, "default", body, True, OUTPUT_CONTRACTS[name].title, False))
    return out
