"""Derived tonnages: ash from capacity and years, mass balances from the table of terms, volume times density.

Every figure that leaves here says ``basis_code = derived``, ``knowledge_class = analogue`` and its formula with numbers.

Belongs here: published methods that give a mass. Does not belong here: choosing between a derived and a published figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from data_sources.reference import load_table
from data_sources.reference.waste_families import family_of
from khanij.foundation.errors import ContractError, UnitError

COLUMNS = (
    "site_id", "tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt", "basis_code", "knowledge_class", "formula", "source",
)  # fmt: skip
_M3_PER_UNIT = {"m3": 1.0, "mm3": 1e6, "million m3": 1e6, "mcm": 1e6, "lakh m3": 1e5, "ha m": 1e4, "ha.m": 1e4}


@dataclass(frozen=True)
class Range:
    """Low, most likely and high value of one quantity."""

    low: float
    mode: float
    high: float


def station_ash_mt(
    capacity_mw: float,
    commissioning_year: int,
    fuel_class: str = "hard_coal",
    *,
    parameters: pd.DataFrame | None = None,
    utilisation: pd.DataFrame | None = None,
) -> Range:
    r"""Ash left in the dykes of one power station.

    .. math:: T = k \sum_y MW \cdot h \cdot PLF \cdot c \cdot a / 1000 \cdot u_y \quad [Mt]

    with h = 8.76 GWh per MW-year, PLF the load factor, c the specific coal consumption [kg/kWh], a the ash share, u_y the
    share of year y that was not used, and k the scale to the national stock of 1,600 Mt at March 2019.

    Parameters
    ----------
    capacity_mw : MW. commissioning_year : first whole year (capacity-weighted over units).
    fuel_class : hard_coal, lignite or imported_coal. parameters, utilisation : the tables, as in ``reference``.

    Raises
    ------
    ContractError : a parameter or a year that the tables do not have, or a capacity that is not positive.
    """
    if not capacity_mw > 0:
        raise ContractError(f"a capacity of {capacity_mw} MW gives no ash", field="capacity_mw", do="give MW")
    table = load_table("ash_parameters") if parameters is None else parameters
    values = {(p, f): float(v) for p, f, v in zip(table["parameter"], table["fuel_class"], table["value"])}

    def of(name: str) -> float:
        found = values.get((name, fuel_class), values.get((name, "all")))
        if found is None:
            raise ContractError(
                f"no {name} for {fuel_class}", file="ash_parameters.csv", field=name, do="add the row with its source"
            )
        return found

    years = load_table("ash_utilisation") if utilisation is None else utilisation
    unused = {int(y): float(u) for y, u in zip(years["year_index"], years["unused_share"])}
    last = int(of("last_year_index"))
    missing = [y for y in range(int(commissioning_year), last + 1) if y not in unused]
    if missing:
        raise ContractError(
            f"no utilisation for {missing[0]}",
            file="ash_utilisation.csv",
            row=missing[0],
            do="add the year with its source",
        )
    a_year = capacity_mw * of("hours_factor") * of("plf") * of("specific_coal") * of("ash_share") / 1000
    total = sum(a_year * unused[y] for y in range(int(commissioning_year), last + 1)) * of("national_scale")
    return Range(total * of("range_low_factor"), total, total * of("range_high_factor"))


def derive_ash(stations: pd.DataFrame) -> pd.DataFrame:
    """Ash tonnage of each station of a frame with the columns of ``evidence/ash_stations``: columns ``COLUMNS``."""
    rows = []
    for row in stations.to_dict("records"):
        fuel = str(row.get("fuel_class") or "hard_coal")
        start = int(row["commissioning_year"])
        mass = station_ash_mt(float(row["capacity_mw"]), start, fuel)
        formula = (
            f"sum over years from {start} of {float(row['capacity_mw']):g} MW x 8.76 x load factor x kg coal/kWh x ash share "
            f"({fuel}) / 1000 x share not used, x national scale"
        )
        rows.append(_row(str(row["site_id"]), mass, formula, str(row.get("source", ""))))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def generated_tonnage_mt(quantity: Range, factor: Range, share: Range) -> Range:
    """Mass left of a process: quantity x generation factor x share kept, each with its range; units must multiply to Mt.

    Red mud per t alumina, gypsum per t P2O5, tailings per t ore, slime of the run of mine.
    """
    for name, r in (("quantity", quantity), ("factor", factor), ("share", share)):
        if not 0 <= r.low <= r.mode <= r.high:
            raise ContractError(
                f"{name}: 0 <= low <= most likely <= high does not hold", field=name, do="order the range"
            )
    if share.high > 1:
        raise ContractError("a share above one", field="share", do="give shares between 0 and 1")
    return Range(*(q * f * s for q, f, s in zip(_t(quantity), _t(factor), _t(share))))


def derive_from_terms(terms: pd.DataFrame) -> pd.DataFrame:
    """Tonnages by ``COLUMNS``: the sum over a site's terms (``evidence/derivation_terms``) of quantity x factor x share."""
    rows = []
    for site, group in terms.groupby("site_id", sort=True):
        low = mode = high = 0.0
        parts = []
        for r in group.sort_values("term").to_dict("records"):
            q, f, s = (
                Range(*(float(r[f"{k}_{e}"]) for e in ("min", "mode", "max"))) for k in ("quantity", "factor", "share")
            )
            mass = generated_tonnage_mt(q, f, s)
            low, mode, high = low + mass.low, mode + mass.mode, high + mass.high
            parts.append(
                f"{r['what']} {_show(q)} {r['quantity_unit']} x {_show(f)} {r['factor_unit']} x {_show(s)} {r['share_of']}"
            )
        sources = "; ".join(dict.fromkeys(group["source"].astype(str)))
        rows.append(_row(str(site), Range(low, mode, high), " + ".join(parts), sources))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def derive_from_volume(
    site_id: str, volume: float, unit: str, waste_type_code: str, *, is_capacity: bool = False, source: str = ""
) -> dict[str, object]:
    """Mass from a stored volume and the dry density of the waste; the density and its range stand in the formula.

    Parameters
    ----------
    volume : in ``unit`` (m3, Mm3, lakh m3, ha m). waste_type_code : without a row of its own in ``dry_densities`` it has
    the density of its family where that has one, else any tailings'.
    is_capacity : the volume is what the pond can hold, not what it holds: then ``basis_code`` is capacity and only the
    maximum is given.

    Raises
    ------
    UnitError : a unit of volume that is not known. ContractError : a volume that is not positive.
    """
    factor = _M3_PER_UNIT.get(unit.strip().lower())
    if factor is None:
        raise UnitError(
            f"{unit!r} is no known unit of volume", field="unit", do=f"write one of {', '.join(_M3_PER_UNIT)}"
        )
    if not volume > 0:
        raise ContractError(f"a stored volume of {volume} {unit} is not positive", field="volume", do="leave it blank")
    known = _density_row(waste_type_code)
    density = Range(*(float(known[f"density_{e}_t_per_m3"]) for e in ("min", "mode", "max")))
    m3 = volume * factor
    mass = Range(*(m3 * d / 1e6 for d in _t(density)))
    formula = (
        f"{m3:g} m3 x dry density {_show(density)} t/m3 ({known['waste_type_code']}, {known['basis']})"
        f"{', the capacity of the pond, not its stock' if is_capacity else ''}"
    )
    row = _row(site_id, mass, formula, source)
    if is_capacity:
        row |= {"basis_code": "capacity", "tonnage_min_mt": float("nan"), "tonnage_mode_mt": float("nan")}
    return row


def _density_row(waste_type_code: str) -> dict[Any, Any]:
    """The waste's row of ``dry_densities``; without one that of its family where all of it have one density, else any tailings'."""
    table = {str(r["waste_type_code"]): r for r in load_table("dry_densities").to_dict("records")}
    if waste_type_code in table:
        return table[waste_type_code]
    family = family_of(waste_type_code)
    alike = [r for code, r in table.items() if family and family_of(code) == family]
    ranges = {tuple(r[f"density_{e}_t_per_m3"] for e in ("min", "mode", "max")) for r in alike}
    return alike[0] if len(ranges) == 1 else table["any_tailings"]


def _row(site_id: str, mass: Range, formula: str, source: str) -> dict[str, object]:
    numbers = (float(f"{v:.6g}") for v in _t(mass))
    return dict(zip(COLUMNS, (site_id, *numbers, "derived", "analogue", formula, source)))


def _t(r: Range) -> tuple[float, float, float]:
    return r.low, r.mode, r.high


def _show(r: Range) -> str:
    return f"{r.mode:g}" if r.low == r.high else f"{r.low:g}/{r.mode:g}/{r.high:g}"
