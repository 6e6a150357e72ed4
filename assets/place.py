"""The settings of one installation: which region, with which overrides, and where results go.

Belongs here: settings and the folders of results. Does not belong here: where sources lie (``workspace``), reading a
layer, computing anything. An asset that reads no source is given this and nothing more.
"""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from data_sources.regions import Region, load_region


class Place(dg.ConfigurableResource):
    """Folders and settings of one installation.

    Parameters
    ----------
    output_root : where the published files go, one folder per region.
    cache_root : where what can be made again is kept (the generated sample district, fetched archives).
    data_root : folder of survey files that may not be shipped; empty means ``KHANIJ_DATA`` or its default.
    overrides : dotted settings given with ``--set``, applied to every region that is run.
    scenario : the what-if that the overrides belong to; empty for the default result, which has none.
    accept : why a result is to be published although the guard of the publication objects to it; empty otherwise.
    """

    output_root: str = "output"
    cache_root: str = ".khanij"
    data_root: str = ""
    overrides: dict[str, str] = {}  # noqa: RUF012 - a pydantic field, copied for every instance
    scenario: str = ""
    accept: str = ""

    def region(self, name: str) -> Region:
        """The region's validated settings, with the overrides applied.

        Raises
        ------
        RegionError : an unknown key or a bad value, with the key and a remedy.
        """
        from assets.regions import require_settings  # the science's own settings, and with them its libraries

        region = load_region(name, dict(self.overrides))
        require_settings(region)
        return region

    def output_folder(self, region: str) -> Path:
        """The folder of what people open, created if need be."""
        folder = Path(self.output_root) / region
        folder.mkdir(parents=True, exist_ok=True)
        return folder
