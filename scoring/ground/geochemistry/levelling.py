"""Laboratory levels: an element that jumps by a factor along every border of one survey sheet is not geology.

Belongs here: finding such sheets. Does not belong here: levelling them. A jump is held out and reported, never mended:
the factor that would mend it is a guess.

Sheets of the 1:50,000 survey are sampled and analysed one by one, and a batch that is off (a unit, a standard, a
dilution) ends exactly on the sheet's border. A contact may follow one border by chance; it does not follow all of them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SHEETS_PER_DEGREE = 4  # 15 minutes
STRIP = 0.2  # of a sheet's width, about 5 km
MIN_STRIP_SAMPLES = 8
MIN_FACTOR = 2.0
_SIDES = {"east": (1, 0), "west": (-1, 0), "north": (0, 1), "south": (0, -1)}
_OPPOSITE = {"east": "west", "west": "east", "north": "south", "south": "north"}
_COLUMNS = ["element", "sheet_west_deg", "sheet_south_deg", "sides", "factor", "smallest_factor", "samples_held"]


def sheet_steps(
    log: pd.DataFrame, lon: NDArray[np.float64], lat: NDArray[np.float64], used: NDArray[np.bool_]
) -> pd.DataFrame:
    """Sheets whose level of an element steps the same way, by a factor of 2 or more, across every border.

    The step across a border is the difference of the medians of ln ppm in the two strips of 5 km along it; a border
    counts with 8 samples on either side, and a sheet is judged with two such borders or more.

    Parameters
    ----------
    log : (samples, elements) ln ppm; lon, lat : degrees.

    Returns
    -------
    One row per element and sheet held: ``factor`` is the median step as a factor (below 1: too low).
    """
    i, j = np.floor(lon * SHEETS_PER_DEGREE), np.floor(lat * SHEETS_PER_DEGREE)
    fx, fy = lon * SHEETS_PER_DEGREE - i, lat * SHEETS_PER_DEGREE - j
    strips = {"east": fx > 1 - STRIP, "west": fx < STRIP, "north": fy > 1 - STRIP, "south": fy < STRIP}
    keys = pd.DataFrame({"i": i.astype(np.int64), "j": j.astype(np.int64)}, index=log.index)
    medians, counts = {}, {}
    for side, inside in strips.items():
        pick = inside & used
        grouped = log[pick].groupby([keys.loc[pick, "i"], keys.loc[pick, "j"]], sort=True)
        medians[side], counts[side] = grouped.median(), grouped.count()
    sheets = pd.MultiIndex.from_frame(keys[used].drop_duplicates().sort_values(["i", "j"]))
    steps = []
    for side, (di, dj) in _SIDES.items():
        beyond = pd.MultiIndex.from_arrays([sheets.get_level_values(0) + di, sheets.get_level_values(1) + dj])
        other = _OPPOSITE[side]
        here, there = medians[side].reindex(sheets).to_numpy(), medians[other].reindex(beyond).to_numpy()
        enough = (counts[side].reindex(sheets).to_numpy() >= MIN_STRIP_SAMPLES) & (
            counts[other].reindex(beyond).to_numpy() >= MIN_STRIP_SAMPLES
        )
        steps.append(np.where(enough, here - there, np.nan))
    cube = np.array(steps)  # side, sheet, element
    known = np.isfinite(cube).sum(axis=0)
    with np.errstate(invalid="ignore"):
        up = np.where(np.isfinite(cube), cube >= np.log(MIN_FACTOR), True).all(axis=0)
        down = np.where(np.isfinite(cube), cube <= -np.log(MIN_FACTOR), True).all(axis=0)
    rows = []
    for sheet, element in np.argwhere((up | down) & (known >= 2)):
        values = cube[:, sheet, element]
        values = values[np.isfinite(values)]
        a, b = sheets[sheet]
        held = (keys["i"] == a) & (keys["j"] == b)
        smallest = values[np.abs(values).argmin()]
        rows.append(
            (
                str(log.columns[element]),
                a / SHEETS_PER_DEGREE,
                b / SHEETS_PER_DEGREE,
                len(values),
                float(np.exp(np.median(values))),
                float(np.exp(smallest)),
                int(held.sum()),
            )
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


def on_held_sheets(
    table: pd.DataFrame, element: str, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Samples on the sheets where this element is held."""
    out = np.zeros(len(lon), dtype=bool)
    for west, south in table.loc[table["element"] == element, ["sheet_west_deg", "sheet_south_deg"]].to_numpy():
        out |= (np.floor(lon * SHEETS_PER_DEGREE) == round(west * SHEETS_PER_DEGREE)) & (
            np.floor(lat * SHEETS_PER_DEGREE) == round(south * SHEETS_PER_DEGREE)
        )
    return out
