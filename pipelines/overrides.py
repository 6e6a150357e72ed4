"""``--set KEY=VALUE``: one run with some settings of the region's YAML changed.

Belongs here: from the command line's text to a region whose every setting was checked. Does not belong here: what a
setting means (``scoring``), or Dagster, which takes seconds to import.
"""

from __future__ import annotations

import json

from assets.regions import require_settings
from data_sources.contracts import RegionError
from data_sources.regions import Region, load_region
from scoring.rank.settings import DEFAULT_WEIGHTS, THIN_MARKETS


def complete(overrides: dict[str, str], region: Region) -> dict[str, str]:
    """The overrides, with what one key of a mapping stands beside: one weight changed leaves the others as they were."""
    out: dict[str, str] = {}
    for name, defaults in (("weights", DEFAULT_WEIGHTS), ("cap_shares", THIN_MARKETS)):
        if any(key.startswith(f"ranking.{name}.") for key in overrides) and name not in region.ranking:
            out[f"ranking.{name}"] = json.dumps(defaults)
    return out | overrides


def checked_region(name: str, overrides: dict[str, str]) -> Region:
    """The region with its settings changed, the ranking's and the fertility's checked as well.

    Raises
    ------
    RegionError : no such region or setting, or a bad value; the key is named.
    """
    region = load_region(name, complete(overrides, load_region(name)))
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
