"""Contracts of the waste register: sites, footprints, tonnages, grades, constraints; every figure with its source."""

from __future__ import annotations

from data_sources.contracts.contract import Bounds, Contract, Field
from data_sources.contracts.parties import LESSEES, OPERATORS, OWNERS

KNOWLEDGE_CLASSES = ("G1", "G2", "G3", "G4", "analogue", "default", "none")
TONNAGE_BASIS = ("published", "derived", "plan", "capacity", "none")
GRADE_BASIS = (
    "assay",
    "recovered",
    "mass_balance",
    "proxy",
    "national_range",
    "upper_limit",
    "subfraction",
    "withdrawn",
    "head_grade",
    "plan",
)
GATE_CODES = ("hard", "conditional", "leased", "soft", "check", "info")
LEASE_STATUS = ("operator", "third_party", "state", "none", "unknown")
TEST_LEVELS = ("none", "bench", "pilot", "plant")
MINERAL_STATES = ("unknown", "free", "oxidised", "fine_sulphide", "refractory")
MASS_BASIS = ("dry", "wet")
TREE_INCLUDES = ("none", "Y", "Sc", "Y+Sc", "unknown")

_MT = Bounds(0, 2000, "no single waste site of India holds two billion tonnes")
_TONNAGE = (
    "tonnage", "tonnage_mode", "tonnes", "quantity", "stock", "ash_stock", "ash_quantity", "quantity_of_waste", "waste_quantity",
    "tailings_quantity", "reserves", "resource", "resources", "qty", "k_tonnes",
)  # fmt: skip
_PPM = Bounds(0, 1_000_000, "a mass fraction lies between nothing and everything")


def _t(name: str, title: str, description: str, *aliases: str, **more: object) -> Field:
    return Field(name, "string", title, description, aliases=aliases, **more)  # type: ignore[arg-type]


def _n(name: str, title: str, description: str, unit: str = "", *aliases: str, **more: object) -> Field:
    return Field(name, "float", title, description, unit, aliases=aliases, **more)  # type: ignore[arg-type]


def _b(name: str, title: str, description: str) -> Field:
    return Field(name, "boolean", title, description)


_SOURCE = _t("source", "Source", "Where the facts of the row come from.")
_CONFIDENCE = _t("confidence", "Confidence", "Confidence as gathered, from high to very low.")
_ORIGIN = _t("origin_file", "Gathered in", "Table in which the row was gathered.")
_SITE_REF = _t("site_id", "Waste site", "Identifier of the waste site.", required=True, nullable=False)
_CLASS = _t(
    "knowledge_class",
    "Knowledge class",
    "G1 to G4 as in the MEMC Rules 2015 and UNFC, analogue (borrowed or derived), none.",
    vocabulary=KNOWLEDGE_CLASSES,
)

# The site comes last: where a register names both, the dumps of one site share its name.
_NAMES = tuple(
    spelling
    for thing, things in (
        ("dump", "dumps"),
        ("pond", "ponds"),
        ("facility", "facilities"),
        ("stack", "stacks"),
        ("dyke", "dykes"),
        ("dam", "dams"),
        ("tailings_pond", "tailings_ponds"),
        ("tailings_dam", "tailings_dams"),
        ("ash_pond", "ash_ponds"),
        ("site", "sites"),
    )
    for spelling in (f"{thing}_name", f"name_of_{thing}", f"name_of_the_{thing}", f"name_of_{things}")
)

WASTE_SITES = Contract(
    "waste_sites",
    "Waste sites",
    "Tailings ponds, dumps, red-mud ponds, ash dykes, gypsum stacks and overburden: one row a facility.",
    fields=(
        _t("site_id", "Waste site", "Identifier of the site; the key.", "id", "facility_id", required=True, nullable=False),
        _t("name", "Name", "Name of the site.", "tsf", *_NAMES, required=True, nullable=False),
        _t("operator", "Operator", "Operator or former operator; in a register without such a column, the lessee of its column, else the owner. A blank stays blank: it is not filled from another column.", *(s for s in (*OPERATORS, *LESSEES, *OWNERS) if s != "operator")),
        _t("state", "State", "State."),
        _t("district", "District", "District."),
        _n("lat", "Latitude", "Latitude, WGS84; missing where no position is known.", "degrees", "latitude", required=True, reject=Bounds(-90, 90, "a latitude")),
        _n("lon", "Longitude", "Longitude, WGS84; missing where no position is known.", "degrees", "longitude", required=True, reject=Bounds(-180, 360, "a longitude")),
        _n("position_accuracy_m", "Position accuracy", "Radius within which the site lies, with nine chances in ten.", "m", reject=Bounds(0, 500_000, "a radius inside India"), flag=Bounds(0, 25_000, "known to its district only")),
        _t("position_basis", "Position from", "How the position is known."),
        _t("waste_type_code", "Waste type", "Code of the waste, which decides the route.", required=True),
        _t("waste_type_text", "Waste", "The waste in words."),
        _t("host_commodity", "Host commodity", "What was mined, burnt or processed."),
        _t("route_code", "Route", "Processing route whose products and costs apply."),
        _t("test_level", "Tested", "How far the route was tested on this waste: none, bench, pilot, plant; missing is none.", vocabulary=TEST_LEVELS),
        _t("mineral_state", "State of the minerals", "What is known of the valuable minerals; missing is unknown.", vocabulary=MINERAL_STATES),
        _b("is_mill_standing", "A mill stands", "True: a plant that could take the waste stands at the site."),
        _n("product_freight_usd_per_t", "Freight of the product", "Freight of what is sold, per tonne of the metal in it.", "USD/t", reject=Bounds(0, 10_000, "a freight")),
        _t("project_basis", "Tests and plant from", "Where the level of tests, the state and the plant come from."),
        _n("plant_distance_km", "Distance of the plant", "Haul to a plant that is elsewhere.", "km", reject=Bounds(0, 3000, "a distance in India")),
        _b("is_transported", "Transported", "True: the waste says nothing of the ground under it (ash, red mud, gypsum)."),
        _t("is_transported_basis", "Transported because", "Why."),
        _t("lease_status", "Lease", "Whose lease the site lies on, where a source says.", vocabulary=LEASE_STATUS),
        _t("lease_basis", "Lease source", "The fact and its source."),
        _t("status_text", "Status", "State of the site as gathered."),
        _t("duplicate_of", "Duplicate of", "Site that this row repeats or is a part of: count it once."),
        _t("shares_complex_with", "Shares a complex with", "Site with which one tailings complex is shared: count it once."),
        _b("is_excluded", "Excluded", "True: never mapped, valued or ranked."),
        _t("exclusion_reason", "Excluded because", "Why."),
        _t("grades_text", "Grades as gathered", "Text; superseded by the table of grades."),
        _t("tonnage_text", "Tonnage as gathered", "Text; superseded by the table of tonnages."),
        _SOURCE,
        _t("source_seen", "Source seen", "Whether the source itself was read: yes, no, partly.", vocabulary=("yes", "no", "partly")),
        _CONFIDENCE,
        _t("notes", "Notes", "Free text.", "note"),
        _ORIGIN,
    ),
    key=("site_id",),
    geometry="POINT",
    positions_optional=True,
    outlines_too=True,
    notes=("A site without a position is kept with an empty geometry.",),
)  # fmt: skip

WASTE_FOOTPRINTS = Contract(
    "waste_footprints",
    "Waste footprints",
    "Mapped outlines of waste sites.",
    fields=(
        _SITE_REF,
        _n("area_ha", "Area", "Area on the WGS84 ellipsoid; computed where the source gives none.", "ha", "area", flag=Bounds(0.1, 5000, "the largest mapped dumps of India are some tens of square kilometres")),
        _SOURCE,
    ),
    geometry=("MULTIPOLYGON",),
)  # fmt: skip

TONNAGES = Contract(
    "tonnages",
    "Tonnages",
    "Every published or derived tonnage of a site; the preferred one is marked with its reason.",
    fields=(
        _t("tonnage_id", "Tonnage", "Identifier of the figure; the key.", nullable=False),
        _SITE_REF,
        _t("tonnage_scope", "Covers", "What the figure covers."),
        _t("quantity_kind", "Quantity of", "waste, or contained_monazite (mass of the mineral, not of the sand).", vocabulary=("waste", "contained_monazite")),
        _n("tonnage_min_mt", "Tonnage, minimum", "Lowest figure.", "million t, dry", reject=_MT, measured=("tonnage_min", "minimum_tonnage")),
        _n("tonnage_mode_mt", "Tonnage, most likely", "Most likely figure; missing where only a range is known.", "million t, dry", reject=_MT, measured=_TONNAGE),
        _n("tonnage_max_mt", "Tonnage, maximum", "Highest figure.", "million t, dry", reject=_MT, measured=("tonnage_max", "maximum_tonnage")),
        _b("is_conflict", "In conflict", "True: lowest and highest are figures that contradict each other."),
        _t("mass_basis", "Dry or wet", "dry or wet tonnes; missing is taken as dry.", vocabulary=MASS_BASIS),
        _n("moisture_pct", "Moisture", "Water in wet tonnes, of the wet mass.", "%", reject=Bounds(0, 95, "a share of the wet mass")),
        _n("as_of_year", "As of", "Calendar year of the figure.", "year", reject=Bounds(1900, 2100, "a calendar year")),
        _t("as_of_text", "As of, as printed", "Date as printed where it is not one year."),
        _t("basis_code", "Basis", "published, derived (formula given), capacity (volume or plan, not stock), none.", vocabulary=TONNAGE_BASIS),
        _CLASS,
        _b("is_screening_only", "Screening only", "True: an order of magnitude, which must not rank."),
        _b("is_preferred", "Preferred", "True for the figure that is used; exactly one a site."),
        _t("preference_reason", "Preferred because", "Why this figure is used, or not."),
        _t("formula", "Formula", "How a derived figure was computed."),
        _t("inputs_seen", "Inputs seen", "Inputs read in a source."),
        _t("inputs_recalled_or_assumed", "Inputs recalled or assumed", "Inputs that are not."),
        _SOURCE,
        _CONFIDENCE,
        _t("note", "Note", "Free text."),
        _ORIGIN,
    ),
    key=("tonnage_id",),
)  # fmt: skip

GRADES = Contract(
    "grades",
    "Grades",
    "Every published grade of a site, as printed and as ppm of the element; the one in use is marked with its reason.",
    fields=(
        _t("grade_id", "Grade", "Identifier of the figure; the key.", nullable=False),
        _SITE_REF,
        _t("element", "Element", "Symbol, or TREE, La..Lu, Zn+Pb and the like for totals and sums.", "analyte", "parameter", "constituent", "radical", "symbol", "species", "oxide", required=True, nullable=False),
        _t("element_kind", "Kind", "element, total (split by a profile), sum (cannot be valued unsplit).", vocabulary=("element", "total", "sum")),
        _n("value_min", "Value, lower", "Lower value as printed.", "see unit", "value_lower", "grade_min", reject=Bounds(0, None, "a grade is not negative")),
        _n("value_mode", "Value, most likely", "Most likely value as printed.", "see unit", "value", "grade", "assay_value", "average_grade", "avg_grade", "mean_grade", "concentration", "content", "result", "results", "assay", "reading", "average", "mean", "avg", reject=Bounds(0, None, "a grade is not negative")),
        _n("value_max", "Value, upper", "Upper value as printed.", "see unit", "value_upper", "grade_max", reject=Bounds(0, None, "a grade is not negative")),
        _t("unit", "Unit", "ppm, g/t or %."),
        _n("ppm_min", "Grade, lower", "Lower value of the element.", "ppm", reject=_PPM),
        _n("ppm_mode", "Grade, most likely", "Most likely value of the element.", "ppm", reject=_PPM),
        _n("ppm_max", "Grade, upper", "Upper value; the limit itself for an upper_limit row, missing where nobody states it.", "ppm", reject=_PPM),
        _b("is_conflict", "In conflict", "True: lower and upper are figures that contradict each other."),
        _n("n_samples", "Samples", "Number of samples where the source gives one.", "", reject=Bounds(0, None, "a count")),
        _t("n_samples_text", "Samples, as printed", "As gathered."),
        _t("medium", "Medium", "What was analysed."),
        _t("size_fraction", "Size fraction", "Fraction that was analysed: its grade is not the whole's."),
        _t("basis_code", "Basis", "assay, recovered (already after recovery), mass_balance, proxy, national_range, upper_limit, subfraction, withdrawn.", vocabulary=GRADE_BASIS),
        _t("basis_text", "Basis, as printed", "As gathered."),
        _t("tree_includes", "Total includes", "For totals: whether yttrium or scandium is inside; missing or unknown counts yttrium as inside, scandium as outside.", vocabulary=TREE_INCLUDES),
        _CLASS,
        _t("use", "In use", "1 for the figure that is used, 0 otherwise.", vocabulary=("1", "0")),
        _t("use_reason", "Used because", "Why, or why not."),
        _SOURCE,
        _CONFIDENCE,
        _t("note", "Note", "Free text."),
        _ORIGIN,
    ),
    key=("grade_id",),
)  # fmt: skip

CONSTRAINTS = Contract(
    "constraints",
    "Constraints",
    "One site and one legal, environmental or ownership fact a row.",
    fields=(
        _t("constraint_id", "Constraint", "Identifier of the fact; the key.", nullable=False),
        _SITE_REF,
        _t("constraint_type", "Type", "Kind of constraint."),
        _t("gate_code", "Gate", "hard (withholds the score), conditional, leased, soft (multiplier), check, info.", vocabulary=GATE_CODES),
        _n("multiplier", "Multiplier", "Soft rows only: factor on the score; missing counts as 1.", "", reject=Bounds(0.3, 1, "the floor of the modifier is 0.3")),
        _t("fact", "Fact", "The fact."),
        _SOURCE,
        _CONFIDENCE,
        _t("note", "Note", "Free text."),
        _ORIGIN,
    ),
    key=("constraint_id",),
)  # fmt: skip

WASTE_CONTRACTS: dict[str, Contract] = {
    c.name: c for c in (WASTE_SITES, WASTE_FOOTPRINTS, TONNAGES, GRADES, CONSTRAINTS)
}
"""Layer name -> contract."""
