"""Reading and admitting 510,000 x 71 rows from a file, side by side with the same of an earlier checkout of the project.

The rows are those of ``stream_sediments``, written once as delimited text, as a GeoPackage and as GeoParquet. Each reading is a
process of its own, in turn with one of the other checkout's, so that a busy machine is busy for both; the least time of each
counts. Text is read as text and judged by the contract here, where the earlier one let pandas guess.

    git worktree add ../before 3ec25ae && make -C ../before .venv/.dev
    python -m benchmarks.ingest.reading --against ../before [--rows 510000] [--rounds 3] [--kinds csv gpkg parquet] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd

from benchmarks.ingest.stream_sediments import rows_in_ngdr_schema

HERE = Path(__file__).resolve().parents[2]
LIMIT = 1.1
CARD = "ngdr_stream_sediments"
KINDS = ("csv", "gpkg", "parquet")
_TIMED = """
import json, sys, time
from data_sources.connectors.files import read_file
from data_sources.readers.survey import admit_frame
started, worked = time.perf_counter(), time.process_time()
frame = read_file(sys.argv[1])
read = time.perf_counter() - started
admission = admit_frame(frame, "stream_sediments", card=sys.argv[2])
whole, worked = time.perf_counter() - started, time.process_time() - worked
rows = len(frame)
assert rows == len(admission.kept) + admission.quarantine["row"].nunique()
print(json.dumps({"read_s": read, "admit_s": whole - read, "total_s": whole, "cpu_s": worked, "rows": rows, "kept": len(admission.kept)}))
"""


def written(folder: Path, rows: int, kinds: list[str]) -> dict[str, Path]:
    """The same rows as a file of each kind; files that are there with these rows are taken again."""
    out = {kind: folder / f"stream_sediments_{rows}.{kind}" for kind in kinds}
    if all(path.is_file() for path in out.values()):
        return out
    frame = rows_in_ngdr_schema(rows)
    for kind, path in out.items():
        if kind == "csv":
            pd.DataFrame(frame.drop(columns="geometry")).to_csv(path, index=False)
        elif kind == "gpkg":
            frame.to_file(path, layer="stream_sediments")
        else:
            gpd.GeoDataFrame(frame).to_parquet(path)
    return out


def timed(checkout: Path, file: Path) -> dict[str, float]:
    """Seconds of one reading by a checkout's own interpreter and code."""
    python = checkout / ".venv" / "bin" / "python"
    command = [str(python if python.is_file() else sys.executable), "-c", _TIMED, str(file), CARD]
    done = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compared(here: Path, before: Path, file: Path, rounds: int) -> dict[str, float]:
    """The least times of both, of the clock and of the processor, and their ratios; the order changes from round to round."""
    times: dict[Path, list[dict[str, float]]] = {here: [], before: []}
    for i in range(rounds):
        for checkout in (here, before) if i % 2 == 0 else (before, here):
            times[checkout].append(timed(checkout, file))
    least = {name: min(t["total_s"] for t in times[path]) for name, path in (("now_s", here), ("before_s", before))}
    parts = {f"now_{part}": min(t[part] for t in times[here]) for part in ("read_s", "admit_s")}
    kept = {"now_kept": times[here][0]["kept"], "before_kept": times[before][0]["kept"]}
    cpu = {name: min(t["cpu_s"] for t in times[path]) for name, path in (("now_cpu_s", here), ("before_cpu_s", before))}
    ratios = {"ratio": least["now_s"] / least["before_s"], "cpu_ratio": cpu["now_cpu_s"] / cpu["before_cpu_s"]}
    return {**least, **cpu, **ratios, **parts, **kept}


def main() -> int:
    """Print one JSON line a kind of file; status 1 where one takes more than 1.1 times the earlier time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, required=True, help="checkout of the earlier commit, with its .venv")
    parser.add_argument("--rows", type=int, default=510_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--folder", type=Path, help="where the files are written, to be taken again")
    arguments = parser.parse_args()
    slower = False
    with tempfile.TemporaryDirectory() as scratch:
        folder = (arguments.folder or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        for kind, file in written(folder, arguments.rows, arguments.kinds).items():
            found = compared(HERE, arguments.against.resolve(), file, arguments.rounds)
            slower |= found["ratio"] > LIMIT
            shown = {k: round(v, 3) if isinstance(v, float) else v for k, v in found.items()}
            print(json.dumps({"kind": kind, "rows": arguments.rows, **shown}), flush=True)
    return 1 if slower else 0


if __name__ == "__main__":
    raise SystemExit(main())
