"""Survey layers: a file and its card -> an admitted layer in canonical columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from data_sources.cards import Card
from data_sources.contracts.admitting.admission import Admission, Area
from data_sources.contracts.contract import Contract
from data_sources.contracts.frames import empty_layer as contract_layer
from data_sources.contracts.registry import ALL
from data_sources.contracts.survey import SURVEY_CONTRACTS
from data_sources.readers.common import Extent, admit_layer, card_of, opened
from khanij.foundation.errors import MissingSourceError, SourceError


def read_layer(
    path: Path | str,
    layer_name: str,
    *,
    card: Card | str | None = None,
    extent_deg: Extent | None = None,
    options: Mapping[str, Any] | None = None,
    states: gpd.GeoDataFrame | None = None,
) -> Admission:
    """Read one file and admit it as one layer.

    Parameters
    ----------
    path : any file that ``connectors.files.read_file`` opens. layer_name : a key of ``SURVEY_CONTRACTS``.
    card : its field map, units, licence and reading options apply; ``options`` go over them.
    extent_deg : west, south, east, north; see ``admit_layer`` for rows outside. states : polygons with a column ``state``.

    Raises
    ------
    SourceError : the file is missing or unreadable. ContractError : a required column is missing.
    """
    contract_of(layer_name)
    _, says = card_of(card, layer_name)
    reading = (dict(says.options) if says else {}) | dict(options or {})
    if says and says.stated_crs and "crs" not in reading:
        reading["crs"] = says.stated_crs
    frame = opened(path, reading, says)
    if not len(frame):
        raise SourceError(
            "the layer has no rows",
            file=Path(path).name,
            layer=layer_name,
            do="download it again, or take the layer out of the region",
        )
    return admit_frame(
        frame, layer_name, card=card, file=Path(path).name, extent_deg=extent_deg, options=reading, states=states
    )


def admit_frame(
    frame: pd.DataFrame,
    layer_name: str,
    *,
    card: Card | str | None = None,
    file: object = None,
    extent_deg: Extent | None = None,
    options: Mapping[str, Any] | None = None,
    states: gpd.GeoDataFrame | None = None,
) -> Admission:
    """``read_layer`` for a frame that a connector has already brought."""
    within = Area(extent_deg, states)
    admission = admit_layer(frame, contract_of(layer_name), card=card, file=file, options=options, within=within)
    if layer_name == "occurrences":
        text = admission.kept["commodity"].str.lower().str.replace(r"\s*[,;/]\s*", ";", regex=True)
        admission.kept["commodity"] = text.astype("str")
    return admission


def contract_of(layer_name: str) -> Contract:
    """The contract of a layer by its name."""
    if layer_name not in ALL:
        raise MissingSourceError(
            f"no layer {layer_name!r}", layer=layer_name, do=f"name one of {', '.join(sorted(ALL))}"
        )
    return ALL[layer_name]


def empty_layer(contract: Contract) -> gpd.GeoDataFrame:
    """A layer without rows in the contract's columns, for a source that is not connected."""
    frame = contract_layer(contract)
    for name in ("source", "redistribute"):  # what admission stamps on every row
        frame[name] = pd.Series([], dtype="str")
    return frame


__all__ = ["SURVEY_CONTRACTS", "admit_frame", "contract_of", "empty_layer", "read_layer"]
