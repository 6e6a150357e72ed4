"""The published layers, column by column: blocks, sites, outlines, and the layers that give context.

Belongs here: a layer's columns. Does not belong here: how a figure is computed or drawn.
"""

from __future__ import annotations

from dataclasses import replace

from data_sources.contracts.contract import Contract
from data_sources.contracts.published.output_fields import (
    BLOCK_ID,
    CLASS,
    GEOMETRY_BASIS,
    HIGH,
    KIND,
    LOW,
    PERCENT,
    RANKS,
    REDISTRIBUTE,
    SCORES,
    SHARE,
    SITE_ID,
    SOURCE,
    SOURCES,
    STATUS,
    number,
    span,
    text,
)

RANKED_BLOCKS = Contract(
    "ranked_blocks",
    "Ranked blocks",
    "Blocks of mine waste and auction blocks, ranked by critical-mineral potential within their kind, with intervals. "
    "P10 is the low case, P90 the high case; rank P05 is the best place, rank P95 the worst. A row that is not RANKED "
    "carries no rank. A blank is not known, never zero.",
    (
        BLOCK_ID,
        text("name", "Name", "Name of the block as its source gives it."),
        KIND,
        text("state", "State", "State or union territory, as the source names it."),
        text("district", "District", "District, as the source names it."),
        text("minerals", "Minerals", "Minerals or host commodity that the source states."),
        number("area_ha", "Area", "Area in an equal-area projection or as published; blank where no outline is mapped.", "ha"),
        GEOMETRY_BASIS,
        STATUS,
        text("status_reason", "Why this status", "The fact behind the status, with its source."),
        number("rank", "Rank", "Place 1..N within the kind, by mean score; only for RANKED blocks.", "", "integer"),
        number("rank_all_recoverable", "Rank, all recoverable metals", "Place when every metal a route sells counts, not only the basket's; blank where ranking.baskets leaves the basket out, or rank is its place.", "", "integer", optional=True),
        number("rank_fertility", "Rank by fertility", "Place by the fertility of the ground; only for UNQUANTIFIED blocks.", "", "integer"),
        number("rank_magnet_ree", "Rank, magnet rare earths", "Place when Nd Pr Sm Gd Tb Dy Ho count; blank where ranking.baskets leaves the basket out, or rank is its place.", "", "integer", optional=True),
        number("rank_china_seven", "Rank, China's seven", "Place when Sm Gd Tb Dy Lu Sc Y count (export licence of 2025-04-04, not suspended in November 2025); blank where ranking.baskets leaves the basket out, or rank is its place.", "", "integer", optional=True),
        *RANKS,
        *SCORES,
        number("value_axis", "Value axis", "Mean of the value axis V, 0 to 1, continuous across break-even.", "0-1", reject=SHARE),
        number("strategic_axis", "Strategic axis", "Mean of the strategic axis S, 0 to 1: years of world supply weighted by supply risk.", "0-1", reject=SHARE),
        number("fertility_axis", "Fertility axis", "Fertility of the ground F, 0 to 1; blank where no survey layer is connected or F does not apply.", "0-1", reject=SHARE),
        number("modifier", "Modifier", "Soft multiplier on the score for forest, eco-sensitive zone or settlement; 1 is none.", "0.3-1"),
        number("contribution_value", "Points from value", "Mean points that the value axis gives to the score.", "points"),
        number("contribution_strategic", "Points from strategic need", "Mean points that the strategic axis gives to the score.", "points"),
        number("contribution_fertility", "Points from fertility", "Mean points that fertility gives to the score.", "points"),
        *span("net_value_usd", "Net value of the basket", "Net value over the life, the basket's share, never added up over blocks", "USD"),
        *span("margin_usd_per_t", "Margin of the project", "Unit value minus unit cost of the whole project (undiscounted operating margin unless capital is known)", "USD/t"),
        number("p_margin_positive", "P(margin > 0)", "Share of the draws in which the project pays.", reject=SHARE),
        number("breakeven_price_multiple", "Break-even price multiple", "Cost over value: below 1 it pays today, 3 means that prices must triple; blank where nothing is sold.", "x"),
        number("tonnage_t_p50", "Tonnage, P50 (median)", "Median dry tonnage of the waste inside the block.", "t"),
        text("top_sites", "Main sites", "The sites that matter most, with their share and distance."),
        text("top_elements", "Main elements", "The elements that earn most, with their share of revenue."),
        CLASS,
        number("completeness_pct", "Completeness", "Share of the facts a full assessment needs that are known.", "%", reject=PERCENT),
        text("flags", "Flags", "What to be careful about, semicolon between flags."),
        text("explanation", "Explanation", "In words: why the block stands where it stands."),
        SOURCES,
        text("site_id", "Own waste site", "For a waste block: the site it is made of."),
        text("lease_status", "Lease", "operator, third_party, state, none or unknown, only where a source says."),
        text("nearest_site_id", "Nearest site", "Nearest waste site of the register, for a block without a quantified one."),
        number("nearest_site_km", "Distance of the nearest site", "Distance to the nearest waste site.", "km"),
        text("likely_companions", "Likely companions", "Elements likely from the host commodity; likely is not measured."),
        text("missing", "What is missing", "What must be known before the block can be scored in full."),
        number("fertility_axis_p10", "Fertility axis, P10 (low case)", f"Percentile at the posterior's low case. {LOW}.", "0-1", reject=SHARE),
        number("fertility_axis_p90", "Fertility axis, P90 (high case)", f"Percentile at the posterior's high case. {HIGH}.", "0-1", reject=SHARE),
        text("top_evidence", "Evidence that stands out", "The associations highest among the region's ground, with the share of it they exceed."),
        text("fertility_note", "About fertility", "Measured, drawn, missing or not applicable, and why."),
        number("tonnage_t_p10", "Tonnage, P10 (low case)", f"Dry tonnage of the waste inside the block. {LOW}.", "t"),
        number("tonnage_t_p90", "Tonnage, P90 (high case)", f"Dry tonnage of the waste inside the block. {HIGH}.", "t"),
        number("contained_critical_t_p50", "Critical metal contained, P50", "Sum of the medians of contained basket metal; contained, not recoverable.", "t"),
        *span("project_net_value_usd", "Net value of the project", "Net value over the life, all products, never added up over blocks", "USD"),
        number("net_value_inr_crore_p50", "Net value of the basket, P50 (median)", "The median in Indian money.", "INR crore"),
        number("breakeven_p10", "Break-even price multiple, P10 (low case)", "Cost over value, low case.", "x"),
        number("breakeven_p90", "Break-even price multiple, P90 (high case)", "Cost over value, high case.", "x"),
        number("capital_known", "Capital known", "False: the margin is an undiscounted operating margin.", "", "boolean"),
        number("p_top10_se", "P(top 10), s.e.", "Monte-Carlo standard error of P(top 10) (Wilson at 0 and 1)."),
        number("p_top20_se", "P(top 20), s.e.", "Monte-Carlo standard error of P(top 20) (Wilson at 0 and 1)."),
        replace(REDISTRIBUTE, description=f"{REDISTRIBUTE.description} Blank for a waste block: its site (layer waste_sites) says it.", optional=True),
    ),
    key=("block_id",),
    geometry="MULTIPOLYGON",
)  # fmt: skip

WASTE_SITES_OUT = Contract(
    "waste_sites",
    "Waste sites",
    "Tailings ponds, dumps, red-mud ponds, ash dykes and gypsum stacks of the register. A site without a position has an empty geometry.",
    (
        SITE_ID,
        text("name", "Name", "Name of the site."),
        text("operator", "Operator", "Who runs or owned it, as the source says."),
        text("state", "State", "State or union territory."),
        text("district", "District", "District."),
        text("waste_type_code", "Waste type", "Code of the waste type; the treatment route follows from it."),
        text("waste_type_text", "Waste", "The waste in the source's words."),
        text("host_commodity", "Host commodity", "What the mine or plant produced."),
        text("route_code", "Route", "Treatment route by which it is valued."),
        *span("tonnage_t", "Tonnage", "Dry tonnage of the site", "t"),
        CLASS,
        text("tonnage_class", "Class of the tonnage", "Knowledge class of the tonnage alone."),
        number("is_screening_only", "Screening only", "True: an order of magnitude for a reader; it does not rank.", "", "boolean"),
        text("position_basis", "Basis of the position", "How the position is known."),
        number("position_accuracy_m", "Accuracy of the position", "Radius within which the true position lies.", "m"),
        number("is_transported", "Transported waste", "True: the waste says nothing of the ground under it.", "", "boolean"),
        text("lease_status", "Lease", "operator, third_party, state, none or unknown, only where a source says."),
        text("status", "Status", "QUANTIFIED, UNQUANTIFIED, EXCLUDED, GATED or LEASED."),
        text("status_reason", "Legal gate", "Gate, court bar or condition, with its source."),
        text("reason_unquantified", "Why not quantified", "What is missing for a figure."),
        text("assayed_elements", "Assayed elements", "Elements with a usable grade."),
        text("likely_elements", "Likely companions", "Elements likely from the host commodity; likely is not measured."),
        text("flags", "Flags", "What to be careful about."),
        text("notes", "Notes", "Notes of the register."),
        SOURCES,
        REDISTRIBUTE,
    ),
    key=("site_id",),
    geometry="POINT",
)  # fmt: skip

WASTE_FOOTPRINTS_OUT = Contract(
    "waste_footprints",
    "Waste footprints",
    "Outlines of waste sites where they are mapped.",
    (SITE_ID, text("name", "Name", "Name of the site."), number("area_ha", "Area", "Area of the outline, equal-area.", "ha"), SOURCE, REDISTRIBUTE),
    key=("site_id",),
    geometry="MULTIPOLYGON",
)  # fmt: skip

SURVEY_SHEETS = Contract(
    "survey_sheets",
    "Survey of India sheets",
    "1:50,000 sheets by the numbering formula, as context.",
    (
        text("sheet", "Sheet", "Sheet number, such as 55O/12.", required=True, nullable=False),
        number(
            "n_samples",
            "Samples",
            "Stream-sediment samples inside, where the layer is connected.",
            "",
            "integer",
            optional=True,
        ),
        number(
            "fertility_axis",
            "Fertility",
            "Fertility of the ground: share of the region's ground that is less fertile; blank without survey layers.",
            "0-1",
            optional=True,
        ),
        number(
            "fertility_axis_p10",
            "Fertility, P10 (low case)",
            f"At the posterior's low case. {LOW}.",
            "0-1",
            optional=True,
        ),
        number(
            "fertility_axis_p90",
            "Fertility, P90 (high case)",
            f"At the posterior's high case. {HIGH}.",
            "0-1",
            optional=True,
        ),
        number(
            "rank_fertility", "Rank by fertility", "Place by fertility among the sheets.", "", "integer", optional=True
        ),
    ),
    key=("sheet",),
    geometry="MULTIPOLYGON",
)

STATE_LABELS = Contract(
    "state_labels",
    "State names",
    "A name on the map at the median position of a state's blocks and sites; no boundary is drawn.",
    (
        text("state", "State", "State or union territory, as the sources name it.", required=True, nullable=False),
        number("n_places", "Blocks and sites", "Blocks and sites of the state.", "", "integer"),
    ),
    key=("state",),
    geometry="POINT",
)

ANOMALIES = Contract(
    "anomalies",
    "Geochemical anomalies",
    "Stream-sediment samples that stand out for an association of elements, one row a sample and association.",
    (
        text("sample_id", "Sample", "Sample of the stream-sediment layer."),
        text("sheet", "Sheet", "Survey of India sheet."),
        text("association", "Association", "Elements that go together, such as rare earths or base metals."),
        number("z", "Robust z", "How many robust standard deviations above the median of log10 values."),
        text("anomaly_class", "Class", "above median + 2 MAD, or above the Tukey fence."),
        number(
            "masked_by_dump", "Below a dump", "True: a known dump's drainage may have made the sample.", "", "boolean"
        ),
        SOURCE,
        REDISTRIBUTE,
    ),
    key=("sample_id", "association"),
    geometry="POINT",
)

OCCURRENCES_OUT = Contract(
    "occurrences",
    "Mineral occurrences",
    "Known mineral occurrences of the survey layers.",
    (
        text("occurrence_id", "Occurrence", "Identifier; the key.", required=True, nullable=False),
        text("name", "Name", "Name or locality."),
        text("commodity", "Commodity", "Lower case, semicolon between commodities."),
        text("size_class", "Size class", "As the source gives it."),
        text("state", "State", "State or union territory."),
        SOURCE,
        REDISTRIBUTE,
    ),
    key=("occurrence_id",),
    geometry="POINT",
)
