"""The QGIS project inside the GeoPackage: groups, themes, relations, print layouts; no plugin, no macro, no network.

Belongs here: how the layers are put together for a reader. Does not belong here: a layer's look (``styles``) or a
page's look (``layout``).
"""

from __future__ import annotations

import io
import sqlite3
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd

from data_sources.contracts.published.outputs import KINDS, OUTPUT_CONTRACTS
from khanij.foundation.wording import one_line
from publishing.geopackage.facts import LayerFacts, layer_facts
from publishing.geopackage.publication import SAMPLE_MARK, Publication
from publishing.geopackage.reading import records
from publishing.qgis.crs import crs_xml
from publishing.qgis.forms import layer_form
from publishing.qgis.layout import Page, layouts_xml
from publishing.qgis.rasters import SHOWN_BAND, BandLayer, band_layers, band_xml, node_xml
from publishing.qgis.styles import LayerStyle
from publishing.words import KIND_WORDS

PROJECT_NAME = "main"
# India's Lambert conformal projection: right for looking and for scale bars (areas are computed elsewhere).
DISPLAY_CRS = "EPSG:7755"
# Every reading of the blocks is a layer of its own, not a style of one layer: a layout's legend that follows a style
# makes QGIS 3.22 forget the relations of the form while it loads the project.
READINGS = (
    ("ranked_blocks", "Ranking", "Ranked blocks"),
    ("blocks_fertility", "Fertility", "Blocks by fertility of the ground"),
    ("blocks_uncertainty", "Uncertainty", "Blocks by certainty of the rank"),
    ("blocks_quality", "Data quality", "Blocks by knowledge class"),
)
_BLOCK_RELATIONS = (
    ("sites", "Sites of the block", "site_shares"),
    ("elements", "Elements of the block", "element_potential"),
    ("baskets", "Ranks by basket", "basket_ranks"),
    ("evidence", "Evidence of the ground", "block_evidence"),
    ("advice", "What to measure next", "sample_next"),
)
_SITE_RELATIONS = (
    ("blocks", "Blocks that hold the site", "site_shares"),
    ("economics", "Economics of the site", "site_potential"),
    ("metals", "Elements of the site", "site_elements"),
)
THEMES: dict[str, tuple[str, ...]] = {
    "Ranking": ("ranked_blocks",),
    "Fertility": ("blocks_fertility", "anomalies", "occurrences"),
    "Waste": ("waste_sites", "waste_footprints"),
    "Uncertainty": ("blocks_uncertainty",),
    "Data quality": ("blocks_quality",),
}
_CONTEXT = ("state_labels", "survey_sheets")
Themes = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class ProjectLayer:
    """One layer of the project: its short name, the table it reads, the style it has, how it is called."""

    name: str
    table: str
    style: LayerStyle
    title: str
    relations: tuple[tuple[str, str, str, str], ...] = ()  # id, label, other table, field

    @property
    def id(self) -> str:
        """The identifier in the project."""
        return layer_id(self.name)


@dataclass(frozen=True)
class Extent:
    """A rectangle in the display CRS, metres."""

    west: float
    south: float
    east: float
    north: float

    def padded(self, share: float, at_least: float) -> Extent:
        """The rectangle grown on every side."""
        dx = max(at_least, share * (self.east - self.west))
        dy = max(at_least, share * (self.north - self.south))
        return Extent(self.west - dx, self.south - dy, self.east + dx, self.north + dy)


def layer_id(name: str) -> str:
    """The identifier of a layer in the project; QGIS wants more than ten characters."""
    return f"khanij_layer_{name}"


def display_extent(layers: dict[str, gpd.GeoDataFrame]) -> Extent:
    """The extent of blocks and sites in the display CRS, with a margin; all of India if nothing has a position."""
    shapes = pd.concat([layers[n].geometry for n in ("ranked_blocks", "waste_sites") if n in layers])
    shapes = gpd.GeoSeries(shapes[~(shapes.isna() | shapes.is_empty)], crs="EPSG:4326")
    if shapes.empty:
        return Extent(2.8e6, 2.1e6, 5.8e6, 5.5e6)
    west, south, east, north = (float(np.round(v, -1)) for v in shapes.to_crs(DISPLAY_CRS).total_bounds)
    return Extent(west, south, east, north).padded(0.06, 3000)


def themes_with_content(layers: dict[str, gpd.GeoDataFrame], bands: list[BandLayer]) -> Themes:
    """The themes that show something, each with its layers: a map on which nothing stands is not published."""

    def any_of(name: str, column: str) -> bool:
        return name in layers and bool(layers[name][column].notna().any())

    def placed(name: str) -> bool:
        return name in layers and bool((layers[name].geometry.notna() & ~layers[name].geometry.is_empty).any())

    blocks = layers["ranked_blocks"]
    has = {
        "Ranking": any_of("ranked_blocks", "rank"),
        "Fertility": any_of("ranked_blocks", "fertility_axis")
        or bool(bands)
        or placed("anomalies")
        or placed("occurrences"),
        "Waste": placed("waste_sites") or placed("waste_footprints"),
        "Uncertainty": any_of("ranked_blocks", "rank"),
        "Data quality": bool((~blocks["knowledge_class"].isin(["none"]) & blocks["knowledge_class"].notna()).any()),
    }
    if not (has["Ranking"] or has["Fertility"] or has["Data quality"]):
        has["Ranking"] = True  # whatever is known of the blocks, they lie somewhere
    present = {theme: tuple(n for n in names if n not in layers or placed(n)) for theme, names in THEMES.items()}
    return {theme: present[theme] for theme, shows in has.items() if shows}


def _project_layers(present: list[str], styles: list[LayerStyle], themes: Themes) -> dict[str, ProjectLayer]:
    out: dict[str, ProjectLayer] = {}
    for table in present:
        mine = [s for s in styles if s.layer == table]
        if table == "ranked_blocks":
            for name, style, title in READINGS:
                if style not in themes:
                    continue
                prefix = "block" if name == "ranked_blocks" else name
                links = tuple(
                    (f"{prefix}_{key}", label, other, "block_id")
                    for key, label, other in _BLOCK_RELATIONS
                    if other in present
                )
                out[name] = ProjectLayer(name, table, next(s for s in mine if s.name == style), title, links)
            continue
        links = ()
        if table == "waste_sites":
            links = tuple(
                (f"site_{key}", label, other, "site_id") for key, label, other in _SITE_RELATIONS if other in present
            )
        out[table] = ProjectLayer(table, table, mine[0], OUTPUT_CONTRACTS[table].title, links)
    return out


def project_xml(
    publication: Publication,
    layers: dict[str, gpd.GeoDataFrame],
    tables: dict[str, pd.DataFrame],
    styles: list[LayerStyle],
    published: Path,
) -> str:
    """The project document; its data sources name the published file beside it."""
    published_name = published.name
    title = f"Khanij - {publication.title}"
    extent = display_extent(layers)
    default_theme = next(s.name for s in styles if s.layer == "ranked_blocks" and s.is_default)
    bands = band_layers(published.parent, publication.rasters)
    themes = themes_with_content(layers, bands)
    if default_theme not in themes:
        default_theme = next(iter(themes))
    facts = layer_facts(publication, layers)
    shown = _project_layers([*layers, *tables], styles, themes)
    maps = "".join(_vector(layer, published_name, facts) for layer in shown.values())
    maps += "".join(band_xml(band, layer_id(band.name)) for band in bands)
    relations = "".join(
        f'<relation id="{i}" name={quoteattr(label)} referencedLayer="{layer.id}" referencingLayer="{shown[other].id}" strength="Association">'
        f'<fieldRef referencedField="{field}" referencingField="{field}"/></relation>'
        for layer in shown.values()
        for i, label, other, field in layer.relations
    )
    order = [
        *(n for names in themes.values() for n in names if n in shown),
        *(n for n in _CONTEXT if n in shown),
        *(b.name for b in bands),
    ]
    canvas = (
        f'<mapcanvas name="theMapCanvas" annotationsVisible="1"><units>meters</units>{_rectangle(extent)}'
        f"<rotation>0</rotation><destinationsrs>{crs_xml(DISPLAY_CRS)}</destinationsrs><rendermaptile>0</rendermaptile></mapcanvas>"
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis projectname={quoteattr(title)} version="3.22.16-Białowieża"><homePath path=""/><title>{escape(title)}</title><autotransaction active="0"/>'
        f'<evaluateDefaultValues active="0"/><trust active="0"/><projectCrs>{crs_xml(DISPLAY_CRS)}</projectCrs>{_tree(shown, bands, themes, default_theme, published_name)}'
        f"<relations>{relations}</relations>{canvas}<projectlayers>{maps}</projectlayers>"
        f"<layerorder>{''.join(f'<layer id={quoteattr(layer_id(n))}/>' for n in order)}</layerorder>"
        '<properties><SpatialRefSys><ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys>'
        '<Paths><Absolute type="bool">false</Absolute></Paths><Gui><CanvasColorRedPart type="int">252</CanvasColorRedPart>'
        '<CanvasColorGreenPart type="int">252</CanvasColorGreenPart><CanvasColorBluePart type="int">250</CanvasColorBluePart></Gui>'
        '<Measurement><AreaUnits type="QString">ha</AreaUnits><DistanceUnits type="QString">km</DistanceUnits></Measurement>'
        '<Measure><Ellipsoid type="QString">EPSG:7030</Ellipsoid></Measure></properties>'
        f"<visibility-presets>{_themes(shown, bands, themes)}</visibility-presets>"
        f"<projectMetadata><identifier></identifier><type>dataset</type><title>{escape(title)}</title><abstract>{escape(_abstract(publication, themes))}</abstract>"
        f"<author>Khanij</author><creation>2026-01-01T00:00:00</creation>{facts.xml()}</projectMetadata><Annotations/>"
        f"{layouts_xml(_pages(publication, layers['ranked_blocks'], shown, _Maps(themes, bands, extent, facts)))}</qgis>"
    )


def _abstract(publication: Publication, themes: Themes) -> str:
    mark = f"{SAMPLE_MARK}. " if publication.region.is_sample else ""
    return (
        f"{mark}Blocks of mine waste ranked by critical-mineral potential. Choose a theme (eye symbol above the layers): "
        f"{', '.join(themes)}. Identify a block: its answer stands in the first line; the form (button above the results) has its sites and elements. P10 is the low case; rank P05 is the best place."
    )


@dataclass(frozen=True)
class _Maps:
    """What the layouts have in common: the themes, the evidence rasters, the extent, the facts of the result."""

    themes: Themes
    bands: list[BandLayer]
    extent: Extent
    facts: LayerFacts


def _pages(
    publication: Publication, blocks: gpd.GeoDataFrame, shown: dict[str, ProjectLayer], maps: _Maps
) -> list[Page]:
    info, extent = publication.run_info, maps.extent
    run = "; ".join(f"{k.replace('_', ' ')} {info[k]}" for k in ("price_deck", "draws", "seed") if k in info)
    configuration = (info.get("configuration_sha256") or info.get("configuration_hash") or "not stated")[:12]
    sources = (
        f"Sources: stated on every row of the GeoPackage (column sources). Configuration {configuration}; {run}. "
        f"{maps.facts.dated()} Grid: Survey of India sheets. Projection {DISPLAY_CRS}. No boundary is drawn."
    )
    ranked, fertile = _listing(blocks, "rank"), _listing(blocks, "rank_fertility")
    ramps = tuple((layer_id(b.name), b.title) for b in maps.bands if _is_shown(b))
    return [
        Page(
            name=f"A4 map - {theme}",
            theme=theme,
            title=f"{publication.title}: {_TITLES[theme]}",
            note=_NOTES[theme] + _unplaced_said(blocks, theme),
            sources=sources,
            mark=SAMPLE_MARK if publication.region.is_sample else "",
            extent=(extent.west, extent.south, extent.east, extent.north),
            listing="" if theme == "Waste" else fertile if theme == "Fertility" else ranked,
            # the legend of the ground has a ramp below its classes
            listing_top_mm=104 if theme == "Fertility" else 84,
            legend=tuple((shown[n].id, shown[n].title) for n in names if n in shown)
            + (ramps if theme == "Fertility" else ()),
        )
        for theme, names in maps.themes.items()
        if any(n in shown for n in names)
    ]


def _unplaced_said(blocks: gpd.GeoDataFrame, theme: str) -> str:
    """How many of the blocks that the theme is about lie on no map, for want of a position."""
    nowhere = blocks[blocks.geometry.isna() | blocks.geometry.is_empty]
    if theme in ("Ranking", "Uncertainty"):
        nowhere = nowhere[nowhere["rank"].notna()]
    if theme == "Waste" or nowhere.empty:
        return ""
    return f" {len(nowhere)} of the blocks {'has' if len(nowhere) == 1 else 'have'} no known position and {'is' if len(nowhere) == 1 else 'are'} not drawn{' (* in the list)' if theme != 'Data quality' else ''}."


def _listing(blocks: gpd.GeoDataFrame, by: str) -> str:
    """The first ten as lines of text: waste blocks where they are ranked; by fertility, the kind with most blocks."""
    if not blocks[by].notna().any():
        return ""
    frame = pd.DataFrame({c: blocks[c] for c in ("block_id", "name", "kind", by, "rank_p05", "rank_p95")})
    frame["nowhere"] = (blocks.geometry.isna() | blocks.geometry.is_empty).to_numpy()
    frame = frame[frame[by].notna()]
    counts = frame["kind"].value_counts()
    present = [k for k in KINDS if k in counts.index]
    kind = present[0] if by == "rank" else max(present, key=lambda k: int(counts[k]))
    first = frame[frame["kind"] == kind].sort_values(by).head(10)
    lines = []
    for r in records(first):
        tail = f"  ({r.rank_p05:.0f}–{r.rank_p95:.0f})" if by == "rank" else ""
        name = one_line(one_line(r.name or r.block_id).split(" (")[0], 42) + (" *" if r.nowhere else "")
        lines.append(f"{int(getattr(r, by)):>2}  {name}{tail}")
    head = "Fertility, first ten" if by != "rank" else "First ten, with the rank from P05 (best) to P95 (worst)"
    return f"{head}: {KIND_WORDS[kind].lower()}s\n" + "\n".join(lines)


_TITLES = {
    "Ranking": "rank by critical-mineral potential",
    "Fertility": "fertility of the ground",
    "Waste": "waste sites",
    "Uncertainty": "how sure the ranking is",
    "Data quality": "how well it is known",
}
_NOTES = {
    "Ranking": "Rank within a kind of block, by mean score; circle: waste block, square: auction block, pentagon: mining lease. A block that is not ranked says why in its form. A rank is an order under stated inputs, not a resource.",
    "Fertility": "Percentile of the held-out mean posterior from survey layers; says nothing of the waste itself. White: no survey layer, or not applicable (transported waste).",
    "Waste": "Shape: kind of waste. Size: tonnage. Hollow: the tonnage or grade is borrowed, derived or missing.",
    "Uncertainty": "Colour: share of the draws in which the block is among the first twenty of its kind. Label: rank (best place P05 to worst place P95).",
    "Data quality": "Knowledge class as in MEMC Rules 2015 / UNFC, assigned by the project's rule; analogue is a borrowed range or a derived figure.",
}


def _rectangle(extent: Extent) -> str:
    return f"<extent><xmin>{extent.west:g}</xmin><ymin>{extent.south:.10g}</ymin><xmax>{extent.east:.10g}</xmax><ymax>{extent.north:.10g}</ymax></extent>"


def _node(name: str, title: str, source: str, provider: str, checked: bool, expanded: bool) -> str:
    return (
        f'<layer-tree-layer id={quoteattr(layer_id(name))} name={quoteattr(title)} providerKey="{provider}" source={quoteattr(source)} '
        f'checked="Qt::{"Checked" if checked else "Unchecked"}" expanded="{int(expanded)}" legend_exp="" patch_size="-1,-1" legend_split_behavior="0"><customproperties><Option/></customproperties></layer-tree-layer>'
    )


def _group(name: str, inner: str, *, expanded: bool = True, checked: bool = True) -> str:
    return f'<layer-tree-group name={quoteattr(name)} checked="Qt::{"Checked" if checked else "Unchecked"}" expanded="{int(expanded)}"><customproperties><Option/></customproperties>{inner}</layer-tree-group>'


def _tree(shown: dict[str, ProjectLayer], bands: list[BandLayer], themes: Themes, theme: str, file: str) -> str:
    def nodes(names: tuple[str, ...] | list[str], visible: bool, expanded: bool) -> str:
        return "".join(
            _node(n, shown[n].title, f"./{file}|layername={shown[n].table}", "ogr", visible, expanded)
            for n in names
            if n in shown
        )

    parts = []
    for group, names in themes.items():
        inner = nodes(names, group == theme, True)
        parts.append(_group(group, inner, expanded=group == theme))
    parts.append(_group("Context", nodes(_CONTEXT, True, False), expanded=False))
    if bands:
        # Below the context: a raster covers what lies under it. Only the map of the posterior is part of a theme.
        inner = "".join(node_xml(b, layer_id(b.name), checked=theme == "Fertility" and _is_shown(b)) for b in bands)
        parts.append(_group("Evidence", inner, expanded=False))
    tables = [n for n in shown if shown[n].style.geometry == 4]
    parts.append(_group("Tables", nodes(tables, False, False), expanded=False))
    return f'<layer-tree-group><customproperties><Option/></customproperties>{"".join(parts)}<custom-order enabled="0"/></layer-tree-group>'


def _is_shown(band: BandLayer) -> bool:
    return band.name.endswith(SHOWN_BAND)


def _themes(shown: dict[str, ProjectLayer], bands: list[BandLayer], themes: Themes) -> str:
    # No style is named: a theme that names one overrides the layer's style while layouts load, and forms lose relations.
    out = []
    groups = "".join(f'<checked-group-node id="{g}"/>' for g in (*themes, "Context", "Evidence"))
    for theme, names in themes.items():
        ids = [shown[n].id for n in (*names, *_CONTEXT) if n in shown]
        if theme == "Fertility":
            ids += [layer_id(b.name) for b in bands if _is_shown(b)]
        entries = "".join(f'<layer id="{i}" visible="1" expanded="1"/>' for i in ids)
        out.append(
            f'<visibility-preset name="{theme}" has-expanded-info="1" has-checked-group-info="1">{entries}'
            f'<checked-group-nodes>{groups}</checked-group-nodes><expanded-group-nodes><expanded-group-node id="{theme}"/></expanded-group-nodes></visibility-preset>'
        )
    return "".join(out)


def _vector(layer: ProjectLayer, file: str, facts: LayerFacts) -> str:
    contract = OUTPUT_CONTRACTS[layer.table]
    form = layer_form(contract, tuple((i, label) for i, label, _, _ in layer.relations))
    kinds = {"MULTIPOLYGON": ("Polygon", "MultiPolygon"), "POINT": ("Point", "Point")}
    geometry, wkb = kinds.get(str(contract.geometry), ("No geometry", "NoGeometry"))
    return (
        f'<maplayer type="vector" geometry="{geometry}" wkbType="{wkb}" labelsEnabled="{int(layer.style.labels_on)}" styleCategories="AllStyleCategories" readOnly="1" hasScaleBasedVisibilityFlag="0" refreshOnNotifyEnabled="0" autoRefreshEnabled="0" simplifyDrawingHints="0">'
        f"<id>{layer.id}</id><datasource>./{file}|layername={layer.table}</datasource><layername>{escape(layer.title)}</layername>"
        f"<srs>{crs_xml('EPSG:4326')}</srs><resourceMetadata><identifier></identifier><title>{escape(layer.title)}</title><abstract>{escape(contract.description)}</abstract>{facts.xml()}</resourceMetadata>"
        '<provider encoding="UTF-8">ogr</provider><map-layer-style-manager current="default"><map-layer-style name="default"/></map-layer-style-manager>'
        f"<flags><Identifiable>{int(layer.name not in _CONTEXT)}</Identifiable><Removable>1</Removable><Searchable>1</Searchable><Private>0</Private></flags>"
        f"{layer.style.body}{form}</maplayer>"
    )


def write_project(connection: sqlite3.Connection, document: str) -> None:
    """Store the project in ``qgis_projects`` as QGIS does: a zip archive in hexadecimal text, with fixed stamps."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        entry = zipfile.ZipInfo("project.qgs", (1980, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system = 3
        bundle.writestr(entry, document)
    connection.execute("CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)")
    metadata = '{"last_modified_time": "2026-01-01T00:00:00", "last_modified_user": "Khanij" }'
    connection.execute("INSERT INTO qgis_projects VALUES (?, ?, ?)", (PROJECT_NAME, metadata, archive.getvalue().hex()))
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_extensions VALUES ('qgis_projects', NULL, 'qgis_projects', "
        "'https://github.com/pka/qgpkg/blob/master/qgis_geopackage_extension.md', 'read-write')"
    )
