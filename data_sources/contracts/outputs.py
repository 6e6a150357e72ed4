"""The contracts of what Khanij publishes: every layer and table of the GeoPackage, column by column.

Belongs here: a published column's name, type, unit, alias and meaning. Does not belong here: how it is computed
(``scoring``) or how it is drawn (``publishing``). GeoPackage comments, QGIS aliases, spreadsheet headers, the data
dictionary and the data package descriptor are generated from these values.
"""

# ruff: noqa: E501 -- one column a line reads as the table it is
from __future__ import annotations

from data_sources.contracts.contract import Bounds, Contract, Dtype, Field

STATUSES = ("RANKED", "OUT_OF_BASKET", "UNQUANTIFIED", "GATED", "LEASED")
KINDS = ("waste_block", "auction_block", "mining_lease", "survey_sheet", "grid_cell")
KNOWLEDGE_CLASSES = ("G1", "G2", "G3", "G4", "analogue", "none")
REDISTRIBUTE = ("yes", "share-alike", "no")

_SHARE = Bounds(0.0, 1.0, "a share or a probability")
_PERCENT = Bounds(0.0, 100.0, "a score or a percentage")
_LOW = "P10 is the low case: one draw in ten lies below it"
_MID = "P50 is the median of the draws"
_HIGH = "P90 is the high case: one draw in ten lies above it"
_BEST = "Rank P05 is the best place"


def _text(name: str, title: str, description: str, **more: object) -> Field:
    return Field(name, "string", title, description, **more)  # type: ignore[arg-type]


def _number(name: str, title: str, description: str, unit: str = "", dtype: Dtype = "float", **more: object) -> Field:
    return Field(name, dtype, title, description, unit, **more)  # type: ignore[arg-type]


def _range(stem: str, title: str, description: str, unit: str = "") -> tuple[Field, Field, Field]:
    """P10, P50 and P90 of one quantity, the convention said in every header."""
    return (
        _number(f"{stem}_p10", f"{title}, P10 (low case)", f"{description}. {_LOW}.", unit),
        _number(f"{stem}_p50", f"{title}, P50 (median)", f"{description}. {_MID}.", unit),
        _number(f"{stem}_p90", f"{title}, P90 (high case)", f"{description}. {_HIGH}.", unit),
    )


_BLOCK_ID = _text("block_id", "Block", "Identifier of the block; the key.", required=True, nullable=False, unique=True)
_BLOCK_REF = _text("block_id", "Block", "Identifier of the block (layer ranked_blocks).", required=True, nullable=False)
_SITE_ID = _text("site_id", "Waste site", "Identifier of the waste site; the key.", required=True, nullable=False)
_SITE_REF = _text("site_id", "Waste site", "Identifier of the waste site (layer waste_sites).", nullable=False)
_ELEMENT = _text(
    "element", "Element", "Chemical symbol; amounts are of the element, never of its oxide.", nullable=False
)
_KIND = _text(
    "kind", "Kind of block", "What the block is. Ranks, P(top k) and sums run within a kind, never across.",
    required=True, nullable=False, vocabulary=KINDS,
)  # fmt: skip
_STATUS = _text(
    "status", "Status",
    "RANKED has a place; OUT_OF_BASKET holds other metals; UNQUANTIFIED lacks a quantified site; GATED is barred by law "
    "or court; LEASED is a third party's operating lease.",
    required=True, nullable=False, vocabulary=STATUSES,
)  # fmt: skip
_CLASS = _text(
    "knowledge_class", "Knowledge class",
    "How well it is known: G1 (detailed) to G4 (reconnaissance) as in MEMC Rules 2015 / UNFC, assigned by the project's "
    "rule; analogue is a borrowed range or a derived figure; none is nothing usable.",
    vocabulary=KNOWLEDGE_CLASSES,
)  # fmt: skip
_GEOMETRY_BASIS = _text(
    "geometry_basis",
    "Basis of the geometry",
    "How the position is known, such as corner coordinates or position_circle.",
)
_SOURCES = _text("sources", "Sources", "Where the figures of this row come from.")
_SOURCE = _text("source", "Source", "Where the row comes from.")
_REDISTRIBUTE = _text(
    "redistribute", "May be passed on",
    "yes, share-alike, or no; rows marked no are INTERNAL and stay out of releases.", vocabulary=REDISTRIBUTE,
)  # fmt: skip
_RANKS = (
    _number("rank_p50", "Rank, P50 (median)", "Median of the block's rank over the draws, within its kind."),
    _number("rank_p05", "Rank, P05 (best place)", f"{_BEST}: in one draw of twenty the block stands here or higher."),
    _number(
        "rank_p95",
        "Rank, P95 (worst place)",
        "Rank P95 is the worst place: in one draw of twenty the block stands here or lower.",
    ),
    _number(
        "p_top10",
        "P(top 10)",
        "Share of the draws in which the block is among the first ten of its kind.",
        reject=_SHARE,
    ),
    _number(
        "p_top20",
        "P(top 20)",
        "Share of the draws in which the block is among the first twenty of its kind.",
        reject=_SHARE,
    ),
)
_SCORES = (
    _number(
        "score_mean",
        "Score, mean",
        "Mean score over the draws, 0 to 100; the three contributions add up to it.",
        "0-100",
        reject=_PERCENT,
    ),
    *_range("score", "Score", "Score over the draws, 0 to 100", "0-100"),
)

RANKED_BLOCKS = Contract(
    "ranked_blocks",
    "Ranked blocks",
    "Blocks of mine waste and auction blocks, ranked by critical-mineral potential within their kind, with intervals. "
    "P10 is the low case, P90 the high case; rank P05 is the best place, rank P95 the worst. A row that is not RANKED "
    "carries no rank. A blank is not known, never zero.",
    (
        _BLOCK_ID,
        _text("name", "Name", "Name of the block as its source gives it."),
        _KIND,
        _text("state", "State", "State or union territory, as the source names it."),
        _text("district", "District", "District, as the source names it."),
        _text("minerals", "Minerals", "Minerals or host commodity that the source states."),
        _number("area_ha", "Area", "Area in an equal-area projection or as published; blank where no outline is mapped.", "ha"),
        _GEOMETRY_BASIS,
        _STATUS,
        _text("status_reason", "Why this status", "The fact behind the status, with its source."),
        _number("rank", "Rank", "Place 1..N within the kind, by mean score; only for RANKED blocks.", "", "integer"),
        _number("rank_all_recoverable", "Rank, all recoverable metals", "Place when every metal a route sells counts, not only the basket's.", "", "integer"),
        _number("rank_fertility", "Rank by fertility", "Place by the fertility of the ground; only for UNQUANTIFIED blocks.", "", "integer"),
        *_RANKS,
        *_SCORES,
        _number("value_axis", "Value axis", "Mean of the value axis V, 0 to 1, continuous across break-even.", "0-1", reject=_SHARE),
        _number("strategic_axis", "Strategic axis", "Mean of the strategic axis S, 0 to 1: years of world supply weighted by supply risk.", "0-1", reject=_SHARE),
        _number("fertility_axis", "Fertility axis", "Fertility of the ground F, 0 to 1; blank where no survey layer is connected or F does not apply.", "0-1", reject=_SHARE),
        _number("modifier", "Modifier", "Soft multiplier on the score for forest, eco-sensitive zone or settlement; 1 is none.", "0.3-1"),
        _number("contribution_value", "Points from value", "Mean points that the value axis gives to the score.", "points"),
        _number("contribution_strategic", "Points from strategic need", "Mean points that the strategic axis gives to the score.", "points"),
        _number("contribution_fertility", "Points from fertility", "Mean points that fertility gives to the score.", "points"),
        *_range("net_value_usd", "Net value of the basket", "Net value over the life, the basket's share, never added up over blocks", "USD"),
        *_range("margin_usd_per_t", "Margin of the project", "Unit value minus unit cost of the whole project (undiscounted operating margin unless capital is known)", "USD/t"),
        _number("p_margin_positive", "P(margin > 0)", "Share of the draws in which the project pays.", reject=_SHARE),
        _number("breakeven_price_multiple", "Break-even price multiple", "Cost over value: below 1 it pays today, 3 means that prices must triple; blank where nothing is sold.", "x"),
        _number("tonnage_t_p50", "Tonnage, P50 (median)", "Median dry tonnage of the waste inside the block.", "t"),
        _text("top_sites", "Main sites", "The sites that matter most, with their share and distance."),
        _text("top_elements", "Main elements", "The elements that earn most, with their share of revenue."),
        _CLASS,
        _number("completeness_pct", "Completeness", "Share of the facts a full assessment needs that are known.", "%", reject=_PERCENT),
        _text("flags", "Flags", "What to be careful about, semicolon between flags."),
        _text("explanation", "Explanation", "In words: why the block stands where it stands."),
        _SOURCES,
        _text("site_id", "Own waste site", "For a waste block: the site it is made of."),
        _text("lease_status", "Lease", "operator, third_party, state, none or unknown, only where a source says."),
        _text("nearest_site_id", "Nearest site", "Nearest waste site of the register, for a block without a quantified one."),
        _number("nearest_site_km", "Distance of the nearest site", "Distance to the nearest waste site.", "km"),
        _text("likely_elements", "Likely companions", "Elements likely from the host commodity; likely is not measured."),
        _text("missing", "What is missing", "What must be known before the block can be scored in full."),
        _number("p_top10_se", "P(top 10), s.e.", "Monte-Carlo standard error of P(top 10) (Wilson at 0 and 1)."),
        _number("p_top20_se", "P(top 20), s.e.", "Monte-Carlo standard error of P(top 20) (Wilson at 0 and 1)."),
        _REDISTRIBUTE,
    ),
    key=("block_id",),
    geometry="MULTIPOLYGON",
)  # fmt: skip

WASTE_SITES_OUT = Contract(
    "waste_sites",
    "Waste sites",
    "Tailings ponds, dumps, red-mud ponds, ash dykes and gypsum stacks of the register. A site without a position has an empty geometry.",
    (
        _SITE_ID,
        _text("name", "Name", "Name of the site."),
        _text("operator", "Operator", "Who runs or owned it, as the source says."),
        _text("state", "State", "State or union territory."),
        _text("district", "District", "District."),
        _text("waste_type_code", "Waste type", "Code of the waste type; the treatment route follows from it."),
        _text("waste_type_text", "Waste", "The waste in the source's words."),
        _text("host_commodity", "Host commodity", "What the mine or plant produced."),
        _text("route_code", "Route", "Treatment route by which it is valued."),
        *_range("tonnage_t", "Tonnage", "Dry tonnage of the site", "t"),
        _text("tonnage_basis", "Basis of the tonnage", "published, derived, capacity or none."),
        _number("tonnage_as_of_year", "Tonnage as of", "Calendar year of the tonnage; a stock has a date.", "year", "integer"),
        _CLASS,
        _GEOMETRY_BASIS,
        _number("position_accuracy_m", "Accuracy of the position", "Radius within which the true position lies.", "m"),
        _number("is_transported", "Transported waste", "True: the waste says nothing of the ground under it.", "", "boolean"),
        _text("lease_status", "Lease", "operator, third_party, state, none or unknown, only where a source says."),
        _text("gate", "Legal gate", "Gate, court bar or condition, with its source."),
        _text("quantified", "Quantified", "yes, or why the site is listed and not ranked."),
        _text("likely_elements", "Likely companions", "Elements likely from the host commodity; likely is not measured."),
        _text("flags", "Flags", "What to be careful about."),
        _text("notes", "Notes", "Notes of the register."),
        _SOURCES,
        _REDISTRIBUTE,
    ),
    key=("site_id",),
    geometry="POINT",
)  # fmt: skip

WASTE_FOOTPRINTS_OUT = Contract(
    "waste_footprints",
    "Waste footprints",
    "Outlines of waste sites where they are mapped.",
    (_SITE_ID, _text("name", "Name", "Name of the site."), _number("area_ha", "Area", "Area of the outline, equal-area.", "ha"), _SOURCE, _REDISTRIBUTE),
    key=("site_id",),
    geometry="MULTIPOLYGON",
)  # fmt: skip

SURVEY_SHEETS = Contract(
    "survey_sheets",
    "Survey of India sheets",
    "1:50,000 sheets by the numbering formula, as context.",
    (
        _text("sheet", "Sheet", "Sheet number, such as 55O/12.", required=True, nullable=False),
        _number("n_samples", "Samples", "Stream-sediment samples inside, where the layer is connected.", "", "integer"),
        _number("fertility_axis", "Fertility", "Fertility of the ground, 0 to 1.", "0-1"),
        _number("rank_fertility", "Rank by fertility", "Place by fertility among the sheets.", "", "integer"),
    ),
    key=("sheet",),
    geometry="MULTIPOLYGON",
)

STATE_LABELS = Contract(
    "state_labels",
    "State names",
    "A name on the map at the median position of a state's blocks and sites; no boundary is drawn.",
    (
        _text("state", "State", "State or union territory, as the sources name it.", required=True, nullable=False),
        _number("n_places", "Blocks and sites", "Blocks and sites of the state.", "", "integer"),
    ),
    key=("state",),
    geometry="POINT",
)

ANOMALIES = Contract(
    "anomalies",
    "Geochemical anomalies",
    "Samples above the threshold of an element; the threshold and its method stand in the row.",
    (
        _text("anomaly_id", "Anomaly", "Identifier of the anomaly; the key.", required=True, nullable=False),
        _text("sample_id", "Sample", "Sample of the stream-sediment layer."),
        _text("sheet", "Sheet", "Survey of India sheet."),
        _ELEMENT,
        _number("value_ppm", "Value", "Measured value.", "ppm"),
        _number("threshold_ppm", "Threshold", "Above it the value is anomalous.", "ppm"),
        _number("ratio", "Value over threshold", "How far above.", "x"),
        _text("method", "Method", "Threshold method, such as median + 2 MAD on log10, or Tukey's fence."),
        _text("state", "State", "State or union territory."),
        _SOURCE,
        _REDISTRIBUTE,
    ),
    key=("anomaly_id",),
    geometry="POINT",
)

OCCURRENCES_OUT = Contract(
    "occurrences",
    "Mineral occurrences",
    "Known mineral occurrences of the survey layers.",
    (
        _text("occurrence_id", "Occurrence", "Identifier; the key.", required=True, nullable=False),
        _text("name", "Name", "Name or locality."),
        _text("commodity", "Commodity", "Lower case, semicolon between commodities."),
        _text("size_class", "Size class", "As the source gives it."),
        _text("state", "State", "State or union territory."),
        _SOURCE,
        _REDISTRIBUTE,
    ),
    key=("occurrence_id",),
    geometry="POINT",
)

SITE_SHARES = Contract(
    "site_shares",
    "Sites of a block",
    "How much of each site lies inside a block, and how much is near it. Within a kind, inside + near + unallocated = the site.",
    (
        _BLOCK_REF,
        _SITE_REF,
        _text("kind", "Kind of block", "Kind of the block.", vocabulary=KINDS),
        _number("inside", "Share inside", "Share of the site inside the block; this is scored.", "0-1", reject=_SHARE),
        _number("near", "Share near", "Share within reach of the block; reported, not scored.", "0-1", reject=_SHARE),
        _number("distance_km", "Distance", "From the block's outline to the site; 0 inside.", "km"),
        _text("site_name", "Site", "Name of the site."),
    ),
    key=("block_id", "site_id"),
)

ELEMENT_POTENTIAL = Contract(
    "element_potential",
    "Elements of a block",
    "Metal in the block's waste, contained and recoverable, in kilograms of the element.",
    (
        _BLOCK_REF,
        _ELEMENT,
        *_range("contained_kg", "Contained", "Metal in the waste", "kg"),
        *_range("recoverable_kg", "Recoverable", "Metal that the route can recover", "kg"),
        _number("revenue_share", "Share of revenue", "Mean share of the project's revenue.", "0-1"),
        _number("is_in_basket", "In the basket", "True if the element counts in the region's basket.", "", "boolean"),
        _number(
            "is_sold",
            "Sold by the route",
            "True if the route sells the element; only then is it worth anything.",
            "",
            "boolean",
        ),
        _text("note", "Note", "Why an element has no recovery or value."),
    ),
    key=("block_id", "element"),
)

SITE_POTENTIAL = Contract(
    "site_potential",
    "Economics of the sites",
    "Tonnage, unit value, unit cost and margin of every quantified site.",
    (
        _SITE_REF,
        _text("name", "Name", "Name of the site."),
        _text("route_code", "Route", "Treatment route."),
        *_range("tonnage_t", "Tonnage", "Dry tonnage", "t"),
        *_range("unit_value_usd_per_t", "Unit value", "What a tonne of waste sells for by the route", "USD/t"),
        *_range("unit_cost_usd_per_t", "Unit cost", "Operating cost, treatment charges and haulage per tonne of waste", "USD/t"),
        *_range("margin_usd_per_t", "Margin", "Unit value minus unit cost", "USD/t"),
        _number("p_margin_positive", "P(margin > 0)", "Share of the draws in which the project pays.", reject=_SHARE),
        _number("breakeven_price_multiple", "Break-even price multiple", "Cost over value; blank where nothing is sold.", "x"),
        _number("processed_t_p50", "Tonnage processed, P50", "Tonnage processed over the life under the market cap, median.", "t"),
        *_range("net_value_usd", "Net value of the project", "Net value over the life, all products", "USD"),
        *_range("basket_net_value_usd", "Net value of the basket", "Net value over the life, the basket's share", "USD"),
        _number("basket_revenue_share", "Basket's share of revenue", "Mean share of revenue from basket elements.", "0-1"),
        _text("margin_basis", "Kind of margin", "undiscounted operating margin, or with capital spread over the life."),
        _text("cost_basis", "Basis of the cost", "published, derived or expert_default."),
        _text("top_elements", "Main elements", "The elements that earn most, with their share of revenue."),
        _text("not_valued", "Not valued", "Products named by the route that lack a recovery or a payability."),
        _CLASS,
        _text("flags", "Flags", "What to be careful about."),
        _SOURCES,
    ),
    key=("site_id",),
)  # fmt: skip

SITE_ELEMENTS = Contract(
    "site_elements",
    "Elements of a site",
    "Grade and metal of every quantified site, element by element.",
    (
        _SITE_REF,
        _ELEMENT,
        *_range("grade_ppm", "Grade", "Grade of the element", "ppm"),
        *_range("contained_kg", "Contained", "Metal in the waste", "kg"),
        *_range("recoverable_kg", "Recoverable", "Metal that the route can recover", "kg"),
        _number("revenue_share", "Share of revenue", "Mean share of the project's revenue.", "0-1"),
        _text("basis", "Basis of the grade", "assay, recovered, mass_balance, proxy, national_range or profile."),
        _CLASS,
        _SOURCE,
    ),
    key=("site_id", "element"),
)

BASKET_RANKS = Contract(
    "basket_ranks",
    "Ranks by basket",
    "The ranking repeated for every basket and price deck.",
    (
        _BLOCK_REF,
        _text("basket", "Basket", "Set of elements that counts.", nullable=False),
        _text("price_deck", "Price deck", "Year of the prices."),
        _text("kind", "Kind of block", "Kind of the block.", vocabulary=KINDS),
        _text("status", "Status", "Status under this basket.", vocabulary=STATUSES),
        _number("rank", "Rank", "Place 1..N within the kind, by mean score.", "", "integer"),
        *_RANKS,
        *_SCORES,
        *_range("net_value_usd", "Net value of the basket", "Net value over the life, the basket's share", "USD"),
    ),
    key=("basket", "price_deck", "block_id"),
)

SAMPLE_NEXT = Contract(
    "sample_next",
    "What to sample next",
    "Value of information: how much the spread of a block's rank shrinks if a figure goes one knowledge class up.",
    (
        _number("priority", "Priority", "1 is the most useful thing to measure.", "", "integer"),
        _BLOCK_REF,
        _SITE_REF,
        _text("kind", "Kind of block", "Kind of the block.", vocabulary=KINDS),
        _text("measure", "What to measure", "tonnage, grade, or both."),
        _text("class_now", "Class now", "Knowledge class today.", vocabulary=KNOWLEDGE_CLASSES),
        _text("class_after", "Class after", "Knowledge class after the work.", vocabulary=KNOWLEDGE_CLASSES),
        _number("rank_spread_now", "Rank spread now", "Rank P95 minus rank P05 today.", "places"),
        _number("rank_spread_after", "Rank spread after", "Expected rank P95 minus rank P05 after the work.", "places"),
        _number("shrinkage_pct", "Shrinkage", "By how much the spread is expected to shrink.", "%"),
        _text("advice", "Advice", "In words."),
    ),
    key=("priority", "block_id", "site_id", "measure"),
)

ROBUSTNESS = Contract(
    "robustness",
    "Robustness of the ranking",
    "The ranking repeated under other assumptions and compared with the published one.",
    (
        _text("kind", "Kind of block", "Kind of the blocks compared.", vocabulary=KINDS),
        _text("test", "Test", "What was changed.", nullable=False),
        _text("setting", "Setting", "To what."),
        _number("n_blocks", "Blocks", "Blocks compared.", "", "integer"),
        _number("kendall_tau", "Kendall's tau", "Agreement of the two orders, 1 is the same."),
        _number("jaccard", "Jaccard of the top k", "Overlap of the two top-k sets."),
        _number("k", "k", "Size of the compared top sets, min(20, n/4).", "", "integer"),
        _number("is_robust", "Robust", "False if tau or Jaccard is below 0.6.", "", "boolean"),
        _text("note", "Note", "What the result means."),
    ),
    key=("kind", "test", "setting"),
)

RANK_ACCEPTABILITY = Contract(
    "rank_acceptability",
    "Rank acceptability",
    "Share of random weight vectors (Dirichlet) under which a block reaches a place.",
    (
        _BLOCK_REF,
        _KIND,
        _number("p_first", "P(first)", "Share of the weight vectors that put the block first.", reject=_SHARE),
        _number("p_top10", "P(top 10)", "Share of the weight vectors that put it among the first ten.", reject=_SHARE),
        _number(
            "p_top20", "P(top 20)", "Share of the weight vectors that put it among the first twenty.", reject=_SHARE
        ),
        _number("rank_best", "Best rank", "Best place over all weight vectors."),
        _number("rank_worst", "Worst rank", "Worst place over all weight vectors."),
        _number("rank_mean", "Mean rank", "Mean place over all weight vectors."),
    ),
    key=("kind", "block_id"),
)

QUARANTINE = Contract(
    "quarantine",
    "Quarantine",
    "Rows that were held back, and why: rows in = rows kept + rows quarantined.",
    (
        _text("source", "Source", "Source card or file."),
        _text("layer", "Layer", "Layer or table."),
        _text("row", "Row", "Identifier or number of the row in its source."),
        _text("field", "Field", "Field that failed."),
        _text("value", "Value", "The value as it stood in the source."),
        _text("reason", "Reason", "Why the row was held, and what to do."),
    ),
    key=("source", "layer", "row", "field", "value", "reason"),
)

RUN_INFO = Contract(
    "run_info",
    "About this run",
    "Region, configuration hash, seed, draws, input hashes, versions, price-deck date.",
    (
        _text("key", "Key", "What is told.", required=True, nullable=False, unique=True),
        _text("value", "Value", "What it is."),
    ),
    key=("key",),
)

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
        SITE_ELEMENTS,
        BASKET_RANKS,
        SAMPLE_NEXT,
        ROBUSTNESS,
        RANK_ACCEPTABILITY,
        QUARANTINE,
        RUN_INFO,
    )
}
OUTPUT_CONTRACTS: dict[str, Contract] = {**OUTPUT_LAYERS, **OUTPUT_TABLES}
