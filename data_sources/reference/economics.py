"""The tables of the project model, read once and held to what a price, a cost, a royalty or a recovery can be.

Belongs here: reading the economic tables, and refusing what is impossible in them. Does not belong here: the shapes of
the facts (``economic_facts``), the fit of the cost laws (``benchmarks.world.cost_laws``), correcting a figure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from data_sources.reference import load_table
from data_sources.reference.economic_facts import (
    ALL_REE,
    ANY_OTHER,
    CostLaw,
    EconomicTables,
    Family,
    Lean,
    Maturity,
    Recovery,
    RouteFamily,
    TestLevel,
    checked_number,
    element,
    refuse,
)  # fmt: skip

OPERATING, CAPITAL = "operating cost", "capital of a new plant"
TABLES = (
    "cost_scale", "royalties", "route_maturity", "route_families", "metallurgy_defaults",
    "price_volatility", "price_correlations", "elements",
)  # fmt: skip


def economic_tables(replace: Mapping[str, pd.DataFrame] | None = None) -> EconomicTables:
    """The economic tables, checked; ``replace`` puts frames in the place of the embedded ones (a user's own deck).

    Raises
    ------
    ContractError : a price, cost, royalty or recovery that is negative, not finite, above 1 where it is a share, or of
        an unknown element; two rows for one thing; a family, level or factor that is missing. Names table, row, field.
    """
    given = dict(replace or {})
    frames = {name: given.get(name, load_table(name)) for name in TABLES}
    known = set(frames["elements"]["element"])
    named = known | set(load_table("survey_elements")["element"])
    scale, metallurgy = frames["cost_scale"], frames["metallurgy_defaults"]
    royalty, contained, levies = _royalties(frames["royalties"], named)
    maturity = _maturity(frames["route_maturity"])
    families = _families(scale)
    routes = _routes(frames["route_families"], families, maturity)
    return EconomicTables(
        families=families,
        routes=routes,
        maturity=maturity,
        tests=_tests(metallurgy),
        states=_states(metallurgy),
        recoveries=_recoveries(metallurgy, known, families),
        recoveries_seen=_seen(metallurgy),
        lean=_lean(metallurgy, known),
        royalty=royalty,
        royalty_on_contained=contained,
        levies_on_royalty=levies,
        price_log_sd=_volatility(frames["price_volatility"], known),
        price_groups=_groups(frames["price_correlations"], known),
        price_usd_per_kg=_prices(frames["elements"]),
        production_kg=_production(frames["elements"]),
        failure_share=_factor(metallurgy, "metallurgy_defaults", "share of recovery left when the route does not work"),
        mill_capital_factor=_factor(scale, "cost_scale", "capital factor"),
        sustaining_share=_factor(scale, "cost_scale", "sustaining capital"),
        closure_share=_factor(scale, "cost_scale", "closure"),
        fixed_share=_factor(scale, "cost_scale", "share of operating cost that does not fall while the plant ramps up"),
    )


def _rows(frame: pd.DataFrame) -> list[tuple[int, dict[str, Any]]]:
    """(row of the file, its cells); the header is row 1."""
    return [(i + 2, {str(k): v for k, v in r.items()}) for i, r in enumerate(frame.to_dict("records"))]


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)) else str(value)


def _once(seen: Mapping[Any, Any], key: object, table: str, row: int, column: str) -> None:
    if key in seen:
        raise refuse(f"{key!r} stands twice", table, row, column, "keep one of the two rows")


def _need(found: Mapping[Any, Any], keys: set[str], table: str, column: str) -> None:
    for key in sorted(keys - set(found)):
        raise refuse(f"no row for {key!r}", table, None, column, f"add the row {key!r}")


def _families(frame: pd.DataFrame) -> dict[str, Family]:
    laws: dict[tuple[str, str], CostLaw] = {}
    table = "cost_scale"
    for i, r in _rows(frame):
        key = (_text(r["family"]), _text(r["quantity"]))
        if key[1] not in (OPERATING, CAPITAL):
            continue
        _once(laws, key, table, i, "family")
        plants = _text(r["n_plants"])
        laws[key] = CostLaw(
            value=checked_number(r["value"], table, i, "value", low=1e-6),
            exponent=checked_number(r["exponent"], table, i, "exponent", low=-1.0, high=1.0),
            log_sd=checked_number(r["log_sd"], table, i, "log_sd", high=3.0),
            n_plants=int(checked_number(plants or 0, table, i, "n_plants")),
            source=_text(r["source"]),
        )
    out: dict[str, Family] = {}
    for name in sorted({f for f, _ in laws}):
        for quantity in (OPERATING, CAPITAL):
            if (name, quantity) not in laws:
                raise refuse(f"family {name!r} has no {quantity}", table, None, "quantity", f"add the row {quantity!r}")
        out[name] = Family(name, laws[name, OPERATING], laws[name, CAPITAL])
    return out


def _maturity(frame: pd.DataFrame) -> dict[str, Maturity]:
    out: dict[str, Maturity] = {}
    table = "route_maturity"
    for i, r in _rows(frame):
        level = _text(r["level"])
        _once(out, level, table, i, "level")
        columns = ("ramp_year1", "ramp_year2", "ramp_year3", "ramp_year4_on")
        a, b, c, d = (checked_number(r[k], table, i, k, high=1.0) for k in columns)
        if not a <= b <= c <= d:
            raise refuse(
                "a ramp-up that falls", table, i, "ramp_year1", "give shares that never fall from year to year"
            )
        out[level] = Maturity(
            level, checked_number(r["p_works_as_designed"], table, i, "p_works_as_designed", high=1.0), (a, b, c, d)
        )
    return out


def _routes(
    frame: pd.DataFrame, families: Mapping[str, Family], maturity: Mapping[str, Maturity]
) -> tuple[RouteFamily, ...]:
    out = []
    table = "route_families"
    for i, r in _rows(frame):
        name, level = _text(r["family"]), _text(r["maturity_level"])
        if name not in families:
            raise refuse(f"unknown family {name!r}", table, i, "family", "name a family of cost_scale.csv")
        if level not in maturity:
            raise refuse(f"unknown level {level!r}", table, i, "maturity_level", "name a level of route_maturity.csv")
        lists = [[w.strip() for w in _text(r[c]).split(";") if w.strip()] for c in ("route_codes", "waste_type_codes", "plant_words")]  # fmt: skip
        out.append(RouteFamily(name, frozenset(lists[0]), frozenset(lists[1]), tuple(lists[2]), level))
    return tuple(out)


def _kind(frame: pd.DataFrame, kind: str) -> list[tuple[int, dict[str, Any]]]:
    return [(i, r) for i, r in _rows(frame) if _text(r["kind"]) == kind]


def _tests(frame: pd.DataFrame) -> dict[str, TestLevel]:
    out: dict[str, TestLevel] = {}
    for i, r in _kind(frame, "test_level"):
        key = _text(r["key"])
        _once(out, key, "metallurgy_defaults", i, "key")
        out[key] = TestLevel(
            checked_number(r["value"], "metallurgy_defaults", i, "value", high=1.0),
            checked_number(r["value2"], "metallurgy_defaults", i, "value2", high=3.0),
        )
    _need(out, {"plant", "pilot", "bench", "none"}, "metallurgy_defaults", "key")
    return out


def _states(frame: pd.DataFrame) -> dict[str, float]:
    out: dict[str, float] = {}
    for i, r in _kind(frame, "mineral_state"):
        _once(out, _text(r["key"]), "metallurgy_defaults", i, "key")
        # a factor on recovery, not a share of anything: free gold is recovered better than the median
        out[_text(r["key"])] = checked_number(r["value"], "metallurgy_defaults", i, "value", low=1e-6, high=2.0)
    _need(out, {"unknown"}, "metallurgy_defaults", "key")
    return out


def _recoveries(
    frame: pd.DataFrame, known: set[str], families: Mapping[str, Family]
) -> dict[tuple[str, str], Recovery]:
    out: dict[tuple[str, str], Recovery] = {}
    table = "metallurgy_defaults"
    for i, r in _kind(frame, "recovery"):
        family, _, symbol = _text(r["key"]).partition(":")
        if family not in families:
            raise refuse(
                f"unknown family {family!r}", table, i, "key", "write family:element, family of cost_scale.csv"
            )
        key = (family, element(symbol, known, table, i, "key"))
        _once(out, key, table, i, "key")
        out[key] = Recovery(
            checked_number(r["value"], table, i, "value", high=1.0),
            checked_number(r["value2"], table, i, "value2", high=1.0),
        )
    return out


def _seen(frame: pd.DataFrame) -> frozenset[tuple[str, str]]:
    """(family, element) of the recoveries that were read in a source, and not recalled or guessed."""
    rows = [r for _, r in _kind(frame, "recovery") if not _text(r["source_seen"]).startswith("expert default")]
    return frozenset((a, b) for a, _, b in (_text(r["key"]).partition(":") for r in rows))


def _lean(frame: pd.DataFrame, known: set[str]) -> dict[str, Lean]:
    out: dict[str, Lean] = {}
    table = "metallurgy_defaults"
    for i, r in _kind(frame, "enrichment"):
        symbol = element(_text(r["key"]), known, table, i, "key")
        _once(out, symbol, table, i, "key")
        out[symbol] = Lean(
            checked_number(r["value"], table, i, "value", low=1.0),
            checked_number(r["value2"], table, i, "value2", low=1.0, high=1e6),
        )
    return out


def _royalties(frame: pd.DataFrame, known: set[str]) -> tuple[dict[str, float], frozenset[str], float]:
    """(royalty by element as a share, elements charged on contained metal, levies as a share of royalty)."""
    out: dict[str, float] = {}
    contained: set[str] = set()
    levies = 0.0
    table = "royalties"
    for i, r in _rows(frame):
        symbols = _text(r["elements"])
        if symbols == "levy":
            if _text(r["rate_pct"]):  # an auction premium is bid, not set
                levies += checked_number(r["rate_pct"], table, i, "rate_pct", high=100.0) / 100.0
            continue
        rate = checked_number(r["rate_pct"], table, i, "rate_pct", high=100.0) / 100.0
        for symbol in (s.strip() for s in symbols.split(";")):
            if symbol != "*":
                element(symbol, known, table, i, "elements")
            if symbol in out:  # titanium stands as metal and, lower, as a mineral of beach sands: the first rules
                continue
            out[symbol] = rate
            if "contained in the ore" in _text(r["base"]):
                contained.add(symbol)
    _need(out, {"*"}, table, "elements")
    return out, frozenset(contained), levies


def _volatility(frame: pd.DataFrame, known: set[str]) -> dict[str, float]:
    out: dict[str, float] = {}
    table = "price_volatility"
    for i, r in _rows(frame):
        symbol = _text(r["element"])
        if symbol not in (ANY_OTHER, ALL_REE):
            element(symbol, known, table, i, "element")
        _once(out, symbol, table, i, "element")
        out[symbol] = math.log(checked_number(r["gsd_used"], table, i, "gsd_used", low=1.0, high=20.0))
    _need(out, {ANY_OTHER, ALL_REE}, table, "element")
    return out


def _groups(frame: pd.DataFrame, known: set[str]) -> dict[str, tuple[str, float]]:
    out: dict[str, tuple[str, float]] = {}
    table = "price_correlations"
    for i, r in _rows(frame):
        rho = checked_number(r["rho"], table, i, "rho", high=1.0)
        for symbol in _text(r["elements"]).split(";"):
            element(symbol, known, table, i, "elements")
            _once(out, symbol, table, i, "elements")
            out[symbol] = (_text(r["group"]), rho)
    return out


def _prices(frame: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Deck -> element -> USD per kg; a blank price is an element that is not sold."""
    decks: dict[str, dict[str, float]] = {"2024": {}, "2025e": {}}
    for i, r in _rows(frame):
        for deck, prices in decks.items():
            column = f"price_{deck}_usd_per_kg"
            if column in r and _text(r[column]):
                prices[_text(r["element"])] = checked_number(r[column], "elements", i, column)
    return decks


def _production(frame: pd.DataFrame) -> dict[str, float]:
    return {
        _text(r["element"]): 1000.0 * checked_number(r["world_production_t"], "elements", i, "world_production_t")
        for i, r in _rows(frame)
        if _text(r["world_production_t"])
    }


def _factor(frame: pd.DataFrame, table: str, quantity: str) -> float:
    """The value of the one row with this quantity, a share."""
    found = [(i, r) for i, r in _rows(frame) if _text(r["quantity"]) == quantity]
    if len(found) != 1:
        raise refuse(
            f"{len(found)} rows for {quantity!r}", table, None, "quantity", f"keep exactly one row {quantity!r}"
        )
    i, r = found[0]
    return checked_number(r["value"], table, i, "value", high=1.0)
