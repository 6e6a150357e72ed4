"""Study regions: one YAML each (extent, CRS, grid, ranking units, layers, waste register, fertility, ranking), validated.

Belongs here: what differs from region to region. Does not belong here: a formula's constant (``scoring``) or a URL (``cards``).
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data_sources.contracts.errors import RegionError

UnitKind = Literal["waste_block", "auction_block", "mining_lease", "survey_sheet", "grid_cell"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LayerSource(_Strict):
    """Where one survey layer of the region comes from: a card, and (for files) a path below the data folder."""

    card: str
    path: str | None = None
    layer: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)


class GateSource(_Strict):
    """A layer that bars blocks or lowers their score: a file below the data folder, and who publishes it."""

    path: str
    source: str
    layer: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)


class GridSpec(_Strict):
    """Cell size and padding of the region's evidence grid, in metres."""

    cell_m: float = Field(gt=0)
    pad_m: float = Field(default=0, ge=0)


class Region(_Strict):
    """One study region as its YAML states it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    description: str
    is_sample: bool = False
    needs_data: bool = False
    how_to_get: str = ""
    extent_deg: tuple[float, float, float, float]
    crs: str
    grid: GridSpec | None = None
    units: tuple[UnitKind, ...]
    layers: dict[str, LayerSource] = Field(default_factory=dict)
    waste: dict[str, Any] = Field(default_factory=dict)
    gates: dict[str, GateSource] = Field(default_factory=dict)
    fertility: dict[str, Any] = Field(default_factory=dict)
    ranking: dict[str, Any] = Field(default_factory=dict)
    seed: int = 20260101

    def config_hash(self) -> str:
        """SHA-256 of the region's settled configuration, the same for the same settings whatever the order in the YAML."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def region_files() -> dict[str, Path]:
    """The YAML of every region by name: the project's own, and those of the folder ``KHANIJ_REGIONS`` where it is set.

    Raises
    ------
    RegionError : a user's region has the name of one of the project's.
    """
    own = Path(str(files("data_sources.regions")))
    found = {p.stem: p for p in sorted(own.glob("*.yaml"))}
    named = os.environ.get("KHANIJ_REGIONS")
    for path in sorted(Path(named).expanduser().glob("*.yaml")) if named else []:
        if path.stem in found:
            raise RegionError("the project has a region of this name", file=path, do="give your region another name")
        found[path.stem] = path
    return found


def region_names() -> list[str]:
    """Names of all regions that have a YAML, in alphabetical order; these are the static partition keys."""
    return sorted(region_files())


def load_region(name: str, overrides: dict[str, str] | None = None) -> Region:
    """Read and validate one region; ``overrides`` are dotted ``key=value`` settings, the values parsed as YAML.

    Raises
    ------
    RegionError : unknown region, unknown key, or a value that the model refuses.
    """
    path = region_files().get(name)
    if path is None:
        raise RegionError(
            f"no region {name!r}",
            file=f"data_sources/regions/{name}.yaml",
            do=f"choose one of {', '.join(region_names())}, or write that file",
        )
    data = copy.deepcopy(_parsed(path, path.stat().st_mtime_ns))
    for key, value in (overrides or {}).items():
        _set(data, key, yaml.safe_load(value) if isinstance(value, str) else value)
    try:
        return Region.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RegionError(
            f"region {name}: {first['msg']}",
            file=f"data_sources/regions/{name}.yaml",
            field=where,
            do="correct the YAML or the --set value",
        ) from error


@cache
def _parsed(path: Path, mtime_ns: int) -> Any:
    # A run asks for its region some two hundred times; the time is part of the key, so an edited file is read again.
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise RegionError(
            f"not readable as YAML: {error}", file=path, do="correct the file; it is YAML in UTF-8"
        ) from error
    if not isinstance(data, dict):
        raise RegionError(
            "not a region: the file holds no settings", file=path, do="begin from one of the project's regions"
        )
    return data


def _set(data: dict[str, Any], dotted: str, value: Any) -> None:
    *path, last = dotted.split(".")
    for part in path:
        if not isinstance(data.get(part), dict):
            raise RegionError(
                f"no setting {dotted!r}",
                field=part,
                do="use a dotted key of the region's YAML, such as ranking.draws=2000",
            )
        data = data[part]
    data[last] = value


def data_folder() -> Path | None:
    """The folder of survey files that may not be shipped: ``KHANIJ_DATA``, else ``../shared/data`` where it exists."""
    named = os.environ.get("KHANIJ_DATA")
    if named:
        return Path(named).expanduser().resolve()
    for root in (Path.cwd(), Path(__file__).resolve().parents[2]):
        default = root.parent / "shared" / "data"
        if default.is_dir():
            return default
    return None
