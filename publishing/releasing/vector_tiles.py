"""Vector tiles of a release: one PMTiles file a layer, read from any file server by HTTP range.

Belongs here: which layers, columns and zooms, and writing them with GDAL. Does not belong here: serving them
(``publishing.releasing.served``, ``deploy/serve``). A tile's corners lie on a grid of 4,096 steps, so shapes are for looking at; whoever measures
takes the GeoPackage or the GeoParquet, where they stand as published.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pyogrio

from khanij.foundation.files import replace_file, temporary_beside
from publishing.geopackage.reading import read_layer

logger = logging.getLogger("khanij")
DEEPEST = 13  # a step is 1.2 m at the equator
FIRST_OF_SHAPES = 8  # a step is 38 m: a shape of a hectare is still one; further out there are the points
_BLOCKS = (
    "block_id name kind state minerals status rank tier rank_p05 rank_p95 score_mean score_p10 score_p90 prospect "
    "main_product p_pays npv_usd_p10 npv_usd_p50 npv_usd_p90 price_multiple_needed fertility_axis knowledge_class "
    "class_tonnage class_grade class_recovery class_cost class_price unfc shape_meaning position_known_to_km cautions "
    "open_to_bid sources redistribute"
).split()
_SITES = (
    "site_id name operator state waste_type_code host_commodity tonnage_t_p10 tonnage_t_p50 tonnage_t_p90 "
    "knowledge_class tonnage_class is_screening_only position_basis position_accuracy_m status flags sources redistribute"
).split()


def write_tiles(geopackage: Path, folder: Path, info: Mapping[str, str]) -> list[str]:
    """Write the tiles of a GeoPackage's blocks, of a point in each, and of its waste sites; returns the files' names.

    Shapes begin at zoom 8 and points at 0, so that a block is in the tiles of every zoom. Every feature bears the price
    deck that it was ranked with, and a made-up one says that it is. Where this GDAL cannot write PMTiles none are
    written, and a warning says so.

    Parameters
    ----------
    info : the release's ``run_info``, whose title, deck, generation, attribution and licence go into each file's metadata.
    """
    if "w" not in pyogrio.list_drivers().get("PMTiles", ""):
        logger.warning("no vector tiles: the GDAL of pyogrio has no driver for PMTiles; its wheels from PyPI have")
        return []
    marks = {"price_deck": info.get("price_deck", ""), "warning": info.get("warning", "")}
    blocks = _shown(read_layer(geopackage, "ranked_blocks"), _BLOCKS, marks)
    sites = _shown(read_layer(geopackage, "waste_sites"), _SITES, marks)
    points = blocks.set_geometry(blocks.representative_point())
    made = []
    for name, frame, first in (
        ("ranked_blocks", blocks, FIRST_OF_SHAPES),
        ("block_points", points, 0),
        ("waste_sites", sites, 0),
    ):
        if len(frame):
            _write(frame, folder / f"{name}.pmtiles", name, first, info)
            made.append(f"{name}.pmtiles")
    return made


def _shown(frame: gpd.GeoDataFrame, columns: list[str], marks: Mapping[str, str]) -> gpd.GeoDataFrame:
    there = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    kept = there[[c for c in columns if c in there.columns and there[c].notna().any()] + [there.geometry.name]]
    return kept.assign(**{name: value for name, value in marks.items() if value})


def _write(frame: gpd.GeoDataFrame, path: Path, name: str, first: int, info: Mapping[str, str]) -> None:
    keys = ("warning", "title", "release", "price_deck", "generation", "reading", "attribution", "licence_note")
    told = ". ".join(f"{key.replace('_', ' ')}: {info[key]}" for key in keys if info.get(key))
    with temporary_beside(path) as temporary:
        pyogrio.write_dataframe(
            frame.to_crs(4326),
            temporary,
            driver="PMTiles",
            layer=name,
            dataset_options={
                "NAME": f"{info.get('region', '')} {name}".strip(),
                "DESCRIPTION": told,
                "MINZOOM": str(first),
                "MAXZOOM": str(DEEPEST),
                # Nothing is dropped from a tile to make it small: whoever sees no block there must be right.
                "MAX_SIZE": str(2**30),
                "MAX_FEATURES": str(2**30),
            },
        )
        replace_file(temporary, path)
