"""Bytes -> frames: files, WFS, ArcGIS REST, OGC API Features and plain HTTP, kept in a content-addressed archive.

Belongs here: protocols, paging, retries, size limits, refusals. Does not belong here: units, bounds, quarantine
(``contracts``), or where a source is (``cards``).
"""

from data_sources.connectors.files import read_file
from data_sources.connectors.rasters import Raster, read_raster

__all__ = ["Raster", "read_file", "read_raster"]
