"""A column for a field that no usual name gives: by words of its name, by what stands in it, by the ids of the sites.

Belongs here: guesses, each with its reason. Does not belong here: taking a guess for a fact; whoever asks says it to the user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import geopandas as gpd
import pandas as pd

from data_sources.contracts.admitting.cells.quantities import base_and_unit, stock_columns
from data_sources.contracts.admitting.identity import key_form, key_forms
from data_sources.contracts.admitting.places import coordinate_pair, plain_metres
from data_sources.contracts.blocks import BLOCK_CONTRACTS
from data_sources.contracts.contract import Contract, plain_name
from data_sources.contracts.keys import KEY_END, KEY_WORDS, NO_KEY, is_nearly_unique, key_column
from data_sources.proposing.layer_words import FIELD_WORDS
from data_sources.reference.waste_routes import nearest_code

_SHARE = 0.6
_METRES = (
    ("easting", "northing"), ("eastings", "northings"), ("easting_m", "northing_m"), ("utm_easting", "utm_northing"),
    ("utm_e", "utm_n"), ("utm_x", "utm_y"), ("x_utm", "y_utm"), ("east", "north"), ("x_m", "y_m"), ("grid_e", "grid_n"),
    ("coord_e", "coord_n"), ("easting_utm", "northing_utm"),
)  # fmt: skip
_SYSTEM = re.compile(r"datum|crs|srs|projection|spheroid|ellipsoid|coordinate_system")
_ZONE_END = re.compile(r"_(?:utm_)?(?:zone_)?z?(4[2-7])_?n?$")
UTM_ZONES = "UTM, WGS84: EPSG:32642 for 66 to 72 E, 32643 to 78 E, 32644 to 84 E, 32645 to 90 E, 32646 to 96 E"
_MOST_WORDS = 40
_CALLED = ("waste_sites", *BLOCK_CONTRACTS)
SITE_WORDS = tuple(w for group in FIELD_WORDS["site_id"] for w in group)
"""Beginnings of words by which a column speaks of waste sites."""
_OF_OTHERS = frozenset("sl sr sno srno slno serial from to depth year date lat lon long latitude longitude".split())
_OTHERS = ("sampl", "lab", "bore", "bh", "hole", "drill", "depth", "easting", "northing")
_KIND_WORDS = ("waste", "material", "type", "kind", "categ", "residue")
_WASTE_WORD = r"tailing|slime|\bash\b|mud|slag|dump|overburden|gypsum|waste|residue|reject"


def guess(
    frame: pd.DataFrame,
    contract: Contract,
    field: str,
    free: Iterable[str],
    site_ids: frozenset[str],
    codes: frozenset[str],
) -> tuple[str, str] | None:
    """(column, why) for a field, or None.

    Parameters
    ----------
    free : columns that nothing is read from yet. site_ids : ids of the sites of another file. codes : of wastes.
    """
    columns = list(free)
    if field == "site_id" and contract.name != "waste_sites":
        able = [c for c in columns if names_a_thing(c, frame[c].dropna(), SITE_WORDS)]
        if hit := _by_values(frame, able, site_ids, "its values are ids of the waste sites"):
            return hit
    if field == "waste_type_code" and (hit := _wastes(frame, columns, codes)):
        return hit
    if field in contract.key:
        if column := key_column(frame, columns, FIELD_WORDS.get(field, ())):
            twice = frame[column].dropna().astype("str").str.strip().value_counts().loc[lambda n: n > 1]
            once = (
                f"nearly each value stands once ({', '.join(twice.index[:3])} not)"
                if len(twice)
                else "each value stands once"
            )
            return column, f"{once}, and its name is that of a number or code"
        return _called(frame, columns) if contract.name in _CALLED else None
    for words in FIELD_WORDS.get(field, ()):
        for column in columns:
            said = plain_name(column).split("_")
            if all(any(part.startswith(w) for part in said) for w in words):
                return column, f"its name holds {' and '.join(words)}"
    return None


def amount_column(columns: Iterable[str]) -> tuple[str, str, str] | None:
    """(column, unit, why) of a tonnage whose header names the quantity and the unit in words of its own."""
    found = stock_columns(columns)
    if len(found) != 1:
        return None
    unit = base_and_unit(found[0])[1]
    return found[0], unit, f"its header says {unit}"


def _wastes(frame: pd.DataFrame, columns: list[str], codes: frozenset[str]) -> tuple[str, str] | None:
    """The column of wastes: by the codes that stand in it, else by words that each come nearest to one code."""
    if hit := _by_values(frame, columns, codes, "its values are codes of wastes"):
        return hit
    told = {c: any(p.startswith(_KIND_WORDS) for p in plain_name(c).split("_")) for c in columns}
    for column in sorted(columns, key=lambda c: not told[c]):  # a column that is called after kinds goes first
        if pd.api.types.is_numeric_dtype(frame[column]):
            continue
        words = frame[column].dropna().astype("str").str.strip()
        kinds = words.unique()
        # What each row calls differently is a name, not a kind: a place may be called after copper.
        if not len(kinds) or len(kinds) > _MOST_WORDS or not (told[column] or len(kinds) < len(words)):
            continue
        near = {w for w in kinds if nearest_code(w, codes)}
        speaks = told[column] or all(re.search(_WASTE_WORD, w, re.IGNORECASE) for w in near)
        if speaks and words.isin(near).mean() >= _SHARE:
            return column, "its words come near to codes of wastes"
        if told[column] and words.str.contains(_WASTE_WORD, case=False, regex=True).mean() >= _SHARE:
            return column, "its words speak of wastes"
    return None


def names_wastes(frame: pd.DataFrame, codes: frozenset[str]) -> str:
    """The column in which most rows name a waste, by a code or in words for one; '' for none."""
    shape = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name else None
    hit = _wastes(frame, [str(c) for c in frame.columns if c != shape], codes)
    if hit is None:
        return ""
    words = frame[hit[0]].dropna().astype("str")
    speaks = words.isin(codes) | words.str.contains(_WASTE_WORD, case=False, regex=True)
    return hit[0] if speaks.mean() >= _SHARE else ""


def _by_values(frame: pd.DataFrame, columns: list[str], known: frozenset[str], why: str) -> tuple[str, str] | None:
    forms = {key_form(k) for k in known}
    for column in columns:
        values = frame[column].dropna().astype("str")
        if len(values) and key_forms(values).isin(forms).mean() >= _SHARE:
            return column, why
    return None


def names_a_thing(column: str, values: pd.Series, words: Iterable[str] = ()) -> bool:
    """Whether a column may hold identifiers: words or codes with letters, or numbers under a name that says so.

    A serial number, a depth, the number of a sample or of a laboratory names no site.
    """
    parts = set(plain_name(column).split("_"))
    if parts & _OF_OTHERS or any(p.startswith(_OTHERS) for p in parts):
        return False
    lettered = values.astype("str").str.contains(r"[^\W\d_]").mean() > _SHARE
    called = any(p in KEY_WORDS or KEY_END.fullmatch(p) or any(p.startswith(w) for w in words) for p in parts)
    return bool(lettered) or called


def _called(frame: pd.DataFrame, columns: list[str]) -> tuple[str, str] | None:
    """The first column of words of which nearly each stands once: what a thing is called, where nothing numbers it."""
    for column in columns:
        values = frame[column].dropna().astype("str").str.strip()
        parts = set(plain_name(column).split("_"))
        words = values.str.contains(r"[^\W\d_]{2}").mean() > _SHARE if len(values) else False
        dates = pd.to_datetime(values, errors="coerce", format="mixed").notna().mean() > _SHARE if words else False
        if is_nearly_unique(values, len(frame)) and words and not dates and not parts & {*NO_KEY, "lat", "lon", "long"}:
            return column, "each of its words stands once, so it is what it is called by"
    return None


def metres_of(frame: pd.DataFrame) -> tuple[str, str] | None:
    """(easting, northing) columns of a table whose places are metres of a grid; None where it has degrees or a geometry."""
    columns = [str(c) for c in frame.columns]
    if isinstance(frame, gpd.GeoDataFrame) or coordinate_pair(columns) is not None:
        return None
    known = {_ZONE_END.sub("", plain_name(c)): c for c in reversed(columns)}
    for east, north in _METRES:
        if east in known and north in known:
            metres = [plain_metres(frame[known[n]]).median() for n in (east, north)]
            if 100_000 <= metres[0] <= 5_000_000 and 100_000 <= metres[1] <= 10_000_000:
                return known[east], known[north]
    return None


def utm_crs_of(frame: pd.DataFrame, pair: tuple[str, str]) -> tuple[str, str] | None:
    """(CRS, what says it) of eastings and northings in one UTM zone: by their headers, or by a column that is the same in every row.

    A zone without a datum is taken as WGS 84, the survey's own since 2005; the datum before it lies some 300 m away.
    """
    for column in (str(c) for c in frame.columns if _SYSTEM.search(plain_name(str(c))) and str(c) not in pair):
        said = frame[column].dropna().astype("str").str.upper().unique()
        if any(
            not re.search(r"WGS\W*(?:19)?84|^\W*(?:EPSG\W*)?(?:32[67]|24[34])\d\d|^[^A-Z]*$", text) for text in said
        ):
            return None  # a datum of its own lies some 300 m away
    ends = {found[1] for c in pair if (found := _ZONE_END.search(plain_name(c)))}
    if len(ends) == 1:
        return f"EPSG:326{ends.pop()}", f"the zone in the header {pair[0]}"
    for column in (str(c) for c in frame.columns):
        if not re.search(r"zone|utm|crs|srs|epsg|datum|projection|grid", plain_name(column)) or column in pair:
            continue
        words = frame[column].dropna().astype("str").str.strip().str.upper().unique()
        if len(words) != 1:
            continue
        epsg = re.fullmatch(r"(?:EPSG\W*)?(32[67]\d\d|24[34]\d\d)(?:\.0)?", words[0])
        if epsg:
            return f"EPSG:{epsg[1]}", f"the column {column}"
        alone = set(plain_name(column).split("_")) <= {"utm", "zone", "grid", "no", "number", "utmzone"}
        if re.fullmatch(r"\W*4[2-7](?:\.0)?\W*", words[0]) and not (
            alone and re.search("zone|utm", plain_name(column))
        ):
            continue  # a bare number is a zone in a column that says so
        zone = re.fullmatch(
            r"(?:WGS\W*(?:19)?84\W*)?(?:UTM\W*)?(?:ZONE\W*)?(4[2-7])(?:\.0)?\s*[NPQRST]?(?:\W*WGS\W*(?:19)?84)?",
            words[0],
        )
        if zone:
            return f"EPSG:326{zone[1]}", f"the column {column} ({words[0]})"
    return None
