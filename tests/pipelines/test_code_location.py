"""Smoke test of the code location: what a data engineer relies on by name, and that one can find one's way in the UI."""

from functools import partial
from pathlib import Path

import dagster as dg
import pytest

from assets import archive
from assets.fingerprints import RECIPES
from assets.shown import outside
from assets.workspace import PARTITIONS, RegionPartitions
from data_sources.regions import load_region, region_names
from pipelines.automations.automation import dressed
from pipelines.definitions import build_defs, defs
from pipelines.partitions import difference, synchronise

ROOT = Path(__file__).resolve().parents[2]
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
    automations = {s.name for s in repository.schedule_defs} | {s.name for s in repository.sensor_defs}
    assert {"nightly", "monthly_release"} <= automations
    assert {"landing_files", "changed_facts", "known_regions", "alerts"} <= automations
    assert len(automations) <= 10, "one for all regions, however many there are"


def test_a_region_is_a_partition_of_every_asset_from_the_moment_its_yaml_is_there(specs, monkeypatch):
    monkeypatch.setattr("pipelines.partitions.region_names", lambda: [*region_names(), "one_more"])
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("region", ["long_gone", "india"])
        assert difference(instance) == (sorted({*region_names(), "one_more"} - {"india"}), ["long_gone"])
        synchronise(instance)
        assert difference(instance) == ([], [])
        for name in RECIPES:
            keys = specs[name].partitions_def.get_partition_keys(dynamic_partitions_store=instance)
            assert sorted(keys) == sorted([*region_names(), "one_more"])


def test_a_run_does_not_ask_the_books_whether_its_own_region_exists(monkeypatch):
    """While it lasts the run knows; before and after, and of every other region, the books are asked."""
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("region", ["india"])
        asked: list[str] = []
        real = instance.has_dynamic_partition

        def has(partitions_def_name: str, partition_key: str) -> bool:
            asked.append(partition_key)
            return real(partitions_def_name, partition_key)

        monkeypatch.setattr(instance, "has_dynamic_partition", has)
        known = partial(PARTITIONS.has_partition_key, dynamic_partitions_store=instance)
        assert known("india") and not known("other") and asked == ["india", "other"]
        monkeypatch.setattr(RegionPartitions, "made_here", {"india"})
        assert known("india") and not known("other") and asked == ["india", "other", "other"]
        monkeypatch.setattr(RegionPartitions, "made_here", set())
        instance.delete_dynamic_partition("region", "india")
        assert not known("india")


def test_a_broken_card_or_region_of_a_user_hides_no_other(tmp_path, monkeypatch):
    text = (ROOT / "tests" / "regions" / "small_south.yaml").read_text()
    for folder in ("cards", "regions"):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(f"KHANIJ_{folder.upper()}", str(tmp_path / folder))
    (tmp_path / "cards" / "broken.yaml").write_text("name: broken\nno_such_key: 1\n")
    with_card = text.replace("layers: {}", "layers: {faults: {card: broken, path: faults.csv}}")
    (tmp_path / "regions" / "small_south.yaml").write_text(with_card)
    (tmp_path / "regions" / "no_region.yaml").write_text("name: no_region\nextent: here\n")
    outside.read_regions_anew()
    try:
        loaded = build_defs()
        dg.Definitions.validate_loadable(loaded)
        keys = {k.to_user_string() for k in loaded.get_repository_def().asset_graph.get_all_asset_keys()}
        assert "landing/sample_district" in keys and "landing/broken" not in keys
    finally:
        outside.read_regions_anew()


def test_each_region_is_read_once_however_many_definitions_ask(monkeypatch):
    read = []

    def load(name, *rest):
        read.append(name)
        return load_region(name, *rest)

    for module in (outside, archive):
        monkeypatch.setattr(module, "load_region", load)
    build_defs()
    outside.read_regions_anew()
    assert sorted(read) == region_names()


def test_files_outside_stand_before_the_layers_that_are_read_from_them(repository):
    graph = repository.asset_graph
    faults = {k.to_user_string() for k in graph.get(dg.AssetKey("faults")).parent_keys}
    assert {"landing/ngdr_faults_karnataka_andhra", "landing/sample_district"} <= faults
    assert not graph.get(dg.AssetKey(["landing", "sample_district"])).is_executable
    assert graph.get(dg.AssetKey("released_set")).parent_keys == {dg.AssetKey("published_set")}


def test_an_asset_that_is_made_from_another_may_read_a_remote_layer(monkeypatch):
    """Blocks are made from the waste sites and from the leases, which may come from a server."""
    monkeypatch.setattr(
        outside, "outside_cards", lambda: {"archive": {"blocks": ("ngdr_lease_auctioned",)}, "landing": {}}
    )
    keys = outside.outside_keys(("blocks",))

    @dg.asset(ins={"waste_inventory": dg.AssetIn("waste_inventory")}, deps=keys)
    def blocks(waste_inventory): ...

    assert dg.AssetKey(["archive", "ngdr_lease_auctioned"]) in blocks.asset_deps[dg.AssetKey("blocks")]

    @dg.asset
    def waste_inventory(): ...

    dg.Definitions.validate_loadable(dg.Definitions(assets=dressed([blocks, waste_inventory])))


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
