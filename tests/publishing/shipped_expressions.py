"""Every expression of a style or a project, with the layer that it is evaluated on; needs the standard library alone.

The Python that QGIS is installed for reads this file too, so nothing of the project may be imported here.
"""

from __future__ import annotations

import io
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

FUNCTIONS = frozenset((Path(__file__).parent / "qgis_functions.txt").read_text(encoding="utf-8").split())
"""The functions of QGIS 3.22, as ``QgsExpression.Functions()`` lists them."""
_WORDS = frozenset("and or not in is like ilike between case when then else end null true false".split())
_SWITCHES = ("0", "1", "true", "false")
_TEMPLATE = re.compile(r"\[%(.*?)%\]", re.DOTALL)
_TEXTS = re.compile(r"'(?:[^']|'')*'")
_COLUMNS = re.compile(r'"((?:[^"]|"")*)"')


def _own(element: ElementTree.Element) -> Iterator[str]:
    """The expressions that stand in one element."""
    at = element.attrib
    if element.tag == "rule" and at.get("filter") not in (None, "", "ELSE"):
        yield at["filter"]
    if element.tag == "text-style" and at.get("isExpression") == "1":
        yield at["fieldName"]
    if element.tag == "Option" and at.get("name") == "expression":
        yield at.get("value", "")
    if element.tag in ("orderByClause", "previewExpression"):
        yield element.text or ""
    for name, value in at.items():
        if "xpression" in name and value not in ("", *_SWITCHES):
            yield value
    for template in (
        element.text or "" if element.tag == "mapTip" else "",
        at.get("labelText", ""),
        at.get("action", ""),
    ):
        yield from _TEMPLATE.findall(template)


def expressions_of(document: str, layer: str = "") -> list[tuple[str, str]]:
    """(layer, expression) of a style's or a project's XML; in a project the layer is that of the data source."""

    def walk(element: ElementTree.Element, layer: str) -> Iterator[tuple[str, str]]:
        if element.tag == "maplayer":
            layer = (element.findtext("datasource") or "").partition("|layername=")[2]
        yield from ((layer, text) for text in _own(element))
        for child in element:
            yield from walk(child, layer)

    return list(walk(ElementTree.fromstring(document.partition("\n")[2]), layer))


def documents_of(gpkg: Path) -> dict[str, tuple[str, str]]:
    """Name -> (layer, XML) of every style and of the project that lie in a GeoPackage."""
    with closing(sqlite3.connect(gpkg)) as connection:
        styles = connection.execute("SELECT f_table_name, styleName, styleQML FROM layer_styles").fetchall()
        ((content,),) = connection.execute("SELECT content FROM qgis_projects").fetchall()
    project = zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))).read("project.qgs").decode()
    return {f"{layer}: {name}": (layer, qml) for layer, name, qml in styles} | {"project": ("", project)}


def faults_of(expression: str, columns: frozenset[str]) -> list[str]:
    """What can be seen to be wrong with an expression without QGIS: functions, words, columns, brackets."""
    bare = _TEXTS.sub(" ", expression)
    faults = [f"no column {c}" for c in _COLUMNS.findall(bare) if c not in columns]
    bare = _COLUMNS.sub(" ", bare)
    faults += [f"a quote is left open: {bare}"] if "'" in bare or '"' in bare else []
    faults += ["brackets do not match"] if bare.count("(") != bare.count(")") else []
    for name, called in re.findall(r"(?<![@$\w])([A-Za-z_]\w*)\s*(\(?)", bare):
        if name.lower() in _WORDS or re.fullmatch(r"e\d*", name):
            continue
        known = name in FUNCTIONS if called else False
        faults += [] if known else [f"no function {name}" if called else f"no word {name}"]
    return faults
