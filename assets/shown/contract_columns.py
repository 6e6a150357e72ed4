"""What Dagster's UI shows of a result before it is there: its columns with their units, and where each comes from.

Belongs here: turning a contract into metadata. Does not belong here: what a result holds (``metadata``).
"""

from __future__ import annotations

import dagster as dg

from data_sources.contracts import Contract, Field


def table_schema(contract: Contract) -> dg.TableSchema:
    """The contract's columns as Dagster shows them: type with unit, title, meaning, constraints and bounds."""
    return dg.TableSchema(columns=[_column(field) for field in contract.fields])


def _column(field: Field) -> dg.TableColumn:
    other = []
    if field.reject:
        other.append(f"{_bound(field.reject.low)} to {_bound(field.reject.high)}: {field.reject.reason}")
    if field.vocabulary:
        other.append("one of " + ", ".join(field.vocabulary))
    return dg.TableColumn(
        name=field.name,
        type=f"{field.dtype} [{field.unit}]" if field.unit else field.dtype,
        description=f"{field.title}: {field.description}",
        constraints=dg.TableColumnConstraints(nullable=field.nullable, unique=field.unique, other=other),
    )


def _bound(value: float | None) -> str:
    return "open" if value is None else f"{value:g}"


def ranked_lineage(contract: Contract) -> dg.TableColumnLineage:
    """For every published column: the asset and the column that it is made from."""
    deps: dict[str, list[dg.TableColumnDep]] = {}
    for field in contract.fields:
        made = ("assessment", field.name)
        if field.from_ is None:
            source = [made]
        else:  # what describes a block is carried through unchanged; all else is made of something else
            source = [field.from_] if field.from_ == ("blocks", field.name) else [field.from_, made]
        deps[field.name] = [
            dg.TableColumnDep(asset_key=dg.AssetKey(asset), column_name=column) for asset, column in source
        ]
    return dg.TableColumnLineage(deps_by_column=deps)
