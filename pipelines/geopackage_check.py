"""Whether a file is a whole GeoPackage, as a finding that Dagster's checks show.

Belongs here: the finding. Does not belong here: the look itself (``publishing.geopackage.check``).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from assets.quality import Finding
from publishing.geopackage.check import geopackage_faults

NAME = "geopackage_valid"


def geopackage_finding(path: Path) -> Finding:
    """Application id, integrity, foreign keys, required layers, registered SRS, extents and row counts."""
    faults = geopackage_faults(path)
    if faults:
        table = pd.DataFrame({"fault": faults})
        return Finding(NAME, False, "; ".join(faults[:8]), table, len(faults), {"faults": len(faults)})
    size = path.stat().st_size
    return Finding(NAME, True, f"{path.name}: {size:,} bytes, whole and registered", numbers={"bytes": size})
