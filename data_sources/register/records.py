"""One source's facilities as records: the same columns for every source, and each figure with its unit and its source.

Belongs here: how the Global Tailings Portal, OpenStreetMap, a list of power stations or a mine's table say what they say.
Does not belong here: which records are one facility (``matching``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data_sources.register.derived import derive_ash
from khanij.foundation.cells import number_or_missing
from khanij.foundation.errors import ContractError

RECORD_COLUMNS = (
    "record_id", "source", "name", "operator", "state", "lat", "lon", "position_accuracy_m", "waste_type_code", "site_id",
)  # fmt: skip
FIGURE_COLUMNS = ("record_id", "source", "quantity", "value", "text", "unit", "as_of_year", "basis_code", "note")


@dataclass(frozen=True)
class Records:
    """``facilities`` (one row a record, RECORD_COLUMNS) and ``figures`` (one row a figure, FIGURE_COLUMNS)."""

    facilities: pd.DataFrame
    figures: pd.DataFrame

    @staticmethod
    def join(parts: list[Records]) -> Records:
        """Records of several sources in one; ids must differ."""
        facilities = pd.concat([p.facilities for p in parts], ignore_index=True)
        if facilities["record_id"].duplicated().any():
            twice = facilities.loc[facilities["record_id"].duplicated(), "record_id"].iloc[0]
            raise ContractError(f"record {twice!r} stands twice", field="record_id", do="give each source its own name")
        return Records(facilities, pd.concat([p.figures for p in parts], ignore_index=True))


def from_own_table(sites: pd.DataFrame, tonnages: pd.DataFrame | None = None, *, source: str = "own") -> Records:
    """A table of our own or of a mine: ``site_id, name, lat, lon`` and what else it has of RECORD_COLUMNS.

    ``tonnages`` (``site_id, tonnage_min_mt, tonnage_mode_mt, tonnage_max_mt, basis_code``) become figures in Mt.
    """
    _need(sites, ("site_id", "name"), source)
    out = sites.assign(record_id=source + ":" + sites["site_id"].astype(str), source=source)
    figures: list[dict[str, Any]] = []
    for row in [] if tonnages is None else tonnages.to_dict("records"):
        for k in ("min", "mode", "max"):
            value = row.get(f"tonnage_{k}_mt")
            if value is not None and value == value:
                figures.append(
                    _figure(
                        f"{source}:{row['site_id']}",
                        source,
                        f"tonnage_{k}",
                        value,
                        "Mt",
                        row.get("as_of_year"),
                        row.get("basis_code"),
                        row.get("source"),
                    )
                )
    return _records(out, figures)


def from_tailings_portal(
    frame: pd.DataFrame, *, source: str = "global_tailings_portal", country: str = "India"
) -> Records:
    """Facilities of the Global Tailings Portal in its own columns; storage is a volume in m3, never a tonnage.

    The hazard rating stays a text beside the name of its classification system: 120 ratings from 255 systems do not
    compare.
    """
    _need(frame, ("tsf", "latitude", "longitude"), source)
    own = (
        frame[frame["country"].astype(str).str.strip().str.lower() == country.lower()] if "country" in frame else frame
    )
    ids = own["id"].astype(str) if "id" in own else pd.Series([str(i + 1) for i in own.index], index=own.index)
    name = own["tsf"].astype("str").str.strip()
    if "mine" in own:
        mine = own["mine"].fillna("").astype("str").str.strip()
        name = (mine + " " + name.fillna("")).str.strip()
    out = pd.DataFrame(
        {
            "record_id": source + ":" + ids, "source": source, "name": name, "operator": own.get("owner_company"),
            "lat": own["latitude"], "lon": own["longitude"], "position_accuracy_m": 1000.0,
        }
    )  # fmt: skip
    figures: list[dict[str, Any]] = []
    numbers = {
        "current_tailings_storage": ("storage", "m3", "published"), "planned_storage_5_years": ("planned_storage", "m3", "capacity"),
        "current_maximum_height": ("height", "m", "published"), "construction_year": ("construction_year", "year", "published"),
    }  # fmt: skip
    for record, row in zip(out["record_id"], own.to_dict("records")):
        for column, (quantity, unit, basis) in numbers.items():
            value = number_or_missing(row.get(column))
            if value > 0:
                figures.append(_figure(record, source, quantity, value, unit, None, basis, None))
        rating = row.get("hazard_categorization")
        if isinstance(rating, str) and rating.strip():
            line = _figure(
                record, source, "hazard_rating", float("nan"), "", None, "published", row.get("classification_system")
            )
            figures.append(line | {"text": rating.strip()})
    return _records(out, figures)


def from_osm(elements: pd.DataFrame, *, source: str = "osm_tailings_ponds") -> Records:
    """OpenStreetMap ``man_made=tailings_pond`` as Overpass gives it, tags flattened (``tags.name``) or not."""
    kind = elements["type"].astype(str) if "type" in elements else pd.Series("way", index=elements.index)
    _need(elements, ("id",), source)
    tags = elements["tags"] if "tags" in elements else pd.Series([{}] * len(elements), index=elements.index)

    def tag(key: str) -> pd.Series:
        if f"tags.{key}" in elements:
            return elements[f"tags.{key}"]
        return tags.map(lambda t: t.get(key) if isinstance(t, dict) else None)

    def place(key: str) -> pd.Series:
        own = elements[key] if key in elements else pd.Series(np.nan, index=elements.index)
        centre = elements[f"center.{key}"] if f"center.{key}" in elements else pd.Series(np.nan, index=elements.index)
        return pd.to_numeric(own, errors="coerce").fillna(pd.to_numeric(centre, errors="coerce"))

    out = pd.DataFrame(
        {
            "record_id": source + ":" + kind + "/" + elements["id"].astype(str), "source": source, "name": tag("name"),
            "operator": tag("operator"), "lat": place("lat"), "lon": place("lon"), "position_accuracy_m": 500.0,
        }
    )  # fmt: skip
    return _records(out, [])


def from_power_stations(frame: pd.DataFrame, *, source: str = "power_stations_india") -> Records:
    """Coal and lignite stations -> their ash dykes, within 5 km of the station.

    Columns: ``gppd_id``, ``cea_name`` (or ``gppd_name``, ``name``), ``capacity_mw`` (or ``capacity_mw_2019_03_31``),
    ``latitude``, ``longitude``, ``state``, ``fuel`` (COAL, LIGN) and, where it is known, ``commissioning_year``: with it
    the ash is derived, without it the capacity alone is kept.
    """
    name = next((c for c in ("cea_name", "gppd_name", "name") if c in frame), None)
    capacity = next((c for c in ("capacity_mw", "capacity_mw_2019_03_31") if c in frame), None)
    if name is None or capacity is None:
        raise ContractError("a list of stations needs a name and a capacity in MW", layer=source, do="name the columns")
    ids = frame["gppd_id"].astype(str) if "gppd_id" in frame else pd.Series(frame.index.astype(str), index=frame.index)
    fuel = frame["fuel"].astype(str).str.upper() if "fuel" in frame else pd.Series("COAL", index=frame.index)
    lignite = fuel.str.startswith("LIG")
    out = pd.DataFrame(
        {
            "record_id": source + ":" + ids, "source": source, "name": frame[name].astype(str) + " ash dyke",
            "operator": frame.get("owner_system"), "state": frame.get("state"), "lat": frame.get("latitude"),
            "lon": frame.get("longitude"), "position_accuracy_m": 5000.0,
            "waste_type_code": np.where(lignite, "lignite_fly_ash", "coal_fly_ash"),
        }
    )  # fmt: skip
    figures: list[dict[str, Any]] = []
    years = frame["commissioning_year"] if "commissioning_year" in frame else pd.Series(np.nan, index=frame.index)
    for record, mw, year, is_lignite in zip(out["record_id"], frame[capacity], years, lignite):
        if not number_or_missing(mw) > 0:
            continue
        figures.append(_figure(record, source, "capacity", number_or_missing(mw), "MW", None, "published", None))
        if number_or_missing(year) > 0:
            station = {
                "site_id": record,
                "capacity_mw": mw,
                "commissioning_year": year,
                "fuel_class": "lignite" if is_lignite else "hard_coal",
                "source": source,
            }
            ash = derive_ash(pd.DataFrame([station])).iloc[0]
            for k in ("min", "mode", "max"):
                figures.append(
                    _figure(
                        record, source, f"tonnage_{k}", ash[f"tonnage_{k}_mt"], "Mt", None, "derived", ash["formula"]
                    )
                )
    return _records(out, figures)


def no_records() -> Records:
    """The records of a source without a row, whatever columns its file has."""
    return _records(pd.DataFrame(), [])


def _records(frame: pd.DataFrame, figures: list[dict[str, Any]]) -> Records:
    out = frame.reindex(columns=list(RECORD_COLUMNS)).reset_index(drop=True)
    for column in ("lat", "lon", "position_accuracy_m"):
        out[column] = pd.to_numeric(out[column], errors="coerce")
    for column in set(RECORD_COLUMNS) - {"lat", "lon", "position_accuracy_m"}:
        text = out[column].astype("str").str.strip()
        out[column] = text.where(~text.isin(["", "nan", "None"]))
    table = pd.DataFrame(figures, columns=list(FIGURE_COLUMNS))
    table["value"] = pd.to_numeric(table["value"], errors="coerce")
    return Records(out, table)


def _figure(
    record: str, source: str, quantity: str, value: Any, unit: str, year: Any, basis: Any, note: Any
) -> dict[str, Any]:
    return {
        "record_id": record, "source": source, "quantity": quantity, "value": value, "text": None, "unit": unit,
        "as_of_year": year, "basis_code": basis, "note": note,
    }  # fmt: skip


def _need(frame: pd.DataFrame, columns: tuple[str, ...], source: str) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise ContractError(
            f"the column {missing[0]!r} is missing", layer=source, field=missing[0], do="give it, or map it in the card"
        )
