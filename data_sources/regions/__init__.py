"""Study regions: one YAML each (extent, CRS, grid, ranking units, layers, waste register, fertility, ranking), validated.

Belongs here: what differs from region to region. Does not belong here: a formula's constant (``scoring``) or a URL (``cards``).
"""

from __future__ import annotations

import copy
import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from data_sources.regions.checks import (
    require_card,
    require_crs,
    require_extent,
    require_grid,
    require_layers,
    require_no_file,
)
from khanij.foundation.environment import own_folder
from khanij.foundation.equal_area import equal_area_for
from khanij.foundation.errors import RegionError, together
from khanij.foundation.files import yaml_files
from khanij.foundation.strict import Strict, WrongValueError, plain_yaml, refusals, require_distinct

OWN = "own"  # what the register itself is called among the sources of waste sites
UnitKind = Literal["waste_block", "auction_block", "mining_lease", "survey_sheet"]
BaseLines = Literal["railways", "roads"]
INDIA_DEG = (68.0, 6.0, 98.0, 37.5)
LARGEST_SEED = 2**32 - 1  # some learners take no larger one


class LayerSource(Strict):
    """Where one survey layer of the region comes from: a card, and (for files) a path below the data folder."""

    card: str
    path: str | None = None
    layer: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _embedded_has_no_path(self) -> LayerSource:
        # The path would be passed over in silence, and the project's own rows be taken for the user's.
        if self.card.startswith("embedded_") and self.path is not None:
            raise WrongValueError(
                f"card {self.card} is carried by the project and takes no path",
                "for a file of yours name the card own_blocks or own_waste_table",
                at="path",
            )
        return self

    @field_validator("card")
    @classmethod
    def _card_is_known(cls, value: str) -> str:
        require_card(value)
        return value

    @model_validator(mode="after")
    def _file_has_a_path(self) -> LayerSource:
        if self.path is None:
            require_no_file(self.card)
        return self


class StatesSource(LayerSource):
    """State polygons that follow the Survey of India's boundary: ``name_field`` is the column with the state's name.

    No boundary of another origin may be given: the card (or ``source``) says whose it is, and the result says so too.
    """

    name_field: str
    source: str = ""


class WasteSource(LayerSource):
    """One more source of waste sites, merged into the register.

    ``kind`` is how its rows are read (found from the card where the project knows it); ``tonnages``, ``grades`` and
    ``constraints`` are further files of a *table* (a mine's own spreadsheets), keyed by its ``site_id``. A source of
    *outlines* brings no site: its polygons become the footprints of the sites that they hold; nor does one of *positions*: its
    places become those of the sites that they name and that have none.
    """

    name: str = Field(default="", pattern=r"^([a-z][a-z0-9_]*)?$")
    kind: Literal["", "table", "tailings_portal", "osm", "power_stations", "outlines", "positions"] = ""
    tonnages: str | None = None
    grades: str | None = None
    constraints: str | None = None

    @property
    def called(self) -> str:
        """The name under which its rows are reported."""
        return self.name or self.card


class Waste(Strict):
    """Where the waste register comes from.

    ``card`` is the register itself (``embedded_register``, or the card of the region's own ``waste_sites`` layer);
    ``sources`` are merged into it in their order; ``same`` and ``different`` are pairs of record ids that a person has
    decided after reading the doubtful matches.
    """

    card: str = ""
    sources: tuple[WasteSource, ...] = ()
    same: tuple[tuple[str, str], ...] = ()
    different: tuple[tuple[str, str], ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Waste:
        names = [s.called for s in self.sources]
        again = sorted({n for n in names if names.count(n) > 1})
        if again:
            raise WrongValueError(f"two sources are called {again[0]!r}", "give each a name of its own")
        if OWN in names:
            raise WrongValueError(
                f"no source may be called {OWN!r}: that is the register itself", "give it another name"
            )
        return self

    @field_validator("card")
    @classmethod
    def _card_is_known(cls, value: str) -> str:
        if value:
            require_card(value)
        return value


class GateSource(Strict):
    """A layer that bars blocks or lowers their score: a file below the data folder, and who publishes it."""

    path: str
    source: str
    layer: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)


class GridSpec(Strict):
    """Cell size and padding of the region's evidence grid, in metres."""

    cell_m: float = Field(ge=1, le=100_000)
    pad_m: float = Field(default=0, ge=0, le=1_000_000)


class PublicationLimits(Strict):
    """How much a result may have lost against the published one before its publication is refused.

    ``max_row_loss_pct``: a connected layer's rows, refused from this share on; ``max_blocks_lost``: blocks of a kind;
    ``max_coverage_loss_points``: percentage points, refused from this loss on; ``min_kendall_tau``: of the ranks, with
    settings and code unchanged.
    """

    max_row_loss_pct: float = Field(default=20.0, gt=0, le=100)
    max_blocks_lost: int = Field(default=0, ge=0)
    max_coverage_loss_points: float = Field(default=5.0, gt=0, le=100)
    min_kendall_tau: float = Field(default=0.5, ge=-1, le=1)


class Region(Strict):
    """One study region as its YAML states it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    description: str
    is_sample: bool = False
    needs_data: bool = False
    how_to_get: str = ""
    extent_deg: tuple[float, float, float, float]
    crs: str = Field(default="", min_length=1, description="an equal-area CRS; left out, one that fits the extent")
    grid: GridSpec | None = None
    units: tuple[UnitKind, ...] = Field(min_length=1)
    layers: dict[str, LayerSource] = Field(default_factory=dict)
    waste: Waste = Field(default_factory=Waste)
    states: StatesSource | None = None
    gates: dict[str, GateSource] = Field(default_factory=dict)
    base: dict[BaseLines, LayerSource] = Field(default_factory=dict)
    fertility: dict[str, Any] = Field(default_factory=dict)
    ranking: dict[str, Any] = Field(default_factory=dict)
    publication: PublicationLimits = PublicationLimits()
    seed: int = Field(default=20260101, ge=0, le=LARGEST_SEED)

    @field_validator("extent_deg", mode="before")
    @classmethod
    def _extent_is_four_numbers(cls, value: object) -> object:
        if not isinstance(value, (list, tuple)) or len(value) != 4:
            raise WrongValueError("an extent is four numbers", "write [west, south, east, north] in degrees")
        return value

    @field_validator("extent_deg")
    @classmethod
    def _extent_is_on_earth(cls, value: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        require_extent(value)
        return value

    @field_validator("units")
    @classmethod
    def _units_differ(cls, value: tuple[UnitKind, ...]) -> tuple[UnitKind, ...]:
        require_distinct("unit", value)
        return value

    @field_validator("layers")
    @classmethod
    def _layers_are_known(cls, value: dict[str, LayerSource]) -> dict[str, LayerSource]:
        require_layers(value)
        return value

    @model_validator(mode="before")
    @classmethod
    def _crs_of_the_extent(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "crs" in data:
            return data
        try:
            west, south, east, north = (float(v) for v in data["extent_deg"])
            extent = cls._extent_is_on_earth((west, south, east, north))
        except (KeyError, TypeError, ValueError):
            extent = INDIA_DEG  # the extent is refused for itself
        return {**data, "crs": equal_area_for(*extent)}

    # By field and not by model: what is wrong elsewhere must not keep these from being told.
    @field_validator("crs")
    @classmethod
    def _crs_keeps_areas(cls, value: str, info: ValidationInfo) -> str:
        require_crs(value, info.data.get("extent_deg", INDIA_DEG))
        return value

    @field_validator("grid")
    @classmethod
    def _grid_is_right(cls, value: GridSpec | None, info: ValidationInfo) -> GridSpec | None:
        if value is not None and "extent_deg" in info.data:
            require_grid(value.cell_m, value.pad_m, info.data["extent_deg"])
        return value

    def sources(self) -> dict[str, LayerSource]:
        """Every source of the region by what it is for: its layers, ``waste.<name>``, ``base.<name>`` and ``states``."""
        found: dict[str, LayerSource] = dict(self.layers)
        found |= {f"base.{name}": source for name, source in self.base.items()}
        found |= {f"waste.{source.called}": source for source in self.waste.sources}
        return found | ({"states": self.states} if self.states else {})

    def fetched_cards(self) -> list[str]:
        """Cards of sources that have no file of the region's own: they come from the archive, if they come at all."""
        return sorted({source.card for source in self.sources().values() if source.path is None})

    def config_hash(self) -> str:
        """SHA-256 of the region's settled configuration, the same for the same settings whatever the order in the YAML."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def region_files() -> dict[str, Path]:
    """The YAML of every region by name: the project's own, and those of the user's folder (``KHANIJ_REGIONS``, else ``regions`` below the home).

    Raises
    ------
    RegionError : the folder is not there, or a user's region has the name of one of the project's.
    """
    found = yaml_files(Path(str(files("data_sources.regions"))))
    named = own_folder("KHANIJ_REGIONS")
    if named and not named.is_dir():
        # A folder that is not mounted would take its regions' partitions, schedules and sensors with it, silently.
        raise RegionError("no such folder", file=named, field="KHANIJ_REGIONS", do="create it, or unset the variable")
    own = yaml_files(named) if named else {}
    for name in sorted(found.keys() & own.keys()):
        raise RegionError("the project has a region of this name", file=own[name], do="give your region another name")
    return found | own


def region_names() -> list[str]:
    """Names of all regions that have a YAML, in alphabetical order; these are the keys of the partitions."""
    return sorted(region_files())


def load_region(name: str, overrides: dict[str, str] | None = None) -> Region:
    """Read and validate one region; ``overrides`` are dotted ``key=value`` settings, the values parsed as YAML.

    Raises
    ------
    RegionError : unknown region, unknown key, or a value that the model refuses; all that is wrong is told at once.
    """
    data, path = region_settings(name, overrides)
    wrong = []
    if data.get("name", name) != name:
        wrong.append(
            RegionError(
                f"the region is called {data['name']!r} in the file and {name!r} by the file's name",
                file=_told(path),
                field="name",
                do=f"write name: {name}, or rename the file",
            )
        )
    try:
        region = Region.model_validate(data)
    except ValidationError as error:
        of_file, set_here = (refusals(error, Region, file=_told(path)), refusals(error, Region))
        wrong += [own if _is_set(own, overrides) else told for told, own in zip(of_file, set_here, strict=True)]
        raise together(wrong) from error
    if wrong:
        raise together(wrong)
    return region


def region_settings(name: str, overrides: dict[str, str] | None = None) -> tuple[dict[str, Any], Path]:
    """The settings of a region as its YAML and ``overrides`` state them, not yet checked, and the YAML's path.

    Raises
    ------
    RegionError : unknown region, a file that is no YAML, or a setting that is no dotted key.
    """
    path = region_files().get(name)
    if path is None:
        raise RegionError(
            f"no region {name!r}",
            do=f"choose one of {', '.join(region_names())}, or write {name}.yaml into the folder KHANIJ_REGIONS",
        )
    data = copy.deepcopy(_parsed(path, path.stat().st_mtime_ns))
    for key, value in (overrides or {}).items():
        _set(data, key, _setting(key, value) if isinstance(value, str) else value)
    return data, path


def _is_set(wrong: RegionError, overrides: dict[str, str] | None) -> bool:
    """Whether what is wrong was set for this run, and does not stand in the file."""
    where = f"{wrong.field}."
    return any(where.startswith(f"{key}.") or f"{key}.".startswith(where) for key in overrides or {})


def _told(path: Path) -> str:
    """The file as a reader knows it: the project's own by its place in the project, a user's by its path."""
    own = Path(__file__).parent
    return f"data_sources/regions/{path.name}" if path.parent == own else str(path)


@cache
def _parsed(path: Path, mtime_ns: int) -> Any:
    # A run asks for its region some two hundred times; the time is part of the key, so an edited file is read again.
    try:
        data = plain_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        said = " ".join(str(error).replace('in "<unicode string>", ', "").split())
        raise RegionError(
            f"not readable as YAML: {said}", file=path, do="correct the file; it is YAML in UTF-8"
        ) from error
    if not isinstance(data, dict):
        raise RegionError(
            "not a region: the file holds no settings", file=path, do="begin from one of the project's regions"
        )
    return data


def _setting(key: str, text: str) -> Any:
    """The value of one ``--set``, read as YAML that can build no object and hold no circle."""
    remedy = (
        "write a plain value: text that begins with one of @ * & ! { [ or holds a colon in quotes, a day that exists"
    )
    try:
        value = yaml.safe_load(text)
        json.dumps(value, default=str)  # what refers to itself has no end
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        said = " ".join(str(error).split()).replace(' in "<unicode string>",', "")
        raise RegionError(f"not readable as YAML: {text[:80]!r}: {said}", field=key, do=remedy) from error
    return value


def _set(data: dict[str, Any], dotted: str, value: Any) -> None:
    """Put a value at a dotted key; what the YAML leaves at its default is begun, an entry of a list is named by its place from 0."""
    *path, last = dotted.split(".")
    if not all((*path, last)):
        raise _no_setting(dotted)
    here: Any = data
    for depth, part in enumerate(path):
        if isinstance(here, list):
            here = here[_place(here, part, dotted)]
            continue
        known = depth or part in Region.model_fields
        if not isinstance(here, dict) or (part not in here and not known):
            raise _no_setting(dotted)
        if here.get(part) is None:  # left at its default by the YAML
            here[part] = {}
        here = here[part]
    if isinstance(here, list):
        here[_place(here, last, dotted)] = value
    elif isinstance(here, dict):
        here[last] = value
    else:
        raise _no_setting(dotted)


def _place(entries: list[Any], part: str, dotted: str) -> int:
    if not part.isascii() or not part.isdigit() or int(part) >= len(entries):
        raise _no_setting(dotted)
    return int(part)


def _no_setting(dotted: str) -> RegionError:
    return RegionError(
        f"no setting {dotted!r}", field=dotted, do="use a dotted key of the region's YAML, such as ranking.draws=2000"
    )


def data_folder() -> Path | None:
    """Survey files that may not be shipped: ``KHANIJ_DATA``, else ``data`` below the home, else ``../shared/data``."""
    named = own_folder("KHANIJ_DATA")
    if named:
        return named.resolve()
    for root in (Path.cwd(), Path(__file__).resolve().parents[2]):
        default = root.parent / "shared" / "data"
        if default.is_dir():
            return default
    return None
