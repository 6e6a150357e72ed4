"""Bytes -> frames: files, WFS, ArcGIS REST, OGC API Features and plain HTTP, kept in a content-addressed archive.

Belongs here: protocols, paging, retries, size limits, refusals. Does not belong here: units, bounds, quarantine
(``contracts``), or where a source is (``cards``).
"""

from data_sources.connectors.archive import Archive, Manifest
from data_sources.connectors.files import read_file
from data_sources.connectors.in_archive import Fetched, last_asked, stored
from data_sources.connectors.rasters import Raster, read_raster
from data_sources.connectors.remote.fetching import fetch
from data_sources.connectors.remote.http import ClientSettings, LoginRequiredError, TooLargeError, UnreachableError
from data_sources.connectors.remote.pages import ChangedWhileReadingError
from data_sources.connectors.remote.probing import SourceState, local_state, probe

__all__ = [
    "Archive",
    "ChangedWhileReadingError",
    "ClientSettings",
    "Fetched",
    "LoginRequiredError",
    "Manifest",
    "Raster",
    "SourceState",
    "TooLargeError",
    "UnreachableError",
    "fetch",
    "last_asked",
    "local_state",
    "probe",
    "read_file",
    "read_raster",
    "stored",
]
