"""What is handed to publishing: one region's layers, tables and run information, and what comes back.

Belongs here: the two value types, and the one gate that holds a frame against its output contract. Does not belong
here: writing a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from data_sources.contracts import Contract, CrsError, Dtype, Field, PublishingError
from data_sources.contracts.frames import empty_column, empty_layer, empty_table
from data_sources.contracts.published.outputs import OUTPUT_LAYERS, OUTPUT_TABLES, RUN_INFO
from khanij.foundation.escaping import without_forbidden
from khanij.foundation.rounding import PUBLISHED_DIGITS, round_significant
from publishing.geopackage.context import sheet_grid, state_labels
from publishing.geopackage.reading import SAMPLE_MARK

INTERNAL = "INTERNAL"
_INTERNAL_SAID = f"{INTERNAL}: may not be passed on"
# A text column of Arrow can hold control characters (all but tab and line ends), but no halves of characters.
_CONTROL = (np.arange(256) < 0x20) & ~np.isin(np.arange(256), (0x09, 0x0A, 0x0D))
# A source may give one sample number twice, and one row may fail twice: nothing is dropped for it.
_MAY_REPEAT = ("quarantine", "anomalies", "occurrences")
# Shares must still add up to one within 1e-9 after rounding.
_EXACT_DIGITS = {"inside": 14, "near": 14}


class RegionLike(Protocol):
    """What publishing needs to know of a region."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def is_sample(self) -> bool: ...


@dataclass(frozen=True)
class Publication:
    """One region's results, ready to publish.

    ``layers`` and ``tables`` are keyed by the names of ``data_sources.contracts.published.outputs``; ``rasters`` are paths of
    evidence rasters relative to the GeoPackage's folder. ``basket_columns`` are the columns of ``ranked_blocks`` with the
    ranks of the run's other baskets, those of the contract and those of the user's own. ``page`` is the web page that lies
    beside the file, ``base`` the file of the base map; blank where there is none. ``base_lines``
    has a user's own layers of it with whom to credit.
    """

    region: RegionLike
    layers: dict[str, gpd.GeoDataFrame]
    tables: dict[str, pd.DataFrame]
    run_info: dict[str, str]
    rasters: tuple[str, ...] = field(default=())
    basket_columns: tuple[str, ...] = field(default=())
    page: str = ""
    base: str = ""
    base_lines: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The region's title, marked where the region is made up."""
        marked = not self.region.is_sample or SAMPLE_MARK in self.region.title
        return self.region.title if marked else f"{self.region.title} ({SAMPLE_MARK})"


def conform(frame: pd.DataFrame, contract: Contract, *, file: object = None) -> pd.DataFrame:
    """The frame with exactly the contract's columns, in order, typed and sorted by key: the one gate for columns.

    What a result may be without (``Field.optional``) is added as missing; nothing else is filled in or left out.

    Parameters
    ----------
    frame : n rows. file : what is being published, for the message.

    Raises
    ------
    PublishingError : a column that the contract does not know or that it asks for in vain, a value of the wrong type, a
        key that is missing or repeated, or a value outside its vocabulary.
    """
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    _check_columns([str(c) for c in frame.columns if c != geometry], contract, file)
    columns = {f.name: _column(frame, contract, f.name, f.dtype) for f in contract.fields}
    out = pd.DataFrame(columns, index=frame.index)
    _check(out, contract)
    order = np.arange(len(out))
    if contract.key:
        out = out.reset_index(drop=True)
        order = (
            out[list(contract.key)].sort_values(list(contract.key), kind="stable", na_position="last").index.to_numpy()
        )
        if not np.array_equal(order, np.arange(len(out))):
            out = out.take(order).reset_index(drop=True)
    if contract.geometry is None:
        return out
    if not isinstance(frame, gpd.GeoDataFrame):
        raise PublishingError("a layer needs a geometry column", layer=contract.name, do="hand over a GeoDataFrame")
    layer: pd.DataFrame = gpd.GeoDataFrame(out, geometry=_geometry(frame.iloc[order], contract), crs="EPSG:4326")
    return layer


def _check_columns(columns: list[str], contract: Contract, file: object) -> None:
    known, given = set(contract.names()), set(columns)
    unknown = sorted(given - known)
    lacking = [f.name for f in contract.fields if not f.optional and f.name not in given]
    twice = sorted({c for c in columns if columns.count(c) > 1})
    told = [
        f"{words} {', '.join(names)}"
        for words, names in (
            ("the contract asks for what is not handed over:", lacking),
            ("handed over and not known to the contract:", unknown),
            ("handed over twice:", twice),
        )
        if names
    ]
    if told:
        raise PublishingError(
            "; ".join(told),
            file=file,
            layer=contract.name,
            field=", ".join([*lacking, *unknown, *twice]),
            do="give the column one name in the code that makes it and in data_sources/contracts (output_layers.py, "
            "output_tables.py); mark it optional there if a result may be without it",
        )


def selected(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Of a source's rows, which carry more than is published, the contract's columns and the geometry.

    What the contract asks for in vain is not made up here: ``conform`` refuses it.
    """
    geometry = [frame.geometry.name] if isinstance(frame, gpd.GeoDataFrame) else []
    return frame[[name for name in contract.names() if name in frame.columns] + geometry]


def _column(frame: pd.DataFrame, contract: Contract, name: str, dtype: Dtype) -> pd.Series:
    if name not in frame.columns:
        return empty_column(dtype, len(frame)).set_axis(frame.index)
    values = frame[name]
    try:
        if dtype == "string":
            if not (isinstance(values.dtype, pd.StringDtype) and values.dtype.na_value is np.nan):
                known = values.astype("object").where(values.notna(), None)
                values = known.map(lambda v: without_forbidden(str(v)), na_action="ignore").astype("str")
            elif _holds_control(values):
                values = values.map(without_forbidden, na_action="ignore").astype("str")
            return values
        if dtype == "boolean":
            return values.astype("boolean")
        if values.dtype == np.float64:
            numbers = values.to_numpy()
        else:
            exact = pd.to_numeric(values, errors="raise").astype("Float64")
            numbers = exact.to_numpy(dtype=np.float64, na_value=np.nan)
        if not np.isfinite(numbers[~np.isnan(numbers)]).all():
            raise ValueError("an infinite value")
        if dtype == "integer":
            return pd.Series(numbers, index=frame.index).astype("Int64")
        digits = _EXACT_DIGITS.get(name, PUBLISHED_DIGITS)
        return pd.Series(round_significant(numbers, digits), index=frame.index)
    except (TypeError, ValueError) as error:
        raise PublishingError(f"not a column of type {dtype}: {error}", layer=contract.name, field=name) from error


def _holds_control(values: pd.Series) -> bool:
    """Whether any text of an Arrow column holds a control character: one look at its bytes, not one at each row."""
    texts = pa.array(values.array, type=pa.large_string())
    buffers = [c.buffers()[2] for c in (texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts])]
    return any(_CONTROL[np.frombuffer(b, dtype=np.uint8)].any() for b in buffers if b is not None)


def _check(out: pd.DataFrame, contract: Contract) -> None:
    for f in contract.fields:
        if not f.nullable and out[f.name].isna().any():
            row = int(np.flatnonzero(out[f.name].isna())[0])
            raise PublishingError("a required value is missing", layer=contract.name, row=row, field=f.name)
        if f.vocabulary:
            wrong = out[f.name].notna() & ~out[f.name].isin(f.vocabulary)
            if wrong.any():
                value = out.loc[wrong, f.name].iloc[0]
                raise PublishingError(
                    f"{value!r} is not one of {', '.join(f.vocabulary)}", layer=contract.name, field=f.name
                )
    if contract.key and contract.name not in _MAY_REPEAT:
        twice = out.duplicated(list(contract.key))
        if twice.any():
            value = out.loc[twice, list(contract.key)].iloc[0].tolist()
            raise PublishingError(f"the key {value} stands twice", layer=contract.name, field=", ".join(contract.key))


def _geometry(frame: gpd.GeoDataFrame, contract: Contract) -> gpd.GeoSeries:
    if frame.crs is None:
        raise CrsError(
            "the layer has no coordinate reference system", layer=contract.name, do="set it where it is read"
        )
    series = frame.geometry.to_crs("EPSG:4326") if frame.crs.to_epsg() != 4326 else frame.geometry
    shapes = np.asarray(series.values, dtype=object).copy()
    shapes[shapely.is_empty(shapes)] = None
    kinds = shapely.get_type_id(shapes)
    if contract.geometry == "MULTIPOLYGON":
        single = np.flatnonzero(kinds == 3)
        if len(single):
            shapes[single] = shapely.multipolygons(shapes[single], indices=np.arange(len(single)))
        # Rings oriented as simple features want them (outer counter-clockwise), so that every reader agrees.
        solid = np.isin(kinds, (3, 6))
        shapes[solid] = shapely.orient_polygons(shapes[solid])
        wanted: tuple[int, ...] = (-1, 3, 6)
    else:
        wanted = (-1, 0)
    wrong = ~np.isin(kinds, wanted)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise PublishingError(
            f"a {shapes[row].geom_type} in a {contract.geometry} layer", layer=contract.name, row=row, field="geometry",
            do="one geometry type a layer: QGIS would split it",
        )  # fmt: skip
    return gpd.GeoSeries(shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes, crs="EPSG:4326")


def _mark_internal(layer: gpd.GeoDataFrame, sites: frozenset[str]) -> gpd.GeoDataFrame:
    """The flag INTERNAL on rows whose source may not be passed on, and on the waste blocks of such ``sites``."""
    if "flags" not in layer.columns or "redistribute" not in layer.columns:
        return layer
    kept_in = (layer["redistribute"] == "no").to_numpy(dtype=bool)
    if "site_id" in layer.columns:
        kept_in = kept_in | layer["site_id"].isin(sites).to_numpy(dtype=bool)
    if not kept_in.any():
        return layer
    for column, mark in (("flags", INTERNAL), ("cautions", _INTERNAL_SAID)):
        if column in layer.columns:
            told = layer[column].astype("object").where(layer[column].notna(), "")
            said = [
                f"{t}; {mark}".removeprefix("; ") if n and INTERNAL not in t else t or None
                for t, n in zip(told, kept_in, strict=True)
            ]
            layer = layer.assign(**{column: pd.Series(said, index=layer.index, dtype="str")})
    return layer


def with_baskets(contract: Contract, basket_columns: Sequence[str]) -> Contract:
    """The contract of the ranked blocks with a column for each basket of the run, all of them asked for."""
    fields = tuple(replace(f, optional=f.optional and f.name not in basket_columns) for f in contract.fields)
    own = tuple(
        Field(c, "integer", f"Rank, basket {c.removeprefix('rank_')}", "Place when the elements of this basket count.")
        for c in basket_columns
        if c not in contract.names()
    )
    return replace(contract, fields=(*fields, *own))


def basket_columns_of(blocks: pd.DataFrame) -> tuple[str, ...]:
    """Columns of the run's own baskets in a published layer ``ranked_blocks``, which has passed the gate before."""
    known = set(OUTPUT_LAYERS["ranked_blocks"].names())
    return tuple(str(c) for c in blocks.columns if str(c).startswith("rank_") and c not in known)


def conformed(
    publication: Publication, file: object = None
) -> tuple[dict[str, gpd.GeoDataFrame], dict[str, pd.DataFrame]]:
    """Every layer and table of the publication in its contract's shape, in the contracts' order."""
    _refuse(publication)
    layers = _layers(publication, file)
    info = _info(publication, layers)
    tables: dict[str, pd.DataFrame] = {}
    for name, contract in OUTPUT_TABLES.items():
        if name == RUN_INFO.name:
            frame = pd.DataFrame({"key": list(info), "value": list(info.values())})
            tables[name] = conform(frame, contract, file=file)
        elif name in publication.tables:
            tables[name] = conform(publication.tables[name], contract, file=file)
        elif name in ("site_shares", "element_potential", "quarantine"):
            tables[name] = conform(empty_table(contract), contract, file=file)
    return layers, tables


def _refuse(publication: Publication) -> None:
    """Raise where a layer or table has no contract, or the blocks are missing."""
    unknown = sorted(set(publication.layers) - set(OUTPUT_LAYERS)) + sorted(
        set(publication.tables) - set(OUTPUT_TABLES)
    )
    if unknown:
        raise PublishingError(
            f"no output contract for {', '.join(unknown)}", do="name one of data_sources/contracts/published/outputs.py"
        )
    if "ranked_blocks" not in publication.layers:
        raise PublishingError("there is no layer ranked_blocks", do="a publication without blocks is not published")


def _layers(publication: Publication, file: object) -> dict[str, gpd.GeoDataFrame]:
    """The layers that were given, those that every file has, and the sheets and states that lie behind them."""
    needed = ("ranked_blocks", "waste_sites", "waste_footprints")
    layers: dict[str, gpd.GeoDataFrame] = {}
    for name, contract in OUTPUT_LAYERS.items():
        if name in publication.layers:
            if name == "ranked_blocks":
                contract = with_baskets(contract, publication.basket_columns)
            given = publication.layers[name]
            given = _with_scale(given) if name == "survey_sheets" else given
            layers[name] = conform(given, contract, file=file)
        elif name in needed:
            layers[name] = conform(empty_layer(contract), contract, file=file)
    for name, make in (("survey_sheets", sheet_grid), ("state_labels", state_labels)):
        if name not in layers:
            made = make(layers)
            if len(made):
                made = _with_scale(made) if name == "survey_sheets" else made
                layers[name] = conform(made, OUTPUT_LAYERS[name], file=file)
    sites = layers["waste_sites"]
    kept_in = frozenset(sites.loc[sites["redistribute"] == "no", "site_id"])
    return {name: _mark_internal(layers[name], kept_in) for name in OUTPUT_LAYERS if name in layers}


def _with_scale(sheets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sheets with the scale that their number says: ``55O/12`` is of 1:50,000, ``39A`` of 1:250,000."""
    return sheets.assign(scale=np.where(sheets["sheet"].astype("str").str.contains("/"), "1:50,000", "1:250,000"))


def _info(publication: Publication, layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, str]:
    """What the run says of itself, with the marks that the file's rows call for."""
    info = {str(k): str(v) for k, v in publication.run_info.items()}
    info.setdefault("region", publication.region.name)
    if any((f["redistribute"] == "no").any() for f in layers.values() if "redistribute" in f.columns):
        info["internal"] = f"{INTERNAL}: holds rows that may not be passed on; make a release to pass the rest on"
    info.setdefault("title", publication.title)
    if publication.region.is_sample:
        info["warning"] = SAMPLE_MARK
    return info | verdicts_of(publication.tables.get("robustness"))


def verdicts_of(robustness: pd.DataFrame | None) -> dict[str, str]:
    """The verdict on the order of each kind, so that whoever shows a rank has it at hand."""
    if robustness is None or "note" not in robustness.columns:
        return {}
    found = robustness[(robustness["test"] == "verdict") & robustness["note"].notna()]
    return {f"verdict_{kind}": str(note) for kind, note in zip(found["kind"], found["note"])}
