"""Columns of quantities: which header names one, and in which unit it is.

Belongs here: matching by what a header measures. Does not belong here: taking a header apart (``quantities``), what a unit is worth
(``units``), or reading the cells (``raw_columns``).
"""

from __future__ import annotations

from collections.abc import Mapping

from data_sources.contracts.admitting.cells.mass_fractions import unit_of
from data_sources.contracts.admitting.cells.quantities import base_and_unit, names_quantity, stock_columns
from data_sources.contracts.admitting.cells.units import factor_to, is_unit
from data_sources.contracts.admitting.issues import Ledger
from data_sources.contracts.contract import Contract, Field, plain_name

PER_ROW = "see unit"
NO_UNIT_SAID = (
    "names a quantity and no unit: not used; write the unit into the header, as in (t) or (million t), or into the card, as in "
    "units: {{{raw}: {{unit: UNIT}}}} where UNIT is t, kt, lakh t or million t, or call the column {field} where it is in {unit}"
)
STOCK = "names a quantity in words of its own and its unit: read as the tonnage"
TWO_STOCKS = (
    "several columns could be the tonnage ({names}): none is used; say which in the card, as in field_map: {{{raw}: tonnage_mode_mt}}, or "
    "add them up in the file"
)
CONTRADICTS = "the card says {said} and the header {stated}: not used; take the unit out of the card, or give it a reason there (basis: evidence, reason: ...)"
OTHER_QUANTITY = (
    "names a quantity in a unit that is not understood, or a volume, and no other column gives the tonnage: not used; write it in t, "
    "kt, lakh t or million t, or say field and unit in the card: field_map: {{{raw}: tonnage_mode_mt}} with units: {{{raw}: {{unit: UNIT}}}}, "
    "where UNIT is t, kt, lakh t or million t"
)


def measured(
    raw: list[str], contract: Contract, matched: dict[str, str], ledger: Ledger, units: Mapping[str, object]
) -> dict[str, str]:
    """Columns whose header states the unit of a quantity (``Quantity (lakh tonnes)``), taken into ``matched``, with that unit.

    One that names such a quantity and no unit is not used, and said: tonnes and millions of tonnes look alike. So is one in a
    unit that cannot be turned into tonnes (a volume, short tons by another name), where no other column gives the quantity.
    """
    out: dict[str, str] = {}
    quantities, refused = False, set[str]()
    for f in contract.fields:
        quantities |= bool(f.measured)
        if f.measured and f.name in matched and (why := _contradicted(matched[f.name], f, units)):
            refused.add(matched[f.name])
            ledger.hold_column(matched.pop(f.name), "", why)
            continue
        if f.unit == PER_ROW and f.name in matched and unit_of(unit := base_and_unit(matched[f.name])[1]) is not None:
            out[matched[f.name]] = unit  # "Average grade (%)"
        own_name = plain_name(matched.get(f.name, f.name)) == f.name
        stated = "" if own_name or f.unit == PER_ROW or not f.unit else _stated(matched[f.name])
        if stated and (f.measured or factor_to(stated, f.unit) is not None or _of_another_kind(stated, f.unit)):
            out[matched[f.name]] = stated  # a card names the column, its header the unit
        if f.name in matched or f.dtype != "float" or not f.unit:
            continue
        names = {plain_name(a) for a in (f.name.removesuffix("_mt"), *f.aliases, *f.measured)}
        free = [c for c in raw if c not in matched.values()]
        for column, (base, stated) in ((c, base_and_unit(c)) for c in free):
            by_card = unit_said(units.get(column)) if f.measured else ""
            unit = by_card or (stated if is_unit(stated) else "")
            if base in names and unit and (f.unit != PER_ROW or unit_of(unit) is not None):
                matched[f.name], out[column] = column, unit
                break
            if base in {plain_name(a) for a in f.measured} and not stated:
                ledger.hold_column(column, "", NO_UNIT_SAID.format(unit=f.unit, field=f.name, raw=column))
    if quantities and not any(f.name in matched for f in contract.fields if f.measured):
        stocks = stock_columns(c for c in raw if c not in matched.values() and c not in refused)
        if len(stocks) == 1:
            matched["tonnage_mode_mt"], out[stocks[0]] = stocks[0], base_and_unit(stocks[0])[1]
            ledger.mark_column(stocks[0], "", STOCK)
            return out
        for column in stocks:
            ledger.hold_column(column, "", TWO_STOCKS.format(names=", ".join(stocks), raw=column))
        for column in (c for c in raw if c not in matched.values() and c not in refused and c not in stocks):
            base, stated = base_and_unit(column)
            if names_quantity(column) and (stated or base not in _measured_names(contract)):
                ledger.hold_column(column, "", OTHER_QUANTITY.format(raw=column))
    return out


def _stated(column: str) -> str:
    """The unit that a header states; a header that is nothing but a unit (``Tonnes``) states it."""
    return base_and_unit(column)[1] or (column.strip() if is_unit(column.strip()) else "")


def _of_another_kind(stated: str, unit: str) -> bool:
    """Whether a header states a unit that cannot be turned into the field's: an area in ``km`` or ``000 ha``. One letter may be a word."""
    *times, last = stated.split()
    half = bool(times) and factor_to(last, unit) is not None
    return is_unit(unit) and len(stated) > 1 and (half or is_unit(stated)) and factor_to(stated, unit) is None


def _measured_names(contract: Contract) -> set[str]:
    return {plain_name(a) for f in contract.fields for a in f.measured}


def _contradicted(column: str, f: Field, units: Mapping[str, object]) -> str:
    """What is wrong where a card gives a column another unit than its header states, and no reason; '' where nothing is."""
    card, stated = units.get(column), _stated(column)
    said = unit_said(card)
    reason = card.get("reason") if isinstance(card, Mapping) else getattr(card, "reason", "")
    if not said or not stated or reason or not f.unit or plain_name(column) == f.name:
        return ""
    factors = [factor_to(unit, f.unit) for unit in (said, stated)]
    return CONTRADICTS.format(said=said, stated=stated) if None not in factors and factors[0] != factors[1] else ""


def unit_said(said: object) -> str:
    """The unit that a card, or a row of units, names for a column; '' for none."""
    if said is None or isinstance(said, str):
        return said or ""
    return str(said.get("unit", "") if isinstance(said, Mapping) else getattr(said, "unit", ""))
