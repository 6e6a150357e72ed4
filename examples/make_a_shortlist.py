"""A shortlist by a filter that can be repeated, written as a spreadsheet and a map.

python examples/make_a_shortlist.py GEOPACKAGE FOLDER
"""

import sys
from pathlib import Path

from publishing.shortlists.filters import make_filter, save_filter
from publishing.shortlists.shortlist import build_shortlist
from publishing.shortlists.shortlist_files import write_shortlist


def main(geopackage: str, folder: str) -> None:
    """Blocks that are among the first twenty in a tenth of the draws or more."""
    chosen = make_filter(name="first_look", kind="waste_block", min_p_top20=0.1)
    shortlist = build_shortlist([Path(geopackage)], chosen)
    print(f"{len(shortlist.blocks)} blocks: {chosen.described()}")

    for file in write_shortlist(shortlist, ["xlsx", "geojson"], Path(folder), date="2026-12-01").values():
        print(file.path)
    print(save_filter(chosen, Path(folder)))  # khanij shortlist --filter FILE repeats it


if __name__ == "__main__":
    main(*sys.argv[1:])
