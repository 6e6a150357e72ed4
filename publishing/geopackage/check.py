"""Whether a file is a whole GeoPackage: what a reader relies on, looked at with SQLite alone.

Belongs here: the header, the database's own integrity, and the registers of the standard against what is there. Does
not belong here: what the layers say (``assets.quality``). The full OGC validator runs in the integration tests.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

APPLICATION_ID = 0x47504B47  # "GPKG"
REQUIRED = (
    "ranked_blocks",
    "waste_sites",
    "waste_footprints",
    "site_shares",
    "element_potential",
    "quarantine",
    "run_info",
)


def geopackage_faults(path: Path) -> list[str]:
    """What is wrong with a GeoPackage: application id, integrity, foreign keys, required layers, SRS, row counts."""
    if not path.is_file():
        return [f"{path} is not there"]
    try:
        # immutable: a reader must leave no -wal or -shm beside what others open
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            return list(_faults(connection))
    except sqlite3.DatabaseError as error:
        return [f"{path.name} is not a readable database: {error}"]


def _faults(connection: sqlite3.Connection) -> Iterator[str]:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION_ID:
        yield f"application id {application:#x} is not GPKG"
    result = connection.execute("PRAGMA integrity_check(5)").fetchall()
    if result != [("ok",)]:
        yield f"integrity: {result[0][0]}"
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        yield "a foreign key points nowhere"
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    if "gpkg_contents" not in tables:
        yield "there is no gpkg_contents"
        return
    contents = {
        row[0]: row[1:] for row in connection.execute("SELECT table_name, data_type, srs_id FROM gpkg_contents")
    }
    for name in REQUIRED:
        if name not in contents:
            yield f"{name} is missing"
    for name in contents.keys() - tables:
        yield f"{name} is registered and not there"
    if not connection.execute("SELECT count(*) FROM ranked_blocks").fetchone()[0]:
        yield "ranked_blocks is empty"
    columns = {
        row[0]: row[1:]
        for row in connection.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns")
    }
    for name, (kind, _) in sorted(contents.items()):
        if kind != "features":
            continue
        if name not in columns:
            yield f"{name} has no geometry column"
            continue
        column, srs = columns[name]
        if srs != 4326:
            yield f"{name} is in SRS {srs}, not 4326"
        broken = connection.execute(
            f'SELECT count(*) FROM "{name}" WHERE "{column}" IS NOT NULL AND substr("{column}", 1, 2) <> X\'4750\''
        ).fetchone()[0]
        if broken:
            yield f"{broken} geometries of {name} lack the GeoPackage header"
