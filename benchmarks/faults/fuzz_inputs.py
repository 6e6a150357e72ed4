"""Damaged files of every input format: each must end in a clear error or in quarantined rows, soon.

    python benchmarks/faults/fuzz_inputs.py [--inputs 10000] [--seed 1] [--keep DIR] [--state FILE --minutes 4]

Small good files are damaged at random (bits and bytes flipped, cut, doubled, overwritten, fields swapped for hostile
text) and read as a user's file would be. Good ends are a ``KhanijError`` that says where, or an admission whose rows
add up. Anything else counts as a fault: another exception, a message that names no place, a dead process, a reading
that takes longer than the limit. Prints a table by format; status 1 when there was a fault. With ``--state`` it keeps
what it found in a file and goes on from there when called again.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import signal
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT_S = 20.0
BATCH = 100
HOSTILE = [
    "", "nan", "1e999", "-1e308", "9" * 400, "=cmd|' /C calc'!A0", "<script>", "'; DROP TABLE x", "\x00", "\ufeff", "\u202e", "<0.1", "1,5", "१२",
    "../../etc/passwd", "/vsicurl/http://127.0.0.1:9/x", "NULL", "true", "-3.4028234663852886e+38", "2026-02-30", "57E/99", "\\", '"', "\n", ";", "🪨" * 50,
    "\\ud800", "\\udfff \\x00",
]  # fmt: skip


class TooLongError(BaseException):
    """The limit of time is over; no reader's ``except`` may take it for an error of its own, as it would a ``TimeoutError``."""


@dataclass(frozen=True)
class Format:
    """One kind of input: a good file's bytes, its name, and how it is read."""

    name: str
    file: str
    data: bytes
    read: Callable[[Path], object]


def formats() -> list[Format]:
    """A small good file of every format that Khanij reads, with its reader."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import rasterio
    from rasterio.transform import from_origin
    from shapely.geometry import LineString, box

    from data_sources.connectors.files import read_file
    from data_sources.connectors.rasters import read_raster
    from data_sources.readers.survey import read_layer
    from data_sources.readers.waste import read_inventory
    from data_sources.reference import load_table

    rng = np.random.default_rng(0)
    n = 24
    lon, lat = 77.6 + rng.uniform(0, 0.8, n).round(5), 17.6 + rng.uniform(0, 0.8, n).round(5)
    samples = pd.DataFrame(
        {"sampleno": [f"56F11/{i}" for i in range(n)], "longitude": lon, "latitude": lat, "toposheet": "56F/11"}
    )
    for name in ("sio2", "al2o3", "fe2o3", "cao"):
        samples[name] = rng.uniform(1, 20, n).round(2)
    for name in ("la", "ce", "th", "zr", "ni", "cu"):
        samples[name] = rng.lognormal(3, 0.5, n).round(2)
    faults = gpd.GeoDataFrame(
        {"fault_type": "fault", "fault_name": "BLANK", "toposheet_": "56F/11"},
        index=range(n),
        geometry=[LineString([(x, y), (x + 0.05, y + 0.02)]) for x, y in zip(lon, lat)],
        crs="EPSG:4326",
    )
    rocks = gpd.GeoDataFrame(
        {"lithologic": ["granite", "schist"] * (n // 2), "group_name": "A", "age": "Archaean"},
        geometry=[box(x, y, x + 0.02, y + 0.02) for x, y in zip(lon, lat)],
        crs="EPSG:4326",
    )
    sites, tonnages, grades = (load_table(t).head(n) for t in ("waste_sites", "site_tonnages", "site_grades"))
    out: list[Format] = []

    def layer(name: str) -> Callable[[Path], object]:
        return lambda path: read_layer(path, name, card="sample_district", extent_deg=(77.5, 17.5, 78.5, 18.5))

    def with_sites(name: str) -> Callable[[Path], object]:
        def read(path: Path) -> object:
            good = path.with_name("good_sites.csv")
            sites.to_csv(good, index=False)
            return read_inventory({"waste_sites": good} | {name: path}, card_name="sample_district")

        return read

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)

        def add(name: str, file: str, read: Callable[[Path], object]) -> None:
            out.append(Format(name, file, (folder / file).read_bytes(), read))

        samples.to_csv(folder / "samples.csv", index=False)
        add("CSV, stream sediments", "samples.csv", layer("stream_sediments"))
        sites.to_csv(folder / "sites.csv", index=False)
        add("CSV, waste sites", "sites.csv", with_sites("waste_sites"))
        tonnages.to_csv(folder / "tonnages.csv", index=False)
        add("CSV, tonnages", "tonnages.csv", with_sites("tonnages"))
        grades.to_excel(folder / "grades.xlsx", index=False)
        add("XLSX, grades", "grades.xlsx", with_sites("grades"))
        faults.to_file(folder / "faults.gpkg", driver="GPKG", engine="pyogrio")
        add("GeoPackage, faults", "faults.gpkg", layer("faults"))
        faults.to_file(folder / "faults.geojson", driver="GeoJSON", engine="pyogrio")
        add("GeoJSON, faults", "faults.geojson", layer("faults"))
        faults.to_file(folder / "faults.geojsonl", driver="GeoJSONSeq", engine="pyogrio")
        add("GeoJSON lines, faults", "faults.geojsonl", layer("faults"))
        rocks.to_parquet(folder / "rocks.parquet")
        add("GeoParquet, lithology", "rocks.parquet", layer("lithology"))
        faults.to_file(folder / "line.shp", engine="pyogrio")
        with zipfile.ZipFile(folder / "faults.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(folder.glob("line.*")):
                archive.write(part, part.name)
        add("zipped Shapefile, faults", "faults.zip", layer("faults"))
        shapes = {p.suffix: p.read_bytes() for p in sorted(folder.glob("line.*"))}

        def bare(suffix: str) -> Callable[[Path], object]:
            def read(path: Path) -> object:
                for other, data in shapes.items():
                    if other != suffix:
                        path.with_suffix(other).write_bytes(data)
                return read_layer(path.with_suffix(".shp"), "faults", card="sample_district")

            return read

        for suffix in (".shp", ".dbf", ".shx", ".prj"):
            out.append(Format(f"Shapefile, {suffix}", f"line{suffix}", shapes[suffix], bare(suffix)))
        with rasterio.open(
            folder / "bands.tif", "w", driver="GTiff", count=2, height=40, width=40, dtype="float32", crs="EPSG:32643",
            transform=from_origin(300000, 2000000, 500, 500), nodata=np.nan, compress="deflate", tiled=True, blockxsize=16, blockysize=16,
        ) as raster:  # fmt: skip
            raster.write(rng.normal(size=(2, 40, 40)).astype("float32"))

        def read_bands(path: Path) -> object:
            found = read_raster(path)
            return [found.read(name) for name in found.band_names]

        add("GeoTIFF", "bands.tif", read_bands)
        samples.to_csv(folder / "points.tsv", index=False, sep="\t")
        add("TSV, read_file alone", "points.tsv", lambda path: read_file(path))
    out += _texts()
    return out + door_formats()


def door_formats() -> list[Format]:
    """The formats of other programs alone."""
    from fuzz_doors import doors

    return [Format(*door) for door in doors()]


def _texts() -> list[Format]:
    """YAML and JSON that Khanij itself reads: regions, and the store's manifests."""
    from data_sources.regions import load_region, region_files
    from pipelines.stores.io_managers import BundleStore  # Dagster is imported here, outside the time limit of an input

    def region(path: Path) -> object:
        os.environ["KHANIJ_REGIONS"] = str(path.parent)
        try:
            return load_region(path.stem)
        finally:
            del os.environ["KHANIJ_REGIONS"]

    def manifest(path: Path) -> object:
        folder = path.parent / "region" / "asset"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_bytes(report)
        (folder / "manifest.json").write_bytes(path.read_bytes())
        store = BundleStore(str(path.parent))
        return store.intact("asset", "region") and store.load("asset", "region")  # False: damaged, made again

    with tempfile.TemporaryDirectory() as scratch:
        BundleStore(scratch).save("asset", "region", {"report": {}}, "f")
        folder = Path(scratch) / "region" / "asset"
        good, report = (folder / "manifest.json").read_bytes(), (folder / "report.json").read_bytes()
    text = (
        region_files()["sample_district"].read_text(encoding="utf-8").replace("name: sample_district", "name: fuzzed")
    )
    return [
        Format("YAML, region", "fuzzed.yaml", text.encode(), region),
        Format("JSON, store manifest", "m.json", good, manifest),
    ]


def damage(data: bytes, chance: random.Random) -> bytes:
    """One to four damages of random kinds."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        if not out:
            break
        kind, at = chance.randrange(8), chance.randrange(len(out))
        length = min(len(out) - at, chance.choice((1, 2, 4, 16, 64, 512)))
        if kind == 0:
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            out[at] = chance.randrange(256)
        elif kind == 2:
            del out[at:]
        elif kind == 3:
            del out[at : at + length]
        elif kind == 4:
            out[at:at] = out[at : at + length]
        elif kind == 5:
            out[at : at + length] = bytes(chance.choice((0, 255)) for _ in range(length))
        elif kind == 6:
            out[at:at] = chance.choice(HOSTILE).encode()
        else:
            out = _swap_field(out, chance)
    return bytes(out)


def _swap_field(data: bytearray, chance: random.Random) -> bytearray:
    """Replace what stands between two separators, as a careless hand in a spreadsheet would."""
    places = [i for i, b in enumerate(data) if b in b',:\t\n"']
    if len(places) < 2:
        return data
    first = chance.randrange(len(places) - 1)
    return data[: places[first] + 1] + bytearray(chance.choice(HOSTILE).encode()) + data[places[first + 1] :]


def judge(fmt: Format, data: bytes, folder: Path) -> str:
    """Read one damaged input; ``clear error``, ``read``, or what is wrong."""
    from data_sources.contracts import KhanijError

    path = folder / fmt.file
    path.write_bytes(data)
    began = time.monotonic()

    def late(*_: object) -> None:
        raise TooLongError

    def in_time(verdict: str) -> str:
        took_s = time.monotonic() - began  # a library in C holds the signal back until it is done
        return verdict if took_s <= LIMIT_S else f"FAULT: hang: {verdict} after {took_s:.0f} s"

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    signal.setitimer(signal.ITIMER_PROF, 3 * LIMIT_S)  # nobody holds this one back: it ends the process
    try:
        found = fmt.read(path)
    except KhanijError as error:
        return in_time("clear error" if str(error).strip() else "FAULT: an error without words")
    except TooLongError:
        return in_time("no end")
    except Exception as error:
        return f"FAULT: {type(error).__name__}: {str(error)[:120]}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
    return in_time(_added_up(found))


def _added_up(found: object) -> str:
    """``read``, or that rows got lost: those of one table's report, or of each of several."""
    report = getattr(found, "report", None)
    for counts in (
        [report]
        if isinstance(report, dict) and "rows_in" in report
        else list((report or {}).values())
        if isinstance(report, dict)
        else []
    ):
        if (
            isinstance(counts, dict)
            and "rows_in" in counts
            and counts["rows_in"] != counts["rows_kept"] + counts["rows_quarantined"]
        ):
            return f"FAULT: rows do not add up: {counts['rows_in']} in"
    return "read"


def run_batch(chosen: list[tuple[int, Format]], seed: int) -> list[tuple[int, str]]:
    """A batch in a process of its own, so that a crash of a library costs one input and is seen."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        warnings.simplefilter("ignore")
        sys.stderr = io.StringIO()
        with tempfile.TemporaryDirectory() as scratch, os.fdopen(write_end, "w") as out:
            for number, fmt in chosen:
                folder = Path(scratch) / str(number)
                folder.mkdir()
                verdict = judge(fmt, damage(fmt.data, random.Random(f"{seed}/{number}")), folder)
                out.write(json.dumps([number, verdict]) + "\n")
                out.flush()
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as lines:
        found = [tuple(json.loads(line)) for line in lines]
    _, status = os.waitpid(pid, 0)
    if status != 0 and len(found) < len(chosen):
        number = chosen[len(found)][0]
        found.append((number, f"FAULT: the process died (status {status})"))
        found += run_batch(chosen[len(found) :], seed)
    return found  # type: ignore[return-value]


def fuzz(
    inputs: int,
    seed: int,
    keep: Path | None = None,
    first: int = 0,
    minutes: float = 0.0,
    kinds: list[Format] | None = None,
) -> tuple[dict[str, Counter[str]], list[tuple[int, str, str]], int]:
    """Outcomes by format, the faults as (number, format, verdict), and the number of the next input.

    Parameters
    ----------
    first : number of the first input; the input of a number is the same whatever was done before it.
    minutes : stop after so long; 0 goes to the end. kinds : the formats, all where none are given.
    """
    kinds, began = kinds or formats(), time.monotonic()
    for fmt in kinds:
        with tempfile.TemporaryDirectory() as scratch:
            verdict = judge(fmt, fmt.data, Path(scratch))
            if verdict != "read":
                raise AssertionError(f"the good file of {fmt.name} is not read: {verdict}")
    table: dict[str, Counter[str]] = {fmt.name: Counter() for fmt in kinds}
    faults: list[tuple[int, str, str]] = []
    start = first
    while start < inputs and not (minutes and time.monotonic() - began > minutes * 60):
        batch = [(i, kinds[i % len(kinds)]) for i in range(start, min(start + BATCH, inputs))]
        for number, verdict in run_batch(batch, seed):
            fmt = kinds[number % len(kinds)]
            table[fmt.name][verdict.split(":")[0]] += 1
            if verdict.startswith("FAULT"):
                faults.append((number, fmt.name, verdict))
                if keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{number}_{fmt.file}").write_bytes(damage(fmt.data, random.Random(f"{seed}/{number}")))
        start += len(batch)
        if start % 1000 == 0:
            print(f"{start} of {inputs}, {len(faults)} faults", file=sys.stderr, flush=True)
    return table, faults, start


def main() -> int:
    """Fuzz, print the table and the faults."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--inputs", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--first", type=int, default=0, help="number of the first input; with --inputs N+1, N alone")
    arguments.add_argument("--keep", type=Path, help="keep the inputs that made a fault here")
    arguments.add_argument("--state", type=Path, help="go on from what this file says, and keep it up to date")
    arguments.add_argument("--minutes", type=float, default=0.0, help="stop after so long; 0: go to the end")
    arguments.add_argument("--doors", action="store_true", help="only the formats that other programs write")
    chosen = arguments.parse_args()
    before: dict[str, Any] = {"next": chosen.first, "table": {}, "faults": []}
    if chosen.state is not None and chosen.state.is_file():
        before = json.loads(chosen.state.read_text())
    kinds = door_formats() if chosen.doors else formats()
    table, found, done = fuzz(chosen.inputs, chosen.seed, chosen.keep, before["next"], chosen.minutes, kinds)
    for name, counts in before["table"].items():
        table[name].update(counts)
    faults = [*(tuple(f) for f in before["faults"]), *found]
    if chosen.state is not None:
        chosen.state.write_text(json.dumps({"next": done, "table": table, "faults": faults}, indent=1))
    print(f"{'format':28s}{'inputs':>8s}{'clear error':>13s}{'read':>8s}{'faults':>8s}")
    for name, counts in [*table.items(), ("all", sum(table.values(), Counter()))]:
        print(f"{name:28s}{sum(counts.values()):8d}{counts['clear error']:13d}{counts['read']:8d}{counts['FAULT']:8d}")
    for (name, verdict), count in Counter((n, v) for _, n, v in faults).most_common(40):
        print(f"{count:5d}  {name}: {verdict}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
