"""Nights of a small made-up region: each brings the survey again, with a few new samples, and one night a wrong factor.

``python tests/nights.py HOME --nights 30`` lays the region below HOME, runs it once a night, and prints what Dagster's
event log then holds: for each number of a check or a result, one point a night.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
REGION = "nights"
LAYER = "stream_sediments"
# Typical contents in ppm, with the log spread of stream sediments.
CONTENTS = {
    "Ni": 32.0,
    "Co": 14.0,
    "Cu": 28.0,
    "Zn": 71.0,
    "Cr": 92.0,
    "V": 97.0,
    "Pb": 17.0,
    "La": 31.0,
    "Ce": 63.0,
    "Sc": 14.0,
}
LOG_SPREAD = 0.6
SAMPLES = 400
REPLACED = 0.01
SEED = 20261128


def survey(
    night: int, shifted: tuple[int, str, float] | None, corner: tuple[float, float] = (85.9, 22.3)
) -> pd.DataFrame:
    """The delivery of one night: 1 % of the samples are new ones each night; from the shifted night on a factor holds.

    Parameters
    ----------
    night : 0 for the first. shifted : night, element and factor of the fault. corner : west and south, degrees; the
        samples lie within half a degree of it.
    """
    made = np.random.default_rng(SEED)
    frame = _drawn(made, [f"57E02{i:05d}" for i in range(SAMPLES)], corner)
    for later in range(1, night + 1):
        places = made.choice(SAMPLES, int(REPLACED * SAMPLES), replace=False)
        frame.iloc[places] = _drawn(made, [f"57E02{later:02d}{p:03d}N" for p in places], corner).to_numpy()
    if shifted is not None and night >= shifted[0]:
        column = shifted[1].lower()
        frame[column] = (frame[column].astype(float) * shifted[2]).round(3)
    return frame


def _drawn(made: np.random.Generator, names: list[str], corner: tuple[float, float]) -> pd.DataFrame:
    n = len(names)
    west, south = corner
    places = {
        "sampleno": names,
        "longitude": made.uniform(west, west + 0.5, n).round(5),
        "latitude": made.uniform(south, south + 0.5, n).round(5),
    }
    contents = {
        e.lower(): (typical * np.exp(made.normal(0, LOG_SPREAD, n))).round(3) for e, typical in CONTENTS.items()
    }
    return pd.DataFrame(places | contents)


def lay(home: Path, night: int) -> Path:
    """Write the region's other files and its YAML below a home, one grade mended a night; returns the file of the survey."""
    from tests.small_regions import GRADES, site, with_figures

    region = with_figures([site(i) for i in range(8)], name=REGION)
    rows = [dict(zip(GRADES, row, strict=True)) for row in region.grades or ()]
    mended = rows[night % len(rows)]
    mended |= {name: float(mended[name]) * 1.3 for name in ("ppm_min", "ppm_mode", "ppm_max")}
    region.grades = [tuple(row.values()) for row in rows]
    layer = {"card": "ngcm_karnataka_andhra", "path": f"{LAYER}.csv"}
    own = region.settled()
    region.settings = {
        "layers": own["layers"] | {LAYER: layer},
        "grid": {"cell_m": 5000, "pad_m": 5000},
        "fertility": {"model": "geochemical"},
    }
    return region.write(home) / f"{LAYER}.csv"


def points(instance: Any) -> dict[str, list[float | None]]:
    """Every number that Dagster holds of the region, by asset, check and name: one point an event, the oldest first."""
    import dagster as dg

    found: dict[str, list[float | None]] = defaultdict(list)
    for kind in (dg.DagsterEventType.ASSET_CHECK_EVALUATION, dg.DagsterEventType.ASSET_MATERIALIZATION):
        for record in instance.get_event_records(dg.EventRecordsFilter(kind), ascending=True):
            event = record.event_log_entry.dagster_event
            if kind == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                told = event.asset_check_evaluation_data
                name, metadata = f"{told.asset_key.to_user_string()}:{told.check_name}", told.metadata
            else:
                told = event.step_materialization_data.materialization
                name, metadata = told.asset_key.to_user_string(), told.metadata
            for key, value in metadata.items():
                if isinstance(value, dg.FloatMetadataValue | dg.IntMetadataValue):
                    found[f"{name}/{key}"].append(value.value)
    return dict(found)


def warnings_of(instance: Any) -> list[list[str]]:
    """The descriptions of the checks that failed, one list for each evaluation of the layer's shift, the oldest first."""
    import dagster as dg

    told = []
    for record in instance.get_event_records(
        dg.EventRecordsFilter(dg.DagsterEventType.ASSET_CHECK_EVALUATION), ascending=True
    ):
        check = record.event_log_entry.dagster_event.asset_check_evaluation_data
        if check.check_name == "element_shift":
            told.append([] if check.passed else [f"{check.severity.value} {check.partition}: {check.description}"])
    return told


def main(argv: list[str]) -> int:
    """Run the nights and print one JSON document: points, warnings, what failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--nights", type=int, default=3)
    parser.add_argument("--shift", nargs=3, metavar=("NIGHT", "ELEMENT", "FACTOR"))
    given = parser.parse_args(argv)
    shifted = (int(given.shift[0]), str(given.shift[1]), float(given.shift[2])) if given.shift else None
    home: Path = given.home
    home.mkdir(parents=True, exist_ok=True)
    lay(home, 0)
    from tests.small_regions import environment

    os.environ.update(environment(home))
    os.chdir(home)
    from pipelines.resources import instance
    from pipelines.runs import run_region

    failed = []
    for night in range(given.nights):
        survey(night, shifted).to_csv(lay(home, night), index=False)
        failed.append(run_region(REGION).error or "")
    with instance() as dagster:
        document = {"points": points(dagster), "warnings": warnings_of(dagster), "failed": failed}
    print(json.dumps(document))
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
