"""510,000 stream-sediment rows in NGDR's 71 columns from a local MapServer: paged, checked, stored, and how long it takes.

Three times are taken in one run, on the same rows: (a) reading them from a local GeoPackage, (b) the same WFS pages to
/dev/null one after the other (the server's own time), (c) fetch into an archive and admission by the contract. The limit
is c <= 6 a + b in at most 2 GiB.

    python -m benchmarks.ingest.stream_sediments [--rows 510000] [--page 5000] [--at-once 2] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from data_sources.cards import Card, load_card
from data_sources.reference import load_table
from data_sources.sheets import sheets_of

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "integration"))


OXIDES_PCT = {
    "SiO2": 62.0, "Al2O3": 12.0, "Fe2O3": 6.0, "TiO2": 0.8, "CaO": 3.0, "MgO": 2.0, "MnO": 0.1, "Na2O": 1.5, "K2O": 1.6,
    "P2O5": 0.1, "LOI": 5.0,
}  # fmt: skip


def crust(table: str) -> dict[str, float]:
    """Element -> ppm in the upper continental crust."""
    rows = load_table(table).dropna(subset=["ucc_ppm"])
    return dict(zip(rows["element"], rows["ucc_ppm"], strict=True))


def rows_in_ngdr_schema(count: int, seed: int = 20260101) -> gpd.GeoDataFrame:
    """Samples on a 1 km grid inland (75-80 E, 15-25 N), log-normal near crustal abundance, in the card's own units."""
    rng = np.random.default_rng(seed)
    card = load_card("ngdr_stream_sediments")
    index = np.arange(count)
    longitude = (75 + (index % 500) * 0.01 + rng.uniform(0, 0.009, count)).round(6)
    latitude = (15 + (index // 500) * 0.0098 + rng.uniform(0, 0.009, count)).round(6)
    sheets = sheets_of(longitude, latitude)
    columns: dict[str, object] = {"gid": index + 1, "objectid": index + 1}
    traces = {**crust("elements"), **crust("survey_elements")}
    for raw, name in card.field_map.items():
        if raw == "sampleno":
            columns[raw] = [f"{s.replace('/', '')}/{i:06d}/SS" for s, i in zip(sheets, index, strict=True)]
        elif raw == "toposheet":
            columns[raw] = sheets
        elif raw in ("longitude", "latitude"):
            columns[raw] = longitude if raw == "longitude" else latitude
        else:
            species, unit = name.rsplit("_", 1)
            if unit == "pct":
                columns[raw] = (OXIDES_PCT[species] * rng.lognormal(0, 0.04, count)).round(3)
            else:
                scale = 1000.0 if card.units[raw].unit == "ppb" else 1.0
                columns[raw] = (traces.get(species, 0.01) * scale * rng.lognormal(0, 0.35, count)).round(4)
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=gpd.points_from_xy(longitude, latitude), crs=4326)


def timed_read(file: Path) -> float:
    """Seconds to read the GeoPackage as a frame."""
    started = time.perf_counter()
    frame = pyogrio.read_dataframe(file, use_arrow=True)
    seconds = time.perf_counter() - started
    assert len(frame)
    return seconds


def timed_server(address: str, layer: str, page: int, rows: int) -> float:
    """Seconds that the server takes for the same pages, the bodies thrown away."""
    started = time.perf_counter()
    for start in range(0, rows + 1, page):
        query = (
            f"service=WFS&version=1.0.0&request=GetFeature&typeName={layer}&maxFeatures={page}"
            f"&startIndex={start}&outputFormat=geojson"
        )
        with urllib.request.urlopen(f"{address}?{query}") as answer, Path("/dev/null").open("wb") as nothing:
            while chunk := answer.read(1 << 20):
                nothing.write(chunk)
    return time.perf_counter() - started


def peak_gib() -> float:
    """The most memory that this program has held so far (getrusage would count what its parent held before it)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20


def ingest(card: Card, root: Path, at_once: int) -> dict[str, float]:
    """Fetch and admit; run in a process of its own so that its memory can be told."""
    from data_sources.connectors.archive import Archive
    from data_sources.connectors.remote.fetching import fetch
    from data_sources.connectors.remote.http import ClientSettings
    from data_sources.readers.survey import admit_frame

    started = time.perf_counter()
    got = fetch(card, Archive(root), settings=ClientSettings(at_once=at_once))
    fetched, fetch_gib = time.perf_counter() - started, peak_gib()
    frame = got.frame()
    read = time.perf_counter() - started - fetched
    admission = admit_frame(frame, "stream_sediments", card=card)
    total = time.perf_counter() - started
    assert len(frame) == len(admission.kept) + admission.quarantine["row"].nunique()
    return {
        "fetch_s": fetched,
        "read_back_s": read,
        "admit_s": total - fetched - read,
        "total_s": total,
        "rows": len(frame),
        "kept": len(admission.kept),
        "archive_mb": got.path.stat().st_size / 1e6,
        "peak_fetch_gib": fetch_gib,
        "peak_gib": peak_gib(),
    }


def main() -> int:
    """Run the benchmark and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=510_000)
    parser.add_argument("--page", type=int, default=5_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--at-once", type=int, default=2, help="pages on their way together (the client's default: 2)")
    parser.add_argument("--ingest", nargs=2, metavar=("CARD", "ROOT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ingest:
        card = Card.model_validate_json(arguments.ingest[0])
        print(json.dumps(ingest(card, Path(arguments.ingest[1]), arguments.at_once)))
        return 0
    from servers.mapserver import HINT, MapServer, binary

    if binary() is None:
        print(HINT)
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        server = MapServer(folder)
        server.add("stream_sediments", rows_in_ngdr_schema(arguments.rows), "gid")
        file = folder / "stream_sediments.gpkg"
        read = min(timed_read(file) for _ in range(3))
        with server:
            own = timed_server(server.wfs, "stream_sediments", arguments.page, arguments.rows)
            card = load_card("ngdr_stream_sediments").model_copy(
                update={
                    "url": server.wfs,
                    "layer": "stream_sediments",
                    "handshake": None,
                    "params": {"outputFormat": "geojson"},
                    "page_size": arguments.page,
                }
            )
            command = [sys.executable, "-m", "benchmarks.ingest.stream_sediments"]
            command += ["--at-once", str(arguments.at_once), "--ingest"]
            done = subprocess.run(
                [*command, card.model_dump_json(), str(Path(scratch) / "archive")],
                stdout=subprocess.PIPE,
                check=True,
                cwd=Path(__file__).resolve().parents[2],
            )
        out = json.loads(done.stdout.splitlines()[-1])
    limit = 6 * read + own
    out |= {"gpkg_read_s": read, "server_own_s": own, "limit_s": limit, "within": out["total_s"] <= limit}
    print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in out.items()}))
    return 0 if out["within"] and out["peak_gib"] <= 2 else 1


if __name__ == "__main__":
    raise SystemExit(main())
