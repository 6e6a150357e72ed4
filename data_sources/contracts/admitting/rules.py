"""Rules that look at several fields of one row (ranges in order, grades against units, areas), by contract name.

Belongs here: relations between fields. Does not belong here: a single field's bounds (``Field``) or positions (``places``).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from pyproj import Geod

from data_sources.contracts.admitting.cells.mass_fractions import PPM_PER_UNIT, unit_of
from data_sources.contracts.admitting.chemistry import element_named, is_oxide_total
from data_sources.contracts.admitting.deposits import check_printed
from data_sources.contracts.admitting.identity import key_forms
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.blocks import CONCESSIONS, concession_named
from data_sources.reference import load_table
from data_sources.reference.lanthanides import lanthanides
from data_sources.reference.waste_routes import nearest_code, plain_code

Rule = Callable[[pd.DataFrame, Any, Ledger], None]

BROKEN_RANGE = "minimum <= most likely <= maximum does not hold"
GRADE_UNIT = "unknown unit: write ppm, g/t, ppb or %"
GRADE_CONVERSION = "value in its unit and ppm column disagree"
GRADE_ELEMENT = "names the element in a word or another spelling: read as its symbol"
GRADE_OXIDE = "the grade is of an oxide: read as that of its element"
GRADE_UNKNOWN = "no element, oxide or total of that name in the reference: the grade is listed and cannot be valued; write a symbol, such as Cu"
OXIDE_TOTAL = (
    "a total of rare-earth oxides (TREO) is no total of elements: from 0.79 of it (all Y2O3) to 0.88 (all Lu2O3) is element, by "
    "the share of each; not used; give the single oxides (La2O3, CeO2 and so on), or a TREE that the laboratory states"
)
GRADE_OVER = "more than 1,000,000 ppm (100 %): impossible"
REE_IN_WASTE = "rare earths above 5 % in a waste: check the unit"
NOT_ONE_PREFERRED = "a site needs exactly one preferred tonnage"
TWO_IN_USE = "several grades of one site and element are marked as used: which one counts is not said"
WASTE_TYPE = (
    "the waste type is not one that the reference has a route for: the site is listed and cannot be valued; write one of the "
    "codes of docs/reference_tables.md, routes, or name the code for the word under values in the card"
)
OTHER_CONCESSION = (
    "neither a composite licence (CL), a mining lease (ML) nor an exploration licence (EL): it stays as written"
)
AREA_DIFFERS = "stated area and area of the geometry (WGS84 ellipsoid) differ by more than 2 %"
AREA_DEGREES = "area looks computed from degrees: not an area"
AREA_ZERO = "area is zero or negative"
MAX_REE_IN_WASTE_PPM = 50_000.0
_WGS84 = Geod(ellps="WGS84")


def geodesic_area_ha(shapes: np.ndarray) -> np.ndarray:
    """Area [ha] of polygons in EPSG:4326 on the WGS84 ellipsoid (Karney's method, in pyproj); NaN where there is none."""
    out = np.full(len(shapes), np.nan)
    for i, shape in enumerate(shapes):
        if shape is not None and not shape.is_empty:
            out[i] = abs(_WGS84.geometry_area_perimeter(shape)[0]) / 1e4
    return out


def _ranges(stem: str, suffix: str) -> Rule:
    def rule(frame: pd.DataFrame, shapes: Any, ledger: Ledger) -> None:
        low, mode, high = (frame[f"{stem}_{k}{suffix}"].to_numpy(dtype="float64") for k in ("min", "mode", "max"))
        with np.errstate(invalid="ignore"):
            broken = (low > mode) | (mode > high) | (low > high)
        if broken.any():
            text = pd.Series(
                [f"{a:g}, {b:g}, {c:g}" for a, b, c in zip(low[broken], mode[broken], high[broken])], dtype="str"
            )
            ledger.hold(broken, f"{stem}_min{suffix} to {stem}_max{suffix}", text, BROKEN_RANGE)

    return rule


def _grade_elements(frame: pd.DataFrame, shapes: Any, ledger: Ledger) -> None:
    """Elements as symbols, as the headers of a survey are read; the grade of an oxide becomes that of its element.

    Where a row has its ppm beside the value as printed and both agree, the ppm is the oxide's too.
    """
    written = frame["element"].copy()
    for name in written.dropna().unique():
        species = element_named(name)
        if is_oxide_total(name):
            ledger.hold((written == name).fillna(False).to_numpy(dtype=bool), "element", written, OXIDE_TOTAL)
            continue
        at = np.flatnonzero((written == name).fillna(False).to_numpy(dtype=bool))
        kinds = frame["element_kind"].iloc[at]
        if species is None:
            ledger.mark(at[~_is_sum(str(name), kinds)], "element", written, GRADE_UNKNOWN)
            continue
        if species.element == name:
            continue
        frame.loc[frame.index[at], "element"] = species.element
        share = species.element_per_oxide
        ledger.mark(
            at,
            "element",
            written,
            GRADE_ELEMENT if share == 1.0 else f"{GRADE_OXIDE} ({species.element} = {share:g} of it)",
        )
        if share != 1.0:
            _oxide_to_element(frame, at, share)


def _is_sum(name: str, kinds: pd.Series) -> np.ndarray:
    """Totals and sums of several elements (``La..Lu``, ``Zn+Pb``), which are kept as they are and valued by other rules."""
    parts = re.split(r"\s*(?:\+|\.\.|,|&|/)\s*", name)
    several = len(parts) > 1 and all(element_named(p) is not None for p in parts)
    return np.asarray(kinds.isin(["total", "sum"]).fillna(False), dtype=bool) | several


def _oxide_to_element(frame: pd.DataFrame, at: np.ndarray, share: float) -> None:
    factor = frame["unit"].iloc[at].map(lambda u: PPM_PER_UNIT.get(unit_of(u) or "", np.nan), na_action="ignore")
    for k in ("min", "mode", "max"):
        value = frame[f"value_{k}"].iloc[at].to_numpy(dtype="float64") * factor.to_numpy(
            dtype="float64", na_value=np.nan
        )
        ppm = frame[f"ppm_{k}"].iloc[at].to_numpy(dtype="float64")
        with np.errstate(invalid="ignore"):
            of_element = np.isfinite(ppm) & (np.abs(ppm - value * share) <= 1e-3 * np.abs(value * share))
        frame.loc[frame.index[at], f"ppm_{k}"] = np.where(of_element, ppm, ppm * share)
        # A value is that of the element that the row names; the mark keeps the oxide as it was written.
        frame.loc[frame.index[at], f"value_{k}"] = frame[f"value_{k}"].iloc[at] * share


def _grade_units(frame: pd.DataFrame, shapes: Any, ledger: Ledger) -> None:
    """Recompute ppm from value and unit: fill where only the value is there, hold where they disagree."""
    units = frame["unit"].map({u: unit_of(u) for u in frame["unit"].dropna().unique()})
    has_value = frame[["value_min", "value_mode", "value_max"]].notna().any(axis=1).to_numpy()
    unknown = (units.isna().to_numpy()) & has_value
    ledger.hold(unknown, "unit", frame["unit"].fillna(""), GRADE_UNIT)
    factor = units.map(PPM_PER_UNIT).to_numpy(dtype="float64", na_value=np.nan)
    for k in ("min", "mode", "max"):
        value, ppm = frame[f"value_{k}"].to_numpy(dtype="float64"), frame[f"ppm_{k}"].to_numpy(dtype="float64")
        expected = value * factor
        with np.errstate(invalid="ignore"):
            differ = (
                np.isfinite(expected)
                & np.isfinite(ppm)
                & (np.abs(expected - ppm) > 1e-6 * np.maximum(np.abs(expected), 1e-12))
            )
        if differ.any():
            text = pd.Series(
                [f"{v:g} {u} against {p:g} ppm" for v, u, p in zip(value[differ], frame["unit"][differ], ppm[differ])],
                dtype="str",
            )
            ledger.hold(differ, f"ppm_{k}", text, GRADE_CONVERSION)
        frame[f"ppm_{k}"] = np.where(np.isfinite(ppm), ppm, expected)
        over = np.nan_to_num(frame[f"ppm_{k}"].to_numpy()) > 1e6
        ledger.hold(over, f"ppm_{k}", frame[f"ppm_{k}"], GRADE_OVER)
    rare = frame["element"].isin([*lanthanides(), "TREE", "Y", "La..Lu", "REE"]).to_numpy()
    top = (
        np.nanmax(np.nan_to_num(frame[["ppm_min", "ppm_mode", "ppm_max"]].to_numpy(dtype="float64")), axis=1)
        if len(frame)
        else np.zeros(0)
    )
    ledger.hold(rare & (top > MAX_REE_IN_WASTE_PPM), "ppm_max", pd.Series(top).map("{:g} ppm".format), REE_IN_WASTE)


def _area(stated_column: str) -> Rule:
    def rule(frame: pd.DataFrame, shapes: Any, ledger: Ledger) -> None:
        stated = frame[stated_column].to_numpy(dtype="float64")
        actual = geodesic_area_ha(shapes)
        with np.errstate(invalid="ignore", divide="ignore"):
            ledger.hold(stated <= 0, stated_column, frame[stated_column], AREA_ZERO)
            off = (actual - stated) / stated * 100
            # A square degree is about a million hectares: an area taken from degrees is that much too small.
            planar = np.array([np.nan if s is None else s.area for s in shapes])
            degrees = (
                (np.abs(stated / planar - 1) < 0.02)
                | (np.abs(stated / (planar * 1e-4) - 1) < 0.02)
                | (np.abs(stated / (planar * 100) - 1) < 0.02)
            )
            degrees &= actual > 10 * np.abs(stated)
        texts = [f"{a:g} ha stated, {b:.4g} ha ({o:+.1f} %)" for a, b, o in zip(stated, actual, np.nan_to_num(off))]
        text = pd.Series(texts, dtype="str")
        ledger.hold(degrees, stated_column, text, AREA_DEGREES)
        ledger.mark((np.abs(off) > 2.0) & ~degrees, stated_column, text, AREA_DIFFERS)
        if stated_column == "area_ha":
            frame[stated_column] = np.where(np.isfinite(stated), stated, np.round(actual, 4))

    return rule


def _concession(frame: pd.DataFrame, shapes: Any, ledger: Ledger) -> None:
    """What is offered by its code, whatever words the source has for it; other words stay and are marked."""
    written = frame["concession"].copy()
    for name in written.dropna().unique():
        at = (written == name).fillna(False).to_numpy(dtype=bool)
        code = concession_named(str(name))
        frame.loc[at, "concession"] = code
        if code not in CONCESSIONS:
            ledger.mark(at, "concession", written, OTHER_CONCESSION)


def _waste_type(frame: pd.DataFrame, shapes: Any, ledger: Ledger) -> None:
    """A waste type by its code, also where it is written as words (``Red mud``); what no route names is marked.

    The nearest code is said where the words name one alone; a blank type says itself that nothing is known.
    """
    known = {code.strip() for text in load_table("routes")["waste_type_codes"].dropna() for code in text.split(";")}
    for words in frame["waste_type_code"].dropna().unique():
        if str(words) not in known and plain_code(str(words)) in known:
            frame.loc[(frame["waste_type_code"] == words).fillna(False), "waste_type_code"] = plain_code(str(words))
    stated = frame["waste_type_code"]
    at = np.flatnonzero((stated.notna() & ~stated.isin(known)).to_numpy(dtype=bool))
    texts = []
    for code in stated.iloc[at].astype("str"):
        near = nearest_code(code, known) or _spelt_nearly(code, known)
        texts.append(f"{code} (did you mean {near}?)" if near else code)
    ledger.mark(at, "waste_type_code", pd.Series(texts, dtype="str"), WASTE_TYPE)


def _spelt_nearly(code: str, known: set[str]) -> str:
    return next(iter(difflib.get_close_matches(plain_code(code), sorted(known), n=1, cutoff=0.85)), "")


def _one_preferred(frame: pd.DataFrame, shapes: Any, ledger: Ledger) -> None:
    """Mark the tonnages of a site that has none or several preferred figures."""
    if not frame["is_preferred"].notna().any():
        return
    chosen = frame["is_preferred"].fillna(False).astype(bool) & ~ledger.held
    count = chosen.groupby(key_forms(frame["site_id"])).transform("sum")
    text = count.astype("str") + " preferred"
    ledger.mark((count != 1).to_numpy(), "is_preferred", text, NOT_ONE_PREFERRED)


def _one_in_use(frame: pd.DataFrame, shapes: Any, ledger: Ledger) -> None:
    """Mark grades of one site and element of which several are marked as used."""
    used = (frame["use"] == "1").fillna(False).to_numpy(dtype=bool) & ~ledger.held
    again = frame[used].assign(site_id=key_forms(frame["site_id"])[used]).duplicated(["site_id", "element"], keep=False)
    at = np.flatnonzero(used)[again.to_numpy()]
    ledger.mark(at, "use", frame["element"], TWO_IN_USE)


RULES: dict[str, tuple[Rule, ...]] = {
    "occurrences": (check_printed,),
    "tonnages": (_ranges("tonnage", "_mt"), _one_preferred),
    "grades": (_ranges("value", ""), _ranges("ppm", ""), _grade_elements, _grade_units, _one_in_use),
    "waste_sites": (_waste_type,),
    "waste_footprints": (_area("area_ha"),),
    "auction_blocks": (_area("area_ha"), _concession),
    "mining_leases": (_area("area_ha"), _concession),
}
"""Contract name -> rules, each ``rule(frame, geometries, ledger)``."""
