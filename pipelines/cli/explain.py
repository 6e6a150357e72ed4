"""explain one block: why it stands where it stands, and how sure that is"""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from data_sources.contracts import MissingSourceError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij explain``."""
    parser.add_argument(
        "block_id", metavar="BLOCK_ID", help="a block's identifier, a site's identifier, or part of a name"
    )
    parser.add_argument("--region", metavar="R", help="the region to look in; without it, every region that was run")


def main(arguments: argparse.Namespace) -> int:
    """Print what is known of the block from the published GeoPackage."""
    from publishing.explain import explain_block
    from publishing.geopackage.reading import read_table
    from publishing.sets.snapshot import one_set_of

    files, wanted = published_files(arguments.region), arguments.block_id.strip()
    known: list[str] = []
    for file in files:
        with one_set_of([file]):
            blocks = read_table(file, "ranked_blocks")[["block_id", "site_id", "name"]].astype("str")
            known += blocks["block_id"].tolist()
            found = matching(blocks, wanted) if wanted else []
            for block_id in found[:5]:
                print(explain_block(file, block_id), end="\n\n")
        if len(found) > 5:
            print(f"... and {len(found) - 5} more blocks match: {', '.join(found[5:15])}")
        if found:
            return 0
    near = get_close_matches(wanted.upper(), known, n=3)
    hint = f"did you mean {', '.join(near)}? Otherwise " if near else ""
    raise MissingSourceError(
        f"no block matches {arguments.block_id!r}",
        file=", ".join(map(str, files)),
        layer="ranked_blocks",
        field="block_id",
        do=f"{hint}copy a block_id from the printed table or from QGIS",
    )


def matching(blocks: pd.DataFrame, wanted: str) -> list[str]:
    """Identifiers of the blocks meant, whatever their case: by block, else by site, else by a part of the name."""
    ids = blocks[["block_id", "site_id"]].apply(lambda column: column.str.upper())
    exact = blocks[ids.eq(wanted.upper()).any(axis=1)]
    named = blocks[blocks["name"].str.contains(wanted, case=False, regex=False, na=False)]
    return (exact if len(exact) else named)["block_id"].tolist()


def published_files(region: str | None) -> list[Path]:
    """The ranked GeoPackages of one region, or of all that were run.

    Raises
    ------
    MissingSourceError : nothing has been published yet.
    RegionError : there is no such region.
    """
    from data_sources.regions import load_region
    from khanij.foundation.environment import output_folder
    from publishing.sets.snapshot import published_geopackage

    root = output_folder()
    folders = sorted(p for p in root.glob(region or "*") if p.is_dir() and not p.name.startswith("."))
    files = [file for folder in folders if (file := published_geopackage(folder)).is_file()]
    if not files:
        if region:
            load_region(region)
        raise MissingSourceError(
            "nothing has been ranked yet",
            file=root / (region or "*") / "ranked_blocks.gpkg",
            do=f"run: khanij run{' --region ' + region if region else ''}",
        )
    return files
