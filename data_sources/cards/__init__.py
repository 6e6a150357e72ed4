"""Source cards: one YAML per source, saying where a layer is, under which licence, and what its columns mean.

Belongs here: publisher, licence, address or hand steps, field map, units and the reason for each unit. Does not belong
here: how a protocol is spoken (``connectors``), or what a column may hold (``contracts``).
"""

from data_sources.cards.card import (
    Card,
    Handshake,
    RasterBand,
    Redistribute,
    Unit,
    card_files,
    card_names,
    card_text,
    load_card,
    parse_card,
)

__all__ = [
    "Card",
    "Handshake",
    "RasterBand",
    "Redistribute",
    "Unit",
    "card_files",
    "card_names",
    "card_text",
    "load_card",
    "parse_card",
]
