"""What a program of a stranger calls: ``run``, ``read``, ``explain``, ``validate``.

Belongs here: the same steps that the command line takes, with values instead of printed lines. Does not belong here: a
step of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data_sources.contracts.admitting.admission import Admission
from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS, OUTPUT_LAYERS
from khanij.foundation.errors import MissingSourceError, PublishingError

Listener = Callable[[float, str, float, str], None]


@dataclass(frozen=True)
class Result:
    """What a run came to.

    Parameters
    ----------
    region : the region that was run.
    geopackage : its published GeoPackage; the other files stand beside it.
    made : assets that were made; 0 when all of them were current.
    remarks : what a reader must be told of the result, the gravest first.
    """

    region: str
    geopackage: Path
    made: int
    remarks: tuple[str, ...] = ()


def run(
    region: str,
    *,
    settings: Mapping[str, object] | None = None,
    scenario: str = "",
    everything: bool = False,
    accept: str = "",
    listener: Listener | None = None,
) -> Result:
    """Make whatever of a region is not current, and publish it, as ``khanij run --region REGION`` does.

    Parameters
    ----------
    region : a region's name, such as ``india``.
    settings : dotted settings of the region's YAML with their values, such as ``{"ranking.draws": 300}``; what is made
        with them is a scenario, in a folder of its own.
    scenario : its name, ``unnamed`` where none is given; without settings it is run with those that it was given before.
    everything : make all again, current or not.
    accept : a reason for publishing a result that lost more than the region's limits allow; it is published with it.
    listener : called with (share done, asset, share of the asset, text).

    Raises
    ------
    RegionError : no such region or setting, a bad value, missing data, or another run of the region under way.
    PublishingError : the run failed; what was published before is still in place.
    """
    from pipelines.overrides import checked_region
    from pipelines.runs import run_region
    from pipelines.scenarios import chosen

    overrides = {k: v if isinstance(v, str) else json.dumps(v) for k, v in (settings or {}).items()}
    checked_region(region, chosen(scenario, region, overrides)[1])
    done = run_region(
        region, overrides=overrides, everything=everything, listener=listener, accept=accept, scenario=scenario
    )
    if done.error:
        raise PublishingError(f"region {region}: {done.error}", do="khanij ui shows the run's log")
    return Result(done.region, done.geopackage, done.made, done.remarks)


def read(result: str | Path | Result, table: str = "ranked_blocks") -> pd.DataFrame:
    """One layer or table of a published result, its columns typed as ``docs/data_dictionary.md`` says.

    Parameters
    ----------
    result : a region's name, a published folder, a GeoPackage, or what ``run`` returned.
    table : a layer or table of it, such as ``ranked_blocks``, ``element_potential``, ``run_info``.

    Returns
    -------
    A GeoDataFrame in EPSG:4326 where the layer has a geometry, else a DataFrame; units stand in the columns' names.

    Raises
    ------
    MissingSourceError : nothing was published there, or there is no such layer or table.
    """
    from publishing.geopackage.reading import read_layer, read_table
    from publishing.sets.snapshot import one_set_of

    if table not in OUTPUT_CONTRACTS:
        raise MissingSourceError(
            f"no layer or table {table!r}", layer=table, do=f"name one of {', '.join(sorted(OUTPUT_CONTRACTS))}"
        )
    file = _file_of(result)
    with one_set_of([file]):
        return read_layer(file, table) if table in OUTPUT_LAYERS else read_table(file, table)


def explain(block: str, result: str | Path | Result | None = None) -> str:
    """Why a block stands where it stands and how sure that is: status, value, sites, gates, sources, in words.

    Parameters
    ----------
    block : a block's or a site's identifier, or part of a name; of several that match, five are told.
    result : as in ``read``; without it, every region that was run is looked through.

    Raises
    ------
    MissingSourceError : nothing was published, or no block matches; the message names the nearest.
    """
    from publishing.block_search import explanations
    from publishing.sets.snapshot import published_files

    return "\n".join(explanations(block, published_files(None) if result is None else [_file_of(result)]))


def validate(file: str | Path, layer: str, *, card: str | None = None) -> Admission:
    """Hold a file of yours against the contract of a layer; nothing is changed, and no row vanishes.

    Parameters
    ----------
    file : Shapefile, GeoPackage, GeoJSON, GeoParquet, CSV or XLSX.
    layer : the layer that it should be, such as ``stream_sediments``, ``waste_sites``, ``grades``.
    card : a source card that names the columns and units.

    Returns
    -------
    ``kept`` (canonical columns), ``quarantine`` and ``flags`` (a row per finding, with its reason), ``report`` (counts).

    Raises
    ------
    SourceError : the file is missing or unreadable. ContractError : a required column is missing.
    """
    from data_sources.cards import load_card
    from data_sources.readers.survey import read_layer

    return read_layer(file, layer, card=load_card(card) if card else None)


def _file_of(result: str | Path | Result) -> Path:
    """The published GeoPackage that is meant."""
    from publishing.sets.snapshot import published_files, published_geopackage

    if isinstance(result, Result):
        return result.geopackage
    if isinstance(result, str) and result.isidentifier():
        (file,) = published_files(result)
        return file
    path = Path(result)
    return published_geopackage(path) if path.is_dir() else path
