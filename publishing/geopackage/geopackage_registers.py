"""The GeoPackage standard's own registers: column descriptions, constraints, metadata and extensions.

Belongs here: gpkg_data_columns, gpkg_data_column_constraints, gpkg_metadata, gpkg_metadata_reference, gpkg_extensions,
all filled from the contracts. Does not belong here: the rows of a layer.
"""

from __future__ import annotations

import sqlite3
from xml.sax.saxutils import escape

from data_sources.contracts import Contract, Field
from publishing.geopackage.facts import LayerFacts
from publishing.geopackage.publication import Publication
from publishing.geopackage.reading import SAMPLE_MARK

_TABLES = """
CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE IF NOT EXISTS gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT, CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE IF NOT EXISTS gpkg_metadata (id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset', md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS gpkg_metadata_reference (reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER, timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL, md_parent_id INTEGER, CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id), CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
"""
_EXTENSIONS = (
    ("gpkg_data_columns", "gpkg_schema", "http://www.geopackage.org/spec130/#extension_schema"),
    ("gpkg_data_column_constraints", "gpkg_schema", "http://www.geopackage.org/spec130/#extension_schema"),
    ("gpkg_metadata", "gpkg_metadata", "http://www.geopackage.org/spec130/#extension_metadata"),
    ("gpkg_metadata_reference", "gpkg_metadata", "http://www.geopackage.org/spec130/#extension_metadata"),
)


def comment_of(field: Field) -> str:
    """A column's comment: its description and its unit."""
    return f"{field.description} Unit: {field.unit}." if field.unit else field.description


def write_registers(
    connection: sqlite3.Connection, contracts: list[Contract], publication: Publication, facts: LayerFacts, stamp: str
) -> None:
    """Fill the registers for the given layers and tables; the connection is inside a transaction."""
    for statement in _TABLES.strip().splitlines():
        connection.execute(statement)
    for table, name, definition in _EXTENSIONS:
        connection.execute(
            "INSERT OR IGNORE INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')", (table, name, definition)
        )
    for contract in contracts:
        for field in contract.fields:
            connection.execute(
                "INSERT OR REPLACE INTO gpkg_data_columns (table_name, column_name, name, title, description, "
                "mime_type, constraint_name) VALUES (?, ?, ?, ?, ?, NULL, ?)",
                (
                    contract.name,
                    field.name,
                    field.name,
                    _titled(field),
                    comment_of(field),
                    _constraint(connection, field),
                ),
            )
    _metadata(connection, contracts, publication, facts, stamp)


def _titled(field: Field) -> str:
    return f"{field.title} [{field.unit}]" if field.unit else field.title


def _constraint(connection: sqlite3.Connection, field: Field) -> str | None:
    insert = "INSERT OR IGNORE INTO gpkg_data_column_constraints VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    if field.vocabulary:
        # The standard wants lower-case constraint names; one name serves every column with that vocabulary.
        name = f"enum_{field.name}"
        for value in field.vocabulary:
            connection.execute(insert, (name, "enum", value, None, None, None, None, value))
        return name
    if field.reject is not None and field.reject.low is not None and field.reject.high is not None:
        low, high = field.reject.low, field.reject.high
        name = f"range_{low:g}_{high:g}".replace(".", "_").replace("-", "m")
        seen = connection.execute(
            "SELECT 1 FROM gpkg_data_column_constraints WHERE constraint_name = ?", (name,)
        ).fetchone()
        if not seen:  # value is NULL in a range, and NULLs are never equal in UNIQUE
            connection.execute(insert, (name, "range", None, low, 1, high, 1, field.reject.reason))
        return name
    return None


def _metadata(
    connection: sqlite3.Connection, contracts: list[Contract], publication: Publication, facts: LayerFacts, stamp: str
) -> None:
    mark = f"{SAMPLE_MARK}. " if publication.region.is_sample else ""
    whole = (
        f"{mark}Blocks of mine waste in the region {publication.title}, ranked by critical-mineral potential. P10 is "
        "the low case; rank P05 is the best place. Intervals are conditional on the stated inputs."
    )
    _one(connection, 1, f"Khanij - {publication.title}", whole, facts)
    connection.execute(
        "INSERT INTO gpkg_metadata_reference VALUES ('geopackage', NULL, NULL, NULL, ?, 1, NULL)", (stamp,)
    )
    for number, contract in enumerate(contracts, start=2):
        _one(connection, number, f"{contract.title} - {publication.title}", mark + contract.description, facts)
        connection.execute(
            "INSERT INTO gpkg_metadata_reference VALUES ('table', ?, NULL, NULL, ?, ?, 1)",
            (contract.name, stamp, number),
        )


def _one(connection: sqlite3.Connection, number: int, title: str, abstract: str, facts: LayerFacts) -> None:
    # What QGIS reads as layer metadata is its own document type.
    text = (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="3.22.0"><identifier></identifier><parentidentifier></parentidentifier><language>ENG</language>'
        f"<type>dataset</type><title>{escape(title)}</title><abstract>{escape(abstract)}</abstract>"
        f"{facts.xml()}<crs/></qgis>"
    )
    connection.execute(
        "INSERT INTO gpkg_metadata VALUES (?, 'dataset', 'http://mrcc.com/qgis.dtd', 'text/xml', ?)", (number, text)
    )
