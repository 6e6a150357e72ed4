"""A shortlist as maps: GeoPackage, GeoJSON, KML.

Belongs here: one function a format. Does not belong here: CSV (``shortlist_files``), the spreadsheet (``shortlist_xlsx``).
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from khanij.foundation.cells import is_known
from khanij.foundation.escaping import plain, xml
from khanij.foundation.files import PublishedFile
from khanij.foundation.wording import chance, number, place, rank_interval, share, tonnes
from publishing.colours import RANK_CLASSES
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.publication import Publication, basket_columns_of
from publishing.geopackage.reading import SAMPLE_MARK, records
from publishing.shortlists.compared import EXTRA_FIELDS
from publishing.shortlists.shortlist import Shortlist
from publishing.words import CLASS_WORDS, STATUS_WORDS, held_in_words

OUTLINE = ".outline"
"""Behind a block's id in KML: its outline beside its mark."""


def write_gpkg(shortlist: Shortlist, path: Path) -> PublishedFile:
    """Write a shortlist as a GeoPackage: a publication of the blocks that pass and of what belongs to them."""
    return publish_geopackage(_publication(shortlist), path)


def _publication(shortlist: Shortlist) -> Publication:
    name = "_".join(shortlist.runs)
    info = {
        f"{region}.{k}" if len(shortlist.runs) > 1 else k: v
        for region, run in shortlist.runs.items()
        for k, v in run.items()
    }
    info |= {"shortlist": json.dumps(shortlist.chosen.settings(), sort_keys=True)}
    title = f"{shortlist.title.removesuffix(f' ({SAMPLE_MARK})')}, shortlist {shortlist.chosen.name}"
    left_out = [f.name for f in EXTRA_FIELDS if f.name in shortlist.blocks.columns]
    layers = {"ranked_blocks": shortlist.blocks.drop(columns=["region", *left_out]), "waste_sites": shortlist.sites}
    tables = {
        "site_shares": shortlist.shares,
        "element_potential": shortlist.elements,
        "basket_ranks": shortlist.baskets,
        "sample_next": shortlist.advice,
        **({"block_evidence": shortlist.evidence} if len(shortlist.evidence) else {}),
    }
    info.pop("title", None)
    region = SimpleNamespace(name=name, title=title, is_sample=shortlist.is_sample)
    return Publication(region, layers, tables, info, basket_columns=basket_columns_of(layers["ranked_blocks"]))


def geojson_bytes(shortlist: Shortlist) -> bytes:
    """RFC 7946 GeoJSON: longitude and latitude with seven decimals, missing as null."""
    features = []
    blocks = shortlist.blocks
    rows = pd.DataFrame(blocks.drop(columns="geometry")).to_dict("records")
    for shape, row in zip(blocks.geometry.to_numpy(), rows):
        geometry = None if shape is None else _rounded(json.loads(shapely.to_geojson(shape)))
        features.append(
            {
                "type": "Feature",
                "id": row["block_id"],
                "geometry": geometry,
                "properties": {k: _json_value(v) for k, v in row.items()},
            }
        )
    notes = {
        "title": shortlist.title,
        "filter": shortlist.chosen.settings(),
        "reading": "P10 is the low case; rank P05 is the best place",
    }
    if shortlist.scenarios():
        notes["scenario"] = "; ".join(shortlist.scenarios())
    if shortlist.is_sample:
        notes["warning"] = SAMPLE_MARK
    document = {"type": "FeatureCollection", "khanij": notes, "features": features}
    return (json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n").encode()


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    def walk(value: object) -> object:
        return [walk(v) for v in value] if isinstance(value, list) else round(float(value), 7)  # type: ignore[arg-type]

    return {"type": geometry["type"], "coordinates": walk(geometry["coordinates"])}


def _json_value(value: object) -> object:
    if not is_known(value):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value)
    return plain(value)


def kml_bytes(shortlist: Shortlist) -> bytes:
    """KML with styles by rank and status; every text is escaped, also inside the balloon's HTML."""
    styles = [_kml_style(f"rank{i}", colour, 0.9 if i < 2 else 0.7) for i, (_, _, colour) in enumerate(RANK_CLASSES)]
    styles += [_kml_style(f"status_{status}", "#9a9a9a", 0.5) for status in STATUS_WORDS if status != "RANKED"]
    # What is a circle only because its position is not known better is drawn hollow.
    styles += [
        style.replace('">', '_circle">', 1).replace("</PolyStyle>", "<fill>0</fill></PolyStyle>") for style in styles
    ]
    rows = records(pd.DataFrame(shortlist.blocks.drop(columns="geometry")))
    pairs = [_placemarks(r, shape) for r, shape in zip(rows, shortlist.blocks.geometry)]
    # A folder for marks and one for outlines: a program that draws one kind of geometry a layer shows a mixed one as nothing.
    marks = "".join(
        f"<Folder><name>{title}</name>{''.join(part)}</Folder>"
        for title, part in zip(("Blocks", "Outlines"), zip(*pairs))
    )
    title = f"Shortlist {shortlist.chosen.name}: {shortlist.title}"
    note = (
        "".join(f"{told}. " for told in shortlist.scenarios())
        + (f"{SAMPLE_MARK}. " if shortlist.is_sample else "")
        + "P10 is the low case; rank P05 is the best place."
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{xml(title)}</name><description>{xml(note)}</description>{''.join(styles)}{marks}</Document></kml>\n"
    ).encode()


def _kml_style(name: str, colour: str, scale: float) -> str:
    abgr = f"{colour[5:7]}{colour[3:5]}{colour[1:3]}"
    return (
        f'<Style id="{name}"><IconStyle><color>ff{abgr}</color><scale>{scale}</scale></IconStyle><LabelStyle><scale>0.8</scale></LabelStyle>'
        f"<LineStyle><color>ff303030</color><width>1.5</width></LineStyle><PolyStyle><color>b0{abgr}</color></PolyStyle></Style>"
    )


def _placemarks(r: SimpleNamespace, shape: shapely.Geometry | None) -> tuple[str, str]:
    """The mark of a block, which carries its label and is seen from afar, and its outline; "" where it has no place."""
    if r.status == "RANKED" and is_known(r.rank):
        style = next(
            f"rank{i}"
            for i, (low, high, _) in enumerate(RANK_CLASSES)
            if low <= r.rank and (high is None or r.rank <= high)
        )
        label = f"{place(r.rank)} {plain(r.name)}"
    else:
        style, label = f"status_{r.status}", plain(r.name)
    if r.geometry_basis == "position_circle":
        style = f"{style}_circle"
    facts = (
        ("Block", r.block_id), ("Status", STATUS_WORDS.get(r.status, r.status)), ("Why", r.status_reason), *held_in_words(r),
        ("Place, P05 best to P95 worst", rank_interval(r.rank_p05, r.rank_p95)), ("P(top 20)", share(r.p_top20)),
        ("Score", number(r.score_mean)), ("P(pays)", chance(r.p_pays)), ("Needs net prices x", number(r.price_multiple_needed)), ("Tonnage, P50", tonnes(r.tonnage_t_p50)),
        ("Shape", r.shape_meaning), ("Elements", r.top_elements), ("Knowledge class", CLASS_WORDS.get(str(r.knowledge_class), r.knowledge_class)), ("Cautions", r.cautions), ("In words", r.explanation), ("Sources", r.sources),
    )  # fmt: skip
    # The balloon is HTML inside XML: the text is escaped for HTML, then the whole for XML.
    balloon = (
        "<table>"
        + "".join(f"<tr><td><b>{xml(k)}</b></td><td>{xml(v)}</td></tr>" for k, v in facts if is_known(v))
        + "</table>"
    )
    data = "".join(f'<Data name="{xml(k)}"><value>{xml(v)}</value></Data>' for k, v in facts if is_known(v))
    told = (
        f"<name>{xml(label)}</name><styleUrl>#{style}</styleUrl><description>{xml(balloon)}</description>"
        f"<ExtendedData>{data}</ExtendedData>"
    )
    point, outline = ("", "") if shape is None else _kml_geometries(shape)
    mark = f'<Placemark id="{xml(r.block_id)}">{told}{point}</Placemark>'
    return mark, outline and f'<Placemark id="{xml(r.block_id)}{OUTLINE}">{told}{outline}</Placemark>'


def _kml_geometries(shape: shapely.Geometry) -> tuple[str, str]:
    def ring(line: shapely.Geometry) -> str:
        points = " ".join(f"{x:.7f},{y:.7f}" for x, y in shapely.get_coordinates(line))
        return f"<LinearRing><coordinates>{points}</coordinates></LinearRing>"

    centre = shapely.point_on_surface(shape)
    polygons = "".join(
        f"<Polygon><outerBoundaryIs>{ring(p.exterior)}</outerBoundaryIs>"
        + "".join(f"<innerBoundaryIs>{ring(i)}</innerBoundaryIs>" for i in p.interiors)
        + "</Polygon>"
        for p in getattr(shape, "geoms", [shape])
    )
    point = f"<Point><coordinates>{centre.x:.7f},{centre.y:.7f}</coordinates></Point>"
    return point, f"<MultiGeometry>{polygons}</MultiGeometry>"
