"""The generation that a published file carries, written where its reader can see it.

GeoPackage: the row ``generation`` of ``run_info``; HTML: a line and ``<meta name="khanij:generation">``; GeoTIFF: the
tag ``KHANIJ_GENERATION``. A CSV has no place for it: the set's list beside it says it.

Belongs here: the words of the mark, and reading one back. Does not belong here: what a generation is (``assets``).
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from data_sources.contracts import KhanijError
from publishing.geopackage.reading import run_info

KEY = "generation"
META = "khanij:generation"
SHOWN_DIGITS = 12
_HEAD_BYTES = 65_536
_META = re.compile(rb'<meta name="khanij:generation" content="([0-9a-f]*)">')


def meta_tag(generation: str) -> str:
    """The mark for the head of a page; empty without a generation."""
    return f'<meta name="{META}" content="{html.escape(generation)}">' if generation else ""


def visible_line(generation: str) -> str:
    """The mark for a reader's eye; empty without a generation."""
    if not generation:
        return ""
    return (
        f'<p class="generation">Generation <code title="{html.escape(generation)}">'
        f"{html.escape(generation[:SHOWN_DIGITS])}</code>: the files of one set carry the same.</p>"
    )


def generation_of(path: Path) -> str | None:
    """The generation that a file carries; None where it carries none, or is no file of a kind that could."""
    try:
        if path.suffix == ".gpkg":
            return run_info(path).get(KEY) or None
        if path.suffix == ".html":
            with path.open("rb") as stream:
                found = _META.search(stream.read(_HEAD_BYTES))
            return found.group(1).decode() or None if found else None
        if path.suffix == ".tif":
            return _of_raster(path)
    except (KhanijError, OSError, KeyError, ValueError):
        return None  # a file that cannot be read carries nothing; its hash tells that it is damaged
    return None


def _of_raster(path: Path) -> str | None:
    # Most readers ask for tables: they do not wait for GDAL.
    import rasterio
    from rasterio.errors import RasterioError

    from publishing.rasters import TIFF_TAG

    try:
        with rasterio.open(path) as raster:
            return raster.tags().get(TIFF_TAG) or None
    except RasterioError:
        return None
