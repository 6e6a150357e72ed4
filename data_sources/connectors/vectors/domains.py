"""Coded domains of a GeoPackage or a file geodatabase: codes whose meaning stands in another table of the file.

Belongs here: finding the meaning of a column's codes, and putting it in their place. Does not belong here: what a text means
(``contracts``).

A code that is a number (``1`` for ``red mud``) says nothing by itself and gives way to its text. A code that is a word may be the
very word that is asked for: it stays, and what it stands for is said.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from sqlite3 import DatabaseError, connect
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from data_sources.connectors.library_errors import LIBRARY_ERRORS
from data_sources.contracts.shapes.remarks import remark

Domains = dict[str, tuple[str, dict[str, str]]]

READ_AS_TEXT = "codes of the file's domain {name}, read as their text"
STAYS = "words of the file's domain {name}: they stay as they are, and the file explains them so"
NO_TEXT = "no code of the file's domain {name}: kept as it is"
_UNREADABLE: tuple[type[BaseException], ...] = (*LIBRARY_ERRORS, DatabaseError)
_NUMBER = re.compile(r"[-+]?\d+(?:\.0+)?")
_SHOWN = 5


def domains_of(dataset: Any, layer: str | None, suffix: str) -> Domains:
    """Column -> (its domain, code -> text) of one layer; a code without a text is left out.

    Such a column must not be read through Arrow, which puts texts in the place of codes, and fails on a code that has none.
    """
    try:
        return _of_package(dataset, layer) if suffix == ".gpkg" else _of_geodatabase(dataset, layer)
    except _UNREADABLE:
        return {}  # the meaning of codes is an extra of the file: without it the codes stand as they are


def explained(frame: gpd.GeoDataFrame, domains: Domains) -> gpd.GeoDataFrame:
    """The frame with the text of each code that is a number, and a remark for each column that has a domain."""
    for column, (name, texts) in domains.items():
        if column in frame.columns and texts:
            _explain(frame, column, name, texts)
    return frame


def _explain(frame: pd.DataFrame, column: str, name: str, texts: Mapping[str, str]) -> None:
    meaning = ", ".join(f"{code} = {text}" for code, text in list(texts.items())[:_SHOWN])
    meaning += ", ..." if len(texts) > _SHOWN else ""
    if not all(map(_NUMBER.fullmatch, texts)):
        remark(frame, column, meaning, STAYS.format(name=name))
        return
    codes = frame[column].map(_plain, na_action="ignore").astype("object")
    known = codes.isin(list(texts))
    odd = (codes.notna() & ~known).to_numpy()
    frame[column] = codes.where(~known, codes.map(texts)).astype("str")
    remark(frame, column, meaning, READ_AS_TEXT.format(name=name))
    if odd.any():
        shown = ", ".join(sorted(set(codes[odd]))[:_SHOWN])
        remark(frame, column, shown, NO_TEXT.format(name=name), rows=odd.nonzero()[0] + 1)


def _plain(code: object) -> str:
    """``1``, ``1.0`` and ``"1"`` are one code."""
    text = str(code).strip()
    return str(int(float(text))) if _NUMBER.fullmatch(text) else text


def _of_package(dataset: Any, layer: str | None) -> Domains:
    """Column -> (domain, code -> text), of the extension *schema* of a GeoPackage."""
    with closing(connect(f"{Path(str(dataset)).resolve().as_uri()}?mode=ro", uri=True)) as base:
        tables = {str(row[0]) for row in base.execute("select name from sqlite_master where type in ('table', 'view')")}
        if not {"gpkg_data_columns", "gpkg_data_column_constraints"} <= tables:
            return {}
        rows = base.execute(
            "select c.column_name, c.constraint_name, v.value, v.description from gpkg_data_columns c"
            " join gpkg_data_column_constraints v on v.constraint_name = c.constraint_name"
            " where lower(v.constraint_type) = 'enum' and lower(c.table_name) = lower(?) order by v.rowid",
            (layer or "",),
        ).fetchall()
    return _gathered((str(c), str(name), str(code), text) for c, name, code, text in rows)


def _of_geodatabase(dataset: Any, layer: str | None) -> Domains:
    """The same of a file geodatabase, which describes its tables and domains in XML."""
    items = pyogrio.read_dataframe(dataset, layer="GDB_Items", read_geometry=False, LIST_ALL_TABLES="YES")
    described = dict(zip(items["Name"].astype("str"), items["Definition"].fillna("").astype("str")))
    domains = {n: list(_coded(x)) for n, x in described.items() if "CodedValueDomain" in x[:200]}
    fields = re.findall(r"<GPFieldInfoEx\b.*?</GPFieldInfoEx>", described.get(layer or "", ""), re.DOTALL)
    pairs = [(_tag(f, "Name"), _tag(f, "DomainName")) for f in fields]
    return _gathered((c, n, code, text) for c, n in pairs for code, text in domains.get(n, ()))


def _coded(definition: str) -> Iterator[tuple[str, str]]:
    for one in re.findall(r"<CodedValue\b.*?</CodedValue>", definition, re.DOTALL):
        yield _tag(one, "Code"), _tag(one, "Name")


def _tag(xml: str, name: str) -> str:
    found = re.search(rf"<{name}\b[^>]*>([^<]*)</{name}>", xml)
    return html.unescape(found.group(1)).strip() if found else ""


def _gathered(rows: Iterable[tuple[str, str, str, Any]]) -> Domains:
    out: Domains = {}
    for column, name, code, text in rows:
        texts = out.setdefault(column, (name, {}))[1]
        if text and str(text).strip():
            texts[_plain(code)] = str(text).strip()
    return out
