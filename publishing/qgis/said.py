"""Figures in words inside QGIS: expressions that round and name a value as ``khanij.foundation.wording`` does.

Belongs here: the expression for a figure, and which column of a layer is told by which. Does not belong here: where on a
form it stands (``forms``). A locale is named, so that a figure reads the same on every desk.
"""

from __future__ import annotations

from dataclasses import dataclass

from data_sources.contracts import Contract, Field
from khanij.foundation.wording import NOT_KNOWN
from publishing.words import unit_said

_PLAIN_UNITS = ("0-100", "0-1", "0.3-1", "0..1", "points", "x", "")
_MIDDLE = ", P50 (median)"


@dataclass(frozen=True)
class Said:
    """A computed column of a layer: its name, its alias, its expression, and the published columns that it tells."""

    name: str
    title: str
    expression: str
    tells: tuple[str, ...]


def number_said(x: str, digits: int = 3) -> str:
    """A number of so many significant digits, thousands marked; NULL of NULL.

    ``round(x, d - 1 - floor(log10(|x|)))``; ``x`` is an expression that is not 0 where it matters: 0 reads 0.
    """
    places = f"{digits - 1} - floor(log10(abs({x})))"
    rounded = f"round({x}, {places})"
    return (
        f"CASE WHEN ({x}) = 0 THEN '0' WHEN abs({rounded}) < 1000 THEN to_string({rounded}) "
        f"ELSE format_number({rounded}, 0, 'en') END"
    )


def _scaled(x: str, steps: tuple[tuple[float, float, str], ...], last: str) -> str:
    """The first step whose bound ``|x|`` reaches, as (bound, divisor, word); below all ``last``."""
    cases = "".join(
        f" WHEN abs({x}) >= {bound:.0f} THEN ({number_said(f'({x}) / {by:.0f}')}) || '{word}'"
        for bound, by, word in steps
    )
    return f"CASE{cases} ELSE ({number_said(x)}) || '{last}' END"


def amount_said(x: str, unit: str = "") -> str:
    """A large amount with its prefix: thousand, million, billion."""
    tail = f" {unit}".rstrip()
    steps = ((1e9, 1e9, f" billion{tail}"), (1e6, 1e6, f" million{tail}"), (1e4, 1e3, f" thousand{tail}"))
    return _scaled(x, steps, tail)


def tonnes_said(x: str) -> str:
    """Tonnes up to a hundred thousand, then Mt."""
    return _scaled(x, ((1e5, 1e6, " Mt"),), " t")


def kilograms_said(x: str) -> str:
    """Kilograms, tonnes from one tonne, kt from ten thousand."""
    return _scaled(x, ((1e7, 1e6, " kt"), (1e3, 1e3, " t")), " kg")


def share_said(x: str) -> str:
    """A share as a percentage."""
    return f"to_string(round(100 * ({x}))) || ' %'"


def of_field(field: Field) -> str:
    """One figure in words, by its column's unit; NULL where it is not known."""
    x, unit = f'"{field.name}"', unit_said(field)
    if unit == "share":
        return share_said(x)
    if unit == "t":
        return tonnes_said(x)
    if unit == "kg":
        return kilograms_said(x)
    if unit in ("USD", "INR crore"):
        return amount_said(x, unit)
    return f"({number_said(x)}) || ' {unit}'" if unit not in _PLAIN_UNITS else number_said(x)


def or_not_known(column: str, expression: str) -> str:
    """The expression, or that it is not known where the column is blank."""
    return f"CASE WHEN \"{column}\" IS NULL THEN '{NOT_KNOWN}' ELSE {expression} END"


def said_columns(contract: Contract) -> list[Said]:
    """A computed column for each figure of a layer; P10, P50 and P90 of one quantity share one."""
    fields = {f.name: f for f in contract.fields}
    out: list[Said] = []
    if {"rank_p05", "rank_p95"} <= fields.keys():
        text = 'to_string(round("rank_p05", 1)) || \' to \' || to_string(round("rank_p95", 1))'
        title = "Rank, P05 (best place) to P95 (worst)"
        out.append(Said("rank_p05_said", title, or_not_known("rank_p05", text), ("rank_p05", "rank_p95")))
    for f in contract.fields:
        stem, _, last = f.name.rpartition("_")
        low, high = fields.get(f"{stem}_p10"), fields.get(f"{stem}_p90")
        if (
            f.dtype != "float"
            or f.name in ("rank_p05", "rank_p95")
            or (last in ("p10", "p90") and f"{stem}_p50" in fields)
        ):
            continue
        if last == "p50" and low and high:
            both = f'"{low.name}" IS NOT NULL AND "{high.name}" IS NOT NULL'
            span = f"if({both}, ' (P10 ' || ({of_field(low)}) || ' to P90 ' || ({of_field(high)}) || ')', '')"
            text = f"({of_field(f)}) || {span}"
            out.append(
                Said(
                    f"{f.name}_said",
                    f.title.removesuffix(_MIDDLE),
                    or_not_known(f.name, text),
                    (low.name, f.name, high.name),
                )
            )
            continue
        out.append(Said(f"{f.name}_said", f.title, or_not_known(f.name, of_field(f)), (f.name,)))
    return out
