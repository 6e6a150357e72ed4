"""One further source of waste sites -> admitted records: the Global Tailings Portal, OpenStreetMap, stations, a mine's tables.

Belongs here: reading one source and holding its rows, each with its own row number. Does not belong here: which records
are one facility (``register.matching``), or the merged inventory (``waste_merge``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.cards import Card
from data_sources.connectors.files import read_file
from data_sources.connectors.remote.plain import parse_json_records
from data_sources.connectors.safety import local_file
from data_sources.contracts.admitting.admission import Admission, Area
from data_sources.contracts.contract import QUARANTINE_COLUMNS, plain_name
from data_sources.contracts.shapes.datums import in_degrees
from data_sources.contracts.waste import CONSTRAINTS, GRADES, TONNAGES, WASTE_SITES
from data_sources.readers.common import Extent, admit_layer
from data_sources.readers.references import joined
from data_sources.regions import WasteSource
from data_sources.register import Records, from_osm, from_own_table, from_power_stations, from_tailings_portal
from data_sources.register.records import no_records
from khanij.foundation.errors import ContractError, MissingSourceError

KIND_OF_CARD = {
    "global_tailings_portal": "tailings_portal",
    "osm_tailings_ponds": "osm",
    "power_stations_india": "power_stations",
}
TABLE_CONTRACTS = {"tonnages": TONNAGES, "grades": GRADES, "constraints": CONSTRAINTS}
NOT_READ = "figure not used: not a positive number in the column's unit"
_FIGURE_COLUMNS = {
    "tailings_portal": ("current_tailings_storage", "planned_storage_5_years", "current_maximum_height"),
    "power_stations": ("capacity_mw", "capacity_mw_2019_03_31"),
}


@dataclass(frozen=True)
class SourcePart:
    """What one source brings to the register.

    ``records`` hold the admitted rows only; ``rows`` are the same in the columns of the register, by ``record_id``;
    ``row_of`` is record id -> row of the source, for records with figures; ``tables`` are a mine's own tonnages, grades and constraints.
    ``is_table``: its records are called as in a table of its owner, which other tables may name. ``outlines`` are the polygons of the
    records that came as such (``record_id``, row of the file in ``row``), EPSG:4326.
    """

    name: str
    redistribute: str
    records: Records
    rows: gpd.GeoDataFrame
    row_of: dict[str, int]
    sites: Admission
    tables: dict[str, Admission] = field(default_factory=dict)
    is_table: bool = False
    outlines: gpd.GeoDataFrame | None = None


def read_raw(path: Path, source: WasteSource, card: Card) -> pd.DataFrame:
    """The source's rows with its own columns; a JSON answer saved as a file is read as the service's answer would be.

    A file of shapes keeps them (WGS84), with a position for each in ``lon`` and ``lat`` where it has no columns of them.
    """
    if path.suffix.lower() == ".json":
        file = local_file(path, suffixes=(".json",))
        frame, _ = parse_json_records(file.read_bytes(), path.name, source.called, card.records_path)
        return frame
    options = {"crs": card.stated_crs, **card.options, **source.options}
    frame = read_file(path, layer=source.layer or (card.layer or None), options=options)
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return pd.DataFrame(frame)
    shapes = gpd.GeoSeries(in_degrees(frame.geometry)[0], index=frame.index, crs="EPSG:4326")
    if not any(c.lower() in ("lat", "latitude") for c in map(str, frame.columns)):
        middle = shapes.representative_point()
        frame = frame.assign(lon=middle.x.to_numpy(), lat=middle.y.to_numpy())
    shaped: pd.DataFrame = gpd.GeoDataFrame(plain(frame), geometry=shapes)
    return shaped


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows without their shapes."""
    is_shaped = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
    return pd.DataFrame(frame.drop(columns=frame.geometry.name)) if is_shaped else pd.DataFrame(frame)


def read_source(
    source: WasteSource,
    paths: Mapping[str, Path | None],
    card: Card,
    *,
    extent_deg: Extent | None,
    register_ids: set[str],
    states: gpd.GeoDataFrame | None = None,
) -> SourcePart:
    """Read and admit one source.

    Parameters
    ----------
    paths : ``sites`` and, for a table, ``tonnages``, ``grades``, ``constraints``. register_ids : ids of the register; a
    table's row that carries one of them says itself which facility it is.

    Raises
    ------
    SourceError, ContractError : the file is missing, unreadable, or lacks a column.
    """
    path = paths.get("sites")
    if path is None or not path.exists():
        raise MissingSourceError(
            "the source's file is missing",
            file=path or source.path,
            layer=source.called,
            do="check the path in the region's YAML" if source.path else "run: khanij fetch --region <this region>",
        )
    kind = source.kind or KIND_OF_CARD.get(card.name, "table")
    frame = read_raw(path, source, card)
    if kind == "table":
        return _table(source, card, frame, path, paths, extent_deg, register_ids, states)
    frame = plain(frame)
    frame, rows, abroad = _of_india(frame, kind)
    records = _READERS[kind](frame, source=source.called) if len(frame) else no_records()
    if len(records.facilities) != len(frame):
        raise ContractError("rows and records differ in number", file=path.name, layer=source.called, do="report this")
    bare = card.model_copy(update={"name": source.called, "field_map": {}, "units": {}, "follows": {}})
    admission = admit_layer(
        _as_sites(records.facilities, card),
        WASTE_SITES,
        card=bare,
        file=path.name,
        options={"clip": True},
        within=Area(extent_deg, states),
        row_numbers=rows,
    )
    admission = _without_position(admission, extent_deg)
    admission = _note_figures(admission, frame, rows, _FIGURE_COLUMNS.get(kind, ()))
    if abroad:
        admission = replace(admission, report=admission.report | {"rows_of_other_countries": abroad})
        if not len(frame):
            admission.report["empty"] = f"no waste sites: all {abroad} rows lie in other countries"
    return _part(source, card, records, admission, rows)


def _of_india(frame: pd.DataFrame, kind: str) -> tuple[pd.DataFrame, np.ndarray, int]:
    """The rows of India of a world-wide list, their numbers in the source, and how many others there are."""
    rows = np.arange(1, len(frame) + 1)
    if kind != "tailings_portal" or "country" not in frame.columns:
        return frame, rows, 0
    own = frame["country"].astype("str").str.strip().str.lower().eq("india").to_numpy()
    return frame[own], rows[own], int((~own).sum())


_READERS: dict[str, Callable[..., Records]] = {
    "tailings_portal": from_tailings_portal,
    "osm": from_osm,
    "power_stations": from_power_stations,
}


def _as_sites(facilities: pd.DataFrame, card: Card) -> pd.DataFrame:
    """Records in the columns of the register; a facility of unknown waste is listed and cannot be valued."""
    ash = facilities["waste_type_code"].astype("str").str.endswith("fly_ash")
    return facilities.drop(columns=["site_id", "source"]).rename(columns={"record_id": "site_id"}).assign(
        name=facilities["name"].fillna("unnamed"),
        position_basis=f"as given by {card.title}",
        is_transported=pd.Series("true", index=facilities.index, dtype="str").where(ash),
        lease_status="unknown",
        is_excluded="false",
        source_seen="yes",
        confidence="as the source",
    )  # fmt: skip


def _without_position(admission: Admission, extent: Extent | None) -> Admission:
    """A national list's row without a position belongs to a region only where that covers India."""
    if extent is None or (extent[0] <= 70 and extent[1] <= 9 and extent[2] >= 95 and extent[3] >= 34):
        return admission
    kept = admission.kept
    lost = kept["lat"].isna().to_numpy()
    if not lost.any():
        return admission
    report = dict(admission.report)
    n = int(lost.sum())
    for key in ("rows_in", "rows_kept"):
        report[key] -= n
    report["rows_outside_region"] += n
    rows = admission.rows[~np.asarray(lost, dtype=bool)]
    return replace(admission, kept=kept[~lost].reset_index(drop=True), rows=rows, report=report)


def _note_figures(admission: Admission, frame: pd.DataFrame, rows: np.ndarray, columns: tuple[str, ...]) -> Admission:
    """Say which figures of kept rows are filled in and cannot be used; a blank or a plain 0 says nothing."""
    lines = []
    held = set(admission.quarantine["row"].dropna().astype(int))
    for column in (c for c in columns if c in frame.columns):
        text = frame[column].astype("str").str.strip()
        number = pd.to_numeric(frame[column], errors="coerce")
        empty = frame[column].isna() | text.isin(["", "nan", "None", "0", "0.0"])
        odd = (~empty & ~(number > 0)).to_numpy()
        for row, value in zip(rows[odd], text[odd]):
            if int(row) not in held:
                lines.append((admission.report["source"], "waste_sites", int(row), column, value, NOT_READ))
    if not lines:
        return admission
    new = pd.DataFrame(lines, columns=list(QUARANTINE_COLUMNS)).astype({"row": "Int64", "value": "str"})
    flags = pd.concat([admission.flags, new], ignore_index=True) if len(admission.flags) else new
    by = admission.report["by_reason"]
    report = admission.report | {
        "rows_flagged": int(flags["row"].nunique()),
        "by_reason": by | {"flagged": by["flagged"] | {NOT_READ: int(new["row"].nunique())}},
    }
    return replace(admission, flags=flags, report=report)


def _part(source: WasteSource, card: Card, records: Records, admission: Admission, rows: np.ndarray) -> SourcePart:
    held = set(admission.quarantine["row"].dropna().astype(int))
    table = records.facilities
    ids = set(admission.kept["site_id"])
    good = table["record_id"].isin(ids).to_numpy() & ~np.isin(rows, sorted(held))
    table, rows = table[good], rows[good]
    first = ~table["record_id"].duplicated().to_numpy()
    table, rows = table[first].reset_index(drop=True), rows[first]
    figures = records.figures[records.figures["record_id"].isin(ids)].reset_index(drop=True)
    kept = admission.kept.rename(columns={"site_id": "record_id"})
    return SourcePart(
        source.called,
        card.redistribute,
        Records(table, figures),
        kept,
        {str(k): int(v) for k, v in zip(table["record_id"], rows)},
        admission,
    )


def _table(
    source: WasteSource,
    card: Card,
    frame: pd.DataFrame,
    path: Path,
    paths: Mapping[str, Path | None],
    extent: Extent | None,
    register_ids: set[str],
    states: gpd.GeoDataFrame | None,
) -> SourcePart:
    """A table in the register's own columns, with its tonnages, grades and constraints."""
    name = source.called
    shaped, frame = frame, plain(frame)
    own = card.model_copy(update={"name": name})
    rows = np.arange(1, len(frame) + 1)
    admission = admit_layer(
        frame, WASTE_SITES, card=own, file=path.name, options={"clip": True, **source.options},
        within=Area(extent, states), row_numbers=rows,
    )  # fmt: skip
    sites = admission.kept
    own_ids = sites["site_id"].astype("str")
    records = from_own_table(pd.DataFrame(sites.drop(columns="geometry")), source=name)
    # An id of the register says which facility a row is; any other id is the table's own.
    facilities = records.facilities.assign(site_id=joined(own_ids, register_ids).to_numpy())
    kept = sites.rename(columns={"site_id": "record_id"}).assign(record_id=name + ":" + own_ids)
    given = {layer: file for layer in TABLE_CONTRACTS if (file := paths.get(layer)) is not None}
    tables = {layer: _of_its_sites(layer, file, source, card, (path, frame)) for layer, file in given.items()}
    return SourcePart(
        name, card.redistribute, Records(facilities, records.figures), kept, {}, admission, tables,
        is_table=True, outlines=_outlines(shaped, admission, kept),
    )  # fmt: skip


def _of_its_sites(
    layer: str, file: Path, source: WasteSource, card: Card, sites: tuple[Path, pd.DataFrame]
) -> Admission:
    """The tonnages, grades or constraints of a table, read by its card; one file may hold them and the sites.

    Parameters
    ----------
    sites : (file, rows) of the sites. The card's sheet, header and the like are of that file; what it says of columns
    holds in every file that has them, unless a column is called as the field itself.
    """
    contract = TABLE_CONTRACTS[layer]
    options = {k: v for k, v in source.options.items() if k not in ("x", "y", "sheet")}
    if file == sites[0]:
        raw, options = sites[1], {**card.options, **options}
    else:
        raw = plain(read_file(file, options=options))
    own = card.for_layer(layer).model_copy(update={"name": source.called, "follows": {}})
    if file != sites[0]:
        named = {plain_name(c) for c in raw.columns}
        maps = {c: to for c, to in own.field_map.items() if plain_name(c) == to or to not in named}
        own = own.model_copy(update={"field_map": maps})
    return admit_layer(raw, contract, card=own, file=file.name, options=options)


def _outlines(raw: pd.DataFrame, admission: Admission, kept: pd.DataFrame) -> gpd.GeoDataFrame | None:
    """The polygons of the rows that were admitted; None where there are none."""
    if not isinstance(raw, gpd.GeoDataFrame) or raw.active_geometry_name is None:
        return None
    shapes = raw.geometry.iloc[admission.rows - 1]
    drawn = shapely.get_dimensions(shapes.to_numpy()) == 2
    out = {"record_id": kept["record_id"].to_numpy()[drawn], "row": admission.rows[drawn]}
    return gpd.GeoDataFrame(out, geometry=shapes.to_numpy()[drawn], crs=raw.crs) if drawn.any() else None


__all__ = ["KIND_OF_CARD", "SourcePart", "read_raw", "read_source"]
