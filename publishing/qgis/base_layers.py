"""The base map in the project: land, coast, lakes, rivers, towns and ports below all else, quiet enough to be seen through.

Belongs here: the look of these layers and their place in the project. Does not belong here: their file
(``publishing.geopackage.base``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from data_sources.basemap.base_map import CREDIT
from publishing.colours import BASE_SYMBOLS
from publishing.qgis.crs import crs_xml
from publishing.qgis.symbols import (
    LabelLook,
    Rule,
    fill_layer,
    label_settings,
    labels,
    line_layer,
    marker_layer,
    rule_renderer,
    single_renderer,
    symbol,
)

GROUP = "Base map"
# From which number of inhabitants on a town is drawn, by the scale of the map.
_LEAST_TOWN = (
    "CASE WHEN @map_scale > 9000000 THEN 1500000 WHEN @map_scale > 4000000 THEN 500000 "
    "WHEN @map_scale > 1500000 THEN 150000 WHEN @map_scale > 500000 THEN 40000 ELSE 0 END"
)
_TOWN = f'"population" >= {_LEAST_TOWN}'
_PORT = "@map_scale < 12000000"


@dataclass(frozen=True)
class BaseLayer:
    """One layer of the base: its table in the file, title, geometry as QGIS calls it, and its look."""

    table: str
    title: str
    geometry: tuple[str, str]
    body: str
    has_labels: bool = False

    @property
    def id(self) -> str:
        """The identifier in the project."""
        return f"khanij_base_{self.table}"


_LINES = {
    "railways": BaseLayer("railways", "Railway", ("Line", "MultiLineString"), single_renderer(symbol("line", line_layer("#6f6a62", 0.2, "dash")))),
    "roads": BaseLayer("roads", "Road", ("Line", "MultiLineString"), single_renderer(symbol("line", line_layer("#d3b58a", 0.2)))),
}  # fmt: skip
"""The look of what a user brings."""


def _names(test: str, colour: str, size_pt: float, *, italic_port: bool = False) -> str:
    """Labels that make room for those of the blocks and move none of them."""
    text = "concat(\"name\", ' port')" if italic_port else '"name"'
    look = LabelLook(size_pt=size_pt, colour=colour, distance_mm=0.8, dd={"Priority": "0"}, buffer=False)
    return labels((test, label_settings(text, look))).replace('obstacle="1"', 'obstacle="0"')


def base_layers(lines: Collection[str] = ()) -> tuple[BaseLayer, ...]:
    """The layers from the uppermost to the lowest; ``lines`` are those that a user brought."""
    point, line, area = ("Point", "Point"), ("Line", "MultiLineString"), ("Polygon", "MultiPolygon")
    town = symbol("marker", marker_layer(*BASE_SYMBOLS["Town"], 1.1, outline="#ffffff", outline_mm=0.15))
    port = symbol("marker", marker_layer(*BASE_SYMBOLS["Port"], 2.2, outline="#ffffff", outline_mm=0.15))
    lake = symbol("fill", fill_layer("#e3eef4", outline="#a9c4d4", outline_mm=0.1))
    land = symbol("fill", fill_layer("#f7f5ee", outline="#f7f5ee", outline_mm=0.0, outline_style="no"))
    return (
        BaseLayer("ports", "Port", point, rule_renderer([Rule("Port", _PORT, port)]) + _names("@map_scale < 3000000", "#3f6f8f", 6, italic_port=True), True),
        BaseLayer("towns", "Town", point, rule_renderer([Rule("Town", _TOWN, town)]) + _names(_TOWN, "#6d6a61", 6.2), True),
        *(_LINES[name] for name in sorted(lines)),
        BaseLayer("rivers", "River", line, single_renderer(symbol("line", line_layer("#b5cfdd", 0.18)))),
        BaseLayer("coast", "Coast", line, single_renderer(symbol("line", line_layer("#8fb0c2", 0.25)))),
        BaseLayer("lakes", "Lake", area, single_renderer(lake)),
        BaseLayer("land", "Land", area, single_renderer(land)),
    )  # fmt: skip


def base_maps_xml(file: str, lines: Collection[str] = ()) -> str:
    """The layers' elements in the project."""
    return "".join(_layer_xml(layer, file) for layer in base_layers(lines))


def base_nodes_xml(file: str, lines: Collection[str] = ()) -> str:
    """The layers' nodes in the layer tree."""
    return "".join(
        f'<layer-tree-layer id="{layer.id}" name={quoteattr(layer.title)} providerKey="ogr" source={quoteattr(_source(layer, file))} '
        'checked="Qt::Checked" expanded="0" legend_exp="" patch_size="-1,-1" legend_split_behavior="0">'
        "<customproperties><Option/></customproperties></layer-tree-layer>"
        for layer in base_layers(lines)
    )


def base_ids(file: str, lines: Collection[str] = ()) -> list[str]:
    """Identifiers of the layers, the uppermost first; none where there is no file."""
    return [layer.id for layer in base_layers(lines)] if file else []


def _source(layer: BaseLayer, file: str) -> str:
    return f"./{file}|layername={layer.table}"


def _layer_xml(layer: BaseLayer, file: str) -> str:
    geometry, wkb = layer.geometry
    is_own = layer.table in _LINES
    told = "Brought by the user of this region; whom to credit stands on the printed maps" if is_own else CREDIT
    terms = "as its source says" if is_own else "GSHHG: LGPL-3.0; GeoNames: CC BY 4.0; searoute: Apache-2.0"
    metadata = (
        f"<resourceMetadata><identifier></identifier><title>{escape(layer.title)}</title><abstract>{escape(told)}.</abstract>"
        f"<rights>{escape(told)}</rights><license>{escape(terms)}</license></resourceMetadata>"
    )
    return (
        f'<maplayer type="vector" geometry="{geometry}" wkbType="{wkb}" labelsEnabled="{int(layer.has_labels)}" styleCategories="AllStyleCategories" readOnly="1" hasScaleBasedVisibilityFlag="0" refreshOnNotifyEnabled="0" autoRefreshEnabled="0" simplifyDrawingHints="1">'
        f"<id>{layer.id}</id><datasource>{escape(_source(layer, file))}</datasource><layername>{escape(layer.title)}</layername>"
        f"<srs>{crs_xml('EPSG:4326')}</srs>{metadata}"
        '<provider encoding="UTF-8">ogr</provider><map-layer-style-manager current="default"><map-layer-style name="default"/></map-layer-style-manager>'
        f"<flags><Identifiable>0</Identifiable><Removable>1</Removable><Searchable>1</Searchable><Private>0</Private></flags>{layer.body}</maplayer>"
    )
