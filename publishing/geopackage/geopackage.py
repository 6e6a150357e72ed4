"""The ranked GeoPackage: layers and tables by their fixed names, styled, described, replaced atomically.

Belongs here: the order in which the file is built, and how it takes the place of the one before. Does not belong here:
what a column means (``data_sources/contracts/published/outputs.py``), the registers of the standard (``geopackage_registers``)
or a style (``publishing/qgis``).
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from data_sources.contracts import Contract, PublishingError
from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS, OUTPUT_LAYERS, OUTPUT_TABLES
from khanij.foundation.files import (
    PublishedFile,
    has_writer,
    next_version,
    remove_stale,
    replace_file,
    sha256_of,
    stand_in,
    temporary_beside,
)
from publishing.geopackage.facts import layer_facts
from publishing.geopackage.fixed_gdal import STAMP, fixed_gdal
from publishing.geopackage.geopackage_registers import write_registers
from publishing.geopackage.publication import Publication, conformed
from publishing.qgis.project import project_xml, write_project
from publishing.qgis.styles import layer_style_list

_INDEXED = ("block_id", "site_id")


def publish_geopackage(publication: Publication, path: Path | str) -> PublishedFile:
    """Write one region's GeoPackage with styles, registers and the embedded QGIS project.

    The file is built under a temporary name in the same folder and then takes the old one's place, so that a reader
    with the old file open keeps it and a crash leaves it. If the bytes are the same, nothing is touched. If another
    program has the file open for changes or left some in a write-ahead log (or, on Windows, has it open at all), the
    new one is published under the next free name and the message says so.

    Parameters
    ----------
    publication : region, layers, tables and run information, by the names of ``data_sources.contracts.published.outputs``.
    path : where to publish, such as ``output/india/ranked_blocks.gpkg``.

    Raises
    ------
    PublishingError : a frame that does not fit its contract, or a file that cannot be written.
    """
    path = Path(path)
    layers, tables = conformed(publication, path)
    remove_stale(path)
    target, message = path, ""
    if has_writer(path):
        target, message = stand_in(path), _busy(path, "is open for changes elsewhere")
    try:
        return _build_and_replace(publication, layers, tables, target, message)
    except PermissionError:
        if not path.exists():
            raise
        return _build_and_replace(publication, layers, tables, next_version(path), _busy(path, "is open elsewhere"))
    except (OSError, sqlite3.Error, DataSourceError, DataLayerError) as error:
        # A full disk is told by GDAL, by SQLite or by the system, as the byte that no longer fits will have it.
        raise PublishingError(
            f"the GeoPackage could not be written: {error}",
            file=path,
            do="see to space and rights; what was published before is still in place",
        ) from error


def _busy(path: Path, why: str) -> str:
    return f"{path.name} {why}: published beside it under a new name. Close it in QGIS and run again."


def _build_and_replace(
    publication: Publication,
    layers: dict[str, gpd.GeoDataFrame],
    tables: dict[str, pd.DataFrame],
    target: Path,
    message: str,
) -> PublishedFile:
    with temporary_beside(target) as temporary:
        _write_frames(temporary, publication, layers, tables)
        _write_rest(temporary, publication, layers, tables, target)
        _count(temporary, {**layers, **tables})
        digest, size = sha256_of(temporary), temporary.stat().st_size
        if target.is_file() and target.stat().st_size == size and sha256_of(target) == digest:
            return PublishedFile(target, digest, size, False, message)
        replace_file(temporary, target)
    return PublishedFile(target, digest, size, True, message)


def _write_frames(
    path: Path, publication: Publication, layers: dict[str, gpd.GeoDataFrame], tables: dict[str, pd.DataFrame]
) -> None:
    with fixed_gdal():
        for name, layer in layers.items():
            contract = OUTPUT_LAYERS[name]
            pyogrio.write_dataframe(
                layer,
                path,
                layer=name,
                driver="GPKG",
                geometry_type={"MULTIPOLYGON": "MultiPolygon", "POINT": "Point"}[str(contract.geometry)],
                use_arrow=True,
                dataset_options={"VERSION": "1.3"},
                layer_options={"GEOMETRY_NAME": "geom", **_options(contract, publication)},
            )
        for name, table in tables.items():
            contract = OUTPUT_TABLES[name]
            pyogrio.write_dataframe(
                table,
                path,
                layer=name,
                driver="GPKG",
                use_arrow=True,
                dataset_options={"VERSION": "1.3"},
                layer_options=_options(contract, publication),
            )


def _options(contract: Contract, publication: Publication) -> dict[str, str]:
    identifier = f"{contract.title} - {publication.title}"
    return {"FID": "fid", "IDENTIFIER": identifier, "DESCRIPTION": contract.description}


def _write_rest(
    path: Path,
    publication: Publication,
    layers: dict[str, gpd.GeoDataFrame],
    tables: dict[str, pd.DataFrame],
    published: Path,
) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        for name in (*layers, *tables):
            _index(connection, name)
        contracts = [OUTPUT_CONTRACTS[name] for name in (*layers, *tables)]
        write_registers(connection, contracts, publication, layer_facts(publication, layers), STAMP)
        styles = layer_style_list(layers, tables, publication)
        _write_styles(connection, [(s.layer, s.name, s.qml(), s.is_default, s.description) for s in styles])
        write_project(connection, project_xml(publication, layers, tables, styles, published))
        connection.execute("COMMIT")
    finally:
        connection.close()


def _count(path: Path, frames: Mapping[str, pd.DataFrame]) -> None:
    """Every row that was handed over is in the file: a write that failed without a word must not be published."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for name, frame in frames.items():
            found = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            if found != len(frame):
                raise PublishingError(f"{found} of {len(frame)} rows were written", file=path, layer=name)


def _index(connection: sqlite3.Connection, name: str) -> None:
    contract = OUTPUT_CONTRACTS[name]
    for column in _INDEXED:
        if column in contract.names():
            unique = "UNIQUE " if contract.key == (column,) else ""
            connection.execute(f'CREATE {unique}INDEX "{name}_{column}" ON "{name}" ("{column}")')


def _write_styles(connection: sqlite3.Connection, styles: list[tuple[str, str, str, bool, str]]) -> None:
    """The QGIS convention: (table, style name, QML, is the default, description) in a table ``layer_styles``."""
    connection.execute(
        "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), "
        "f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), "
        "styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), "
        f"update_time DATETIME DEFAULT '{STAMP}')"
    )
    for table, name, qml, is_default, description in styles:
        geometry = "geom" if table in OUTPUT_LAYERS else ""
        connection.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, styleSLD, useAsDefault, description, owner, update_time) "
            "VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '', ?)",
            (table, geometry, name, qml, int(is_default), description, STAMP),
        )
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', 'QGIS styles of the layers', ?)",
        (STAMP,),
    )
