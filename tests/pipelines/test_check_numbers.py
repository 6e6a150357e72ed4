"""The numbers that each check carries, by name and value: computed again from the tables, with a fixed clock, a known order.

One small region is run once; then Dagster runs the checks alone, on what is stored, as often as a case wants it.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pyogrio
import pytest
from scipy.stats import spearmanr

from assets.over_time import source_ages
from assets.workspace import PARTITIONS
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from pipelines.checks import build_checks
from pipelines.guards import CHECKS
from pipelines.resources import resources
from pipelines.runs import run_region
from pipelines.stores.io_managers import BundleIOManager
from publishing.releasing.releases import make_release
from tests import nights
from tests.small_regions import ROOT, block, environment, site, with_figures

REGION = "numbered"
LAYER = nights.LAYER
OPEN = {"own_waste_table": "open_table", "own_blocks": "open_blocks"}  # card -> the same of data that may be passed on
AUCTIONED = [*(block(f"B-{i}", 85.99 + 0.022 * i, 22.49, 0.02) for i in range(7)), block("B-far", 86.7)]
HELD = 10  # samples without a latitude
RICHER = {3: 9.0, 5: 14.0, 6: 30.0}  # site -> how many times the grades of a poor one: some blocks pay
NOW, DAY_S = 1_800_000_000.0, 86_400.0
AGES = {"stream_sediments.csv": 3.0, "blocks.geojson": 7.25, "sites.csv": 11.5, "tonnages.csv": 5.0, "grades.csv": 2.0}
ROWS_AFFECTED = "rows_affected"
Numbers = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Place:
    """One region that was run: what is stored of it, what is published, what its files lie in."""

    home: Path
    data: Path
    given: dict[str, Any]
    at_the_run: dict[str, list[float | None]]

    def stored(self, asset: str) -> dict[str, Any]:
        """The bundle of an asset."""
        io_manager = self.given["io_manager"]
        assert isinstance(io_manager, BundleIOManager)
        return io_manager.store().load(asset, REGION)

    def published(self, layer: str = "ranked_blocks") -> pd.DataFrame:
        """A layer or table of the published file."""
        return pyogrio.read_dataframe(self.geopackage, layer=layer, read_geometry=False)

    @property
    def geopackage(self) -> Path:
        """The published file."""
        return self.home / "output" / REGION / "ranked_blocks.gpkg"

    def numbers(self, asset: str) -> Numbers:
        """Check -> name -> value, as Dagster holds them after it ran the checks of one asset on what is stored."""
        checks = [c for c in build_checks() if asset in {k.asset_key.to_user_string() for k in c.check_keys}]

        @dg.asset(name=asset, partitions_def=PARTITIONS)
        def stored() -> dict[str, Any]:
            return self.stored(asset)

        with dg.DagsterInstance.ephemeral() as instance:
            if isinstance(PARTITIONS, dg.DynamicPartitionsDefinition):
                instance.add_dynamic_partitions(PARTITIONS.name, [REGION])
            given = {name: self.given[name] for name in ("workspace", "io_manager")}
            done = dg.materialize([stored, *checks], partition_key=REGION, instance=instance, resources=given)
            assert done.success
            return {
                told.check_name: {
                    name: value.value
                    for name, value in told.metadata.items()
                    if isinstance(value, dg.FloatMetadataValue | dg.IntMetadataValue)
                }
                for told in done.get_asset_check_evaluations()
            }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("numbered")
    region = with_figures([site(i) for i in range(8)], name=REGION, blocks=AUCTIONED)
    region.grades = [
        (*row[:5], *(RICHER.get(int(str(row[1])[2:]), 1.0) * float(str(v)) for v in row[5:8]), *row[8:])
        for row in region.grades or ()
    ]
    layers = region.settled()["layers"] | {LAYER: {"card": "ngcm_karnataka_andhra", "path": f"{LAYER}.csv"}}
    region.settings = {
        "layers": {role: layer | {"card": OPEN.get(layer["card"], layer["card"])} for role, layer in layers.items()},
        "waste": {"card": OPEN["own_waste_table"]},
        "grid": {"cell_m": 5000, "pad_m": 5000},
        "fertility": {"model": "geochemical"},
    }
    (home / "cards").mkdir()
    for card, own in OPEN.items():
        text = (ROOT / "data_sources" / "cards" / f"{card}.yaml").read_text(encoding="utf-8")
        opened = text.replace(f"name: {card}", f"name: {own}").replace("redistribute: 'no'", "redistribute: 'yes'")
        (home / "cards" / f"{own}.yaml").write_text(opened, encoding="utf-8")
    data = region.write(home)
    samples = nights.survey(0, None)
    placeless = samples.head(HELD).assign(sampleno=[f"57E02X{i:04d}" for i in range(HELD)], latitude="")
    pd.concat([samples, placeless]).to_csv(data / f"{LAYER}.csv", index=False)
    for file, days in AGES.items():
        os.utime(data / file, (NOW - days * DAY_S,) * 2)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(home).items():
            patch.setenv(name, value)
        patch.delenv("KHANIJ_OUTPUT", raising=False)
        patch.setenv("KHANIJ_RELEASES", str(home / "releases"))
        patch.chdir(home)
        patch.setattr(source_ages, "time", SimpleNamespace(time=lambda: NOW))
        done = run_region(REGION)
        assert done.error is None
        from pipelines.resources import instance

        with instance() as dagster:
            at_the_run = nights.points(dagster)
        yield Place(home, data, resources(), at_the_run)


def test_every_check_of_the_run_is_booked_with_the_numbers_of_the_check_alone(place):
    """What Dagster's event log holds of the run, and what a check says when it is asked again, is one thing."""
    for asset in (LAYER, "assessment", "robustness_report"):
        again = place.numbers(asset)
        assert set(again) == set(CHECKS[asset])
        for check, numbers in again.items():
            prefix = f"{asset}:{check}/"
            booked = {k.removeprefix(prefix): v for k, v in place.at_the_run.items() if k.startswith(prefix)}
            assert booked == {name: [value] for name, value in numbers.items()}, (asset, check)


def test_the_numbers_of_a_layer(place):
    told = place.numbers(LAYER)
    samples = nights.survey(0, None)
    n, share = len(samples), 100 * HELD / (len(samples) + HELD)
    assert told["schema"] == {ROWS_AFFECTED: 0, "rows": n, "broken_rules": 0}
    assert told["units"] == {ROWS_AFFECTED: 0, "rows": n, "values_out_of_bounds": 0}
    assert told["crs"] == {ROWS_AFFECTED: 0, "rows": n, "rows_with_a_place": n}
    rows = {
        ROWS_AFFECTED: 0,
        "rows_read": n + HELD,
        "rows_kept": n,
        "rows_held": HELD,
        "held_pct": pytest.approx(share),
    }
    assert told["quarantine_share"] == rows
    assert told["rows_balance"] == rows | {"age_of_stream_sediments_days": AGES["stream_sediments.csv"]}
    medians = {f"median_{e.lower()}_ppm": pytest.approx(samples[e.lower()].median()) for e in nights.CONTENTS}
    assert told["element_shift"] == {ROWS_AFFECTED: 0} | medians


def test_an_age_is_held_against_the_clock(place, monkeypatch):
    for days in (0.5, 40.0):
        monkeypatch.setattr(source_ages, "time", SimpleNamespace(time=lambda d=days: NOW + d * DAY_S))
        told = place.numbers(LAYER)["rows_balance"]["age_of_stream_sediments_days"]
        assert told == pytest.approx(AGES["stream_sediments.csv"] + days)
        oldest = place.numbers("ranked_blocks")["drift"]["oldest_source_days"]
        assert oldest == pytest.approx(max(AGES.values()) + days)


def test_the_numbers_of_the_assessment(place):
    told, made = place.numbers("assessment"), place.stored("assessment")
    ranked, shares, balance = made["ranked_blocks"], made["site_shares"], made["mass_balance"]
    rows = sum(len(made[name]) for name in ("ranked_blocks", "site_shares", "element_potential", "site_potential"))
    n, scored = len(ranked), ranked[ranked["score_mean"].notna()]
    assert n == 8 + len(AUCTIONED) and 10 < len(scored) < n, "some blocks have no figures"
    assert told["schema"] == {ROWS_AFFECTED: 0, "rows": rows, "broken_rules": 0}
    assert told["units"] == {ROWS_AFFECTED: 0, "rows": rows, "values_out_of_bounds": 0}
    assert told["crs"] == {ROWS_AFFECTED: 0, "rows": n, "rows_with_a_place": n}
    total = next(c for c in ("total", "sites", "site_total") if c in balance.columns)
    held = balance[balance[total] != 0]
    gap = ((held["inside"] + held["near"] + held["unallocated"]) / held[total] - 1).abs().max()
    assert gap < 1e-12 and told["mass_balance"] == {
        ROWS_AFFECTED: 0, "site_shares": len(shares), "largest_gap": pytest.approx(gap, abs=1e-15),
    }  # fmt: skip
    assert told["ranks_complete"] == {
        ROWS_AFFECTED: 0, "blocks": n, "blocks_ranked": int((ranked["status"] == "RANKED").sum()),
    }  # fmt: skip
    parts = scored[["contribution_value", "contribution_strategic", "contribution_fertility"]].sum(axis=1)
    assert told["explanation_adds_up"] == {
        ROWS_AFFECTED: 0, "blocks_scored": len(scored),
        "largest_gap_points": pytest.approx((parts - scored["score_mean"]).abs().max(), abs=1e-12),
    }  # fmt: skip


def test_the_numbers_of_the_robustness(place):
    (told,) = place.numbers("robustness_report").values()
    table = place.stored("robustness_report")["robustness"]
    not_robust = [robust is not None and not pd.isna(robust) and not robust for robust in table["is_robust"]]
    assert told == {
        ROWS_AFFECTED: sum(not_robust),
        "comparisons": len(table),
        "comparisons_not_robust": sum(not_robust),
        "least_kendall_tau": pytest.approx(min([1.0, *table["kendall_tau"].dropna()])),
        "least_jaccard": pytest.approx(min([1.0, *table["jaccard"].dropna()])),
    }
    assert len(table) > 5 and sum(not_robust) > 0, "a case in which they can be told from each other"


def published_numbers(place: Place) -> dict[str, Any]:
    """What ``drift`` has to say of the published blocks, from the published table."""
    told = place.published()
    ranked = told[told["rank"].notna()]
    facts = {
        "rows": len(told),
        "blocks": len(told),
        "blocks_ranked": len(ranked),
        "ranked_pct": 100 * len(ranked) / len(told),
        "quantified_pct": 100 * told["tonnage_t_p50"].notna().mean(),
        "ground_covered_pct": place.stored("block_fertility")["table"]["coverage_pct"].fillna(0.0).mean(),
        "draws_that_pay_pct": 100 * ranked["p_pays"].mean(),
        "median_score": ranked["score_mean"].median(),
        "median_npv_usd": ranked["npv_usd_p50"].median(),
        "tonnage_mt": told["tonnage_t_p50"].sum() / 1e6,
        # waste_sites, tonnages, grades, auction_blocks, stream_sediments
        "layers_present": 5,
        "layers_absent": 0,
        "rows_kept": 8 + 8 + 16 + len(AUCTIONED) + nights.SAMPLES,
    }
    return {name: pytest.approx(float(value)) for name, value in facts.items()}


def test_the_numbers_of_the_publication_without_a_release(place):
    told = place.numbers("ranked_blocks")
    assert set(told) == set(CHECKS["ranked_blocks"])
    assert told["geopackage_valid"] == {ROWS_AFFECTED: 0, "bytes": place.geopackage.stat().st_size}
    rows = json.loads(place.published("run_info").set_index("key")["value"]["rows"])
    read = sum(counts.get("rows_in") or 0 for counts in rows.values())
    assert read > nights.SAMPLES + HELD and len(place.published("quarantine")) == HELD
    assert told["quarantine_share"] == {
        ROWS_AFFECTED: 0, "rows_read": read, "rows_held": HELD, "held_pct": pytest.approx(100 * HELD / read),
    }  # fmt: skip
    drift = told["drift"]
    # Against what is published, which is this very result.
    same = {"blocks_new": 0, "blocks_gone": 0, "ranks_changed": 0}
    agreement = {name: pytest.approx(1.0) for name in drift if name.startswith("rank_correlation")}
    assert set(agreement) == {f"rank_correlation{kind}" for kind in ("", "_auction_block", "_waste_block")}
    assert not any(name.startswith("rank_correlation_release") for name in drift), "there is no release"
    expected = published_numbers(place) | same | agreement
    assert drift == {ROWS_AFFECTED: 0, "oldest_source_days": max(AGES.values())} | expected
    assert 0 < drift["draws_that_pay_pct"] < 100 and drift["median_score"] > 0, "a case in which they say something"


@pytest.fixture(scope="module")
def release(place) -> Path:
    """The GeoPackage of a release of what is published."""
    made = make_release(place.geopackage.parent, place.home / "releases", "2026.11.01")
    made.folder.chmod(0o755)  # a release is read-only: this one stands for another's
    (made.folder / "ranked_blocks.gpkg").chmod(0o644)
    return made.folder / "ranked_blocks.gpkg"


@contextmanager
def editing(release: Path) -> Iterator[sqlite3.Connection]:
    """A GeoPackage to be changed in its columns; what its triggers ask of shapes, which stay as they are, is answered."""
    with closing(sqlite3.connect(release)) as file, file:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            file.create_function(name, 1, lambda _: 0)
        yield file


def reordered(release: Path, order: Callable[[list[int]], list[int]]) -> dict[str, tuple[list[int], list[int]]]:
    """Give the ranked blocks of a release other ranks, kind by kind; returns kind -> ranks of before and of now."""
    found: dict[str, tuple[list[int], list[int]]] = {}
    with editing(release) as file:
        for (kind,) in file.execute("SELECT DISTINCT kind FROM ranked_blocks WHERE rank IS NOT NULL").fetchall():
            asked = "SELECT block_id FROM ranked_blocks WHERE kind = ? AND rank IS NOT NULL ORDER BY rank"
            ids = [block_id for (block_id,) in file.execute(asked, (kind,))]
            now = list(range(1, len(ids) + 1))
            found[kind] = order(now), now
            file.executemany(
                "UPDATE ranked_blocks SET rank = ? WHERE block_id = ?", zip(found[kind][0], ids, strict=True)
            )
    return found


def shuffled(ranks: list[int]) -> list[int]:
    """Another order, the same at every run."""
    return [int(r) for r in np.random.default_rng(20261129).permutation(ranks)]


@pytest.mark.parametrize("order", [lambda ranks: ranks[::-1], shuffled], ids=["reversed", "shuffled"])
def test_the_numbers_against_the_last_release(place, release, order):
    whole = release.read_bytes()
    try:
        ranks = reordered(release, order)
        drift = place.numbers("ranked_blocks")["drift"]
    finally:
        release.write_bytes(whole)
    compared = {kind: float(spearmanr(*both).statistic) for kind, both in ranks.items() if len(both[0]) >= 5}
    assert set(compared) == {"auction_block", "waste_block"} and max(compared.values()) < 1
    if order is not shuffled:
        assert list(compared.values()) == pytest.approx([-1.0] * len(compared))
    told = {name: value for name, value in drift.items() if name.startswith("rank_correlation_release")}
    assert told == {f"rank_correlation_release_{kind}": pytest.approx(rho) for kind, rho in compared.items()} | {
        "rank_correlation_release": pytest.approx(min(compared.values()))
    }
    assert drift["rows_of_release"] == len(place.published())
    assert drift["rank_correlation"] == pytest.approx(1.0), "against what is published nothing moved"


def test_the_drift_against_the_last_release(place, release):
    """Its rows and medians are counted anew from both tables: two blocks less, and a score that is half as high."""
    whole, now = release.read_bytes(), place.published()
    dropped = list(now.sort_values("rank")["block_id"].tail(2))
    try:
        with editing(release) as file:
            file.executemany("DELETE FROM ranked_blocks WHERE block_id = ?", [(b,) for b in dropped])
            file.execute("UPDATE ranked_blocks SET score_mean = score_mean / 2")
        before = pyogrio.read_dataframe(release, layer="ranked_blocks", read_geometry=False)
        drift = place.numbers("ranked_blocks")["drift"]
    finally:
        release.write_bytes(whole)
    changes = [abs(len(now) / len(before) - 1) / 0.10]
    shares = [abs(len(now) / len(before) - 1)]
    for column in (f.name for f in RANKED_BLOCKS.fields if f.dtype == "float"):
        if column not in now.columns or column not in before.columns:
            continue
        was, is_now = (pd.to_numeric(frame[column]).median() for frame in (before, now))
        if pd.isna(was) and pd.isna(is_now):
            continue
        share = abs(is_now - was) / max(abs(was), 1e-12)
        shares.append(share)
        changes.append(share / 0.25)
    moved = sum(not change <= 1 for change in changes)
    assert moved >= 2, "the rows and the score"
    assert drift["rows_of_release"] == len(now) - 2 and drift["figures_moved"] == moved == drift[ROWS_AFFECTED]
    assert drift["largest_change_pct"] == pytest.approx(100 * np.nanmax(shares))
