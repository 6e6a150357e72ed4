"""Smoke test of the code location: what a data engineer relies on by name, and that one can find one's way in the UI."""

import dagster as dg
import pytest

from assets.fingerprints import RECIPES
from data_sources.regions import region_names
from pipelines.definitions import defs

SURVEY = {
    "stream_sediments",
    "lithology",
    "faults",
    "folds",
    "occurrences",
    "magnetic_stations",
    "gravity_stations",
    "geophysics",
}
REST = {"blocks", "waste_inventory", "fertility", "block_fertility", "assessment", "evidence_files", "ranked_blocks"}


@pytest.fixture(scope="module")
def repository():
    return defs.get_repository_def()


@pytest.fixture(scope="module")
def specs(repository):
    return {s.key.to_user_string(): s for a in repository.assets_defs_by_key.values() for s in a.specs}


def test_it_is_valid():
    dg.Definitions.validate_loadable(defs)


def test_asset_keys(specs):
    assert set(specs) >= SURVEY | REST
    assert set(RECIPES) <= set(specs)


def test_jobs_schedules_and_sensors(repository):
    assert {"rank_region", "release"} <= {j.name for j in repository.get_all_jobs()}
    assert {f"nightly_{r}" for r in region_names()} | {"monthly_release"} <= {s.name for s in repository.schedule_defs}
    assert {"landing_files", "changed_facts", "failed_runs"} <= {s.name for s in repository.sensor_defs}


def test_every_region_is_a_partition_of_every_asset(specs):
    for name in RECIPES:
        assert specs[name].partitions_def.get_partition_keys() == region_names()


def test_every_asset_says_what_it_is_whose_it_is_and_of_what_kind(specs):
    for name in RECIPES:
        spec = specs[name]
        assert len(spec.description) > 20, name
        assert spec.owners and spec.kinds and spec.group_name != "default", name
        assert spec.code_version, name


def test_source_backed_assets_have_a_freshness_policy(specs):
    for name, recipe in RECIPES.items():
        assert (specs[name].freshness_policy is not None) == bool(recipe.layers), name


def test_the_product_shows_its_columns_their_units_and_where_they_come_from(specs):
    metadata = specs["ranked_blocks"].metadata
    assert {"tonnage_t_p50", "rank_p05"} <= {c.name for c in metadata["dagster/column_schema"].columns}
    assert metadata["dagster/column_lineage"].deps_by_column["area_ha"][0].asset_key == dg.AssetKey("blocks")


def test_checks_that_would_make_a_publication_wrong_block(repository):
    blocking = {}
    for check in repository.asset_checks_defs_by_key.values():
        for spec in check.check_specs:
            blocking[(spec.asset_key.to_user_string(), spec.name)] = spec.blocking
    for name in ("schema", "units", "crs", "mass_balance", "ranks_complete", "explanation_adds_up"):
        assert blocking[("assessment", name)]
    assert blocking[("ranked_blocks", "geopackage_valid")]
    for key in (("robustness_report", "robustness"), ("ranked_blocks", "drift"), ("ranked_blocks", "quarantine_share")):
        assert not blocking[key]
    for layer in SURVEY - {"geophysics"}:
        assert blocking[(layer, "rows_balance")] and not blocking[(layer, "quarantine_share")]


def test_one_trigger_an_asset(repository, specs):
    by_clock = {k.to_user_string() for k in repository.get_job("rank_region").asset_layer.executable_asset_keys}
    declared = {name for name, spec in specs.items() if spec.automation_condition is not None}
    assert not by_clock & declared


def test_the_ranking_job_runs_in_one_process_and_tells_of_failures(repository):
    job = repository.get_job("rank_region")
    assert job.executor_def.name == "in_process"
    assert {h.name for h in job.hook_defs} == {"readable_failure"}
    assert job.tags["khanij/product"] == "ranked_blocks"


def test_retries_wait_longer_each_time():
    from pipelines.jobs import PATIENT

    waits = [PATIENT.calculate_delay(n) for n in (1, 2, 3)]
    assert PATIENT.delay and max(waits[0], 1) < waits[2] * 2 and PATIENT.backoff is dg.Backoff.EXPONENTIAL
