"""The list of a published set: which files, of which generation, and what the next set is compared with.

Layout of a region's folder and what stands beside it::

    output/india/set.json              the list of what is published; written last
    output/india/.set.next.json        a publication under way: what will be published (the swap's journal)
    output/.staging/india/             files that are complete and not yet published
    output/.staging/india.lock         held while files change places or are copied

Belongs here: the list as a value, reading and writing it. Does not belong here: moving files (``swap``) or judging a
change (``guard``).

No clock and no random number stands in a list: the same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from data_sources.contracts import PublishingError
from khanij.foundation.files import sha256_of

SET_LIST = "set.json"
JOURNAL = ".set.next.json"
STAGING = ".staging"
GEOPACKAGE = "ranked_blocks.gpkg"


def _below(name: str) -> str:
    """A name that stays in the folder of its list, whoever wrote the list."""
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts or "\\" in name or ":" in name:
        raise ValueError(f"{name!r} does not lie in the set's folder")
    return name


FileName = Annotated[str, AfterValidator(_below)]


class _Value(BaseModel):
    # A list that another version of the project wrote is read for what both know; its hash tells whether it is whole.
    model_config = ConfigDict(extra="ignore", frozen=True)


class ListedFile(_Value):
    """One file of a set; ``stands_in_for`` is the name that it takes once that one is no longer open elsewhere."""

    sha256: str
    bytes: int
    stands_in_for: str = ""


class LayerFacts(_Value):
    """One connected layer: the rows that were kept of it, or why it is absent; the median of each content, by column."""

    rows: int
    absent: str = ""
    medians: dict[str, float] = Field(default_factory=dict)


class Facts(_Value):
    """What the next set is compared with.

    ``layers`` holds every connected layer; ``blocks`` kind -> block id -> rank (None where it has none);
    ``ground_pct`` block id -> share of its ground that survey layers cover; ``quantified`` the blocks with a known tonnage;
    ``settings`` and ``code`` are hashes of what the ranking is made with.
    """

    layers: dict[str, LayerFacts] = Field(default_factory=dict)
    blocks: dict[str, dict[str, int | None]] = Field(default_factory=dict)
    ground_pct: dict[str, float] = Field(default_factory=dict)
    quantified: tuple[str, ...] = ()
    crs: str = ""
    window_deg: tuple[float, float, float, float] | None = None
    settings: str = ""
    code: str = ""

    @field_validator("*", mode="wrap")
    @classmethod
    def _unknown_shape_is_absent(cls, value: Any, valid: Callable[[Any], Any], info: ValidationInfo) -> Any:
        """A fact that another version wrote in another shape is not compared; the list's hash says that it is whole."""
        try:
            return valid(value)
        except ValidationError:
            return cls.model_fields[str(info.field_name)].get_default(call_default_factory=True)


class Accepted(_Value):
    """What the guard objected to, and why it was published all the same."""

    reason: str
    changes: tuple[str, ...] = ()


class SetList(_Value):
    """One published set: its generation, the hash of its inputs, its files by their names in the folder, its facts."""

    region: str
    generation: str
    inputs: str
    files: dict[FileName, ListedFile]
    facts: Facts = Facts()
    accepted: Accepted | None = None

    def geopackage(self) -> str:
        """The name under which the set's GeoPackage is found."""
        return next((n for n, f in self.files.items() if GEOPACKAGE in (n, f.stands_in_for)), GEOPACKAGE)

    def waiting(self) -> dict[str, str]:
        """Files that stand beside the one whose place they take: their name -> its name."""
        return {n: f.stands_in_for for n, f in self.files.items() if f.stands_in_for}


class Journal(_Value):
    """A publication under way: the set that will be, and the files of former sets that go."""

    next: SetList
    remove: tuple[FileName, ...] = ()


def rendered(value: SetList | Journal) -> bytes:
    """The file of a list or journal, with a hash of its content, so that one changed byte is noticed."""
    return _bytes_of(value.model_dump(mode="json"))


def _bytes_of(plain: dict[str, Any]) -> bytes:
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return (json.dumps({"sha256": digest} | plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


_Listing = TypeVar("_Listing", SetList, Journal)


def _parsed(path: Path, kind: type[_Listing]) -> _Listing | None:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        plain = json.loads(content)
        found = kind.model_validate({k: v for k, v in plain.items() if k != "sha256"})
        whole = _bytes_of({k: v for k, v in plain.items() if k != "sha256"}) == content
    except (ValueError, ValidationError, AttributeError, TypeError):
        whole = False
    if not whole:
        raise DamagedListError(
            "the list of the published set is damaged",
            file=path,
            do="publish anew: khanij run --region R --accept REASON; there is nothing to compare the new result with",
        )
    return found


class DamagedListError(PublishingError):
    """A set's list or its journal is not what was written."""


def read_list(folder: Path) -> SetList | None:
    """The list of what is published in a region's folder; None where no set was published.

    Raises
    ------
    DamagedListError : the list is there and is not what was written.
    """
    return _parsed(folder / SET_LIST, SetList)


def read_journal(folder: Path) -> Journal | None:
    """The publication that is under way in a region's folder; None where there is none.

    Raises
    ------
    DamagedListError : the journal is there and is not what was written.
    """
    return _parsed(folder / JOURNAL, Journal)


def staging_of(folder: Path) -> Path:
    """Where the next set of a region's folder is put together: on the same file system, out of sight."""
    return folder.parent / STAGING / folder.name


def listed(folder: Path, names: Iterable[str]) -> dict[str, ListedFile]:
    """Hash and size of some files of a folder, by their names."""
    return {n: ListedFile(sha256=sha256_of(folder / n), bytes=(folder / n).stat().st_size) for n in sorted(names)}


def is_file(path: Path, file: ListedFile) -> bool:
    """Whether the listed file stands there, byte for byte."""
    return path.is_file() and path.stat().st_size == file.bytes and sha256_of(path) == file.sha256
