"""The plugin for QGIS as a zip for *Install from ZIP*: the same bytes for the same version.

Belongs here: which files, in which order, and what QGIS is told of them. Does not belong here: the plugin's own code
(``publishing/qgis/plugin``), which runs in QGIS's Python.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from khanij.foundation.version import khanij_version

FOLDER = "khanij_qgis"
"""The folder in the zip, and so the module: not ``khanij``, which another Python path may hold."""
OLDEST_QGIS = "3.22"
NEWEST_QGIS = "4.99"
EMAIL = "khanij@example.org"
"""As in ``pyproject.toml``."""
_PARTS = Path(__file__).resolve().parents[1] / "qgis" / "plugin"
_ABOUT = (
    "Ranks blocks of mine waste by critical-mineral potential with the khanij command of an environment of yours, and "
    "shows the result on the map: rank a region or your own layers, validate a layer, click a block to see why it stands "
    "where it stands, move prices, costs and weights, compare releases, make a shortlist, and see what to sample next. "
    "Nothing is installed into QGIS's own Python, and nothing is sent anywhere."
)


def metadata_text(version: str) -> str:
    """``metadata.txt``, as QGIS's plugin manager reads it."""
    told = {
        "name": "Khanij",
        "qgisMinimumVersion": OLDEST_QGIS,
        "qgisMaximumVersion": NEWEST_QGIS,
        "description": "Which mine waste should be looked at first for critical minerals, how sure is that, and why",
        "about": _ABOUT,
        "version": version,
        "author": "The Khanij authors",
        "email": EMAIL,
        "hasProcessingProvider": "yes",
        "supportsQt6": "True",
        "license": "Apache-2.0",
        "tags": "geology, mineral exploration, critical minerals, mine waste, tailings, ranking, uncertainty",
        "category": "Analysis",
        "icon": "icon.svg",
        "experimental": "False",
        "deprecated": "False",
        "server": "False",
        "homepage": "https://khanij.example.org",
        "tracker": "https://khanij.example.org/issues",
        "repository": "https://khanij.example.org/code",
    }
    return "[general]\n" + "".join(f"{key}={value}\n" for key, value in told.items())


def plugin_zip() -> bytes:
    """The zip: metadata, licence, and every file of the plugin, sorted, without a clock."""
    parts = {p.name: p.read_bytes() for p in _PARTS.iterdir() if p.suffix in {".py", ".svg"}}
    parts["metadata.txt"] = metadata_text(khanij_version()).encode()
    parts["LICENSE"] = _licence()
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for name in sorted(parts):
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            out.writestr(entry, parts[name])
    return into.getvalue()


def _licence() -> bytes:
    said = "Copyright 2026 the Khanij authors. Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0\n"
    return said.encode()
