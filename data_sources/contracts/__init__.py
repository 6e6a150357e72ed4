"""What each table must look like: fields, units, reject bounds and flag bounds, keys; and the project's exceptions.

Belongs here: a bound, a unit, an alias, a vocabulary. Does not belong here: reading a file or repairing a value.
"""

from typing import TYPE_CHECKING

from data_sources.contracts.contract import QUARANTINE_COLUMNS, Bounds, Contract, Dtype, Field, GeometryType
from khanij.foundation.errors import (
    ContractError,
    CrsError,
    KhanijError,
    MissingSourceError,
    PublishingError,
    RegionError,
    ScoringError,
    SourceError,
    UnitError,
)

if TYPE_CHECKING:
    from data_sources.contracts.admitting.admission import Admission, admit

__all__ = [
    "QUARANTINE_COLUMNS",
    "Admission",
    "Bounds",
    "Contract",
    "ContractError",
    "CrsError",
    "Dtype",
    "Field",
    "GeometryType",
    "KhanijError",
    "MissingSourceError",
    "PublishingError",
    "RegionError",
    "ScoringError",
    "SourceError",
    "UnitError",
    "admit",
]


def __getattr__(name: str) -> object:
    """``Admission`` and ``admit`` on first use: they read reference tables, which themselves need the exceptions here."""
    if name in ("Admission", "admit"):
        from data_sources.contracts.admitting import admission

        return getattr(admission, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
