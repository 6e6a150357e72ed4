"""What a region may name and where it may lie: cards, layers, extent, CRS and grid, each refused with a remedy.

Belongs here: refusals that look beyond the region's own YAML. Does not belong here: changing a setting; nothing here
enters a result. Imports inside functions spare who only lists regions the cost of PROJ and of the cards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from khanij.foundation.errors import CardError, CrsError
from khanij.foundation.strict import WrongValueError, nearest, require_known

Extent = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
RASTER_LAYER = "geophysics"
METRES_A_DEGREE = 111_320.0
LARGEST_GRID = 100_000_000
"""Cells; the national grid at 1 km has ten million."""


def require_card(name: str) -> None:
    """Refuse a card that is not there.

    Raises
    ------
    WrongValueError : no such card.
    """
    from data_sources.cards import card_names

    known = card_names()
    if name not in known:
        raise WrongValueError(f"there is no card {name!r}", f"khanij sources lists the cards{nearest(name, known)}")


def require_no_file(card: str) -> None:
    """Refuse a card of files where no path is given: neither the project carries it nor a server has it.

    A card that is wrong itself is passed over: it is told of as a card (``pipelines.overrides``), beside the rest.

    Raises
    ------
    WrongValueError : nothing says where the layer is.
    """
    from data_sources.cards import load_card

    try:
        is_there = card.startswith("embedded_") or load_card(card).is_remote
    except CardError:
        return
    if not is_there:
        raise WrongValueError(
            f"card {card} is of files and no path says where the layer is",
            "give the path of the file below the data folder",
            at="path",
        )


def require_layers(names: Iterable[str]) -> None:
    """Refuse a layer that no run reads.

    Raises
    ------
    WrongValueError : no such layer.
    """
    from data_sources.contracts.registry import ALL

    known = sorted({*ALL, RASTER_LAYER})
    require_known("layer", names, known, f"name it one of {', '.join(known)}")


def require_extent(extent_deg: Extent) -> None:
    """Refuse what is no extent on Earth.

    Raises
    ------
    WrongValueError : out of order, without width or height, or outside -180 to 180 and -90 to 90 degrees.
    """
    west, south, east, north = extent_deg
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise WrongValueError(
            "this is no extent on Earth",
            "write [west, south, east, north] in degrees, west below east and south below north: "
            "-180 to 180 and -90 to 90",
        )


def require_crs(crs: str, extent_deg: Extent) -> None:
    """Refuse a CRS in which no area may be measured; the remedy is one that fits the extent.

    Raises
    ------
    WrongValueError : unknown, in degrees, not in metres, or a projection that does not keep areas.
    """
    from khanij.foundation.equal_area import equal_area_for, require_equal_area

    try:
        require_equal_area(crs)
    except CrsError as error:
        fit = equal_area_for(*extent_deg)
        raise WrongValueError(error.message, f'write crs: "{fit}", which keeps areas on this extent') from error


def require_grid(cell_m: float, pad_m: float, extent_deg: Extent) -> None:
    """Refuse cells that are more than a machine holds, or larger than the extent.

    Raises
    ------
    WrongValueError : such a cell; the remedy names one that works.
    """
    west, south, east, north = extent_deg
    nearest_to_equator = 0.0 if south <= 0.0 <= north else min(abs(south), abs(north))
    wide_m = (east - west) * METRES_A_DEGREE * math.cos(math.radians(nearest_to_equator)) + 2 * pad_m
    high_m = (north - south) * METRES_A_DEGREE + 2 * pad_m
    if wide_m * high_m / cell_m**2 > LARGEST_GRID:
        least = math.ceil(math.sqrt(wide_m * high_m / LARGEST_GRID))
        raise WrongValueError(
            f"cells of {cell_m:g} m would be more than {LARGEST_GRID:,} on this extent",
            f"choose a cell of at least {least} m, or a smaller extent",
            at="cell_m",
        )
    if cell_m > min(wide_m, high_m):
        raise WrongValueError(
            f"a cell of {cell_m:g} m is larger than the extent",
            f"choose a cell of at most {math.floor(min(wide_m, high_m))} m",
            at="cell_m",
        )
