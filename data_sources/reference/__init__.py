"""The project's own fact tables: a source in every row, blank where nothing is known, units in the column names."""

from data_sources.reference.scoring_tables import ReferenceTables, load_reference
from data_sources.reference.tables import load_table

__all__ = ["ReferenceTables", "load_reference", "load_table"]
