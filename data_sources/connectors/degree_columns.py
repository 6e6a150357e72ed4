"""Degrees, minutes and seconds that stand in columns of their own -> one text an angle.

Belongs here: finding such columns. Does not belong here: reading an angle (``contracts.admitting.cells.degrees``).
"""

from __future__ import annotations

import pandas as pd

from data_sources.contracts.contract import plain_name
from data_sources.contracts.shapes.remarks import remark

JOINED = "degrees, minutes and seconds in columns of their own are read as one angle"
_ANGLES = {
    "latitude": ("latitude", "lat", "n", "north"),
    "longitude": ("longitude", "long", "lon", "lng", "e", "east"),
}
_DEGREE = ("deg", "degs", "degree", "degrees", "d", "dd")
_MINUTE = ("min", "mins", "minute", "minutes", "m", "mm")
_SECOND = ("sec", "secs", "second", "seconds", "s", "ss")


def joined_degrees(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with ``latitude`` and ``longitude`` as texts (``14 35 15.2``) where their parts stand in columns; else as it is.

    Degrees alone, or those of one angle only, are left: nothing is known of the rest.
    """
    by_plain = {plain_name(c): str(c) for c in reversed(frame.columns)}
    parts = {angle: _parts(by_plain, names) for angle, names in _ANGLES.items()}
    if not all(parts.values()) or any(angle in by_plain for angle in _ANGLES):
        return frame
    out = frame.drop(columns=[c for found in parts.values() for c in found])
    for angle, found in parts.items():
        cells = [frame[c].astype("str").str.strip().str.replace(r"\.0+$", "", regex=True).fillna("") for c in found]
        whole = cells[0].str.cat(pd.concat(cells[1:], axis=1), sep=" ").str.strip()
        out[angle] = whole.mask(whole == "")
    out.attrs = dict(frame.attrs)
    remark(out, ", ".join(c for found in parts.values() for c in found), "", JOINED)
    return out


def _parts(by_plain: dict[str, str], names: tuple[str, ...]) -> list[str]:
    """The columns of degrees, minutes and (where there is one) seconds of one angle."""
    for name in names:
        found = [
            next(
                (by_plain[k] for w in words for k in (f"{name}_{w}", f"{name}{w}", f"{w}_{name}") if k in by_plain), ""
            )
            for words in (_DEGREE, _MINUTE, _SECOND)
        ]
        if found[0] and found[1]:
            return [c for c in found if c]
    return []
