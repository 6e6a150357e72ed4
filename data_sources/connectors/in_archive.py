"""What an earlier fetch left in the archive: found without any network.

Belongs here: asking the archive for a card. Does not belong here: asking a source (``fetching``) or writing what came
(``keeping``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data_sources.cards import Card
from data_sources.connectors.archive import Archive, Extent, Job, Manifest

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


@dataclass(frozen=True)
class Fetched:
    """What is in the archive for one card and extent.

    ``path`` is the object itself: GeoParquet, or the publisher's own file. ``unchanged`` says that the source was asked
    and had nothing new; ``resumed_at`` is the number of pages that an interrupted fetch had left.
    """

    card: Card
    manifest: Manifest
    path: Path
    unchanged: bool = False
    resumed_at: int = 0

    @property
    def rows(self) -> int:
        """Number of rows (0 for a raster)."""
        return self.manifest.rows

    def frame(self) -> gpd.GeoDataFrame | pd.DataFrame:
        """All rows with the publisher's column names; ``attrs`` carries card, licence and ``redistribute``."""
        # To ask when a source was last fetched takes no reader.
        from data_sources.connectors.files import read_file
        from data_sources.connectors.remote.keeping import read_kept

        if self.manifest.pages:
            frame = read_kept(self.path)
        else:
            frame = read_file(self.path, layer=self.card.layer or None, options=self.card.options)
        frame.attrs.update(
            source=self.card.name,
            redistribute=self.manifest.redistribute,
            licence=self.manifest.licence,
            attribution=self.manifest.attribution,
            sha256=self.manifest.sha256,
        )
        return frame


def stored(card: Card, archive: Archive, *, extent: Extent | None = None) -> Fetched | None:
    """What an earlier ``fetch`` of the same card and extent left in the archive; no network, None where there is none."""
    job = job_of(card, archive, extent)
    before = job.before
    return None if before is None else fetched_of(job, before)


def last_asked(card: Card, archive: Archive, *, extent: Extent | None = None) -> float | None:
    """Seconds since the epoch when this card and extent were last asked for with success; None where they never were."""
    job = job_of(card, archive, extent)
    return None if job.before is None else archive.asked(card.name, job.request)


def job_of(card: Card, archive: Archive, extent: Extent | None) -> Job:
    """A source that comes whole is the same whatever region asks for it."""
    cut = card.protocol in ("wfs", "ogc_api", "arcgis_rest") or any("{west}" in v for v in card.params.values())
    return Job(card, archive, extent if cut else None)


def fetched_of(job: Job, manifest: Manifest, resumed_at: int = 0) -> Fetched:
    """The object that a manifest names, with its card."""
    path = job.archive.object_path(manifest.sha256, manifest.suffix)
    return Fetched(job.card, manifest, path, resumed_at=resumed_at)
