"""All contracts of layers that come in, by layer name: what ``khanij validate FILE --as LAYER`` knows."""

from __future__ import annotations

from data_sources.contracts.blocks import BLOCK_CONTRACTS, BLOCK_FACTS
from data_sources.contracts.contract import Contract
from data_sources.contracts.survey import SURVEY_CONTRACTS
from data_sources.contracts.waste import WASTE_CONTRACTS

ALL: dict[str, Contract] = {**SURVEY_CONTRACTS, **BLOCK_CONTRACTS, BLOCK_FACTS.name: BLOCK_FACTS, **WASTE_CONTRACTS}
"""Layer name -> contract."""
