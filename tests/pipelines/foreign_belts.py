"""Three folders as offices keep them: ponds drawn as outlines, a workbook of everything, a table with decimal commas.

Belongs here: making the files. Does not belong here: what must come of them (the tests).
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
from shapely.geometry import Point, box

NAMES = ("Zawar TSF-1", "Zawar TSF-2", "Mochia old dump", "Balaria slimes")
_MATERIALS = ("zinc-lead tailings", "Zn-Pb tailings", "waste rock", "zinc tailings")


def belt_of_outlines(folder: Path) -> Path:
    """Dumps as polygons in UTM, by number and name; quantities and samples of boreholes by the name alone."""
    folder.mkdir(parents=True)
    squares = [box(73.70 + 0.02 * i, 24.33 + 0.01 * i, 73.706 + 0.02 * i, 24.336 + 0.01 * i) for i in range(4)]
    drawn = {"id": [1, 2, 3, 4], "dump_name": NAMES, "material": _MATERIALS, "area_sqm": [4e5, 2e5, 9e4, 1.2e5]}
    gpd.GeoDataFrame(drawn, geometry=squares, crs=4326).to_crs(32643).to_parquet(folder / "tsf_polygons.parquet")
    stock = pd.DataFrame({"dump": NAMES, "Quantity (Mt)": [12.5, 4.1, 1.2, 2.3]})
    stock.to_csv(folder / "quantities.csv", index=False)
    sampled = [NAMES[0]] * 3 + [NAMES[1]] * 3 + [NAMES[3]] * 2
    assays = {
        "dump": sampled,
        "Borehole": [f"B{i}" for i in range(8)],
        "Zn %": [0.9, 1.1, 0.8, 0.7, 0.6, 0.9, 1.4, 1.2],
    }
    assays |= {"Pb %": [0.4, 0.5, 0.3, 0.2, 0.3, 0.4, 0.6, 0.5], "Ag g/t": [12, 15, 9, 8, 10, 11, 20, 22]}
    pd.DataFrame(assays | {"Ge ppm": [4, 5, 6, 3, 4, 5, 8, 9]}).to_excel(folder / "assay_results.xlsx", index=False)
    return folder


def belt_of_workbook(folder: Path) -> Path:
    """A workbook with a title, a total and degrees in words; outlines from a globe; blocks, a forest, samples in metres."""
    folder.mkdir(parents=True)
    ponds = ("Joda East TP", "Khondbond TP", "Thakurani Dump A")
    squares = [box(85.42 + 0.03 * i, 22.0 + 0.02 * i, 85.425 + 0.03 * i, 22.004 + 0.02 * i) for i in range(3)]
    drawn = gpd.GeoDataFrame({"Name": ponds, "Description": [""] * 3}, geometry=squares, crs=4326)
    drawn.to_file(folder / "tailing_ponds.kml", driver="KML")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Inventory of slimes"])
    sheet.append([])
    sheet.append(
        ["S.No.", "Name of the tailing pond", "Lat (N)", "Long (E)", "Waste", "Qty (lakh MT)", "Mn (%)", "Al2O3 %"]
    )
    places = (("22°00'07\"", "85°25'21\""), ("22°01'19\"", "85°27'09\""), ("22°02'31\"", "85°28'57\""))
    wastes, stock = ("Iron ore slimes", "Iron ore slimes", "Manganese tailings"), (82.5, 31, 12)
    for i, (pond, place, waste, lakh) in enumerate(zip(ponds, places, wastes, stock, strict=True)):
        sheet.append([i + 1, pond, *place, waste, lakh, (0.3, 0.4, 14.2)[i], (8, 7.5, 9)[i]])
    sheet.append(["Total", None, None, None, None, 125.5, None, None])
    book.create_sheet("Notes").append(["as per mine plan"])
    book.save(folder / "Slime inventory 2023.xlsx")
    blocks = {"OBJECTID": [1, 2], "BLOCK_NAME": ["Joda North", "Thakurani West"], "MINERAL": ["Iron", "Manganese"]}
    ground = [box(85.40, 21.98, 85.44, 22.02), box(85.46, 22.03, 85.52, 22.08)]
    gpd.GeoDataFrame(blocks, geometry=ground, crs=4326).to_crs(32645).to_file(folder / "auction_blocks.shp")
    forest = gpd.GeoDataFrame({"NAME": ["Sidhamatha RF"]}, geometry=[box(85.47, 22.02, 85.49, 22.06)], crs=4326)
    forest.to_file(folder / "reserve_forest.geojson", driver="GeoJSON")
    rows = [(i, 330_000 + 400 * i, 2_425_000 + 300 * i) for i in range(40)]
    samples = pd.DataFrame({"SAMPLE NO": [f"JD/{i}" for i, _, _ in rows], "EASTING": [r[1] for r in rows]})
    samples["NORTHING"] = [r[2] for r in rows]
    for element, middle in {"Cu": 28, "Pb": 22, "Zn": 70, "Ni": 30, "Cr": 60, "La": 31, "Ce": 64}.items():
        samples[f"{element}(ppm)"] = [round(middle * (0.7 + 0.02 * i), 1) for i, _, _ in rows]
    samples.to_csv(folder / "NGCM samples.csv", index=False)
    return folder


def belt_of_tables(folder: Path) -> Path:
    """Plants with decimal commas, their stock and grades beside them; outlines and a lease that name no plant."""
    folder.mkdir(parents=True)
    (folder / "plants.csv").write_text(
        "Plant;Type;Lat;Lon;Stock (million tonnes);La ppm;Ce ppm;Sc ppm;V ppm\n"
        "Damanjodi;Red mud pond;18,76;82,91;55,2;110;230;55;700\n"
        "Belgaum;Red mud;15,87;74,52;12,1;90;190;48;640\n"
        "Renukoot;red mud;24,20;83,03;25;105;;;\n"
        "Talcher STPS;Fly ash pond;20,95;85,21;60;70;140;22;190\n"
    )
    squares = [box(82.905, 18.755, 82.915, 18.765), box(74.515, 15.865, 74.525, 15.875)]
    named = {"id": [1, 2], "name": ["Damanjodi pond", "Belgaum pond"]}
    gpd.GeoDataFrame(named, geometry=squares, crs=4326).to_file(folder / "pond_outlines.gpkg", layer="ponds")
    lease = {"lease": ["L1"], "holder": ["NALCO"], "valid_upto": ["2032-11-16"], "status": ["Operating"]}
    gpd.GeoDataFrame(lease, geometry=[box(82.85, 18.7, 82.95, 18.8)], crs=4326).to_file(folder / "lease.gpkg")
    return folder


def belt_of_words(folder: Path) -> Path:
    """A register without places, points of a globe that name its dumps, a laboratory's long table; and figures of nobody's sites."""
    folder.mkdir(parents=True)
    dumps = ["KGF-1", "KGF-2", "KGF-3"]
    register = {"Dump ID": dumps, "Dump name": ["Champion", "Oorgaum", "Nundy"], "Category": ["Gold mill tailings"] * 3}
    pd.DataFrame(register | {"Stock (t)": [6.1e6, 3.3e6, 1.3e6]}).to_excel(folder / "dump_register.xlsx", index=False)
    points = [Point(78.26, 12.95), Point(78.27, 12.96), Point(78.255, 12.93)]
    gpd.GeoDataFrame({"Name": dumps}, geometry=points, crs=4326).to_file(folder / "dump_points.kml", driver="KML")
    rows = [(d, e, v, u) for d in dumps for e, v, u in (("Au", 0.7, "g/t"), ("W", 180, "ppm"), ("Ag", 0.4, "g/t"))]
    pd.DataFrame(rows, columns=["Dump ID", "Analyte", "Result", "Unit"]).to_csv(folder / "lab_results.csv", index=False)
    pd.DataFrame({"site": ["A", "B"], "tonnage_t": [1e6, 2e6]}).to_csv(folder / "tonnages_elsewhere.csv", index=False)
    return folder


def belt_in_hindi(folder: Path) -> Path:
    """One register whose headers and wastes are in Hindi."""
    folder.mkdir(parents=True)
    table = {
        "क्रम संख्या": [1, 2], "स्थल का नाम": ["कोरबा राख बांध", "तालचेर राख बांध"], "अक्षांश": [22.35, 20.95], "देशांतर": [82.68, 85.21],
        "अपशिष्ट का प्रकार": ["उड़न राख", "fly ash"], "मात्रा (लाख टन)": [450, 300], "La ppm": [70, 66], "Ce ppm": [140, 120],
    }  # fmt: skip
    pd.DataFrame(table).to_csv(folder / "राख.csv", index=False)
    return folder


def belt_of_two_offices(folder: Path, second: str = "gpkg") -> Path:
    """Ponds in a workbook and dumps as outlines with their stock, each numbered from 1; one file of assays for both."""
    folder.mkdir(parents=True)
    ponds = pd.DataFrame(
        {
            "S.No.": [1, 2, 3],
            "Pond": ["Amba TSF", "Bela TSF", "Chandra TSF"],
            "Latitude": [24.35, 24.37, 24.39],
            "Longitude": [73.71, 73.74, 73.77],
            "Type of waste": ["zinc-lead tailings", "Zn-Pb tailings", "zinc tailings"],
            "Qty (lakh t)": [60, 70, 80],
        }
    )
    ponds.to_excel(folder / "tailings ponds.xlsx", index=False)
    squares = [box(73.90 + 0.04 * i, 24.50 + 0.04 * i, 73.906 + 0.04 * i, 24.506 + 0.04 * i) for i in range(4)]
    dumps = {
        "No": [1, 2, 3, 4],
        "Dump_name": ["Dhara dump", "Eklav dump", "Falsa dump", "Gauri dump"],
        "Material": ["zinc-lead tailings"] * 4,
        "Tonnage (t)": [1.5e6, 2.5e6, 3.5e6, 4.5e6],
    }
    drawn = gpd.GeoDataFrame(dumps, geometry=squares, crs=4326)
    if second == "gpkg":
        drawn.to_crs(32643).to_file(folder / "mine_dumps.gpkg", layer="dumps")
    else:
        middle = drawn.geometry.representative_point()
        plain = pd.DataFrame(dumps).assign(lat=middle.y.round(5), lon=middle.x.round(5), Zn_pct=[0.9, 1.1, 1.2, 0.7])
        plain.rename(columns={"Zn_pct": "Zn (%)"}).to_csv(folder / "mine_dumps.csv", index=False)
    sampled = [*ponds["Pond"], *dumps["Dump_name"]]
    assays = pd.DataFrame(
        {"Site name": sampled, "Sample": [f"A{i}" for i in range(7)], "Zn %": [0.8 + 0.1 * i for i in range(7)]}
    )
    assays.assign(**{"Pb %": 0.4}).to_csv(folder / "assays.csv", index=False)
    return folder
