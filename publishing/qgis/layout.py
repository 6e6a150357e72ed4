"""A4 print layouts: map with a degree frame, headline, legend, scale bar, note, sources; a sample's mark under the title.

Belongs here: where things stand on a page. Does not belong here: what is drawn (themes and styles).
"""

from __future__ import annotations

import base64
import math
import uuid
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from publishing.qgis.crs import crs_xml
from publishing.qgis.symbols import FONT, fill_layer, line_layer, marker_layer, symbol

_MAP = (10.0, 24.0, 196.0, 164.0)
_SIDE = (210.0, 24.0, 78.0)
_LETTERS_PT = 4.9
"""Letters of one point that fit into a millimetre of a line, with some room for where lines break."""
_NAMESPACE = uuid.UUID("6f2c6d1e-8f3c-5a43-9a53-1f0d6d6b6a01")


@dataclass(frozen=True)
class Page:
    """One layout: its texts, the theme it follows, the extent in the display CRS, and the layers of its legend."""

    name: str
    theme: str
    title: str
    note: str
    sources: str
    mark: str
    extent: tuple[float, float, float, float]
    legend: tuple[tuple[str, str], ...]
    listing: str = ""
    listing_top_mm: float = 84
    headline: str = ""


def layouts_xml(pages: list[Page]) -> str:
    """The ``<Layouts>`` element of a project."""
    return f"<Layouts>{''.join(_layout(p) for p in pages)}</Layouts>"


def _uuid(page: Page, part: str) -> str:
    return "{" + str(uuid.uuid5(_NAMESPACE, f"{page.name}/{part}")) + "}"


@dataclass(frozen=True)
class _Item:
    """What stands on a page: QGIS's number of its kind, its box (left, top, width, height in mm), above what lies below."""

    part: str
    kind: int
    box: tuple[float, float, float, float]
    z: int
    frame: bool = False
    background: bool = False


def _item_xml(page: Page, item: _Item, attributes: str, inner: str) -> str:
    x, y, w, h = item.box
    return (
        f'<LayoutItem type="{item.kind}" id={quoteattr(item.part)} uuid="{_uuid(page, item.part)}" templateUuid="{_uuid(page, item.part)}" position="{x:g},{y:g},mm" positionOnPage="{x:g},{y:g},mm" size="{w:g},{h:g},mm" '
        f'zValue="{item.z}" referencePoint="0" itemRotation="0" opacity="1" blendMode="0" visibility="1" positionLock="false" groupUuid="" excludeFromExports="0" frame="{str(item.frame).lower()}" frameJoinStyle="miter" outlineWidthM="0.2,mm" background="{str(item.background).lower()}" {attributes}>'
        '<FrameColor red="90" green="90" blue="90" alpha="255"/><BackgroundColor red="255" green="255" blue="255" alpha="255"/>'
        f"<LayoutObject><customproperties><Option/></customproperties></LayoutObject>{inner}</LayoutItem>"
    )


def _label(
    page: Page,
    part: str,
    text: str,
    box: tuple[float, float, float, float],
    size_pt: float,
    *,
    bold: bool = False,
    colour: tuple[int, int, int] = (25, 25, 25),
) -> str:
    r, g, b = colour
    # labelText is shown as text (htmlState 0); [% %] would be evaluated, so it is taken apart.
    safe = text.replace("[%", "[ %").replace("%]", "% ]")
    font = f'<LabelFont description="{FONT},{size_pt:g},-1,5,{75 if bold else 50},0,0,0,0,0" style=""/><FontColor red="{r}" green="{g}" blue="{b}" alpha="255"/>'
    return _item_xml(
        page,
        _Item(part, 65641, box, 10),
        f'labelText={quoteattr(safe)} htmlState="0" halign="1" valign="32" marginX="0" marginY="0"',
        font,
    )


def _layout(page: Page) -> str:
    x, y, _, h = _MAP
    side_x, side_y, side_w = _SIDE
    parts = [
        _map_item(page),
        _label(page, "title", page.title, (10, 8, 277, 9), min(15.0, 1200 / max(len(page.title), 1)), bold=True),
        _label(page, "note", page.note, (side_x, 152, side_w, 22), 7, colour=(70, 70, 70)),
        _label(page, "sources", page.sources, (x, y + h + 3, 196, 14), 6.5, colour=(90, 90, 90)),
        _label(
            page,
            "maker",
            "Khanij. P10 is the low case; rank P05 is the best place.",
            (side_x, 197, side_w, 8),
            6.5,
            colour=(90, 90, 90),
        ),
        _label(page, "listing", page.listing, (side_x, page.listing_top_mm, side_w, 150 - page.listing_top_mm), 7.2),
        _legend(page, (side_x, side_y, side_w, 100)),
        _scale_bar(page, (side_x, 176, 60, 14)),
        _scale_number(page, (side_x, 189, 40, 6)),
        _north_arrow(page, (x + 3, y + 3, 9, 13)),
    ]
    if page.headline:
        # Two lines under the title; beside the mark where there is one.
        left = 132.0 if page.mark else 10.0
        size = min(8.5, 2 * _LETTERS_PT * (287 - left) / len(page.headline))
        parts.append(_label(page, "headline", page.headline, (left, 15.5, 287 - left, 8), size, colour=(60, 55, 45)))
    if page.mark:
        parts.append(_label(page, "mark", page.mark, (10, 16, 120, 7), 12, bold=True, colour=(176, 0, 32)))
    white = symbol("fill", fill_layer("#ffffff", outline="#ffffff", outline_mm=0), name="")
    paper = _item_xml(page, _Item("page", 65638, (0, 0, 297, 210), 0, background=True), "", white)
    return (
        f'<Layout name={quoteattr(page.name)} units="mm" printResolution="300" worldFileMap="">'
        '<Snapper snapToGrid="0" tolerance="5" snapToGuides="1" snapToItems="1"/><Grid offsetUnits="mm" offsetX="0" offsetY="0" resUnits="mm" resolution="10"/>'
        f'<PageCollection>{white}{paper}<GuideCollection visible="1"/></PageCollection>{"".join(parts)}'
        '<Atlas enabled="0" coverageLayer="" hideCoverage="0" filenamePattern="" sortFeatures="0" filterFeatures="0" pageNameExpression=""/></Layout>'
    )


def _map_item(page: Page) -> str:
    west, south, east, north = _fit(page.extent)
    inner = (
        f'<Extent xmin="{west:.10g}" ymin="{south:.10g}" xmax="{east:.10g}" ymax="{north:.10g}"/><LayerSet/>{_degree_grid(page, north - south)}'
        '<AtlasMap atlasDriven="0" scalingMode="2" margin="0.1"/><labelBlockingItems/>'
    )
    attributes = f'followPreset="true" followPresetName={quoteattr(page.theme)} keepLayerSet="false" mapRotation="0" drawCanvasItems="true" mapFlags="0" labelMargin="0,mm" isTemporal="0"'
    return _item_xml(page, _Item("map", 65639, _MAP, 1, frame=True, background=True), attributes, inner)


def _fit(extent: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The extent grown to the shape of the map, its middle kept, until the scale has two digits: 1:19,000,000."""
    west, south, east, north = extent
    wide, high = _MAP[2] / 1000, _MAP[3] / 1000
    least = max((east - west) / wide, (north - south) / high, 1.0)
    step = 10 ** (math.floor(math.log10(least)) - 1)
    scale = math.ceil(least / step) * step
    x, y = (west + east) / 2, (south + north) / 2
    return x - scale * wide / 2, y - scale * high / 2, x + scale * wide / 2, y + scale * high / 2


def _degree_grid(page: Page, height_m: float) -> str:
    degrees = next((d for d in (0.05, 0.1, 0.25, 0.5, 1.0, 2.0) if height_m / 111_000 / d < 7), 4.0)
    sides = " ".join(
        f'{s}AnnotationDisplay="{ {"left": 1, "bottom": 2}.get(s, 3) }" {s}AnnotationPosition="1" {s}AnnotationDirection="{1 if s == "left" else 0}" {s}FrameDivisions="0"'
        for s in ("left", "right", "top", "bottom")
    )
    digits = 0 if degrees >= 1 else 2
    line = symbol("line", line_layer("#b0b0b0", 0.1), name="")
    cross = symbol("marker", marker_layer("cross", "#b0b0b0", 1), name="")
    return (
        f'<ComposerMapGrid name="Degrees" uuid="{_uuid(page, "grid")}" show="1" gridStyle="3" unit="0" intervalX="{degrees:g}" intervalY="{degrees:g}" offsetX="0" offsetY="0" crossLength="2" position="3" blendMode="0" '
        f'gridFrameStyle="2" gridFrameWidth="1.2" gridFramePenThickness="0.2" gridFramePenColor="90,90,90,255" frameFillColor1="255,255,255,255" frameFillColor2="0,0,0,255" gridFrameMargin="0" gridFrameSideFlags="15" '
        f'showAnnotation="1" annotationFormat="3" annotationPrecision="{digits}" frameAnnotationDistance="0.6" annotationExpression="" {sides} rotatedTicksEnabled="0" rotatedAnnotationsEnabled="0" minimumIntervalWidth="50" maximumIntervalWidth="100">'
        f"<lineStyle>{line}</lineStyle><markerStyle>{cross}</markerStyle>{crs_xml('EPSG:4326')}"
        f"{_text_style(6)}<LayoutObject><customproperties><Option/></customproperties></LayoutObject></ComposerMapGrid>"
    )


def _text_style(size_pt: float, *, bold: bool = False) -> str:
    return f'<text-style fontFamily="{FONT}" fontSize="{size_pt:g}" fontSizeUnit="Point" fontWeight="{75 if bold else 50}" namedStyle="{"Bold" if bold else "Book"}" textColor="60,60,60,255" textOpacity="1" multilineHeight="1"/>'


def _legend(page: Page, box: tuple[float, float, float, float]) -> str:
    styles = "".join(
        f'<style name="{name}" alignment="1" marginTop="{top:g}" marginBottom="0" marginLeft="{left:g}" indent="0"><styleFont description="{FONT},{size:g},-1,5,{weight},0,0,0,0,0" style=""/></style>'
        for name, size, weight, top, left in (
            ("title", 10, 75, 0, 0),
            ("group", 9, 75, 2, 0),
            ("subgroup", 8.5, 75, 2, 0),
            ("symbol", 7.5, 50, 1.3, 0),
            ("symbolLabel", 7.5, 50, 1.3, 1.5),
        )
    )
    layers = "".join(
        f'<layer-tree-layer id={quoteattr(i)} name={quoteattr(title)} checked="Qt::Checked" expanded="1" legend_exp=""><customproperties><Option/></customproperties></layer-tree-layer>'
        for i, title in page.legend
    )
    tree = f'<layer-tree-group><customproperties><Option/></customproperties>{layers}<custom-order enabled="0"/></layer-tree-group>'
    attributes = (
        f'map_uuid="{_uuid(page, "map")}" title="" symbolWidth="6" symbolHeight="3.6" boxSpace="0" columnSpace="2" lineSpacing="1" columnCount="1" splitLayer="0" equalColumnWidth="0" resizeToContents="1" legendFilterByMap="0" legendFilterByAtlas="0" '
        'wrapChar="" fontColor="#1e1e1e" symbolAlignment="1" titleAlignment="1" rasterBorder="1" rasterBorderColor="0,0,0,255" rasterBorderWidth="0" wmsLegendWidth="50" wmsLegendHeight="25" minSymbolSize="0" maxSymbolSize="0"'
    )
    return _item_xml(page, _Item("legend", 65642, box, 3), attributes, f"<styles>{styles}</styles>{tree}")


_ARROW = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="18" height="26" viewBox="0 0 18 26"><path d="M9 1 L15 17 L9 13.5 L3 17 Z" fill="#fff" stroke="#333" '
    'stroke-width="1"/><path d="M9 1 L9 13.5 L3 17 Z" fill="#333"/><path d="M6.4 25 V19 L11.6 25 V19" fill="none" stroke="#333" stroke-width="1.2" stroke-linejoin="bevel"/></svg>'
)


def _north_arrow(page: Page, box: tuple[float, float, float, float]) -> str:
    """An arrow to true north in the middle of the map; the picture lies in the project, no file is asked for."""
    picture = base64.b64encode(_ARROW.encode()).decode()
    attributes = f'file="base64:{picture}" mode="0" anchorPoint="4" resizeMode="0" northMode="1" northOffset="0" pictureRotation="0" mapUuid="{_uuid(page, "map")}" svgFillColor="51,51,51,255" svgBorderColor="51,51,51,255" svgBorderWidth="0.2"'
    return _item_xml(page, _Item("north", 65640, box, 5), attributes, "")


def _scale_number(page: Page, box: tuple[float, float, float, float]) -> str:
    """The scale as 1:n, of the map as it stands on the page."""
    attributes = f'mapUuid="{_uuid(page, "map")}" style="Numeric" unitType="km" unitLabel="km" numUnitsPerSegment="1" numMapUnitsPerScaleBarUnit="1" numSegments="1" numSegmentsLeft="0" segmentMillimeters="10" height="3" labelBarSpace="1" boxContentSpace="1" alignment="0" outlineWidth="0.2"'
    whole = '<numericFormat id="basic"><Option type="Map"><Option type="int" name="decimals" value="0"/><Option type="bool" name="show_thousand_separator" value="true"/><Option type="int" name="rounding_type" value="0"/></Option></numericFormat>'
    return _item_xml(page, _Item("scale 1:n", 65646, box, 4), attributes, f"{_text_style(7)}{whole}")


def _scale_bar(page: Page, box: tuple[float, float, float, float]) -> str:
    west, _, east, _ = _fit(page.extent)
    # A round number of kilometres, about a sixth of the map's width for one segment.
    wanted = (east - west) / 1000 / 6
    power = 10 ** len(str(int(max(wanted, 1)))) / 10
    segment = max(s * power for s in (1, 2, 5) if s * power <= max(wanted, 1))
    mm = segment * 1000 / (east - west) * _MAP[2]

    def shade(colour: str, tag: str) -> str:
        return f"<{tag}>{symbol('fill', fill_layer(colour, outline='#3c3c3c', outline_mm=0.1), name='')}</{tag}>"

    thin = symbol("line", line_layer("#3c3c3c", 0.2), name="")
    inner = (
        f'{_text_style(7)}<strokeColor red="60" green="60" blue="60" alpha="255"/><numericFormat id="basic"><Option type="Map"><Option type="int" name="decimals" value="1"/><Option type="bool" name="show_thousand_separator" value="true"/><Option type="bool" name="show_trailing_zeros" value="false"/><Option type="int" name="rounding_type" value="0"/></Option></numericFormat>'
        f"<lineSymbol>{thin}</lineSymbol><divisionLineSymbol>{thin}</divisionLineSymbol><subdivisionLineSymbol>{thin}</subdivisionLineSymbol>{shade('#3c3c3c', 'fillSymbol1')}{shade('#ffffff', 'fillSymbol2')}"
    )
    attributes = (
        f'mapUuid="{_uuid(page, "map")}" style="Single Box" unitType="km" unitLabel="km" numUnitsPerSegment="{segment:g}" numMapUnitsPerScaleBarUnit="1" segmentMillimeters="{mm:.6g}" numSegments="2" numSegmentsLeft="0" segmentSizeMode="0" minBarWidth="10" maxBarWidth="70" '
        'height="2" labelBarSpace="1.5" boxContentSpace="1" alignment="0" lineJoinStyle="miter" lineCapStyle="square" outlineWidth="0.2" labelVerticalPlacement="0" labelHorizontalPlacement="0" numSubdivisions="1" subdivisionsHeight="1.5"'
    )
    return _item_xml(page, _Item("scale", 65646, box, 4), attributes, inner)
