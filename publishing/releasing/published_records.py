"""What was published of a region, and when: a small record of each set, so that a night can be compared with the one before.

Layout, below the folder of what an installation keeps for itself (``KHANIJ_CACHE``)::

    published/india/20261128T024501Z-3f0c9a77b1d2.json.gz

Belongs here: the record as a value, keeping and finding it. Does not belong here: the comparison (``since``). A record holds
the clock's time and stands apart from the outputs: what is published depends on its inputs alone.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from khanij.foundation.files import write_bytes_atomically
from publishing.releasing.diff import Ranked, columns_compared, ranked
from publishing.sets.listing import SET_LIST, SetList, read_list

RECORDS = "published"
KEPT = 40  # of a region: a month of nights and some days with more than one
_STAMP = "%Y%m%dT%H%M%SZ"
_LEFT_OUT = ("configuration", "licences", "rows")  # of the run's information: long, and compared by nobody


class Record(BaseModel):
    """One published set: when (seconds since the epoch), its list, its run's information, its blocks, its sources' hashes."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    at: float
    listing: SetList
    run: dict[str, str]
    blocks: list[dict[str, str | float | bool | None]]
    sources: dict[str, str]

    def ranked(self) -> Ranked:
        """The ranked blocks by their ids, and the run's information, as ``diff`` compares them."""
        columns = columns_compared()
        return {str(b["block_id"]): {c: b.get(c) for c in columns} for b in self.blocks}, self.run


def keep_record(folder: Path, root: Path, sources: Mapping[str, str], at: float | None = None) -> Path | None:
    """Keep what is published in a region's folder now; a set that was recorded last is not recorded twice.

    Parameters
    ----------
    folder : such as ``output/india``. root : below it lie the records of each region. sources : what each source's bytes
        hash to. at : seconds since the epoch, the time of the set's list where None.
    """
    listing = read_list(folder)
    if listing is None:
        return None
    known = _files(root, folder.name)
    if known and known[-1].name.endswith(_tail(listing.generation)):
        return None
    at = (folder / SET_LIST).stat().st_mtime if at is None else at
    blocks, info = ranked(folder / listing.geopackage())
    content = {
        "at": at,
        "listing": listing.model_dump(mode="json"),
        "run": {k: v for k, v in info.items() if k not in _LEFT_OUT and not k.startswith("version_")},
        "blocks": [{c: block[c] for c in columns_compared()} for block in blocks.values()],
        "sources": dict(sorted(sources.items())),
    }
    path = root / folder.name / (datetime.fromtimestamp(at, UTC).strftime(_STAMP) + _tail(listing.generation))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes_atomically(path, gzip.compress(json.dumps(content, sort_keys=True).encode(), mtime=0))
    for old in _files(root, folder.name)[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def newest_record(root: Path, region: str, until: float | None = None) -> Record | None:
    """The newest record of a region, or the newest that is not later than ``until``; None where there is none."""
    for path in reversed(_files(root, region)):
        if until is None or _at(path) <= until:
            record = _read(path)
            if record is not None:
                return record
    return None


def _tail(generation: str) -> str:
    return f"-{generation[:12]}.json.gz"


def _files(root: Path, region: str) -> list[Path]:
    return sorted((root / region).glob("*Z-*.json.gz"))


def _at(path: Path) -> float:
    try:
        return datetime.strptime(path.name.split("-")[0], _STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return float("inf")


def _read(path: Path) -> Record | None:
    try:
        return Record.model_validate_json(gzip.decompress(path.read_bytes()))
    except (OSError, EOFError, ValueError, ValidationError):  # a record that was damaged is one night less
        return None
