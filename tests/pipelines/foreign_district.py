"""Five files of five formats as a district office keeps them: a register, a workbook of assays, blocks, a lease of a globe, samples.

Belongs here: making the files. Does not belong here: what must come of them (the tests).
"""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import openpyxl
from shapely.geometry import box

NAMES = ("North dam", "South dam", "Old dump", "Mill heap")
STOCK_LAKH_T = (312.5, 90.0, 45.0, 60.0)
COPPER_PCT = (0.11, 0.42, 0.30, 0.24)
SAMPLES = 60
BLOCKS = ("KB-1", "KB-2", "KB-3")
LEASES = ("ML 17", "ML 21")
REGISTER_FILE = "Mine Waste Register 2024.csv"
TOTALS = f",Total,,,,{sum(STOCK_LAKH_T)},"
_HEAD = f"""Register of mine waste of the district{"," * 6}
{"," * 6}
Sl. No., Name of  Site ,Lat. (N),Long. (E),Kind of Waste,Qty. (lakh tonnes),Remarks
"""


def district(folder: Path, totals: bool = False) -> Path:
    """Write the five files: nothing in them is named as the project names it; ``totals`` adds the sum under the register."""
    folder.mkdir(parents=True)
    rows = [
        f"{i + 1},{name},{14.91 + 0.04 * i:.2f},{76.21 + 0.05 * i:.2f},Copper tailings,{stock},old"
        for i, (name, stock) in enumerate(zip(NAMES, STOCK_LAKH_T, strict=True))
    ]
    lines = [*rows, *([TOTALS] if totals else []), ""]
    (folder / REGISTER_FILE).write_text(_HEAD + "\n".join(lines), encoding="utf-8-sig")
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (
        ["Composite samples"],
        [],
        ["Name of Site", "Lab No", "Cu", "Co", "Ni"],
        [None, None, "%", "ppm", "ppm"],
    ):
        sheet.append(line)
    for i, (name, copper) in enumerate(zip(NAMES, COPPER_PCT, strict=True)):
        sheet.append([name, f"L/{i}", copper, 90 + 10 * i, 40 + i])
    book.save(folder / "Assays final (2).xlsx")
    squares = [box(76.16 + 0.07 * i, 14.87, 76.20 + 0.07 * i, 14.90) for i in range(3)]
    named = {"BLK_NO": BLOCKS, "BLK_NAME": ("East", "Middle", "West"), "COMMODITY": ["Copper"] * 3}
    gpd.GeoDataFrame(named, geometry=squares, crs=4326).to_crs(32643).to_file(folder / "khand.gpkg", layer="blk")
    ground = [box(76.30, 14.95, 76.33, 14.98), box(76.18, 15.02, 76.21, 15.05)]
    gpd.GeoDataFrame({"Name": LEASES}, geometry=ground, crs=4326).to_file(folder / "mining leases.kml", driver="KML")
    elements = {
        "Cu": (28, 7),
        "Pb": (22, 5),
        "Zn": (70, 9),
        "Ni": (30, 11),
        "Cr": (60, 13),
        "La": (31, 17),
        "Ce": (64, 6),
    }
    with (folder / "NGCM_stream seds.csv").open("w", newline="", encoding="utf-8") as out:
        write = csv.writer(out)
        write.writerow(["SAMPLE NO", "LONGITUDE", "LATITUDE", *(f"{e}(ppm)" for e in elements)])
        for i in range(SAMPLES):
            # Each element has a period of its own, so that no column follows another.
            values = [middle + i * (k + 3) % period for k, (middle, period) in enumerate(elements.values())]
            write.writerow([f"SS/{i}", round(76.15 + i % 10 * 0.025, 4), round(14.88 + i // 10 * 0.03, 4), *values])
    return folder
