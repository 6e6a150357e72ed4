"""``--set KEY=VALUE``: one run with some settings of the region's YAML changed.

Belongs here: from the command line's text to a region whose every setting was checked. Does not belong here: what a
setting means (``scoring``), or Dagster, which takes seconds to import.
"""

from __future__ import annotations

from assets.regions import require_settings
from data_sources.contracts import RegionError
from data_sources.regions import Region, load_region


def checked_region(name: str, overrides: dict[str, str]) -> Region:
    """The region with its settings changed, the ranking's and the fertility's checked as well.

    Raises
    ------
    RegionError : no such region or setting, or a bad value; the key is named.
    """
    region = load_region(name, overrides)
    require_settings(region)
    return region


def parse_settings(pairs: list[str]) -> dict[str, str]:
    """``["a.b=1"]`` as ``{"a.b": "1"}``.

    Raises
    ------
    RegionError : a pair without ``=``.
    """
    out = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise RegionError(f"--set wants KEY=VALUE, not {pair!r}", do="write for example --set ranking.draws=2000")
        out[key] = value
    return out
