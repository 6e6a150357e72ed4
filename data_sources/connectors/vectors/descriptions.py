"""Facts that a KML tells in the balloons of its marks: a table of two columns, or lines of name and value.

Belongs here: which pairs a description holds, and when they are columns. Does not belong here: what a column means (``contracts``).

GIS programs that export to KML write a row's attributes into the description, as HTML; GDAL gives that text as one field.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import geopandas as gpd

from data_sources.contracts.shapes.remarks import remark

READ = "names and values in the descriptions of the marks are read as columns"
_DESCRIPTION = "description"
_LINE = re.compile(r"([^:=]{1,40}?)\s*[:=]\s*(\S.*)")
_NUMBER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_EMPTY = frozenset({"", "<null>", "null", "-", "—"})


def with_described(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame with a column for each name that most of its descriptions tell; a column of the file's own is not touched."""
    column = next((c for c in frame.columns if str(c).lower() == _DESCRIPTION), None)
    if column is None:
        return frame
    told = [_told(text) if isinstance(text, str) and text.strip() else {} for text in frame[column]]
    described = int(frame[column].astype("str").str.strip().ne("").fillna(False).sum())
    times = Counter(name for pairs in told for name in pairs)
    own = {str(c).lower() for c in frame.columns}
    names = [n for n, count in times.items() if 2 * count > described and n.lower() not in own]
    if not names:
        return frame
    for name in names:
        frame[name] = [pairs.get(name) for pairs in told]
    remark(frame, str(column), ", ".join(names)[:200], READ)
    return frame


def _told(text: str) -> dict[str, str]:
    """Name -> value; where a description tells a name twice, both values: which one counts is not for a reader to choose.

    ``1`` and ``1.0`` are one value, as it is told first; ``007`` is no number.
    """
    out: dict[str, dict[str | Decimal, str]] = {}
    for name, value in _pairs(text):
        out.setdefault(name, {}).setdefault(Decimal(value) if _NUMBER.fullmatch(value) else value, value)
    return {name: "; ".join(values.values()) for name, values in out.items()}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """(name, value) of a description: rows of two cells, or else lines of name, colon, value."""
    if "<" not in text:
        yield from _lines(text.splitlines())
        return
    from lxml import etree, html

    try:
        balloon = html.fragment_fromstring(text, create_parent="div")
    except (etree.LxmlError, ValueError):
        return
    rows = list(balloon.iter("tr"))
    if not rows:
        for end in balloon.iter("br", "p", "div", "li"):
            end.tail = "\n" + (end.tail or "")
        yield from _lines(str(balloon.text_content()).splitlines())
    for row in rows:
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        if len(cells) == 2 and row.find(".//table") is None:
            name, value = (" ".join(str(cell.text_content()).split()) for cell in cells)
            name = name.rstrip(" :=")
            if name and value.lower() not in _EMPTY:
                yield name, value


def _lines(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        found = _LINE.fullmatch(line.strip())
        if found and found[2].lower() not in _EMPTY:
            yield found[1].strip(), found[2].strip()
