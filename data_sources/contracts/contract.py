"""``Field`` and ``Contract``: what a table must look like, as data.

Checks, the data dictionary, GeoPackage aliases and column comments, XLSX unit rows and Dagster column schemas are all
generated from these values; none of them is written a second time. How a frame is held against a contract
(``admit``) lives in ``admission.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from data_sources.contracts.header_words import in_english

Dtype = Literal["string", "float", "integer", "boolean", "datetime"]
GeometryType = Literal["POINT", "LINESTRING", "MULTILINESTRING", "POLYGON", "MULTIPOLYGON"]

QUARANTINE_COLUMNS = ("source", "layer", "row", "field", "value", "reason")


def plain_name(name: object) -> str:
    """A column name in small letters and digits, with one ``_`` for all else: ``Sample No.`` -> ``sample_no``, ``राज्य`` -> ``state``."""
    return re.sub(r"[^0-9a-z]+", "_", in_english(str(name)).lower()).strip("_")


@dataclass(frozen=True)
class Bounds:
    """A closed interval [low, high] in the field's unit, with the physical reason for it; None is open."""

    low: float | None
    high: float | None
    reason: str


LAST = 10_000
"""Order of what is shown without saying where: after everything else, in the order of the contract."""


@dataclass(frozen=True)
class Show:
    """One place where a column is shown.

    ``where`` names the place (``published.places`` lists them), ``order`` its position there, ``group`` the tab or
    section, ``label`` what it is called there where that is not its title.
    """

    where: str
    order: int = LAST
    group: str = ""
    label: str = ""


@dataclass(frozen=True)
class Field:
    """One column: its name, type, unit and what may stand in it.

    ``reject`` bounds are physical (outside, the row is quarantined); ``flag`` bounds are plausibility (outside, the row
    is kept and marked). ``title`` is the alias shown in QGIS and in spreadsheets, ``description`` its comment.
    ``optional``: a result may be without this column, and the description says when; any other column of an output
    contract has to be handed over.
    ``shows``: where a published column is seen beside the layer itself; a bare name such as ``"page"`` puts it last.
    ``measured``: further names of a raw column that are taken with their unit alone (``Tonnage (t)``), since each unit is usual.
    ``from_``: the asset and the column that it is made from, for the lineage; without it the assessment makes it.
    """

    name: str
    dtype: Dtype
    title: str
    description: str
    unit: str = ""
    required: bool = False
    nullable: bool = True
    unique: bool = False
    aliases: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    reject: Bounds | None = None
    flag: Bounds | None = None
    sentinels: tuple[object, ...] = ()
    censorable: bool = False
    optional: bool = False
    shows: tuple[Show | str, ...] = ()
    from_: tuple[str, str] | None = None

    def places(self) -> tuple[Show, ...]:
        """``shows`` with every bare name written out."""
        return tuple(Show(s) if isinstance(s, str) else s for s in self.shows)


@dataclass(frozen=True)
class Contract:
    """One table or layer: its fields in order, its key, its geometry (None for a table) and its CRS.

    ``analyses``: columns named after elements and oxides are read by name, with their unit checked against the crust.
    ``sheet_from``: the field whose text starts with a survey sheet number, compared with the coordinates.
    ``unique_positions``: two rows at one place are marked. ``positions_optional``: a row without a position stays.
    ``outlines_too``: a layer of points of which a row may be an outline as well: its position is a point inside.
    ``states_as_of``: year of the state names (before 2000 Bihar
    held Jharkhand). ``asset``: a survey layer that each run reads, in the words of its asset; blank for any other table.
    ``india_only``: a position outside India is wrong.
    """

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    geometry: GeometryType | tuple[GeometryType, ...] | None = None
    crs: str = "EPSG:4326"
    internal: bool = False
    notes: tuple[str, ...] = field(default=())
    analyses: bool = False
    india_only: bool = True
    sheet_from: str | None = None
    unique_positions: bool = False
    positions_optional: bool = False
    outlines_too: bool = False
    states_as_of: int | None = None
    asset: str = ""

    def names(self) -> list[str]:
        """Column names in order, geometry left out."""
        return [f.name for f in self.fields]

    def shown(self, where: str) -> list[tuple[Field, Show]]:
        """The columns that are shown at a place, in their order there."""
        found = [(f, show) for f in self.fields for show in f.places() if show.where == where]
        return sorted(found, key=lambda pair: pair[1].order)

    def __getitem__(self, name: str) -> Field:
        for f in self.fields:
            if f.name == name:
                return f
        raise KeyError(f"contract {self.name} has no field {name}")
