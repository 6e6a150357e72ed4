"""Tailings projects of the world as a table -> projects of the model, with nothing of what became of them.

Belongs here: reading such a table, and which of its columns the model may see. Does not belong here: the model, the
measures. Throughput, recovery, capital and operating cost of a row stand in the table for reading; they are not inputs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data_sources.reference.economic_facts import EconomicTables, checked_number, element
from khanij.foundation.errors import ContractError, MissingSourceError
from scoring.waste.projects.project_draws import grade_width, pure_ppm, tonnage_width
from scoring.waste.projects.project_inputs import Grade, Product, Project

COLUMNS = (
    "outcome_id", "project", "country", "waste_type_code", "route_code", "route_fit", "tonnage_mt", "grades_ppm",
    "grade_basis", "decision_year", "decision_prices_usd_per_kg", "outcome", "outcome_binary", "usable_for_value_test",
    "plant_stood", "mineral_state", "test_level", "recalled_fields",
)  # fmt: skip
LOG_SD = {"tonnage": (0.1, 0.3), "grade": (0.1, 0.25)}
"""Log sd of a figure that was read in a source, and of one that is recalled."""


@dataclass(frozen=True)
class Case:
    """One project before its decision: what the model may see, the prices of that year, and apart from it the outcome."""

    outcome_id: str
    name: str
    country: str
    tonnage_mt: float
    project: Project
    prices_usd_per_kg: dict[str, float]
    year: int
    built: int
    note: str


@dataclass(frozen=True)
class Cases:
    """The rows of a table: those that are held against the model, and (id, name, why) of those that are not."""

    used: list[Case]
    left_out: list[tuple[str, str, str]]


def read(path: Path) -> pd.DataFrame:
    """The table as text.

    Raises
    ------
    MissingSourceError : no such file. ContractError : a column that is not there, an id that stands twice.
    """
    if not path.is_file():
        raise MissingSourceError(
            "no such table", file=path, do="name a CSV with the columns of benchmarks/world/outcomes.csv"
        )
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    for column in COLUMNS:
        if column not in frame:
            raise ContractError(
                "a column is missing", file=path, field=column, do="add the column; blank where not known"
            )
    twice = frame[frame["outcome_id"].duplicated()]
    if len(twice):
        raise ContractError(
            f"{twice['outcome_id'].iloc[0]!r} stands twice", file=path, row=int(twice.index[0]) + 2, field="outcome_id",
            do="give every row an id of its own",
        )  # fmt: skip
    return frame


def _pairs(text: str, table: str, row: int, column: str, known: set[str]) -> dict[str, float]:
    """``Au=0.3;Cu=1460`` as numbers by element."""
    out: dict[str, float] = {}
    for part in (p.strip() for p in text.split(";") if p.strip()):
        symbol, equals, value = part.partition("=")
        if not equals:
            raise ContractError(
                f"{part!r} is not element=figure",
                file=table,
                row=row,
                field=column,
                do="write for example Au=0.3;Cu=1460",
            )
        high = 1e6 if column == "grades_ppm" else math.inf
        symbol = symbol.strip()
        if symbol != "TREE":
            element(symbol, known, table.removesuffix(".csv"), row, column)
        out[symbol] = checked_number(value, table.removesuffix(".csv"), row, column, high=high)
    return out


def _why_not(row: dict[str, str], tables: EconomicTables) -> str:
    if not row["usable_for_value_test"].lower().startswith("yes"):
        return row["usable_for_value_test"] or "not said to be usable"
    for column in ("outcome_binary", "tonnage_mt", "grades_ppm", "decision_year", "decision_prices_usd_per_kg"):
        if not row[column].strip():
            return f"no {column}"
    if tables.family_of(row["route_code"], row["waste_type_code"], row["route_fit"]) is None:
        return f"no family of plants for route {row['route_code']!r}"
    return ""


def cases(
    frame: pd.DataFrame,
    tables: EconomicTables,
    known: set[str],
    table: str = "outcomes.csv",
    *,
    use_state: bool = True,
    use_mill: bool = True,
) -> Cases:
    """The rows as cases; without mineral state or standing mill where asked.

    Raises
    ------
    ContractError : a figure that cannot be, an element nobody knows, an outcome other than 0 or 1; table, row, field.
    """
    used: list[Case] = []
    left_out: list[tuple[str, str, str]] = []
    for i, raw in enumerate(frame.to_dict("records"), start=2):
        row = {str(k): str(v) for k, v in raw.items()}
        why = _why_not(row, tables)
        if why:
            left_out.append((row["outcome_id"], row["project"], why))
            continue
        case = _case(row, i, tables, known, table, (use_state, use_mill))
        if isinstance(case, str):
            left_out.append((row["outcome_id"], row["project"], case))
        else:
            used.append(case)
    return Cases(used, left_out)


def _case(
    row: dict[str, str], i: int, tables: EconomicTables, known: set[str], table: str, use: tuple[bool, bool]
) -> Case | str:
    name = table.removesuffix(".csv")
    built = checked_number(row["outcome_binary"], name, i, "outcome_binary", high=1.0)
    if built not in (0.0, 1.0):
        raise ContractError(f"an outcome of {built:g}", file=table, row=i, field="outcome_binary", do="write 1 or 0")
    tonnage = checked_number(row["tonnage_mt"], name, i, "tonnage_mt", low=1e-9, high=1e5)
    year = int(checked_number(row["decision_year"], name, i, "decision_year", low=1900, high=2100))
    prices = _pairs(row["decision_prices_usd_per_kg"], table, i, "decision_prices_usd_per_kg", known)
    grades = _pairs(row["grades_ppm"], table, i, "grades_ppm", known)
    recalled = {what: what in row["recalled_fields"].lower() for what in LOG_SD}
    plant = tables.family_of(row["route_code"], row["waste_type_code"], row["route_fit"])
    width = tonnage_width(math.nan, tonnage * 1e6, math.nan, LOG_SD["tonnage"][recalled["tonnage"]])
    assert plant is not None and width is not None
    figures = []
    for symbol, ppm in grades.items():
        pure = pure_ppm(symbol)
        found = grade_width(math.nan, ppm, math.nan, LOG_SD["grade"][recalled["grade"]], pure)
        if found is not None and symbol in known:
            figures.append(Grade(symbol, found, pure, (Product(symbol),)))
    if not any((plant.family, g.label) in tables.recoveries and prices.get(g.label, 0.0) > 0.0 for g in figures):
        return f"{plant.family} sells none of {', '.join(grades)} at the prices given"
    project = Project(
        site_id=row["outcome_id"],
        tonnage_t=width,
        grades=tuple(figures),
        plant=plant,
        test_level=row["test_level"] or "none",
        mineral_state=(row["mineral_state"] or "unknown") if use[0] else "unknown",
        mill_stands=use[1] and row["plant_stood"].strip().lower() == "yes",
    )
    note = row.get("reason", "")
    return Case(row["outcome_id"], row["project"], row["country"], tonnage, project, prices, year, int(built), note)
