"""The published layers, column by column: blocks, sites, outlines, and the layers that give context.

Belongs here: a layer's columns. Does not belong here: how a figure is computed or drawn.
"""

from __future__ import annotations

from data_sources.contracts.contract import Contract
from data_sources.contracts.published.output_fields import (
    CLASS,
    HIGH,
    LOW,
    REDISTRIBUTE,
    SITE_ID,
    SOURCE,
    SOURCES,
    TONNAGE_STATED,
    number,
    span,
    text,
)

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
        TONNAGE_STATED,
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
        text("assayed_elements", "Assayed elements", "Elements and totals with a usable grade; of a total, in brackets, the elements that it is split into and by which profile: those nobody assayed."),
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
    "Sheets by the numbering formula, as context: of 15 minutes (1:50,000, such as 55O/12), or over a wide region of one "
    "degree (1:250,000, such as 39A).",
    (
        text("sheet", "Sheet", "Sheet number, such as 55O/12, or 39A.", required=True, nullable=False),
        text("scale", "Scale", "Scale of the sheet: 1:50,000 or 1:250,000."),
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
