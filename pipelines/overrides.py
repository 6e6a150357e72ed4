"""``--set KEY=VALUE``: one run with some settings of the region's YAML changed.

Belongs here: from the command line's text to a region whose every setting was checked. Does not belong here: what a
setting means (``scoring``), or Dagster, which takes seconds to import; nor the science, which whoever gives no setting
does not wait for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from khanij.foundation.errors import RegionError, together

if TYPE_CHECKING:
    from data_sources.regions import Region


def checked_region(name: str, overrides: dict[str, str]) -> Region:
    """The region with its settings changed, the ranking's and the fertility's checked as well.

    Raises
    ------
    RegionError : no such region or setting, or bad values; each key is named, all of them at once.
    """
    from data_sources.regions import load_region

    wrong = faults_of_region(name, overrides)
    if wrong:
        raise together(wrong)
    return load_region(name, overrides)


def faults_of_region(name: str, overrides: dict[str, str]) -> list[RegionError]:
    """All that is wrong with a region's settings, of its own model and of the science's.

    Raises
    ------
    RegionError : no such region, a file that is no YAML, or a setting that is no dotted key.
    """
    from assets.regions import wrong_settings
    from data_sources.regions import load_region, region_settings

    settled, _ = region_settings(name, overrides)
    wrong: list[RegionError] = []
    try:
        settled = load_region(name, overrides).model_dump()
    except RegionError as error:
        wrong += [error, *(e for e in error.others if isinstance(e, RegionError))]
    return wrong + wrong_settings(settled)


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
