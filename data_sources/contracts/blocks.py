"""Contracts of what is ranked: auction blocks and mining leases as they arrive from a file or from the embedded table."""

from __future__ import annotations

import re

from data_sources.contracts.contract import Bounds, Contract, Field

KINDS = ("waste_block", "auction_block", "mining_lease", "survey_sheet", "grid_cell")
BLOCK_COLUMNS = (
    "block_id", "name", "kind", "state", "district", "minerals", "area_ha", "geometry_basis", "site_id", "lease_status", "flags", "source",
)  # fmt: skip
"""Columns of the frame ``blocks`` that every kind has, in this order, before ``geometry``."""
ACCESS_COLUMNS = (
    "open_to_bid", "operator", "lease_holder", "auction_tranche", "auction_outcome", "auction_outcome_date", "preferred_bidder",
    "auction_premium_pct", "access_source",
)  # fmt: skip
"""Columns of the frame ``blocks`` that say who holds a block and what became of its auction; blank where no source says."""
OPEN_TO_BID = ("yes", "operator", "third_party", "unknown")
CONCESSIONS = {"CL": "composite licence", "ML": "mining lease", "EL": "exploration licence"}
"""What is offered, or held: code -> words."""
_CONCESSION_WORDS = {
    "CL": ("composite", "cum mining lease", "cum ml", "plcml"), "EL": ("exploration licence", "explorationlicence"),
    "ML": ("mining lease", "mininglease"),
}  # fmt: skip
AUCTION_OUTCOMES = ("sold", "annulled", "offered_again", "no_bid", "open", "to_be_offered", "unknown")
"""What became of the last offer; ``open``: bids are invited; ``to_be_offered``: it has not been offered yet."""


def concession_named(text: str) -> str:
    """The code of a concession that is named in any usual way (``Exploration License``, ``PL-cum-ML``, ``M.L.``); another text as it is."""
    plain = " ".join(re.sub(r"[^a-z]+", " ", text.lower().replace("license", "licence")).split())
    short = plain.replace(" ", "").upper()
    if short in CONCESSIONS:
        return short
    return next(
        (c for c, words in _CONCESSION_WORDS.items() if any(w in plain or w == short.lower() for w in words)), text
    )


def _t(name: str, title: str, description: str, *aliases: str, **more: object) -> Field:
    return Field(name, "string", title, description, aliases=aliases, **more)  # type: ignore[arg-type]


def _blocks(name: str, title: str, description: str, key_aliases: tuple[str, ...]) -> Contract:
    return Contract(
        name,
        title,
        description,
        fields=(
            _t("block_id", "Block", "Identifier of the block; the key.", *key_aliases, required=True, nullable=False),
            _t("name", "Name", "Name of the block.", "block_name", "lease_name", "mine_name"),
            _t("state", "State", "State.", "state_name"),
            _t("district", "District", "District.", "dist"),
            _t("minerals", "Minerals", "Minerals named for the block, separated by semicolons.", "mineral", "commodity"),
            Field("area_ha", "float", "Area as published", "Published area; computed on the ellipsoid where none is published.", "ha", aliases=("area_ha_published", "area", "lease_area"), flag=Bounds(0.5, 50_000, "blocks of composite licences stay below 500 square kilometres")),
            _t("concession", "Concession", "CL composite licence, ML mining lease, EL exploration licence.", "concession_type", "licence_type", "license_type", "type_of_concession", "type_of_licence", "type_of_license", "mineral_concession"),
            _t("lease_status", "Lease status", "operator, third_party, state, none or unknown.", vocabulary=("operator", "third_party", "state", "none", "unknown")),
            _t("open_to_bid", "Open to bid", "yes, operator, third_party or unknown, where the source says so itself.", vocabulary=OPEN_TO_BID),
            _t("operator", "Operator", "Who runs the mine or plant on it."),
            _t("lease_holder", "Lease holder", "Who holds the lease."),
            _t("auction_tranche", "Tranche", "Tranches in which it was offered.", "tranche"),
            _t("auction_outcome", "Outcome of the auction", "sold, annulled, offered_again, no_bid, open (bids are invited), to_be_offered or unknown; a status in other words is read by them.", "outcome", vocabulary=AUCTION_OUTCOMES),
            _t("auction_outcome_date", "Date of the outcome", "Day of the outcome, or of the last text that has none.", "outcome_as_of", "outcome_date"),
            _t("preferred_bidder", "Preferred bidder", "Preferred bidder, where published."),
            Field("auction_premium_pct", "float", "Premium", "Winning premium, of the value of mineral despatched.", "%", aliases=("premium_pct",), reject=Bounds(0, 10_000, "a share that is bid")),
            _t("access_source", "Source of holder and outcome", "Where it is said who holds the block and what became of its auction.", "outcome_source"),
            _t("geometry_basis", "Geometry from", "How the outline is known."),
            _t("position_note", "Position note", "What is known to be wrong with the position."),
            _t("source", "Source", "Where the facts of the row come from."),
        ),
        key=("block_id",),
        geometry=("MULTIPOLYGON",),
    )  # fmt: skip


AUCTION_BLOCKS = _blocks(
    "auction_blocks", "Auction blocks", "Blocks offered at auction, by the corner coordinates of the tender notice.",
    ("block_no", "blockid", "block_number", "block_code", "blk_no", "blk_id", "id", "fid", "objectid"),
)  # fmt: skip
MINING_LEASES = _blocks(
    "mining_leases", "Mining leases", "Mining leases with their outline.",
    ("lease_id", "lease_no", "lease_number", "lease_code", "ml_no", "ml_id", "ml_number", "id", "fid", "objectid"),
)  # fmt: skip

BLOCK_FACTS = Contract(
    "block_facts",
    "Facts on blocks",
    "A user's own facts on who holds a block, whether it can be bid for, and what became of its auction: one fact a row, with its source.",
    fields=(
        _t("block_id", "Block", "Identifier of the block, or of the waste site that it is made of.", "site_id", "id", required=True, nullable=False),
        _t("field", "What is said", "The column that the fact is for.", required=True, nullable=False, vocabulary=tuple(c for c in ACCESS_COLUMNS if c != "access_source")),
        _t("value", "Value", "The value; unknown where it must not be taken as the sources have it.", required=True, nullable=False),
        _t("said_by", "Source", "Who says so.", "source", "sources", required=True, nullable=False),
        _t("date", "Date", "Day of the source."),
    ),
    key=("block_id", "field"),
)  # fmt: skip

BLOCK_CONTRACTS: dict[str, Contract] = {c.name: c for c in (AUCTION_BLOCKS, MINING_LEASES)}
BLOCKS = BLOCK_CONTRACTS
"""Layer name -> contract."""
