"""Reading one set, whole, while another may be taking its place.

The files are copied while the lock is held, and what reads the published paths inside the ``with`` reads the copies.
Belongs here: copying and the look whether it is one set. Does not belong here: reading a table (``publishing.geopackage.reading``).
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from data_sources.contracts import MissingSourceError, PublishingError, RegionError
from khanij.foundation.environment import is_scenario_name, output_folder
from publishing.geopackage.reading import is_sample, reading_copies, where_read
from publishing.sets.listing import GEOPACKAGE, JOURNAL, SET_LIST, SetList, is_file, read_list
from publishing.sets.marks import generation_of
from publishing.sets.swap import finish, held

_TRIES = 20
_WAIT_S = 0.25
_OF_OLDER_VERSIONS = (GEOPACKAGE, "index.html", "fertility_report.html", "evidence/*.tif")
logger = logging.getLogger("khanij")


@dataclass(frozen=True)
class Snapshot:
    """One set's files as copies that nobody changes.

    ``files`` is published name -> copy; ``listing`` the set's list, None where an older version published without one;
    ``changed`` the names of files that are missing or not what the list says: changed by hand, damaged, being edited.
    """

    folder: Path
    files: dict[str, Path]
    listing: SetList | None = None
    changed: tuple[str, ...] = ()
    generations: dict[str, str] = field(default_factory=dict)

    @property
    def geopackage(self) -> Path:
        """The copy of the GeoPackage.

        Raises
        ------
        MissingSourceError : the set's GeoPackage is not there.
        """
        name = self.listing.geopackage() if self.listing else GEOPACKAGE
        if name not in self.files:
            raise MissingSourceError(
                "no GeoPackage here", file=self.folder / name, do="run `khanij run` first, or name another folder"
            )
        return self.files[name]

    def require_one_set(self) -> None:
        """Refuse a folder that is not one set.

        Raises
        ------
        PublishingError : a file is not what the list says, or two files carry different generations.
        """
        told = dict(sorted(self.generations.items()))
        if len(set(told.values())) > 1:
            which = ", ".join(f"{name} {generation[:12]}" for name, generation in told.items())
            raise PublishingError(
                f"the folder holds files of two generations: {which}",
                file=self.folder,
                do="run: khanij run, then again",
            )
        if self.changed:
            raise PublishingError(
                f"not what was published: {', '.join(self.changed)}",
                file=self.folder,
                do="run: khanij run puts it right; khanij check looks again",
            )


def is_set_folder(folder: Path) -> bool:
    """Whether a set is, or is about to be, published in a folder."""
    return (folder / SET_LIST).exists() or (folder / JOURNAL).exists()


def published_geopackage(folder: Path) -> Path:
    """Where a region's GeoPackage is found: under its own name, or beside it while that one is being edited."""
    finish(folder)
    listing = read_list(folder)
    return folder / (listing.geopackage() if listing else GEOPACKAGE)


def published_files(region: str | None, scenario: str = "") -> list[Path]:
    """The ranked GeoPackages of one region, or of all that were run; the default's, or those of one scenario.

    Raises
    ------
    MissingSourceError : nothing has been published yet, or not of this scenario.
    RegionError : there is no such region, or no scenario can be called so.
    """
    if scenario and not is_scenario_name(scenario):
        raise RegionError(
            f"no scenario can be called {scenario!r}", field="--scenario", do="khanij scenario lists them"
        )
    root = output_folder(scenario)
    folders = sorted(p for p in root.glob(region or "*") if p.is_dir() and not p.name.startswith("."))
    files = [file for folder in folders if (file := published_geopackage(folder)).is_file()]
    if not files:
        if region:
            from data_sources.regions import load_region

            load_region(region)  # one that is not known is told as such
        named = f" --scenario {scenario} --set KEY=VALUE" if scenario else ""
        raise MissingSourceError(
            f"nothing has been ranked in scenario {scenario}" if scenario else "nothing has been ranked yet",
            file=root / (region or "*") / "ranked_blocks.gpkg",
            do=f"run: khanij run{' --region ' + region if region else ''}{named}",
        )
    return files


def real_files(files: list[Path]) -> list[Path]:
    """Those GeoPackages that are not made up.

    Raises
    ------
    MissingSourceError : all of them are; the message names the option.
    """
    made_up = [file for file in files if is_sample(file)]
    real = [file for file in files if file not in made_up]
    if not real:
        region = made_up[0].parent.name
        raise MissingSourceError(
            f"only a made-up region has been ranked: {', '.join(f.parent.name for f in made_up)}",
            file=made_up[0],
            do=f"name it, --region {region}, or rank a real one: khanij run --region india",
        )
    return real


@contextlib.contextmanager
def snapshot(folder: Path, wanted: Callable[[str], bool] = lambda name: True) -> Iterator[Snapshot]:
    """One set of a region's folder; published paths that are read inside the ``with`` are read from its copies.

    Parameters
    ----------
    folder : such as ``output/india``.
    wanted : which of the set's files are needed, by their names.

    Raises
    ------
    PublishingError : a publication was interrupted and cannot be finished, or the list is damaged.
    """
    folder = Path(folder)
    with tempfile.TemporaryDirectory(prefix="khanij-set-", ignore_cleanup_errors=True) as name:
        taken = _taken(folder, Path(name), wanted)
        if taken.changed:
            logger.warning("%s: not what was published: %s", folder, ", ".join(taken.changed))
        with reading_copies({folder / name: copy for name, copy in taken.files.items()}):
            yield taken


@contextlib.contextmanager
def one_set_of(paths: Iterable[Path]) -> Iterator[None]:
    """The published GeoPackages of some regions, each read from one set until the end of the ``with``.

    A path that lies in no published set (a release, a file of a person's own) is read as it stands.
    """
    with contextlib.ExitStack() as stack:
        standing = [Path(p) for p in paths if where_read(p) == Path(p)]  # the others are read from copies already
        for folder in sorted({p.parent for p in standing}):
            if is_set_folder(folder):
                stack.enter_context(snapshot(folder, lambda name: name.endswith(".gpkg")))
        yield


def _taken(folder: Path, into: Path, wanted: Callable[[str], bool]) -> Snapshot:
    if not is_set_folder(folder):
        return _copied(folder, into, None, wanted)
    for left in reversed(range(_TRIES)):
        try:
            finish(folder)
            with held(folder):
                return _copied(folder, into, read_list(folder), wanted)
        except OSError:
            # No right to write here, so none to hold the lock: look whether it is one set, and look again if not.
            taken = _copied(folder, into, read_list(folder), wanted)
            if not taken.changed or not left:
                return taken
            time.sleep(_WAIT_S)
    raise AssertionError("the last try returns")


def _copied(folder: Path, into: Path, listing: SetList | None, wanted: Callable[[str], bool]) -> Snapshot:
    if listing is None:
        names = sorted(p.relative_to(folder).as_posix() for g in _OF_OLDER_VERSIONS for p in folder.glob(g))
    else:
        names = sorted(listing.files)
    files, changed = {}, []
    for name in filter(wanted, names):
        source, target = folder / name, into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(source, target)
        except FileNotFoundError:
            changed.append(name)
            continue
        wal = source.with_name(source.name + "-wal")
        if source.suffix == ".gpkg" and wal.is_file() and wal.stat().st_size:
            shutil.copyfile(wal, target.with_name(target.name + "-wal"))  # what an editor saved belongs to the file
            changed.append(name)
        elif listing is not None and not is_file(target, listing.files[name]):
            changed.append(name)
        files[name] = target
    generations = {n: g for n, p in files.items() if (g := generation_of(p)) is not None}
    if listing is not None:
        generations[SET_LIST] = listing.generation
    return Snapshot(folder, files, listing, tuple(changed), generations)
