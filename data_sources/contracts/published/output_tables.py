"""The published tables without geometry, column by column.

Belongs here: a table's columns. Does not belong here: how a figure is computed.
"""

from __future__ import annotations

from data_sources.contracts.contract import Contract
from data_sources.contracts.published.output_fields import (
    BLOCK_REF,
    CLASS,
    ELEMENT,
    KIND,
    KINDS,
    KNOWLEDGE_CLASSES,
    PROSPECTS,
    RANKS,
    SCORES,
    SHARE,
    SITE_REF,
    SOURCE,
    SOURCES,
    TONNAGE_STATED,
    number,
    span,
    text,
)

SITE_SHARES = Contract(
    "site_shares",
    "Sites of a block",
    "How much of each site lies inside a block, and how much is near it. Within a kind, inside + near + unallocated = the site.",
    (
        BLOCK_REF,
        SITE_REF,
        text("kind", "Kind of block", "Kind of the block.", vocabulary=KINDS),
        number("inside", "Share inside", "Share of the site inside the block; this is scored.", "0-1", reject=SHARE),
        number("near", "Share near", "Share within reach of the block; reported, not scored.", "0-1", reject=SHARE),
        number("distance_km", "Distance", "From the block's outline to the site; 0 inside.", "km"),
        text("relation", "Relation", "inside or near."),
        text("share_basis", "Basis of the share", "footprint, point with drawn position, or the block's own site."),
        number("tonnage_inside_t_mean", "Tonnage inside, mean", "Mean dry tonnage of the site inside the block.", "t"),
        number("revenue_share", "Share of revenue", "Mean share of the block's revenue from this site.", "0-1"),
    ),
    key=("block_id", "site_id"),
)

ELEMENT_POTENTIAL = Contract(
    "element_potential",
    "Elements of a block",
    "Metal in the block's waste, contained and recoverable, in kilograms of the element.",
    (
        BLOCK_REF,
        ELEMENT,
        *span("contained_kg", "Contained", "Metal in the waste", "kg"),
        *span("recoverable_kg", "Recoverable", "Metal that the route can recover", "kg"),
        number(
            "revenue_share",
            "Share of revenue",
            "Mean share of the project's revenue, net of royalty and freight.",
            "0-1",
        ),
    ),
    key=("block_id", "element"),
)

SITE_POTENTIAL = Contract(
    "site_potential",
    "Economics of the sites",
    "Tonnage, prospect, net present value and needed price multiple of every site, or why there is none.",
    (
        SITE_REF,
        text("name", "Name", "Name of the site."),
        text("waste_type_code", "Waste type", "Code of the waste type."),
        text("route_code", "Route", "Treatment route by which it is valued."),
        text("status", "Status", "QUANTIFIED, UNQUANTIFIED, EXCLUDED, GATED or LEASED."),
        text("status_reason", "Legal gate", "Gate, court bar or condition, with its source."),
        text("reason_unquantified", "Why not quantified", "What is missing for a figure."),
        CLASS,
        text("tonnage_class", "Class of the tonnage", "Knowledge class of the tonnage alone."),
        number("is_screening_only", "Screening only", "True: an order of magnitude for a reader; it does not rank.", "", "boolean"),
        TONNAGE_STATED,
        *span("tonnage_t", "Tonnage", "Dry tonnage", "t"),
        text("prospect", "Prospect", "PAYS, MAY_PAY or NEEDS_MORE, of the project with all its metals.", vocabulary=PROSPECTS),
        text("main_product", "Main product", "Metal with the largest mean net revenue."),
        number("p_pays", "P(pays)", "Share of the draws in which the project has a net present value above 0.", reject=SHARE),
        number("p_pays_if_built_today", "P(pays), built today", "The same at one plant size fixed for all draws.", reject=SHARE),
        *span("npv_usd", "Net present value of the project", "Net present value of the best plant", "USD"),
        number("price_multiple_needed", "Price multiple needed, P50 (median)", "Factor on all net prices at which it breaks even; blank where nothing is sold.", "x"),
        number("capital_usd_p50", "Capital, P50 (median)", "Capital of the plant, median over the draws that pay.", "USD"),
        number("plant_mtpa_p50", "Plant, P50 (median)", "Size of the plant, median over the draws that pay.", "Mt/a"),
        text("class_tonnage", "Class of the tonnage", "Knowledge class of the tonnage.", vocabulary=KNOWLEDGE_CLASSES),
        text("class_grade", "Class of the grade", "Knowledge class of the main product's grade.", vocabulary=KNOWLEDGE_CLASSES),
        text("class_recovery", "Class of the recovery", "Knowledge class of the recovery.", vocabulary=KNOWLEDGE_CLASSES),
        text("class_cost", "Class of the cost", "Knowledge class of the cost.", vocabulary=KNOWLEDGE_CLASSES),
        text("class_price", "Class of the price", "Knowledge class of the price.", vocabulary=KNOWLEDGE_CLASSES),
        text("top_elements", "Main elements", "The elements that earn most, with their share of revenue."),
        text("assayed_elements", "Assayed elements", "Elements and totals with a usable grade; of a total, in brackets, the elements that it is split into and by which profile: those nobody assayed."),
        text("upper_limits", "Upper limits", "Elements known only as less than; not valued."),
        text("not_valued", "Not valued", "Figures and products that earn nothing, and elements without a premium for supply security, each with the reason."),
        text("likely_elements", "Likely companions", "Elements likely from the host commodity; likely is not measured."),
        text("flags", "Flags", "What to be careful about."),
        SOURCES,
    ),
    key=("site_id",),
)  # fmt: skip

MASS_BALANCE = Contract(
    "mass_balance",
    "Mass balance",
    "For each kind of block: inside + near + unallocated = all sites.",
    (
        text("kind", "Kind of block", "Kind of the blocks.", vocabulary=KINDS),
        text(
            "quantity",
            "Quantity",
            "tonnes, contained_kg or gain_usd (means; the gain is the net present value where it is above 0).",
            nullable=False,
        ),
        number("inside", "Inside", "Inside blocks of the kind."),
        number("near", "Near", "Within reach of blocks of the kind; not scored."),
        number("unallocated", "Unallocated", "Neither."),
        number("total", "All sites", "Of all sites."),
    ),
    key=("kind", "quantity"),
)

PRICE_DECKS = Contract(
    "price_decks",
    "Two price decks",
    "The ranking under the chosen price deck and under the other one.",
    (
        BLOCK_REF,
        text("kind", "Kind of block", "Kind of the block.", vocabulary=KINDS),
        text("deck", "Price deck", "Price deck of the ranking."),
        text("other_deck", "Other deck", "The price deck it is compared with."),
        number("rank", "Rank", "Place under the price deck.", "", "integer"),
        number("rank_other_deck", "Rank, other deck", "Place under the other deck.", "", "integer"),
        number("score_mean", "Score, mean", "Mean score.", "0-100"),
        number("score_mean_other_deck", "Score, mean, other deck", "Mean score under the other deck.", "0-100"),
        number("p_pays", "P(pays)", "Share of the draws in which it pays.", reject=SHARE),
        number("p_pays_other_deck", "P(pays), other deck", "The same under the other deck.", reject=SHARE),
        number("npv_usd_p50", "Net present value of the project, P50 (median)", "Median.", "USD"),
        number(
            "npv_usd_p50_other_deck",
            "Net present value of the project, P50 (median), other deck",
            "Median under the other deck.",
            "USD",
        ),
    ),
    key=("block_id",),
)

SITE_ELEMENTS = Contract(
    "site_elements",
    "Elements of a site",
    "Grade and metal of every quantified site, element by element.",
    (
        SITE_REF,
        ELEMENT,
        *span("grade_ppm", "Grade", "Grade of the element", "ppm"),
        *span("contained_kg", "Contained", "Metal in the waste", "kg"),
        *span("recoverable_kg", "Recoverable", "Metal that the route can recover", "kg"),
        number(
            "revenue_share",
            "Share of revenue",
            "Mean share of the project's revenue, net of royalty and freight.",
            "0-1",
        ),
        text("basis", "Basis of the grade", "assay, recovered, mass_balance, proxy, national_range or profile."),
        CLASS,
        SOURCE,
    ),
    key=("site_id", "element"),
)

BLOCK_EVIDENCE = Contract(
    "block_evidence",
    "Evidence of a block",
    "What the fertility of a block is made of: every survey evidence band over the block, beside the region's ground.",
    (
        BLOCK_REF,
        text("evidence", "Evidence", "Name of the band in the evidence raster.", nullable=False),
        text("title", "What it is", "The band in words."),
        text("unit", "Unit", "Unit of the mean and the maximum."),
        text("role", "Role", "evidence; warning (explains rare earths away); result (posterior, its s.d., held out)."),
        number("mean", "Mean", "Area-weighted mean over the block, exact partial cells."),
        number("maximum", "Maximum", "Largest value of a cell that the block touches."),
        number("percentile", "Percentile", "Share of the region's ground with a lower value than the block's mean.", "0-1", reject=SHARE),
        number("coverage_pct", "Covered", "Share of the block's area that the band covers.", "%"),
    ),
    key=("block_id", "evidence"),
)  # fmt: skip

BASKET_RANKS = Contract(
    "basket_ranks",
    "Ranks by basket",
    "The ranking repeated for every basket.",
    (
        text("basket", "Basket", "Set of elements that counts.", nullable=False),
        BLOCK_REF,
        text("kind", "Kind of block", "Kind of the block.", vocabulary=KINDS),
        number("rank", "Rank", "Place 1..N within the kind, by mean score.", "", "integer"),
        *RANKS,
        SCORES[0],
    ),
    key=("basket", "block_id"),
)

SAMPLE_NEXT = Contract(
    "sample_next",
    "What to sample next",
    "Campaigns by expected value of sample information less cost, then those not worth their cost, then sites that lack a "
    "figure: those have no worth, for no number is made up for them.",
    (
        number("priority", "Priority", "1 is the campaign of the largest net worth.", "", "integer"),
        SITE_REF,
        text("name", "Name", "Name of the site."),
        text("block_id", "Block", "The site's own block."),
        text("kind", "Kind of block", "Kind of the block.", vocabulary=KINDS),
        text("effect", "Effect", "worth its cost, not worth its cost, or would become quantified."),
        text("campaign", "Campaign", "tonnage_and_grade, test, or both; blank where a figure is lacking."),
        text("step", "Step", "What it raises, from which class to which."),
        number("cost_usd", "Cost", "Expected cost of the campaign.", "USD"),
        number("cost_inr_lakh", "Cost, rupees", "The same, the next whole lakh.", "INR lakh", "integer"),
        number("worth_usd", "Worth", "Expected gain in net present value from deciding after the campaign instead of before it; never negative.", "USD"),
        number("net_worth_usd", "Net worth", "Worth less cost.", "USD"),
        number("is_in_budget", "In the budget", "True: of the set of largest total net worth within ranking.budget_inr_crore, at most one campaign a site.", "", "boolean"),
        number("p_pays", "P(pays), now", "Share of the draws in which it pays as it is known today.", reject=SHARE),
        number("p_outcomes_that_pay", "Outcomes that pay", "Share of the campaign's outcomes after which it pays in 10 % of the draws or more.", reject=SHARE),
        text("advice", "Advice", "In words."),
        text("sources", "Source of the cost", "Where the cost comes from, and whether it was seen."),
    ),
    key=("priority", "site_id"),
)  # fmt: skip

ROBUSTNESS = Contract(
    "robustness",
    "Robustness of the ranking",
    "The ranking repeated under other assumptions and compared with the published one, and the verdict on each kind.",
    (
        text("kind", "Kind of block", "Kind of the blocks compared.", vocabulary=KINDS),
        text("test", "Test", "What was changed; 'verdict' is the judgement on the whole.", nullable=False),
        number("n_blocks", "Blocks", "Blocks compared.", "", "integer"),
        number("n_new", "New blocks", "Blocks that are ranked only under the other assumption.", "", "integer"),
        number("kendall_tau", "Kendall's tau", "Agreement of the two orders, 1 is the same."),
        number("jaccard", "Jaccard of the top k", "Overlap of the two top-k sets."),
        number("k", "k", "Size of the compared top sets, min(20, n/4).", "", "integer"),
        number("is_robust", "Robust", "False if tau or Jaccard is below 0.6.", "", "boolean"),
        text("note", "Note", "What the result means."),
    ),
    key=("kind", "test"),
)

RANK_ACCEPTABILITY = Contract(
    "rank_acceptability",
    "Rank acceptability",
    "Share of 10,000 random weights of the ground (0 to 0.4), each with its own draw, under which a block reaches a place.",
    (
        BLOCK_REF,
        KIND,
        number("p_first", "P(first)", "Share of the weights that put the block first.", reject=SHARE),
        number("p_top10", "P(top 10)", "Share of the weights that put it among the first ten.", reject=SHARE),
        number("p_top20", "P(top 20)", "Share of the weights that put it among the first twenty.", reject=SHARE),
        number("rank_p05", "Rank P05 (best place)", "Best place in nineteen of twenty weights. Rank P05 is the best place."),
        number("rank_p50", "Rank P50 (median)", "Median place over the weights."),
        number("rank_p95", "Rank P95 (worst place)", "Worst place in nineteen of twenty weights."),
        number("rank_mean", "Mean rank", "Mean place over all weights."),
    ),
    key=("kind", "block_id"),
)  # fmt: skip

WHAT_MOVES = Contract(
    "what_moves",
    "What moves P(pays)",
    "One thing at a time held at its own P10 or P90 instead of drawn, all else drawn; and the factor on it alone at which "
    "half of the draws pay. Of the block's main site as one project; P10 is the low case of the factor.",
    (
        BLOCK_REF,
        SITE_REF,
        text("factor", "Factor", "price, grade, recovery, tonnage, operating cost, capital, or route (P10: it fails, P90: it works).", nullable=False),
        number("p_pays", "P(pays)", "As published, in the draws of this table.", reject=SHARE),
        number("p_pays_at_p10", "P(pays), factor at P10 (low)", "Share of the draws that pay with the factor at its low case.", reject=SHARE),
        number("p_pays_at_p90", "P(pays), factor at P90 (high)", "The same at its high case.", reject=SHARE),
        number("swing", "Swing", "Difference of the two.", reject=SHARE),
        number("factor_needed", "Needed factor", "Times its drawn value at which half of the draws pay; blank where none from a hundredth to a hundred suffices.", "x"),
        text("said", "In words", "The row in a sentence."),
    ),
    key=("block_id", "factor"),
)  # fmt: skip

WHAT_IF = Contract(
    "what_if",
    "Inputs of the page's levers",
    "What the page needs to make the ranking again under other prices, costs, weights or gates: inputs and keys of the "
    "draws as JSON, no results.",
    (
        text("part", "Part", "model, gates_on or gates_off.", required=True, nullable=False, unique=True),
        text("content", "Content", "JSON; keys of streams are four words of 32 bits in hexadecimal, null is infinity."),
    ),
    key=("part",),
)

QUARANTINE = Contract(
    "quarantine",
    "Quarantine",
    "Rows that were held back, and why: rows in = rows kept + rows quarantined.",
    (
        text("source", "Source", "Source card or file."),
        text("layer", "Layer", "Layer or table."),
        text("row", "Row", "Identifier or number of the row in its source."),
        text("row_name", "Name of the row", "Identifier and name that the row has in its source, where it has a name."),
        text("field", "Field", "Field that failed."),
        text("value", "Value", "The value as it stood in the source."),
        text("reason", "Reason", "Why the row was held, and what to do."),
    ),
    key=("source", "layer", "row", "field", "value", "reason"),
)

DATA_QUALITY = Contract(
    "data_quality",
    "Data quality",
    "What was found in each source and what was done about it: rows in and kept, units against the crust, censored "
    "values, derived columns, flags. A wrong unit is held until the source card says what it is.",
    (
        text("source", "Source", "Source card or file."),
        text("layer", "Layer", "Layer or table."),
        text(
            "finding",
            "Finding",
            "rows, unit, censored, derived column, held column, unused columns, merged, flag, absent, empty and the like.",
            nullable=False,
        ),
        text("field", "Field", "Column that the finding is about."),
        number("rows", "Rows", "Rows concerned.", "", "integer"),
        text("detail", "Detail", "In words."),
    ),
    key=("layer", "source", "finding", "field", "detail"),
)

RUN_INFO = Contract(
    "run_info",
    "About this run",
    "Region, configuration hash, seed, draws, input hashes, versions, price-deck date.",
    (
        text("key", "Key", "What is told.", required=True, nullable=False, unique=True),
        text("value", "Value", "What it is."),
    ),
    key=("key",),
)
