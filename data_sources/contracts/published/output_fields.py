"""Words and columns that several published tables share: identifiers, classes, ranks, and quantities as P10, P50, P90.

Belongs here: a column that means the same in every table. Does not belong here: a table.
"""

from __future__ import annotations

from data_sources.contracts.contract import Bounds, Dtype, Field

STATUSES = ("RANKED", "OUT_OF_BASKET", "UNQUANTIFIED", "GATED", "LEASED")
KINDS = ("waste_block", "auction_block", "mining_lease", "survey_sheet", "grid_cell")
KNOWLEDGE_CLASSES = ("G1", "G2", "G3", "G4", "analogue", "default", "none")
PROSPECTS = ("PAYS", "MAY_PAY", "NEEDS_MORE")
REDISTRIBUTION = ("yes", "share-alike", "no")

SHARE = Bounds(0.0, 1.0, "a share or a probability")
PERCENT = Bounds(0.0, 100.0, "a score or a percentage")
LOW = "P10 is the low case: one draw in ten lies below it"
MID = "P50 is the median of the draws"
HIGH = "P90 is the high case: one draw in ten lies above it"
BEST = "Rank P05 is the best place"


def text(name: str, title: str, description: str, **more: object) -> Field:
    """A column of text."""
    return Field(name, "string", title, description, **more)  # type: ignore[arg-type]


def number(name: str, title: str, description: str, unit: str = "", dtype: Dtype = "float", **more: object) -> Field:
    """A column of numbers in a unit."""
    return Field(name, dtype, title, description, unit, **more)  # type: ignore[arg-type]


def span(stem: str, title: str, description: str, unit: str = "") -> tuple[Field, Field, Field]:
    """P10, P50 and P90 of one quantity, the convention said in every header."""
    return (
        number(f"{stem}_p10", f"{title}, P10 (low case)", f"{description}. {LOW}.", unit),
        number(f"{stem}_p50", f"{title}, P50 (median)", f"{description}. {MID}.", unit),
        number(f"{stem}_p90", f"{title}, P90 (high case)", f"{description}. {HIGH}.", unit),
    )


TONNAGE_STATED = number(
    "tonnage_stated_t", "Tonnage as stated", "Dry tonnage as its source states it, or the middle of a stated range: the mean of what is drawn, whose median (P50) is lower.", "t",
)  # fmt: skip
BLOCK_ID = text("block_id", "Block", "Identifier of the block; the key.", required=True, nullable=False, unique=True)
BLOCK_REF = text("block_id", "Block", "Identifier of the block (layer ranked_blocks).", required=True, nullable=False)
SITE_ID = text("site_id", "Waste site", "Identifier of the waste site; the key.", required=True, nullable=False)
SITE_REF = text("site_id", "Waste site", "Identifier of the waste site (layer waste_sites).", nullable=False)
ELEMENT = text("element", "Element", "Chemical symbol; amounts are of the element, never of its oxide.", nullable=False)
KIND = text(
    "kind", "Kind of block", "What the block is. Ranks, P(top k) and sums run within a kind, never across.",
    required=True, nullable=False, vocabulary=KINDS,
)  # fmt: skip
STATUS = text(
    "status", "Status",
    "RANKED has a place; OUT_OF_BASKET holds other metals; UNQUANTIFIED lacks a quantified site; GATED is barred by law "
    "or court; LEASED is a third party's lease, or one that may be in force: the reason says which.",
    required=True, nullable=False, vocabulary=STATUSES,
)  # fmt: skip
CLASS = text(
    "knowledge_class", "Knowledge class",
    "How well it is known: G1 (detailed) to G4 (reconnaissance) as in MEMC Rules 2015 / UNFC, assigned by the project's "
    "rule; analogue is a borrowed range or a derived figure; default an expert's guess; none is nothing usable. Of a block "
    "the worst of tonnage, grade, recovery, cost and price.",
    vocabulary=KNOWLEDGE_CLASSES,
)  # fmt: skip
GEOMETRY_BASIS = text(
    "geometry_basis",
    "Basis of the geometry",
    "How the position is known, such as corner coordinates or position_circle.",
)
SOURCES = text("sources", "Sources", "Where the figures of this row come from.")
SOURCE = text("source", "Source", "Where the row comes from.")
REDISTRIBUTE = text(
    "redistribute", "May be passed on",
    "yes, share-alike, or no; rows marked no are INTERNAL and stay out of releases.", vocabulary=REDISTRIBUTION,
)  # fmt: skip
RANKS = (
    number("rank_p50", "Rank, P50 (median)", "Median of the block's rank over the draws, within its kind."),
    number("rank_p05", "Rank, P05 (best place)", f"{BEST}: in one draw of twenty the block stands here or higher."),
    number(
        "rank_p95",
        "Rank, P95 (worst place)",
        "Rank P95 is the worst place: in one draw of twenty the block stands here or lower.",
    ),
    number(
        "p_top10",
        "P(top 10)",
        "Share of the draws in which the block is among the first ten of its kind.",
        reject=SHARE,
    ),
    number(
        "p_top20",
        "P(top 20)",
        "Share of the draws in which the block is among the first twenty of its kind.",
        reject=SHARE,
    ),
)
SCORES = (
    number(
        "score_mean",
        "Score, mean",
        "Mean score over the draws, 0 to 100; the three contributions add up to it.",
        "0-100",
        reject=PERCENT,
    ),
    *span("score", "Score", "Score over the draws, 0 to 100", "0-100"),
)
