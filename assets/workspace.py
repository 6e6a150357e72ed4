"""Where the sources of a region lie, and the hashes of their bytes.

Belongs here: paths and hashes. Does not belong here: settings (``place``), reading a layer, computing anything. What
reads is imported where it is asked for: every definition knows this module, and only an asset that is made reads.
"""

from __future__ import annotations

import glob
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import dagster as dg

from assets.place import Place
from data_sources.cards import load_card
from data_sources.connectors.archive import Archive
from data_sources.connectors.in_archive import stored
from data_sources.contracts import RegionError
from data_sources.regions import LayerSource, Region, data_folder
from khanij.foundation.closure import Stat, stat_of
from khanij.foundation.errors import KhanijError
from khanij.foundation.files import sha256_of

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np

_LOGS = ("-wal", "-journal")
# Files that GDAL reads with the one that is named: after its whole name, or in place of its suffix.
_BESIDE_NAME = (".aux.xml", ".msk", ".hdr")
_BESIDE_STEM = (".hdr", ".tfw", ".wld", ".prj", ".csvt", ".mid", ".dat", ".map", ".id", ".ind", ".gfs", ".xsd")
_LOOKED_AT: set[Path] = set()


class RegionPartitions(dg.DynamicPartitionsDefinition):
    """One partition a region, by name; which there are is told to Dagster while it runs (``pipelines.partitions``).

    Dagster asks its books for every input and output of a run whether the run's own region exists, twice each: of a small
    region an eighth of all work. While a run lasts its process knows (``made_here``).
    """

    made_here: ClassVar[set[str]] = set()

    def has_partition_key(self, partition_key: str, *args: Any, **given: Any) -> bool:
        """Whether Dagster knows the region, or a run of it is under way in this process."""
        return partition_key in self.made_here or super().has_partition_key(partition_key, *args, **given)


PARTITIONS = RegionPartitions(name="region")


class Workspace(Place):
    """One installation with the places of its sources."""

    def published_folder(self, region: str) -> Path:
        """The folder of what people open, whether it is there or not."""
        return Path(self.output_root) / region

    def source_folder(self, region: Region) -> Path | None:
        """The folder that the region's layer paths are relative to; None where the region needs data that is not here."""
        if region.is_sample:
            from khanij.sample import sample_district_folder

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
        from data_sources.readers.states import read_states

        return read_states(self.layer_path(region, region.states), region.states)

    def base_lines(self, region: Region) -> dict[str, np.ndarray]:
        """The region's own lines for the base map by name, in EPSG:4326; none where its YAML names none."""
        from data_sources.basemap.base_lines import read_base_lines

        return {
            name: read_base_lines(self.layer_path(region, source), name, source)
            for name, source in sorted(region.base.items())
        }

    def gate_paths(self, region: Region) -> dict[str, Path]:
        """The files of the region's gate layers by name, relative to the folder of its sources."""
        folder = self.source_folder(region) or Path.cwd()
        return {name: folder / gate.path for name, gate in sorted(region.gates.items())}

    def names_a_file_of(self, region: Region, suffix: str) -> bool:
        """Whether any source of the region is a file of this kind (``.grd``), by the region's YAML or by its card."""
        return any(suffix in _named(source).lower() for source in region.sources().values())

    def file_hash(self, files: list[Path]) -> str:
        """SHA-256 over the bytes of some files and those that belong to them; a missing file counts by its name."""
        digest = hashlib.sha256()
        for given in files:
            digest.update(given.name.encode())
            for file in companions(given):
                digest.update(_hash_of(file).encode())
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
                digest.update(f"{file.name}|{_hash_of(file)}".encode())
        return digest.hexdigest()


def _named(source: LayerSource) -> str:
    """What a source says of its file: its path, or its card where that has the address; nothing of a card that cannot be read."""
    try:
        return source.path or load_card(source.card).model_dump_json()
    except KhanijError:
        return ""


def companions(path: Path | None) -> list[Path]:
    """A file and those that belong to it, or all files of a folder.

    A Shapefile's are its ``.dbf``, ``.shx``, ``.prj`` and ``.cpg``, a raster's its header, world file, mask and
    statistics, a MapInfo table's its four files. A database that another program has open (a
    GeoPackage in QGIS) keeps what was saved in a write-ahead log beside it until it is closed: whoever reads the file
    reads the log too, so it counts. Its index of shared memory changes with every look and does not.
    """
    if path is not None:
        _LOOKED_AT.add(path)
    if path is None or not path.exists():
        return []
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file() and _counts(p))
    if path.suffix.lower() == ".shp":
        return sorted(p for p in path.parent.glob(glob.escape(path.stem) + ".*") if p.is_file())
    beside = [path.with_name(path.name + suffix) for suffix in (*_LOGS, *_BESIDE_NAME)]
    beside += [p for suffix in _BESIDE_STEM if (p := path.with_suffix(suffix)) != path]
    return [path, *(p for p in beside if p.is_file() and _counts(p))]


def _counts(path: Path) -> bool:
    return not path.name.endswith("-shm") and not (path.name.endswith(_LOGS) and path.stat().st_size == 0)


def _hash_of(file: Path) -> str:
    return _file_hash(str(file), stat_of(file))


@cache
def _file_hash(path: str, stat: Stat | None) -> str:
    # Size, times and inode are only the cache's key: an untouched file is not hashed twice in one run.
    try:
        return sha256_of(Path(path))
    except OSError:  # whoever reads it says why
        return "unreadable"


def forget_hashes() -> None:
    """Hash every source anew: no hash is remembered beyond a run or a sensor's look."""
    _file_hash.cache_clear()
    _LOOKED_AT.clear()


def looked_at() -> tuple[Path, ...]:
    """The sources that were looked for since hashes were last forgotten, there or not."""
    return tuple(sorted(_LOOKED_AT))
