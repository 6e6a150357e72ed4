"""What each table must look like: fields, units, reject bounds and flag bounds, keys; and the project's exceptions.

Belongs here: a bound, a unit, an alias, a vocabulary. Does not belong here: reading a file or repairing a value.
"""

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

__all__ = [
    "QUARANTINE_COLUMNS",
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
]
