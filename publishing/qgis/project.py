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
import pandas as pd

from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS
from publishing.geopackage.facts import LayerFacts, layer_facts
from publishing.geopackage.publication import Publication
from publishing.geopackage.reading import SAMPLE_MARK
from publishing.qgis.base_layers import GROUP, base_ids, base_maps_xml, base_nodes_xml
from publishing.qgis.crs import crs_xml
from publishing.qgis.forms import layer_form
from publishing.qgis.internet import GROUP as INTERNET
from publishing.qgis.internet import internet_ids, internet_maps_xml, internet_nodes_xml
from publishing.qgis.layout import layouts_xml
from publishing.qgis.printed import Maps, pages_of
from publishing.qgis.rasters import BandLayer, band_layers, band_xml, node_xml
from publishing.qgis.styles import LayerStyle
from publishing.qgis.themes import (
    CONTEXT,
    DISPLAY_CRS,
    READINGS,
    Extent,
    ProjectLayer,
    Themes,
    display_extent,
    is_shown,
    layer_id,
    themes_with_content,
)

PROJECT_NAME = "main"
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


def _project_layers(
    present: list[str], styles: list[LayerStyle], themes: Themes, sheet_scale: str
) -> dict[str, ProjectLayer]:
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
        title = OUTPUT_CONTRACTS[table].title + (f", {sheet_scale}" if table == "survey_sheets" and sheet_scale else "")
        out[table] = ProjectLayer(table, table, mine[0], title, links)
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
    sheets = layers.get("survey_sheets")
    scales = sorted(set(sheets["scale"].dropna())) if sheets is not None else []
    present = [name for name, frame in layers.items() if len(frame)] + list(tables)
    shown = _project_layers(present, styles, themes, " and ".join(scales))
    maps = "".join(_vector(layer, published_name, facts) for layer in shown.values())
    maps += "".join(band_xml(band, layer_id(band.name)) for band in bands)
    maps += base_maps_xml(publication.base, publication.base_lines) + internet_maps_xml() if publication.base else ""
    relations = "".join(
        f'<relation id="{i}" name={quoteattr(label)} referencedLayer="{layer.id}" referencingLayer="{shown[other].id}" strength="Association">'
        f'<fieldRef referencedField="{field}" referencingField="{field}"/></relation>'
        for layer in shown.values()
        for i, label, other, field in layer.relations
    )
    order = [
        *(layer_id(n) for names in themes.values() for n in names if n in shown),
        *(layer_id(n) for n in CONTEXT if n in shown),
        *(layer_id(b.name) for b in bands),
        *(internet_ids() if publication.base else ()),
        *base_ids(publication.base, publication.base_lines),
    ]
    canvas = (
        f'<mapcanvas name="theMapCanvas" annotationsVisible="1"><units>meters</units>{_rectangle(extent)}'
        f"<rotation>0</rotation><destinationsrs>{crs_xml(DISPLAY_CRS)}</destinationsrs><rendermaptile>0</rendermaptile></mapcanvas>"
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis projectname={quoteattr(title)} version="3.22.16-Białowieża"><homePath path=""/><title>{escape(title)}</title><autotransaction active="0"/>'
        f'<evaluateDefaultValues active="0"/><trust active="0"/><projectCrs>{crs_xml(DISPLAY_CRS)}</projectCrs>{_tree(shown, bands, themes, default_theme, Files(published_name, publication.base, tuple(publication.base_lines)))}'
        f"<relations>{relations}</relations>{canvas}<projectlayers>{maps}</projectlayers>"
        f"<layerorder>{''.join(f'<layer id={quoteattr(i)}/>' for i in order)}</layerorder>"
        '<properties><SpatialRefSys><ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys>'
        '<Paths><Absolute type="bool">false</Absolute></Paths><Gui><CanvasColorRedPart type="int">252</CanvasColorRedPart>'
        '<CanvasColorGreenPart type="int">252</CanvasColorGreenPart><CanvasColorBluePart type="int">250</CanvasColorBluePart></Gui>'
        '<Measurement><AreaUnits type="QString">ha</AreaUnits><DistanceUnits type="QString">km</DistanceUnits></Measurement>'
        '<Measure><Ellipsoid type="QString">EPSG:7030</Ellipsoid></Measure></properties>'
        f"<visibility-presets>{_themes(shown, bands, themes, base_ids(publication.base, publication.base_lines))}</visibility-presets>"
        f"<projectMetadata><identifier></identifier><type>dataset</type><title>{escape(title)}</title><abstract>{escape(_abstract(publication, themes))}</abstract>"
        f"<author>Khanij</author><creation>2026-01-01T00:00:00</creation>{facts.xml()}</projectMetadata><Annotations/>"
        f"{layouts_xml(pages_of(publication, layers['ranked_blocks'], shown, Maps(themes, bands, extent, facts)))}</qgis>"
    )


def _abstract(publication: Publication, themes: Themes) -> str:
    mark = f"{SAMPLE_MARK}. " if publication.region.is_sample else ""
    return (
        f"{mark}Blocks of mine waste ranked by critical-mineral potential. Choose a theme (eye symbol above the layers): "
        f"{', '.join(themes)}. Identify a block: its answer stands in the first line; the form (button above the results) has its sites and elements. P10 is the low case; rank P05 is the best place."
    )


def _rectangle(extent: Extent) -> str:
    return f"<extent><xmin>{extent.west:g}</xmin><ymin>{extent.south:.10g}</ymin><xmax>{extent.east:.10g}</xmax><ymax>{extent.north:.10g}</ymax></extent>"


def _node(name: str, title: str, source: str, provider: str, checked: bool, expanded: bool) -> str:
    return (
        f'<layer-tree-layer id={quoteattr(layer_id(name))} name={quoteattr(title)} providerKey="{provider}" source={quoteattr(source)} '
        f'checked="Qt::{"Checked" if checked else "Unchecked"}" expanded="{int(expanded)}" legend_exp="" patch_size="-1,-1" legend_split_behavior="0"><customproperties><Option/></customproperties></layer-tree-layer>'
    )


def _group(name: str, inner: str, *, expanded: bool = True, checked: bool = True) -> str:
    return f'<layer-tree-group name={quoteattr(name)} checked="Qt::{"Checked" if checked else "Unchecked"}" expanded="{int(expanded)}"><customproperties><Option/></customproperties>{inner}</layer-tree-group>'


@dataclass(frozen=True)
class Files:
    """The files that the project's layers lie in: of the result, and of the base map (blank: none) with a user's ``lines``."""

    result: str
    base: str
    lines: tuple[str, ...]


def _tree(shown: dict[str, ProjectLayer], bands: list[BandLayer], themes: Themes, theme: str, files: Files) -> str:
    def nodes(names: tuple[str, ...] | list[str], visible: bool, expanded: bool) -> str:
        return "".join(
            _node(n, shown[n].title, f"./{files.result}|layername={shown[n].table}", "ogr", visible, expanded)
            for n in names
            if n in shown
        )

    parts = []
    for group, names in themes.items():
        inner = nodes(names, group == theme, True)
        parts.append(_group(group, inner, expanded=group == theme))
    parts.append(_group("Context", nodes(CONTEXT, True, False), expanded=False))
    if bands:
        # Below the context: a raster covers what lies under it. Only the map of the posterior is part of a theme.
        inner = "".join(node_xml(b, layer_id(b.name), checked=theme == "Fertility" and is_shown(b)) for b in bands)
        parts.append(_group("Evidence", inner, expanded=False))
    if files.base:
        parts.append(_group(INTERNET, internet_nodes_xml(), expanded=False, checked=False))
        parts.append(_group(GROUP, base_nodes_xml(files.base, files.lines), expanded=False))
    drawn = {n for names in themes.values() for n in names} | set(CONTEXT)
    # A layer whose rows have no position stands with the tables: they can be read there, and are on no map.
    tables = [n for n in shown if shown[n].style.geometry == 4 or n not in drawn]
    parts.append(_group("Tables", nodes(tables, False, False), expanded=False))
    return f'<layer-tree-group><customproperties><Option/></customproperties>{"".join(parts)}<custom-order enabled="0"/></layer-tree-group>'


def _themes(shown: dict[str, ProjectLayer], bands: list[BandLayer], themes: Themes, base: list[str]) -> str:
    # No style is named: a theme that names one overrides the layer's style while layouts load, and forms lose relations.
    out = []
    groups = "".join(
        f'<checked-group-node id="{g}"/>' for g in (*themes, "Context", "Evidence", *([GROUP] if base else []))
    )
    for theme, names in themes.items():
        ids = [shown[n].id for n in (*names, *CONTEXT) if n in shown]
        if theme == "Fertility":
            ids += [layer_id(b.name) for b in bands if is_shown(b)]
        ids += base
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
        f"<flags><Identifiable>{int(layer.name not in CONTEXT)}</Identifiable><Removable>1</Removable><Searchable>1</Searchable><Private>0</Private></flags>"
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
