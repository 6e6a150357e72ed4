"""Many sources of one waste site -> one row with every figure kept: records, matching, merging, derived tonnages.

Belongs here: which records are the same facility, and tonnages computed from published inputs. Does not belong here:
reading a file (``connectors``, ``readers``), or what a tonnage is worth (``scoring``).
"""

from data_sources.register.derived import (
    derive_ash,
    derive_from_terms,
    derive_from_volume,
    generated_tonnage_mt,
    station_ash_mt,
)
from data_sources.register.matching import match_records
from data_sources.register.merge import Register, merge_records
from data_sources.register.records import (
    Records,
    from_osm,
    from_own_table,
    from_power_stations,
    from_tailings_portal,
)
from data_sources.register.tables import figure_tonnages, figures_kept, prefer, site_table, tonnage_table

__all__ = [
    "Records",
    "Register",
    "derive_ash",
    "derive_from_terms",
    "derive_from_volume",
    "figure_tonnages",
    "figures_kept",
    "from_osm",
    "from_own_table",
    "from_power_stations",
    "from_tailings_portal",
    "generated_tonnage_mt",
    "match_records",
    "merge_records",
    "prefer",
    "site_table",
    "station_ash_mt",
    "tonnage_table",
]
