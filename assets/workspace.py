"""What every asset needs to know of its surroundings: the region's settings, where sources lie and where results go.

Belongs here: paths and settings, resolved once. Does not belong here: reading a layer or computing anything.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import dagster as dg
import geopandas as gpd

from data_sources.cards import load_card
from data_sources.connectors import stored
from data_sources.connectors.archive import Archive
from data_sources.contracts import RegionError
from data_sources.readers.states import read_states
from data_sources.regions import LayerSource, Region, data_folder, load_region, region_names
from data_sources.synthetic import sample_district_folder
from publishing.atomic import sha256_of

PARTITIONS = dg.StaticPartitionsDefinition(region_names())


class Workspace(dg.ConfigurableResource):
    """Folders and settings of one installation.

    Parameters
    ----------
    output_root : where the published files go, one folder per region.
    cache_root : where what can be made again is kept (the generated sample district, fetched archives).
    data_root : folder of survey files that may not be shipped; empty means ``KHANIJ_DATA`` or its default.
    overrides : dotted settings given with ``--set``, applied to every region that is run.
    accept : why a result is to be published although the guard of the publication objects to it; empty otherwise.
    """

    output_root: str = "output"
    cache_root: str = ".khanij"
    data_root: str = ""
    overrides: dict[str, str] = {}  # noqa: RUF012 - a pydantic field, copied for every instance
    accept: str = ""

    def region(self, name: str) -> Region:
        """The region's validated settings, with the overrides applied."""
        return load_region(name, dict(self.overrides))

    def output_folder(self, region: str) -> Path:
        """The folder of what people open, created if need be."""
        folder = Path(self.output_root) / region
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def published_folder(self, region: str) -> Path:
        """The folder of what people open, whether it is there or not."""
        return Path(self.output_root) / region

    def source_folder(self, region: Region) -> Path | None:
        """The folder that the region's layer paths are relative to; None where the region needs data that is not here."""
        if region.is_sample:
            return sample_district_folder(Path(self.cache_root))
        if region.needs_data:
            return Path(self.data_root).expanduser().resolve() if self.data_root else data_folder()
        return Path(self.data_root).expanduser().resolve() if self.data_root else Path.cwd()

    def layer_path(self, region: Region, source: LayerSource) -> Path | None:
        """The file of one layer, or None when its folder is not here.

        Raises
        ------
        RegionError : the layer has no path, so nothing says where it is.
        """
        if source.path is None:
            card = load_card(source.card)
            if not card.is_remote:
                raise RegionError(
                    "the layer has no path",
                    file=f"data_sources/regions/{region.name}.yaml",
                    field=f"layers.{source.card}",
                    do="give the path of the file below the data folder",
                )
            fetched = stored(card, Archive(Path(self.cache_root) / "archive"), extent=region.extent_deg)
            return None if fetched is None else fetched.path
        folder = self.source_folder(region)
        return None if folder is None else folder / source.path

    def waste_paths(self, region: Region) -> dict[str, dict[str, Path | None]]:
        """The files of each further source of waste sites: its sites, and a table's tonnages, grades and constraints."""
        folder = self.source_folder(region)
        out: dict[str, dict[str, Path | None]] = {}
        for source in region.waste.sources:
            beside = {k: getattr(source, k) for k in ("tonnages", "grades", "constraints")}
            files = {k: folder / v for k, v in beside.items() if v is not None and folder is not None}
            out[source.called] = {"sites": self.layer_path(region, source), **files}
        return out

    def waste_files(self, region: Region) -> list[Path]:
        """Tables that stand beside a source of waste sites (its own file counts as a source)."""
        return sorted(p for files in self.waste_paths(region).values() for k, p in files.items() if k != "sites" and p)

    def states(self, region: Region) -> gpd.GeoDataFrame | None:
        """The region's state polygons (column ``state``, EPSG:4326), or None where its YAML names none."""
        if region.states is None:
            return None
        return read_states(self.layer_path(region, region.states), region.states)

    def gate_paths(self, region: Region) -> dict[str, Path]:
        """The files of the region's gate layers by name, relative to the folder of its sources."""
        folder = self.source_folder(region) or Path.cwd()
        return {name: folder / gate.path for name, gate in sorted(region.gates.items())}

    def file_hash(self, files: list[Path]) -> str:
        """SHA-256 over the bytes of some files and those that belong to them; a missing file counts by its name."""
        digest = hashlib.sha256()
        for given in files:
            digest.update(given.name.encode())
            for file in companions(given):
                stat = file.stat()
                digest.update(_file_hash(str(file), stat.st_size, stat.st_mtime_ns).encode())
        return digest.hexdigest()

    def source_hash(self, region: Region, layers: tuple[str, ...] | None = None) -> str:
        """SHA-256 over the region's source files and their cards: it changes when any of their bytes do."""
        digest = hashlib.sha256()
        for name, source in sorted(region.sources().items()):
            if layers is not None and name.split(".")[0] not in layers:
                continue
            card = load_card(source.card)
            digest.update(f"{name}|{source.model_dump_json()}|{card.model_dump_json()}".encode())
            path = self.layer_path(region, source) if source.path or card.is_remote else None
            for file in companions(path):
                stat = file.stat()
                digest.update(f"{file.name}|{_file_hash(str(file), stat.st_size, stat.st_mtime_ns)}".encode())
        return digest.hexdigest()


def companions(path: Path | None) -> list[Path]:
    """A file and those that belong to it (the .dbf, .shx, .prj and .cpg of a .shp), or all files of a folder."""
    if path is None or not path.exists():
        return []
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file())
    if path.suffix.lower() == ".shp":
        return sorted(p for p in path.parent.glob(path.stem + ".*") if p.is_file())
    return [path]


@cache
def _file_hash(path: str, size: int, mtime_ns: int) -> str:
    # size and time are only the cache's key: an untouched file is not hashed twice in one process
    return sha256_of(Path(path))


def home_folder() -> Path:
    """The project's own working folder: ``KHANIJ_HOME``, else the current folder."""
    return Path(os.environ.get("KHANIJ_HOME", ".")).expanduser().resolve()
