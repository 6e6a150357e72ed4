"""What every layer looks like: one default style a layer, and the other readings of the blocks.

Belongs here: shapes and labels of every layer but the blocks (``block_styles``). Does not belong here: how XML is written
(``symbols``) or what a field is called (the contracts, through ``forms``), or a colour (``publishing.colours``).
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS
from publishing.colours import WASTE_FAMILIES
from publishing.geopackage.publication import Publication
from publishing.geopackage.reading import SAMPLE_MARK
from publishing.qgis import forms
from publishing.qgis.block_styles import READINGS
from publishing.qgis.symbols import (
    LabelLook,
    Rule,
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
from publishing.qgis.tips import block_tip, site_tip, tip_xml
from publishing.words import association_said


@dataclass(frozen=True)
class LayerStyle:
    """One style of one layer; ``body`` is what stands between the ``<qgis>`` tags, ``form`` the attribute form.

    ``labels_on``: in the project; ``labels_alone``: also where the file is dragged in without it.
    """

    layer: str
    name: str
    body: str
    is_default: bool
    description: str
    labels_on: bool = True
    form: str = ""
    labels_alone: bool = True

    @property
    def geometry(self) -> int:
        """QGIS's number of the geometry type: 0 point, 2 polygon, 4 none."""
        kind = OUTPUT_CONTRACTS[self.layer].geometry
        return 4 if kind is None else 0 if kind == "POINT" else 2

    def qml(self) -> str:
        """The style as a QML document."""
        return (
            "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
            f'<qgis version="3.22.0" styleCategories="AllStyleCategories" labelsEnabled="{int(self.labels_on and self.labels_alone)}" '
            f'simplifyDrawingHints="0" hasScaleBasedVisibilityFlag="0" readOnly="1">{self.body}{self.form}'
            f"<layerGeometryType>{self.geometry}</layerGeometryType></qgis>"
        )


def _sites(frame: pd.DataFrame) -> tuple[str, str]:
    size = 'CASE WHEN "tonnage_t_p50" is null THEN 2.2 ELSE max(2.2, min(6.5, 1.15 * log10(max("tonnage_t_p50", 1e4) / 1e4) + 1.6)) END'
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


def _strongest(frame: pd.DataFrame, n: int = 15) -> float:
    """The robust z from which an anomaly is among the ``n`` strongest."""
    z = frame["z"].dropna().nlargest(n)
    return float(z.min()) if len(z) else 0.0


def _anomaly_labels(frame: pd.DataFrame) -> str:
    """The strongest anomalies by name on every map, the others only close by: hundreds of names hide the map."""
    codes = sorted(set(frame["association"].dropna()))
    said = " ".join(f"WHEN \"association\" = '{c}' THEN '{association_said(c)}'" for c in codes)
    text = f'CASE {said} ELSE "association" END' if codes else '"association"'
    look = LabelLook(size_pt=6.5, dd={"Priority": 'max(1, min(6, "z" / 4))'})
    return labels((f'"z" >= {_strongest(frame):.9g} OR @map_scale < 60000', label_settings(text, look)))


def _plain(layers: dict[str, gpd.GeoDataFrame]) -> dict[str, tuple[str, str]]:
    """Symbol and labels of the layers that have one look."""
    has_sheet_blocks = bool((layers["ranked_blocks"]["kind"] == "survey_sheet").any())
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
            _anomaly_labels(layers["anomalies"]) if "anomalies" in layers else "",
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
    shared = forms.field_xml(contract) + tip_xml(block_tip(mark))
    if publication.page:
        shared += forms.why_action(publication.page)
    readings = [(name, draw(blocks), told) for name, draw, told in READINGS]
    fertility_first = blocks["rank"].isna().all() and blocks["rank_fertility"].notna().any()
    default = "Fertility" if fertility_first else "Ranking"
    for name, (renderer, text), told in sorted(readings, key=lambda r: r[0] != default):
        out.append(
            LayerStyle(
                "ranked_blocks", name, renderer + text + shared, name == default, told, form=forms.layer_form(contract)
            )
        )
    if "waste_sites" in layers:
        renderer, text = _sites(layers["waste_sites"])
        mine = OUTPUT_CONTRACTS["waste_sites"]
        body = renderer + text + forms.field_xml(mine) + tip_xml(site_tip(mark))
        told = "Waste type by shape, tonnage by size, hollow where the figure is borrowed or missing"
        # In the bare file sites lie under the blocks that bear their names: one name is written once.
        named_by_blocks = bool((blocks["kind"] == "waste_block").any())
        out.append(
            LayerStyle(
                "waste_sites", "Waste", body, True, told, form=forms.layer_form(mine), labels_alone=not named_by_blocks
            )
        )
    for name, (symbol_xml, text) in _plain(layers).items():
        if name in layers:
            body = single_renderer(symbol_xml) + text + forms.field_xml(OUTPUT_CONTRACTS[name])
            form = forms.layer_form(OUTPUT_CONTRACTS[name])
            out.append(LayerStyle(name, "default", body, True, OUTPUT_CONTRACTS[name].title, bool(text), form=form))
    for name in tables:
        body, form = forms.field_xml(OUTPUT_CONTRACTS[name]), forms.layer_form(OUTPUT_CONTRACTS[name])
        out.append(LayerStyle(name, "default", body, True, OUTPUT_CONTRACTS[name].title, False, form=form))
    return out
