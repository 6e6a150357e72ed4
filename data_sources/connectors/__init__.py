"""Bytes -> frames: files, WFS, ArcGIS REST, OGC API Features and plain HTTP, kept in a content-addressed archive.

Belongs here: protocols, paging, retries, size limits, refusals. Does not belong here: units, bounds, quarantine
(``contracts``), or where a source is (``cards``).

``files`` and ``rasters`` read, ``remote`` asks and fetches, ``archive`` keeps, ``in_archive`` finds, ``here`` says what there
is; each is imported by its own name, so that a table of the cards waits neither for GDAL nor for a network.
"""
