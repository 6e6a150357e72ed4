"""Contracts of the survey layers, as GSI publishes them and as the stages downstream read them."""

from __future__ import annotations

from data_sources.contracts.contract import Bounds, Contract, Field

_SHEET_ALIASES = ("toposheet", "toposheet_", "toposheet_no", "sheet_no", "sheetno", "toposheetn")
_KEYS = ("objectid", "gid", "fid", "ogc_fid", "id")
_SHEET = Field(
    "sheet",
    "string",
    "Survey sheet",
    "Survey of India 1:50,000 sheet that the row names, written 57E/02.",
    aliases=_SHEET_ALIASES,
)


def _text(name: str, title: str, description: str, *aliases: str, **more: object) -> Field:
    return Field(name, "string", title, description, aliases=aliases, **more)  # type: ignore[arg-type]


def _samples(name: str, title: str, description: str, key_aliases: tuple[str, ...], asset: str = "") -> Contract:
    return Contract(
        name,
        title,
        description,
        fields=(
            _text(
                "sample_id",
                "Sample",
                "Number of the sample, which starts with its sheet; the key.",
                *key_aliases,
                nullable=False,
            ),
            _SHEET,
        ),
        key=("sample_id",),
        geometry="POINT",
        analyses=True,
        sheet_from="sample_id",
        unique_positions=True,
        notes=(
            "Columns named after an element or oxide become <Element>_ppm or <Oxide>_pct, each with <column>_censored.",
            "A column whose median is 100 times off the upper crust in its stated unit is held until the card says the unit.",
            "0, '<DL' and BDL are censored at the smallest positive value of the column; '<0.5' at 0.5; -0.5 at 0.5.",
            "A row whose every major oxide (rare earth, other trace) is 0 was not analysed: missing, not censored.",
        ),
        asset=asset,
    )


STREAM_SEDIMENTS = _samples(
    "stream_sediments", "Stream sediments", "Composite stream-sediment samples of the National Geochemical Mapping, 2 x 2 km.",
    ("sampleno", "sample_no", "sample_number", "sampleid", "sample", *_KEYS),
    "Stream-sediment samples: element and oxide contents in ppm and percent, censored values kept as limits.",
)  # fmt: skip
SOIL_SAMPLES = _samples(
    "soil_samples", "Soil samples", "Soil samples (C horizon or regolith) of the National Geochemical Mapping.",
    ("ssampleno", "sampleno", "sample_no", "sample_number", "sampleid", "sample", *_KEYS),
)  # fmt: skip

CATCHMENTS = Contract(
    "catchments",
    "Catchments",
    "Ground that drains to a stream-sediment sample: one polygon a sample, where a survey has traced them.",
    fields=(
        _text("catchment_id", "Catchment", "Number of the polygon in its source; the key.", *_KEYS),
        _text("sample_id", "Sample", "The sample at its outlet, as the layer of the samples names it.", "sampleno", "sample_no"),
    ),
    key=("catchment_id",),
    geometry=("POLYGON", "MULTIPOLYGON"),
    asset="Catchment polygons, one per stream-sediment sample (sample_id where known).",
)  # fmt: skip


LITHOLOGY = Contract(
    "lithology",
    "Lithology",
    "Rock units of the geological map (1:50,000, or 1:2 million where the finer map is not connected).",
    fields=(
        _text("lithology_id", "Polygon", "Number of the polygon in its source; the key.", *_KEYS, "geom_id"),
        _text(
            "lithologic",
            "Lithology",
            "Rock type as mapped.",
            "lithology",
            "litho",
            "lithologic_",
            "rock_type",
            "rock_name",
            "rock_unit",
            "rocktype",
            "rock",
            "litho_unit",
            "lithounit",
            "lithology_name",
            "litho_name",
            "unit_name",
            "map_unit",
            "stratigrap",
            "stratigraphy",
        ),
        _text("group_name", "Group", "Stratigraphic group.", "group_", "group"),
        _text("supergroup", "Supergroup", "Stratigraphic supergroup."),
        _text("formation", "Formation", "Stratigraphic formation."),
        _text("age", "Age", "Geological age."),
        _text("intrusive", "Intrusive", "Kind of intrusion, where it is one."),
        _SHEET,
    ),
    key=("lithology_id",),
    geometry=("POLYGON", "MULTIPOLYGON"),
    asset="Lithology polygons of the 1:50,000 map.",
)


def _lines(name: str, title: str, description: str, kind: str, asset: str) -> Contract:
    return Contract(
        name,
        title,
        description,
        fields=(
            _text("line_id", "Line", "Number of the line in its source; the key.", f"{kind}_id", f"{kind}_no", *_KEYS),
            _text("line_type", "Type", "Kind of line as mapped.", f"{kind}_type", "type"),
            _text("name", "Name", "Name, missing where the source says BLANK.", f"{kind}_name"),
            _SHEET,
            Field("shape_length_m", "float", "Length as stated", "Length in the source's own column.", "m", aliases=("shape_leng",), reject=Bounds(0, None, "a length is not negative")),
        ),
        key=("line_id",),
        geometry=("LINESTRING", "MULTILINESTRING"),
        asset=asset,
    )  # fmt: skip


FAULTS = _lines(
    "faults",
    "Faults",
    "Faults, shears and thrusts of the 1:50,000 map.",
    "fault",
    "Faults of the 1:50,000 map.",
)
FOLDS = _lines("folds", "Folds", "Fold axes of the 1:50,000 map.", "fold", "Fold axes of the 1:50,000 map.")

OCCURRENCES = Contract(
    "occurrences",
    "Mineral occurrences",
    "Known deposits and occurrences: the training points of data-driven models.",
    fields=(
        _text("occurrence_id", "Occurrence", "Number in the source; the key.", "gsi_deposit_id", "dep_id", *_KEYS),
        _text("commodity", "Commodity", "Minerals or metals, lower case, separated by semicolons.", "mineral", "commod1", "minerals", required=True, nullable=False),
        _text("name", "Name", "Locality.", "locality", "dep_name", "site_name"),
        _text("size_class", "Size class", "Size class as the source gives it (GSI: 1 large, 2 medium, 3 small).", "deposit_size", "dev_stat", "occurrence"),
        _text("state", "State", "State as the source names it.", "state_name"),
        _text("district", "District", "District as the source names it.", "dist"),
        _text("host_rock", "Host rock", "Host rock.", "rock_type"),
        _text("age", "Age", "Geological age of the host.", "rock_age"),
        _text("metal_class", "Metal class", "Class of the metal as the source gives it."),
        _text("map_sheet", "Map sheet", "Sheet of the mineral map (not a Survey of India sheet).", "sheet_no"),
        _text("sheet", "Survey sheet", "Survey of India 1:50,000 sheet that the row names.", "toposheet", "toposheet_"),
        _text("coordinates_text", "Coordinates as printed", "Degrees and minutes as printed.", "latlong"),
        _text("resource", "Resource", "Resource as printed."),
        _text("grade", "Grade", "Grade as printed."),
        _text("remark", "Remark", "Remark of the source."),
    ),
    key=("occurrence_id",),
    geometry="POINT",
    unique_positions=True,
    states_as_of=1999,
    asset="Known mineral occurrences and deposits, the training points of the data-driven models.",
)  # fmt: skip


def _stations(name: str, title: str, description: str, asset: str, fields: tuple[Field, ...]) -> Contract:
    key = _text(
        "station_id",
        "Station",
        "Number of the station in its source; the key.",
        "station_no",
        "stn_no",
        "station",
        *_KEYS,
    )
    return Contract(
        name,
        title,
        description,
        fields=(key, *fields, _SHEET),
        key=("station_id",),
        geometry="POINT",
        unique_positions=True,
        asset=asset,
    )


MAGNETIC_STATIONS = _stations(
    "magnetic_stations", "Magnetic stations", "Ground magnetic stations.", "Ground magnetic stations: anomaly in nT.",
    (
        Field("magnetic_anomaly_nt", "float", "Magnetic anomaly", "Observed field less the reference field (IGRF).", "nT", required=True, aliases=("magnetic_a", "magnetic_anomaly", "anomaly"), reject=Bounds(-30000, 30000, "beyond any crustal anomaly"), flag=Bounds(-5000, 5000, "rare even over iron formations")),
        Field("observed_nt", "float", "Observed field", "Total field as observed.", "nT", aliases=("observed_m",), reject=Bounds(10000, 80000, "the Earth's field lies within")),
        Field("igrf_nt", "float", "Reference field", "IGRF total field.", "nT", reject=Bounds(20000, 70000, "the reference field lies within")),
    ),
)  # fmt: skip
GRAVITY_STATIONS = _stations(
    "gravity_stations", "Gravity stations", "Gravity stations.", "Gravity stations: Bouguer anomaly in mGal.",
    (
        Field("bouguer_mgal", "float", "Bouguer anomaly", "Bouguer anomaly.", "mGal", required=True, aliases=("bouguer_an", "bouguer_anomaly", "bouguer"), reject=Bounds(-800, 300, "beyond any Bouguer anomaly on land"), flag=Bounds(-600, 150, "Tibet to the ocean edge")),
        Field("elevation_m", "float", "Elevation", "Height above the sea.", "m", aliases=("elevation_", "elevation"), reject=Bounds(-500, 9000, "the Earth's land surface")),
        Field("observed_mgal", "float", "Observed gravity", "Observed gravity.", "mGal", aliases=("observed_g",)),
        Field("theoretical_mgal", "float", "Theoretical gravity", "Normal gravity.", "mGal", aliases=("theoretica",)),
    ),
)  # fmt: skip

SURVEY_CONTRACTS: dict[str, Contract] = {
    c.name: c
    for c in (
        STREAM_SEDIMENTS,
        LITHOLOGY,
        FAULTS,
        FOLDS,
        OCCURRENCES,
        MAGNETIC_STATIONS,
        GRAVITY_STATIONS,
        CATCHMENTS,
        SOIL_SAMPLES,
    )
}
"""Layer name -> contract."""
VECTOR_LAYERS: dict[str, str] = {name: contract.asset for name, contract in SURVEY_CONTRACTS.items() if contract.asset}
"""Layers that every run reads, each with the words of its asset: those of the contracts that have any."""
