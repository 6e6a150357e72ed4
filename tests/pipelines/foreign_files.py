"""Five files as a stranger has them, and more: nothing in them is named as the project names it.

Belongs here: making the files. Does not belong here: what must come of them (the tests).
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import shapely

PONDS, SAMPLES = 4, 80


def make_files(folder: Path) -> Path:
    """Blocks as a Shapefile in UTM with names in Hindi, ponds, assays with a row of units, stock in lakh tonnes, leases, samples."""
    folder.mkdir(parents=True, exist_ok=True)
    squares = [shapely.box(80.70 + 0.06 * i, 22.00, 80.74 + 0.06 * i, 22.04) for i in range(3)]
    named = {"BLK_NO": ["B-1", "B-2", "B-3"], "नाम": ["पहला खंड", "दूसरा", "तीसरा"], "RAJYA": ["मध्य प्रदेश"] * 3}
    gpd.GeoDataFrame(named, geometry=squares, crs=4326).to_crs(32644).to_file(folder / "khand.shp", encoding="utf-8")
    head = "Pond No,Name of pond,Latitude,Longitude,Type of waste\n"
    ponds = [
        f"P-{i},Pond {i},{22.02 + 0.05 * i:.2f},{80.72 + 0.06 * i:.2f},cu_flotation_tailings\n" for i in range(PONDS)
    ]
    (folder / "ponds.csv").write_text(head + "".join(ponds), encoding="utf-8")
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Composite assays of the ponds"], [], ["Pond No", "Cu", "Co", "Mo"], [None, "%", "ppm", "ppm"]):
        sheet.append(row)
    for i in range(PONDS):
        sheet.append([f"P-{i}", 0.12 + 0.05 * i, 90 + i, 12 + i])
    book.create_sheet("Notes").append(["of the laboratory"])
    book.save(folder / "assays.xlsx")
    stock = [f"P-{i};{50 + 10 * i};2020\n" for i in range(PONDS)]
    (folder / "stock.csv").write_text("Pond No;Stock (lakh tonnes);As on\n" + "".join(stock), encoding="utf-8")
    leases = {"LEASE_NO": ["ML-1", "ML-2"], "LESSEE": ["X Ltd", "Y Ltd"], "STATUS": ["Working", "Expired"]}
    ground = [shapely.box(80.6, 21.9, 80.66, 21.95), shapely.box(80.95, 22.1, 81.0, 22.15)]
    gpd.GeoDataFrame(leases, geometry=ground, crs=4326).to_file(folder / "leases.geojson", driver="GeoJSON")
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(
        [
            "Sample No.",
            "Long",
            "Lat",
            "Cu (ppm)",
            "Co (ppm)",
            "La (ppm)",
            "Ni (ppm)",
            "Ce (ppm)",
            "Zn (ppm)",
            "Pb (ppm)",
            "V (ppm)",
        ]
    )
    for i in range(SAMPLES):
        # Each element has a period of its own, so that no column follows another.
        ground = [
            v + i * k % n
            for v, k, n in zip((20, 9, 25, 21, 50, 60, 17, 90), range(3, 11), (7, 5, 9, 11, 13, 17, 6, 19))
        ]
        out.writerow([f"S-{i}", round(80.62 + i % 10 * 0.04, 4), round(21.95 + i // 10 * 0.025, 4), *ground])
    with zipfile.ZipFile(folder / "geochem.zip", "w") as held:
        held.writestr("geochem/samples.csv", text.getvalue())
    return folder
