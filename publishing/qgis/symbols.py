"""QGIS symbols, renderers and labels as XML text, in the form that QGIS 3.22 writes and later versions read.

Belongs here: how a symbol, a rule, a label or a data-defined property is written. Does not belong here: which colour a
rank has (``styles``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

FONT = "DejaVu Sans"


@dataclass(frozen=True)
class Rule:
    """One entry of a rule-based legend: which rows, how they are called, how they are drawn (symbol XML)."""

    label: str
    filter: str
    symbol: str


def rgba(colour: str, alpha: int = 255) -> str:
    """``#rrggbb`` as QGIS's ``r,g,b,a``."""
    return f"{int(colour[1:3], 16)},{int(colour[3:5], 16)},{int(colour[5:7], 16)},{alpha}"


def option_map(values: dict[str, object]) -> str:
    """A QGIS ``<Option type="Map">`` of plain values."""
    parts = []
    for name, value in values.items():
        if isinstance(value, bool):
            parts.append(f'<Option type="bool" name={quoteattr(name)} value="{str(value).lower()}"/>')
        elif isinstance(value, int):
            parts.append(f'<Option type="int" name={quoteattr(name)} value="{value}"/>')
        else:
            parts.append(f'<Option type="QString" name={quoteattr(name)} value={quoteattr(str(value))}/>')
    return '<Option type="Map">' + "".join(parts) + "</Option>"


def data_defined(properties: dict[str, str], tag: str = "data_defined_properties") -> str:
    """Data-defined properties: property name to expression."""
    inner = "".join(
        f'<Option type="Map" name="{name}"><Option type="bool" name="active" value="true"/>'
        f'<Option type="QString" name="expression" value={quoteattr(expression)}/>'
        '<Option type="int" name="type" value="3"/></Option>'
        for name, expression in properties.items()
    )
    body = f'<Option type="Map" name="properties">{inner}</Option>' if inner else '<Option name="properties"/>'
    return (
        f'<{tag}><Option type="Map"><Option type="QString" name="name" value=""/>{body}'
        f'<Option type="QString" name="type" value="collection"/></Option></{tag}>'
    )


def _layer(kind: str, options: dict[str, object], dd: dict[str, str] | None = None, inner: str = "") -> str:
    return f'<layer class="{kind}" enabled="1" locked="0" pass="0">{option_map(options)}{data_defined(dd or {})}{inner}</layer>'


def symbol(kind: str, layers: str, name: str = "0", alpha: float = 1.0) -> str:
    """A ``marker``, ``line`` or ``fill`` symbol from its layers; ``name`` is its number in the renderer."""
    return f'<symbol type="{kind}" name="{name}" alpha="{alpha:g}" clip_to_extent="1" force_rhr="0">{layers}</symbol>'


def marker_layer(
    shape: str,
    colour: str,
    size_mm: float,
    *,
    outline: str = "#ffffff",
    outline_mm: float = 0.3,
    fill_alpha: int = 255,
    outline_style: str = "solid",
    dd: dict[str, str] | None = None,
) -> str:
    """A simple marker of a shape that QGIS knows (circle, square, diamond, triangle, cross2, ...)."""
    return _layer(
        "SimpleMarker",
        {
            "angle": "0", "color": rgba(colour, fill_alpha), "horizontal_anchor_point": "1", "joinstyle": "bevel",
            "name": shape, "offset": "0,0", "offset_unit": "MM", "outline_color": rgba(outline),
            "outline_style": outline_style, "outline_width": f"{outline_mm:g}", "outline_width_unit": "MM",
            "scale_method": "diameter", "size": f"{size_mm:g}", "size_unit": "MM", "vertical_anchor_point": "1",
        },
        dd,
    )  # fmt: skip


def fill_layer(
    colour: str, *, alpha: int = 255, outline: str = "#404040", outline_mm: float = 0.26, style: str = "solid", outline_style: str = "solid", dd: dict[str, str] | None = None
) -> str:  # fmt: skip
    """A simple fill; ``style`` is a Qt brush (solid, no, b_diagonal, ...), ``outline_style`` a Qt pen (solid, dash, ...)."""
    return _layer(
        "SimpleFill",
        {
            "color": rgba(colour, alpha), "joinstyle": "bevel", "offset": "0,0", "outline_color": rgba(outline),
            "outline_style": outline_style, "outline_width": f"{outline_mm:g}", "outline_width_unit": "MM", "style": style,
        },
        dd,
    )  # fmt: skip


def line_layer(
    colour: str, width_mm: float = 0.26, style: str = "solid", *, inward_mm: float = 0, dd: dict[str, str] | None = None
) -> str:
    """A simple line; of a polygon the outline, drawn ``inward_mm`` inside it."""
    return _layer(
        "SimpleLine",
        {
            "line_color": rgba(colour), "line_style": style, "line_width": f"{width_mm:g}", "line_width_unit": "MM",
            "offset": f"{inward_mm:g}", "offset_unit": "MM", "joinstyle": "miter",
        },
        dd,
    )  # fmt: skip


def centroid_layer(markers: str, dd: dict[str, str] | None = None) -> str:
    """Markers at the centroid of a polygon."""
    return _layer(
        "CentroidFill",
        {
            "point_on_all_parts": False,
            "point_on_surface": False,
            "clip_points": False,
            "clip_on_current_part_only": False,
        },
        dd,
        inner=symbol("marker", markers, name="@0@1"),
    )


def rule_renderer(rules: list[Rule], order_by: str | None = None, else_rule: Rule | None = None) -> str:
    """A rule-based renderer; ``order_by`` is an expression drawn in falling order, so that the smallest is on top."""
    listed = [*rules, *([else_rule] if else_rule else [])]
    entries = "".join(
        f'<rule key="{{rule-{i:02d}}}" symbol="{i}" filter={quoteattr("ELSE" if r is else_rule else r.filter)} label={quoteattr(r.label)}/>'
        for i, r in enumerate(listed)
    )
    symbols = "".join(r.symbol.replace('name="0"', f'name="{i}"', 1) for i, r in enumerate(listed))
    order = ""
    if order_by:
        order = f'<orderby><orderByClause asc="0" nullsFirst="1">{_text(order_by)}</orderByClause></orderby>'
    return (
        f'<renderer-v2 type="RuleRenderer" symbollevels="0" forceraster="0" enableorderby="{int(bool(order_by))}">'
        f'<rules key="{{rules-root}}">{entries}</rules><symbols>{symbols}</symbols>{order}</renderer-v2>'
    )


def single_renderer(symbol_xml: str) -> str:
    """One symbol for every row."""
    return (
        '<renderer-v2 type="singleSymbol" symbollevels="0" forceraster="0" enableorderby="0">'
        f"<symbols>{symbol_xml}</symbols></renderer-v2>"
    )


@dataclass(frozen=True)
class LabelLook:
    """How a label looks and where it stands: ``placement`` is QGIS's number, ``dd`` data-defined settings as QGIS names them.

    It has a white halo (``buffer``), and never lies on another label unless ``overlap``. ``below_mm``: so far below the
    place of a label that stands over its point.
    """

    size_pt: float = 8
    colour: str = "#1a1a1a"
    bold: bool = False
    placement: int = 0
    distance_mm: float = 1.6
    dd: Mapping[str, str] = field(default_factory=dict)
    overlap: bool = False
    buffer: bool = True
    below_mm: float = 0


def label_settings(expression: str, look: LabelLook) -> str:
    """The settings of a label with the text of an expression."""
    return (
        '<settings calloutType="simple">'
        f'<text-style fieldName={quoteattr(expression)} isExpression="1" fontFamily="{FONT}" '
        f'fontSize="{look.size_pt:g}" fontSizeUnit="Point" fontWeight="{75 if look.bold else 50}" textColor="{rgba(look.colour)}" textOpacity="1" '
        f'namedStyle="{"Bold" if look.bold else "Book"}" multilineHeight="1">'
        f'<text-buffer bufferDraw="{int(look.buffer)}" bufferSize="0.9" bufferSizeUnits="MM" bufferColor="255,255,255,255" '
        'bufferOpacity="0.9" bufferJoinStyle="128" bufferNoFill="1"/></text-style>'
        '<text-format multilineAlign="0" wrapChar="" autoWrapLength="0"/>'
        f'<placement placement="{look.placement}" dist="{look.distance_mm:g}" distUnits="MM" priority="5" centroidWhole="1" '
        f'centroidInside="0" offsetType="0" quadOffset="{7 if look.below_mm else 4}" xOffset="0" yOffset="{look.below_mm:g}" offsetUnits="MM" fitInPolygonOnly="0" overrunDistance="0" '
        'polygonPlacementFlags="2" geometryGeneratorEnabled="0"/>'
        f'<rendering drawLabels="1" obstacle="1" obstacleFactor="1" displayAll="{int(look.overlap)}" fontLimitPixelSize="0" scaleVisibility="0" '
        'mergeLines="0" minFeatureSize="0" upsidedownLabels="0" zIndex="0" limitNumLabels="0"/>'
        f"{data_defined(dict(look.dd), 'dd_properties')}</settings>"
    )


def labels(*rules: tuple[str, str]) -> str:
    """Labels by rules: pairs of a filter expression (empty for all rows) and ``label_settings``."""
    inner = "".join(
        f'<rule key="{{label-{i}}}" filter={quoteattr(test)} description="">{settings}</rule>'
        for i, (test, settings) in enumerate(rules)
    )
    return f'<labeling type="rule-based"><rules key="{{labels-root}}">{inner}</rules></labeling>'


def font_marker_layer(expression: str, size_mm: float, colour: str) -> str:
    """A text drawn as a symbol, so that other layers lie above it and no label moves it."""
    return _layer(
        "FontMarker",
        {
            "angle": "0", "chr": "", "color": rgba(colour), "font": FONT, "font_style": "Book",
            "horizontal_anchor_point": "1", "joinstyle": "bevel", "offset": "0,0", "offset_unit": "MM",
            "outline_color": "255,255,255,200", "outline_width": "0", "outline_width_unit": "MM",
            "size": f"{size_mm:g}", "size_unit": "MM", "vertical_anchor_point": "1",
        },
        {"char": expression},
    )  # fmt: skip


def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
