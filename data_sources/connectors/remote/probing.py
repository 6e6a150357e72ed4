"""``probe``: is a source there, and is it still what its card says?

Belongs here: one small question to each source. Does not belong here: fetching its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data_sources.cards import Card
from data_sources.connectors.files import read_file
from data_sources.connectors.grids.grid_opening import GRIDS_ONLY
from data_sources.connectors.here import local_path
from data_sources.connectors.rasters import read_raster
from data_sources.connectors.remote.arcgis_rest import ArcGisSource
from data_sources.connectors.remote.credentials import CredentialError
from data_sources.connectors.remote.fetching import source_of
from data_sources.connectors.remote.http import PROBE, Client, ClientSettings, LoginRequiredError, UnreachableError
from data_sources.connectors.remote.ogc_api import OgcApiSource
from data_sources.connectors.remote.pages import Page
from data_sources.connectors.remote.wfs import WfsSource
from data_sources.reference import load_table
from khanij.foundation.errors import KhanijError, MissingSourceError

State = Literal["ok", "unreachable", "needs_login", "changed", "manual"]


@dataclass(frozen=True)
class SourceState:
    """How a source is: its state, and a sentence that says why."""

    card: str
    state: State
    message: str = ""


def probe(card: Card, *, settings: ClientSettings | None = None, folder: Path | None = None) -> SourceState:
    """Ask a source for one feature (or look for its file), and compare the columns with the card.

    Never raises for a source's own fault: *unreachable* (no answer), *needs_login*, *changed* (another shape than the
    card's), *manual* (steps by hand come first), *ok*.
    """
    try:
        if card.protocol == "manual":
            return SourceState(card.name, "manual", card.access)
        if card.protocol == "embedded":
            rows = len(load_table(card.layer)) if card.layer else None
            return SourceState(card.name, "ok", "made by code" if rows is None else f"{rows} rows in the project")
        if card.protocol == "file":
            return _file(card, folder)
        return _remote(card, settings or PROBE)
    except (LoginRequiredError, CredentialError) as error:
        return SourceState(card.name, "needs_login", str(error))
    except UnreachableError as error:
        return SourceState(card.name, "unreachable", str(error))
    except MissingSourceError as error:
        return SourceState(card.name, "manual", str(error))
    except KhanijError as error:
        return SourceState(card.name, "changed", str(error))


def _file(card: Card, folder: Path | None) -> SourceState:
    file = local_path(card, folder)
    if file.suffix.lower() in GRIDS_ONLY:
        raster = read_raster(file, bands=card.bands, options={"crs": card.stated_crs})
        return SourceState(card.name, "ok", f"{len(raster.bands)} bands of {raster.shape[0]} x {raster.shape[1]} cells")
    frame = read_file(file, layer=card.layer or None, options={"crs": card.stated_crs, **card.options})
    return _compare(card, [str(c) for c in frame.columns], len(frame))


def _remote(card: Card, settings: ClientSettings) -> SourceState:
    with Client(card, settings) as client:
        source = source_of(card, client, None, {})
        page: Page
        if isinstance(source, WfsSource):
            body = client.get(card.url, source.params(0, 1), layer=card.layer).body
            page = source.read(body, "0", ())
        elif isinstance(source, OgcApiSource):
            url = f"{card.url.rstrip('/')}/collections/{card.layer}/items"
            page = source.read(client.get(url, source.params(1), layer=card.layer).body, "", ())
        elif isinstance(source, ArcGisSource):
            cursor = source.first()
            body = client.get(f"{source.base}/query", source.params(cursor, 1), layer=card.layer).body
            columns = [str(f.get("name")) for f in source.about.get("fields") or ()]
            if source.pages_by_offset:
                columns = columns or list(source.read(body, cursor, ()).table.column_names)
            return _compare(card, columns, source.count)
        else:
            start = client.peek(card.url, None if "{west}" in str(card.params) else card.params, layer=card.name).body
            return SourceState(card.name, "ok" if start else "changed", "answers" if start else "an empty answer")
        if page.table.num_rows == 0:
            return SourceState(card.name, "changed", "the layer answers, and is empty")
        return _compare(card, page.table.column_names, page.announced)


def _compare(card: Card, columns: list[str], rows: int | None) -> SourceState:
    missing = [name for name in card.field_map if name not in columns]
    if missing:
        return SourceState(card.name, "changed", f"no column {', '.join(missing)}; there are {', '.join(columns)}")
    if rows is None or card.expected_rows is None or rows == card.expected_rows:
        return SourceState(card.name, "ok", "" if rows is None else f"{rows} rows")
    return SourceState(card.name, "ok", f"{rows} rows (the card was written at {card.expected_rows})")
