"""The contracts of what Khanij publishes: every layer and table of the GeoPackage by its name.

Belongs here: the list. GeoPackage comments, QGIS aliases, spreadsheet headers, the data dictionary and the data package
descriptor are generated from these values; none of them is written a second time.
"""

from __future__ import annotations

from data_sources.contracts.contract import Contract
from data_sources.contracts.published.cited import BIBLIOGRAPHY
from data_sources.contracts.published.output_fields import KINDS, KNOWLEDGE_CLASSES, PROSPECTS, REDISTRIBUTION, STATUSES
from data_sources.contracts.published.output_layers import (
    ANOMALIES,
    OCCURRENCES_OUT,
    STATE_LABELS,
    SURVEY_SHEETS,
    WASTE_FOOTPRINTS_OUT,
    WASTE_SITES_OUT,
)
from data_sources.contracts.published.output_tables import (
    BASKET_RANKS,
    BLOCK_EVIDENCE,
    DATA_QUALITY,
    ELEMENT_POTENTIAL,
    MASS_BALANCE,
    PRICE_DECKS,
    QUARANTINE,
    RANK_ACCEPTABILITY,
    ROBUSTNESS,
    RUN_INFO,
    SAMPLE_NEXT,
    SITE_ELEMENTS,
    SITE_POTENTIAL,
    SITE_SHARES,
    WHAT_IF,
    WHAT_MOVES,
)
from data_sources.contracts.published.ranked_blocks import RANKED_BLOCKS

# Raised when a published layer, table or column is renamed, removed, or comes to mean something else; CHANGELOG.md says how.
SCHEMA_VERSION = 2

OUTPUT_LAYERS: dict[str, Contract] = {
    c.name: c
    for c in (
        RANKED_BLOCKS,
        WASTE_SITES_OUT,
        WASTE_FOOTPRINTS_OUT,
        SURVEY_SHEETS,
        STATE_LABELS,
        ANOMALIES,
        OCCURRENCES_OUT,
    )
}
OUTPUT_TABLES: dict[str, Contract] = {
    c.name: c
    for c in (
        SITE_SHARES,
        ELEMENT_POTENTIAL,
        SITE_POTENTIAL,
        MASS_BALANCE,
        PRICE_DECKS,
        SITE_ELEMENTS,
        BLOCK_EVIDENCE,
        BASKET_RANKS,
        SAMPLE_NEXT,
        ROBUSTNESS,
        RANK_ACCEPTABILITY,
        WHAT_MOVES,
        WHAT_IF,
        QUARANTINE,
        DATA_QUALITY,
        BIBLIOGRAPHY,
        RUN_INFO,
    )
}
OUTPUT_CONTRACTS: dict[str, Contract] = {**OUTPUT_LAYERS, **OUTPUT_TABLES}

__all__ = [
    "ANOMALIES",
    "BASKET_RANKS",
    "BIBLIOGRAPHY",
    "BLOCK_EVIDENCE",
    "DATA_QUALITY",
    "ELEMENT_POTENTIAL",
    "KINDS",
    "KNOWLEDGE_CLASSES",
    "MASS_BALANCE",
    "OCCURRENCES_OUT",
    "OUTPUT_CONTRACTS",
    "OUTPUT_LAYERS",
    "OUTPUT_TABLES",
    "PRICE_DECKS",
    "PROSPECTS",
    "QUARANTINE",
    "RANKED_BLOCKS",
    "RANK_ACCEPTABILITY",
    "REDISTRIBUTION",
    "ROBUSTNESS",
    "RUN_INFO",
    "SAMPLE_NEXT",
    "SCHEMA_VERSION",
    "SITE_ELEMENTS",
    "SITE_POTENTIAL",
    "SITE_SHARES",
    "STATE_LABELS",
    "STATUSES",
    "SURVEY_SHEETS",
    "WASTE_FOOTPRINTS_OUT",
    "WASTE_SITES_OUT",
    "WHAT_IF",
    "WHAT_MOVES",
]
