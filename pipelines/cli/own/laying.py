"""Where a new region's files go: YAML, cards and schemas into the user's folders, the data used in place or copied below them.

Belongs here: paths, and never writing over what is there. Does not belong here: what is written (``data_sources.proposing``).
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from khanij.foundation.environment import folder_for, own_folder
from khanij.foundation.errors import RegionError
from khanij.foundation.files import write_bytes_atomically


@dataclass(frozen=True)
class Places:
    """Folders of one user: regions, cards, schemas; ``data`` is what paths are below, ``copies`` where files are laid that lie elsewhere."""

    regions: Path
    cards: Path
    schemas: Path
    data: Path
    copies: Path | None

    @classmethod
    def of(cls, folder: Path, region: str) -> Places:
        """The places for a region whose files lie in a folder."""
        regions, cards = folder_for("KHANIJ_REGIONS").resolve(), folder_for("KHANIJ_CARDS").resolve()
        data = (own_folder("KHANIJ_DATA") or folder_for("KHANIJ_DATA")).resolve()
        inside = folder.resolve().is_relative_to(data)
        return cls(regions, cards, regions.parent / "schemas", data, None if inside else data / region)

    def schema_from(self, folder: Path, name: str) -> str:
        """The path of a schema as a YAML of a folder names it."""
        return Path(os.path.relpath(self.schemas / name, folder)).as_posix()

    def path_of(self, file: Path, folder: Path) -> str:
        """Where a file of the folder will lie, below the data folder."""
        if self.copies is None:
            return file.resolve().relative_to(self.data).as_posix()
        return (self.copies / file.relative_to(folder)).relative_to(self.data).as_posix()


def write_all(texts: Mapping[Path, str], copies: Mapping[Path, Path], *, force: bool) -> list[Path]:
    """Write texts and copy files, all or none; what is there already and is not the same is left unless ``force``.

    Parameters
    ----------
    texts : path -> content. copies : target -> file or folder to copy.

    Raises
    ------
    RegionError : something that is there would be written over; nothing was written.
    """
    there = [p for p, text in texts.items() if p.exists() and p.read_text(encoding="utf-8") != text]
    there += [target for target, file in copies.items() if target.exists() and not _same(target, file)]
    if there and not force:
        names = ", ".join(map(str, there))
        raise RegionError(
            f"would write over {names}", field="--force", do="add --force, or choose another name of the region"
        )
    for target, file in copies.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.is_dir():
            shutil.copytree(file, target, dirs_exist_ok=True)
        elif not _same(target, file):
            shutil.copyfile(file, target)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes_atomically(path, text.encode())
    return list(texts)


def _same(target: Path, file: Path) -> bool:
    if file.is_dir():
        return target.is_dir() and not filecmp.dircmp(file, target).diff_files
    return target.is_file() and filecmp.cmp(target, file, shallow=False)
