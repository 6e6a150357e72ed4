"""The release of what is published of one region, its sources' citations with it.

Belongs here: what a region adds to a release. Does not belong here: what a release holds (``releases``) or where the
folders are (the caller says it).
"""

from __future__ import annotations

from pathlib import Path

from data_sources.cards import load_card
from data_sources.regions import load_region
from publishing.releasing.releases import make_release


def release_region(region: str, version: str, releases_root: Path, output: Path, scenario: str = "") -> Path:
    """Release what is published of one region and return the release's folder.

    Parameters
    ----------
    region : its name; the cards of its sources are cited.
    version : CalVer such as ``2026.12.01``.
    releases_root : folder of all releases; the new one is ``<releases_root>/<region>/<version>``.
    output : the region's published folder.
    scenario : the what-if that lies there and is to be released; empty for the default result.

    Raises
    ------
    KhanijError : the version exists, is being made, or the published set is not whole.
    """
    settings = load_region(region)
    names = {source.card for source in settings.sources().values()} | ({settings.waste.card} - {""})
    citations = sorted({load_card(name).citation for name in names})
    return make_release(output, releases_root, version, attributions=citations, scenario=scenario).folder
