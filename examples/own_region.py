"""A region of your own: a YAML in a folder that KHANIJ_REGIONS names. Nothing of the project is edited.

python examples/own_region.py FOLDER
"""

import os
import sys
from pathlib import Path

from data_sources.regions import load_region, region_names

YAML = """\
name: odisha_north
title: Northern Odisha
description: The embedded register's waste sites of one window.
extent_deg: [84.5, 20.5, 87.0, 22.5]
crs: "+proj=aea +lat_1=20.8 +lat_2=22.2 +lat_0=21.5 +lon_0=85.75 +datum=WGS84 +units=m"
units: [waste_block]
waste: {card: embedded_register}
ranking: {draws: 1000, weights: {value: 0.6, strategic: 0.3, fertility: 0.1}}
"""


def main(folder: str) -> None:
    """Write the region, and read it back as the command line will: khanij run --region odisha_north."""
    path = Path(folder) / "odisha_north.yaml"
    path.write_text(YAML, encoding="utf-8")
    os.environ["KHANIJ_REGIONS"] = folder
    region = load_region("odisha_north")  # every key and value is checked; an error names the key
    print(f"{region.title}: {region.extent_deg}, ranked by {dict(region.ranking['weights'])}")
    print(f"{len(region_names())} regions; run it: KHANIJ_REGIONS={folder} khanij run --region {region.name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
