"""A web page without a server: one self-contained HTML per region, with its own small map and table.

Belongs here: what the page holds and how it is put together. Does not belong here: a number that is not in the
GeoPackage. No foreign code is in the page, and its content policy forbids every request.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.basemap.base_map import CREDIT
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from data_sources.contracts.published.places import PAGE, PAGE_GROUND, PAGE_TABLE
from khanij.foundation.cells import is_known
from khanij.foundation.escaping import plain
from khanij.foundation.files import PublishedFile, sha256_of, write_bytes_atomically
from publishing.citations import entry_said, link_of
from publishing.colours import (
    BASE_SYMBOLS,
    CONTRIBUTIONS,
    FERTILITY_CLASSES,
    KIND_SHAPES,
    RANK_CLASSES,
    STATUS_SYMBOLS,
    WASTE_FAMILIES,
)
from publishing.geopackage.reading import SAMPLE_MARK, read_layer, read_table, records, run_info
from publishing.headline import verdict_said
from publishing.page.font import devanagari_font
from publishing.page.head import (
    about,
    filled,
    glossary,
    hindi,
    levers,
    links,
    script_data,
    search_words,
    sentences,
    sources,
    terms,
    verdict,
)
from publishing.page.packing import packed
from publishing.page.page_base import page_base
from publishing.scenario_words import scenario_said
from publishing.sets.marks import KEY, meta_tag, visible_line
from publishing.words import KIND_WORDS, NUMBERS, PROSPECT_WORDS, SHORT_WORDS, STATUS_WORDS, VALUE_WORDS, unit_said

_OF_PAGE = (PAGE, PAGE_TABLE, PAGE_GROUND)
BLOCK_COLUMNS = tuple(f.name for f in RANKED_BLOCKS.fields if any(s.where in _OF_PAGE for s in f.places()))
_SITE_COLUMNS = ("site_id", "name", "waste_type_code", "waste_type_text", "tonnage_t_p10", "tonnage_t_p50", "tonnage_t_p90", "knowledge_class", "status_reason")  # fmt: skip
_INFO = ("region", "configuration_sha256", "configuration_hash", "draws", "inr_per_usd", "price_deck", "seed")
_MAX_ELEMENTS = 10
_MAX_EVIDENCE = 12


def write_page(gpkg: Path | str, path: Path | str, beside: Iterable[str] = ()) -> PublishedFile:
    """Write the page of one region from its GeoPackage; the same GeoPackage gives the same bytes.

    ``beside``: files that lie beside the page, named from its folder; it links to them.
    """
    path = Path(path)
    content = page_html(gpkg, beside).encode()
    changed = write_bytes_atomically(path, content)
    return PublishedFile(path, sha256_of(path), len(content), changed)


def page_html(gpkg: Path | str, beside: Iterable[str] = ()) -> str:
    """The page as text."""
    info = run_info(gpkg)
    sample = info.get("warning", "").startswith("SAMPLE")
    title = info.get("title") or info.get("region", "Khanij")
    parts = files("publishing.page")
    page = (parts / "page.html").read_text(encoding="utf-8")
    data = script_data(_data(gpkg, info))
    script = "".join((parts / name).read_text(encoding="utf-8") for name in ("language.js", "page.js"))
    # The data comes last, so that nothing in it is taken for a place to fill.
    for key, value in (
        ("@TITLE@", filled(title)),
        ("@MARK@", (f'<strong class="mark">{SAMPLE_MARK}</strong>' if sample else "") + _told(info)),
        ("@SAID@", sentences(gpkg) + _firm(info)),
        ("@ABOUT@", about(gpkg, info)),
        ("@WORDS@", glossary()),
        ("@FILES@", links(beside) + sources(info)),
        ("@CREDIT@", "" if sample else filled(f"{CREDIT}.")),
        ("@SCENARIO@", f"<p>{filled(scenario_said(info))}</p>" if scenario_said(info) else ""),
        ("@META@", meta_tag(info.get(KEY, ""))),
        ("@GENERATION@", visible_line(info.get(KEY, ""))),
        ("@CSS@", (parts / "page.css").read_text(encoding="utf-8")),
        ("@FONT@", devanagari_font(data)),
        ("@JS@", script),
        ("@KERNEL@", (parts / "kernel.js").read_text(encoding="utf-8")),
        ("@WHATIF@", (parts / "what_if.js").read_text(encoding="utf-8")),
        ("@BUDGET@", (parts / "budget.js").read_text(encoding="utf-8")),
        ("@LEVERS@", levers(gpkg)),
        ("@DATA@", data),
    ):
        page = page.replace(key, value)
    return page


def _told(info: dict[str, str]) -> str:
    """What a reader must know before the first number: what is not the default, what was accepted."""
    scenario = scenario_said(info)
    return (f'<p class="mark scenario">{filled(scenario)}.</p>' if scenario else "") + _accepted(info)


def _firm(info: dict[str, str]) -> str:
    """How firm the order is, for a reader without a script; with one the badge says it in its place."""
    said = verdict_said(info)
    return f'<p class="verdict">Order of the waste blocks: {filled(said)}.</p>' if said else ""


def _accepted(info: dict[str, str]) -> str:
    """What was published although the guard objected, and why: the first thing a reader sees."""
    if not info.get("accepted_reason"):
        return ""
    said = f"Published although: {info.get('accepted_changes', '')}. Accepted because: {info['accepted_reason']}"
    return f'<p class="mark accepted">{filled(said)}</p>'


def _data(gpkg: Path | str, info: dict[str, str]) -> dict[str, Any]:
    blocks, sites = read_layer(gpkg, "ranked_blocks"), read_layer(gpkg, "waste_sites")
    shares, elements = read_table(gpkg, "site_shares"), read_table(gpkg, "element_potential")
    elements = elements.sort_values(
        ["block_id", "revenue_share", "contained_kg_p50"], ascending=[True, False, False], na_position="last"
    )
    elements = elements.groupby("block_id", sort=False).head(_MAX_ELEMENTS)
    columns = (
        "element",
        "contained_kg_p10",
        "contained_kg_p50",
        "contained_kg_p90",
        "recoverable_kg_p10",
        "recoverable_kg_p50",
        "recoverable_kg_p90",
        "revenue_share",
    )
    evidence = read_table(gpkg, "block_evidence")
    bands = evidence.drop_duplicates("evidence")
    evidence = evidence[evidence["role"] != "result"].sort_values(
        ["block_id", "percentile", "evidence"], ascending=[True, False, True]
    )
    return {
        "info": {k: info[k] for k in _INFO if k in info},
        "blocks": packed(_rows(blocks, BLOCK_COLUMNS)),
        "shapes": _shapes(blocks),
        "sites": packed(_rows(sites, _SITE_COLUMNS)),
        "points": [None if p is None or p.is_empty else [round(p.x, 5), round(p.y, 5)] for p in sites.geometry],
        "shares": _grouped(shares, ("site_id", "inside", "near", "distance_km")),
        "elements": _grouped(elements, columns),
        "moves": _grouped(
            read_table(gpkg, "what_moves"), ("factor", "p_pays_at_p10", "p_pays_at_p90", "factor_needed")
        ),
        "campaigns": _campaigns(gpkg),
        "evidence": _grouped(
            evidence.groupby("block_id", sort=False).head(_MAX_EVIDENCE), ("evidence", "mean", "percentile")
        ),
        "bands": {b: [plain(t), plain(u), r] for b, t, u, r in bands[["evidence", "title", "unit", "role"]].values},
        "fertility_classes": [list(c) for c in FERTILITY_CLASSES],
        "sheets": _sheets(read_layer(gpkg, "survey_sheets")),
        "states": [[plain(s), round(p.x, 3), round(p.y, 3)] for s, p in zip(*_states(gpkg))],
        "titles": {
            f.name: f.title + (f" [{f.unit}]" if f.unit else "")
            for f in RANKED_BLOCKS.fields
            if f.name in BLOCK_COLUMNS
        },
        "table": _listed(PAGE_TABLE),
        "ground_table": _listed(PAGE_GROUND),
        "facts": _facts(),
        "kinds": KIND_WORDS,
        "statuses": STATUS_WORDS,
        "value_words": {
            name: words for name, words in {"prospect": PROSPECT_WORDS, **VALUE_WORDS}.items() if name in BLOCK_COLUMNS
        },
        "short_words": SHORT_WORDS,
        "rank_classes": [list(c) for c in RANK_CLASSES],
        "waste_families": [[label, shape, colour, list(words)] for label, shape, colour, words in WASTE_FAMILIES],
        "kind_shapes": KIND_SHAPES,
        "base_symbols": BASE_SYMBOLS,
        "status_symbols": {status: [shape, colour] for status, _, shape, colour in STATUS_SYMBOLS},
        "terms": terms(),
        "search": search_words(blocks),
        "verdicts": verdict(gpkg),
        "hindi": hindi(gpkg, info),
        "contributions": [list(c) for c in CONTRIBUTIONS],
        "bibliography": _bibliography(gpkg),
        "base": {}
        if info.get("warning", "").startswith("SAMPLE")
        else page_base({"ranked_blocks": blocks, "waste_sites": sites}),
    }


def _bibliography(gpkg: Path | str) -> dict[str, list[str]]:
    """Identifier -> the entry in words, and its address where it has one."""
    return {
        e.source_id: [plain(entry_said(e, linked=False)), link_of(e)] for e in records(read_table(gpkg, "bibliography"))
    }


def _campaigns(gpkg: Path | str) -> list[list[Any]]:
    """The campaigns that are worth their cost, for the page's budget."""
    table = read_table(gpkg, "sample_next")
    table = table[table["effect"] == "worth its cost"].sort_values("priority")
    columns = [
        "site_id",
        "campaign",
        "name",
        "step",
        "cost_inr_lakh",
        "net_worth_usd",
        "p_pays",
        "advice",
        "sources",
        "block_id",
    ]
    return [[_value(v) for v in row] for row in table[columns].itertuples(index=False)]


def _listed(where: str) -> list[list[Any]]:
    """Columns of a table of the page: name, heading, 1 for a number."""
    return [[f.name, s.label or f.title, int(f.dtype in NUMBERS)] for f, s in RANKED_BLOCKS.shown(where)]


def _facts() -> list[list[str]]:
    """What is said of one block in a line each: name, label, and how its value is said (a unit, ``share`` or ``text``)."""
    shown = [(f, s) for f, s in RANKED_BLOCKS.shown(PAGE) if not s.group]
    return [[f.name, s.label or f.title, unit_said(f)] for f, s in shown]


def _states(gpkg: Path | str) -> tuple[list[str], list[Any]]:
    layer = read_layer(gpkg, "state_labels")
    return layer["state"].tolist(), layer.geometry.tolist()


def _value(value: Any) -> Any:
    if not is_known(value):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.6g}")
    return plain(value)


def _rows(frame: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, list[Any]]:
    return {c: [_value(v) for v in frame[c].tolist()] for c in columns}


def _grouped(frame: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, list[list[Any]]]:
    out: dict[str, list[list[Any]]] = {}
    for block, row in zip(frame["block_id"], frame[list(columns)].itertuples(index=False)):
        out.setdefault(block, []).append([_value(v) for v in row])
    return out


def _shapes(blocks: gpd.GeoDataFrame) -> list[list[list[list[float]]] | None]:
    """Outer and inner rings of every block, five decimals (a metre); None without a position."""
    out: list[list[list[list[float]]] | None] = []
    for shape in blocks.geometry:
        if shape is None or shape.is_empty:
            out.append(None)
            continue
        # Half of the last decimal kept: nothing that a screen could show is lost.
        simple = shapely.simplify(shape, 2e-5)
        rings = [r for p in getattr(simple, "geoms", [simple]) for r in (p.exterior, *p.interiors)]
        out.append([np.round(shapely.get_coordinates(r), 5).tolist() for r in rings])
    return out


def _sheets(layer: gpd.GeoDataFrame) -> list[list[Any]]:
    bounds = np.round(shapely.bounds(layer.geometry.to_numpy()), 3).tolist() if len(layer) else []
    return [[plain(s), *b] for s, b in zip(layer["sheet"], bounds)]
