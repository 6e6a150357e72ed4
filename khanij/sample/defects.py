"""The defects of real survey files, planted on purpose and written down: file, row, field, before and after.

Belongs here: damage, each a case seen in a real file. Does not belong here: anything that a reader should take for
true. Rows are named by the key of their table (``gid``, ``objectid``, ``block_id``, ...) as found in the written
file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from khanij.sample import composition as comp
from khanij.sample.fields import stream

SENTINEL = -3.4e38


@dataclass
class Ledger:
    """The list of planted defects, as it goes into ``truth.json``."""

    rows: list[dict[str, object]] = field(default_factory=list)

    def note(self, file: str, key: object, name: str, kind: str, was: object, now: object, expect: str) -> None:
        """Write one defect down; ``expect`` is what an honest reader does with it."""
        self.rows.append(
            {
                "file": file,
                "row": _plain(key),
                "field": name,
                "kind": kind,
                "was": _plain(was),
                "now": _plain(now),
                "expect": expect,
            }
        )


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def spell_sheet(sheet: str, style: int) -> str:
    """One sheet in the spellings of the real ``sampleno`` column: 57E02, 57E2, 57E-02, 57/E02, 57E/2."""
    if not sheet:
        return sheet
    number, letter, small = sheet[:2], sheet[2], sheet[3:]
    return (
        sheet,
        f"{number}{letter}{int(small)}",
        f"{number}{letter}-{small}",
        f"{number}/{letter}{small}",
        f"{number}{letter}/{int(small)}",
    )[style]


def damage_sediments(frame: pd.DataFrame, seed: int, ledger: Ledger, is_first: bool) -> pd.DataFrame:
    """Spellings, and ``ag`` in ppb everywhere; single bad rows in the first chunk."""
    file = "stream_sediments.csv"
    rng = stream(seed, "defects", "sediments", int(frame["gid"].iloc[0]))
    frame = frame.copy()
    style = rng.choice(5, len(frame), p=[0.62, 0.12, 0.1, 0.08, 0.08])
    sheets = frame["toposheet"].to_numpy(dtype=object)
    spelled = np.array([spell_sheet(s, int(k)) for s, k in zip(sheets, style, strict=True)], dtype=object)
    rest = [text.split("/", 1)[1] for text in frame["sampleno"]]
    frame["sampleno"] = [f"{s}/{r}" for s, r in zip(spelled, rest, strict=True)]
    frame["toposheet"] = np.where(rng.uniform(size=len(frame)) < 0.2, spelled, sheets)
    # The column stands in ppb though its card says ppm: the whole column is to be held, not mended.
    frame["ag"] = np.round(frame["ag"] * 1000.0, 0)
    if is_first:
        ledger.note(
            file,
            "all",
            "ag",
            "unit of a whole column",
            "ppm",
            "ppb values under a ppm card",
            "hold the column and report it",
        )
        ledger.note(
            file,
            "all",
            "sampleno, toposheet",
            "sheet spelled many ways",
            "56G02",
            "56G2, 56G-02, 56/G02, 56G/2",
            "normalise",
        )
        ledger.note(
            file, "many", "all analytes", "0 for below detection", "<DL", 0, "read 0 as censored at the detection limit"
        )
        _single_rows(frame, rng, ledger, file)
    return frame


def _single_rows(frame: pd.DataFrame, rng: np.random.Generator, ledger: Ledger, file: str) -> None:
    rows = iter(rng.permutation(np.arange(20, len(frame) - 20))[:16].tolist())
    column = {name: i for i, name in enumerate(frame.columns)}

    def put(row: int, name: str, value: Any, kind: str, expect: str) -> None:
        ledger.note(file, frame["gid"].iloc[row], name, kind, frame.iat[row, column[name]], value, expect)
        frame.iat[row, column[name]] = value

    a, b = next(rows), next(rows)
    put(b, "sampleno", frame.iat[a, column["sampleno"]], "duplicate sampleno", "quarantine or flag the second")
    for _ in range(3):
        a, b = next(rows), next(rows)
        for name in ("longitude", "latitude"):
            put(b, name, frame.iat[a, column[name]], "duplicate coordinates", "flag both")
    row = next(rows)
    lon, lat = frame.iat[row, column["longitude"]], frame.iat[row, column["latitude"]]
    put(row, "longitude", lat, "swapped axes", "quarantine")
    put(row, "latitude", lon, "swapped axes", "quarantine")
    put(next(rows), "sio2", 671.3, "per cent above 100", "quarantine")
    row = next(rows)
    put(row, "al2o3", round(float(frame["al2o3"].iloc[row]) + 26.0, 2), "oxide sum above 102 %", "quarantine")
    put(next(rows), "zn", 4_200_000.0, "ppm above 1e6", "quarantine")
    put(next(rows), "se", SENTINEL, "no-data value as a number", "read as missing")
    put(next(rows), "longitude", 82.437, "point outside the extent", "quarantine")


def text_below_limit(frame: pd.DataFrame, ledger: Ledger, is_first: bool) -> pd.DataFrame:
    """One laboratory (samples of even 15-minute sheets in the east) writes ``<0.5`` where the others write 0."""
    frame = frame.copy()
    numbers = frame["sampleno"].str.extract(r"(\d{1,2})/\d{3}/SS")[0].astype(float)
    mine = (numbers % 4 == 0).to_numpy()
    for name in ("au", "w", "te", "cd", "sb"):
        limit = comp.DETECTION_LIMIT[comp.ANALYTES.index(name)]
        text = frame[name].map(repr).astype(object)
        text[mine & (frame[name].to_numpy() == 0.0)] = f"<{limit:g}"
        frame[name] = text
        if is_first:
            ledger.note(
                file="stream_sediments.csv",
                key="many",
                name=name,
                kind="<DL as text beside 0",
                was=0,
                now=f"<{limit:g}",
                expect="censored at the limit",
            )
    return frame


def damage_occurrences(frame: gpd.GeoDataFrame, ledger: Ledger) -> gpd.GeoDataFrame:
    """One more point, near latitude 0."""
    bad = frame.iloc[[0]].copy()
    bad["objectid"] = len(frame) + 1
    bad["commodity"] = "LIMESTONE"
    bad["geometry"] = [shapely.Point(float(frame.geometry.iloc[0].x), 0.0016)]
    ledger.note(
        "mineralization.gpkg", len(frame) + 1, "geom", "point near latitude 0", None, "lat 0.0016", "quarantine"
    )
    return pd.concat([frame, bad], ignore_index=True)


def damage_lithology(frame: gpd.GeoDataFrame, ledger: Ledger) -> gpd.GeoDataFrame:
    """One more polygon, a bow-tie."""
    x, y = frame.geometry.iloc[0].representative_point().coords[0]
    bad = frame.iloc[[0]].copy()
    bad["objectid"] = int(frame["objectid"].max()) + 1
    bad["uid_notati"] = f"SMP-L-{int(bad['objectid'].iloc[0]):06d}"
    bad["geometry"] = [shapely.Polygon([(x, y), (x + 0.01, y + 0.01), (x + 0.01, y), (x, y + 0.01)])]
    ledger.note(
        "lithology.gpkg",
        int(bad["objectid"].iloc[0]),
        "geom",
        "self-crossing polygon",
        None,
        "bow-tie",
        "repair and flag, or quarantine",
    )
    return pd.concat([frame, bad], ignore_index=True)


def damage_faults(frame: gpd.GeoDataFrame, ledger: Ledger) -> None:
    """The names are BLANK as they come; only the ledger has to say so."""
    ledger.note(
        "faults.gpkg", "all", "fault_name", "BLANK for no name", None, "BLANK", f"read as missing in {len(frame)} rows"
    )


def damage_stations(frame: gpd.GeoDataFrame, name: str, file: str, ledger: Ledger) -> gpd.GeoDataFrame:
    """The no-data value as a number in the seventh row."""
    row = min(6, len(frame) - 1)
    ledger.note(
        file,
        frame["objectid"].iloc[row],
        name,
        "no-data value as a number",
        frame[name].iloc[row],
        SENTINEL,
        "missing, or quarantine",
    )
    frame = frame.copy()
    frame.iat[row, frame.columns.get_loc(name)] = SENTINEL
    return frame


def damage_raster(bands: np.ndarray, ledger: Ledger) -> None:
    """A patch of undeclared -3.4e38 in the third band, in place."""
    patch = bands[2, 60:64, 70:76] if bands.shape[1] > 80 and bands.shape[2] > 80 else bands[2, :1, :1]
    patch[...] = SENTINEL
    ledger.note("geophysics.tif", "rows 60-63, columns 70-75", "eK", "undeclared no-data value", None, SENTINEL, "mask")


def damage_blocks(frame: gpd.GeoDataFrame, ledger: Ledger) -> gpd.GeoDataFrame:
    """The last block plots ten degrees east of its state, as one real tender's does."""
    frame = frame.copy()
    last = len(frame) - 1
    frame.loc[last, "geometry"] = shapely.transform(frame.geometry.iloc[last], lambda xy: xy + np.array([10.5, 0.0]))
    ledger.note(
        "auction_blocks.gpkg",
        frame["block_id"].iloc[last],
        "geom",
        "block outside its stated state",
        None,
        "10.5 degrees too far east",
        "flag or quarantine",
    )
    return frame


def damage_leases(frame: gpd.GeoDataFrame, ledger: Ledger) -> gpd.GeoDataFrame:
    """One lease is a bow-tie."""
    frame = frame.copy()
    last = len(frame) - 1
    x0, y0, x1, y1 = frame.geometry.iloc[last].bounds
    frame.loc[last, "geometry"] = shapely.MultiPolygon([shapely.Polygon([(x0, y0), (x1, y1), (x1, y0), (x0, y1)])])
    ledger.note(
        "mining_leases.gpkg",
        frame["lease_id"].iloc[last],
        "geom",
        "self-crossing polygon",
        None,
        "bow-tie",
        "repair and flag, or quarantine",
    )
    ledger.note(
        "mining_leases_unknown_crs.gpkg",
        "all",
        "crs",
        "no CRS stated",
        "EPSG:4326",
        None,
        "refuse the layer and say what to do",
    )
    return frame


def damage_waste(sites: pd.DataFrame, tonnages: pd.DataFrame, grades: pd.DataFrame, ledger: Ledger) -> None:
    """A site far from its state, lakh read as million, a total with its parts, a grade no waste has; in place."""
    outside = sites.index[sites["waste_type_code"].eq("red_mud") & sites["name"].str.contains(" 27 ")]
    for i in outside:
        ledger.note(
            "waste_sites.csv",
            sites.at[i, "site_id"],
            "lon",
            "point outside its stated state",
            sites.at[i, "lon"],
            88.91,
            "quarantine",
        )
        sites.at[i, "lon"] = 88.91
    lakh = sites.index[sites["name"].str.contains(" 28 ")]
    for i in lakh:
        site = str(sites.at[i, "site_id"])
        row = tonnages.index[tonnages["site_id"].eq(site) & tonnages["is_preferred"].eq("true")][0]
        ledger.note(
            "site_tonnages.csv",
            tonnages.at[row, "tonnage_id"],
            "tonnage_mode_mt",
            "42 lakh t entered as 4,200,000 Mt",
            tonnages.at[row, "tonnage_mode_mt"],
            4_200_000.0,
            "quarantine; the site is then unquantified",
        )
        tonnages.loc[row, ["tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt"]] = [
            3_600_000.0,
            4_200_000.0,
            5_000_000.0,
        ]
        tonnages.at[row, "note"] = "printed as 42 lakh t"
        high = grades.index[grades["site_id"].eq(site) & grades["element"].eq("TREE")]
        for g in high:
            ledger.note(
                "site_grades.csv",
                grades.at[g, "grade_id"],
                "ppm_mode",
                "REE above 5 % in waste",
                None,
                grades.at[g, "ppm_mode"],
                "quarantine",
            )
    both = grades[grades["element"].eq("Y") & grades["use"].eq(1)]
    for g in both.index:
        ledger.note(
            "site_grades.csv",
            grades.at[g, "grade_id"],
            "element",
            "Y counted again beside a total that includes Y",
            None,
            "Y",
            "drop the separate row",
        )
