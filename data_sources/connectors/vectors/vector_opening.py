"""One vector file -> a frame with plain shapes: the driver that its name promises, one layer, its remarks.

Belongs here: which driver opens which suffix, under which options. Does not belong here: archives and folders
(``containers``), or a coordinate system that is missing or wrong (``systems``).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pyogrio.errors

from data_sources.connectors.exact import WHOLE_NUMBERS
from data_sources.connectors.library_errors import LIBRARY_ERRORS
from data_sources.connectors.safety import check_shapefile, refuse_entities
from data_sources.connectors.vectors import geojson
from data_sources.connectors.vectors.descriptions import with_described
from data_sources.connectors.vectors.domains import domains_of, explained
from data_sources.connectors.vectors.overflow import tell_overflow
from data_sources.connectors.vectors.plain_shapes import ARC, NOT_A_SHAPE, SURFACE, OddLayer, gpkg_layers, read_odd
from data_sources.contracts.shapes.remarks import remark
from khanij.foundation.errors import MissingSourceError, SourceError

CUT = "a name or text of the Shapefile was cut inside a letter, for want of room: what is left of it is read"
AGAIN = "download or export it again"
DRIVERS: dict[str, tuple[str, ...]] = {
    ".shp": ("ESRI Shapefile",),
    ".gpkg": ("GPKG",),
    ".fgb": ("FlatGeobuf",),
    ".kml": ("LIBKML", "KML"),
    ".gml": ("GML",),
    ".gdb": ("OpenFileGDB",),
    ".tab": ("MapInfo File",),
    ".mif": ("MapInfo File",),
    ".geojson": ("GeoJSON", "JSONFG"),
    ".json": ("GeoJSON", "JSONFG"),
    ".geojsonl": ("GeoJSONSeq",),
    ".geojsons": ("GeoJSONSeq",),
    ".ndjson": ("GeoJSONSeq",),
}
"""Suffix -> the drivers that may answer for it; any other would be a file under a wrong name."""

_MEMORY_BYTES = 1_000_000_000
_OPTIONS: dict[str, dict[str, str]] = {
    # A schema or a part that the text names elsewhere is not fetched; nothing is written beside the file.
    ".gml": {"DOWNLOAD_SCHEMA": "NO", "WRITE_GFS": "NO", "GML_SKIP_RESOLVE_ELEMS": "ALL", "SKIP_RESOLVE_ELEMS": "ALL"},
}
_MARKUP = (".kml", ".gml")
# What the reader of KML adds of its own: how Google Earth shows a mark, not what is known of it.
_KML_LOOKS = frozenset(
    "timestamp begin end altitudemode tessellate extrude visibility draworder icon snippet".split()
)  # fmt: skip
_FOLDER = "kml_folder"
WRITERS_NUMBERS = "numbers of the program that wrote the file, and ids of nothing: left out"
_WRITER = re.compile(r".*\.|(?:id|kml|fid|gid|oid|objectid|feature|placemark|pm)?[_-]?", re.IGNORECASE)


def read_vector(file: Path, layer: str | None, settings: Mapping[str, Any], *, shown: str) -> gpd.GeoDataFrame:
    """One layer of a checked local file (or of a folder of a geodatabase), in the file's own coordinate system.

    Raises
    ------
    SourceError : unreadable, or not what its name says. MissingSourceError : no such layer, or several and none named.
    """
    suffix = file.suffix.lower()
    dataset: Any = str(file)
    if suffix in (".geojson", ".json"):
        dataset = geojson.dataset_of(file)
    elif suffix in (".geojsonl", ".geojsons", ".ndjson"):
        geojson.refuse_broken_lines(file)
        dataset = f"GeoJSONSeq:{file.resolve()}"
    elif suffix == ".shp":
        check_shapefile(file, shown)
    elif suffix == ".tab":
        _refuse_pointing_table(file, shown)
    elif suffix in _MARKUP:
        dataset = _markup(file, shown)
    options = dict(_OPTIONS.get(suffix, {}))
    if settings.get("encoding"):
        options["encoding"] = settings["encoding"]
    try:
        return _chosen(dataset, layer, suffix, options, shown)
    except SourceError:
        raise
    except LIBRARY_ERRORS as error:
        if isinstance(error, UnicodeDecodeError) and suffix == ".shp" and not options and error.encoding == "utf-8":
            return _of_cut_texts(dataset, layer, shown)
        told = f"the file cannot be read: {error or type(error).__name__}"
        raise SourceError(told, file=shown, layer=layer, do=AGAIN) from error


def _of_cut_texts(dataset: Any, layer: str | None, shown: str) -> gpd.GeoDataFrame:
    """A Shapefile in UTF-8 of which a text was cut inside a letter: names have room for ten bytes, three letters of Hindi.

    Every byte is read as a letter of its own, and turned back; half a letter at the end is left out.
    """
    frame = _chosen(dataset, layer, ".shp", {"encoding": "ISO-8859-1"}, shown)

    def whole(text: object) -> object:
        return text.encode("latin-1").decode("utf-8", errors="ignore") if isinstance(text, str) else text

    shape = frame.geometry.name
    for name in (c for c in frame.columns if isinstance(frame[c].dtype, pd.StringDtype) or frame[c].dtype == object):
        if name != shape:
            frame[name] = frame[name].map(whole).astype("str")
    frame = frame.rename(columns={c: str(whole(c)) for c in frame.columns if c != shape})
    remark(frame, "", "", CUT)
    return frame


def _chosen(dataset: Any, layer: str | None, suffix: str, options: Mapping[str, Any], shown: str) -> gpd.GeoDataFrame:
    with warnings.catch_warnings():
        # Measures and heights go anyhow; what GDAL finds odd in a file that it reads is no news to the user.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        names = _layers(dataset, suffix)
        if suffix == ".kml" and layer is None and len(names) > 1:
            return _all_folders(dataset, names, options)
        chosen = _one_layer(names, layer, shown) if suffix not in (".shp", *geojson.SUFFIXES) else layer
        if suffix in (".fgb", ".kml", ".gml", ".gdb", ".tab", ".mif"):
            _require_driver(dataset, chosen, suffix, shown)
        domains = domains_of(dataset, chosen, suffix) if suffix in (".gpkg", ".gdb") else {}
        frame = explained(_read(dataset, chosen, options, tuple(domains)), domains)
        if suffix == ".shp":
            tell_overflow(frame, Path(dataset))
        return with_described(_plain_kml(frame)) if suffix == ".kml" else frame


def _read(dataset: Any, layer: str | None, options: Mapping[str, Any], coded: tuple[str, ...] = ()) -> gpd.GeoDataFrame:
    """The quick reading; where it meets a shape that it cannot take, the slow one, with a remark for each such row."""
    try:
        return _quick(dataset, layer, options, coded)
    except LIBRARY_ERRORS as error:
        try:
            odd = read_odd(dataset, layer, options)
        except LIBRARY_ERRORS:
            raise error from None  # the first says what is wrong with the file
    return _told(odd)


def _quick(dataset: Any, layer: str | None, options: Mapping[str, Any], coded: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Through Arrow, but for the ``coded`` columns, whose codes it would not give."""
    names = [str(n) for n in pyogrio.read_info(dataset, layer=layer, **options)["fields"]] if coded else []
    plain = {"columns": [n for n in names if n not in coded]} if coded else {}
    frame = pyogrio.read_dataframe(
        dataset,
        layer=layer,
        use_arrow=True,
        on_invalid="raise",
        arrow_to_pandas_kwargs=WHOLE_NUMBERS,
        **plain,
        **options,
    )
    own = [n for n in names if n in coded]
    if not own:
        return frame
    codes = pyogrio.read_dataframe(dataset, layer=layer, columns=own, read_geometry=False, use_arrow=False, **options)
    for name in own:
        frame[name] = codes[name].to_numpy()
    return frame[[*names, *(c for c in frame.columns if c not in names)]]


def _told(odd: OddLayer) -> gpd.GeoDataFrame:
    for rows, value, reason, held in (
        (odd.arcs, "arc", ARC, False),
        (odd.surfaces, "TIN", SURFACE, False),
        (odd.lost, "geometry", NOT_A_SHAPE, True),
    ):
        if rows:
            remark(odd.frame, "geometry", value, reason, rows=[i + 1 for i in rows], held=held)
    return odd.frame


def _layers(dataset: Any, suffix: str) -> list[str]:
    """Names of the layers that can be meant: those with geometry, or all where none has."""
    if suffix in (".shp", *geojson.SUFFIXES):
        return []
    try:
        found = [(str(name), kind) for name, kind in pyogrio.list_layers(dataset)]
    except pyogrio.errors.GeometryError:
        names = gpkg_layers(dataset)
        if not names:
            raise
        return names
    found = [(name, kind) for name, kind in found if name != "layer_styles"]
    return [name for name, kind in found if kind is not None] or [name for name, _ in found]


def layers_of(file: Path) -> list[str]:
    """Names of the layers of a GeoPackage or geodatabase that can be meant; none for a file that is one layer."""
    return _layers(str(file), file.suffix.lower()) if file.suffix.lower() in (".gpkg", ".gdb") else []


def _one_layer(names: list[str], layer: str | None, shown: str) -> str:
    do = f"name one of {', '.join(names)}" if names else AGAIN
    if layer is None:
        if len(names) == 1:
            return names[0]
        raise MissingSourceError(f"{len(names)} layers, none named", file=shown, do=do)
    if layer not in names:
        raise MissingSourceError("no such layer", file=shown, layer=layer, do=do)
    return layer


def _require_driver(dataset: Any, layer: str | None, suffix: str, shown: str) -> None:
    try:
        driver = str(pyogrio.read_info(dataset, layer=layer).get("driver"))
    except pyogrio.errors.GeometryError:
        return  # the driver answers, and says that it knows the layer's type and the library does not
    if driver not in DRIVERS[suffix]:
        raise SourceError(f"the content is not what {suffix} says but {driver}", file=shown, do=AGAIN)


def _markup(file: Path, shown: str) -> Any:
    if file.stat().st_size > _MEMORY_BYTES:
        raise SourceError("an XML file of more than 1 GB", file=shown, do="convert it to a GeoPackage, in QGIS for one")
    content = file.read_bytes()
    refuse_entities(content, shown)
    if file.suffix.lower() != ".gml":
        return str(file)
    # In memory no file beside it is opened. Boxes have no column of their own, and GDAL would make some of their corners.
    return re.sub(rb"<(gml:)?boundedBy>.*?</(gml:)?boundedBy>", b"", content, flags=re.DOTALL)


def _refuse_pointing_table(file: Path, shown: str) -> None:
    """A MapInfo table may be a window on other files; only one that has its own data is read."""
    head = file.read_text(encoding="latin-1")[:200_000]
    kind = re.search(r"^\s*Type\s+(\w+)", head, re.IGNORECASE | re.MULTILINE)
    if re.search(r"IsSeamless\"?\s*=\s*\"?TRUE", head, re.IGNORECASE) or (kind and kind.group(1).upper() != "NATIVE"):
        raise SourceError(
            f"a MapInfo table of type {kind.group(1) if kind else 'seamless'} points to other files",
            file=shown,
            do="open it in MapInfo or QGIS and save a copy as a native table or a GeoPackage",
        )


def _all_folders(dataset: Any, names: list[str], options: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Marks of all folders of a KML as one layer, with the folder's name beside each."""
    found = [_plain_kml(_read(dataset, name, options)).assign(**{_FOLDER: name}) for name in dict.fromkeys(names)]
    filled = [frame for frame in found if len(frame)]
    if not filled:
        return found[0]
    out = gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), crs=filled[0].crs)
    remark(out, _FOLDER, ", ".join(names)[:200], f"{len(names)} folders of the KML are read as one layer")
    return with_described(out)


def _plain_kml(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Without what only says how a mark is shown, without fields that the driver adds empty, and without numbers of the writer."""
    own = {str(c).lower(): c for c in frame.columns}
    looks = [c for name, c in own.items() if name in _KML_LOOKS]
    added = [own[n] for n in ("id", "name", "description") if n in own]
    empty = [c for c in added if frame[c].astype("str").str.strip().replace("", None).isna().all()]
    others = set(frame.columns) - {frame.geometry.name, own.get("id"), *looks, *empty}
    numbered = [own["id"]] if "id" in own and others and _counts_rows(frame[own["id"]]) else []
    out = frame.drop(columns=list(dict.fromkeys([*looks, *empty, *numbered])))
    for column in numbered:
        remark(out, str(column), str(frame[column].iloc[0]), WRITERS_NUMBERS)
    return out


def _counts_rows(ids: pd.Series) -> bool:
    """Whether ids are the row's number behind ``layer.``, ``ID_`` or the like, as programs write them: no name of a thing."""
    parts = ids.astype("str").str.extract(r"^(.*?)0*(\d+)$")
    if (
        len(ids) < 2
        or parts.isna().any(axis=None)
        or parts[0].nunique() > 1
        or not _WRITER.fullmatch(str(parts[0].iloc[0]))
    ):
        return False
    return bool((parts[1].astype("int64").diff().dropna() == 1).all()) and int(parts[1].iloc[0]) <= 1
