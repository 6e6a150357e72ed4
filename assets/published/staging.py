"""The next set while it is being put together: complete files out of sight, each with its hash, all of one generation.

Belongs here: what the publication assets share. Does not belong here: making a file (``publication``) or publishing one
(``published_set``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assets.published.generation import generation
from assets.workspace import Workspace
from data_sources.contracts import PublishingError
from publishing.geopackage.base import BASE
from publishing.sets.listing import listed, staging_of


def require_one_generation(region_name: str, workspace: Workspace, made: dict[str, dict[str, Any]]) -> str:
    """The generation that every part carries, which is the one that would be made now.

    Raises
    ------
    PublishingError : a part is of another generation; it is named.
    """
    current = generation(region_name, workspace)
    other = sorted(name for name, bundle in made.items() if bundle["generation"] != current)
    if other:
        raise PublishingError(
            f"{', '.join(other)}: made from other inputs than there are now",
            do=f"run again: khanij run --region {region_name} makes the assets of the group publication together; "
            "nothing published has changed",
        )
    return current


def staged_or_published(folder: Path, name: str) -> Path:
    """Where a file of the set that is being made lies now."""
    staged = staging_of(folder) / name
    return staged if staged.exists() else folder / name


def staged(folder: Path, *paths: Path) -> dict[str, dict[str, Any]]:
    """What a publication asset hands on of its staged files: name -> hash and size."""
    names = [path.relative_to(staging_of(folder)).as_posix() for path in paths]
    return {
        name: file.model_dump(include={"sha256", "bytes"}) for name, file in listed(staging_of(folder), names).items()
    }


def geopackage_in(bundle: dict[str, Any]) -> str:
    """The name of the GeoPackage of blocks among what ``ranked_blocks`` staged; beside it may lie the base map."""
    return next(name for name in bundle["staged"] if name != BASE)


@contextlib.contextmanager
def staging_errors(folder: Path) -> Iterator[None]:
    """Tell of a disk that is full or a folder that may not be written as of an unfinished publication.

    Raises
    ------
    PublishingError : in place of the system's error.
    """
    try:
        yield
    except OSError as error:
        raise PublishingError(
            f"the next set could not be written: {error}",
            file=staging_of(folder),
            do="see to space and rights; what was published before is still in place",
        ) from error
