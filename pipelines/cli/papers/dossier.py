"""write two printable pages on each block, and all of them in one file"""

from __future__ import annotations

import argparse
from pathlib import Path

from pipelines.cli.shown.asking import add_options, given_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij dossier``."""
    parser.add_argument("block_id", nargs="*", metavar="BLOCK_ID", help="blocks; without any, the first of the ranking")
    parser.add_argument("--region", required=True, metavar="R", help="the region")
    parser.add_argument(
        "--top",
        type=int,
        default=10,
        metavar="N",
        help="how many of the list, where no block is named (default 10)",
    )
    add_options(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder (default: dossiers beside the GeoPackage)")
    parser.add_argument("--scenario", default="", metavar="NAME", help="of this what-if instead of the default result")


def main(arguments: argparse.Namespace) -> int:
    """Write the PDFs and print their paths."""
    from pipelines.cli.shown.replies import note
    from publishing.dossiers.dossier import write_dossiers
    from publishing.geopackage.reading import read_rows
    from publishing.sets.snapshot import one_set_of, published_files

    (file,) = published_files(arguments.region, arguments.scenario)
    with one_set_of([file]):
        spelled = {b.block_id.upper(): b.block_id for b in read_rows(file, "ranked_blocks")}
        blocks = [spelled.get(block.upper(), block) for block in arguments.block_id] or _chosen(arguments, file)
        for written in write_dossiers(file, blocks, arguments.out or file.parent / "dossiers"):
            print(written.path)
            note(arguments, files=[written.path])
    return 0


def _chosen(arguments: argparse.Namespace, file: Path) -> list[str]:
    """The first blocks of the ranking, or of the list that passes what was asked for."""
    from publishing.dossiers.dossier import top_block_ids
    from publishing.shortlists.filters import make_filter
    from publishing.shortlists.shortlist import build_shortlist, nothing_passes

    settings = given_settings(arguments)
    if not settings:
        return top_block_ids(file, arguments.top)
    shortlist = build_shortlist(file, make_filter(**settings))
    if not shortlist.rows:
        raise nothing_passes(shortlist)
    for line in shortlist.told():
        print(line)
    return [b.block_id for b in shortlist.rows[: arguments.top]]
