"""Contracts of what is ranked: auction blocks and mining leases as they arrive from a file or from the embedded table."""

from __future__ import annotations

from data_sources.contracts.contract import Bounds, Contract, Field

KINDS = ("waste_block", "auction_block", "mining_lease", "survey_sheet", "grid_cell")
BLOCK_COLUMNS = (
    "block_id", "name", "kind", "state", "district", "minerals", "area_ha", "geometry_basis", "site_id", "lease_status", "flags", "source",
)  # fmt: skip
"""Columns of the frame ``blocks`` that every kind has, in this order, before ``geometry``."""


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
            _t("concession", "Concession", "CL composite licence, ML mining lease."),
            _t("lease_status", "Lease status", "operator, third_party, state, none or unknown.", vocabulary=("operator", "third_party", "state", "none", "unknown")),
            _t("geometry_basis", "Geometry from", "How the outline is known."),
            _t("position_note", "Position note", "What is known to be wrong with the position."),
            _t("source", "Source", "Where the facts of the row come from."),
        ),
        key=("block_id",),
        geometry=("MULTIPOLYGON",),
    )  # fmt: skip


AUCTION_BLOCKS = _blocks(
    "auction_blocks", "Auction blocks", "Blocks offered at auction, by the corner coordinates of the tender notice.",
    ("block_no", "blockid", "id", "fid", "objectid"),
)  # fmt: skip
MINING_LEASES = _blocks(
    "mining_leases", "Mining leases", "Mining leases with their outline.",
    ("lease_id", "lease_no", "id", "fid", "objectid"),
)  # fmt: skip

BLOCK_CONTRACTS: dict[str, Contract] = {c.name: c for c in (AUCTION_BLOCKS, MINING_LEASES)}
BLOCKS = BLOCK_CONTRACTS
"""Layer name -> contract."""
